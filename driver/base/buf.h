/*
 * buf.h: a byte buffer that grows up to a ceiling given at the start (curl's dynbuf idea).
 *
 * Owned by whoever holds it; no lock. After a failed put the buffer is freed and marked: further
 * puts fail too, so callers may check once at the end with td_buf_ok.
 */
#ifndef TD_BASE_BUF_H
#define TD_BASE_BUF_H

#include "base/str.h"

struct td_buf {
    uint8_t *p;
    size_t n, cap, max;
    bool failed;
};

#define TD_BUF_INIT(ceiling) ((struct td_buf){NULL, 0, 0, (ceiling), false})

/* Room for `more` bytes behind the present ones, so that the next puts do not move them. */
bool td_buf_reserve(struct td_buf *b, size_t more);
bool td_buf_put(struct td_buf *b, const void *data, size_t n);
bool td_buf_putc(struct td_buf *b, char c);
bool td_buf_puts(struct td_buf *b, const char *z);
bool td_buf_putstr(struct td_buf *b, struct td_str s);
/* Needs room for the NUL that vsnprintf writes, too. */
bool td_buf_printf(struct td_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool td_buf_u8(struct td_buf *b, uint8_t v);
bool td_buf_u16(struct td_buf *b, uint16_t v); /* little-endian, as all of TDengine's wire */
bool td_buf_u32(struct td_buf *b, uint32_t v);
bool td_buf_u64(struct td_buf *b, uint64_t v);
/* Takes the bytes out (caller frees with td_free); the buffer is empty after. NULL when it failed
   or nothing was ever put. */
uint8_t *td_buf_take(struct td_buf *b, size_t *n);
/* Both also end the failed state: the buffer is as new. Reset keeps the memory. */
void td_buf_reset(struct td_buf *b);
void td_buf_free(struct td_buf *b);
static inline bool td_buf_ok(const struct td_buf *b)
{
    return !b->failed;
}
static inline struct td_str td_buf_str(const struct td_buf *b)
{
    return (struct td_str){(const char *)b->p, b->n};
}

/* Unaligned little-endian loads and stores. */
static inline uint16_t td_ld16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, 2);
    return v;
}
static inline uint32_t td_ld32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, 4);
    return v;
}
static inline uint64_t td_ld64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    return v;
}
static inline void td_st16(void *p, uint16_t v)
{
    memcpy(p, &v, 2);
}
static inline void td_st32(void *p, uint32_t v)
{
    memcpy(p, &v, 4);
}
static inline void td_st64(void *p, uint64_t v)
{
    memcpy(p, &v, 8);
}
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "TDengine's wire format is little-endian");

#endif
