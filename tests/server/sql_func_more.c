/*
 * sql_func_more.c: the rest of the scalar functions of protocol.md 11: text that changes its
 * length, and dates.
 *
 * Declared lengths follow the server's rule: internal sizes (n+2 for VARCHAR, 4n+2 for NCHAR) are
 * added or multiplied and the result is read back as a declared length; they are from its published
 * source, not recorded.
 */
#include "engine_query.h"

#include "sql_time.h"

#include <string.h>

enum { MAX_TEXT = 65517 };

static bool is_str(const struct tl_expr *x)
{
    return x->type.t == TL_VARCHAR || x->type.t == TL_NCHAR;
}

static int internal(const struct tl_ty *t)
{
    return t->t == TL_NCHAR ? 4 * t->len + 2 : t->len + 2;
}

static struct tl_ty declared(uint8_t t, int64_t bytes)
{
    if (bytes > MAX_TEXT + 2) bytes = MAX_TEXT + 2;
    return tl_mk(t, (int)(t == TL_NCHAR ? (bytes - 2) / 4 : bytes - 2));
}

/* concat, concat_ws: NCHAR when one argument is. */
static bool b_concat(struct tl_scope *sc, struct tl_expr *x)
{
    bool sep = strcmp(x->name, "concat_ws") == 0, nchar = false;
    int64_t bytes = 0, sep_bytes = 0;
    for (int i = 0; i < x->na; i++) {
        if (x->a[i]->type.t == TL_NULL) {
            x->type = tl_mk(TL_VARCHAR, 0);
            return true;
        }
        if (!is_str(x->a[i])) return tl_bad_type(sc, x);
        nchar |= x->a[i]->type.t == TL_NCHAR;
    }
    for (int i = 0; i < x->na; i++) {
        bool wide = nchar && x->a[i]->type.t == TL_VARCHAR;
        int64_t n = (int64_t)internal(&x->a[i]->type) * (wide ? 4 : 1);
        bytes += n;
        if (i == 0) sep_bytes = n;
    }
    if (sep) bytes += sep_bytes * (x->na - 3);
    x->type = declared(nchar ? TL_NCHAR : TL_VARCHAR, bytes);
    return true;
}

static bool b_char(struct tl_scope *sc, struct tl_expr *x)
{
    for (int i = 0; i < x->na; i++) {
        if (!tl_is_signed(x->a[i]->type.t)) return tl_bad_type(sc, x);
    }
    x->type = tl_mk(TL_VARCHAR, 4 * x->na);
    return true;
}

static bool b_ascii(struct tl_scope *sc, struct tl_expr *x)
{
    if (!is_str(x->a[0])) return tl_bad_type(sc, x);
    x->type = tl_mk(TL_UTINYINT, 1);
    return true;
}

static bool b_trim(struct tl_scope *sc, struct tl_expr *x)
{
    for (int i = 0; i < x->na; i++) {
        if (!is_str(x->a[i])) return tl_bad_type(sc, x);
    }
    if (x->na == 2 && !x->neg) return tl_unsupported(sc, x); /* trim(a, b) is not TDengine's */
    const struct tl_ty *t = &x->a[x->na - 1]->type;
    x->type = declared(t->t, (int64_t)internal(t) * (t->t == TL_NCHAR ? 4 : 1));
    return true;
}

/* td_trim(text, side, what): side 1 both, 2 leading, 3 trailing */
static bool e_trim(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_str(b, "td_trim(");
    if (!tl_emit(sc, x->a[x->na - 1], b)) return false;
    tl_sb_fmt(b, ",%d,", x->op ? x->op : 1);
    if (x->na == 2) {
        if (!tl_emit(sc, x->a[0], b)) return false;
    } else {
        tl_sb_str(b, "' '");
    }
    tl_sb_str(b, ")");
    return true;
}

static bool b_replace(struct tl_scope *sc, struct tl_expr *x)
{
    for (int i = 0; i < 3; i++) {
        if (!is_str(x->a[i])) return tl_bad_type(sc, x);
    }
    int64_t org = internal(&x->a[0]->type), from = internal(&x->a[1]->type),
            to = internal(&x->a[2]->type);
    if (x->a[0]->type.t == TL_NCHAR && x->a[2]->type.t != TL_NCHAR) to *= 4;
    int64_t grown = org + org / from * (to - from);
    x->type = declared(x->a[0]->type.t, grown > org ? grown : org);
    return true;
}

