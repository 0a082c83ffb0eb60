/* rest_body.c: the JSON of REST answers, protocol.md 1.4 to 1.7. */
#include "rest_body.h"
#include "proto.h"
#include "sql_time.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t tl_now_us(void);

static bool put(struct tl_buf *b, const char *s)
{
    return tl_buf_put(b, s, strlen(s));
}

/* ---- values ---- */

/* A string as the adapter's JSON writer makes it: only controls, quotes and backslashes are
   escaped, invalid UTF-8 passes (1.6). */
static bool put_string(struct tl_buf *b, const uint8_t *p, size_t n)
{
    bool ok = tl_buf_u8(b, '"');
    size_t from = 0;
    for (size_t i = 0; ok && i < n; i++) {
        const uint8_t c = p[i];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        ok = tl_buf_put(b, p + from, i - from);
        from = i + 1;
        if (!ok) break;
        if (c == '"' || c == '\\')
            ok = tl_buf_u8(b, '\\') && tl_buf_u8(b, c);
        else if (c == '\n' || c == '\r' || c == '\t')
            ok = tl_buf_u8(b, '\\') && tl_buf_u8(b, c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else
            ok = tl_json_fmt(b, "\\u%04x", c);
    }
    return ok && tl_buf_put(b, p + from, n - from) && tl_buf_u8(b, '"');
}

static bool put_hex(struct tl_buf *b, const uint8_t *p, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    bool ok = tl_buf_u8(b, '"');
    for (size_t i = 0; ok && i < n; i++)
        ok = tl_buf_u8(b, (uint8_t)digits[p[i] >> 4]) && tl_buf_u8(b, (uint8_t)digits[p[i] & 15]);
    return ok && tl_buf_u8(b, '"');
}

/* Shortest decimal that reads back as the same FLOAT or DOUBLE, as "d.ddde±dd". A normal value
   that has a short one shows it, zeros behind, at 6 or 15 digits; a subnormal may need a single
   digit. */
static void shortest(double v, bool is_float, char *out, size_t cap)
{
    const bool normal = v >= (is_float ? (double)FLT_MIN : DBL_MIN);
    for (int digits = !normal ? 1 : is_float ? 6 : 15; digits <= 17; digits++) {
        snprintf(out, cap, "%.*e", digits - 1, v);
        if (is_float ? strtof(out, NULL) == (float)v : strtod(out, NULL) == v) return;
    }
}

/* Go's layout: plain digits, or an exponent below 1e-6 and from 1e21 on; NaN and infinities null.
   */
static bool put_float(struct tl_buf *b, double v, bool is_float)
{
    char e[40], digits[24];
    if (!isfinite(v)) return put(b, "null");
    if (v == 0) return put(b, signbit(v) ? "-0" : "0");
    shortest(fabs(v), is_float, e, sizeof e);
    const int exp = atoi(strchr(e, 'e') + 1);
    int n = 0;
    for (const char *p = e; *p != 'e'; p++)
        if (*p != '.') digits[n++] = *p;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    bool ok = v > 0 || tl_buf_u8(b, '-');
    if (exp < -6 || exp >= 21) { /* two exponent digits at least, as the adapter writes it */
        ok = ok && tl_buf_u8(b, (uint8_t)digits[0]);
        if (n > 1) ok = ok && tl_buf_u8(b, '.') && tl_buf_put(b, digits + 1, (size_t)n - 1);
        return ok && tl_json_fmt(b, "e%c%02d", exp < 0 ? '-' : '+', abs(exp));
    }
    if (exp < 0) {
        ok = ok && put(b, "0.");
        for (int i = -1; i > exp; i--)
            ok = ok && tl_buf_u8(b, '0');
        return ok && tl_buf_put(b, digits, (size_t)n);
    }
    for (int i = 0; i <= exp || i < n; i++) {
        if (i == exp + 1) ok = ok && tl_buf_u8(b, '.');
        ok = ok && tl_buf_u8(b, (uint8_t)(i < n ? digits[i] : '0'));
    }
    return ok;
}

static bool put_time(struct tl_buf *b, int64_t ts, int prec, const char *tz)
{
    struct tm tm;
    int64_t frac;
    if (strcmp(tz, "UTC") == 0) { /* without libc's zone, which is the whole process's */
        const int64_t scale = tl_ts_scale(prec);
        const time_t secs = (time_t)tl_floor_div(ts, scale);
        frac = ts - (int64_t)secs * scale;
        if (!gmtime_r(&secs, &tm)) return put(b, "null");
    } else if (!tl_ts_local(ts, prec, tz, &tm, &frac)) {
        return put(b, "null");
    }
    const long off = tm.tm_gmtoff / 60;
    bool ok = tl_json_fmt(b, "\"%04d-%02d-%02dT%02d:%02d:%02d.%0*" PRId64, tm.tm_year + 1900,
                          tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                          3 * (prec + 1), frac);
    if (off == 0) return ok && put(b, "Z\"");
    return ok &&
           tl_json_fmt(b, "%c%02ld:%02ld\"", off < 0 ? '-' : '+', labs(off) / 60, labs(off) % 60);
}

static int64_t load_int(const uint8_t *p, size_t n)
{
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;)
        v = v << 8 | p[i];
    return (int64_t)(v << (64 - 8 * n)) >> (64 - 8 * n);
}

