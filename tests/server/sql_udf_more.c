/* sql_udf_more.c: text that is built or taken apart, digests, and calendar fields for SQLite
   (sql_udf.h). */
#include "sql_udf.h"

#include "sql_time.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static void result_sb(sqlite3_context *c, struct tl_sb *b)
{
    if (b->oom) {
        sqlite3_result_error_nomem(c);
    } else {
        sqlite3_result_text64(c, b->p ? b->p : "", b->n, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    tl_sb_free(b);
}

/* concat_ws(sep, a, b ...): NULLs among the values are passed over. */
static void f_concat_ws(sqlite3_context *c, int n, sqlite3_value **v)
{
    struct tl_sb b = {0};
    size_t ns, len;
    bool any = false;
    if (tl_udf_null(c, 1, v)) return;
    const char *sep = tl_udf_str(v[0], &ns);
    for (int i = 1; i < n; i++) {
        if (sqlite3_value_type(v[i]) == SQLITE_NULL) continue;
        if (any) tl_sb_put(&b, sep, ns);
        any = true;
        const char *s = tl_udf_str(v[i], &len);
        tl_sb_put(&b, s, len);
    }
    result_sb(c, &b);
}

static void f_char(sqlite3_context *c, int n, sqlite3_value **v)
{
    char out[32];
    size_t o = 0;
    for (int i = 0; i < n && o < sizeof out; i++) {
        if (sqlite3_value_type(v[i]) == SQLITE_NULL) continue;
        int64_t code = sqlite3_value_int64(v[i]);
        if (code < 1 || code > 127) {
            tl_udf_fail(c, TL_E_OPS_NOT_SUPPORT, "char() of a code outside of 1..127");
            return;
        }
        out[o++] = (char)code;
    }
    sqlite3_result_text64(c, out, o, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void f_ascii(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t len;
    if (tl_udf_null(c, 1, v)) return;
    const char *s = tl_udf_str(v[0], &len);
    sqlite3_result_int(c, len ? (unsigned char)s[0] : 0);
}

static void f_trim(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t ns, nw;
    if (tl_udf_null(c, 3, v)) return;
    const char *s = tl_udf_str(v[0], &ns), *w = tl_udf_str(v[2], &nw);
    int side = sqlite3_value_int(v[1]);
    if (nw) {
        while (side != 3 && ns >= nw && memcmp(s, w, nw) == 0) {
            s += nw;
            ns -= nw;
        }
        while (side != 2 && ns >= nw && memcmp(s + ns - nw, w, nw) == 0)
            ns -= nw;
    }
    sqlite3_result_text64(c, s, ns, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void f_replace(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t ns, nf, nt;
    struct tl_sb b = {0};
    if (tl_udf_null(c, 3, v)) return;
    const char *s = tl_udf_str(v[0], &ns), *f = tl_udf_str(v[1], &nf), *t = tl_udf_str(v[2], &nt);
    while (nf && ns) {
        const char *at = memmem(s, ns, f, nf);
        if (!at) break;
        tl_sb_put(&b, s, (size_t)(at - s));
        tl_sb_put(&b, t, nt);
        ns -= (size_t)(at - s) + nf;
        s = at + nf;
        if (b.n > 1 << 20) break;
    }
    tl_sb_put(&b, s, ns);
    result_sb(c, &b);
}

static void f_repeat(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t len;
    struct tl_sb b = {0};
    if (tl_udf_null(c, 2, v)) return;
    const char *s = tl_udf_str(v[0], &len);
    int64_t times = sqlite3_value_int64(v[1]);
    if (times > 0 && len && times > (int64_t)(65517 / len)) {
        tl_udf_fail(c, TL_E_OPS_NOT_SUPPORT, "repeat() beyond the longest VARCHAR");
        return;
    }
    for (; times > 0; times--)
        tl_sb_put(&b, s, len);
    result_sb(c, &b);
}

static void f_md5(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t len;
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    struct tl_sb b = {0};
    if (tl_udf_null(c, 1, v)) return;
    const char *s = tl_udf_str(v[0], &len);
    if (!EVP_Digest(s, len, md, &size, EVP_md5(), NULL)) {
        tl_udf_fail(c, TL_E_OPS_NOT_SUPPORT, "MD5 is not available");
        return;
    }
    for (unsigned i = 0; i < size; i++)
        tl_sb_fmt(&b, "%02x", md[i]);
    result_sb(c, &b);
}

static void f_crc32(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t len;
    if (tl_udf_null(c, 1, v)) return;
    const char *s = tl_udf_str(v[0], &len);
    sqlite3_result_int64(c, (int64_t)crc32(0, (const unsigned char *)s, (unsigned)len));
}

static void f_rand(sqlite3_context *c, int n, sqlite3_value **v)
{
    uint64_t r;
    (void)n;
    (void)v;
    sqlite3_randomness(sizeof r, &r);
    sqlite3_result_double(c, (double)(r >> 11) / 9007199254740992.0);
}

static const char *zone(sqlite3_context *c)
{
    return ((struct tl_engine *)sqlite3_user_data(c))->tz;
}

/* td_truncts(ts, unit, precision): days by the zone, shorter units by the epoch. */
static void f_truncts(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    int64_t out;
    if (tl_udf_null(c, 2, v)) return;
    char unit = ((const char *)sqlite3_value_text(v[1]))[0];
    int prec = sqlite3_value_int(v[2]);
    int64_t ts = sqlite3_value_int64(v[0]);
    if (!tl_dur_fixed(1, unit, prec, &out) || out < 1) {
        sqlite3_result_int64(c, ts); /* a unit finer than the precision */
    } else if (tl_ts_window(ts, 1, unit, prec, zone(c), &out)) {
        sqlite3_result_int64(c, out);
    } else {
        sqlite3_result_null(c);
    }
}

/* The week of the year in MySQL's modes: bit 0 Monday first, bit 1 weeks count from 1, bit 2 the
   first week is the one with the first day of the week (else the one with four days or more). */
static int week_of(const struct tm *tm, int mode)
{
    bool monday = mode & 1, year = mode & 2, first_day = mode & 4;
    if (!monday) first_day = !first_day;
    int wday = monday ? (tm->tm_wday + 6) % 7 : tm->tm_wday; /* from the week's first day */
    int jan1 = ((wday - tm->tm_yday) % 7 + 7) % 7;
    int start = first_day   ? (7 - jan1) % 7
                : jan1 <= 3 ? -jan1
                            : 7 - jan1; /* day of year of week 1 */
    int week = tm->tm_yday < start ? 0 : (tm->tm_yday - start) / 7 + 1;
    int y = tm->tm_year + 1900;
    if (year && week == 0) {
        struct tm last = *tm;
        int ly = y - 1, days = (ly % 4 == 0 && ly % 100 != 0) || ly % 400 == 0 ? 366 : 365;
        last.tm_year--;
        last.tm_yday = tm->tm_yday + days;
        return week_of(&last, mode);
    }
    if (year && !first_day) { /* the last days may belong to week 1 of the next year */
        int days = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0 ? 366 : 365;
        int next = (jan1 + days) % 7;
        if (tm->tm_yday >= days - next && next <= 3 && tm->tm_yday < days) return 1;
    }
    return week;
}

static void f_week(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    struct tm tm;
    if (tl_udf_null(c, 1, v)) return;
    int kind = sqlite3_value_int(v[1]);
    if (!tl_ts_local(sqlite3_value_int64(v[0]), sqlite3_value_int(v[2]), zone(c), &tm, NULL)) {
        sqlite3_result_null(c);
    } else if (kind == 8) {
        sqlite3_result_int(c, (tm.tm_wday + 6) % 7);
    } else if (kind == 9) {
        sqlite3_result_int(c, tm.tm_wday + 1);
    } else {
        sqlite3_result_int(c, week_of(&tm, kind));
    }
}

bool tl_udf_more(struct tl_engine *e, struct tl_error *err)
{
    static const struct tl_udf more[] = {{"td_concat_ws", -1, f_concat_ws},
                                         {"td_char", -1, f_char},
                                         {"td_ascii", 1, f_ascii},
                                         {"td_trim", 3, f_trim},
                                         {"td_replace", 3, f_replace},
                                         {"td_repeat", 2, f_repeat},
                                         {"td_md5", 1, f_md5},
                                         {"td_crc32", 1, f_crc32},
                                         {"td_truncts", 3, f_truncts},
                                         {"td_week", 3, f_week}};
    if (sqlite3_create_function_v2(e->sq, "td_rand", 0, SQLITE_UTF8, e, f_rand, NULL, NULL, NULL)) {
        return tl_sql_fail(e, err);
    }
    return tl_udf_add(e, more, sizeof more / sizeof more[0], err);
}
