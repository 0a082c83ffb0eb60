/*
 * engine_gen.c: `select … from gen.…`, synthetic results of any type, size and block size.
 *
 *   select LIST from gen.SHAPE [where KEY=VALUE [and KEY=VALUE]…]
 *   LIST   * or column names of the shape
 *   SHAPE  numeric | mixed | all | cols('NAME TYPE, …')
 *   KEY    rows (1000), block (4096 rows), seed (0), nulls (percent, 0), precision ('ms'),
 *          start (2024-01-01), step (1 tick), repeat (1 for numeric and mixed, else 0)
 * With repeat=1 one block is encoded once and sent again with new timestamps in column 0, so that
 * the server runs at memory speed. Cells are those of gen_values.h. No memory is kept between
 * results.
 */
#include "engine.h"
#include "gen_values.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

static const char shape_numeric[] = "ts timestamp, i int, d double";
static const char shape_mixed[] =
    "ts timestamp, i int, b bigint, d double, v varchar(16), n nchar(8)";
static const char shape_all[] =
    "ts timestamp, c_bool bool, c_ti tinyint, c_si smallint, c_i int, c_bi bigint, "
    "c_tu tinyint unsigned, c_su smallint unsigned, c_iu int unsigned, c_bu bigint unsigned, "
    "c_f float, c_d double, c_d64 decimal(10,3), c_d128 decimal(38,10), c_v varchar(64), "
    "c_n nchar(32), c_vb varbinary(64), c_g geometry(100), c_bl blob(200), c_j json, c_ts "
    "timestamp";

enum { GEN_COLS_MAX = 4096, GEN_TEXT_MAX = 65531, GEN_BLOCK_MAX = 1 << 20 };

struct gen_col {
    struct tl_col def;
    uint32_t shape_pos; /* position in the shape: the `col` of gen_values.h */
    size_t max;         /* longest value: characters or bytes */
};

struct gen {
    struct tl_result r; /* first: the result is the generator */
    struct gen_col *gc; /* selected columns, r.ncols of them */
    struct tl_enc *enc;
    uint64_t row, rows, block, seed;
    uint32_t nulls;
    int64_t start, step, unit, ms;
    bool repeat;          /* cells come from row % block */
    bool fast;            /* and the encoded block can be sent again */
    struct tl_buf cached; /* the repeated block */
    char *scratch;        /* one text value */
};

/* ---- scanner ---- */

struct scan {
    const char *p, *end;
};

static void skip_space(struct scan *s)
{
    while (s->p < s->end && isspace((unsigned char)*s->p))
        s->p++;
}

static bool take_char(struct scan *s, char c)
{
    skip_space(s);
    if (s->p >= s->end || *s->p != c) return false;
    s->p++;
    return true;
}

/* Takes a name ([a-z0-9_]+, folded to lower case); false when there is none or it is too long. */
static bool take_name(struct scan *s, char *out, size_t cap)
{
    skip_space(s);
    size_t n = 0;
    while (s->p < s->end && (isalnum((unsigned char)*s->p) || *s->p == '_')) {
        if (n + 1 >= cap) return false;
        out[n++] = (char)tolower((unsigned char)*s->p++);
    }
    out[n] = 0;
    return n > 0;
}

static bool take_word(struct scan *s, const char *word)
{
    struct scan t = *s;
    char name[65];
    if (!take_name(&t, name, sizeof name) || strcmp(name, word) != 0) return false;
    *s = t;
    return true;
}

static bool take_u64(struct scan *s, uint64_t *out)
{
    skip_space(s);
    const char *from = s->p;
    uint64_t v = 0;
    for (; s->p < s->end && isdigit((unsigned char)*s->p); s->p++)
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(*s->p - '0'), &v))
            return false;
    *out = v;
    return s->p > from;
}

/* ---- columns ---- */

