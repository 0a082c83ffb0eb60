/*
 * Descriptors and column attributes through the API (ODBC reference, SQLSetDescField "Initialization of Descriptor Fields",
 * SQLSetDescRec "Consistency Checks", SQLCopyDesc, SQLColAttribute).
 */
#include "apitest.h"

#define S(text)       (SQLCHAR *)(text), SQL_NTS
#define at_dok(rc, d) at_ok((rc), SQL_HANDLE_DESC, (d))
#define LEN(a)        (sizeof(a) / sizeof *(a))

static SQLHDBC dbc;
static SQLHSTMT stmt;

static int setup(void **state)
{
    if (at_setup(state)) return 1;
    dbc = at_connect("");
    stmt = at_stmt(dbc);
    at_exec(stmt, "create database desc_us precision 'us'");
    at_exec(stmt, "create table desc_us.t (ts timestamp, i int, u bigint unsigned, f float, d "
                  "double, v varchar(10),"
                  " n nchar(5), p decimal(12,3), b varbinary(7), flag bool)");
    return 0;
}

static int teardown(void **state)
{
    at_free(stmt);
    at_disconnect(dbc);
    return at_teardown(state);
}

static SQLHDESC desc_of(SQLHSTMT s, SQLINTEGER which)
{
    SQLHDESC d = NULL;
    at_sok(SQLGetStmtAttr(s, which, &d, SQL_IS_POINTER, NULL), s);
    assert_non_null(d);
    return d;
}

/* The reference's table: type and, for ARD, APD, IRD, IPD, w read/write, r read only, - unused. */
static const struct {
    SQLSMALLINT id;
    bool header;
    char type; /* 2, 4, 8 bytes, t text */
    const char *rights;
} fields[] = {
    {SQL_DESC_ALLOC_TYPE, true, 2, "rrrr"},
    {SQL_DESC_ARRAY_SIZE, true, 8, "ww--"},
    {SQL_DESC_ARRAY_STATUS_PTR, true, 8, "wwww"},
    {SQL_DESC_BIND_OFFSET_PTR, true, 8, "ww--"},
    {SQL_DESC_BIND_TYPE, true, 4, "ww--"},
    {SQL_DESC_COUNT, true, 2, "wwrw"},
    {SQL_DESC_ROWS_PROCESSED_PTR, true, 8, "--ww"},
    {SQL_DESC_AUTO_UNIQUE_VALUE, false, 4, "--r-"},
    {SQL_DESC_BASE_COLUMN_NAME, false, 't', "--r-"},
    {SQL_DESC_BASE_TABLE_NAME, false, 't', "--r-"},
    {SQL_DESC_CASE_SENSITIVE, false, 4, "--rr"},
    {SQL_DESC_CATALOG_NAME, false, 't', "--r-"},
    {SQL_DESC_CONCISE_TYPE, false, 2, "wwrw"},
    {SQL_DESC_DATA_PTR, false, 8, "ww-w"},
    {SQL_DESC_DATETIME_INTERVAL_CODE, false, 2, "wwrw"},
    {SQL_DESC_DATETIME_INTERVAL_PRECISION, false, 4, "wwrw"},
    {SQL_DESC_DISPLAY_SIZE, false, 8, "--r-"},
    {SQL_DESC_FIXED_PREC_SCALE, false, 2, "--rr"},
    {SQL_DESC_INDICATOR_PTR, false, 8, "ww--"},
    {SQL_DESC_LABEL, false, 't', "--r-"},
    {SQL_DESC_LENGTH, false, 8, "wwrw"},
    {SQL_DESC_LITERAL_PREFIX, false, 't', "--r-"},
    {SQL_DESC_LITERAL_SUFFIX, false, 't', "--r-"},
    {SQL_DESC_LOCAL_TYPE_NAME, false, 't', "--rr"},
    {SQL_DESC_NAME, false, 't', "--rw"},
    {SQL_DESC_NULLABLE, false, 2, "--rr"},
    {SQL_DESC_NUM_PREC_RADIX, false, 4, "wwrw"},
    {SQL_DESC_OCTET_LENGTH, false, 8, "wwrw"},
    {SQL_DESC_OCTET_LENGTH_PTR, false, 8, "ww--"},
    {SQL_DESC_PARAMETER_TYPE, false, 2, "---w"},
    {SQL_DESC_PRECISION, false, 2, "wwrw"},
    {SQL_DESC_ROWVER, false, 2, "--rr"},
    {SQL_DESC_SCALE, false, 2, "wwrw"},
    {SQL_DESC_SCHEMA_NAME, false, 't', "--r-"},
    {SQL_DESC_SEARCHABLE, false, 2, "--r-"},
    {SQL_DESC_TABLE_NAME, false, 't', "--r-"},
    {SQL_DESC_TYPE, false, 2, "wwrw"},
    {SQL_DESC_TYPE_NAME, false, 't', "--rr"},
    {SQL_DESC_UNNAMED, false, 2, "--rw"},
    {SQL_DESC_UNSIGNED, false, 2, "--rr"},
    {SQL_DESC_UPDATABLE, false, 2, "--r-"},
};

