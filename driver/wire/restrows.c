#include "wire/restrows.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "wire/json.h"
#include "wire/restcell.h"

/* What is expected next. Arrays of arrays are walked by three states each: open, in, behind an
   element. */
enum place {
    AT_START,
    AT_KEY, /* a key or } */
    AT_COLON,
    AT_VALUE,     /* of a member read whole */
    BEHIND_VALUE, /* , or } */
    META_OPEN,
    META_COL,
    META_PART,
    BEHIND_PART,
    BEHIND_COL,
    DATA_OPEN,
    DATA_ROW,
    DATA_CELL,
    BEHIND_CELL,
    BEHIND_ROW,
    AT_END
};

struct td_restrows {
    struct td_restlex lex;
    struct td_arena arena;
    uint32_t block_rows;
    size_t block_bytes;

    enum place place;
    char key[16];
    bool have_code, have_data, have_rows, bare, first; /* first: nothing before in this array */
    int64_t code, rows_said;
    struct td_str desc;

    struct td_field *fields;
    struct td_build_col *defs;
    uint32_t nfields, cap;
    uint32_t part; /* of a column's description: name, type, length */
    struct td_str type_name;

    struct td_build *build;
    uint32_t col;
    int prec;
    uint64_t rows;
    int64_t affected; /* the last row's first INT */
    struct td_err err;
    bool failed;
};

struct td_restrows *td_restrows_new(uint32_t block_rows, size_t block_bytes, size_t max_value)
{
    struct td_restrows *r = td_calloc(1, sizeof *r);

    if (!r) return NULL;
    td_restlex_init(&r->lex, max_value);
    r->block_rows = block_rows;
    r->block_bytes = block_bytes;
    r->prec = -1;
    return r;
}

void td_restrows_free(struct td_restrows *r)
{
    if (!r) return;
    td_restlex_free(&r->lex);
    td_build_free(r->build);
    td_arena_free(&r->arena);
    td_free(r->fields);
    td_free(r->defs);
    td_free(r);
}

static bool bad(struct td_restrows *r, const char *what)
{
    td_err_set(&r->err, TD_ST_HY000, 0, "unexpected answer of the server: %s", what);
    return false;
}

static bool nomem(struct td_restrows *r)
{
    td_err_nomem(&r->err);
    return false;
}

/* ---- column_meta ---- */

/* Names of protocol.md section 0, and `DECIMAL(p,s)`. */
static bool read_type(struct td_str name, struct td_field *f)
{
    static const char *const names[TD_T_COUNT] = {"NULL",
                                                  "BOOL",
                                                  "TINYINT",
                                                  "SMALLINT",
                                                  "INT",
                                                  "BIGINT",
                                                  "FLOAT",
                                                  "DOUBLE",
                                                  "VARCHAR",
                                                  "TIMESTAMP",
                                                  "NCHAR",
                                                  "TINYINT UNSIGNED",
                                                  "SMALLINT UNSIGNED",
                                                  "INT UNSIGNED",
                                                  "BIGINT UNSIGNED",
                                                  "JSON",
                                                  "VARBINARY",
                                                  NULL,
                                                  "BLOB",
                                                  NULL,
                                                  "GEOMETRY",
                                                  NULL};
    const char *comma = name.n ? memchr(name.p, ',', name.n) : NULL;
    int64_t p, s;

    for (int t = 0; t < TD_T_COUNT; t++) {
        if (names[t] && td_str_eq(name, td_str_of(names[t]))) {
            f->type = (uint8_t)t;
            return true;
        }
    }
    if (!td_str_istarts(name, "DECIMAL(") || !comma || name.p[name.n - 1] != ')' ||
        !td_str_i64((struct td_str){name.p + 8, (size_t)(comma - name.p) - 8}, &p) ||
        !td_str_i64(td_str_trim((struct td_str){comma + 1, (size_t)(name.p + name.n - comma) - 2}),
                    &s) ||
        p < 1 || p > 38 || s < 0 || s > p)
        return false;
    f->type = p <= 18 ? TD_T_DECIMAL64 : TD_T_DECIMAL128;
    f->precision = (uint8_t)p;
    f->scale = (uint8_t)s;
    return true;
}

