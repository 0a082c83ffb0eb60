/*
 * tz_file_ut.c: TZif files that are old, short, contradictory or no files at all, in a database
 * folder of the test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/tz.h"
#include "rng.h"

static char dir[] = "/tmp/td_tz_file_XXXXXX";

struct image {
    uint8_t b[4096];
    size_t n;
};

static void put(struct image *im, const void *p, size_t n)
{
    memcpy(im->b + im->n, p, n);
    im->n += n;
}

static void put_be(struct image *im, uint64_t v, int width)
{
    for (int i = width - 1; i >= 0; i--)
        im->b[im->n++] = (uint8_t)(v >> 8 * i);
}

struct shape {
    char version;
    uint32_t leap, types;
    size_t times;
    int64_t at[4];
    uint8_t type[4];
    int32_t offset[4];
    const char *footer; /* NULL: none, not even its line feeds */
};

static void put_block(struct image *im, const struct shape *s, int width)
{
    put(im, "TZif", 4);
    put(im, &s->version, 1);
    put(im, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    put_be(im, 0, 4);
    put_be(im, 0, 4);
    put_be(im, s->leap, 4);
    put_be(im, s->times, 4);
    put_be(im, s->types, 4);
    put_be(im, 4, 4);
    for (size_t i = 0; i < s->times; i++)
        put_be(im, (uint64_t)s->at[i], width);
    put(im, s->type, s->times);
    for (uint32_t i = 0; i < s->types; i++) {
        put_be(im, (uint32_t)s->offset[i], 4);
        put(im, "\0\0", 2);
    }
    put(im, "ABC", 4);
    for (uint32_t i = 0; i < s->leap; i++) {
        put_be(im, 0, width);
        put_be(im, 0, 4);
    }
}

static void build(struct image *im, const struct shape *s)
{
    im->n = 0;
    put_block(im, s, 4);
    if (s->version >= '2') {
        put_block(im, s, 8);
        if (s->footer) {
            put(im, "\n", 1);
            put(im, s->footer, strlen(s->footer));
            put(im, "\n", 1);
        }
    }
}

static void store(const char *name, const void *p, size_t n)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}

static const struct shape good = {'2', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, "ABC-3"};

static void test_versions(void **state)
{
    static const struct {
        const char *name;
        struct shape s;
        int32_t early, middle, late; /* at −2000, 0, 2000 */
    } table[] = {
        {"v1", {'\0', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, NULL}, 3600, 7200, 3600},
        {"v2", {'2', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, "ABC-1"}, 3600, 7200, 3600},
        {"v3", {'3', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, "ABC-1"}, 3600, 7200, 3600},
        {"v4", {'4', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, "ABC-1"}, 3600, 7200, 3600},
        {"empty-footer", {'2', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, ""}, 3600, 7200, 3600},
        {"no-times", {'2', 0, 1, 0, {0}, {0}, {3600}, ""}, 3600, 3600, 3600},
        {"only-footer", {'2', 0, 1, 0, {0}, {0}, {3600}, "ABC-1"}, 3600, 3600, 3600},
        {"west", {'2', 0, 2, 1, {0}, {1}, {-3600, -7200}, "ABC2"}, -3600, -7200, -7200},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct image im;
        const struct td_tz *tz;
        struct td_err err;
        int64_t from, until;

        build(&im, &table[i].s);
        store(table[i].name, im.b, im.n);
        tz = td_tz_get(td_str_of(table[i].name), &err);
        if (!tz) fail_msg("%s: %s", table[i].name, err.msg);
        if (td_tz_offset(tz, -2000, &from, &until) != table[i].early ||
            td_tz_offset(tz, 0, &from, &until) != table[i].middle ||
            td_tz_offset(tz, 2000, &from, &until) != table[i].late)
            fail_msg("%s", table[i].name);
    }
}

/* A compact file leaves its later changes to the footer; they are the same as the bare rule's. */
static void test_compact(void **state)
{
    static const char rule[] = "ABC-1DEF,M3.5.0,M10.5.0/3";
    static const struct shape shape = {'2', 0, 2, 1, {1193533200}, {1}, {7200, 3600}, rule};
    const struct td_tz *tz, *bare = td_tz_local_at(rule, "/nonexistent");
    int64_t t = 1193533200, end = INT64_C(13569465600); /* 2007-10-28 to 2400 */
    int changes = 0;
    struct image im;

    (void)state;
    build(&im, &shape);
    store("Compact", im.b, im.n);
    tz = td_tz_get(TD_STR("Compact"), NULL);
    assert_non_null(tz);
    while (t < end) {
        int64_t from, until, f2, u2;
        int32_t offset = td_tz_offset(tz, t, &from, &until);

        assert_int_equal(offset, td_tz_offset(bare, t, &f2, &u2));
        if (from != f2 || until != u2) fail_msg("at %lld", (long long)t);
        changes++;
        t = until;
    }
    assert_int_equal(changes, 785);
}

static void refused(const char *what, const void *p, size_t n)
{
    struct td_err err = {.state = TD_ST_00000};

    store("Bad", p, n);
    if (td_tz_get(TD_STR("Bad"), &err)) fail_msg("accepted: %s, %zu bytes", what, n);
    assert_int_equal(err.state, TD_ST_HY024);
}