static const SQLINTEGER kinds[] = {SQL_ATTR_APP_ROW_DESC, SQL_ATTR_APP_PARAM_DESC,
                                   SQL_ATTR_IMP_ROW_DESC, SQL_ATTR_IMP_PARAM_DESC};

static void get_width(SQLHDESC d, size_t f)
{
    unsigned char buf[300];
    SQLINTEGER len = -1;
    memset(buf, 0xa5, sizeof buf);
    at_dok(SQLGetDescField(d, 1, fields[f].id, buf, sizeof buf, &len), d);
    if (fields[f].type == 't') {
        assert_int_equal(len, strlen((char *)buf));
        return;
    }
    assert_int_equal(len, fields[f].type);
    for (size_t k = (size_t)fields[f].type; k < 16; k++)
        if (buf[k] != 0xa5) fail_msg("field %d writes byte %zu", fields[f].id, k);
}

static void reading(void **state)
{
    (void)state;
    at_exec(stmt, "select i from desc_us.t");
    for (size_t k = 0; k < LEN(kinds); k++) {
        SQLHDESC d = desc_of(stmt, kinds[k]);
        if (kinds[k] != SQL_ATTR_IMP_ROW_DESC)
            at_dok(SQLSetDescField(d, 1, SQL_DESC_CONCISE_TYPE, (SQLPOINTER)SQL_INTEGER,
                                   SQL_IS_SMALLINT),
                   d);
        for (size_t f = 0; f < LEN(fields); f++) {
            char buf[300];
            SQLINTEGER len;
            if (fields[f].rights[k] == '-')
                at_rc(SQLGetDescField(d, 1, fields[f].id, buf, sizeof buf, &len), SQL_ERROR,
                      SQL_HANDLE_DESC, d, "HY091");
            else
                get_width(d, f);
        }
        char buf[100];
        at_rc(SQLGetDescField(d, 1, 4711, buf, sizeof buf, NULL), SQL_ERROR, SQL_HANDLE_DESC, d,
              "HY091");
        at_rc(SQLGetDescField(d, -1, SQL_DESC_TYPE, buf, sizeof buf, NULL), SQL_ERROR,
              SQL_HANDLE_DESC, d, "07009");
        assert_int_equal(SQLGetDescField(d, 99, SQL_DESC_TYPE, buf, sizeof buf, NULL), SQL_NO_DATA);
    }
    at_sok(SQLCloseCursor(stmt), stmt);
}