static int32_t internal_size(const struct td_field *f)
{
    switch (f->type) {
    case TD_T_VARCHAR:
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
        return f->length + 2;
    case TD_T_NCHAR:
        return 4 * f->length + 2;
    default:
        return 0; /* the builder's own choice */
    }
}

static bool more_fields(struct td_restrows *r)
{
    const uint32_t cap = r->cap ? 2 * r->cap : 16;
    struct td_field *fields;
    struct td_build_col *defs;

    if (r->nfields < r->cap) return true;
    if (cap > UINT16_MAX + 1) return bad(r, "too many columns");
    fields = td_realloc(r->fields, cap * sizeof *fields);
    if (fields) r->fields = fields;
    defs = td_realloc(r->defs, cap * sizeof *defs);
    if (defs) r->defs = defs;
    if (!fields || !defs) return nomem(r);
    r->cap = cap;
    return true;
}

/* The three parts of a column: name, type, length. */
static bool meta_part(struct td_restrows *r, enum td_tok tok, struct td_str v)
{
    struct td_field *f;
    int64_t len;

    if (r->part == 0 && (tok != TD_TOK_STR || !more_fields(r)))
        return tok == TD_TOK_STR ? false : bad(r, "a column without a name");
    f = &r->fields[r->nfields];
    if (r->part == 0) {
        *f = (struct td_field){.name = {td_arena_strndup(&r->arena, v.p, v.n), v.n}};
        if (!f->name.p) return nomem(r);
    } else if (r->part == 1) {
        if (tok != TD_TOK_STR || !read_type(v, f)) return bad(r, "an unknown column type");
    } else if (r->part == 2) {
        if (tok != TD_TOK_SCALAR || !td_json_text_i64(v, &len) || len < 0 ||
            len > INT32_MAX / 4 - 2)
            return bad(r, "a bad column length");
        f->length = (int32_t)len;
        r->defs[r->nfields] =
            (struct td_build_col){f->type, f->precision, f->scale, internal_size(f)};
        r->nfields++;
    } else
        return bad(r, "a bad column description");
    r->part++;
    r->place = BEHIND_PART;
    return true;
}

static bool start_data(struct td_restrows *r)
{
    if (r->nfields == 0) return bad(r, "rows without columns");
    if (!r->build) r->build = td_build_new(r->defs, r->nfields, INT32_MAX);
    if (!r->build) return nomem(r);
    r->have_data = true;
    return true;
}

/* ---- data ---- */

static bool cell(struct td_restrows *r, enum td_tok tok, struct td_str v)
{
    if (r->col >= r->nfields) return bad(r, "a row with too many values");
    if (r->nfields == 1 && r->defs[0].type == TD_T_INT && !td_json_text_i64(v, &r->affected))
        r->affected = -1;
    if (!td_restcell_put(r->build, r->col, &r->defs[r->col], tok, v, &r->prec)) {
        const int n = v.n > 60 ? 60 : (int)v.n;
        td_err_set(&r->err, TD_ST_HY000, 0,
                   "unexpected answer of the server: `%.*s` does not fit the type of column %u "
                   "(row %" PRIu64 ")",
                   n, v.p, r->col + 1, r->rows + 1);
        return false;
    }
    r->col++;
    r->place = BEHIND_CELL;
    return true;
}

static bool end_row(struct td_restrows *r)
{
    if (r->col != r->nfields) return bad(r, "a row with too few values");
    td_build_end_row(r->build);
    r->rows++;
    r->place = BEHIND_ROW;
    return true;
}

/* ---- members ---- */

static bool whole_value(struct td_restrows *r, struct td_str raw)
{
    r->place = BEHIND_VALUE;
    if (strcmp(r->key, "code") == 0) {
        r->have_code = true;
        return td_json_text_i64(raw, &r->code) && r->code >= 0 ? true : bad(r, "a bad code");
    }
    if (strcmp(r->key, "rows") == 0) {
        r->have_rows = true;
        return td_json_text_i64(raw, &r->rows_said) ? true : bad(r, "a bad number of rows");
    }
    return true; /* timing, and what later adapters may add */
}

