/*
 * json.h: JSON of control messages (protocol.md 2.3). The only user of cJSON.
 *
 * cJSON keeps every number as a double, so 64-bit fields (req_id, id, stmt_id, timing,
 * affected_rows, offset …) are never read from its tree: td_json_u64/td_json_i64 find the member's
 * text with the scanner below and read its digits. Strings, arrays and small integers come from the
 * tree. Row data does not pass here at all (wire/restrows.h).
 *
 * A td_json is owned by whoever parsed it and borrows the text; no lock.
 */
#ifndef TD_WIRE_JSON_H
#define TD_WIRE_JSON_H

#include "base/alloc.h"
#include "base/buf.h"
#include "base/err.h"

/* A parsed object. `text` must outlive it. */
struct td_json {
    void *root; /* cJSON */
    struct td_str text;
};

/* False when the text is not one JSON object (or memory ran out). */
bool td_json_parse(struct td_json *j, struct td_str text);
void td_json_free(struct td_json *j);

/* Members of the object itself. An absent member, null or another kind of value gives the default;
   so a caller that needs the member asks td_json_has first. */
bool td_json_has(const struct td_json *j, const char *key); /* present and not null */
uint64_t td_json_u64(const struct td_json *j, const char *key, uint64_t def);
int64_t td_json_i64(const struct td_json *j, const char *key, int64_t def);
bool td_json_bool(const struct td_json *j, const char *key, bool def);
/* Copied into the arena; *out is "" when absent. False only when out of memory. */
bool td_json_str(const struct td_json *j, const char *key, struct td_arena *a, struct td_str *out);
/* Elements of an array member; −1 when it is absent, null or no array. */
int td_json_len(const struct td_json *j, const char *key);
/* Fills out[0..n) from an array of strings or of integers that an int64 holds exactly as a double.
   False: an element of another kind, fewer than n elements, or out of memory (*nomem). */
bool td_json_strs(const struct td_json *j, const char *key, struct td_arena *a, struct td_str *out,
                  uint32_t n, bool *nomem);
bool td_json_ints(const struct td_json *j, const char *key, int64_t *out, uint32_t n);

/* The scanner: slices of JSON text, no allocation, any bytes as input. It skips values by their
   brackets and quotes and does not prove that they are valid. */
/* The text of member `key` of the object `obj`: false when there is none (*value is undefined). The
   first of equal keys wins, as in the tree. */
bool td_json_find(struct td_str obj, const char *key, struct td_str *value);
/* The next element of an array; start with *rest = the array's text. False at the end. */
bool td_json_next(struct td_str *rest, struct td_str *value);
/* An integer without fraction or exponent, whole and in range. */
bool td_json_text_u64(struct td_str s, uint64_t *out);
bool td_json_text_i64(struct td_str s, int64_t *out);

/* Writing: `"text"` with escapes; bytes from 0x20 on as they are (UTF-8). */
bool td_json_put_str(struct td_buf *b, struct td_str s);

#endif
