/* sml_parse.c: points from InfluxDB lines and OpenTSDB telnet lines (sml.h). */
#include "sml.h"
#include "sql_time.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool tl_sml_bad(struct tl_sml *m, const char *z, size_t n)
{
    return tl_fail(m->err, TL_E_SML_DATA, "SML line invalid data: %.*s", n > 300 ? 300 : (int)n, z);
}

struct tl_sml_point *tl_sml_point_new(struct tl_sml *m, const char *table, size_t n)
{
    struct tl_sml_point *p = tl_arena_get(&m->ar, sizeof *p);
    if (p) p->table = tl_arena_dup(&m->ar, table, n);
    if (!p || !p->table) {
        tl_oom(m->err);
        return NULL;
    }
    for (char *c = p->table; *c; c++)
        if (*c == '.') *c = '_'; /* smlDot2Underline is on by default */
    if (n == 0 || n > 192) {
        tl_sml_bad(m, table, n);
        return NULL;
    }
    *m->tail = p;
    m->tail = &p->next;
    m->points++;
    return p;
}

struct tl_sml_kv *tl_sml_add(struct tl_sml *m, struct tl_sml_kv **list, const char *key, size_t n)
{
    if (n == 0 || n > 64) {
        tl_sml_bad(m, key, n);
        return NULL;
    }
    for (; *list; list = &(*list)->next) {
        if (strlen((*list)->key) == n && memcmp((*list)->key, key, n) == 0) {
            tl_sml_bad(m, key, n); /* given twice */
            return NULL;
        }
    }
    struct tl_sml_kv *kv = tl_arena_get(&m->ar, sizeof *kv);
    if (kv) kv->key = tl_arena_dup(&m->ar, key, n);
    if (!kv || !kv->key) {
        tl_oom(m->err);
        return NULL;
    }
    *list = kv;
    return kv;
}

/* ---- values ---- */

bool tl_sml_text(struct tl_sml *m, uint8_t type, const char *z, size_t n, struct tl_sml_kv *kv)
{
    const struct tl_valctx c = {&m->ar, m->err, 0, "UTC"};
    const struct tl_ty t = {.t = type, .len = type == TL_NCHAR ? 16379 : 65517};
    char *text = tl_arena_dup(&m->ar, z, n);
    if (!text) return tl_oom(m->err);
    const struct tl_lit lit = {.k = LIT_STR, .s = text, .n = n, .src = text};
    kv->type = type;
    return tl_val_convert(&c, &lit, &t, kv->key, &kv->val);
}

/* The inside of quotes, in which \" and \\ stand for themselves. */
static bool quoted(struct tl_sml *m, uint8_t type, const char *z, size_t n, struct tl_sml_kv *kv)
{
    char *text = tl_arena_get(&m->ar, n + 1);
    size_t len = 0;
    if (!text) return tl_oom(m->err);
    for (size_t i = 0; i < n; i++) {
        if (z[i] == '\\' && i + 1 < n && (z[i + 1] == '"' || z[i + 1] == '\\')) i++;
        text[len++] = z[i];
    }
    return tl_sml_text(m, type, text, len, kv);
}

static const struct {
    const char *suffix;
    uint8_t type;
} numbers[] = {{"", TL_DOUBLE},    {"f64", TL_DOUBLE},  {"f32", TL_FLOAT},    {"i", TL_BIGINT},
               {"i64", TL_BIGINT}, {"i32", TL_INT},     {"i16", TL_SMALLINT}, {"i8", TL_TINYINT},
               {"u", TL_UBIGINT},  {"u64", TL_UBIGINT}, {"u32", TL_UINT},     {"u16", TL_USMALLINT},
               {"u8", TL_UTINYINT}};

static bool number(struct tl_sml *m, const char *z, size_t n, struct tl_sml_kv *kv)
{
    size_t digits = strspn(z, "+-0123456789.eE");
    if (digits > n) digits = n;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (strlen(numbers[i].suffix) != n - digits ||
            memcmp(z + digits, numbers[i].suffix, n - digits) != 0)
            continue;
        const struct tl_valctx c = {&m->ar, m->err, 0, "UTC"};
        const struct tl_ty t = {.t = numbers[i].type};
        char *text = tl_arena_dup(&m->ar, z, digits);
        if (!text) return tl_oom(m->err);
        const struct tl_lit lit = {.k = LIT_DBL, .s = text, .n = digits, .src = text};
        kv->type = t.t;
        if (digits && tl_val_convert(&c, &lit, &t, kv->key, &kv->val)) return true;
        break;
    }
    return tl_sml_bad(m, z, n);
}

