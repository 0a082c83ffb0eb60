#include "odbc/scalarfn.h"

#include <stddef.h>

#define STR SQL_STRING_FUNCTIONS
#define NUM SQL_NUMERIC_FUNCTIONS
#define TD  SQL_TIMEDATE_FUNCTIONS
#define SYS SQL_SYSTEM_FUNCTIONS

struct scalarfn {
    const char *name;
    SQLUSMALLINT info;
    SQLUINTEGER bit;
    uint8_t min, max;    /* arguments */
    const char *pattern; /* $1 … are the arguments, $* all of them; NULL: a function below */
};

/* clang-format off */
static const struct scalarfn table[] = {
    /* strings */
    {"ASCII",            STR, SQL_FN_STR_ASCII,            1, 1, "ascii($1)"},
    {"CHAR",             STR, SQL_FN_STR_CHAR,             1, 1, "char($1)"},
    {"CHAR_LENGTH",      STR, SQL_FN_STR_CHAR_LENGTH,      1, 1, "char_length($1)"},
    {"CHARACTER_LENGTH", STR, SQL_FN_STR_CHARACTER_LENGTH, 1, 1, "char_length($1)"},
    {"CONCAT",           STR, SQL_FN_STR_CONCAT,           2, 8, "concat($*)"},
    {"LCASE",            STR, SQL_FN_STR_LCASE,            1, 1, "lower($1)"},
    {"LEFT",             STR, SQL_FN_STR_LEFT,             2, 2, "substring($1, 1, $2)"},
    /* ODBC's LENGTH leaves trailing blanks out */
    {"LENGTH",           STR, SQL_FN_STR_LENGTH,           1, 1, "char_length(rtrim($1))"},
    {"LOCATE",           STR, SQL_FN_STR_LOCATE_2,         2, 2, "position($1 in $2)"},
    {"LTRIM",            STR, SQL_FN_STR_LTRIM,            1, 1, "ltrim($1)"},
    {"OCTET_LENGTH",     STR, SQL_FN_STR_OCTET_LENGTH,     1, 1, "length($1)"},
    {"POSITION",         STR, SQL_FN_STR_POSITION,         1, 1, "position($1)"},
    {"REPEAT",           STR, SQL_FN_STR_REPEAT,           2, 2, "repeat($*)"},
    {"REPLACE",          STR, SQL_FN_STR_REPLACE,          3, 3, "replace($*)"},
    {"RTRIM",            STR, SQL_FN_STR_RTRIM,            1, 1, "rtrim($1)"},
    {"SPACE",            STR, SQL_FN_STR_SPACE,            1, 1, "repeat(' ', $1)"},
    {"SUBSTRING",        STR, SQL_FN_STR_SUBSTRING,        1, 3, "substring($*)"},
    {"UCASE",            STR, SQL_FN_STR_UCASE,            1, 1, "upper($1)"},
    /* numbers */
    {"ABS",              NUM, SQL_FN_NUM_ABS,              1, 1, "abs($1)"},
    {"ACOS",             NUM, SQL_FN_NUM_ACOS,             1, 1, "acos($1)"},
    {"ASIN",             NUM, SQL_FN_NUM_ASIN,             1, 1, "asin($1)"},
    {"ATAN",             NUM, SQL_FN_NUM_ATAN,             1, 1, "atan($1)"},
    {"CEILING",          NUM, SQL_FN_NUM_CEILING,          1, 1, "ceil($1)"},
    {"COS",              NUM, SQL_FN_NUM_COS,              1, 1, "cos($1)"},
    {"COT",              NUM, SQL_FN_NUM_COT,              1, 1, "(1 / tan($1))"},
    {"DEGREES",          NUM, SQL_FN_NUM_DEGREES,          1, 1, "degrees($1)"},
    {"EXP",              NUM, SQL_FN_NUM_EXP,              1, 1, "exp($1)"},
    {"FLOOR",            NUM, SQL_FN_NUM_FLOOR,            1, 1, "floor($1)"},
    {"LOG",              NUM, SQL_FN_NUM_LOG,              1, 1, "ln($1)"},
    {"LOG10",            NUM, SQL_FN_NUM_LOG10,            1, 1, "log($1, 10)"},
    {"MOD",              NUM, SQL_FN_NUM_MOD,              2, 2, "mod($*)"},
    {"PI",               NUM, SQL_FN_NUM_PI,               0, 0, "pi()"},
    {"POWER",            NUM, SQL_FN_NUM_POWER,            2, 2, "pow($*)"},
    {"RADIANS",          NUM, SQL_FN_NUM_RADIANS,          1, 1, "radians($1)"},
    {"RAND",             NUM, SQL_FN_NUM_RAND,             0, 1, "rand($*)"},
    {"ROUND",            NUM, SQL_FN_NUM_ROUND,            1, 2, "round($*)"},
    {"SIGN",             NUM, SQL_FN_NUM_SIGN,             1, 1, "sign($1)"},
    {"SIN",              NUM, SQL_FN_NUM_SIN,              1, 1, "sin($1)"},
    {"SQRT",             NUM, SQL_FN_NUM_SQRT,             1, 1, "sqrt($1)"},
    {"TAN",              NUM, SQL_FN_NUM_TAN,              1, 1, "tan($1)"},
    {"TRUNCATE",         NUM, SQL_FN_NUM_TRUNCATE,         2, 2, "truncate($*)"},
    /* dates and times; to_char pads names with blanks */
    {"CURDATE",           TD, SQL_FN_TD_CURDATE,           0, 0, "today()"},
    {"CURRENT_DATE",      TD, SQL_FN_TD_CURRENT_DATE,      0, 0, "today()"},
    {"CURRENT_TIME",      TD, SQL_FN_TD_CURRENT_TIME,      0, 0, "to_char(now(), 'hh24:mi:ss')"},
    {"CURRENT_TIMESTAMP", TD, SQL_FN_TD_CURRENT_TIMESTAMP, 0, 0, "now()"},
    {"CURTIME",           TD, SQL_FN_TD_CURTIME,           0, 0, "to_char(now(), 'hh24:mi:ss')"},
    {"DAYNAME",           TD, SQL_FN_TD_DAYNAME,           1, 1, "rtrim(to_char($1, 'Day'))"},
    {"DAYOFMONTH",        TD, SQL_FN_TD_DAYOFMONTH,        1, 1, "cast(to_char($1, 'dd') as int)"},
    {"DAYOFWEEK",         TD, SQL_FN_TD_DAYOFWEEK,         1, 1, "dayofweek($1)"},
    {"DAYOFYEAR",         TD, SQL_FN_TD_DAYOFYEAR,         1, 1, "cast(to_char($1, 'ddd') as int)"},
    {"EXTRACT",           TD, SQL_FN_TD_EXTRACT,           1, 1, NULL},
    {"HOUR",              TD, SQL_FN_TD_HOUR,              1, 1, "cast(to_char($1, 'hh24') as int)"},
    {"MINUTE",            TD, SQL_FN_TD_MINUTE,            1, 1, "cast(to_char($1, 'mi') as int)"},
    {"MONTH",             TD, SQL_FN_TD_MONTH,             1, 1, "cast(to_char($1, 'mm') as int)"},
    {"MONTHNAME",         TD, SQL_FN_TD_MONTHNAME,         1, 1, "rtrim(to_char($1, 'Month'))"},
    {"NOW",               TD, SQL_FN_TD_NOW,               0, 0, "now()"},
    {"QUARTER",           TD, SQL_FN_TD_QUARTER,           1, 1,
     "cast(ceil(cast(to_char($1, 'mm') as int) / 3) as int)"},
    {"SECOND",            TD, SQL_FN_TD_SECOND,            1, 1, "cast(to_char($1, 'ss') as int)"},
    {"TIMESTAMPADD",      TD, SQL_FN_TD_TIMESTAMPADD,      3, 3, NULL},
    {"TIMESTAMPDIFF",     TD, SQL_FN_TD_TIMESTAMPDIFF,     3, 3, NULL},
    {"WEEK",              TD, SQL_FN_TD_WEEK,              1, 1, "week($1)"},
    {"YEAR",              TD, SQL_FN_TD_YEAR,              1, 1, "cast(to_char($1, 'yyyy') as int)"},
    /* system */
    {"DATABASE",         SYS, SQL_FN_SYS_DBNAME,           0, 0, "database()"},
    {"IFNULL",           SYS, SQL_FN_SYS_IFNULL,           2, 2, "(case when $1 is null then $2 else $1 end)"},
    {"USER",             SYS, SQL_FN_SYS_USERNAME,         0, 0, "user()"},
    {"CONVERT", SQL_CONVERT_FUNCTIONS, SQL_FN_CVT_CONVERT, 2, 2, NULL},
};