static const struct {
    const char *name;
    uint8_t type, unsigned_type;
    bool sized;
} types[] = {
    {"bool", TL_BOOL, 0, false},
    {"tinyint", TL_TINYINT, TL_UTINYINT, false},
    {"smallint", TL_SMALLINT, TL_USMALLINT, false},
    {"int", TL_INT, TL_UINT, false},
    {"bigint", TL_BIGINT, TL_UBIGINT, false},
    {"float", TL_FLOAT, 0, false},
    {"double", TL_DOUBLE, 0, false},
    {"timestamp", TL_TIMESTAMP, 0, false},
    {"varchar", TL_VARCHAR, 0, true},
    {"binary", TL_VARCHAR, 0, true},
    {"nchar", TL_NCHAR, 0, true},
    {"varbinary", TL_VARBINARY, 0, true},
    {"geometry", TL_GEOMETRY, 0, true},
    {"decimal", TL_DECIMAL64, 0, true},
    {"json", TL_JSON, 0, false},
    {"blob", TL_BLOB, 0, false},
};

/* The (n) or (p,s) behind a type; blob(n) bounds the generated values, json needs none. */
static bool take_size(struct scan *s, struct gen_col *c, bool sized)
{
    uint64_t n = 0, scale = 0;
    if (!take_char(s, '(')) {
        c->max = 64;
        c->def.length = c->def.type == TL_JSON   ? 4095
                        : c->def.type == TL_BLOB ? 4194304
                                                 : tl_type_width(c->def.type);
        return !sized;
    }
    if (!take_u64(s, &n) || n == 0) return false;
    if (c->def.type == TL_DECIMAL64) {
        if (take_char(s, ',') && !take_u64(s, &scale)) return false;
        if (n > 38 || scale > n) return false;
        c->def.type = n > 18 ? TL_DECIMAL128 : TL_DECIMAL64;
        c->def.precision = (uint8_t)n;
        c->def.scale = (uint8_t)scale;
        c->def.length = tl_type_width(c->def.type);
    } else if (c->def.type == TL_BLOB) {
        if (n > 4194304) return false;
        c->def.length = 4194304;
    } else if (sized) {
        if (n > (c->def.type == TL_NCHAR ? 16382 : GEN_TEXT_MAX)) return false;
        if (c->def.type == TL_GEOMETRY && n < 21) return false;
        c->def.length = (int32_t)n;
    } else {
        return false;
    }
    c->max = (size_t)n;
    return take_char(s, ')');
}

static bool take_col(struct scan *s, struct gen_col *c)
{
    char type[16];
    *c = (struct gen_col){0};
    if (!take_name(s, c->def.name, sizeof c->def.name) || !take_name(s, type, sizeof type))
        return false;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(type, types[i].name) != 0) continue;
        c->def.type = types[i].type;
        if (types[i].unsigned_type && take_word(s, "unsigned"))
            c->def.type = types[i].unsigned_type;
        return take_size(s, c, types[i].sized);
    }
    return false;
}

/* Parses a column list into a new array of *ncols; NULL when it is wrong. */
static struct gen_col *parse_cols(const char *text, size_t n, int *ncols)
{
    struct scan s = {text, text + n};
    struct gen_col *cols = NULL;
    *ncols = 0;
    do {
        struct gen_col *more = realloc(cols, ((size_t)*ncols + 1) * sizeof *cols);
        if (!more || *ncols == GEN_COLS_MAX || !take_col(&s, &more[*ncols])) {
            free(more ? more : cols);
            return NULL;
        }
        cols = more;
        cols[*ncols].shape_pos = (uint32_t)*ncols;
        ++*ncols;
    } while (take_char(&s, ','));
    skip_space(&s);
    if (s.p == s.end) return cols;
    free(cols);
    return NULL;
}

/* ---- cells ---- */

static bool put_var(struct gen *g, int col, const struct gen_col *c, uint64_t h)
{
    size_t n = 0;
    switch (c->def.type) {
    case TL_VARCHAR:
        n = tl_gen_varchar(h, c->max, g->scratch);
        break;
    case TL_NCHAR:
        n = tl_gen_nchar(h, c->max, g->scratch);
        break;
    case TL_JSON:
        n = tl_gen_json(h, g->scratch);
        break;
    case TL_GEOMETRY:
        n = tl_gen_point(h, (uint8_t *)g->scratch);
        break;
    default:
        n = tl_gen_bytes(h, c->max, (uint8_t *)g->scratch);
        break;
    }
    return tl_enc_var(g->enc, col, g->scratch, n);
}