bool tl_sml_value(struct tl_sml *m, const char *z, size_t n, struct tl_sml_kv *kv)
{
    static const char *const words[] = {"t", "T", "true",  "True",  "TRUE",
                                        "f", "F", "false", "False", "FALSE"};
    if (n >= 2 && z[0] == '"' && z[n - 1] == '"') return quoted(m, TL_VARCHAR, z + 1, n - 2, kv);
    if (n >= 3 && z[1] == '"' && z[n - 1] == '"') {
        if (z[0] == 'L' || z[0] == 'l') return quoted(m, TL_NCHAR, z + 2, n - 3, kv);
        if (z[0] == 'B' || z[0] == 'b') return tl_sml_text(m, TL_VARBINARY, z + 2, n - 3, kv);
        if (z[0] == 'G' || z[0] == 'g') return tl_sml_text(m, TL_GEOMETRY, z + 2, n - 3, kv);
    }
    for (int i = 0; i < 10; i++) {
        if (strlen(words[i]) != n || memcmp(words[i], z, n) != 0) continue;
        kv->type = TL_BOOL;
        kv->val.i = i < 5;
        return true;
    }
    return number(m, z, n, kv);
}

/* ---- time ---- */

static int64_t unit_ns(const char *unit)
{
    static const struct {
        const char *name;
        int64_t ns;
    } units[] = {{"h", 3600000000000}, {"m", 60000000000}, {"s", 1000000000}, {"ms", 1000000},
                 {"u", 1000},          {"us", 1000},       {"\u03bc", 1000},  {"ns", 1}};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(unit, units[i].name) == 0) return units[i].ns;
    return 0;
}

bool tl_sml_ts(struct tl_sml *m, int64_t count, const char *unit, struct tl_sml_point *p)
{
    const int64_t scale = 1000000000 / tl_ts_scale(m->prec); /* ns a count of the database */
    int64_t from = unit_ns(unit), ns;
    if (!*unit) from = count < 10000000000 ? 1000000000 : 1000000; /* 10 digits or fewer: seconds */
    if (from == 0) from = 1;
    p->has_ts = count != 0; /* 0 is now */
    if (from >= scale) {
        if (!__builtin_mul_overflow(count, from / scale, &p->ts)) return true;
        return tl_fail(m->err, TL_E_TS_RANGE, "Timestamp data out of range");
    }
    ns = count;
    p->ts = tl_floor_div(ns, scale / from);
    return true;
}

static bool whole(const char *z, size_t n, int64_t *out)
{
    char text[24], *end;
    if (n == 0 || n >= sizeof text) return false;
    memcpy(text, z, n);
    text[n] = 0;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return !*end && !errno;
}

/* ---- line protocol ---- */

struct scan {
    const char *p, *end;
};

/* Up to an unescaped byte of `stop`; backslashes before what they protect go. */
static char *token(struct tl_sml *m, struct scan *s, const char *stop, size_t *n)
{
    char *out = tl_arena_get(&m->ar, (size_t)(s->end - s->p) + 1);
    *n = 0;
    if (!out) {
        tl_oom(m->err);
        return NULL;
    }
    while (s->p < s->end && !strchr(stop, *s->p)) {
        if (*s->p == '\\' && s->p + 1 < s->end && strchr(", =\\", s->p[1])) s->p++;
        out[(*n)++] = *s->p++;
    }
    return out;
}

/* Where a value ends: at a comma or blank outside of quotes. */
static const char *value_end(const struct scan *s)
{
    bool in = false;
    const char *p = s->p;
    for (; p < s->end && (in || (*p != ',' && *p != ' ')); p++) {
        if (*p == '\\' && p + 1 < s->end)
            p++;
        else if (*p == '"')
            in = !in;
    }
    return p < s->end ? p : s->end;
}