static void writing(void **state)
{
    (void)state;
    at_exec(stmt, "select i from desc_us.t");
    for (size_t k = 0; k < LEN(kinds); k++) {
        SQLHDESC d = desc_of(stmt, kinds[k]);
        for (size_t f = 0; f < LEN(fields); f++) {
            bool may = fields[f].rights[k] == 'w';
            if (may) continue; /* below, with values that make sense */
            SQLRETURN rc = SQLSetDescField(d, 1, fields[f].id,
                                           fields[f].type == 't' ? (SQLPOINTER) "x" : (SQLPOINTER)1,
                                           fields[f].type == 't' ? 1 : 0);
            at_rc(rc, SQL_ERROR, SQL_HANDLE_DESC, d,
                  kinds[k] == SQL_ATTR_IMP_ROW_DESC ? "HY016" : "HY091");
        }
        at_rc(SQLSetDescField(d, 1, 4711, NULL, 0), SQL_ERROR, SQL_HANDLE_DESC, d, "HY091");
    }
    at_sok(SQLCloseCursor(stmt), stmt);
}

static SQLLEN get_num(SQLHDESC d, SQLSMALLINT rec, SQLSMALLINT field)
{
    SQLLEN v = 0;
    for (size_t f = 0; f < LEN(fields); f++)
        if (fields[f].id == field) {
            SQLSMALLINT v16 = 0;
            SQLINTEGER v32 = 0;
            SQLPOINTER to = fields[f].type == 2   ? (SQLPOINTER)&v16
                            : fields[f].type == 4 ? (SQLPOINTER)&v32
                                                  : &v;
            at_dok(SQLGetDescField(d, rec, field, to, 0, NULL), d);
            if (fields[f].type == 2)
                v = v16;
            else if (fields[f].type == 4)
                v = v32;
        }
    return v;
}

static void set(SQLHDESC d, SQLSMALLINT rec, SQLSMALLINT field, intptr_t v)
{
    at_dok(SQLSetDescField(d, rec, field, (SQLPOINTER)v, 0), d);
}

