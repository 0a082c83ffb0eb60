/*
 * optparse.c: connection strings in and out (ODBC reference, SQLDriverConnect, "Connection
 * Strings"), and hiding what is secret in them. See opt.h.
 */
#include "base/opturl.h"

#include "base/alloc.h"

#define STRING_MAX (1024 * 1024) /* ceiling of a written connection string, bytes */

/* What stands for a secret in texts that people read (opturl.c has its own). */
#define MASK "***"

struct reader {
    struct td_str in;
    size_t at;
    struct td_err *err;
};

static enum td_rc bad(struct reader *r, size_t at, const char *what)
{
    return td_err_set(r->err, TD_ST_HY000, 0,
                      "The connection string cannot be read at byte %zu: %s", at + 1, what);
}

static bool is_separator(const struct reader *r)
{
    char c = r->in.p[r->at];
    return c == ';' || c == 0 || td_isspace(c);
}

static void skip_blanks(struct reader *r)
{
    while (r->at < r->in.n && td_isspace(r->in.p[r->at]))
        r->at++;
}

/* `key =`: leaves the position behind the equals sign. */
static enum td_rc read_key(struct reader *r, struct td_str *key)
{
    size_t from = r->at;
    while (r->at < r->in.n && r->in.p[r->at] != '=' && r->in.p[r->at] != ';')
        r->at++;
    *key = td_str_trim((struct td_str){r->in.p + from, r->at - from});
    if (r->at == r->in.n || r->in.p[r->at] == ';') return bad(r, from, "a keyword without '='");
    if (key->n == 0) return bad(r, from, "no keyword before '='");
    r->at++;
    return TD_OK;
}

/* Behind the opening brace. `}}` stands for one brace; after the closing one only blanks may
 * follow. */
static enum td_rc read_braced(struct reader *r, struct td_buf *out)
{
    size_t from = r->at - 1;
    for (;;) {
        if (r->at == r->in.n) return bad(r, from, "the brace '{' is not closed");
        char c = r->in.p[r->at++];
        if (c == '}') {
            if (r->at == r->in.n || r->in.p[r->at] != '}') break;
            r->at++;
        }
        if (!td_buf_putc(out, c)) return td_err_nomem(r->err);
    }
    skip_blanks(r);
    if (r->at < r->in.n && r->in.p[r->at] != ';')
        return bad(r, r->at, "text after the closing brace (write '}' in a value as '}}')");
    return TD_OK;
}

static enum td_rc read_plain(struct reader *r, struct td_buf *out)
{
    size_t from = r->at;
    while (r->at < r->in.n && r->in.p[r->at] != ';')
        r->at++;
    struct td_str v = td_str_trim((struct td_str){r->in.p + from, r->at - from});
    return td_buf_putstr(out, v) ? TD_OK : td_err_nomem(r->err);
}

static enum td_rc read_value(struct reader *r, struct td_buf *out)
{
    skip_blanks(r);
    if (r->at < r->in.n && r->in.p[r->at] == '{') {
        r->at++;
        return read_braced(r, out);
    }
    return read_plain(r, out);
}

/* The driver manager reads these two itself and leaves them in the string. */
static bool is_managers(struct td_str key)
{
    return td_str_ieqz(key, "FILEDSN") || td_str_ieqz(key, "SAVEFILE");
}

struct seen {
    bool id[TD_OPT_COUNT];
};

static enum td_rc store(struct td_opts *o, struct seen *seen, struct td_str key, struct td_str v,
                        td_opt_unknown unknown, void *ctx, struct td_err *err)
{
    int id = td_opt_find(key);
    if (id < 0) {
        if (unknown && !is_managers(key)) unknown(ctx, key);
        return TD_OK;
    }
    if (seen->id[id] || (id == TD_OPT_DSN && seen->id[TD_OPT_DRIVER]) ||
        (id == TD_OPT_DRIVER && seen->id[TD_OPT_DSN]))
        return TD_OK;
    seen->id[id] = true;
    return td_opts_set(o, (enum td_opt_id)id, v, err);
}