static bool take_key(struct td_restrows *r, struct td_str v)
{
    const size_t n = v.n < sizeof r->key ? v.n : 0;

    memcpy(r->key, v.p, n);
    r->key[n] = 0;
    r->place = AT_COLON;
    return true;
}

static bool take_desc(struct td_restrows *r, enum td_tok tok, struct td_str v)
{
    r->place = BEHIND_VALUE;
    if (tok != TD_TOK_STR) return bad(r, "a bad description");
    r->desc = (struct td_str){td_arena_strndup(&r->arena, v.p, v.n), v.n};
    return r->desc.p ? true : nomem(r);
}

static bool after_colon(struct td_restrows *r)
{
    r->place = AT_VALUE;
    if (strcmp(r->key, "column_meta") == 0) {
        r->place = META_OPEN;
        return r->nfields == 0 ? true : bad(r, "columns twice");
    }
    if (strcmp(r->key, "data") == 0) {
        r->place = DATA_OPEN;
        return r->have_data ? bad(r, "rows twice") : start_data(r);
    }
    return true;
}

/* Array ends and separators: c is what came, `open` is what an element begins with. */
static bool brackets(struct td_restrows *r, char c)
{
    const bool was_first = r->first;

    r->first = false;
    switch (r->place) {
    case META_OPEN:
    case DATA_OPEN:
        r->first = true;
        r->place = r->place == META_OPEN ? META_COL : DATA_ROW;
        return c == '[';
    case META_COL:
    case DATA_ROW:
        if (c == ']' && was_first) {
            r->place = BEHIND_VALUE;
            return true;
        }
        r->part = r->col = 0;
        r->place = r->place == META_COL ? META_PART : DATA_CELL;
        return c == '[';
    case BEHIND_PART:
        r->place = c == ',' ? META_PART : BEHIND_COL;
        return c == ',' || (c == ']' && r->part == 3);
    case BEHIND_CELL:
        if (c == ']') return end_row(r);
        r->place = DATA_CELL;
        return c == ',';
    case BEHIND_COL:
        r->place = c == ',' ? META_COL : BEHIND_VALUE;
        return c == ',' || c == ']';
    default: /* BEHIND_ROW */
        r->place = c == ',' ? DATA_ROW : BEHIND_VALUE;
        return c == ',' || c == ']';
    }
}

static bool step_punct(struct td_restrows *r, char c)
{
    bool ok;

    switch (r->place) {
    case AT_START:
        r->place = AT_KEY;
        ok = c == '{';
        break;
    case AT_COLON:
        ok = c == ':' && after_colon(r);
        break;
    case BEHIND_VALUE:
        r->place = c == ',' ? AT_KEY : AT_END;
        ok = c == ',' || c == '}';
        break;
    case AT_KEY:
    case AT_VALUE:
    case META_PART:
    case DATA_CELL:
    case AT_END:
        ok = false;
        break;
    default:
        ok = brackets(r, c);
        break;
    }
    return ok || r->err.msg[0] ? ok : bad(r, "not its usual JSON");
}

static bool step(struct td_restrows *r, enum td_tok tok, struct td_str v)
{
    if (tok == TD_TOK_NOMEM) return nomem(r);
    if (tok == TD_TOK_BAD) return bad(r, "not JSON");
    if (tok == TD_TOK_PUNCT) return step_punct(r, v.p[0]);
    switch (r->place) {
    case AT_START: /* the memory guard's bare string (protocol.md 1.7), or a proxy's page */
        r->place = AT_END;
        r->bare = true;
        return tok == TD_TOK_STR ? take_desc(r, tok, v) && ((r->place = AT_END), true)
                                 : bad(r, "not JSON");
    case AT_KEY:
        return tok == TD_TOK_STR ? take_key(r, v) : bad(r, "not its usual JSON");
    case AT_VALUE:
        return strcmp(r->key, "desc") == 0 ? take_desc(r, tok, v) : whole_value(r, v);
    case META_PART:
        return meta_part(r, tok, v);
    case DATA_CELL:
        return cell(r, tok, v);
    default:
        return bad(r, "not its usual JSON");
    }
}