/* Types carry their defaults, pointers ask for a check, other changes unbind. */
static void setting_types(void **state)
{
    (void)state;
    SQLHDESC d;
    SQLINTEGER value;
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_DESC, dbc, &d), SQL_SUCCESS);
    assert_int_equal(get_num(d, 0, SQL_DESC_ALLOC_TYPE), SQL_DESC_ALLOC_USER);
    assert_int_equal(get_num(d, 0, SQL_DESC_COUNT), 0);
    assert_int_equal(get_num(d, 0, SQL_DESC_ARRAY_SIZE), 1);

    set(d, 2, SQL_DESC_TYPE, SQL_C_NUMERIC);
    assert_int_equal(get_num(d, 0, SQL_DESC_COUNT), 2);
    assert_int_equal(get_num(d, 2, SQL_DESC_PRECISION), 38);
    assert_int_equal(get_num(d, 2, SQL_DESC_SCALE), 0);
    assert_int_equal(get_num(d, 1, SQL_DESC_CONCISE_TYPE), SQL_C_DEFAULT);

    set(d, 2, SQL_DESC_CONCISE_TYPE, SQL_C_TYPE_TIMESTAMP);
    assert_int_equal(get_num(d, 2, SQL_DESC_TYPE), SQL_DATETIME);
    assert_int_equal(get_num(d, 2, SQL_DESC_DATETIME_INTERVAL_CODE), SQL_CODE_TIMESTAMP);
    set(d, 2, SQL_DESC_DATETIME_INTERVAL_CODE, SQL_CODE_DATE);
    assert_int_equal(get_num(d, 2, SQL_DESC_CONCISE_TYPE), SQL_C_TYPE_DATE);
    set(d, 2, SQL_DESC_CONCISE_TYPE, SQL_C_INTERVAL_DAY);
    assert_int_equal(get_num(d, 2, SQL_DESC_TYPE), SQL_INTERVAL);
    assert_int_equal(get_num(d, 2, SQL_DESC_DATETIME_INTERVAL_PRECISION), 2);
    set(d, 2, SQL_DESC_CONCISE_TYPE, SQL_C_TIMESTAMP); /* ODBC 2 code */
    assert_int_equal(get_num(d, 2, SQL_DESC_CONCISE_TYPE), SQL_C_TYPE_TIMESTAMP);

    set(d, 2, SQL_DESC_DATA_PTR, (intptr_t)&value);
    assert_ptr_equal((void *)get_num(d, 2, SQL_DESC_DATA_PTR), &value);
    set(d, 2, SQL_DESC_PRECISION, 3); /* unbinds */
    assert_int_equal(get_num(d, 2, SQL_DESC_DATA_PTR), 0);
    set(d, 2, SQL_DESC_PRECISION, 12);
    at_rc(SQLSetDescField(d, 2, SQL_DESC_DATA_PTR, &value, 0), SQL_ERROR, SQL_HANDLE_DESC, d,
          "HY021");
    set(d, 2, SQL_DESC_TYPE, SQL_C_NUMERIC);
    set(d, 2, SQL_DESC_SCALE, 39);
    at_rc(SQLSetDescField(d, 2, SQL_DESC_DATA_PTR, &value, 0), SQL_ERROR, SQL_HANDLE_DESC, d,
          "HY021");

    at_rc(SQLSetDescField(d, 1, SQL_DESC_TYPE, (SQLPOINTER)1234, 0), SQL_ERROR, SQL_HANDLE_DESC, d,
          "HY021");
    at_rc(SQLSetDescField(d, 1, SQL_DESC_CONCISE_TYPE, (SQLPOINTER)SQL_VARCHAR, 0), SQL_ERROR,
          SQL_HANDLE_DESC, d, "HY021");
    at_rc(SQLSetDescField(d, 1, SQL_DESC_DATETIME_INTERVAL_CODE, (SQLPOINTER)1, 0), SQL_ERROR,
          SQL_HANDLE_DESC, d, "HY021");
    at_rc(SQLSetDescField(d, 0, SQL_DESC_ARRAY_SIZE, (SQLPOINTER)0, 0), SQL_ERROR, SQL_HANDLE_DESC,
          d, "HY092");
    at_rc(SQLSetDescField(d, 0, SQL_DESC_COUNT, (SQLPOINTER)-1, 0), SQL_ERROR, SQL_HANDLE_DESC, d,
          "07009");
    at_rc(SQLSetDescField(d, -1, SQL_DESC_PRECISION, (SQLPOINTER)1, 0), SQL_ERROR, SQL_HANDLE_DESC,
          d, "07009");

    /* unbinding the highest record lowers the count to the next bound one */
    set(d, 1, SQL_DESC_CONCISE_TYPE, SQL_C_SLONG);
    set(d, 1, SQL_DESC_DATA_PTR, (intptr_t)&value);
    set(d, 4, SQL_DESC_CONCISE_TYPE, SQL_C_SLONG);
    set(d, 4, SQL_DESC_DATA_PTR, (intptr_t)&value);
    set(d, 4, SQL_DESC_DATA_PTR, 0);
    assert_int_equal(get_num(d, 0, SQL_DESC_COUNT), 1);
    SQLFreeHandle(SQL_HANDLE_DESC, d);
}

static void parameter_descriptor(void **state)
{
    (void)state;
    SQLHDESC d = desc_of(stmt, SQL_ATTR_IMP_PARAM_DESC);
    SQLCHAR name[40];
    set(d, 1, SQL_DESC_CONCISE_TYPE, SQL_VARCHAR);
    assert_int_equal(get_num(d, 1, SQL_DESC_PARAMETER_TYPE), SQL_PARAM_INPUT);
    at_dok(SQLSetDescField(d, 1, SQL_DESC_NAME, (SQLPOINTER)(uintptr_t) "limit", 5), d);
    at_dok(SQLGetDescField(d, 1, SQL_DESC_NAME, name, sizeof name, NULL), d);
    assert_string_equal((char *)name, "limit");
    assert_int_equal(get_num(d, 1, SQL_DESC_UNNAMED), SQL_NAMED);
    at_rc(SQLSetDescField(d, 1, SQL_DESC_UNNAMED, (SQLPOINTER)SQL_NAMED, 0), SQL_ERROR,
          SQL_HANDLE_DESC, d, "HY092");
    set(d, 1, SQL_DESC_UNNAMED, SQL_UNNAMED);
    at_rc(SQLSetDescField(d, 1, SQL_DESC_PARAMETER_TYPE, (SQLPOINTER)77, 0), SQL_ERROR,
          SQL_HANDLE_DESC, d, "HY105");
    at_rc(SQLSetDescField(d, 0, SQL_DESC_CONCISE_TYPE, (SQLPOINTER)SQL_VARCHAR, 0), SQL_ERROR,
          SQL_HANDLE_DESC, d, "07009");
    at_sok(SQLFreeStmt(stmt, SQL_RESET_PARAMS), stmt);
}