static bool b_repeat(struct tl_scope *sc, struct tl_expr *x)
{
    if (!is_str(x->a[0]) || !tl_is_signed(x->a[1]->type.t)) return tl_bad_type(sc, x);
    int64_t n = x->a[1]->k == EX_INT ? x->a[1]->i : MAX_TEXT;
    if (n > MAX_TEXT) n = MAX_TEXT;
    x->type = declared(x->a[0]->type.t, (int64_t)internal(&x->a[0]->type) * (n > 1 ? n : 1));
    return true;
}

static bool b_md5(struct tl_scope *sc, struct tl_expr *x)
{
    if (x->a[0]->type.t != TL_VARCHAR) return tl_bad_type(sc, x);
    x->type = tl_mk(TL_VARCHAR, 32);
    return true;
}

static bool b_crc32(struct tl_scope *sc, struct tl_expr *x)
{
    if (x->a[0]->type.t != TL_VARCHAR) return tl_bad_type(sc, x); /* of numbers: not recorded */
    x->type = tl_mk(TL_UINT, 4);
    return true;
}

static bool b_rand(struct tl_scope *sc, struct tl_expr *x)
{
    if (x->na) return tl_unsupported(sc, x); /* the server's sequence for a seed is its own */
    x->type = tl_mk(TL_DOUBLE, 8);
    return true;
}

/* greatest, least of one type. */
static bool b_greatest(struct tl_scope *sc, struct tl_expr *x)
{
    struct tl_ty t = x->a[0]->type;
    for (int i = 0; i < x->na; i++) {
        const struct tl_ty *u = &x->a[i]->type;
        if (u->t != t.t || tl_is_dec(t.t) ||
            (!tl_is_num(t.t) && !is_str(x->a[0]) && t.t != TL_TIMESTAMP)) {
            return tl_unsupported(sc, x);
        }
        if (u->len > t.len) t.len = u->len;
    }
    x->type = t;
    return true;
}

/* ---- dates ---- */

static int prec_of(const struct tl_scope *sc)
{
    return sc->prec < 0 ? 0 : sc->prec;
}

/* A timestamp argument: TIMESTAMP, an epoch count, or text. */
static bool time_arg(const struct tl_expr *x)
{
    return x->type.t == TL_TIMESTAMP || tl_is_signed(x->type.t) || is_str(x);
}

static bool emit_time(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    if (!is_str(x)) return tl_emit(sc, x, b);
    tl_sb_str(b, "td_unix(");
    if (!tl_emit(sc, x, b)) return false;
    tl_sb_fmt(b, ",%d)", prec_of(sc));
    return true;
}

static bool b_tochar(struct tl_scope *sc, struct tl_expr *x)
{
    if (x->a[0]->type.t != TL_TIMESTAMP || !is_str(x->a[1])) return tl_bad_type(sc, x);
    x->type = tl_mk(TL_VARCHAR, 4094);
    return true;
}

static bool e_tochar(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_str(b, "td_tochar(");
    if (!tl_emit(sc, x->a[0], b)) return false;
    tl_sb_str(b, ",");
    if (!tl_emit(sc, x->a[1], b)) return false;
    tl_sb_fmt(b, ",%d)", prec_of(sc));
    return true;
}

static bool b_timediff(struct tl_scope *sc, struct tl_expr *x)
{
    if (!time_arg(x->a[0]) || !time_arg(x->a[1])) return tl_bad_type(sc, x);
    if (x->na > 2 && (x->a[2]->k != EX_DUR || x->a[2]->i != 1)) return tl_unsupported(sc, x);
    x->type = tl_mk(TL_BIGINT, 8);
    return true;
}

static bool e_timediff(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    int64_t unit = 1;
    if (x->na > 2 && (!tl_dur_fixed(1, x->a[2]->unit, prec_of(sc), &unit) || unit < 1)) {
        return tl_unsupported(sc, x->a[2]);
    }
    tl_sb_str(b, "((");
    if (!emit_time(sc, x->a[0], b)) return false;
    tl_sb_str(b, "-");
    if (!emit_time(sc, x->a[1], b)) return false;
    tl_sb_fmt(b, ")/%lld)", (long long)unit);
    return true;
}