/* Unsigned, so that a huge step wraps instead of being undefined. */
static int64_t row_ts(const struct gen *g, uint64_t row)
{
    return (int64_t)((uint64_t)g->start + row * (uint64_t)g->step);
}

static bool is_counting(const struct gen_col *c)
{
    return c->def.type == TL_TIMESTAMP && c->shape_pos == 0;
}

static bool put_cell(struct gen *g, int col, uint64_t row, uint64_t abs_row)
{
    const struct gen_col *c = &g->gc[col];
    const uint64_t h = tl_gen_hash(g->seed, row, c->shape_pos);
    union {
        int64_t i;
        float f;
        double d;
        __int128 w;
    } v = {.i = 0};
    if (is_counting(c)) {
        v.i = row_ts(g, abs_row);
        return tl_enc_fixed(g->enc, col, &v);
    }
    if (tl_gen_null(g->seed, row, c->shape_pos, g->nulls)) return tl_enc_null(g->enc, col);
    if (tl_type_var(c->def.type)) return put_var(g, col, c, h);
    switch (c->def.type) {
    case TL_BOOL:
        v.i = (int64_t)(h & 1);
        break;
    case TL_FLOAT:
        v.f = tl_gen_float(h);
        break;
    case TL_DOUBLE:
        v.d = tl_gen_double(h);
        break;
    case TL_TIMESTAMP:
        v.i = tl_gen_ts(h, g->start, g->unit);
        break;
    case TL_DECIMAL64:
        v.i = tl_gen_dec64(h, c->def.precision);
        break;
    case TL_DECIMAL128:
        v.w = tl_gen_dec128(g->seed, row, c->shape_pos, c->def.precision);
        break;
    default: /* integers: their low bytes are the value, signed or not */
        v.i = (int64_t)h;
        break;
    }
    return tl_enc_fixed(g->enc, col, &v);
}

static bool encode_rows(struct gen *g, uint64_t n, struct tl_buf *out)
{
    for (uint64_t i = 0; i < n; i++) {
        const uint64_t abs_row = g->row + i;
        for (int c = 0; c < g->r.ncols; c++)
            if (!put_cell(g, c, g->repeat ? abs_row % g->block : abs_row, abs_row)) return false;
        if (!tl_enc_end_row(g->enc)) return false;
    }
    return tl_enc_finish(g->enc, out);
}

/* Writes the timestamps of a repeated block. They lie behind the header and column 0's bitmap. */
static void patch_ts(const struct gen *g, uint8_t *block, uint64_t n)
{
    if (!is_counting(&g->gc[0])) return;
    uint8_t *p = block + 28 + 9 * (size_t)g->r.ncols + (n + 7) / 8;
    for (uint64_t i = 0; i < n; i++) {
        const int64_t ts = row_ts(g, g->row + i);
        memcpy(p + 8 * i, &ts, 8);
    }
}

static int gen_next(struct tl_result *r, struct tl_buf *block, struct tl_error *err)
{
    struct gen *g = (struct gen *)r;
    const uint64_t left = g->rows - g->row;
    const uint64_t n = left < g->block ? left : g->block;
    const size_t at = block->n;
    bool ok = true;
    if (n == 0) return 0;
    if (!g->fast || n < g->block) {
        ok = encode_rows(g, n, block);
    } else {
        if (g->cached.n == 0) ok = encode_rows(g, n, &g->cached);
        ok = ok && tl_buf_put(block, g->cached.p, g->cached.n);
        if (ok) patch_ts(g, block->p + at, n);
    }
    if (!ok) {
        err->code = 0x0102;
        snprintf(err->msg, sizeof err->msg, "Out of memory");
        return -1;
    }
    g->row += n;
    return 1;
}

static void gen_free(struct tl_result *r)
{
    struct gen *g = (struct gen *)r;
    tl_enc_free(g->enc);
    tl_buf_free(&g->cached);
    free(g->r.cols);
    free(g->gc);
    free(g->scratch);
    free(g);
}

/* ---- statement ---- */

static bool fail(struct tl_error *err, int code, const char *what, const char *near)
{
    err->code = code;
    snprintf(err->msg, sizeof err->msg, "%s%.200s", what, near);
    return false;
}