/* Units that are exact in both directions; months and years have no fixed length (protocol.md 7.12). */
static const struct {
    const char *name, *extract;
    SQLUINTEGER bit;
    char unit;
} units[] = {
    {"SQL_TSI_SECOND", "SECOND", SQL_FN_TSI_SECOND, 's'}, {"SQL_TSI_MINUTE", "MINUTE", SQL_FN_TSI_MINUTE, 'm'},
    {"SQL_TSI_HOUR", "HOUR", SQL_FN_TSI_HOUR, 'h'},       {"SQL_TSI_DAY", "DAY", SQL_FN_TSI_DAY, 'd'},
    {"SQL_TSI_WEEK", "WEEK", SQL_FN_TSI_WEEK, 'w'},
};

/* CAST's targets. The longest text that CAST takes, because a shorter one would cut in silence. */
static const struct {
    const char *name, *cast;
} casts[] = {
    {"SQL_BIGINT", "bigint"},           {"SQL_INTEGER", "int"},
    {"SQL_SMALLINT", "smallint"},       {"SQL_TINYINT", "tinyint"},
    {"SQL_BIT", "bool"},                {"SQL_REAL", "float"},
    {"SQL_FLOAT", "double"},            {"SQL_DOUBLE", "double"},
    {"SQL_CHAR", "varchar(65500)"},     {"SQL_VARCHAR", "varchar(65500)"},
    {"SQL_WCHAR", "nchar(16370)"},      {"SQL_WVARCHAR", "nchar(16370)"},
    {"SQL_TIMESTAMP", "timestamp"},     {"SQL_TYPE_TIMESTAMP", "timestamp"},
    {"SQL_BINARY", "varbinary(65500)"}, {"SQL_VARBINARY", "varbinary(65500)"},
};
/* clang-format on */