/* The IRD is there once the statement is prepared, and can only be read. */
static void row_descriptor(void **state)
{
    (void)state;
    SQLHSTMT s = at_stmt(dbc);
    SQLHDESC d = desc_of(s, SQL_ATTR_IMP_ROW_DESC);
    SQLSMALLINT n, type, sub = 0, precision, scale, nullable, len;
    SQLLEN length;
    SQLCHAR name[20];
    at_rc(SQLGetDescField(d, 1, SQL_DESC_TYPE, &n, 0, NULL), SQL_ERROR, SQL_HANDLE_DESC, d,
          "HY007");
    at_sok(SQLPrepare(s, S("select ts, i, v from desc_us.t")), s);
    assert_int_equal(get_num(d, 0, SQL_DESC_COUNT), 3);
    at_dok(SQLGetDescRec(d, 1, name, sizeof name, &len, &type, &sub, &length, &precision, &scale,
                         &nullable),
           d);
    assert_string_equal((char *)name, "ts");
    assert_int_equal(len, 2);
    assert_int_equal(type, SQL_DATETIME);
    assert_int_equal(sub, SQL_CODE_TIMESTAMP);
    assert_int_equal(length, 16);
    assert_int_equal(precision, 6);
    assert_int_equal(SQLGetDescRec(d, 4, name, sizeof name, &len, &type, &sub, &length, &precision,
                                   &scale, &nullable),
                     SQL_NO_DATA);
    at_rc(SQLSetDescRec(d, 1, SQL_INTEGER, 0, 4, 0, 0, NULL, NULL, NULL), SQL_ERROR,
          SQL_HANDLE_DESC, d, "HY016");
    at_free(s);
}

static void set_rec(void **state)
{
    (void)state;
    SQLHDESC d = desc_of(stmt, SQL_ATTR_APP_ROW_DESC);
    SQLINTEGER v = 0;
    SQLLEN ind = 0;
    at_dok(SQLSetDescRec(d, 1, SQL_C_SLONG, 0, 4, 0, 0, &v, &ind, &ind), d);
    at_exec(stmt, "select 42");
    at_sok(SQLFetch(stmt), stmt);
    assert_int_equal(v, 42);
    assert_int_equal(ind, 4);
    at_sok(SQLCloseCursor(stmt), stmt);
    at_rc(SQLSetDescRec(d, 1, SQL_DATETIME, 9, 16, 0, 0, &v, NULL, NULL), SQL_ERROR,
          SQL_HANDLE_DESC, d, "HY021");
    at_sok(SQLFreeStmt(stmt, SQL_UNBIND), stmt);
    assert_int_equal(get_num(d, 0, SQL_DESC_COUNT), 0);
}

