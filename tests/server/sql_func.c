/* sql_func.c: TDengine's functions: argument checks, result types, and what they become in
   SQLite. */
#include "engine_query.h"

#include "sql_time.h"

#include <stdio.h>
#include <string.h>

static bool none(const struct tl_expr *x)
{
    return x->type.t == TL_NULL;
}

/* ---- aggregates ---- */

static bool b_count(struct tl_scope *sc, struct tl_expr *x)
{
    (void)sc;
    x->type = tl_mk(TL_BIGINT, 8);
    return true;
}

static bool e_count(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    if (x->a[0]->k == EX_STAR) {
        tl_sb_str(b, "count(*)");
        return true;
    }
    tl_sb_str(b, "count(");
    if (!tl_emit(sc, x->a[0], b)) return false;
    tl_sb_str(b, ")");
    return true;
}

static bool b_sum(struct tl_scope *sc, struct tl_expr *x)
{
    const struct tl_ty *t = &x->a[0]->type;
    if (tl_is_signed(t->t) || t->t == TL_BOOL) {
        x->type = tl_mk(TL_BIGINT, 8);
    } else if (tl_is_unsigned(t->t)) {
        x->type = tl_mk(TL_UBIGINT, 8);
    } else if (tl_is_float(t->t)) {
        x->type = tl_mk(TL_DOUBLE, 8);
    } else if (tl_is_dec(t->t)) {
        x->type = tl_mk(TL_DECIMAL128, 16);
        x->type.p = 38;
        x->type.s = t->s;
    } else {
        return tl_bad_type(sc, x);
    }
    return t->t != TL_BOOL || tl_bad_type(sc, x);
}

static bool b_avg(struct tl_scope *sc, struct tl_expr *x)
{
    const struct tl_ty *t = &x->a[0]->type;
    if (!tl_is_num(t->t)) return tl_bad_type(sc, x);
    x->type = tl_mk(TL_DOUBLE, 8);
    if (tl_is_dec(t->t)) { /* sum DECIMAL(38,s) / count DECIMAL(19,0) */
        int scale = t->s + 20, ints = 38 - t->s;
        x->type = tl_mk(TL_DECIMAL128, 16);
        x->type.p = 38;
        x->type.s = (uint8_t)(38 - ints > 6 ? 38 - ints : scale < 6 ? scale : 6);
    }
    return true;
}

static bool b_numeric(struct tl_scope *sc, struct tl_expr *x)
{
    uint8_t t = x->a[0]->type.t;
    if (!tl_is_num(t) || tl_is_dec(t)) return tl_bad_type(sc, x);
    x->type = tl_mk(TL_DOUBLE, 8);
    return true;
}

static bool b_spread(struct tl_scope *sc, struct tl_expr *x)
{
    if (x->a[0]->type.t != TL_TIMESTAMP) return b_numeric(sc, x);
    x->type = tl_mk(TL_DOUBLE, 8);
    return true;
}

static bool b_minmax(struct tl_scope *sc, struct tl_expr *x)
{
    uint8_t t = x->a[0]->type.t;
    if (!tl_is_num(t) && t != TL_VARCHAR && t != TL_NCHAR) return tl_bad_type(sc, x);
    x->type = x->a[0]->type;
    return true;
}

static bool b_select(struct tl_scope *sc, struct tl_expr *x)
{
    if (sc->nsrc != 1 || x->a[0]->k != EX_COL || x->a[0]->src < 0) return tl_unsupported(sc, x);
    uint8_t t = x->a[0]->type.t;
    if (t == TL_JSON || t == TL_BLOB) return tl_bad_type(sc, x);
    sc->src[0].use_rows = true;
    x->type = x->a[0]->type;
    return true;
}

/* first, last, last_row: the value of the row with the smallest or greatest timestamp. */
static bool e_select(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    const struct tl_source *src = &sc->src[0];
    tl_sb_fmt(b, "td_%s(", x->name);
    if (!tl_emit(sc, x->a[0], b)) return false;
    for (int c = 0; c < src->ncols; c++) {
        if (!src->cols[c].primary) continue;
        tl_sb_str(b, ",");
        tl_source_col(sc, 0, c, b);
        tl_sb_str(b, ")");
        return true;
    }
    return tl_unsupported(sc, x);
}

static bool call_double(struct tl_scope *sc, const char *fn, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_fmt(b, "%s(", fn);
    for (int i = 0; i < x->na; i++) {
        if (i) tl_sb_str(b, ",");
        if (!tl_emit_double(sc, x->a[i], b)) return false;
    }
    tl_sb_str(b, ")");
    return true;
}