static bool put_fixed(struct tl_buf *out, const struct tl_block_col *c, const struct tl_cell *cell,
                      int ts_prec, const char *tz)
{
    const int64_t v = cell->n <= 8 ? load_int(cell->p, cell->n) : 0;
    float f;
    double d;
    switch (c->type) {
    case TL_BOOL:
        return put(out, v ? "true" : "false");
    case TL_TIMESTAMP:
        return put_time(out, v, ts_prec, tz);
    case TL_FLOAT:
        memcpy(&f, cell->p, sizeof f);
        return put_float(out, f, true);
    case TL_DOUBLE:
        memcpy(&d, cell->p, sizeof d);
        return put_float(out, d, false);
    case TL_DECIMAL64:
    case TL_DECIMAL128:
        return tl_buf_u8(out, '"') && tl_decimal_text(out, cell->p, (int)cell->n, c->scale) &&
               tl_buf_u8(out, '"');
    case TL_UTINYINT:
    case TL_USMALLINT:
    case TL_UINT:
    case TL_UBIGINT:
        return tl_json_fmt(out, "%" PRIu64, (uint64_t)v & UINT64_MAX >> (64 - 8 * cell->n));
    default:
        return tl_json_fmt(out, "%" PRId64, v);
    }
}

bool tl_render_cell(struct tl_buf *out, const struct tl_block_col *c, const struct tl_cell *cell,
                    int ts_prec, const char *tz)
{
    if (cell->null || c->type == TL_NULL) return put(out, "null");
    if (!tl_type_var(c->type)) return put_fixed(out, c, cell, ts_prec, tz);
    if (c->type == TL_JSON) return tl_buf_put(out, cell->p, cell->n);
    if (c->type == TL_VARCHAR) return put_string(out, cell->p, cell->n);
    if (c->type != TL_NCHAR) return put_hex(out, cell->p, cell->n);
    struct tl_buf text = {0};
    const bool ok = tl_ucs4_to_utf8(&text, cell->p, cell->n) && put_string(out, text.p, text.n);
    tl_buf_free(&text);
    return ok;
}

/* ---- bodies ---- */

static const char *const type_names[] = {
    [TL_NULL] = "NULL",
    [TL_BOOL] = "BOOL",
    [TL_TINYINT] = "TINYINT",
    [TL_SMALLINT] = "SMALLINT",
    [TL_INT] = "INT",
    [TL_BIGINT] = "BIGINT",
    [TL_FLOAT] = "FLOAT",
    [TL_DOUBLE] = "DOUBLE",
    [TL_VARCHAR] = "VARCHAR",
    [TL_TIMESTAMP] = "TIMESTAMP",
    [TL_NCHAR] = "NCHAR",
    [TL_UTINYINT] = "TINYINT UNSIGNED",
    [TL_USMALLINT] = "SMALLINT UNSIGNED",
    [TL_UINT] = "INT UNSIGNED",
    [TL_UBIGINT] = "BIGINT UNSIGNED",
    [TL_JSON] = "JSON",
    [TL_VARBINARY] = "VARBINARY",
    [TL_DECIMAL128] = "DECIMAL",
    [TL_BLOB] = "BLOB",
    [TL_GEOMETRY] = "GEOMETRY",
    [TL_DECIMAL64] = "DECIMAL",
};

