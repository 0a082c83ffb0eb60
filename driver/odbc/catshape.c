#include "odbc/catshape.h"

#define N  SQL_NULLABLE
#define NN SQL_NO_NULLS
#define V  TD_T_VARCHAR
#define S  TD_T_SMALLINT
#define I  TD_T_INT

/* clang-format off */
static const struct td_localcol tables[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", V, 64, N},
    {"TABLE_SCHEM", "TABLE_OWNER", V, 64, N},
    {"TABLE_NAME", NULL, V, 192, N},
    {"TABLE_TYPE", NULL, V, 32, N},
    {"REMARKS", NULL, V, 1280, N},
};

static const struct td_localcol columns[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", V, 64, N},
    {"TABLE_SCHEM", "TABLE_OWNER", V, 64, N},
    {"TABLE_NAME", NULL, V, 192, NN},
    {"COLUMN_NAME", NULL, V, 64, NN},
    {"DATA_TYPE", NULL, S, 2, NN},
    {"TYPE_NAME", NULL, V, 32, NN},
    {"COLUMN_SIZE", "PRECISION", I, 4, N},
    {"BUFFER_LENGTH", "LENGTH", I, 4, N},
    {"DECIMAL_DIGITS", "SCALE", S, 2, N},
    {"NUM_PREC_RADIX", "RADIX", S, 2, N},
    {"NULLABLE", NULL, S, 2, NN},
    {"REMARKS", NULL, V, 254, N},
    {"COLUMN_DEF", NULL, V, 254, N},
    {"SQL_DATA_TYPE", NULL, S, 2, NN},
    {"SQL_DATETIME_SUB", NULL, S, 2, N},
    {"CHAR_OCTET_LENGTH", NULL, I, 4, N},
    {"ORDINAL_POSITION", NULL, I, 4, NN},
    {"IS_NULLABLE", NULL, V, 254, N},
};

static const struct td_localcol primary_keys[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", V, 64, N},
    {"TABLE_SCHEM", "TABLE_OWNER", V, 64, N},
    {"TABLE_NAME", NULL, V, 192, NN},
    {"COLUMN_NAME", NULL, V, 64, NN},
    {"KEY_SEQ", NULL, S, 2, NN},
    {"PK_NAME", NULL, V, 192, N},
};

static const struct td_localcol special_columns[] = {
    {"SCOPE", NULL, S, 2, N},
    {"COLUMN_NAME", NULL, V, 64, NN},
    {"DATA_TYPE", NULL, S, 2, NN},
    {"TYPE_NAME", NULL, V, 32, NN},
    {"COLUMN_SIZE", "PRECISION", I, 4, N},
    {"BUFFER_LENGTH", "LENGTH", I, 4, N},
    {"DECIMAL_DIGITS", "SCALE", S, 2, N},
    {"PSEUDO_COLUMN", NULL, S, 2, N},
};

static const struct td_localcol statistics[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", V, 64, N},
    {"TABLE_SCHEM", "TABLE_OWNER", V, 64, N},
    {"TABLE_NAME", NULL, V, 192, NN},
    {"NON_UNIQUE", NULL, S, 2, N},
    {"INDEX_QUALIFIER", NULL, V, 64, N},
    {"INDEX_NAME", NULL, V, 192, N},
    {"TYPE", NULL, S, 2, NN},
    {"ORDINAL_POSITION", "SEQ_IN_INDEX", S, 2, N},
    {"COLUMN_NAME", NULL, V, 192, N},
    {"ASC_OR_DESC", "COLLATION", V, 1, N},
    {"CARDINALITY", NULL, I, 4, N},
    {"PAGES", NULL, I, 4, N},
    {"FILTER_CONDITION", NULL, V, 128, N},
};

static const struct td_localcol foreign_keys[] = {
    {"PKTABLE_CAT", "PKTABLE_QUALIFIER", V, 64, N},
    {"PKTABLE_SCHEM", "PKTABLE_OWNER", V, 64, N},
    {"PKTABLE_NAME", NULL, V, 192, NN},
    {"PKCOLUMN_NAME", NULL, V, 64, NN},
    {"FKTABLE_CAT", "FKTABLE_QUALIFIER", V, 64, N},
    {"FKTABLE_SCHEM", "FKTABLE_OWNER", V, 64, N},
    {"FKTABLE_NAME", NULL, V, 192, NN},
    {"FKCOLUMN_NAME", NULL, V, 64, NN},
    {"KEY_SEQ", NULL, S, 2, NN},
    {"UPDATE_RULE", NULL, S, 2, N},
    {"DELETE_RULE", NULL, S, 2, N},
    {"FK_NAME", NULL, V, 192, N},
    {"PK_NAME", NULL, V, 192, N},
    {"DEFERRABILITY", NULL, S, 2, N},
};

static const struct td_localcol table_privileges[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", V, 64, N},
    {"TABLE_SCHEM", "TABLE_OWNER", V, 64, N},
    {"TABLE_NAME", NULL, V, 192, NN},
    {"GRANTOR", NULL, V, 64, N},
    {"GRANTEE", NULL, V, 64, NN},
    {"PRIVILEGE", NULL, V, 32, NN},
    {"IS_GRANTABLE", NULL, V, 3, N},
};

