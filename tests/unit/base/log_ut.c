/* log_ut.c: the log file: levels, line form, forged lines, users, threads, fork. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

static char folder[] = "/tmp/td_log_ut.XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void)state;
    snprintf(path, sizeof path, "%s/td.log", folder);
    unlink(path);
    return 0;
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : 1;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static enum td_rc open_log(enum td_log_level level)
{
    return td_log_open(td_str_of(path), level, NULL);
}

/* The whole file; free(). */
static char *contents(void)
{
    FILE *f = fopen(path, "r");
    size_t cap = 16 * 1024 * 1024;
    char *text = malloc(cap);
    assert_non_null(f);
    assert_non_null(text);
    size_t n = fread(text, 1, cap - 1, f);
    text[n] = 0;
    fclose(f);
    return text;
}

static void assert_logged(const char *needle, bool there)
{
    char *text = contents();
    if (!!strstr(text, needle) != there) fail_msg("'%s' in: %s", needle, text);
    free(text);
}

static void level_names(void **state)
{
    static const struct {
        const char *in;
        int level; /* -1: refused */
    } rows[] = {
        {"off", TD_LOG_OFF},
        {"OFF", TD_LOG_OFF},
        {"0", TD_LOG_OFF},
        {"error", TD_LOG_ERROR},
        {"warn", TD_LOG_WARN},
        {"info", TD_LOG_INFO},
        {"3", TD_LOG_INFO},
        {"Debug", TD_LOG_DEBUG},
        {" wire ", TD_LOG_WIRE},
        {"5", TD_LOG_WIRE},
        {"6", -1},
        {"", -1},
        {"-1", -1},
        {"00", -1},
        {"trace", -1},
        {"warning", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        enum td_log_level level = TD_LOG_OFF;
        assert_int_equal(td_log_level_of(td_str_of(rows[i].in), &level), rows[i].level >= 0);
        if (rows[i].level >= 0) assert_int_equal(level, rows[i].level);
    }
}

static void nothing_is_written_when_off(void **state)
{
    (void)state;
    assert_false(td_log_on(TD_LOG_ERROR));
    td_log(TD_LOG_ERROR, "x", "nobody reads this");
    td_log_close(); /* one close too many does no harm */
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(open_log(TD_LOG_OFF), TD_OK);
    td_log(TD_LOG_ERROR, "x", "off");
    assert_logged("off", false);
    td_log_close();
}

static void a_line_has_its_form(void **state)
{
    (void)state;
    assert_int_equal(open_log(TD_LOG_INFO), TD_OK);
    assert_true(td_log_on(TD_LOG_INFO));
    assert_false(td_log_on(TD_LOG_DEBUG));
    assert_false(td_log_on(TD_LOG_OFF));
    td_log(TD_LOG_INFO, "net", "connected to %s:%d", "localhost", 6041);
    td_log(TD_LOG_DEBUG, "net", "not this");
    td_log_bytes("net", "nor this", "abc", 3);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    char *text = contents();
    int year, month, day, hour, minute, pid, tid, n = 0;
    double second;
    assert_int_equal(sscanf(text, "%d-%d-%d %d:%d:%lfZ %d %d info net: %n", &year, &month, &day,
                            &hour, &minute, &second, &pid, &tid, &n),
                     8);
    assert_true(year >= 2026 && year < 3000 && month <= 12 && day <= 31);
    assert_int_equal(pid, getpid());
    assert_string_equal(text + n, "connected to localhost:6041\n");
    free(text);
    td_log_close();
}

static void texts_cannot_forge_lines(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"a\nb", "a\\nb\n"},
        {"a\r\nb", "a\\r\\nb\n"},
        {"tab\there", "tab\\there\n"},
        {"\x1b[31m", "\\x1b[31m\n"},
        {"\x7f", "\\x7f\n"},
        {"back\\slash", "back\\\\slash\n"},
        {"\xE6\xB8\xA9", "\xE6\xB8\xA9\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unlink(path);
        assert_int_equal(open_log(TD_LOG_ERROR), TD_OK);
        td_log(TD_LOG_ERROR, "x", "%s", rows[i].in);
        char *text = contents();
        char *at = strstr(text, "error x: ");
        assert_non_null(at);
        assert_string_equal(at + 9, rows[i].out);
        free(text);
        td_log_close();
    }
}

static void long_texts_are_cut_with_a_mark(void **state)
{
    (void)state;
    static char huge[100001];
    memset(huge, 1, sizeof huge - 1); /* each byte becomes four */
    assert_int_equal(open_log(TD_LOG_WIRE), TD_OK);
    td_log(TD_LOG_ERROR, "an area that is far too long", "%s", huge);
    td_log_bytes("wire", "a what that is longer than thirty-two bytes", huge, sizeof huge);
    char *text = contents();
    char *first = strstr(text, "an area that is : "), *second = strstr(text, "wire: ");
    assert_non_null(first);
    assert_non_null(second);
    assert_non_null(strstr(first, "\\x01 [96929 bytes more]\n"));
    assert_non_null(strstr(second, "a what that is longer than thirt, 100001 bytes: 01 01 "));
    assert_non_null(strstr(second, " 01 [99745 bytes more]\n"));
    free(text);
    td_log_close();
}

static void bytes_are_dumped(void **state)
{
    (void)state;
    assert_int_equal(open_log(TD_LOG_WIRE), TD_OK);
    td_log_bytes("ws", "sent", "\x00\x7f\xff", 3);
    td_log_bytes("ws", "empty", NULL, 0);
    assert_logged("wire ws: sent, 3 bytes: 00 7f ff\n", true);
    assert_logged("wire ws: empty, 0 bytes:\n", true);
    td_log_close();
}

