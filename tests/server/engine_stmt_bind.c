/* engine_stmt_bind.c: bind records to typed values, with TDengine's checks (protocol.md 4.3,
   11). */
#include "engine_stmt_int.h"
#include "sql_geo.h"
#include "sql_mark.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_ROWS = 32767, MAX_BLOB = 4194304, MAX_NAME = 192 };

static bool bad_num(struct tl_error *err)
{
    return tl_fail(err, 0x0236, "bind number out of range or not match");
}

static bool bad_length(struct tl_error *err, uint32_t table, uint32_t field)
{
    return tl_fail(err, 0xFFFF, "bind data length error, tableIndex: %u, fieldIndex: %u", table,
                   field);
}

static bool too_long(struct tl_error *err)
{
    return tl_fail(err, TL_E_TOO_LONG, "Value too long for column/tag");
}

static int64_t load_int(uint8_t type, const uint8_t *p)
{
    int64_t v = 0;
    memcpy(&v, p, (size_t)tl_type_width(type)); /* little-endian */
    switch (type) {
    case TL_BOOL:
        return v != 0;
    case TL_TINYINT:
        return (int8_t)v;
    case TL_SMALLINT:
        return (int16_t)v;
    case TL_INT:
        return (int32_t)v;
    default:
        return v;
    }
}

/* SQLite turns a NaN into NULL, so it is refused: never another value than was sent. */
static bool load_real(uint8_t type, const uint8_t *p, struct tl_val *out, struct tl_error *err)
{
    float f;
    if (type == TL_FLOAT) {
        memcpy(&f, p, sizeof f);
        out->d = (double)f;
    } else {
        memcpy(&out->d, p, sizeof out->d);
    }
    return !isnan(out->d) || tl_fail(err, TL_E_OPS_NOT_SUPPORT, "tdlite does not store NaN");
}

static void load_decimal(int width, const uint8_t *p, struct tl_val *out)
{
    tl_u128 v = 0;
    for (int i = width - 1; i >= 0; i--)
        v = v << 8 | p[i];
    out->dec = width == 8 ? (tl_i128)(int64_t)v : (tl_i128)v;
}

/* A fixed-width value. */
static bool load_fixed(const struct tl_ty *t, const uint8_t *p, struct tl_val *out,
                       struct tl_error *err)
{
    if (tl_is_float(t->t)) return load_real(t->t, p, out, err);
    if (tl_is_dec(t->t))
        load_decimal(tl_type_width(t->t), p, out);
    else
        out->i = load_int(t->t, p);
    return true;
}

/* Code points, or -1 when it is not UTF-8. */
static int64_t utf8_count(const uint8_t *p, size_t n)
{
    int64_t count = 0;
    for (size_t i = 0; i < n; count++) {
        const uint8_t c = p[i];
        const size_t len = c < 0x80                ? 1
                           : c >= 0xC2 && c < 0xE0 ? 2
                           : (c & 0xF0) == 0xE0    ? 3
                           : c >= 0xF0 && c < 0xF5 ? 4
                                                   : 0;
        if (!len || n - i < len) return -1;
        for (size_t k = 1; k < len; k++)
            if ((p[i + k] & 0xC0) != 0x80) return -1;
        i += len;
    }
    return count;
}

static bool is_wkb(const uint8_t *p, size_t n)
{
    struct tl_sb text = {0};
    const bool ok = tl_geo_text(p, n, &text);
    tl_sb_free(&text);
    return ok;
}

/* A text or binary value of a column or tag. */
static bool load_var(struct tl_arena *ar, const struct tl_ty *t, const uint8_t *p, size_t n,
                     struct tl_val *out, struct tl_error *err)
{
    out->p = p;
    out->n = n;
    if (t->t == TL_JSON) {
        const struct tl_valctx c = {ar, err, 0, "UTC"};
        char *text = tl_arena_dup(ar, (const char *)p, n);
        const struct tl_lit lit = {.k = LIT_STR, .s = text, .n = n, .src = text};
        return text ? tl_val_convert(&c, &lit, t, "", out) : tl_oom(err);
    }
    if (t->t == TL_BLOB) return n <= MAX_BLOB || tl_fail(err, 0x6303, "Blob data too long");
    if (t->t == TL_GEOMETRY && !is_wkb(p, n))
        return tl_fail(err, TL_E_INVALID_OPERATION, "Invalid geometry");
    if (t->t != TL_NCHAR) return (int64_t)n <= t->len || too_long(err);
    const int64_t chars = utf8_count(p, n);
    if (chars < 0) return tl_fail(err, TL_E_INVALID_OPERATION, "Invalid nchar data");
    return chars <= t->len || too_long(err);
}

