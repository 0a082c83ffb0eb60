/*
 * opt.h: the one option list (opt.def), and the connection string (ODBC reference, SQLDriverConnect
 * "Comments").
 *
 * A td_opts owns its values (secrets are wiped on free). One owner, no lock.
 */
#ifndef TD_BASE_OPT_H
#define TD_BASE_OPT_H

#include "base/buf.h"
#include "base/err.h"

enum td_opt_id {
#define TD_OPT(id, key, aliases, kind, def, secret, help) TD_OPT_##id,
#include "base/opt.def"
#undef TD_OPT
    TD_OPT_COUNT
};
enum td_opt_kind {
    TD_OPT_KIND_STR,
    TD_OPT_KIND_INT,
    TD_OPT_KIND_BOOL,
    TD_OPT_KIND_ENUM,
    TD_OPT_KIND_IGNORED
};

struct td_opt_info {
    const char *key, *aliases, *def, *help;
    enum td_opt_kind kind;
    bool secret;
};
/* `aliases` are separated by ';'; `secret`: hide it wherever people read. */
const struct td_opt_info *td_opt_info(enum td_opt_id id);
/* By key or alias, case-insensitive; −1 when unknown. */
int td_opt_find(struct td_str key);

/* The range of an INT option (optrange.def); false for other kinds. */
bool td_opt_range(enum td_opt_id id, int64_t *least, int64_t *most);
/* The choices of an ENUM option as `a|b|c`; empty for other kinds. */
struct td_str td_opt_choices(enum td_opt_id id);

struct td_opts {
    char *val[TD_OPT_COUNT]; /* NULL = not given */
};
void td_opts_init(struct td_opts *o);
void td_opts_free(struct td_opts *o);
enum td_rc td_opts_copy(struct td_opts *dst, const struct td_opts *src, struct td_err *err);
/* Checks the value's form (INT a number in range, BOOL 0/1/yes/no/true/false/on/off, ENUM a choice)
   and stores it in one spelling ("1" for a BOOL's yes, a choice as in opt.def); HY024 with key and
   choices in the text. Nothing (or blanks) for one of these kinds takes the option back to its
   default; an empty text stays a given value. */
enum td_rc td_opts_set(struct td_opts *o, enum td_opt_id id, struct td_str value,
                       struct td_err *err);
/* The value or the default. Never NULL. */
const char *td_opts_get(const struct td_opts *o, enum td_opt_id id);
int64_t td_opts_int(const struct td_opts *o, enum td_opt_id id);
bool td_opts_bool(const struct td_opts *o, enum td_opt_id id);
bool td_opts_given(const struct td_opts *o, enum td_opt_id id);

/* Called for each unknown key: the caller warns 01S00 and goes on. */
typedef void (*td_opt_unknown)(void *ctx, struct td_str key);
/* Parses `k=v;k={v}};…}`. The first of two same keys wins (ODBC reference); a DSN= or DRIVER= after
   the other is ignored. HY000/01S00 are the caller's; a syntax that cannot be read (no `=`, an open
   brace) is HY000 with the position, and a value that td_opts_set refuses ends the reading with its
   HY024. What `o` held before is replaced by what the string says. Blanks around keys and plain
   values are trimmed; a value in braces is taken as it is. FILEDSN and SAVEFILE are the driver
   manager's and skipped. */
enum td_rc td_opts_parse(struct td_opts *o, struct td_str conn, td_opt_unknown unknown, void *ctx,
                         struct td_err *err);
/* Writes the completed string: DSN or Driver first, then every given option in list order, quoted
   by {} where needed. Secrets are included (the application gave them) unless `mask`: then they are
   `***`, also inside Url and Proxy. Fails only with the buffer. */
enum td_rc td_opts_write(const struct td_opts *o, struct td_buf *out, bool mask);
/* Appends key=value; with {} quoting where the reference asks for it. */
bool td_opt_write_pair(struct td_buf *out, const char *key, struct td_str value);

#endif