static bool put_column_meta(struct tl_buf *out, const struct tl_result *r)
{
    bool ok = put(out, "{\"code\":0,\"column_meta\":[");
    for (int i = 0; ok && i < r->ncols; i++) {
        const struct tl_col *c = &r->cols[i];
        ok = put(out, i ? ",[" : "[") &&
             put_string(out, (const uint8_t *)c->name, strlen(c->name)) &&
             tl_json_fmt(out, ",\"%s", type_names[c->type]);
        if (ok && (c->type == TL_DECIMAL64 || c->type == TL_DECIMAL128))
            ok = tl_json_fmt(out, "(%d,%d)", c->precision, c->scale);
        ok = ok && tl_json_fmt(out, "\",%d]", (int)c->length);
    }
    return ok && put(out, "],\"data\":[");
}

static bool put_end(struct tl_body *b, struct tl_buf *out)
{
    bool ok = tl_json_fmt(out, "],\"rows\":%" PRIu64, b->rows);
    if (b->timing)
        ok = ok && tl_json_fmt(out, ",\"timing\":%" PRId64, (tl_now_us() - b->started) * 1000 + 1);
    b->state = TL_BODY_DONE;
    return ok && tl_buf_u8(out, '}');
}

static bool put_update(struct tl_body *b, struct tl_buf *out)
{
    b->rows = 1;
    return put(out, "{\"code\":0,\"column_meta\":[[\"affected_rows\",\"INT\",4]],\"data\":[") &&
           tl_json_fmt(out, b->row_with_meta ? "{\"affected_rows\":%" PRId64 "}" : "[%" PRId64 "]",
                       b->r->affected) &&
           put_end(b, out);
}

static bool put_row(struct tl_body *b, struct tl_buf *out)
{
    bool ok = put(out, b->rows ? "," : "") && tl_buf_u8(out, b->row_with_meta ? '{' : '[');
    for (int i = 0; ok && i < b->view.ncols; i++) {
        struct tl_cell cell;
        const char *name = b->r->cols[i].name;
        ok = put(out, i ? "," : "");
        if (ok && b->row_with_meta)
            ok = put_string(out, (const uint8_t *)name, strlen(name)) && tl_buf_u8(out, ':');
        ok = ok && tl_block_cell(&b->view, i, b->row, &cell) &&
             tl_render_cell(out, &b->view.cols[i], &cell, b->r->ts_prec, b->tz);
    }
    b->row++;
    b->rows++;
    return ok && tl_buf_u8(out, b->row_with_meta ? '}' : ']');
}

/* Loads the next block; false at the end, and at an error too: the adapter ends the body as if the
   result were complete (1.7), so this must as well. */
static bool next_block(struct tl_body *b)
{
    struct tl_error err;
    if (b->have_block) tl_block_close(&b->view);
    b->block.n = 0;
    b->row = 0;
    b->have_block =
        b->r->next(b->r, &b->block, &err) == 1 && tl_block_open(&b->view, b->block.p, b->block.n);
    return b->have_block;
}

bool tl_body_more(struct tl_body *b, struct tl_buf *out, size_t want)
{
    const size_t from = out->n;
    bool ok = true;
    if (b->state == TL_BODY_HEAD) {
        if (b->r->is_update) return put_update(b, out);
        ok = put_column_meta(out, b->r);
        b->state = TL_BODY_ROWS;
    }
    while (ok && b->state == TL_BODY_ROWS && out->n - from < want) {
        if ((!b->have_block || b->row == b->view.rows) && !next_block(b))
            ok = put_end(b, out);
        else
            ok = put_row(b, out);
    }
    return ok;
}

void tl_body_free(struct tl_body *b)
{
    if (b->have_block) tl_block_close(&b->view);
    b->have_block = false;
    tl_buf_free(&b->block);
}

bool tl_body_error(struct tl_buf *out, const struct tl_error *err, int64_t timing)
{
    return tl_json_fmt(out, "{\"code\":%d,\"desc\":", err->code) &&
           tl_json_str(out, err->msg, strlen(err->msg)) &&
           tl_json_fmt(out, ",\"timing\":%" PRId64 "}", timing);
}
