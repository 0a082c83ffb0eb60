/* alloc_ut.c: counting, injected failure, wiping, arenas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/alloc.h"

static void counts_each_allocation(void **state)
{
    (void)state;
    uint64_t before = td_alloc_count();
    void *a = td_malloc(10);
    void *b = td_calloc(3, 4);
    a = td_realloc(a, 100);
    char *c = td_strndup("abc", 2);
    assert_non_null(a);
    assert_non_null(b);
    assert_memory_equal(b, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
    assert_string_equal(c, "ab");
    assert_int_equal(td_alloc_count() - before, 4);
    td_free(a);
    td_free(b);
    td_free(c);
    td_free(NULL);
    assert_int_equal(td_alloc_count() - before, 4);
}

static void zero_sizes_give_a_block(void **state)
{
    (void)state;
    void *a = td_malloc(0), *b = td_calloc(0, 7), *c = td_realloc(NULL, 0);
    char *d = td_strndup(NULL, 0);
    assert_non_null(a);
    assert_non_null(b);
    assert_non_null(c);
    assert_string_equal(d, "");
    td_free(a);
    td_free(b);
    td_free(c);
    td_free(d);
}

static void overflowing_sizes_fail(void **state)
{
    (void)state;
    volatile size_t huge = SIZE_MAX;
    struct td_arena a = {NULL};
    assert_null(td_strndup("", huge));
    assert_null(td_calloc(huge / 2, 3));
    assert_null(td_arena_alloc(&a, huge));
    assert_null(td_arena_alloc(&a, huge - 20));
    assert_null(td_arena_strndup(&a, "", huge));
    td_arena_free(&a);
}

/* The outcome of five allocations as a mask, the first in bit 0. */
static unsigned outcomes(void)
{
    unsigned ok = 0;
    for (unsigned i = 0; i < 5; i++) {
        void *p = td_malloc(1);
        ok |= p ? 1u << i : 0;
        td_free(p);
    }
    return ok;
}

static void the_nth_fails(void **state)
{
    static const struct {
        uint64_t nth;
        int sticky;
        unsigned ok;
    } rows[] = {
        {0, 0, 0x1F}, {0, 1, 0x1F}, {1, 0, 0x1E}, {3, 0, 0x1B},
        {5, 0, 0x0F}, {6, 0, 0x1F}, {1, 1, 0x00}, {3, 1, 0x03},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        td_alloc_fail_at(rows[i].nth, rows[i].sticky);
        unsigned ok = outcomes();
        td_alloc_fail_at(0, 0);
        assert_int_equal(ok, rows[i].ok);
    }
}

static void a_failed_realloc_keeps_the_block(void **state)
{
    (void)state;
    char *p = td_strndup("kept", 4);
    td_alloc_fail_at(1, 0);
    void *grown = td_realloc(p, 1000);
    td_alloc_fail_at(0, 0);
    assert_null(grown);
    assert_string_equal(p, "kept");
    td_free(p);
}

static void wiping_clears(void **state)
{
    (void)state;
    char secret[] = "taosdata";
    td_wipe(secret, sizeof secret - 1);
    assert_memory_equal(secret, "\0\0\0\0\0\0\0\0", 8);
    td_wipe(NULL, 3);
    td_wipe(secret, 0);
    char *heap = td_strndup("x", 1);
    td_free_secret(heap, 1);
    td_free_secret(NULL, 0);
}

static void arena_blocks_are_aligned_and_apart(void **state)
{
    (void)state;
    struct td_arena a = {NULL};
    enum { BLOCKS = 3000 };
    static unsigned char *block[BLOCKS];
    static size_t size[BLOCKS];
    for (size_t i = 0; i < BLOCKS; i++) {
        /* Sizes from 0 to beyond the largest chunk. */
        size[i] = i % 500 == 499 ? 70000 + i : (i * 37) % 300;
        block[i] = td_arena_alloc(&a, size[i]);
        assert_non_null(block[i]);
        assert_int_equal((uintptr_t)block[i] % 16, 0);
        memset(block[i], (int)(i % 251), size[i]);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        for (size_t k = 0; k < size[i]; k++)
            assert_int_equal(block[i][k], i % 251);
    char *s = td_arena_strndup(&a, "arena", 4);
    assert_string_equal(s, "aren");
    td_arena_free(&a);
    assert_null(a.head);
    td_arena_free(&a);
}

static void arena_allocates_rarely_and_survives_failure(void **state)
{
    (void)state;
    struct td_arena a = {NULL};
    uint64_t before = td_alloc_count();
    for (int i = 0; i < 1000; i++)
        assert_non_null(td_arena_alloc(&a, 16));
    assert_true(td_alloc_count() - before < 8);
    td_alloc_fail_at(1, 1);
    void *large = td_arena_alloc(&a, 100000);
    td_alloc_fail_at(0, 0);
    assert_null(large);
    assert_non_null(td_arena_alloc(&a, 100000));
    /* A large block does not end the use of the small chunk. */
    before = td_alloc_count();
    assert_non_null(td_arena_alloc(&a, 16));
    assert_int_equal(td_alloc_count(), before);
    td_arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_each_allocation),
        cmocka_unit_test(zero_sizes_give_a_block),
        cmocka_unit_test(overflowing_sizes_fail),
        cmocka_unit_test(the_nth_fails),
        cmocka_unit_test(a_failed_realloc_keeps_the_block),
        cmocka_unit_test(wiping_clears),
        cmocka_unit_test(arena_blocks_are_aligned_and_apart),
        cmocka_unit_test(arena_allocates_rarely_and_survives_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