/* DECIMAL where TDengine expects the other form: what it then stores (golden/stmt2/
   insert_decimal_text): the bytes at row * width of the buffer, whatever they are. */
static bool wrong_decimals(const struct tl_rec *rec, const struct tl_ty *t, struct tl_val *out,
                           size_t stride)
{
    const size_t width = (size_t)tl_type_width(t->t);
    for (uint32_t r = 0; r < rec->num; r++) {
        struct tl_val *v = out + r * stride;
        uint8_t bytes[16] = {0};
        const size_t at = width * r;
        *v = (struct tl_val){.null = rec->nulls[r] == 1};
        if (at < rec->nbuf)
            memcpy(bytes, rec->buf + at, rec->nbuf - at < width ? rec->nbuf - at : width);
        if (!rec->lens) /* 3.4 given raw integers: nothing is recorded, so anything but the value */
            for (size_t i = 0; i < width; i++)
                bytes[i] = (uint8_t)~bytes[i];
        load_decimal((int)width, bytes, v);
    }
    return true;
}

static bool text_decimal(const struct tl_ty *t, const uint8_t *p, size_t n, struct tl_val *out,
                         struct tl_error *err)
{
    const enum tl_dec_rc rc = tl_dec_parse((const char *)p, n, t->p, t->s, &out->dec);
    if (rc == TL_DEC_OK) return true;
    return tl_fail(err, rc == TL_DEC_OVERFLOW ? TL_E_DECIMAL_OVERFLOW : TL_E_INVALID_OPERATION,
                   rc == TL_DEC_OVERFLOW ? "Decimal value overflow" : "Invalid decimal data");
}

/* One record into a column of values, `stride` apart. */
static bool load_rec(struct tl_stmt *st, struct tl_arena *ar, const struct tl_rec *rec,
                     const struct tl_ty *t, struct tl_val *out, size_t stride, uint32_t table,
                     uint32_t field, struct tl_error *err)
{
    const bool var = tl_type_var(t->t), dec = tl_is_dec(t->t);
    const size_t width = (size_t)tl_type_width(t->t);
    size_t at = 0, n;
    const uint8_t *p;
    if (rec->type != t->t && !(rec->num == 1 && rec->nulls[0] == 1 && rec->type != TL_NULL))
        return tl_fail(err, TL_E_INVALID_OPERATION, "column type mis-match with buffer type");
    if (dec && rec->nbuf && (rec->lens != NULL) != st->text_decimals)
        return wrong_decimals(rec, t, out, stride);
    for (uint32_t r = 0; r < rec->num; r++) {
        struct tl_val *v = out + r * stride;
        *v = (struct tl_val){.null = rec->nulls[r] == 1};
        if (v->null) continue;
        if (!var && !(dec && rec->lens)) {
            if (width * rec->num != rec->nbuf) return bad_length(err, table, field);
            if (!load_fixed(t, rec->buf + width * r, v, err)) return false;
            continue;
        }
        if (!rec->lens || !tl_rec_value(rec, r, &at, &p, &n)) return bad_length(err, table, field);
        if (!(dec ? text_decimal(t, p, n, v, err) : load_var(ar, t, p, n, v, err))) return false;
    }
    return true;
}

/* ---- INSERT ---- */

/* A table name as it is bound: `db.table`, or parts in backquotes; letters are kept as written. */
static bool bound_name(struct tl_arena *ar, const char *z, size_t n, struct tl_name *out,
                       struct tl_error *err)
{
    memset(out, 0, sizeof *out);
    if (n == 0) return tl_fail(err, 0x022B, "Table does not exist");
    if (memchr(z, '`', n)) {
        struct tl_parser p;
        char *text = tl_arena_dup(ar, z, n);
        if (!text) return tl_oom(err);
        tl_parse_start(&p, ar, text, n, err);
        return tl_table_name(&p, out) && tl_parse_end(&p);
    }
    const char *dot = memchr(z, '.', n);
    const char *name = dot ? dot + 1 : z;
    const size_t nname = (size_t)(z + n - name);
    if (dot) out->db = tl_arena_dup(ar, z, (size_t)(dot - z));
    out->table = tl_arena_dup(ar, name, nname);
    if (!out->table || (dot && !out->db)) return tl_oom(err);
    if (nname == 0 || nname > MAX_NAME)
        return tl_fail(err, TL_E_IDENT_NAME, "Invalid identifier name: %.*s", (int)n, z);
    return true;
}

