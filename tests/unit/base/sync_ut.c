/* sync_ut.c: deadlines, conditions, wake-up descriptors, forks, threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sync.h"

static void deadlines(void **state)
{
    (void)state;
    int64_t now = td_now_ms();
    assert_true(td_now_ns() / 1000000 >= now);
    assert_true(td_deadline(0) == TD_NEVER);
    assert_true(td_deadline(-5) == TD_NEVER);
    assert_true(td_deadline(INT64_MAX) == TD_NEVER);
    assert_true(td_deadline(INT64_MAX - 1) == TD_NEVER);
    int64_t d = td_deadline(1000);
    assert_true(d >= now + 1000 && d <= td_now_ms() + 1000);
    assert_int_equal(td_ms_left(TD_NEVER), -1);
    assert_int_equal(td_ms_left(now - 1), 0);
    assert_int_equal(td_ms_left(INT64_MIN), 0);
    assert_int_equal(td_ms_left(TD_NEVER - 1), INT_MAX);
    int left = td_ms_left(td_now_ms() + 500);
    assert_true(left > 0 && left <= 500);
    assert_true(td_min_deadline(5, TD_NEVER) == 5);
    assert_true(td_min_deadline(TD_NEVER, 6) == 6);
}

struct shared {
    struct td_mutex m;
    struct td_cond c;
    int turn, sum;
};

static void *counter(void *arg)
{
    struct shared *s = arg;
    for (int i = 0; i < 10000; i++) {
        td_lock(&s->m);
        s->sum++;
        td_unlock(&s->m);
    }
    return NULL;
}

static void a_mutex_excludes(void **state)
{
    (void)state;
    struct shared s = {.sum = 0};
    pthread_t t[4];
    td_mutex_init(&s.m);
    for (int i = 0; i < 4; i++)
        assert_true(td_thread_start(&t[i], counter, &s, "counter"));
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], NULL);
    assert_int_equal(s.sum, 40000);
    assert_true(td_trylock(&s.m));
    assert_false(td_trylock(&s.m));
    td_unlock(&s.m);
    td_mutex_free(&s.m);
}

static void *ponger(void *arg)
{
    struct shared *s = arg;
    td_lock(&s->m);
    for (int i = 0; i < 100; i++) {
        while (s->turn != 1)
            td_cond_wait(&s->c, &s->m, TD_NEVER);
        s->turn = 0;
        td_cond_broadcast(&s->c);
    }
    td_unlock(&s->m);
    return NULL;
}

static void a_condition_wakes_and_times_out(void **state)
{
    (void)state;
    struct shared s = {.turn = 0};
    pthread_t t;
    td_mutex_init(&s.m);
    td_cond_init(&s.c);
    assert_true(td_thread_start(&t, ponger, &s, "a name longer than fifteen bytes"));
    td_lock(&s.m);
    for (int i = 0; i < 100; i++) {
        s.turn = 1;
        td_cond_signal(&s.c);
        while (s.turn != 0)
            assert_true(td_cond_wait(&s.c, &s.m, td_deadline(20000)));
    }
    int64_t from = td_now_ms();
    while (td_cond_wait(&s.c, &s.m, from + 30))
        ;
    assert_true(td_now_ms() >= from + 30);
    while (td_cond_wait(&s.c, &s.m, from - 1000))
        ;
    while (td_cond_wait(&s.c, &s.m, INT64_MIN))
        ;
    td_unlock(&s.m);
    pthread_join(t, NULL);
    td_cond_free(&s.c);
    td_mutex_free(&s.m);
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void a_wake_descriptor(void **state)
{
    (void)state;
    int fd = td_wake_open();
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_false(readable(fd));
    td_wake_clear(fd); /* does not block */
    td_wake(fd);
    td_wake(fd);
    assert_true(readable(fd));
    td_wake_clear(fd);
    assert_false(readable(fd));
    /* A full counter neither blocks nor loses the wake-up. */
    uint64_t nearly = UINT64_MAX - 1;
    assert_int_equal(write(fd, &nearly, sizeof nearly), sizeof nearly);
    td_wake(fd);
    assert_true(readable(fd));
    td_wake_close(fd);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    td_wake_close(-1);
}

static int in_child(int (*fn)(uint32_t), uint32_t arg)
{
    pid_t pid = fork();
    if (pid == 0) _exit(fn(arg));
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int grandchild(uint32_t parent)
{
    return td_fork_generation() == parent + 2 ? 0 : 1;
}

static int child(uint32_t parent)
{
    if (td_fork_generation() != parent + 1) return 10;
    pid_t pid = fork();
    if (pid == 0) _exit(grandchild(parent));
    int status;
    waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static void forks_are_counted_in_children(void **state)
{
    (void)state;
    uint32_t mine = td_fork_generation();
    assert_int_equal(in_child(child, mine), 0);
    assert_int_equal(td_fork_generation(), mine);
}

struct seen {
    sigset_t mask;
    char name[16];
    size_t stack;
};

static void *look(void *arg)
{
    struct seen *s = arg;
    pthread_attr_t attr;
    pthread_sigmask(SIG_SETMASK, NULL, &s->mask);
    pthread_getname_np(pthread_self(), s->name, sizeof s->name);
    pthread_getattr_np(pthread_self(), &attr);
    pthread_attr_getstacksize(&attr, &s->stack);
    pthread_attr_destroy(&attr);
    return NULL;
}

static void threads_take_no_signals(void **state)
{
    (void)state;
    sigset_t before, after;
    struct seen s;
    pthread_t t;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    assert_true(td_thread_start(&t, look, &s, "td-ws"));
    pthread_join(t, NULL);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    static const int taken[] = {SIGINT, SIGTERM, SIGPIPE, SIGALRM, SIGCHLD, SIGUSR1};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        assert_true(sigismember(&s.mask, taken[i]));
    for (int i = 1; i < 65; i++)
        assert_int_equal(sigismember(&before, i), sigismember(&after, i));
    assert_true(s.stack >= 256 * 1024 && s.stack < 4 * 1024 * 1024);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines),
        cmocka_unit_test(a_mutex_excludes),
        cmocka_unit_test(a_condition_wakes_and_times_out),
        cmocka_unit_test(a_wake_descriptor),
        cmocka_unit_test(forks_are_counted_in_children),
        cmocka_unit_test(threads_take_no_signals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
