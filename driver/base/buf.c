/* buf.c: see buf.h. */
#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"

static bool fail(struct td_buf *b)
{
    td_free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
    b->failed = true;
    return false;
}

bool td_buf_reserve(struct td_buf *b, size_t more)
{
    if (b->failed) return false;
    if (more <= b->cap - b->n) return true;
    if (more > b->max - b->n) return fail(b);
    size_t cap = b->cap < 64 ? 64 : b->cap;
    while (cap < b->n + more)
        cap = cap > SIZE_MAX / 2 ? SIZE_MAX : cap * 2;
    if (cap > b->max) cap = b->max;
    uint8_t *p = td_realloc(b->p, cap);
    if (!p) return fail(b);
    b->p = p;
    b->cap = cap;
    return true;
}

bool td_buf_put(struct td_buf *b, const void *data, size_t n)
{
    if (!td_buf_reserve(b, n)) return false;
    if (n) memcpy(b->p + b->n, data, n);
    b->n += n;
    return true;
}

bool td_buf_putc(struct td_buf *b, char c)
{
    return td_buf_put(b, &c, 1);
}

bool td_buf_puts(struct td_buf *b, const char *z)
{
    return td_buf_put(b, z, strlen(z));
}

bool td_buf_putstr(struct td_buf *b, struct td_str s)
{
    return td_buf_put(b, s.p, s.n);
}

bool td_buf_printf(struct td_buf *b, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0) return fail(b);
    /* vsnprintf writes a NUL as well; it lies behind b->n and counts for the memory only. */
    if (!td_buf_reserve(b, (size_t)n + 1)) return false;
    va_start(ap, fmt);
    vsnprintf((char *)b->p + b->n, (size_t)n + 1, fmt, ap);
    va_end(ap);
    b->n += (size_t)n;
    return true;
}

bool td_buf_u8(struct td_buf *b, uint8_t v)
{
    return td_buf_put(b, &v, sizeof v);
}

bool td_buf_u16(struct td_buf *b, uint16_t v)
{
    return td_buf_put(b, &v, sizeof v);
}

bool td_buf_u32(struct td_buf *b, uint32_t v)
{
    return td_buf_put(b, &v, sizeof v);
}

bool td_buf_u64(struct td_buf *b, uint64_t v)
{
    return td_buf_put(b, &v, sizeof v);
}

uint8_t *td_buf_take(struct td_buf *b, size_t *n)
{
    uint8_t *p = b->p;
    *n = b->n;
    b->p = NULL;
    b->n = b->cap = 0;
    return p;
}

void td_buf_reset(struct td_buf *b)
{
    b->n = 0;
    b->failed = false;
}

void td_buf_free(struct td_buf *b)
{
    td_free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
    b->failed = false;
}
