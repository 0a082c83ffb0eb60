/*
 * log.h: the driver's log file. Off by default; one file per process, opened when the first
 * connection asks for it.
 *
 * Its lock is the innermost. Secrets never reach it: callers pass no password or token; SQL text
 * only with LogSql.
 */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

#include "base/err.h"
#include "base/str.h"

enum td_log_level { TD_LOG_OFF, TD_LOG_ERROR, TD_LOG_WARN, TD_LOG_INFO, TD_LOG_DEBUG, TD_LOG_WIRE };

/* Level names as in the key LogLevel: off, error, warn, info, debug, wire (or 0–5). */
bool td_log_level_of(struct td_str s, enum td_log_level *out);
/* Opens `path` for appending (a `%p` becomes the pid), mode 0600. A second call adds a
   user and may raise the level; another path is noted in the first file and not opened, because a
   process has one log. HY024 when the file cannot be opened. */
enum td_rc td_log_open(struct td_str path, enum td_log_level level, struct td_err *err);
/* Takes a user away; the last one closes the file. */
void td_log_close(void);
bool td_log_on(enum td_log_level level);
/* One line: time, pid, thread, level, area, text. Newlines in the text are escaped,
   and more than 3 KiB of text are cut with a note of how much. The area is cut to 16 bytes. */
void td_log(enum td_log_level level, const char *area, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* A hex dump of at most 256 bytes, at TD_LOG_WIRE. */
void td_log_bytes(const char *area, const char *what, const void *p, size_t n);

#endif
