/*
 * types.c: the type table of decisions.md section 1, and names of types.
 */
#include "conv/types.h"

#include "base/civil.h"

/* Lengths that a type can have at most (protocol.md sections 0 and 7.5), used when the declared one
 * is unknown (< 0). */
#define MAX_BYTES  65517
#define MAX_NCHARS 16379
#define JSON_CHARS 4095
#define BLOB_BYTES 4194304

struct row {
    const char *name;
    SQLSMALLINT sql;
    SQLSMALLINT ctype;
    SQLSMALLINT searchable;
    uint8_t size, digits, octets, display; /* of fixed types; digits: NO_DIGITS = does not apply */
    uint8_t radix;
    bool is_unsigned, text;
    const char *prefix, *suffix;
};
#define NO_DIGITS 255

/* Display sizes are those of the reference (appendix D, "Display Size") but for REAL: the shortest
   text that reads back to the same float takes up to 16 characters ("-0.0000112345678"), and a
   smaller answer would make applications cut it. */
static const struct row table[TD_T_COUNT] = {
    [TD_T_NULL] = {"NULL", SQL_VARCHAR, SQL_C_CHAR, SQL_PRED_NONE, 1, NO_DIGITS, 1, 1, 0, 0, 1, "'",
                   "'"},
    [TD_T_BOOL] = {"BOOL", SQL_BIT, SQL_C_BIT, SQL_PRED_BASIC, 1, NO_DIGITS, 1, 1, 0, 0, 0, 0, 0},
    [TD_T_TINYINT] = {"TINYINT", SQL_TINYINT, SQL_C_STINYINT, SQL_PRED_BASIC, 3, 0, 1, 4, 10, 0, 0,
                      0, 0},
    [TD_T_SMALLINT] = {"SMALLINT", SQL_SMALLINT, SQL_C_SSHORT, SQL_PRED_BASIC, 5, 0, 2, 6, 10, 0, 0,
                       0, 0},
    [TD_T_INT] = {"INT", SQL_INTEGER, SQL_C_SLONG, SQL_PRED_BASIC, 10, 0, 4, 11, 10, 0, 0, 0, 0},
    [TD_T_BIGINT] = {"BIGINT", SQL_BIGINT, SQL_C_SBIGINT, SQL_PRED_BASIC, 19, 0, 8, 20, 10, 0, 0, 0,
                     0},
    [TD_T_FLOAT] = {"FLOAT", SQL_REAL, SQL_C_FLOAT, SQL_PRED_BASIC, 7, NO_DIGITS, 4, 16, 10, 0, 0,
                    0, 0},
    [TD_T_DOUBLE] = {"DOUBLE", SQL_DOUBLE, SQL_C_DOUBLE, SQL_PRED_BASIC, 15, NO_DIGITS, 8, 24, 10,
                     0, 0, 0, 0},
    [TD_T_VARCHAR] = {"VARCHAR", SQL_VARCHAR, SQL_C_CHAR, SQL_PRED_SEARCHABLE, 0, NO_DIGITS, 0, 0,
                      0, 0, 1, "'", "'"},
    [TD_T_TIMESTAMP] = {"TIMESTAMP", SQL_TYPE_TIMESTAMP, SQL_C_TYPE_TIMESTAMP, SQL_PRED_BASIC, 0, 0,
                        16, 0, 0, 0, 0, "'", "'"},
    [TD_T_NCHAR] = {"NCHAR", SQL_WVARCHAR, SQL_C_WCHAR, SQL_PRED_SEARCHABLE, 0, NO_DIGITS, 0, 0, 0,
                    0, 1, "'", "'"},
    [TD_T_UTINYINT] = {"TINYINT UNSIGNED", SQL_SMALLINT, SQL_C_SSHORT, SQL_PRED_BASIC, 5, 0, 2, 6,
                       10, 0, 0, 0, 0},
    [TD_T_USMALLINT] = {"SMALLINT UNSIGNED", SQL_INTEGER, SQL_C_SLONG, SQL_PRED_BASIC, 10, 0, 4, 11,
                        10, 0, 0, 0, 0},
    [TD_T_UINT] = {"INT UNSIGNED", SQL_BIGINT, SQL_C_SBIGINT, SQL_PRED_BASIC, 19, 0, 8, 20, 10, 0,
                   0, 0, 0},
    [TD_T_UBIGINT] = {"BIGINT UNSIGNED", SQL_BIGINT, SQL_C_UBIGINT, SQL_PRED_BASIC, 20, 0, 8, 20,
                      10, 1, 0, 0, 0},
    [TD_T_JSON] = {"JSON", SQL_WVARCHAR, SQL_C_WCHAR, SQL_PRED_NONE, 0, NO_DIGITS, 0, 0, 0, 0, 1,
                   "'", "'"},
    [TD_T_VARBINARY] = {"VARBINARY", SQL_VARBINARY, SQL_C_BINARY, SQL_PRED_BASIC, 0, NO_DIGITS, 0,
                        0, 0, 0, 0, "'\\x", "'"},
    [TD_T_DECIMAL128] = {"DECIMAL", SQL_DECIMAL, SQL_C_CHAR, SQL_PRED_BASIC, 38, 0, 0, 0, 10, 0, 0,
                         0, 0},
    [TD_T_BLOB] = {"BLOB", SQL_LONGVARBINARY, SQL_C_BINARY, SQL_PRED_NONE, 0, NO_DIGITS, 0, 0, 0, 0,
                   0, "'\\x", "'"},
    [TD_T_GEOMETRY] = {"GEOMETRY", SQL_VARBINARY, SQL_C_BINARY, SQL_PRED_NONE, 0, NO_DIGITS, 0, 0,
                       0, 0, 0, "'", "'"},
    [TD_T_DECIMAL64] = {"DECIMAL", SQL_DECIMAL, SQL_C_CHAR, SQL_PRED_BASIC, 18, 0, 0, 0, 10, 0, 0,
                        0, 0},
};

