/* The conversion cases of tests/data/conv (format: README.md there), each in every way of fetching.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "convcase.h"
#include "convrun.h"
#include "golden.h"

struct totals {
    uint32_t cases, failures, types, states;
    bool type_seen[TD_T_COUNT], pair_seen[TD_T_COUNT][256], state_seen[TD_ST_COUNT];
};

static void complain(const struct conv_case *c, const char *way, const char *why)
{
    print_error("%s:%u: %s\n    %s: %s\n", c->file, c->line, c->text, way, why);
}

/* The cell holds what the case wants? NULL, or what is wrong. */
static const char *judge(const struct conv_case *c, const struct conv_cell *got)
{
    static char why[400];
    char outcome[64];

    conv_outcome(got, outcome);
    if (strcmp(outcome, c->outcome) != 0) {
        snprintf(why, sizeof why, "outcome %s instead of %s", outcome, c->outcome);
        return why;
    }
    if (c->has_ind && got->ind != c->ind) {
        snprintf(why, sizeof why, "indicator %lld instead of %lld", (long long)got->ind,
                 (long long)c->ind);
        return why;
    }
    if (c->bytes_n && (c->bytes_n > got->room || memcmp(got->value, c->bytes, c->bytes_n))) {
        size_t n = (size_t)snprintf(why, sizeof why, "bytes ");
        for (size_t i = 0; i < got->room && i < c->bytes_n + 4 && n < 180; i++)
            n += (size_t)snprintf(why + n, sizeof why - n, "%02x", got->value[i]);
        n += (size_t)snprintf(why + n, sizeof why - n, " instead of ");
        for (size_t i = 0; i < c->bytes_n && n < 380; i++)
            n += (size_t)snprintf(why + n, sizeof why - n, "%02x", c->bytes[i]);
        return why;
    }
    return NULL;
}

static bool run_bound(const struct conv_case *c, struct td_kctx *x)
{
    static const char *const names[] = {"by column", "by row", "single", "separate indicators"};
    struct conv_cell cells[CONV_CASE_ROWS];
    bool ok = true;

    for (int way = 0; way < CONV_WAYS; way++) {
        const char *why =
            conv_run((enum conv_way)way, &c->col, 0, c->col.rows, c->ctype, c->cap, x, cells);

        for (uint32_t row = 0; !why && row < c->col.rows; row++)
            if (conv_case_is_value(row)) why = judge(c, &cells[row]);
        conv_free(cells, strcmp(why ? why : "", "no kernel") ? c->col.rows : 0);
        if (why) {
            complain(c, names[way], why);
            ok = false;
        }
    }
    return ok;
}

/* All pieces of one length make the whole; indicators count down. */
static const char *drain(const struct conv_case *c, struct td_kctx *x, struct td_str whole,
                         SQLLEN cap)
{
    struct td_piece p = {0};
    size_t at = 0, end = c->ctype == SQL_C_CHAR ? 1 : c->ctype == SQL_C_WCHAR ? TD_WCHAR_SIZE : 0;
    SQLRETURN rc;

    for (int turns = 0; turns < 4000; turns++) {
        struct conv_cell cell;
        const char *why = conv_piece(&c->col, 1, c->ctype, cap, &p, x, &rc, &cell);
        size_t room = (size_t)cap - end, n;

        if (!why && rc == SQL_NO_DATA) why = at == whole.n ? "" : "no data before the end";
        if (!why && rc == SQL_ERROR)
            why = at == 0 && conv_has(&cell, TD_ST_22003) ? "" : "an error in a piece";
        if (!why && cell.ind != (SQLLEN)(whole.n - at)) why = "the indicator is not what was left";
        if (!why) {
            n = rc == SQL_SUCCESS ? (size_t)cell.ind : 0;
            if (rc == SQL_SUCCESS_WITH_INFO) { // up to the terminator, or all of the room
                size_t most = (size_t)cell.ind < room ? (size_t)cell.ind : room;
                for (n = most; n > 0 && memcmp(cell.value, whole.p + at, n) != 0;)
                    n--;
            }
            if (n > room || memcmp(cell.value, whole.p + at, n) != 0)
                why = "a piece differs from the whole";
            at += n;
        }
        conv_free(&cell, 1);
        if (why) return *why ? why : NULL;
    }
    return NULL; // no code point fits: no progress, but nothing wrong was given
}