static bool e_sum(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    const struct tl_ty *t = &x->a[0]->type;
    bool avg = x->name[0] == 'a';
    if (tl_is_float(t->t)) {
        tl_sb_str(b, avg ? "td_avg_d(" : "td_sum_d(");
    } else if (tl_is_dec(t->t)) {
        tl_sb_str(b, avg ? "td_avg_dec(" : "td_sum_dec(");
    } else {
        tl_sb_str(b, avg ? "td_avg_i(" : "td_sum_i(");
    }
    if (!tl_emit(sc, x->a[0], b)) return false;
    if (tl_is_dec(t->t)) {
        tl_sb_fmt(b, ",%d,%d)", t->s, x->type.s);
    } else if (tl_is_float(t->t)) {
        tl_sb_str(b, ")");
    } else {
        tl_sb_fmt(b, ",%d)", t->t == TL_UBIGINT ? 2 : tl_is_unsigned(t->t) ? 1 : 0);
    }
    return true;
}

static bool e_minmax(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_fmt(b, "%s(", x->name);
    if (!tl_emit(sc, x->a[0], b)) return false;
    tl_sb_str(b, ")");
    return true;
}

static bool e_spread(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    struct tl_sb d = {0};
    bool ok = tl_emit_double(sc, x->a[0], &d);
    if (ok) tl_sb_fmt(b, "(max(%s)-min(%s))", d.p, d.p);
    tl_sb_free(&d);
    return ok;
}

static bool e_stddev(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    uint8_t t = x->a[0]->type.t;
    const char *fn = x->name[0] == 'v' ? "td_var" : "td_stddev";
    if (tl_is_float(t)) {
        tl_sb_fmt(b, "%s(", fn);
    } else if (t == TL_UBIGINT) {
        return tl_unsupported(sc, x);
    } else {
        tl_sb_fmt(b, "%s(", fn);
    }
    if (!tl_emit(sc, x->a[0], b)) return false;
    tl_sb_str(b, ")");
    return true;
}

/* ---- scalars: numbers ---- */

static bool b_math(struct tl_scope *sc, struct tl_expr *x)
{
    for (int i = 0; i < x->na; i++) {
        uint8_t t = x->a[i]->type.t;
        if (!none(x->a[i]) && (!tl_is_num(t) || tl_is_dec(t))) return tl_bad_type(sc, x);
    }
    x->type = tl_mk(TL_DOUBLE, 8);
    return true;
}

static bool e_math(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    return call_double(sc, x->fn->sql, x, b);
}

/* abs, ceil, floor, round, trunc, sign: the type of the argument. */
static bool b_same(struct tl_scope *sc, struct tl_expr *x)
{
    uint8_t t = x->a[0]->type.t;
    if (!tl_is_num(t) || tl_is_dec(t)) return tl_bad_type(sc, x);
    if (x->na > 1 && !tl_is_signed(x->a[1]->type.t)) return tl_bad_type(sc, x);
    x->type = x->a[0]->type;
    return true;
}

static bool e_same(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    uint8_t t = x->type.t;
    if (t == TL_UBIGINT) return tl_unsupported(sc, x);
    tl_sb_fmt(b, "%s(", x->fn->sql);
    for (int i = 0; i < x->na; i++) {
        if (i) tl_sb_str(b, ",");
        if (!tl_emit(sc, x->a[i], b)) return false;
    }
    tl_sb_str(b, ")");
    return true;
}

/* ---- scalars: text ---- */

static bool is_str(const struct tl_expr *x)
{
    return x->type.t == TL_VARCHAR || x->type.t == TL_NCHAR;
}

/* upper, lower, ltrim, rtrim: the type of the argument. */
static bool b_text(struct tl_scope *sc, struct tl_expr *x)
{
    if (!is_str(x->a[0]) && !none(x->a[0])) return tl_bad_type(sc, x);
    x->type = x->a[0]->type;
    if (none(x->a[0])) x->type = tl_mk(TL_VARCHAR, 0);
    return true;
}

static bool b_length(struct tl_scope *sc, struct tl_expr *x)
{
    uint8_t t = x->a[0]->type.t;
    if (!is_str(x->a[0]) && t != TL_VARBINARY) return tl_bad_type(sc, x);
    x->type = tl_mk(TL_BIGINT, 8);
    return true;
}

static bool e_length(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    bool chars = x->name[0] == 'c';
    uint8_t t = x->a[0]->type.t;
    if (t == TL_VARBINARY && chars) return tl_bad_type(sc, x);
    tl_sb_str(b, t == TL_NCHAR && !chars ? "(4*td_chars(" : chars ? "(td_chars(" : "(td_bytes(");
    if (!tl_emit(sc, x->a[0], b)) return false;
    tl_sb_str(b, "))");
    return true;
}

static bool b_substr(struct tl_scope *sc, struct tl_expr *x)
{
    if (!is_str(x->a[0]) || !tl_is_signed(x->a[1]->type.t)) return tl_bad_type(sc, x);
    if (x->na > 2 && !tl_is_signed(x->a[2]->type.t)) return tl_bad_type(sc, x);
    x->type = x->a[0]->type;
    return true;
}