static const struct row *row_of(int td_type)
{
    if (td_type < 0 || td_type >= TD_T_COUNT || !table[td_type].name) td_type = TD_T_NULL;
    return &table[td_type];
}

static SQLSMALLINT clamp16(SQLULEN v)
{
    return (SQLSMALLINT)(v > 32767 ? 32767 : v);
}

static int64_t var_size(int td_type, int32_t length, const struct td_type_opts *o)
{
    int64_t max = td_type == TD_T_NCHAR ? MAX_NCHARS : MAX_BYTES;
    int64_t size = length;

    if (td_type == TD_T_JSON)
        size = JSON_CHARS;
    else if (td_type == TD_T_BLOB)
        size = BLOB_BYTES;
    else if (length < 0)
        size = max;
    else if (length == 0)
        size = o && o->string_length > 0 ? o->string_length
                                         : 1; // 0 makes bulk readers allocate nothing
    if (o && o->max_column > 0 && size > o->max_column) size = o->max_column;
    return size;
}

/* Character and binary types: everything follows from the length. */
static void fill_var(int td_type, int32_t length, const struct td_type_opts *o,
                     struct td_sqltype *out)
{
    bool wide = td_type == TD_T_NCHAR || td_type == TD_T_JSON;
    bool binary = !wide && td_type != TD_T_VARCHAR;
    int64_t size = var_size(td_type, length, o);

    out->column_size = (SQLULEN)size;
    out->octet_length = (SQLLEN)(wide ? size * 4 : size);
    out->display_size = (SQLLEN)(binary ? size * 2 : size);
    out->precision = clamp16(out->column_size);
}

static void fill_timestamp(int ts_prec, const struct td_type_opts *o, struct td_sqltype *out)
{
    int digits = td_prec_digits(ts_prec);

    out->column_size = (SQLULEN)(20 + digits);
    out->display_size = 20 + digits;
    out->decimal_digits = (SQLSMALLINT)digits;
    out->precision = (SQLSMALLINT)digits;
    out->verbose = SQL_DATETIME;
    out->datetime_sub = SQL_CODE_TIMESTAMP;
    if (!o || !o->ts_as_text) return;
    out->concise = out->verbose = SQL_WVARCHAR;
    out->datetime_sub = 0;
    out->decimal_digits = -1;
    out->precision = (SQLSMALLINT)(20 + digits);
    out->octet_length = (SQLLEN)((20 + digits) * (int)TD_WCHAR_SIZE);
    out->default_ctype = SQL_C_WCHAR;
}

static void fill_decimal(const struct row *r, int precision, int scale, struct td_sqltype *out)
{
    if (precision <= 0 || precision > 38) precision = r->size;
    out->column_size = (SQLULEN)precision;
    out->octet_length = out->display_size = precision + 2;
    out->decimal_digits = out->scale = (SQLSMALLINT)scale;
    out->precision = (SQLSMALLINT)precision;
}