static bool wants_raw(const struct td_restrows *r)
{
    if (r->place == AT_VALUE) return strcmp(r->key, "desc") != 0;
    return r->place == DATA_CELL && r->col < r->nfields && r->defs[r->col].type == TD_T_JSON;
}

enum td_rc td_restrows_feed(struct td_restrows *r, const void *p, size_t n, size_t *used,
                            bool *full, struct td_err *err)
{
    const char *at = p, *end = at + n;

    *full = false;
    *used = n;
    while (!r->failed) {
        struct td_str v;
        const enum td_tok tok = td_restlex_next(&r->lex, &at, end, wants_raw(r), &v);
        if (tok == TD_TOK_MORE) return TD_OK;
        r->failed = !step(r, tok, v);
        if (!r->failed && r->place == BEHIND_ROW &&
            (td_build_rows(r->build) >= r->block_rows ||
             td_build_size(r->build) >= r->block_bytes)) {
            *full = true;
            *used = (size_t)(at - (const char *)p);
            return TD_OK;
        }
    }
    if (err) *err = r->err;
    return TD_FAIL;
}

enum td_rc td_restrows_end(struct td_restrows *r, int status, struct td_err *err)
{
    /* Letters before or behind the body, which nothing has ended. */
    if (!r->failed && r->lex.state != TD_LEX_IDLE && (r->place == AT_START || r->place == AT_END))
        r->failed = !bad(r, "not its usual JSON");
    if (r->failed) {
        if (status >= 400) /* a gateway's page rather than the adapter's answer */
            return td_err_set(err, TD_ST_08S01, 0,
                              "HTTP status %d, and not an answer of taosAdapter", status);
        if (err) *err = r->err;
        return TD_FAIL;
    }
    if (r->place == AT_START)
        return td_err_set(
            err, TD_ST_HY000, 0,
            "HTTP status %d with an empty body: the server could not write its answer%s", status,
            status == 200 ? " (adapters before 3.3.8.4 do so for NaN and infinity)" : "");
    if (r->bare)
        return td_err_set(err, TD_ST_HY000, 0, "HTTP status %d: taosAdapter: %.*s", status,
                          r->desc.n > 400 ? 400 : (int)r->desc.n, r->desc.p);
    if (r->place != AT_END)
        return td_err_set(err, TD_ST_08S01, 0,
                          "the answer of the server breaks off after %" PRIu64 " rows", r->rows);
    if (!r->have_code)
        return td_err_set(err, TD_ST_HY000, 0,
                          "unexpected answer of the server: no code (HTTP status %d)", status);
    if (r->code != 0) return td_err_server(err, (uint32_t)r->code, r->desc.p, false);
    if (status != 200 || !r->have_data || !r->have_rows)
        return td_err_set(err, TD_ST_HY000, 0,
                          "unexpected answer of the server: no rows (HTTP status %d)", status);
    if (r->rows_said < 0 || (uint64_t)r->rows_said != r->rows)
        return td_err_set(err, TD_ST_08S01, 0, "the server says %" PRId64 " rows and sent %" PRIu64,
                          r->rows_said, r->rows);
    return TD_OK;
}

bool td_restrows_described(const struct td_restrows *r)
{
    return r->have_data;
}

uint32_t td_restrows_fields(const struct td_restrows *r, const struct td_field **fields)
{
    *fields = r->fields;
    return r->nfields;
}

int td_restrows_precision(const struct td_restrows *r)
{
    return r->prec;
}

void td_restrows_set_precision(struct td_restrows *r, int prec)
{
    r->prec = prec;
}

bool td_restrows_is_update(const struct td_restrows *r, int64_t *affected)
{
    *affected = r->affected;
    return r->nfields == 1 && r->rows == 1 && r->fields[0].type == TD_T_INT && r->affected >= 0 &&
           td_str_eq(r->fields[0].name, TD_STR("affected_rows"));
}

enum td_rc td_restrows_take(struct td_restrows *r, uint8_t **block, size_t *n, struct td_err *err)
{
    *block = NULL;
    *n = 0;
    return r->build ? td_build_finish(r->build, block, n, err) : TD_OK;
}
