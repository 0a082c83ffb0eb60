#include "wire/tmqdata.h"

enum { ACTION_RAW_DATA = 8, MAX_COLS = 4096 };
/* Offsets of the reply's envelope (protocol.md 5.6). */
enum { E_ACTION = 8, E_TIMING = 18, E_CODE = 34, E_TEXT_LEN = 38, E_TEXT = 42 };
/* Of a block's prefix: i64 version, big-endian i64 rows, i8 compressed, i8 precision. */
enum { P_ROWS = 8, P_COMPRESSED = 16, P_PRECISION = 17, PREFIX = 18 };

static enum td_rc corrupt(struct td_err *err, const char *what)
{
    return td_err_set(err, TD_ST_HY000, 0, "corrupt message: %s", what);
}

/* ---- reading forward; every read says whether it lay inside ---- */

static bool get_u8(struct td_tmqdata *d, uint8_t *v)
{
    if (d->p == d->end) return false;
    *v = *d->p++;
    return true;
}

static bool get_u32(struct td_tmqdata *d, uint32_t *v)
{
    if (d->end - d->p < 4) return false;
    *v = td_ld32(d->p);
    d->p += 4;
    return true;
}

static bool skip(struct td_tmqdata *d, uint64_t n)
{
    if (n > (uint64_t)(d->end - d->p)) return false;
    d->p += n;
    return true;
}

/* LEB128, at most 64 bits. */
static bool get_varint(struct td_tmqdata *d, uint64_t *v)
{
    uint8_t b;

    *v = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (!get_u8(d, &b) || (shift == 63 && b > 1)) return false;
        *v |= (uint64_t)(b & 0x7F) << shift;
        if (!(b & 0x80)) return true;
    }
    return false;
}

static bool get_zigzag(struct td_tmqdata *d, int64_t *v)
{
    uint64_t u;

    if (!get_varint(d, &u)) return false;
    *v = (int64_t)(u >> 1) ^ -(int64_t)(u & 1);
    return true;
}

/* Length with the NUL, bytes, NUL. */
static bool get_cstr(struct td_tmqdata *d, struct td_str *s)
{
    uint64_t n;

    if (!get_varint(d, &n) || n == 0 || n > (uint64_t)(d->end - d->p)) return false;
    s->p = (const char *)d->p;
    s->n = strnlen(s->p, (size_t)n);
    d->p += n;
    return s->n < n;
}

/* ---- the message ---- */

static enum td_rc server_error(struct td_msg_view f, uint32_t text_len, struct td_err *err)
{
    char text[sizeof err->msg];
    const size_t n = text_len < sizeof text ? text_len : sizeof text - 1;

    memcpy(text, f.p + E_TEXT, n);
    text[n] = 0;
    return td_err_server(err, td_ld32(f.p + E_CODE) & 0xFFFF, text, false);
}

static enum td_rc open_envelope(struct td_msg_view f, struct td_tmqdata *d, struct td_err *err)
{
    uint32_t text_len, len;
    size_t at, left;

    if (f.text) {
        if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
        return corrupt(err, "text where data are due");
    }
    if (f.n < E_TEXT || td_ld64(f.p) != UINT64_MAX || td_ld64(f.p + E_ACTION) != ACTION_RAW_DATA)
        return corrupt(err, "not a data message");
    text_len = td_ld32(f.p + E_TEXT_LEN);
    if (text_len > f.n - E_TEXT) return corrupt(err, "too short");
    if (td_ld32(f.p + E_CODE) != 0) return server_error(f, text_len, err);
    at = E_TEXT + (size_t)text_len;
    left = f.n - at;
    if (left < 14) return corrupt(err, "too short");
    d->timing_ns = (int64_t)td_ld64(f.p + E_TIMING);
    d->message_id = td_ld64(f.p + at);
    d->raw_type = td_ld16(f.p + at + 8);
    len = td_ld32(f.p + at + 10);
    if (len != left - 14) return corrupt(err, "length differs from the message's");
    d->p = f.p + at + 14;
    d->end = d->p + len;
    return TD_OK;
}

/* Offsets in the old form: their type, then 8 or 16 bytes. */
static bool skip_offset(struct td_tmqdata *d, uint8_t type)
{
    return type == 1 ? skip(d, 8) : (type == 2 || type == 3) && skip(d, 16);
}

static bool skip_head(struct td_tmqdata *d)
{
    uint8_t v;
    uint32_t n;

    if (!get_u8(d, &v)) return false;
    if (v >= 100) return get_u32(d, &n) && skip(d, n);
    return skip_offset(d, v) && get_u8(d, &v) && skip_offset(d, v);
}

enum td_rc td_tmqdata_open(struct td_msg_view f, struct td_tmqdata *d, struct td_err *err)
{
    uint8_t table = 0, schema = 0;