static bool run_pieces(const struct conv_case *c, struct td_kctx *x)
{
    struct conv_cell cell, full;
    struct td_piece p = {0};
    struct td_str whole;
    SQLRETURN rc;
    const char *why = conv_piece(&c->col, 1, c->ctype, c->cap, &p, x, &rc, &cell);

    if (!td_ctype_is_var(c->ctype)) {
        if (!why && !(rc == SQL_ERROR && conv_has(&cell, TD_ST_07006)))
            why = "a fixed type in pieces is not 07006";
        conv_free(&cell, 1);
        if (why) complain(c, "piece", why);
        return !why;
    }
    if (!why && !x->max_column) why = judge(c, &cell);
    if (!why && (!c->has_ind || c->ind >= 0)) {
        why = conv_run(CONV_SINGLE, &c->col, 1, 1, c->ctype, 70000, x, &full);
        whole = (struct td_str){(char *)full.value, full.error ? 0 : (size_t)full.ind};
        if (!why && !x->max_column && !full.error) why = drain(c, x, whole, c->cap);
        conv_free(&full, 1);
    }
    conv_free(&cell, 1);
    if (why) complain(c, "pieces", why);
    return !why;
}

static bool run_lens(const struct conv_case *c, struct td_kctx *x)
{
    struct conv_cell cells[CONV_CASE_ROWS];
    const char *why = conv_run_lens(&c->col, 0, c->col.rows, c->ctype, x, cells);

    if (!why && c->has_ind && cells[1].ind != c->ind) why = "another indicator without a buffer";
    conv_free(cells, c->col.rows);
    if (why) complain(c, "indicators only", why);
    return !why;
}

static void run_case(const struct conv_case *c, struct totals *t)
{
    struct td_kctx x = c->settings;
    bool ok;

    t->cases++;
    if (!c->good) {
        complain(c, "reading the case", c->why);
        t->failures++;
        return;
    }
    t->type_seen[c->col.type] = true;
    t->pair_seen[c->col.type][(uint8_t)c->ctype] = true;
    for (int s = 0; s < TD_ST_COUNT; s++)
        if (strstr(c->outcome, td_sqlstate_text((enum td_sqlstate)s))) t->state_seen[s] = true;
    ok = run_bound(c, &x);
    ok = run_pieces(c, &x) && ok;
    ok = run_lens(c, &x) && ok;
    if (!ok) t->failures++;
}

static void all_cases(void **state)
{
    struct totals *t = calloc(1, sizeof *t);
    char **files = golden_files(TD_TEST_DATA "/conv", ".conv");
    (void)state;

    for (size_t i = 0; files[i]; i++) {
        struct conv_file *f = conv_file_open(files[i]);
        struct conv_case c;

        assert_non_null(f);
        while (conv_file_next(f, &c)) {
            run_case(&c, t);
            conv_case_free(&c);
            if (t->failures > 40) break;
        }
        conv_file_close(f);
    }
    golden_files_free(files);
    print_message("conversion cases: %u\n", t->cases);
    assert_int_equal(t->failures, 0);
    assert_true(t->cases >= 1500);
    /* every type and every legal pair has its case */
    for (int type = 0; type < TD_T_COUNT; type++) {
        if (!td_type_known(type)) continue;
        assert_true(t->type_seen[type]);
        for (int c = -30; c <= 120; c++) {
            if (!td_kernel_for(type, (SQLSMALLINT)c)) continue;
            if (c >= SQL_C_DATE && c <= SQL_C_TIMESTAMP) continue; // ODBC 2's names of the same
            if (!t->pair_seen[type][(uint8_t)c])
                fail_msg("no case for type %d to C type %d", type, c);
        }
    }
    static const enum td_sqlstate wanted[] = {TD_ST_01000, TD_ST_01004, TD_ST_01S07, TD_ST_22003,
                                              TD_ST_22007, TD_ST_22008, TD_ST_22015, TD_ST_22018};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_true(t->state_seen[wanted[i]]);
    free(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(all_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