/* key=value,key=value up to a blank. */
static bool pairs(struct tl_sml *m, struct scan *s, struct tl_sml_kv **list, bool tags)
{
    for (;;) {
        size_t n;
        char *key = token(m, s, "=, ", &n);
        if (!key) return false;
        if (s->p == s->end || *s->p != '=') {
            if (s->p < s->end) s->p++;
            return tl_sml_bad(m, s->p, (size_t)(s->end - s->p));
        }
        s->p++;
        struct tl_sml_kv *kv = tl_sml_add(m, list, key, n);
        if (!kv) return false;
        if (tags) {
            char *text = token(m, s, ", ", &n);
            if (!text || !tl_sml_text(m, TL_NCHAR, text, n, kv)) return false;
        } else {
            const char *end = value_end(s);
            if (!tl_sml_value(m, s->p, (size_t)(end - s->p), kv)) return false;
            s->p = end;
        }
        if (s->p == s->end || *s->p == ' ') return true;
        s->p++;
    }
}

static void blanks(struct scan *s)
{
    while (s->p < s->end && *s->p == ' ')
        s->p++;
}

static bool line(struct tl_sml *m, struct scan s)
{
    size_t n;
    int64_t count;
    char *table = token(m, &s, ", ", &n);
    struct tl_sml_point *p = table ? tl_sml_point_new(m, table, n) : NULL;
    if (!p) return false;
    if (s.p < s.end && *s.p == ',') {
        s.p++;
        if (!pairs(m, &s, &p->tags, true)) return false;
    }
    blanks(&s);
    if (s.p == s.end) return tl_fail(m->err, TL_E_SML_DATA, "SML line cols is empty");
    if (!pairs(m, &s, &p->cols, false)) return false;
    blanks(&s);
    if (s.p == s.end) return true;
    n = (size_t)(s.end - s.p);
    if (!whole(s.p, n, &count)) return tl_sml_bad(m, s.p, n);
    return tl_sml_ts(m, count, unit_ns(m->rq->precision) ? m->rq->precision : "ns", p);
}

/* ---- telnet: metric timestamp value tag=value ... ---- */

static const char *word(struct scan *s, size_t *n)
{
    blanks(s);
    const char *z = s->p;
    while (s->p < s->end && *s->p != ' ')
        s->p++;
    *n = (size_t)(s->p - z);
    return z;
}

static bool telnet(struct tl_sml *m, struct scan s)
{
    size_t n, nts, nv;
    int64_t count;
    const char *metric = word(&s, &n), *ts = word(&s, &nts), *value = word(&s, &nv);
    struct tl_sml_point *p = tl_sml_point_new(m, metric, n);
    if (!p) return false;
    if (!whole(ts, nts, &count) || (count && nts != 10 && nts != 13))
        return tl_fail(m->err, TL_E_SML_DATA, "SML line timestamp is invalid");
    if (nv == 0) return tl_fail(m->err, TL_E_SML_DATA, "SML line value is empty");
    struct tl_sml_kv *kv = tl_sml_add(m, &p->cols, "_value", 6);
    if (!kv || !tl_sml_value(m, value, nv, kv) || !tl_sml_ts(m, count, "", p)) return false;
    for (const char *z = word(&s, &n); n; z = word(&s, &n)) {
        const char *eq = memchr(z, '=', n);
        if (!eq || eq + 1 == z + n) return tl_sml_bad(m, z, n);
        kv = tl_sml_add(m, &p->tags, z, (size_t)(eq - z));
        if (!kv || !tl_sml_text(m, TL_NCHAR, eq + 1, (size_t)(z + n - eq) - 1, kv)) return false;
    }
    return p->tags || tl_fail(m->err, TL_E_SML_DATA, "SML line tags is empty");
}

bool tl_sml_lines(struct tl_sml *m)
{
    struct scan s = {m->rq->data, m->rq->data + m->rq->n};
    while (s.p < s.end) {
        const char *nl = memchr(s.p, '\n', (size_t)(s.end - s.p));
        struct scan one = {s.p, nl ? nl : s.end};
        s.p = nl ? nl + 1 : s.end;
        blanks(&one);
        if (one.p < one.end && one.end[-1] == '\r') one.end--;
        if (one.p == one.end || *one.p == '#') continue;
        m->lines++;
        if (!(m->rq->protocol == TL_SML_LINE ? line(m, one) : telnet(m, one))) return false;
    }
    return m->lines > 0 || tl_fail(m->err, TL_E_SML_DATA, "line num is invalid");
}
