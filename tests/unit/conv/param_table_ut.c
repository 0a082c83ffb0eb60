/* The parameter cases of tests/data/param (format: README.md there), each in every layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "golden.h"
#include "paramcase.h"

static struct pc_case one;

static void every_case(void **state)
{
    char **files = golden_files(TD_TEST_DATA "/param", ".param");
    uint32_t runs = 0, failures = 0, types = 0;
    bool seen[TD_T_COUNT] = {false};

    (void)state;
    for (char **f = files; *f; f++) {
        struct pc_settings s = {td_tz_get(TD_STR("UTC"), NULL), false, 0};
        struct pc_file *file = pc_open(*f);
        int rc;

        assert_non_null(file);
        while ((rc = pc_next(file, &s, false, &one)) != 0) {
            char why[400] = "the line cannot be read";
            bool skipped = false;

            if (rc > 0) seen[one.dest.type] = true;
            for (int way = 0; rc > 0 && way < PC_WAYS; way++) {
                if (!pc_run(&one, &s, (enum pc_way)way, &skipped, why)) {
                    print_error("%s:%u: %.200s\n    %s: %s\n", *f, one.line, one.text,
                                pc_way_names[way], why);
                    failures++;
                }
                runs += !skipped;
            }
            if (rc < 0) {
                print_error("%s:%u: %.200s\n    %s\n", *f, one.line, one.text, why);
                failures++;
            }
        }
        pc_close(file);
    }
    golden_files_free(files);
    for (int t = 0; t < TD_T_COUNT; t++)
        types += seen[t];
    print_message("%u runs, %u types\n", runs, types);
    assert_int_equal(failures, 0);
    assert_true(runs > 5000);
    assert_int_equal(types, 20); // every type that has columns: all codes but 0 and 19
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