static enum td_rc expand(const struct scalarfn *f, const char *pattern,
                         const struct td_fn_arg *args, size_t n, struct td_buf *out,
                         struct td_err *err)
{
    size_t next =
        0; /* arguments before it were written: one with markers must not come again or too late */
    for (const char *p = pattern; *p; p++) {
        if (*p != '$') {
            td_buf_putc(out, *p);
            continue;
        }
        p++;
        size_t first = *p == '*' ? 0 : (size_t)(*p - '1'), last = *p == '*' ? n : first + 1;
        for (size_t i = first; i < last; i++) {
            if (args[i].markers && i < next)
                return td_err_set(err, TD_ST_42000, 0,
                                  "Argument %zu of {fn %s} cannot hold a parameter marker", i + 1,
                                  f->name);
            if (i > first) td_buf_puts(out, ", ");
            td_buf_putstr(out, args[i].text);
            next = i + 1;
        }
    }
    return TD_OK;
}

static const struct scalarfn *find(struct td_str name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (td_str_ieqz(name, table[i].name)) return &table[i];
    return NULL;
}

static char unit_of(struct td_str name)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (td_str_ieqz(name, units[i].name)) return units[i].unit;
    return 0;
}

static enum td_rc bad_unit(const char *fn, struct td_str unit, struct td_err *err)
{
    return td_err_set(err, TD_ST_42000, 0, "{fn %s} has no exact equal for the interval %.*s", fn,
                      (int)(unit.n < 40 ? unit.n : 40), unit.p);
}

/* TIMESTAMPDIFF(unit, a, b) is b − a; written so that markers keep their order. */
static enum td_rc timestampdiff(const struct td_fn_arg *args, struct td_buf *out,
                                struct td_err *err)
{
    char unit = unit_of(args[0].text);
    if (!unit) return bad_unit("TIMESTAMPDIFF", args[0].text, err);
    td_buf_puts(out, "(0 - timediff(");
    td_buf_putstr(out, args[1].text);
    td_buf_puts(out, ", ");
    td_buf_putstr(out, args[2].text);
    td_buf_printf(out, ", 1%c))", unit);
    return TD_OK;
}

static enum td_rc timestampadd(const struct td_fn_arg *args, struct td_buf *out, struct td_err *err)
{
    char unit = unit_of(args[0].text);
    if (!unit) return bad_unit("TIMESTAMPADD", args[0].text, err);
    int64_t n;
    if (!td_str_i64(args[1].text, &n) || n == INT64_MIN)
        return td_err_set(err, TD_ST_42000, 0,
                          "{fn TIMESTAMPADD} takes a literal whole number of intervals");
    td_buf_putc(out, '(');
    td_buf_putstr(out, args[2].text);
    td_buf_printf(out, " %c %lld%c)", n < 0 ? '-' : '+', (long long)(n < 0 ? -n : n), unit);
    return TD_OK;
}

