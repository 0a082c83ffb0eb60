/* buf_ut.c: growth up to the ceiling, failure that sticks, little-endian stores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"

static void assert_text(const struct td_buf *b, const char *expected)
{
    assert_true(td_buf_ok(b));
    assert_true(td_str_eq(td_buf_str(b), td_str_of(expected)));
}

static void puts_everything(void **state)
{
    (void)state;
    struct td_buf b = TD_BUF_INIT(1000);
    assert_true(td_buf_puts(&b, "ab"));
    assert_true(td_buf_putc(&b, 'c'));
    assert_true(td_buf_putstr(&b, TD_STR("de")));
    assert_true(td_buf_putstr(&b, (struct td_str){NULL, 0}));
    assert_true(td_buf_printf(&b, "%d-%s", 42, "x"));
    assert_true(td_buf_printf(&b, "%s", ""));
    assert_text(&b, "abcde42-x");
    td_buf_free(&b);
    assert_true(td_buf_u8(&b, 0x01));
    assert_true(td_buf_u16(&b, 0x0302));
    assert_true(td_buf_u32(&b, 0x07060504));
    assert_true(td_buf_u64(&b, UINT64_C(0x0F0E0D0C0B0A0908)));
    assert_int_equal(b.n, 15);
    for (uint8_t i = 0; i < 15; i++)
        assert_int_equal(b.p[i], i + 1);
    /* Loads at odd addresses. */
    assert_int_equal(td_ld16(b.p + 1), 0x0302);
    assert_int_equal(td_ld32(b.p + 3), 0x07060504);
    assert_true(td_ld64(b.p + 7) == UINT64_C(0x0F0E0D0C0B0A0908));
    td_st16(b.p + 1, 0xBEEF);
    td_st32(b.p + 3, 0xDEADBEEF);
    td_st64(b.p + 7, UINT64_C(1) << 63);
    assert_memory_equal(b.p + 1, "\xEF\xBE\xEF\xBE\xAD\xDE\0\0\0\0\0\0\0\x80", 14);
    td_buf_free(&b);
}

static void the_ceiling_holds(void **state)
{
    static const size_t ceilings[] = {0, 1, 63, 64, 65, 100, 128, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof ceilings / sizeof *ceilings; i++) {
        struct td_buf b = TD_BUF_INIT(ceilings[i]);
        for (size_t k = 0; k < ceilings[i]; k++)
            assert_true(td_buf_putc(&b, 'x'));
        assert_int_equal(b.n, ceilings[i]);
        assert_true(b.cap <= ceilings[i]);
        assert_true(td_buf_put(&b, "", 0));
        assert_false(td_buf_putc(&b, 'y'));
        assert_false(td_buf_ok(&b));
        assert_null(b.p);
        /* It stays failed, whatever is put. */
        assert_false(td_buf_put(&b, "", 0));
        assert_false(td_buf_printf(&b, "%s", ""));
        assert_int_equal(b.n, 0);
        td_buf_free(&b);
    }
    struct td_buf b = TD_BUF_INIT(10);
    assert_true(td_buf_puts(&b, "123"));
    assert_false(td_buf_reserve(&b, SIZE_MAX));
    td_buf_free(&b);
}

static void memory_failure_sticks(void **state)
{
    (void)state;
    struct td_buf b = TD_BUF_INIT(SIZE_MAX);
    assert_true(td_buf_puts(&b, "begin"));
    td_alloc_fail_at(1, 0);
    bool ok = td_buf_reserve(&b, 1000);
    td_alloc_fail_at(0, 0);
    assert_false(ok);
    assert_false(td_buf_puts(&b, "more"));
    size_t n = 7;
    assert_null(td_buf_take(&b, &n));
    assert_int_equal(n, 0);
    td_buf_reset(&b);
    assert_true(td_buf_puts(&b, "again"));
    assert_text(&b, "again");
    td_buf_free(&b);
}

static void take_and_reset(void **state)
{
    (void)state;
    struct td_buf b = TD_BUF_INIT(100);
    size_t n;
    td_buf_puts(&b, "bytes");
    uint8_t *p = td_buf_take(&b, &n);
    assert_int_equal(n, 5);
    assert_memory_equal(p, "bytes", 5);
    td_free(p);
    assert_int_equal(b.n, 0);
    td_buf_puts(&b, "next");
    void *memory = b.p;
    td_buf_reset(&b);
    td_buf_puts(&b, "same");
    assert_ptr_equal(b.p, memory);
    assert_text(&b, "same");
    td_buf_free(&b);
}

static void grows_in_few_steps(void **state)
{
    (void)state;
    struct td_buf b = TD_BUF_INIT(10 * 1024 * 1024);
    uint64_t before = td_alloc_count();
    for (int i = 0; i < 1024 * 1024; i++)
        td_buf_u8(&b, (uint8_t)i);
    assert_true(td_alloc_count() - before <= 15);
    for (int i = 0; i < 1024 * 1024; i++)
        if (b.p[i] != (uint8_t)i) fail_msg("byte %d", i);
    td_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(puts_everything),       cmocka_unit_test(the_ceiling_holds),
        cmocka_unit_test(memory_failure_sticks), cmocka_unit_test(take_and_reset),
        cmocka_unit_test(grows_in_few_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