/* One explicit descriptor serves two statements; a copy is a descriptor of its own. */
static void sharing_and_copying(void **state)
{
    (void)state;
    SQLHSTMT a = at_stmt(dbc), b = at_stmt(dbc);
    SQLHDESC shared, copy;
    SQLINTEGER v = 0, w = 0;
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_DESC, dbc, &shared), SQL_SUCCESS);
    assert_int_equal(SQLAllocHandle(SQL_HANDLE_DESC, dbc, &copy), SQL_SUCCESS);
    at_dok(SQLSetDescRec(shared, 1, SQL_C_SLONG, 0, 4, 0, 0, &v, NULL, NULL), shared);
    at_sok(SQLSetStmtAttr(a, SQL_ATTR_APP_ROW_DESC, shared, SQL_IS_POINTER), a);
    at_sok(SQLSetStmtAttr(b, SQL_ATTR_APP_ROW_DESC, shared, SQL_IS_POINTER), b);
    at_exec(a, "select 1");
    at_exec(b, "select 2");
    at_sok(SQLFetch(a), a);
    assert_int_equal(v, 1);
    at_sok(SQLFetch(b), b);
    assert_int_equal(v, 2);

    at_dok(SQLCopyDesc(shared, copy), copy);
    assert_int_equal(get_num(copy, 0, SQL_DESC_ALLOC_TYPE), SQL_DESC_ALLOC_USER);
    at_dok(SQLSetDescField(copy, 1, SQL_DESC_DATA_PTR, &w, 0), copy);
    at_sok(SQLSetStmtAttr(a, SQL_ATTR_APP_ROW_DESC, copy, SQL_IS_POINTER), a);
    at_sok(SQLCloseCursor(a), a);
    at_exec(a, "select 3");
    at_sok(SQLFetch(a), a);
    assert_int_equal(w, 3);
    assert_int_equal(v, 2);
    at_sok(SQLCloseCursor(a), a);

    /* the IRD can be copied, not written */
    at_dok(SQLCopyDesc(desc_of(b, SQL_ATTR_IMP_ROW_DESC), copy), copy);
    assert_int_equal(get_num(copy, 0, SQL_DESC_COUNT), 1);
    SQLHDESC ird = desc_of(b, SQL_ATTR_IMP_ROW_DESC);
    at_rc(SQLCopyDesc(copy, ird), SQL_ERROR, SQL_HANDLE_DESC, ird, "HY016");
    at_free(a);
    at_free(b);
    SQLFreeHandle(SQL_HANDLE_DESC, shared);
    SQLFreeHandle(SQL_HANDLE_DESC, copy);
}

