/* docs_ut.c: docs/dsn.md against the option list, docs/errors.md against the table of codes; both
 * directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opt.h"

/* The whole page; free(). */
static char *page(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/../../docs/%s", TD_TEST_DATA, name);
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("no %s", path);
    size_t cap = 1 << 20;
    char *text = malloc(cap);
    assert_non_null(text);
    size_t n = fread(text, 1, cap - 1, f);
    fclose(f);
    assert_true(n > 0 && n < cap - 1);
    text[n] = 0;
    return text;
}

/* The line of `text` that begins with `start`, in `line`; false when there is none or more than
 * one. */
static bool line_of(const char *text, const char *start, char line[1000])
{
    char pattern[400];
    snprintf(pattern, sizeof pattern, "\n%s", start);
    const char *at = strstr(text, pattern);
    if (!at || strstr(at + 1, pattern)) return false;
    size_t n = strcspn(at + 1, "\n");
    assert_true(n < 1000);
    memcpy(line, at + 1, n);
    line[n] = 0;
    return true;
}

static void assert_in(const char *line, const char *needle)
{
    if (!strstr(line, needle)) fail_msg("no '%s' in: %s", needle, line);
}

/* `a`, `b` of the alias cell, built from "a;b". */
static void alias_cell(const char *aliases, char *out, size_t cap)
{
    char list[256];
    size_t n = 0;
    snprintf(list, sizeof list, "%s", aliases);
    for (char *save, *a = strtok_r(list, ";", &save); a; a = strtok_r(NULL, ";", &save))
        n += (size_t)snprintf(out + n, cap - n, "%s`%s`", n ? ", " : "", a);
    if (n == 0) snprintf(out, cap, "–");
}

static void every_option_is_described(void **state)
{
    (void)state;
    char *text = page("dsn.md");
    for (int i = 0; i < TD_OPT_COUNT; i++) {
        enum td_opt_id id = (enum td_opt_id)i;
        const struct td_opt_info *info = td_opt_info(id);
        char start[300], aliases[200], line[1000], needle[100];
        alias_cell(info->aliases, aliases, sizeof aliases);
        if (*info->def)
            snprintf(start, sizeof start, "| `%s` | %s | `%s` | ", info->key, aliases, info->def);
        else
            snprintf(start, sizeof start, "| `%s` | %s | – | ", info->key, aliases);
        if (!line_of(text, start, line)) fail_msg("not one row '%s'", start);
        int64_t least, most;
        if (td_opt_range(id, &least, &most)) {
            snprintf(needle, sizeof needle, "%" PRId64 "–%" PRId64, least, most);
            assert_in(line, needle);
        }
        struct td_str choices = td_opt_choices(id);
        char list[200];
        snprintf(list, sizeof list, "%.*s", (int)choices.n, choices.p);
        for (char *save, *c = strtok_r(list, "|", &save); c; c = strtok_r(NULL, "|", &save)) {
            snprintf(needle, sizeof needle, "`%s`", c);
            assert_in(line, needle);
        }
        /* The example is one that the option takes. */
        snprintf(needle, sizeof needle, "| `%s=", info->key);
        char *example = strstr(line, needle);
        if (!example) fail_msg("no example in: %s", line);
        example += 3;
        struct td_opts o;
        td_opts_init(&o);
        struct td_str conn = {example, strcspn(example, "`")};
        assert_int_equal(td_opts_parse(&o, conn, NULL, NULL, NULL), TD_OK);
        assert_true(td_opts_given(&o, id));
        td_opts_free(&o);
    }
    free(text);
}

static void no_row_is_stale(void **state)
{
    (void)state;
    char *text = page("dsn.md");
    int rows = 0;
    for (const char *p = strstr(text, "\n| `"); p; p = strstr(p + 1, "\n| `")) {
        struct td_str key = {p + 4, strcspn(p + 4, "`")};
        if (td_opt_find(key) < 0) fail_msg("unknown key %.*s", (int)key.n, key.p);
        rows++;
    }
    assert_int_equal(rows, TD_OPT_COUNT);
    free(text);
}

static const struct {
    unsigned first, last;
    const char *state, *connecting, *text;
} codes[] = {
#define TD_E(first, last, st, conn, text) {first, last, #st, #conn, text},
#include "base/errcodes.def"
#undef TD_E
};

static const struct {
    unsigned code;
    const char *needle, *second, *state;
} texts[] = {
#define TD_ET(code, needle, second, st) {code, needle, second, #st},
#include "base/errcodes.def"
#undef TD_ET
};

static void every_code_is_listed(void **state)
{
    (void)state;
    char *text = page("errors.md");
    int rows = 0;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        char range[32], also[48] = "", row[300], line[1000];
        snprintf(range, sizeof range, "0x%04X", codes[i].first);
        if (codes[i].last != codes[i].first)
            snprintf(range, sizeof range, "0x%04X–0x%04X", codes[i].first, codes[i].last);
        if (strcmp(codes[i].state, codes[i].connecting) != 0)
            snprintf(also, sizeof also, " (%s while connecting)", codes[i].connecting);
        snprintf(row, sizeof row, "| %s | %s%s | %s |", range, codes[i].state, also, codes[i].text);
        if (!line_of(text, row, line)) fail_msg("not one row '%s'", row);
    }
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char row[300], second[100] = "", line[1000];
        if (texts[i].second) snprintf(second, sizeof second, " … \"%s\"", texts[i].second);
        snprintf(row, sizeof row, "| 0x%04X | \"%s\"%s | %s |", texts[i].code, texts[i].needle,
                 second, texts[i].state);
        if (!line_of(text, row, line)) fail_msg("not one row '%s'", row);
    }
    for (const char *p = strstr(text, "\n| 0x"); p; p = strstr(p + 1, "\n| 0x"))
        rows++;
    assert_int_equal(rows, sizeof codes / sizeof *codes + sizeof texts / sizeof *texts);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_is_described),
        cmocka_unit_test(no_row_is_stale),
        cmocka_unit_test(every_code_is_listed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