    memset(d, 0, sizeof *d);
    if (open_envelope(f, d, err) != TD_OK) return TD_FAIL;
    if (!skip_head(d) || !get_u32(d, &d->left)) return corrupt(err, "head cut short");
    if (d->left == 0) return TD_OK;
    if (d->left > INT32_MAX) return corrupt(err, "negative number of blocks");
    if (!get_u8(d, &table) || !get_u8(d, &schema)) return corrupt(err, "head cut short");
    d->with_table = table != 0;
    d->with_schema = schema != 0;
    return TD_OK;
}

/* ---- a block ---- */

static uint64_t big_endian(const uint8_t *p)
{
    uint64_t v = 0;

    for (int i = 0; i < 8; i++)
        v = v << 8 | p[i];
    return v;
}

/* Columns by the block's own column info: types, and precision and scale of decimals. */
static enum td_rc open_block(const uint8_t *p, size_t n, struct td_arena *a,
                             struct td_tmqblock *out, struct td_err *err)
{
    const uint32_t ncols = n >= 16 ? td_ld32(p + 12) : 0;
    struct td_col *cols;

    if (ncols == 0 || ncols > MAX_COLS) return corrupt(err, "number of columns");
    cols = td_arena_alloc(a, ncols * sizeof *cols);
    out->fields = td_arena_alloc(a, ncols * sizeof *out->fields);
    if (!cols || !out->fields) return td_err_nomem(err);
    if (td_block_open(p, n, NULL, cols, ncols, out->ts_prec, &out->block, err) != TD_OK)
        return TD_FAIL;
    for (uint32_t i = 0; i < ncols; i++) {
        const int width = td_type_width(cols[i].type);
        /* The bytes of a decimal hold its precision and scale instead. */
        const int64_t length = width ? width : td_msg_declared_length(cols[i].type, cols[i].bytes);
        if (length < 0) return corrupt(err, "column size");
        out->fields[i] = (struct td_field){
            {"", 0}, cols[i].type, cols[i].precision, cols[i].scale, (int32_t)length};
    }
    return TD_OK;
}

/* Names and declared lengths; types must be the block's. */
static enum td_rc read_schema(struct td_tmqdata *d, struct td_tmqblock *out, struct td_err *err)
{
    int64_t n, version, bytes, id;
    uint8_t type, flags;

    if (!get_zigzag(d, &n) || !get_zigzag(d, &version)) return corrupt(err, "schema cut short");
    if (n != out->block.ncols) return corrupt(err, "schema and block differ in columns");
    for (uint32_t i = 0; i < out->block.ncols; i++) {
        struct td_field *f = &out->fields[i];
        if (!get_u8(d, &type) || !get_u8(d, &flags) || !get_zigzag(d, &bytes) ||
            !get_zigzag(d, &id) || !get_cstr(d, &f->name))
            return corrupt(err, "schema cut short");
        if (type != f->type) return corrupt(err, "schema and block differ in types");
        if (bytes < 0 || bytes > INT32_MAX) return corrupt(err, "column size");
        f->length = (int32_t)td_msg_declared_length(type, bytes);
    }
    return TD_OK;
}

static enum td_rc read_rows(struct td_tmqdata *d, struct td_arena *a, struct td_tmqblock *out,
                            struct td_err *err)
{
    const uint8_t *p;
    uint64_t len;

    if (!get_varint(d, &len) || len > (uint64_t)(d->end - d->p) || len < PREFIX)
        return corrupt(err, "block cut short");
    p = d->p;
    d->p += len;
    if (p[P_COMPRESSED]) return corrupt(err, "compressed block");
    if (p[P_PRECISION] > 2) return corrupt(err, "time precision");
    out->ts_prec = p[P_PRECISION];
    if (open_block(p + PREFIX, (size_t)len - PREFIX, a, out, err) != TD_OK) return TD_FAIL;
    return big_endian(p + P_ROWS) == out->block.rows ? TD_OK : corrupt(err, "number of rows");
}

enum td_rc td_tmqdata_next(struct td_tmqdata *d, struct td_arena *a, struct td_tmqblock *out,
                           bool *have, struct td_err *err)
{
    memset(out, 0, sizeof *out);
    out->table = TD_STR("");
    *have = false;
    if (d->left == 0) return TD_OK;
    if (read_rows(d, a, out, err) != TD_OK || (d->with_schema && read_schema(d, out, err) != TD_OK))
        return TD_FAIL;
    if (d->with_table && !get_cstr(d, &out->table)) return corrupt(err, "table name cut short");
    d->left--;
    *have = true;
    return TD_OK;
}

bool td_tmqblock_alike(const struct td_tmqblock *x, const struct td_tmqblock *y)
{
    if (x->block.ncols != y->block.ncols || x->ts_prec != y->ts_prec) return false;
    for (uint32_t i = 0; i < x->block.ncols; i++) {
        const struct td_field *f = &x->fields[i], *g = &y->fields[i];
        if (f->type != g->type || f->length != g->length || f->precision != g->precision ||
            f->scale != g->scale || !td_str_eq(f->name, g->name))
            return false;
    }
    return true;
}
