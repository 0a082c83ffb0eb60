/*
 * Parameters: any bytes as any C type into any column type, and as a literal of any SQL type. What
 * is stored lies inside the column's buffers; a literal is one token of protocol.md 7.7.
 */
#include <stdlib.h>

#include "conv/ctype.h"
#include "conv/param.h"

static void note(struct td_pctx *x, uint32_t row, enum td_sqlstate state, const char *text)
{
    bool *failed = x->report_arg;

    (void)row, (void)text;
    if (!td_sqlstate_is_warning(state)) *failed = true;
}

/* Quoted: ends at its last byte and nowhere before. Bare: no character that could end it. */
static void one_token(struct td_str s)
{
    size_t i = 1;

    if (s.n == 0) abort();
    if (s.p[0] != '\'') {
        for (i = 0; i < s.n; i++) {
            if (!td_isdigit(s.p[i]) && !(s.p[i] >= 'a' && s.p[i] <= 'z') &&
                !(s.p[i] >= 'A' && s.p[i] <= 'Z') && !strchr("+-.", s.p[i]))
                abort();
        }
        return;
    }
    for (; i < s.n - 1; i++) {
        if (s.p[i] == 0) abort();
        if (s.p[i] == '\\' || s.p[i] == '\'') {
            if (++i >= s.n - 1 || (s.p[i] != s.p[i - 1] && s.p[i] != 'x')) abort();
        }
    }
    if (i != s.n - 1 || s.p[i] != '\'') abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const SQLSMALLINT sqltypes[] = {
        SQL_VARCHAR,   SQL_WVARCHAR, SQL_DECIMAL,        SQL_BIT,  SQL_INTEGER,
        SQL_DOUBLE,    SQL_BIGINT,   SQL_VARBINARY,      SQL_GUID, SQL_TYPE_DATE,
        SQL_TYPE_TIME, SQL_NUMERIC,  SQL_TYPE_TIMESTAMP, SQL_REAL, SQL_INTERVAL_DAY};
    uint8_t copy[256] = {0};
    bool failed = false;

    if (size < 6) return 0;
    SQLSMALLINT ctype = (int8_t)data[0];
    struct td_pdest d = {.type = data[1] % TD_T_COUNT,
                         .precision = data[2] % 39,
                         .scale = data[2] % 39 ? data[3] % (data[2] % 39) : 0,
                         .length = data[3],
                         .dec_text = data[4] & 1};
    SQLLEN n = (SQLLEN)(size - 6);
    int width = td_ctype_width(ctype);
    const uint8_t *value = data + 6;

    if (width < 0) return 0;
    if (d.type == TD_T_TIMESTAMP) d.precision %= 3;
    if (width > 0 && n < width) { // a fixed value is all there
        memcpy(copy, value, (size_t)n);
        value = copy;
    }
    struct td_psource s = {.ctype = ctype,
                           .sqltype = sqltypes[data[5] % (sizeof sqltypes / sizeof *sqltypes)],
                           .base = value,
                           .stride = (size_t)n,
                           .cap = n,
                           .octet_len = &n,
                           .len_stride = sizeof n,
                           .num_scale = data[4] >> 2};
    struct td_pctx x = {.ts_truncation = data[4] & 2, .report = note, .report_arg = &failed};
    struct td_pcol c = {0};
    struct td_buf out = TD_BUF_INIT(1 << 24);

    td_tz_cache_init(&x.tz, td_tz_get(TD_STR("Europe/Berlin"), NULL));
    if (!x.tz.tz) td_tz_cache_init(&x.tz, td_tz_get(TD_STR("UTC"), NULL));
    if (td_type_known(d.type) && td_param_encode(&c, &d, &s, 1, &x) == TD_OK) {
        if (failed != c.nulls[0]) abort();
        if (!c.width && (size_t)c.off[0] + c.len[0] > c.data.n) abort();
    }
    td_pcol_free(&c);
    if (td_param_literal(&out, &s, 0, data[4] & 1, &x) == TD_OK) one_token(td_buf_str(&out));
    td_buf_free(&out);
    return 0;
}
