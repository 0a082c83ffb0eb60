/* The SQL tokenizer and the escape rewriting must take any bytes. The first byte picks the options;
   what comes out must be consistent: slices inside the native text, markers on question marks, and
   nothing changed where nothing is to be rewritten (also a string or comment without an end). */
#include <stdlib.h>
#include <string.h>

#include "odbc/sqltext.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct td_sqltext *t)
{
    uint32_t markers = 0;
    for (size_t i = 0; i < t->nstmts; i++) {
        const struct td_sqlstmt *s = &t->stmts[i];
        markers += s->nmarkers;
        for (uint32_t m = 0; m < s->nmarkers; m++)
            if (s->markers[m] >= s->sql.n || s->sql.p[s->markers[m]] != '?' ||
                (m && s->markers[m] <= s->markers[m - 1]))
                abort();
    }
    if (t->nstmts == 0 || markers != t->nmarkers) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct td_sqltext t;
    struct td_err err;
    struct td_sqltext_opts o = {0};
    if (size == 0) return 0;
    o.noscan = data[0] & 1;
    o.quoted_identifiers = data[0] & 2;
    struct td_str sql = {(const char *)data + 1, size - 1};
    bool same = o.noscan && !o.quoted_identifiers;
    if (td_sqltext_parse(&t, sql, &o, &err) == TD_OK) {
        check(&t);
        if (same && (t.native.n != sql.n || (sql.n && memcmp(t.native.p, sql.p, sql.n) != 0)))
            abort();
        td_sqltext_free(&t);
    } else if (same && err.state != TD_ST_HY001) {
        abort();
    }
    return 0;
}