static void col_attributes(void **state)
{
    (void)state;
    static const struct {
        int col;
        SQLUSMALLINT field;
        SQLLEN want;
    } nums[] = {
        {1, SQL_DESC_CONCISE_TYPE, SQL_TYPE_TIMESTAMP},
        {1, SQL_DESC_TYPE, SQL_DATETIME},
        {1, SQL_DESC_DISPLAY_SIZE, 26},
        {1, SQL_DESC_PRECISION, 6},
        {1, SQL_DESC_OCTET_LENGTH, 16},
        {1, SQL_COLUMN_LENGTH, 16},
        {1, SQL_COLUMN_PRECISION, 26},
        {1, SQL_COLUMN_SCALE, 6},
        {1, SQL_DESC_UNSIGNED, SQL_TRUE},
        {2, SQL_DESC_CONCISE_TYPE, SQL_INTEGER},
        {2, SQL_DESC_DISPLAY_SIZE, 11},
        {2, SQL_DESC_UNSIGNED, SQL_FALSE},
        {2, SQL_DESC_NUM_PREC_RADIX, 10},
        {2, SQL_DESC_SEARCHABLE, SQL_PRED_BASIC},
        {2, SQL_DESC_UPDATABLE, SQL_ATTR_READONLY},
        {2, SQL_DESC_AUTO_UNIQUE_VALUE, SQL_FALSE},
        {2, SQL_DESC_COUNT, 10},
        {2, SQL_COLUMN_COUNT, 10},
        {3, SQL_DESC_CONCISE_TYPE, SQL_BIGINT},
        {3, SQL_DESC_UNSIGNED, SQL_TRUE},
        {4, SQL_DESC_CONCISE_TYPE, SQL_REAL},
        {5, SQL_DESC_CONCISE_TYPE, SQL_DOUBLE},
        {6, SQL_DESC_CONCISE_TYPE, SQL_VARCHAR},
        {6, SQL_DESC_LENGTH, 10},
        {6, SQL_COLUMN_LENGTH, 10},
        {6, SQL_DESC_OCTET_LENGTH, 10},
        {6, SQL_DESC_CASE_SENSITIVE, SQL_TRUE},
        {7, SQL_DESC_CONCISE_TYPE, SQL_WVARCHAR},
        {7, SQL_DESC_LENGTH, 5},
        {7, SQL_DESC_OCTET_LENGTH, 20},
        {8, SQL_DESC_CONCISE_TYPE, SQL_DECIMAL},
        {8, SQL_DESC_PRECISION, 12},
        {8, SQL_DESC_SCALE, 3},
        {8, SQL_DESC_DISPLAY_SIZE, 14},
        {9, SQL_DESC_CONCISE_TYPE, SQL_VARBINARY},
        {9, SQL_DESC_DISPLAY_SIZE, 14},
        {10, SQL_DESC_CONCISE_TYPE, SQL_BIT},
        {10, SQL_DESC_DISPLAY_SIZE, 1},
    };
    static const struct {
        int col;
        SQLUSMALLINT field;
        const char *want;
    } texts[] = {
        {1, SQL_DESC_NAME, "ts"},
        {1, SQL_DESC_LABEL, "ts"},
        {1, SQL_COLUMN_NAME, "ts"},
        {1, SQL_DESC_TYPE_NAME, "TIMESTAMP"},
        {3, SQL_DESC_TYPE_NAME, "BIGINT UNSIGNED"},
        {7, SQL_DESC_LOCAL_TYPE_NAME, "NCHAR"},
        {6, SQL_DESC_LITERAL_PREFIX, "'"},
        {2, SQL_DESC_LITERAL_SUFFIX, ""},
        {2, SQL_DESC_SCHEMA_NAME, ""},
    };
    at_exec(stmt, "select * from desc_us.t");
    for (size_t i = 0; i < LEN(nums); i++) {
        SQLLEN v = -99;
        at_sok(SQLColAttribute(stmt, (SQLUSMALLINT)nums[i].col, nums[i].field, NULL, 0, NULL, &v),
               stmt);
        if (v != nums[i].want)
            fail_msg("column %d, field %u: %ld, not %ld", nums[i].col, nums[i].field, (long)v,
                     (long)nums[i].want);
    }
    for (size_t i = 0; i < LEN(texts); i++) {
        SQLCHAR buf[100];
        SQLSMALLINT n;
        SQLLEN unused;
        at_sok(SQLColAttribute(stmt, (SQLUSMALLINT)texts[i].col, texts[i].field, buf, sizeof buf,
                               &n, &unused),
               stmt);
        assert_string_equal((char *)buf, texts[i].want);
        assert_int_equal(n, strlen(texts[i].want));
    }
    SQLWCHAR wide[20];
    SQLSMALLINT n;
    SQLLEN v;
    at_sok(SQLColAttributeW(stmt, 1, SQL_DESC_TYPE_NAME, wide, sizeof wide, &n, &v), stmt);
    assert_int_equal(n, 9 * (int)sizeof(SQLWCHAR)); /* bytes */
    at_srv_fails(SQLColAttribute(stmt, 11, SQL_DESC_TYPE, NULL, 0, NULL, &v), stmt, "07009");
    at_srv_fails(SQLColAttribute(stmt, 0, SQL_DESC_TYPE, NULL, 0, NULL, &v), stmt, "07009");
    at_srv_fails(SQLColAttribute(stmt, 1, 4711, NULL, 0, NULL, &v), stmt, "HY091");
    at_sok(SQLCloseCursor(stmt), stmt);
    SQLHSTMT s = at_stmt(dbc);
    at_srv_fails(SQLColAttribute(s, 1, SQL_DESC_TYPE, NULL, 0, NULL, &v), s, "HY010");
    at_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),
        cmocka_unit_test(writing),
        cmocka_unit_test(setting_types),
        cmocka_unit_test(parameter_descriptor),
        cmocka_unit_test(row_descriptor),
        cmocka_unit_test(set_rec),
        cmocka_unit_test(sharing_and_copying),
        cmocka_unit_test(col_attributes),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
