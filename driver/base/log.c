/*
 * log.c: see log.h. One write(2) a line to a file opened for appending, under a lock that guards
 * the descriptor; the fork handlers hold it over a fork, so that a child never inherits it locked.
 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/civil.h"
#include "base/sync.h"

#define PATH_MAX_BYTES 4096
#define TEXT_BYTES     3072 /* longer texts are cut, with a mark */
#define DUMP_BYTES     256

static struct {
    pthread_mutex_t lock;
    char *path; /* as resolved; NULL = closed */
    int fd;
    unsigned users;
} file = {PTHREAD_MUTEX_INITIALIZER, NULL, -1, 0};

static atomic_int level_now = TD_LOG_OFF;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static const char *const names[] = {"off", "error", "warn", "info", "debug", "wire"};

bool td_log_level_of(struct td_str s, enum td_log_level *out)
{
    s = td_str_trim(s);
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++) {
        if (td_str_ieqz(s, names[i]) || (s.n == 1 && s.p[0] == '0' + i)) {
            *out = (enum td_log_level)i;
            return true;
        }
    }
    return false;
}

static void hold(void)
{
    pthread_mutex_lock(&file.lock);
}

static void release(void)
{
    pthread_mutex_unlock(&file.lock);
}

static void watch_forks(void)
{
    pthread_atfork(hold, release, release);
}

static char *resolve(struct td_str path)
{
    struct td_buf b = TD_BUF_INIT(PATH_MAX_BYTES);
    for (size_t i = 0; i < path.n; i++) {
        if (path.p[i] == '%' && i + 1 < path.n && path.p[i + 1] == 'p') {
            td_buf_printf(&b, "%ld", (long)getpid());
            i++;
        } else {
            td_buf_putc(&b, path.p[i]);
        }
    }
    td_buf_putc(&b, 0);
    size_t n;
    return (char *)td_buf_take(&b, &n);
}

/* With the lock held. Takes `path` on success; *other = it is not the open file's. */
static enum td_rc open_locked(char *path, enum td_log_level level, bool *other, struct td_err *err)
{
    if (!file.path) {
        int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) {
            char why[128];
            return td_err_set(err, TD_ST_HY024, 0, "LogFile %s cannot be opened: %s", path,
                              strerror_r(errno, why, sizeof why));
        }
        file.fd = fd;
        file.path = path;
    } else {
        *other = strcmp(path, file.path) != 0;
        td_free(path);
    }
    file.users++;
    if ((int)level > atomic_load(&level_now)) atomic_store(&level_now, (int)level);
    return TD_OK;
}

enum td_rc td_log_open(struct td_str path, enum td_log_level level, struct td_err *err)
{
    pthread_once(&fork_once, watch_forks);
    if (path.n == 0 || path.n >= PATH_MAX_BYTES || memchr(path.p, 0, path.n))
        return td_err_set(err, TD_ST_HY024, 0, "LogFile is empty, too long or has a NUL");
    char *resolved = resolve(path);
    if (!resolved) return td_err_nomem(err);
    bool other = false;
    hold();
    enum td_rc rc = open_locked(resolved, level, &other, err);
    release();
    if (rc != TD_OK) td_free(resolved);
    if (other)
        td_log(TD_LOG_WARN, "log", "LogFile %.*s is not opened: a process has one log", (int)path.n,
               path.p);
    return rc;
}

void td_log_close(void)
{
    hold();
    if (file.users && --file.users == 0) {
        atomic_store(&level_now, TD_LOG_OFF);
        close(file.fd);
        td_free(file.path);
        file.fd = -1;
        file.path = NULL;
    }
    release();
}

bool td_log_on(enum td_log_level level)
{
    return level != TD_LOG_OFF &&
           (int)level <= atomic_load_explicit(&level_now, memory_order_relaxed);
}

/* Control characters would let a text forge lines or drive a terminal. Returns the length. */
static size_t escape(const char *text, size_t n, char *out)
{
    static const char hex[] = "0123456789abcdef";
    size_t o = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != 0x7F && c != '\\') {
            out[o++] = (char)c;
            continue;
        }
        out[o++] = '\\';
        if (c == '\\') {
            out[o++] = '\\';
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out[o++] = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        } else {
            out[o++] = 'x';
            out[o++] = hex[c >> 4];
            out[o++] = hex[c & 15];
        }
    }
    return o;
}

static size_t stamp(enum td_log_level level, const char *area, char *out, size_t cap)
{
    struct timespec ts;
    struct td_civil c;
    char when[48];
    clock_gettime(CLOCK_REALTIME, &ts);
    td_sec_to_civil(ts.tv_sec, (uint32_t)ts.tv_nsec, &c);
    td_civil_ts_text(&c, 6, when);
    int n = snprintf(out, cap, "%sZ %ld %ld %s %.16s: ", when, (long)getpid(), (long)gettid(),
                     names[level], area);
    return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

static void put_line(enum td_log_level level, const char *area, const char *text, size_t n,
                     size_t cut)
{
    char line[160 + 4 * TEXT_BYTES + 48];
    size_t o = stamp(level, area, line, 160);
    o += escape(text, n, line + o);
    if (cut) o += (size_t)snprintf(line + o, 40, " [%zu bytes more]", cut);
    line[o++] = '\n';
    hold();
    /* A full disk must not fail the statement; the line is lost. */
    ssize_t done = file.fd >= 0 ? write(file.fd, line, o) : 0;
    (void)done;
    release();
}

void td_log(enum td_log_level level, const char *area, const char *fmt, ...)
{
    if (!td_log_on(level)) return;
    char text[TEXT_BYTES];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0) return;
    size_t kept = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    put_line(level, area, text, kept, (size_t)n - kept);
}

void td_log_bytes(const char *area, const char *what, const void *p, size_t n)
{
    static const char hex[] = "0123456789abcdef";
    if (!td_log_on(TD_LOG_WIRE)) return;
    const unsigned char *bytes = p;
    char text[64 + 3 * DUMP_BYTES];
    int head = snprintf(text, 64, "%.32s, %zu bytes:", what, n);
    size_t o = head < 0 ? 0 : (size_t)head;
    size_t shown = n < DUMP_BYTES ? n : DUMP_BYTES;
    for (size_t i = 0; i < shown; i++) {
        text[o++] = ' ';
        text[o++] = hex[bytes[i] >> 4];
        text[o++] = hex[bytes[i] & 15];
    }
    put_line(TD_LOG_WIRE, area, text, o, n - shown);
}