static struct tl_stmt_rows *new_rows(struct tl_stmt_chunk *c, const struct tl_stmt_plan *plan,
                                     uint32_t nrows)
{
    struct tl_stmt_rows *r = tl_arena_get(&c->ar, sizeof *r);
    if (!r) return NULL;
    r->nrows = nrows;
    r->ncols = plan->ncols;
    r->tab = plan->tab->id;
    snprintf(r->db, sizeof r->db, "%s", plan->db->name);
    r->tags = tl_arena_get(&c->ar, (size_t)(plan->tab->ntags + 1) * sizeof *r->tags);
    r->cols = tl_arena_get(&c->ar, (size_t)plan->ncols * sizeof *r->cols);
    r->fields = tl_arena_get(&c->ar, (size_t)plan->ncols * sizeof *r->fields);
    r->vals = tl_arena_get(&c->ar, (size_t)plan->ncols * nrows * sizeof *r->vals);
    if (!r->tags || !r->cols || !r->fields || !r->vals) return NULL;
    *c->tail = r;
    c->tail = &r->next;
    return r;
}

static bool load_tags(struct tl_stmt *st, struct tl_stmt_chunk *c, const struct tl_stmt_plan *plan,
                      const struct tl_bind_table *t, uint32_t table, struct tl_stmt_rows *r,
                      struct tl_error *err)
{
    for (int i = 0; i < plan->tab->ntags; i++)
        r->tags[i].null = true;
    r->make = plan->tab->kind == TL_KIND_SUPER && (t->tags || plan->tag_marks == 0);
    for (int i = 0; i < plan->ntags; i++) {
        const struct tl_stmt_slot *s = &plan->tags[i];
        struct tl_val *v = &r->tags[s->at];
        if (s->mark < 0) {
            *v = s->lit;
        } else if (t->tags) {
            const struct tl_rec *rec = &t->tags[s->mark];
            if (rec->num != 1) return bad_num(err);
            if (!load_rec(st, &c->ar, rec, &plan->tab->tags[s->at].type, v, 1, table,
                          (uint32_t)s->mark, err))
                return false;
        }
    }
    return true;
}

static bool load_cols(struct tl_stmt *st, struct tl_stmt_chunk *c, const struct tl_stmt_plan *plan,
                      const struct tl_bind_table *t, uint32_t table, struct tl_stmt_rows *r,
                      struct tl_error *err)
{
    for (int i = 0; i < plan->ncols; i++) {
        const struct tl_stmt_slot *s = &plan->cols[i];
        const struct tl_field *f = &plan->tab->cols[s->at];
        r->cols[i] = s->at;
        r->fields[i] = *f;
        if (s->mark < 0) {
            for (uint32_t k = 0; k < r->nrows; k++)
                r->vals[k * (size_t)r->ncols + (size_t)i] = s->lit;
        } else if (!load_rec(st, &c->ar, &t->cols[s->mark], &f->type, r->vals + i, (size_t)r->ncols,
                             table, (uint32_t)s->mark, err)) {
            return false;
        }
        for (uint32_t k = 0; (s->at == 0 || f->pk) && k < r->nrows; k++)
            if (r->vals[k * (size_t)r->ncols + (size_t)i].null)
                return tl_fail(err, TL_E_PK_NULL,
                               "Primary timestamp or key column should not be null");
    }
    return true;
}

/* How many rows the records of a table have: all the same, 1 to 32767. */
static bool row_count(const struct tl_bindmsg *m, const struct tl_bind_table *t,
                      const struct tl_stmt_plan *plan, uint32_t *rows, struct tl_error *err)
{
    *rows = 1;
    if (plan->col_marks == 0) return true;
    if (!t->cols || m->ncols != (uint32_t)plan->col_marks) return bad_num(err);
    *rows = t->cols[0].num;
    for (uint32_t i = 0; i < m->ncols; i++)
        if (t->cols[i].num != *rows) return bad_num(err);
    return (*rows >= 1 && *rows <= MAX_ROWS) || bad_num(err);
}

