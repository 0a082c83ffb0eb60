/*
 * SQLGetData in pieces: any value of any type, any sequence of buffer lengths. The pieces put
 * together must be the whole conversion, each indicator what was left, and no byte outside a buffer
 * may be touched.
 *
 * Input: type, C type, number of lengths, the lengths, the value's bytes.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "conv/kernel.h"
#include "wire/build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUE_MAX 4000
#define WHOLE_MAX (VALUE_MAX * 8)
#define GUARD     32
#define POISON    0xAB

static const uint8_t types[] = {
    TD_T_VARCHAR,   TD_T_NCHAR,      TD_T_JSON,     TD_T_VARBINARY, TD_T_BLOB,   TD_T_GEOMETRY,
    TD_T_BOOL,      TD_T_TINYINT,    TD_T_SMALLINT, TD_T_INT,       TD_T_BIGINT, TD_T_FLOAT,
    TD_T_DOUBLE,    TD_T_TIMESTAMP,  TD_T_UTINYINT, TD_T_USMALLINT, TD_T_UINT,   TD_T_UBIGINT,
    TD_T_DECIMAL64, TD_T_DECIMAL128, TD_T_NULL};
static const SQLSMALLINT ctypes[] = {SQL_C_CHAR, SQL_C_WCHAR, SQL_C_BINARY};

static void check(bool ok)
{
    if (!ok) abort();
}

static void put_value(struct td_build *b, int type, const uint8_t *p, size_t n)
{
    uint64_t v[2] = {0, 0};
    double d;
    float f;

    if (type == TD_T_NULL) {
        td_build_null(b, 0);
        return;
    }
    if (td_type_is_var(type)) {
        if (type == TD_T_NCHAR) n -= n % 4;
        td_build_bytes(b, 0, p, n);
        return;
    }
    memcpy(v, p, n < sizeof v ? n : sizeof v);
    memcpy(&d, v, sizeof d);
    memcpy(&f, v, sizeof f);
    if (type == TD_T_FLOAT || type == TD_T_DOUBLE)
        td_build_double(b, 0, type == TD_T_FLOAT ? f : d);
    else if (type == TD_T_DECIMAL64 ||
             type == TD_T_DECIMAL128) // no server sends more digits than the precision has
        td_build_dec(b, 0,
                     type == TD_T_DECIMAL64 ? td_i128_of((int64_t)v[0] % 1000000000000000000)
                                            : (struct td_i128){v[0], (int64_t)v[1] >> 4});
    else
        td_build_int(b, 0, (int64_t)v[0]);
}

static uint8_t *make_block(int type, uint8_t ts_prec, const uint8_t *p, size_t n,
                           struct td_col *col)
{
    struct td_build_col spec = {(uint8_t)type, 0, 0, 0};
    struct td_build *b;
    struct td_block block;
    uint8_t *bytes;
    size_t len;

    if (td_type_is_var(type)) spec.bytes = VALUE_MAX + 2;
    if (type == TD_T_DECIMAL64) spec = (struct td_build_col){TD_T_DECIMAL64, 18, 7, 8};
    if (type == TD_T_DECIMAL128) spec = (struct td_build_col){TD_T_DECIMAL128, 38, 19, 16};
    b = td_build_new(&spec, 1, 1 << 20);
    check(b != NULL);
    put_value(b, type, p, n);
    td_build_end_row(b);
    check(td_build_finish(b, &bytes, &len, NULL) == TD_OK);
    check(td_block_open(bytes, len, NULL, col, 1, ts_prec, &block, NULL) == TD_OK);
    td_build_free(b);
    return bytes;
}

struct drain {
    const struct td_col *col;
    SQLSMALLINT ctype;
    const uint8_t *whole;
    SQLLEN len;
    struct td_piece p;
    struct td_kctx *x;
    SQLLEN at;
};

/* One call; false at the end. */
static bool one_piece(struct drain *d, size_t cap)
{
    static uint8_t memory[WHOLE_MAX + 2 * GUARD + 8];
    uint8_t *buf = memory + GUARD;
    SQLLEN ind = -77, given;
    SQLRETURN rc;

    memset(memory, POISON, cap + 2 * GUARD);
    rc = td_getdata_piece(d->col, 0, d->ctype, buf, (SQLLEN)cap, &ind, &d->p, d->x);
    for (size_t i = 0; i < GUARD; i++)
        check(memory[i] == POISON && buf[cap + i] == POISON);
    if (rc == SQL_NO_DATA) {
        check(d->at == d->len || d->len == SQL_NULL_DATA);
        return false;
    }
    if (rc == SQL_ERROR) { // the whole digits of a number do not fit: nothing was given
        check(d->at == 0 && !d->p.started && !td_type_is_var(d->col->type));
        return true;
    }
    if (d->len == SQL_NULL_DATA) {
        check(ind == SQL_NULL_DATA && rc == SQL_SUCCESS);
        return true;
    }
    check(ind == d->len - d->at);
    given = ind - d->p.left;
    check(given >= 0 && (size_t)given <= cap && memcmp(buf, d->whole + d->at, (size_t)given) == 0);
    if (d->ctype == SQL_C_CHAR && cap >= 1) check(buf[given] == 0);
    if (d->ctype == SQL_C_WCHAR && cap >= sizeof(SQLWCHAR))
        check(buf[given] == 0 && buf[given + 1] == 0);
    d->at += given;
    if (rc == SQL_SUCCESS) check(d->at == d->len);
    return true;
}

static void on_report(struct td_kctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    bool *refused = x->report_arg;

    (void)text;
    check(row == 0);
    if (!td_sqlstate_is_warning(state)) *refused = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t whole[WHOLE_MAX];
    struct td_kctx x;
    struct td_col col;
    struct drain d = {&col, 0, whole, 0, {0}, &x, 0};
    struct td_target t = {whole, sizeof whole, sizeof whole, &d.len, &d.len, sizeof(SQLLEN)};
    size_t pieces;
    uint8_t *block;
    bool more = true, refused = false;

    if (size < 3 || size - 3 < data[2] || size - 3 - data[2] > VALUE_MAX) return 0;
    pieces = data[2];
    block = make_block(types[data[0] % sizeof types], data[1] / 3 % 3, data + 3 + pieces,
                       size - 3 - pieces, &col);
    d.ctype = ctypes[data[1] % 3];
    td_kctx_init(&x, td_tz_get(TD_STR("UTC"), NULL));
    x.max_length = data[1] >= 192 ? data[1] - 191 : 0;
    x.report = on_report;
    x.report_arg = &refused;
    td_kernel_for(col.type, d.ctype)(&col, 0, 1, &t, &x);
    if (refused) { // a year that a structure cannot hold: so in pieces too
        check(td_getdata_piece(&col, 0, d.ctype, whole, sizeof whole, &d.len, &d.p, &x) ==
              SQL_ERROR);
        td_free(block);
        return 0;
    }
    for (size_t i = 0; i < pieces && more; i++)
        more = one_piece(&d, data[3 + i]);
    for (int i = 0; i < 3 && more; i++) // the rest, and the end
        more = one_piece(&d, WHOLE_MAX);
    check(!more);
    td_free(block);
    return 0;
}