static const struct td_localcol column_privileges[] = {
    {"TABLE_CAT", "TABLE_QUALIFIER", V, 64, N},
    {"TABLE_SCHEM", "TABLE_OWNER", V, 64, N},
    {"TABLE_NAME", NULL, V, 192, NN},
    {"COLUMN_NAME", NULL, V, 64, NN},
    {"GRANTOR", NULL, V, 64, N},
    {"GRANTEE", NULL, V, 64, NN},
    {"PRIVILEGE", NULL, V, 32, NN},
    {"IS_GRANTABLE", NULL, V, 3, N},
};

static const struct td_localcol procedures[] = {
    {"PROCEDURE_CAT", "PROCEDURE_QUALIFIER", V, 64, N},
    {"PROCEDURE_SCHEM", "PROCEDURE_OWNER", V, 64, N},
    {"PROCEDURE_NAME", NULL, V, 192, NN},
    {"NUM_INPUT_PARAMS", NULL, I, 4, N},
    {"NUM_OUTPUT_PARAMS", NULL, I, 4, N},
    {"NUM_RESULT_SETS", NULL, I, 4, N},
    {"REMARKS", NULL, V, 254, N},
    {"PROCEDURE_TYPE", NULL, S, 2, N},
};

static const struct td_localcol procedure_columns[] = {
    {"PROCEDURE_CAT", "PROCEDURE_QUALIFIER", V, 64, N},
    {"PROCEDURE_SCHEM", "PROCEDURE_OWNER", V, 64, N},
    {"PROCEDURE_NAME", NULL, V, 192, NN},
    {"COLUMN_NAME", NULL, V, 64, NN},
    {"COLUMN_TYPE", NULL, S, 2, NN},
    {"DATA_TYPE", NULL, S, 2, NN},
    {"TYPE_NAME", NULL, V, 32, NN},
    {"COLUMN_SIZE", "PRECISION", I, 4, N},
    {"BUFFER_LENGTH", "LENGTH", I, 4, N},
    {"DECIMAL_DIGITS", "SCALE", S, 2, N},
    {"NUM_PREC_RADIX", "RADIX", S, 2, N},
    {"NULLABLE", NULL, S, 2, NN},
    {"REMARKS", NULL, V, 254, N},
    {"COLUMN_DEF", NULL, V, 254, N},
    {"SQL_DATA_TYPE", NULL, S, 2, NN},
    {"SQL_DATETIME_SUB", NULL, S, 2, N},
    {"CHAR_OCTET_LENGTH", NULL, I, 4, N},
    {"ORDINAL_POSITION", NULL, I, 4, NN},
    {"IS_NULLABLE", NULL, V, 254, N},
};

static const struct td_localcol type_info[] = {
    {"TYPE_NAME", NULL, V, 32, NN},
    {"DATA_TYPE", NULL, S, 2, NN},
    {"COLUMN_SIZE", "PRECISION", I, 4, N},
    {"LITERAL_PREFIX", NULL, V, 32, N},
    {"LITERAL_SUFFIX", NULL, V, 32, N},
    {"CREATE_PARAMS", NULL, V, 64, N},
    {"NULLABLE", NULL, S, 2, NN},
    {"CASE_SENSITIVE", NULL, S, 2, NN},
    {"SEARCHABLE", NULL, S, 2, NN},
    {"UNSIGNED_ATTRIBUTE", NULL, S, 2, N},
    {"FIXED_PREC_SCALE", "MONEY", S, 2, NN},
    {"AUTO_UNIQUE_VALUE", "AUTO_INCREMENT", S, 2, N},
    {"LOCAL_TYPE_NAME", NULL, V, 32, N},
    {"MINIMUM_SCALE", NULL, S, 2, N},
    {"MAXIMUM_SCALE", NULL, S, 2, N},
    {"SQL_DATA_TYPE", NULL, S, 2, NN},
    {"SQL_DATETIME_SUB", NULL, S, 2, N},
    {"NUM_PREC_RADIX", NULL, I, 4, N},
    {"INTERVAL_PRECISION", NULL, S, 2, N},
};

static const struct {
    const struct td_localcol *cols;
    uint32_t n;
} shapes[TD_SHAPE_COUNT] = {
#define SHAPE(id, table) [id] = {table, sizeof table / sizeof *table}
    SHAPE(TD_SHAPE_TABLES, tables),
    SHAPE(TD_SHAPE_COLUMNS, columns),
    SHAPE(TD_SHAPE_PRIMARY_KEYS, primary_keys),
    SHAPE(TD_SHAPE_SPECIAL_COLUMNS, special_columns),
    SHAPE(TD_SHAPE_STATISTICS, statistics),
    SHAPE(TD_SHAPE_FOREIGN_KEYS, foreign_keys),
    SHAPE(TD_SHAPE_TABLE_PRIVILEGES, table_privileges),
    SHAPE(TD_SHAPE_COLUMN_PRIVILEGES, column_privileges),
    SHAPE(TD_SHAPE_PROCEDURES, procedures),
    SHAPE(TD_SHAPE_PROCEDURE_COLUMNS, procedure_columns),
    SHAPE(TD_SHAPE_TYPE_INFO, type_info),
#undef SHAPE
};
/* clang-format on */

const struct td_localcol *td_shape(enum td_shape shape, uint32_t *ncols)
{
    *ncols = shapes[shape].n;
    return shapes[shape].cols;
}

void td_shape_init(struct td_localset *l, enum td_shape shape)
{
    td_localset_init(l, shapes[shape].cols, shapes[shape].n);
}
