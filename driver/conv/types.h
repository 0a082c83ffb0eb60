/*
 * types.h: the type table (decisions.md section 1): what each TDengine type is to ODBC. SQLColumns,
 * SQLDescribeCol, SQLColAttribute, SQLDescribeParam and SQLGetTypeInfo all read it, so that they
 * agree. Constant data, no lock.
 */
#ifndef TD_CONV_TYPES_H
#define TD_CONV_TYPES_H

#include "base/str.h"
#include "conv/sqltypes.h"
#include "wire/block.h"

/* Options that change what is reported. */
struct td_type_opts {
    bool ubigint_numeric;  /* UnsignedBigintAsNumeric */
    bool ts_as_text;       /* TimestampAsText */
    int32_t string_length; /* StringColumnLength: for text whose declared length is 0 */
    int32_t max_column;    /* MaxColumnSize */
};

/* A column or parameter as ODBC describes it. */
struct td_sqltype {
    const char *type_name;       /* TDengine's own name */
    const char *local_type_name; /* same */
    SQLSMALLINT concise;         /* SQL_TYPE_TIMESTAMP, SQL_WVARCHAR … (ODBC 3 codes) */
    SQLSMALLINT verbose;         /* SQL_DATETIME, … */
    SQLSMALLINT datetime_sub;    /* SQL_CODE_TIMESTAMP or 0 */
    SQLULEN column_size;
    SQLSMALLINT decimal_digits; /* −1: does not apply (NULL in catalogs, 0 from SQLDescribeCol) */
    SQLLEN octet_length;        /* SQL_DESC_OCTET_LENGTH */
    SQLLEN display_size;
    SQLSMALLINT precision;     /* SQL_DESC_PRECISION */
    SQLSMALLINT scale;         /* SQL_DESC_SCALE */
    SQLINTEGER num_prec_radix; /* 10, 2, or 0 */
    bool is_unsigned, case_sensitive, fixed_prec_scale;
    SQLSMALLINT searchable; /* SQL_PRED_… */
    const char *literal_prefix, *literal_suffix;
    SQLSMALLINT default_ctype; /* for SQL_C_DEFAULT */
};

/* Describes a column: TDengine type, declared length (as td_column.length), decimal
 * precision/scale, time precision. */
void td_sqltype_of(int td_type, int32_t length, int precision, int scale, int ts_prec,
                   const struct td_type_opts *o, struct td_sqltype *out);
/* TDengine's name of a type ("INT UNSIGNED"), NULL when unknown; and back from a name as DESCRIBE
   or ins_columns write it
   (`VARCHAR(20)`, `DECIMAL(10, 2)`, `NCHAR`): false when unknown. length/precision/scale 0 when not
   in the text. */
const char *td_type_name(int td_type);
bool td_type_of_name(struct td_str name, int *td_type, int32_t *length, int *precision, int *scale);
/* ODBC 2 applications see 9/10/11 for dates and times. */
SQLSMALLINT td_sqltype_odbc2(SQLSMALLINT concise);

#endif