/* Keeps the columns that LIST names, in its order. */
static bool project(struct gen *g, const char *list, size_t n, struct gen_col *shape, int nshape,
                    struct tl_error *err)
{
    struct scan s = {list, list + n};
    if (take_char(&s, '*')) {
        skip_space(&s);
        if (s.p != s.end) return fail(err, 0x2600, "syntax error near the select list", "");
        g->gc = calloc((size_t)nshape, sizeof *g->gc);
        if (!g->gc) return fail(err, 0x0102, "Out of memory", "");
        memcpy(g->gc, shape, (size_t)nshape * sizeof *shape);
        g->r.ncols = nshape;
        return true;
    }
    g->gc = calloc(GEN_COLS_MAX, sizeof *g->gc);
    if (!g->gc) return fail(err, 0x0102, "Out of memory", "");
    do {
        char name[65];
        int i = 0;
        if (!take_name(&s, name, sizeof name) || g->r.ncols == GEN_COLS_MAX)
            return fail(err, 0x2600, "syntax error near the select list", "");
        while (i < nshape && strcasecmp(shape[i].def.name, name) != 0)
            i++;
        if (i == nshape) return fail(err, 0x2602, "Invalid column name: ", name);
        g->gc[g->r.ncols++] = shape[i];
    } while (take_char(&s, ','));
    skip_space(&s);
    return s.p == s.end || fail(err, 0x2600, "syntax error near the select list", "");
}

static bool take_precision(struct gen *g, struct scan *s)
{
    static const char *const names[3] = {"ms", "us", "ns"};
    for (int i = 0; take_char(s, '\'') && i < 3; i++) {
        if (take_word(s, names[i])) {
            g->r.ts_prec = i;
            return take_char(s, '\'');
        }
        s->p--; /* not this one: back to the quote */
    }
    return false;
}

static bool take_settings(struct gen *g, struct scan *s, bool *have_start)
{
    uint64_t v = 0;
    char key[16];
    if (!take_word(s, "where")) return true;
    do {
        if (!take_name(s, key, sizeof key) || !take_char(s, '=')) return false;
        if (strcmp(key, "precision") == 0) {
            if (!take_precision(g, s)) return false;
            continue;
        }
        const bool minus = take_char(s, '-');
        if (!take_u64(s, &v) || v > INT64_MAX) return false;
        const int64_t sv = minus ? -(int64_t)v : (int64_t)v;
        if (strcmp(key, "start") == 0) {
            g->start = sv;
            *have_start = true;
        } else if (strcmp(key, "step") == 0) {
            g->step = sv;
        } else if (minus) {
            return false;
        } else if (strcmp(key, "rows") == 0) {
            g->rows = v;
        } else if (strcmp(key, "block") == 0 && v > 0 && v <= GEN_BLOCK_MAX) {
            g->block = v;
        } else if (strcmp(key, "seed") == 0) {
            g->seed = v;
        } else if (strcmp(key, "nulls") == 0 && v <= 100) {
            g->nulls = (uint32_t)v;
        } else if (strcmp(key, "ms") == 0 && v <= INT32_MAX) {
            g->ms = (int64_t)v;
        } else if (strcmp(key, "repeat") == 0 && v <= 1) {
            g->repeat = v;
        } else {
            return false;
        }
    } while (take_word(s, "and"));
    return true;
}

/* Takes SHAPE: its columns in a new array, and whether it repeats by default. */
static struct gen_col *take_shape(struct scan *s, int *ncols, bool *repeat)
{
    char name[16];
    if (!take_name(s, name, sizeof name)) return NULL;
    *repeat =
        strcmp(name, "numeric") == 0 || strcmp(name, "sleep") == 0 || strcmp(name, "mixed") == 0;
    if (strcmp(name, "numeric") == 0 || strcmp(name, "sleep") == 0)
        return parse_cols(shape_numeric, sizeof shape_numeric - 1, ncols);
    if (strcmp(name, "mixed") == 0) return parse_cols(shape_mixed, sizeof shape_mixed - 1, ncols);
    if (strcmp(name, "all") == 0) return parse_cols(shape_all, sizeof shape_all - 1, ncols);
    if (strcmp(name, "cols") != 0 || !take_char(s, '(') || !take_char(s, '\'')) return NULL;
    const char *from = s->p;
    while (s->p < s->end && *s->p != '\'')
        s->p++;
    struct gen_col *cols = parse_cols(from, (size_t)(s->p - from), ncols);
    if (cols && take_char(s, '\'') && take_char(s, ')')) return cols;
    free(cols);
    return NULL;
}