enum td_rc td_opts_parse(struct td_opts *o, struct td_str conn, td_opt_unknown unknown, void *ctx,
                         struct td_err *err)
{
    struct reader r = {conn, 0, err};
    struct seen seen = {{false}};
    struct td_buf value = TD_BUF_INIT(conn.n + 1);
    if (conn.n >= 3 && memcmp(conn.p, "\xEF\xBB\xBF", 3) == 0) r.at = 3;
    /* One allocation of the final size: no copies of a password are left behind by growing. */
    if (!td_buf_reserve(&value, conn.n + 1)) return td_err_nomem(err);
    enum td_rc rc = TD_OK;
    while (rc == TD_OK) {
        while (r.at < r.in.n && is_separator(&r))
            r.at++;
        if (r.at == r.in.n) break;
        struct td_str key;
        td_buf_reset(&value);
        rc = read_key(&r, &key);
        if (rc == TD_OK) rc = read_value(&r, &value);
        if (rc == TD_OK) rc = store(o, &seen, key, td_buf_str(&value), unknown, ctx, err);
    }
    td_wipe(value.p, value.cap);
    td_buf_free(&value);
    return rc;
}

/* The characters that the reference wants in braces, a value that begins or ends with a blank, and
   control characters. */
static bool needs_braces(struct td_str v)
{
    if (v.n == 0) return false;
    if (td_isspace(v.p[0]) || td_isspace(v.p[v.n - 1])) return true;
    for (size_t i = 0; i < v.n; i++)
        if (strchr("[]{}(),;?*=!@", v.p[i]) || (unsigned char)v.p[i] < 0x20) return true;
    return false;
}

bool td_opt_write_pair(struct td_buf *out, const char *key, struct td_str value)
{
    td_buf_puts(out, key);
    td_buf_putc(out, '=');
    if (!needs_braces(value)) {
        td_buf_putstr(out, value);
    } else {
        td_buf_putc(out, '{');
        for (size_t i = 0; i < value.n; i++) {
            td_buf_putc(out, value.p[i]);
            if (value.p[i] == '}') td_buf_putc(out, '}');
        }
        td_buf_putc(out, '}');
    }
    td_buf_putc(out, ';');
    return td_buf_ok(out);
}

static bool write_masked(struct td_buf *out, enum td_opt_id id, const char *value)
{
    if (id != TD_OPT_URL && id != TD_OPT_PROXY)
        return td_opt_write_pair(out, td_opt_info(id)->key, TD_STR(MASK));
    struct td_buf shown = TD_BUF_INIT(STRING_MAX);
    bool ok = td_opt_mask_url(&shown, td_str_of(value)) &&
              td_opt_write_pair(out, td_opt_info(id)->key, td_buf_str(&shown));
    td_buf_free(&shown);
    return ok;
}

static bool write_one(struct td_buf *out, const struct td_opts *o, enum td_opt_id id, bool mask)
{
    if (!o->val[id]) return true;
    if (mask && td_opt_info(id)->secret) return write_masked(out, id, o->val[id]);
    return td_opt_write_pair(out, td_opt_info(id)->key, td_str_of(o->val[id]));
}

enum td_rc td_opts_write(const struct td_opts *o, struct td_buf *out, bool mask)
{
    enum td_opt_id first = o->val[TD_OPT_DSN] ? TD_OPT_DSN : TD_OPT_DRIVER;
    bool ok = write_one(out, o, first, mask);
    for (int i = 0; i < TD_OPT_COUNT; i++)
        if (i != TD_OPT_DSN && i != TD_OPT_DRIVER)
            ok = write_one(out, o, (enum td_opt_id)i, mask) && ok;
    return ok ? TD_OK : TD_FAIL;
}