/* EXTRACT(field FROM value) is the function of that name. */
static enum td_rc extract(const struct td_fn_arg *arg, struct td_buf *out, struct td_err *err)
{
    static const char *const fields[] = {"YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"};
    struct td_str s = arg->text;
    size_t w = 0;
    while (w < s.n && !td_isspace(s.p[w]))
        w++;
    struct td_str field = {s.p, w}, rest = td_str_trim((struct td_str){s.p + w, s.n - w});
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (td_str_ieqz(field, fields[i]) && td_str_istarts(rest, "from") && rest.n > 4 &&
            (td_isspace(rest.p[4]) || rest.p[4] == '(')) {
            struct td_fn_arg value = {td_str_trim((struct td_str){rest.p + 4, rest.n - 4}),
                                      arg->markers};
            const struct scalarfn *f = find(i == 2 ? TD_STR("DAYOFMONTH") : field);
            return expand(f, f->pattern, &value, 1, out, err);
        }
    return td_err_set(err, TD_ST_42000, 0,
                      "{fn EXTRACT} takes YEAR, MONTH, DAY, HOUR, MINUTE or SECOND FROM a value");
}

static enum td_rc convert(const struct td_fn_arg *args, struct td_buf *out, struct td_err *err)
{
    for (size_t i = 0; i < sizeof casts / sizeof *casts; i++)
        if (td_str_ieqz(args[1].text, casts[i].name)) {
            td_buf_puts(out, "cast(");
            td_buf_putstr(out, args[0].text);
            td_buf_printf(out, " as %s)", casts[i].cast);
            return TD_OK;
        }
    return td_err_set(err, TD_ST_42000, 0, "{fn CONVERT} cannot convert to %.*s",
                      (int)(args[1].text.n < 40 ? args[1].text.n : 40), args[1].text.p);
}

static enum td_rc pass_through(struct td_str name, const struct td_fn_arg *args, size_t n,
                               struct td_buf *out)
{
    td_buf_putstr(out, name);
    td_buf_putc(out, '(');
    for (size_t i = 0; i < n; i++) {
        if (i) td_buf_puts(out, ", ");
        td_buf_putstr(out, args[i].text);
    }
    td_buf_putc(out, ')');
    return TD_OK;
}

enum td_rc td_scalarfn_write(struct td_str name, const struct td_fn_arg *args, size_t n,
                             struct td_buf *out, struct td_err *err)
{
    const struct scalarfn *f = find(name);
    if (!f) return pass_through(name, args, n, out);
    /* CURRENT_TIME(3) and CURRENT_TIMESTAMP(3): the precision is the server's */
    if (f->info == TD && td_str_istarts(name, "current_time") && n == 1 && !args[0].markers) n = 0;
    if (n < f->min || n > f->max)
        return td_err_set(err, TD_ST_42000, 0,
                          "{fn %s} with %zu arguments has no equal in TDengine", f->name, n);
    if (f->pattern) return expand(f, f->pattern, args, n, out, err);
    switch (f->bit) {
    case SQL_FN_TD_TIMESTAMPDIFF:
        return timestampdiff(args, out, err);
    case SQL_FN_TD_TIMESTAMPADD:
        return timestampadd(args, out, err);
    case SQL_FN_TD_EXTRACT:
        return extract(args, out, err);
    default:
        return convert(args, out, err);
    }
}

SQLUINTEGER td_scalarfn_mask(SQLUSMALLINT info)
{
    SQLUINTEGER mask = info == SQL_CONVERT_FUNCTIONS ? SQL_FN_CVT_CAST : 0;
    if (info == SQL_TIMEDATE_ADD_INTERVALS || info == SQL_TIMEDATE_DIFF_INTERVALS)
        for (size_t i = 0; i < sizeof units / sizeof *units; i++)
            mask |= units[i].bit;
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].info == info) mask |= table[i].bit;
    return mask;
}

char td_interval_unit(struct td_str field)
{
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (td_str_ieqz(field, units[i].extract)) return units[i].unit;
    return td_str_ieqz(field, "MONTH") ? 'n' : td_str_ieqz(field, "YEAR") ? 'y' : 0;
}