static void fill_fixed(const struct row *r, struct td_sqltype *out)
{
    out->column_size = r->size;
    out->octet_length = r->octets;
    out->display_size = r->display;
    out->precision = r->size;
}

void td_sqltype_of(int td_type, int32_t length, int precision, int scale, int ts_prec,
                   const struct td_type_opts *o, struct td_sqltype *out)
{
    const struct row *r = row_of(td_type);

    memset(out, 0, sizeof *out);
    out->type_name = out->local_type_name = r->name;
    out->concise = out->verbose = r->sql;
    out->default_ctype = r->ctype;
    out->searchable = r->searchable;
    out->decimal_digits = r->digits == NO_DIGITS ? -1 : r->digits;
    out->octet_length = r->octets;
    out->num_prec_radix = r->radix;
    out->is_unsigned = r->is_unsigned;
    out->case_sensitive = r->text;
    out->literal_prefix = r->prefix;
    out->literal_suffix = r->suffix;
    switch (td_type) {
    case TD_T_VARCHAR:
    case TD_T_NCHAR:
    case TD_T_JSON:
    case TD_T_VARBINARY:
    case TD_T_GEOMETRY:
    case TD_T_BLOB:
        fill_var(td_type, length, o, out);
        break;
    case TD_T_TIMESTAMP:
        fill_timestamp(ts_prec, o, out);
        break;
    case TD_T_DECIMAL64:
    case TD_T_DECIMAL128:
        fill_decimal(r, precision, scale, out);
        break;
    default:
        fill_fixed(r, out);
    }
    if (td_type == TD_T_UBIGINT && o && o->ubigint_numeric) {
        out->concise = out->verbose = SQL_NUMERIC;
        out->default_ctype = SQL_C_CHAR;
        out->octet_length = out->display_size = 22;
    }
}

const char *td_type_name(int td_type)
{
    if (td_type < 0 || td_type >= TD_T_COUNT) return NULL;
    return table[td_type].name;
}

/* ` ( 10 , 2 )`: up to two numbers. False when something else follows the name. */
static bool read_args(struct td_str s, int64_t args[2])
{
    s = td_str_trim(s);
    if (s.n == 0) return true;
    if (s.n < 3 || s.p[0] != '(' || s.p[s.n - 1] != ')') return false;
    s.p++;
    s.n -= 2;
    for (int i = 0; i < 2; i++) {
        const char *comma = memchr(s.p, ',', s.n);
        struct td_str one = {s.p, comma ? (size_t)(comma - s.p) : s.n};

        if (!td_str_i64(td_str_trim(one), &args[i]) || args[i] < 0 || args[i] > INT32_MAX)
            return false;
        if (!comma) return true;
        s.n -= one.n + 1;
        s.p += one.n + 1;
    }
    return false;
}

static int type_by_name(struct td_str name)
{
    if (td_str_ieqz(name, "BINARY")) return TD_T_VARCHAR;
    if (td_str_ieqz(name, "INTEGER")) return TD_T_INT;
    if (td_str_ieqz(name, "DECIMAL")) return TD_T_DECIMAL128;
    for (int i = 0; i < TD_T_COUNT; i++)
        if (table[i].name && td_str_ieqz(name, table[i].name)) return i;
    return -1;
}

bool td_type_of_name(struct td_str name, int *td_type, int32_t *length, int *precision, int *scale)
{
    int64_t args[2] = {0, 0};
    const char *paren = name.n ? memchr(name.p, '(', name.n) : NULL;
    struct td_str base = {name.p, paren ? (size_t)(paren - name.p) : name.n};
    struct td_str rest = {base.p + base.n, name.n - base.n};
    int type = type_by_name(td_str_trim(base));

    if (type < 0 || !read_args(rest, args)) return false;
    *length = *precision = *scale = 0;
    if (type == TD_T_DECIMAL128) {
        if (args[0] > 38 || args[1] > args[0]) return false;
        if (args[0] > 0 && args[0] <= 18) type = TD_T_DECIMAL64;
        *precision = (int)args[0];
        *scale = (int)args[1];
    } else {
        *length = (int32_t)args[0];
    }
    *td_type = type;
    return true;
}

SQLSMALLINT td_sqltype_odbc2(SQLSMALLINT concise)
{
    switch (concise) {
    case SQL_TYPE_DATE:
        return SQL_DATE;
    case SQL_TYPE_TIME:
        return SQL_TIME;
    case SQL_TYPE_TIMESTAMP:
        return SQL_TIMESTAMP;
    default:
        return concise;
    }
}
