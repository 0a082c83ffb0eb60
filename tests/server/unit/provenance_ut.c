/*
 * provenance_ut.c: counts how much of the server's behaviour is captured, documented or assumed,
 * from the table of docs/internals/tdlite.md; a row without a source fails.
 */
#include "ut_golden.h"

static void every_behaviour_has_a_source(void **state)
{
    static const char *const sources[3] = {"captured", "document", "assumed"};
    int count[3] = {0};
    bool inside = false;
    char *line = NULL;
    size_t cap = 0;
    (void)state;
    FILE *f = fopen(TD_TEST_DATA "/../../docs/internals/tdlite.md", "r");
    assert_non_null(f);
    while (getline(&line, &cap, f) > 0) {
        if (line[0] == '#') inside = strcmp(line, "## Provenance\n") == 0;
        if (!inside || line[0] != '|' || strncmp(line, "| behaviour", 11) == 0 ||
            strncmp(line, "| ---", 5) == 0)
            continue;
        const char *at = strstr(line, " | ");
        int which = 0;
        assert_non_null(at);
        while (which < 3 && strncmp(at + 3, sources[which], strlen(sources[which])) != 0)
            which++;
        if (which == 3) fail_msg("no source: %s", line);
        count[which]++;
    }
    free(line);
    fclose(f);
    print_message("tdlite: %d behaviours captured, %d from the document, %d assumed\n", count[0],
                  count[1], count[2]);
    assert_true(count[0] > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_behaviour_has_a_source)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