static bool bind_table(struct tl_stmt *st, struct tl_session *s, const struct tl_bindmsg *m,
                       uint32_t at, struct tl_stmt_chunk *c, const struct tl_stmt_plan *common,
                       struct tl_error *err)
{
    const struct tl_bind_table *t = &m->tables[at];
    struct tl_stmt_plan own;
    const struct tl_stmt_plan *plan = common;
    struct tl_name name = {0};
    uint32_t rows;
    const bool needs_name = plan ? plan->name_mark : true;
    if (needs_name && !t->name) return tl_fail(err, 0x022B, "Stmt table name not set");
    if (needs_name && !bound_name(&c->ar, t->name, t->nname, &name, err)) return false;
    if (!plan) {
        if (!tl_stmt_resolve(st, s, &c->ar, &name, &own, err)) return false;
        plan = &own;
    }
    if (t->tags && m->ntags != (uint32_t)plan->tag_marks) return bad_num(err);
    if (!row_count(m, t, plan, &rows, err)) return false;
    struct tl_stmt_rows *r = new_rows(c, plan, rows);
    if (!r) return tl_oom(err);
    if (name.db) snprintf(r->db, sizeof r->db, "%s", name.db);
    r->name = needs_name ? name.table : tl_arena_dup(&c->ar, plan->name, strlen(plan->name));
    if (!r->name) return tl_oom(err);
    return load_tags(st, c, plan, t, at, r, err) && load_cols(st, c, plan, t, at, r, err);
}

bool tl_stmt_bind_insert(struct tl_stmt *st, struct tl_session *s, const struct tl_bindmsg *m,
                         struct tl_stmt_chunk *c, struct tl_error *err)
{
    struct tl_stmt_plan plan;
    const bool each = st->ins.table_mark && !st->ins.using_st; /* the table brings the schema */
    if (!each && !tl_stmt_resolve(st, s, &c->ar, NULL, &plan, err)) return false;
    for (uint32_t i = 0; i < m->count; i++)
        if (!bind_table(st, s, m, i, c, each ? NULL : &plan, err)) return false;
    return true;
}

/* ---- queries ---- */

static bool query_value(struct tl_arena *ar, const struct tl_rec *rec, uint32_t field,
                        struct tl_mark *m, struct tl_error *err)
{
    const uint8_t type = rec->type > 0 && rec->type <= TL_DECIMAL64 ? (uint8_t)rec->type : TL_NULL;
    size_t at = 0, n;
    const uint8_t *p;
    m->type = (struct tl_ty){.t = type, .len = tl_type_width(type)};
    m->val = (struct tl_val){.null = rec->nulls[0] == 1};
    if (type == TL_NULL) return tl_fail(err, 0x0110, "Invalid data format");
    if (type == TL_BLOB) return tl_fail(err, 0x6305, "Blob not support");
    if (tl_is_dec(type)) return tl_fail(err, TL_E_OPS_NOT_SUPPORT, "Operation not supported");
    if (m->val.null) return true;
    if (!tl_type_var(type)) {
        if (rec->nbuf != (size_t)tl_type_width(type)) return bad_length(err, 0, field);
        return load_fixed(&m->type, rec->buf, &m->val, err);
    }
    if (!rec->lens || !tl_rec_value(rec, 0, &at, &p, &n)) return bad_length(err, 0, field);
    m->type.len = (int32_t)n;
    if (type == TL_NCHAR) {
        const int64_t chars = utf8_count(p, n);
        if (chars < 0) return tl_fail(err, TL_E_INVALID_OPERATION, "Invalid nchar data");
        m->type.len = (int32_t)chars;
    }
    m->val.n = n;
    m->val.p = tl_arena_dup(ar, (const char *)p, n);
    return m->val.p || tl_oom(err);
}

bool tl_stmt_bind_query(struct tl_stmt *st, const struct tl_bindmsg *m, struct tl_arena *ar,
                        struct tl_error *err)
{
    if (m->count != 1 || !m->tables[0].cols || m->ncols != (uint32_t)st->nmarks)
        return bad_num(err);
    for (uint32_t i = 0; i < m->ncols; i++) {
        const struct tl_rec *rec = &m->tables[0].cols[i];
        if (rec->num != 1) return bad_num(err);
        if (!query_value(ar, rec, i, &st->marks[i], err)) return false;
    }
    return true;
}