static bool e_substr(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_str(b, "td_substr(");
    for (int i = 0; i < x->na; i++) {
        if (i) tl_sb_str(b, ",");
        if (!tl_emit(sc, x->a[i], b)) return false;
    }
    tl_sb_str(b, ")");
    return true;
}

static bool b_position(struct tl_scope *sc, struct tl_expr *x)
{
    if (!is_str(x->a[0]) || !is_str(x->a[1])) return tl_bad_type(sc, x);
    x->type = tl_mk(TL_BIGINT, 8);
    return true;
}

static bool b_astext(struct tl_scope *sc, struct tl_expr *x)
{
    if (x->a[0]->type.t != TL_GEOMETRY) return tl_bad_type(sc, x);
    x->type = tl_mk(TL_VARCHAR, x->a[0]->type.len);
    return true;
}

/* ---- time and session ---- */

static bool b_now(struct tl_scope *sc, struct tl_expr *x)
{
    (void)sc;
    x->type = tl_mk(TL_TIMESTAMP, 8);
    x->konst = true;
    return true;
}

static bool e_now(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    int prec = sc->prec < 0 ? 0 : sc->prec;
    tl_sb_fmt(b, "%lld",
              (long long)(x->name[0] == 'n' ? tl_ts_now(prec) : tl_ts_today(prec, sc->s->tz)));
    return true;
}

static bool b_iso(struct tl_scope *sc, struct tl_expr *x)
{
    uint8_t t = x->a[0]->type.t;
    if (t != TL_TIMESTAMP && !tl_is_signed(t)) return tl_bad_type(sc, x);
    if (x->na > 1) return tl_unsupported(sc, x);
    x->type = tl_mk(TL_VARCHAR, 62);
    return true;
}

static bool e_iso(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_str(b, "td_iso(");
    if (!tl_emit(sc, x->a[0], b)) return false;
    tl_sb_fmt(b, ",%d)", sc->prec < 0 ? 0 : sc->prec);
    return true;
}

static bool b_unix(struct tl_scope *sc, struct tl_expr *x)
{
    if (x->a[0]->type.t != TL_VARCHAR && x->a[0]->type.t != TL_NCHAR) return tl_bad_type(sc, x);
    if (x->na > 1) return tl_unsupported(sc, x);
    x->type = tl_mk(TL_BIGINT, 8);
    return true;
}

static bool e_unix(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_str(b, "td_unix(");
    if (!tl_emit(sc, x->a[0], b)) return false;
    tl_sb_fmt(b, ",%d)", sc->prec < 0 ? 0 : sc->prec);
    return true;
}

/* Text that depends on the session alone; the declared length is that of the text
   (golden/catalog/server). */
static int session_text(struct tl_scope *sc, const char *name, char out[160])
{
    if (strcmp(name, "timezone") == 0) return tl_zone_text(sc->s->tz, out);
    if (strcmp(name, "database") == 0) return snprintf(out, 160, "%s", sc->s->db);
    if (strcmp(name, "current_user") == 0 || strcmp(name, "user") == 0) {
        return snprintf(out, 160, "%s@tdlite", sc->s->user[0] ? sc->s->user : "root");
    }
    return snprintf(out, 160, "%s", TL_SERVER_VERSION);
}

static bool b_session(struct tl_scope *sc, struct tl_expr *x)
{
    char text[160];
    int n = session_text(sc, x->name, text);
    bool db = strcmp(x->name, "database") == 0;
    x->konst = true;
    x->type = tl_mk(TL_VARCHAR, db && !n ? 63 : n);
    return true;
}

static bool e_session(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    char text[160];
    int n = session_text(sc, x->name, text);
    if (strcmp(x->name, "database") == 0 && !n) {
        tl_sb_str(b, "NULL");
    } else {
        tl_sb_quote(b, text, (size_t)n);
    }
    return true;
}

static bool b_status(struct tl_scope *sc, struct tl_expr *x)
{
    (void)sc;
    x->konst = true;
    x->type = tl_mk(TL_INT, 4);
    return true;
}

static bool e_status(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    (void)sc;
    (void)x;
    tl_sb_str(b, "1");
    return true;
}

