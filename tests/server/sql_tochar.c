/* sql_tochar.c: TO_CHAR(ts, format) for SQLite; format words as in TDengine's documentation. */
#include "sql_udf.h"

#include "sql_time.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum word {
    W_AM,
    W_PM,
    W_A_M,
    W_P_M,
    W_YYYY,
    W_YYY,
    W_YY,
    W_Y,
    W_MONTH,
    W_MON,
    W_MM,
    W_MI,
    W_MS,
    W_DAY,
    W_DDD,
    W_DD,
    W_DY,
    W_D,
    W_HH24,
    W_HH12,
    W_HH,
    W_SS,
    W_US,
    W_NS,
    W_TZH
};

/* Longer words first. Names of months and days follow the case they are asked in. */
static const struct {
    const char *text;
    enum word w;
} words[] = {{"a.m.", W_A_M}, {"p.m.", W_P_M}, {"am", W_AM}, {"pm", W_PM},       {"yyyy", W_YYYY},
             {"yyy", W_YYY},  {"yy", W_YY},    {"y", W_Y},   {"month", W_MONTH}, {"mon", W_MON},
             {"mm", W_MM},    {"mi", W_MI},    {"ms", W_MS}, {"day", W_DAY},     {"ddd", W_DDD},
             {"dd", W_DD},    {"dy", W_DY},    {"d", W_D},   {"hh24", W_HH24},   {"hh12", W_HH12},
             {"hh", W_HH},    {"ss", W_SS},    {"us", W_US}, {"ns", W_NS},       {"tzh", W_TZH}};

static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};
static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                   "Thursday", "Friday", "Saturday"};

/* `name` in the case of the format word f, padded to `pad` or cut to `cut`. */
static void put_name(struct tl_sb *b, const char *name, const char *f, int pad, int cut)
{
    char out[16];
    int n = 0;
    bool upper = f[0] >= 'A' && f[0] <= 'Z', all = upper && f[1] >= 'A' && f[1] <= 'Z';
    for (; name[n] && (!cut || n < cut); n++) {
        char c = name[n];
        if (all && c >= 'a') c = (char)(c - 32);
        if (!upper && c <= 'Z') c = (char)(c + 32);
        out[n] = c;
    }
    out[n] = 0;
    tl_sb_fmt(b, "%-*s", pad, out);
}

static void put_word(struct tl_sb *b, enum word w, const char *f, const struct tm *tm,
                     int64_t nanos)
{
    int y = tm->tm_year + 1900, h12 = tm->tm_hour % 12 ? tm->tm_hour % 12 : 12;
    bool upper = f[0] >= 'A' && f[0] <= 'Z', pm = tm->tm_hour >= 12;
    switch (w) {
    case W_AM:
    case W_PM:
        tl_sb_str(b, upper ? (pm ? "PM" : "AM") : pm ? "pm" : "am");
        break;
    case W_A_M:
    case W_P_M:
        tl_sb_str(b, upper ? (pm ? "P.M." : "A.M.") : pm ? "p.m." : "a.m.");
        break;
    case W_YYYY:
        tl_sb_fmt(b, "%04d", y);
        break;
    case W_YYY:
        tl_sb_fmt(b, "%03d", y % 1000);
        break;
    case W_YY:
        tl_sb_fmt(b, "%02d", y % 100);
        break;
    case W_Y:
        tl_sb_fmt(b, "%d", y % 10);
        break;
    case W_MONTH:
        put_name(b, months[tm->tm_mon], f, 9, 0);
        break;
    case W_MON:
        put_name(b, months[tm->tm_mon], f, 0, 3);
        break;
    case W_MM:
        tl_sb_fmt(b, "%02d", tm->tm_mon + 1);
        break;
    case W_MI:
        tl_sb_fmt(b, "%02d", tm->tm_min);
        break;
    case W_MS:
        tl_sb_fmt(b, "%03d", (int)(nanos / 1000000));
        break;
    case W_DAY:
        put_name(b, days[tm->tm_wday], f, 9, 0);
        break;
    case W_DDD:
        tl_sb_fmt(b, "%03d", tm->tm_yday + 1);
        break;
    case W_DD:
        tl_sb_fmt(b, "%02d", tm->tm_mday);
        break;
    case W_DY:
        put_name(b, days[tm->tm_wday], f, 0, 3);
        break;
    case W_D:
        tl_sb_fmt(b, "%d", tm->tm_wday + 1);
        break;
    case W_HH24:
        tl_sb_fmt(b, "%02d", tm->tm_hour);
        break;
    case W_HH12:
    case W_HH:
        tl_sb_fmt(b, "%02d", h12);
        break;
    case W_SS:
        tl_sb_fmt(b, "%02d", tm->tm_sec);
        break;
    case W_US:
        tl_sb_fmt(b, "%06d", (int)(nanos / 1000));
        break;
    case W_NS:
        tl_sb_fmt(b, "%09d", (int)nanos);
        break;
    case W_TZH:
        tl_sb_fmt(b, "%+03d", (int)(tm->tm_gmtoff / 3600));
        break;
    }
}

static void f_tochar(sqlite3_context *c, int n, sqlite3_value **v)
{
    (void)n;
    size_t len, i = 0;
    struct tm tm;
    int64_t frac;
    struct tl_sb b = {0};
    if (tl_udf_null(c, 3, v)) return;
    int prec = sqlite3_value_int(v[2]);
    const char *zone = ((struct tl_engine *)sqlite3_user_data(c))->tz;
    const char *f = tl_udf_str(v[1], &len);
    if (!tl_ts_local(sqlite3_value_int64(v[0]), prec, zone, &tm, &frac)) {
        sqlite3_result_null(c);
        return;
    }
    int64_t nanos = frac * (1000000000 / tl_ts_scale(prec));
    while (i < len) {
        size_t k = 0, wn = 0;
        for (; k < sizeof words / sizeof words[0]; k++) {
            wn = strlen(words[k].text);
            if (wn <= len - i && strncasecmp(f + i, words[k].text, wn) == 0) break;
        }
        if (k < sizeof words / sizeof words[0]) {
            put_word(&b, words[k].w, f + i, &tm, nanos);
            i += wn;
        } else if (f[i] == '"') { /* quoted text stands for itself */
            for (i++; i < len && f[i] != '"'; i++)
                tl_sb_put(&b, f + i, 1);
            i++;
        } else {
            tl_sb_put(&b, f + i++, 1);
        }
    }
    if (b.oom) {
        sqlite3_result_error_nomem(c);
    } else {
        sqlite3_result_text64(c, b.p ? b.p : "", b.n, SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    tl_sb_free(&b);
}

bool tl_udf_tochar(struct tl_engine *e, struct tl_error *err)
{
    static const struct tl_udf one[] = {{"td_tochar", 3, f_tochar}};
    return tl_udf_add(e, one, 1, err);
}