static bool b_truncate(struct tl_scope *sc, struct tl_expr *x)
{
    if (!time_arg(x->a[0])) return tl_bad_type(sc, x);
    if (x->a[1]->k != EX_DUR || x->a[1]->i != 1 || x->na > 2) return tl_unsupported(sc, x);
    if (!strchr("buasmhd", x->a[1]->unit)) return tl_unsupported(sc, x);
    x->type = tl_mk(TL_TIMESTAMP, 8);
    return true;
}

static bool e_truncate(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    tl_sb_str(b, "td_truncts(");
    if (!emit_time(sc, x->a[0], b)) return false;
    tl_sb_fmt(b, ",'%c',%d)", x->a[1]->unit, prec_of(sc));
    return true;
}

static bool b_week(struct tl_scope *sc, struct tl_expr *x)
{
    if (!time_arg(x->a[0])) return tl_bad_type(sc, x);
    if (x->na > 1 && (x->a[1]->k != EX_INT || x->a[1]->i < 0 || x->a[1]->i > 7)) {
        return tl_fail(sc->err, TL_E_FUNC_VALUE, "Invalid parameter value : %s", x->name);
    }
    x->type = tl_mk(TL_BIGINT, 8);
    return true;
}

/* td_week(ts, kind, precision): kind 0..7 a mode of WEEK, 8 WEEKDAY, 9 DAYOFWEEK */
static bool e_week(struct tl_scope *sc, struct tl_expr *x, struct tl_sb *b)
{
    int kind = x->na > 1 ? (int)x->a[1]->i : 0;
    if (strcmp(x->name, "weekofyear") == 0) kind = 3;
    if (strcmp(x->name, "weekday") == 0) kind = 8;
    if (strcmp(x->name, "dayofweek") == 0) kind = 9;
    tl_sb_str(b, "td_week(");
    if (!emit_time(sc, x->a[0], b)) return false;
    tl_sb_fmt(b, ",%d,%d)", kind, prec_of(sc));
    return true;
}

const struct tl_func *tl_func_more(const char *name)
{
    static const struct tl_func funcs[] = {
        {"concat", FN_SCALAR, 2, 8, b_concat, NULL, "td_concat"},
        {"concat_ws", FN_SCALAR, 3, 9, b_concat, NULL, "td_concat_ws"},
        {"char", FN_SCALAR, 1, 32, b_char, NULL, "td_char"},
        {"ascii", FN_SCALAR, 1, 1, b_ascii, NULL, "td_ascii"},
        {"trim", FN_SCALAR, 1, 2, b_trim, e_trim, NULL},
        {"replace", FN_SCALAR, 3, 3, b_replace, NULL, "td_replace"},
        {"repeat", FN_SCALAR, 2, 2, b_repeat, NULL, "td_repeat"},
        {"md5", FN_SCALAR, 1, 1, b_md5, NULL, "td_md5"},
        {"crc32", FN_SCALAR, 1, 1, b_crc32, NULL, "td_crc32"},
        {"rand", FN_SCALAR, 0, 1, b_rand, NULL, "td_rand"},
        {"greatest", FN_SCALAR, 2, 32, b_greatest, NULL, "max"},
        {"least", FN_SCALAR, 2, 32, b_greatest, NULL, "min"},
        {"to_char", FN_SCALAR, 2, 2, b_tochar, e_tochar, NULL},
        {"timediff", FN_SCALAR, 2, 3, b_timediff, e_timediff, NULL},
        {"timetruncate", FN_SCALAR, 2, 3, b_truncate, e_truncate, NULL},
        {"week", FN_SCALAR, 1, 2, b_week, e_week, NULL},
        {"weekofyear", FN_SCALAR, 1, 1, b_week, e_week, NULL},
        {"weekday", FN_SCALAR, 1, 1, b_week, e_week, NULL},
        {"dayofweek", FN_SCALAR, 1, 1, b_week, e_week, NULL}};
    for (size_t i = 0; i < sizeof funcs / sizeof funcs[0]; i++) {
        if (strcmp(funcs[i].name, name) == 0) return &funcs[i];
    }
    return NULL;
}