static const struct tl_func funcs[] = {
    {"count", FN_AGG, 1, 1, b_count, e_count, NULL},
    {"sum", FN_AGG, 1, 1, b_sum, e_sum, NULL},
    {"avg", FN_AGG, 1, 1, b_avg, e_sum, NULL},
    {"min", FN_AGG, 1, 1, b_minmax, e_minmax, NULL},
    {"max", FN_AGG, 1, 1, b_minmax, e_minmax, NULL},
    {"first", FN_AGG, 1, 1, b_select, e_select, NULL},
    {"last", FN_AGG, 1, 1, b_select, e_select, NULL},
    {"last_row", FN_AGG, 1, 1, b_select, e_select, NULL},
    {"spread", FN_AGG, 1, 1, b_spread, e_spread, NULL},
    {"stddev", FN_AGG, 1, 1, b_numeric, e_stddev, NULL},
    {"stddev_pop", FN_AGG, 1, 1, b_numeric, e_stddev, NULL},
    {"var_pop", FN_AGG, 1, 1, b_numeric, e_stddev, NULL},
    {"sqrt", FN_SCALAR, 1, 1, b_math, e_math, "td_sqrt"},
    {"exp", FN_SCALAR, 1, 1, b_math, e_math, "td_exp"},
    {"ln", FN_SCALAR, 1, 1, b_math, e_math, "td_ln"},
    {"log", FN_SCALAR, 1, 2, b_math, e_math, "td_log"},
    {"pow", FN_SCALAR, 2, 2, b_math, e_math, "td_pow"},
    {"mod", FN_SCALAR, 2, 2, b_math, e_math, "td_fmod"},
    {"sin", FN_SCALAR, 1, 1, b_math, e_math, "td_sin"},
    {"cos", FN_SCALAR, 1, 1, b_math, e_math, "td_cos"},
    {"tan", FN_SCALAR, 1, 1, b_math, e_math, "td_tan"},
    {"asin", FN_SCALAR, 1, 1, b_math, e_math, "td_asin"},
    {"acos", FN_SCALAR, 1, 1, b_math, e_math, "td_acos"},
    {"atan", FN_SCALAR, 1, 1, b_math, e_math, "td_atan"},
    {"degrees", FN_SCALAR, 1, 1, b_math, e_math, "td_degrees"},
    {"radians", FN_SCALAR, 1, 1, b_math, e_math, "td_radians"},
    {"pi", FN_SCALAR, 0, 0, b_math, e_math, "td_pi"},
    {"abs", FN_SCALAR, 1, 1, b_same, e_same, "td_abs"},
    {"ceil", FN_SCALAR, 1, 1, b_same, e_same, "td_ceil"},
    {"floor", FN_SCALAR, 1, 1, b_same, e_same, "td_floor"},
    {"round", FN_SCALAR, 1, 2, b_same, e_same, "td_round"},
    {"trunc", FN_SCALAR, 2, 2, b_same, e_same, "td_trunc"},
    {"truncate", FN_SCALAR, 2, 2, b_same, e_same, "td_trunc"},
    {"sign", FN_SCALAR, 1, 1, b_same, e_same, "td_sign"},
    {"upper", FN_SCALAR, 1, 1, b_text, NULL, "td_upper"},
    {"lower", FN_SCALAR, 1, 1, b_text, NULL, "td_lower"},
    {"ltrim", FN_SCALAR, 1, 1, b_text, NULL, "td_ltrim"},
    {"rtrim", FN_SCALAR, 1, 1, b_text, NULL, "td_rtrim"},
    {"length", FN_SCALAR, 1, 1, b_length, e_length, NULL},
    {"char_length", FN_SCALAR, 1, 1, b_length, e_length, NULL},
    {"substr", FN_SCALAR, 2, 3, b_substr, e_substr, NULL},
    {"substring", FN_SCALAR, 2, 3, b_substr, e_substr, NULL},
    {"position", FN_SCALAR, 2, 2, b_position, NULL, "td_position"},
    {"st_astext", FN_SCALAR, 1, 1, b_astext, NULL, "td_astext"},
    {"now", FN_SCALAR, 0, 0, b_now, e_now, NULL},
    {"today", FN_SCALAR, 0, 0, b_now, e_now, NULL},
    {"to_iso8601", FN_SCALAR, 1, 2, b_iso, e_iso, NULL},
    {"to_unixtimestamp", FN_SCALAR, 1, 2, b_unix, e_unix, NULL},
    {"timezone", FN_SCALAR, 0, 0, b_session, e_session, NULL},
    {"database", FN_SCALAR, 0, 0, b_session, e_session, NULL},
    {"current_user", FN_SCALAR, 0, 0, b_session, e_session, NULL},
    {"user", FN_SCALAR, 0, 0, b_session, e_session, NULL},
    {"server_version", FN_SCALAR, 0, 0, b_session, e_session, NULL},
    {"client_version", FN_SCALAR, 0, 0, b_session, e_session, NULL},
    {"server_status", FN_SCALAR, 0, 0, b_status, e_status, NULL},
};

const struct tl_func *tl_func_find(const char *name)
{
    for (size_t i = 0; i < sizeof funcs / sizeof funcs[0]; i++) {
        if (strcmp(funcs[i].name, name) == 0) return &funcs[i];
    }
    return tl_func_more(name);
}