static void test_broken(void **state)
{
    static const struct {
        const char *what;
        struct shape s;
    } table[] = {
        {"leap seconds", {'2', 1, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, "ABC-3"}},
        {"no types", {'2', 0, 0, 0, {0}, {0}, {0}, "ABC-3"}},
        {"type out of range", {'2', 0, 2, 2, {-1000, 1000}, {2, 0}, {3600, 7200}, "ABC-3"}},
        {"times not in order", {'2', 0, 2, 2, {1000, -1000}, {1, 0}, {3600, 7200}, "ABC-3"}},
        {"times twice", {'2', 0, 2, 2, {1000, 1000}, {1, 0}, {3600, 7200}, "ABC-3"}},
        {"offset too far", {'2', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 93600}, "ABC-3"}},
        {"first offset too far", {'2', 0, 2, 2, {-1000, 1000}, {1, 0}, {-90000, 3600}, "ABC-3"}},
        {"no footer", {'2', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, NULL}},
        {"bad footer", {'2', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, "ABC"}},
        {"junk after the rule", {'2', 0, 2, 2, {-1000, 1000}, {1, 0}, {3600, 7200}, "ABC-3 x"}},
    };
    struct image im;
    char path[128];

    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        build(&im, &table[i].s);
        refused(table[i].what, im.b, im.n);
    }
    build(&im, &good);
    for (size_t n = 0; n < im.n; n++)
        refused("cut off", im.b, n);
    /* Absurd counts must not be added up past the size of size_t or read past the end. */
    for (size_t field = 20; field < 44; field += 4) {
        build(&im, &good);
        memset(im.b + field, 0xFF, 4);
        refused("absurd count", im.b, im.n);
    }
    build(&im, &good);
    im.b[0] = 'X';
    refused("magic", im.b, im.n);
    refused("text", "Asia/Shanghai\n", 14);
    snprintf(path, sizeof(path), "%s/Fifo", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_null(td_tz_get(TD_STR("Fifo"), NULL));
    unlink(path);
    snprintf(path, sizeof(path), "%s/Folder", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(td_tz_get(TD_STR("Folder"), NULL));
    rmdir(path);
}

/* Random damage: never a crash (ASan), and what is accepted has consistent ranges. */
static void test_damage(void **state)
{
    struct td_rng rng = {td_rng_seed()};
    int accepted = 0;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        struct image im;
        char name[16];
        const struct td_tz *tz;

        build(&im, &good);
        for (uint64_t k = 1 + td_rng_below(&rng, 3); k > 0; k--)
            im.b[td_rng_below(&rng, im.n)] = (uint8_t)td_rng_next(&rng);
        snprintf(name, sizeof(name), "D%d", accepted);
        store(name, im.b, im.n);
        tz = td_tz_get(td_str_of(name), NULL);
        if (!tz) continue;
        accepted++;
        for (int i = 0; i < 50; i++) {
            int64_t t = (int64_t)td_rng_any(&rng) * (i & 1 ? -1 : 1), from, until, utc;

            td_tz_offset(tz, t, &from, &until);
            if (t < from || t >= until) fail_msg("round %d at %lld", round, (long long)t);
            td_tz_to_utc(tz, t, &utc);
        }
    }
    assert_true(accepted > 10 && accepted < 2990);
}

/* Names that a folder without the list tzdata.zi still refuses. */
static void test_strangers(void **state)
{
    static const char *const names[] = {"Factory", "localtime", "posixrules", "posix/Good",
                                        "right/Good"};
    struct image im;
    char path[128];

    (void)state;
    build(&im, &good);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/%s", dir, i ? "right" : "posix");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        store(names[i], im.b, im.n);
        if (td_tz_get(td_str_of(names[i]), NULL)) fail_msg("%s", names[i]);
    }
    store("Good", im.b, im.n);
    assert_non_null(td_tz_get(TD_STR("Good"), NULL));
    /* With a list, what it does not name is refused. */
    store("tzdata.zi", "# version x\nR a 1\nZ Listed 1 - A\nL Listed Alias/Two\n", 51);
    assert_null(td_tz_get(TD_STR("Other"), NULL));
    store("Listed", im.b, im.n);
    store("Other", im.b, im.n);
    store("Two", im.b, im.n);
    snprintf(path, sizeof(path), "%s/Alias", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    store("Alias/Two", im.b, im.n);
    assert_non_null(td_tz_get(TD_STR("Listed"), NULL));
    assert_non_null(td_tz_get(TD_STR("Alias/Two"), NULL));
    assert_null(td_tz_get(TD_STR("Other"), NULL));
    assert_null(td_tz_get(TD_STR("Two"), NULL));
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(dir)) return -1;
    return setenv("TZDIR", dir, 1);
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    unsetenv("TZDIR");
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions),  cmocka_unit_test(test_compact),
        cmocka_unit_test(test_broken),    cmocka_unit_test(test_damage),
        cmocka_unit_test(test_strangers),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