static void users_share_one_file(void **state)
{
    (void)state;
    char other[80];
    snprintf(other, sizeof other, "%s/other.log", folder);
    assert_int_equal(open_log(TD_LOG_WARN), TD_OK);
    assert_int_equal(open_log(TD_LOG_INFO), TD_OK);  /* raises the level */
    assert_int_equal(open_log(TD_LOG_ERROR), TD_OK); /* does not lower it */
    assert_int_equal(td_log_open(td_str_of(other), TD_LOG_ERROR, NULL), TD_OK);
    assert_int_equal(access(other, F_OK), -1);
    assert_logged("other.log is not opened", true);
    td_log_close();
    td_log_close();
    td_log_close();
    td_log(TD_LOG_INFO, "x", "still open");
    assert_logged("still open", true);
    td_log_close();
    assert_false(td_log_on(TD_LOG_ERROR));
    td_log(TD_LOG_ERROR, "x", "closed now");
    assert_logged("closed now", false);
    /* The next user appends. */
    assert_int_equal(open_log(TD_LOG_ERROR), TD_OK);
    td_log(TD_LOG_ERROR, "x", "second life");
    td_log_close();
    assert_logged("still open", true);
    assert_logged("second life", true);
}

static void paths_are_checked(void **state)
{
    (void)state;
    struct td_err e;
    char with_pid[80], resolved[96];
    snprintf(with_pid, sizeof with_pid, "%s/td-%%p-%%x.log", folder);
    snprintf(resolved, sizeof resolved, "%s/td-%d-%%x.log", folder, (int)getpid());
    assert_int_equal(td_log_open(td_str_of(with_pid), TD_LOG_ERROR, &e), TD_OK);
    assert_int_equal(access(resolved, F_OK), 0);
    td_log_close();
    unlink(resolved);
    static const char *const bad[] = {"", "/nonexistent/folder/td.log", "/"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(td_log_open(td_str_of(bad[i]), TD_LOG_ERROR, &e), TD_FAIL);
        assert_int_equal(e.state, TD_ST_HY024);
        assert_non_null(strstr(e.msg, "LogFile"));
    }
    assert_false(td_log_on(TD_LOG_ERROR));
    td_alloc_fail_at(1, 0);
    enum td_rc rc = td_log_open(td_str_of(path), TD_LOG_ERROR, &e);
    td_alloc_fail_at(0, 0);
    assert_int_equal(rc, TD_FAIL);
    assert_int_equal(e.state, TD_ST_HY001);
}

enum { THREADS = 8, LINES = 300 };

static void *writer(void *arg)
{
    for (int i = 0; i < LINES; i++)
        td_log(TD_LOG_INFO, "thread", "%d writes line %d%s", *(int *)arg, i, i % 10 ? "" : "\n!");
    return NULL;
}

static void threads_keep_lines_whole(void **state)
{
    (void)state;
    pthread_t t[THREADS];
    int id[THREADS];
    assert_int_equal(open_log(TD_LOG_INFO), TD_OK);
    for (int i = 0; i < THREADS; i++) {
        id[i] = i;
        assert_int_equal(pthread_create(&t[i], NULL, writer, &id[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    td_log_close();
    char *text = contents();
    int next[THREADS] = {0}, lines = 0;
    for (char *save, *l = strtok_r(text, "\n", &save); l; l = strtok_r(NULL, "\n", &save)) {
        int who, which;
        char *at = strstr(l, " info thread: ");
        assert_non_null(at);
        assert_int_equal(sscanf(at, " info thread: %d writes line %d", &who, &which), 2);
        assert_int_equal(which, next[who]++);
        lines++;
    }
    assert_int_equal(lines, THREADS * LINES);
    free(text);
}

static void *writer_until(void *arg)
{
    while (!__atomic_load_n((int *)arg, __ATOMIC_RELAXED))
        td_log(TD_LOG_INFO, "parent", "busy");
    return NULL;
}

static void a_child_can_log(void **state)
{
    (void)state;
    int stop = 0;
    pthread_t t;
    assert_int_equal(open_log(TD_LOG_INFO), TD_OK);
    assert_int_equal(pthread_create(&t, NULL, writer_until, &stop), 0);
    /* Often enough that some forks happen while the other thread holds the lock. */
    for (int i = 0; i < 50; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            alarm(20);
            td_log(TD_LOG_INFO, "child", "number %d", i);
            _exit(0);
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status));
    }
    __atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
    pthread_join(t, NULL);
    td_log_close();
    assert_logged("child: number 0\n", true);
    assert_logged("child: number 49\n", true);
}

static void a_child_process_does_not_inherit_the_file(void **state)
{
    (void)state;
    assert_int_equal(open_log(TD_LOG_INFO), TD_OK);
    char command[200];
    snprintf(command, sizeof command, "ls -l /proc/self/fd | grep -c '%s'", path);
    FILE *p = popen(command, "r");
    int count = -1;
    assert_int_equal(fscanf(p, "%d", &count), 1);
    pclose(p);
    assert_int_equal(count, 0);
    td_log_close();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(level_names, set_up),
        cmocka_unit_test_setup(nothing_is_written_when_off, set_up),
        cmocka_unit_test_setup(a_line_has_its_form, set_up),
        cmocka_unit_test_setup(texts_cannot_forge_lines, set_up),
        cmocka_unit_test_setup(long_texts_are_cut_with_a_mark, set_up),
        cmocka_unit_test_setup(bytes_are_dumped, set_up),
        cmocka_unit_test_setup(users_share_one_file, set_up),
        cmocka_unit_test_setup(paths_are_checked, set_up),
        cmocka_unit_test_setup(threads_keep_lines_whole, set_up),
        cmocka_unit_test_setup(a_child_can_log, set_up),
        cmocka_unit_test_setup(a_child_process_does_not_inherit_the_file, set_up),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