/* Finishes a parsed generator: result columns, encoder, scratch. */
static bool prepare(struct gen *g, bool have_start)
{
    static const int64_t units[3] = {1000, 1000000, 1000000000};
    size_t scratch = 64;
    g->fast = g->repeat;
    g->unit = units[g->r.ts_prec];
    if (!have_start) g->start = TL_GEN_START_S * g->unit;
    g->r.cols = calloc((size_t)g->r.ncols, sizeof *g->r.cols);
    if (!g->r.cols) return false;
    for (int i = 0; i < g->r.ncols; i++) {
        g->r.cols[i] = g->gc[i].def;
        if (i > 0 && is_counting(&g->gc[i])) g->fast = false; /* only column 0 is patched */
        if (4 * g->gc[i].max > scratch) scratch = 4 * g->gc[i].max;
    }
    g->enc = tl_enc_new(g->r.cols, g->r.ncols);
    g->scratch = malloc(scratch);
    g->r.next = gen_next;
    g->r.free = gen_free;
    return g->enc && g->scratch;
}

static bool parse(struct gen *g, struct scan list, struct scan rest, struct tl_error *err)
{
    int nshape = 0;
    bool have_start = false;
    struct gen_col *shape = take_shape(&rest, &nshape, &g->repeat);
    if (!shape) return fail(err, 0x2603, "gen: no such shape, or a wrong column list", "");
    bool ok = project(g, list.p, (size_t)(list.end - list.p), shape, nshape, err);
    free(shape);
    if (!ok) return false;
    if (!take_settings(g, &rest, &have_start))
        return fail(err, 0x2600, "gen: wrong setting in WHERE", "");
    take_char(&rest, ';');
    skip_space(&rest);
    if (rest.p != rest.end) return fail(err, 0x2600, "gen: text behind the statement", "");
    return prepare(g, have_start) || fail(err, 0x0102, "Out of memory", "");
}

/* Splits at ` from gen.`; false when the statement is not for the generator. */
static bool is_gen(const char *sql, size_t n, struct scan *list, struct scan *rest)
{
    struct scan s = {sql, sql + n};
    if (!take_word(&s, "select")) return false;
    list->p = s.p;
    while (s.p < s.end && *s.p != '\'' && *s.p != '(') {
        struct scan t = s;
        if (isspace((unsigned char)*t.p) && take_word(&t, "from")) {
            list->end = s.p;
            *rest = t;
            return take_word(rest, "gen") && take_char(rest, '.');
        }
        s.p++;
    }
    return false;
}

static struct gen *new_gen(const struct scan *rest)
{
    struct scan shape = *rest;
    struct gen *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->rows = take_word(&shape, "sleep") ? 1 : 1000;
    g->block = 4096;
    g->step = 1;
    return g;
}

int64_t tl_gen_delay(const char *sql, size_t n)
{
    struct scan list, rest;
    struct tl_error err = {0};
    if (!is_gen(sql, n, &list, &rest)) return 0;
    struct gen *g = new_gen(&rest);
    const int64_t ms = g && parse(g, list, rest, &err) ? g->ms : 0;
    if (g) gen_free(&g->r);
    return ms;
}

struct tl_result *tl_gen_exec(struct tl_session *s, const char *sql, size_t n, struct tl_error *err)
{
    struct scan list, rest;
    (void)s;
    err->code = 0;
    if (!is_gen(sql, n, &list, &rest)) return NULL;
    struct gen *g = new_gen(&rest);
    if (!g) {
        fail(err, 0x0102, "Out of memory", "");
        return NULL;
    }
    if (parse(g, list, rest, err)) return &g->r;
    gen_free(&g->r);
    return NULL;
}
