/* opt.c: the option table and the values of one connection. See opt.h; the text form is in
 * optparse.c. */
#include "base/opt.h"

#include <inttypes.h>

#include "base/alloc.h"

#define VALUE_MAX 65536 /* bytes; a token or a list of addresses is far below */

static const struct td_opt_info infos[TD_OPT_COUNT] = {
#define TD_OPT(id, key, aliases, kind, def, secret, help)                                          \
    [TD_OPT_##id] = {key, aliases, def, help, TD_OPT_KIND_##kind, secret},
#include "base/opt.def"
#undef TD_OPT
};

static const struct {
    enum td_opt_id id;
    int64_t least, most;
} ranges[] = {
#define TD_OPT_RANGE(id, least, most) {TD_OPT_##id, least, most},
#include "base/optrange.def"
#undef TD_OPT_RANGE
};

/* Spellings of the Rust and Python clients for our choices. */
static const struct {
    enum td_opt_id id;
    const char *from, *to;
} spellings[] = {
    {TD_OPT_SSL_MODE, "required", "none"},
    {TD_OPT_SSL_MODE, "verify_ca", "verify-ca"},
    {TD_OPT_SSL_MODE, "verify_identity", "verify-full"},
    {TD_OPT_SSL_MODE, "verify_full", "verify-full"},
    {TD_OPT_TRANSPORT, "websocket", "ws"},
    {TD_OPT_TRANSPORT, "rest", "http"},
    {TD_OPT_LOG_LEVEL, "0", "off"},
    {TD_OPT_LOG_LEVEL, "1", "error"},
    {TD_OPT_LOG_LEVEL, "2", "warn"},
    {TD_OPT_LOG_LEVEL, "3", "info"},
    {TD_OPT_LOG_LEVEL, "4", "debug"},
    {TD_OPT_LOG_LEVEL, "5", "wire"},
};

const struct td_opt_info *td_opt_info(enum td_opt_id id)
{
    return &infos[id];
}

/* True when one of the elements of a list separated by `sep` equals s; *found = that element as the
 * list spells it. */
static bool in_list(const char *list, char sep, struct td_str s, struct td_str *found)
{
    while (*list) {
        const char *end = strchrnul(list, sep);
        struct td_str one = {list, (size_t)(end - list)};
        if (one.n && td_str_ieq(one, s)) {
            *found = one;
            return true;
        }
        list = *end ? end + 1 : end;
    }
    return false;
}

int td_opt_find(struct td_str key)
{
    struct td_str as;
    for (int i = 0; i < TD_OPT_COUNT; i++)
        if (td_str_ieqz(key, infos[i].key) || in_list(infos[i].aliases, ';', key, &as)) return i;
    return -1;
}

bool td_opt_range(enum td_opt_id id, int64_t *least, int64_t *most)
{
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (ranges[i].id == id) {
            *least = ranges[i].least;
            *most = ranges[i].most;
            return true;
        }
    }
    return false;
}

struct td_str td_opt_choices(enum td_opt_id id)
{
    const char *help = infos[id].help;
    if (infos[id].kind != TD_OPT_KIND_ENUM) return (struct td_str){"", 0};
    const char *end = strrchr(help, '|');
    return (struct td_str){help + 1, (size_t)(end - help - 1)};
}

void td_opts_init(struct td_opts *o)
{
    memset(o, 0, sizeof *o);
}

static void drop(struct td_opts *o, int id)
{
    if (o->val[id]) td_free_secret(o->val[id], strlen(o->val[id]));
    o->val[id] = NULL;
}

void td_opts_free(struct td_opts *o)
{
    for (int i = 0; i < TD_OPT_COUNT; i++)
        drop(o, i);
}

enum td_rc td_opts_copy(struct td_opts *dst, const struct td_opts *src, struct td_err *err)
{
    td_opts_init(dst);
    for (int i = 0; i < TD_OPT_COUNT; i++) {
        if (!src->val[i]) continue;
        dst->val[i] = td_strndup(src->val[i], strlen(src->val[i]));
        if (!dst->val[i]) {
            td_opts_free(dst);
            return td_err_nomem(err);
        }
    }
    return TD_OK;
}

static bool read_bool(struct td_str s, bool *out)
{
    static const char *const yes[] = {"1", "yes", "true", "on", "y", "t"};
    static const char *const no[] = {"0", "no", "false", "off", "n", "f"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++) {
        if (td_str_ieqz(s, yes[i]) || td_str_ieqz(s, no[i])) {
            *out = td_str_ieqz(s, yes[i]);
            return true;
        }
    }
    return false;
}

/* The value in the one form that is stored; `num` has room for an integer's digits. */
static enum td_rc canonical_int(enum td_opt_id id, struct td_str v, char num[24],
                                struct td_str *out, struct td_err *err)
{
    int64_t n = 0, least = 0, most = INT64_MAX;
    td_opt_range(id, &least, &most);
    if (!td_str_i64(v, &n) || n < least || n > most)
        return td_err_set(err, TD_ST_HY024, 0,
                          "%s must be a whole number from %" PRId64 " to %" PRId64, infos[id].key,
                          least, most);
    struct td_buf b = TD_BUF_INIT(24);
    if (!td_buf_printf(&b, "%" PRId64, n)) return td_err_nomem(err);
    memcpy(num, b.p, b.n);
    *out = (struct td_str){num, b.n};
    td_buf_free(&b);
    return TD_OK;
}

static enum td_rc canonical_enum(enum td_opt_id id, struct td_str v, struct td_str *out,
                                 struct td_err *err)
{
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++)
        if (spellings[i].id == id && td_str_ieqz(v, spellings[i].from))
            v = td_str_of(spellings[i].to);
    struct td_str choices = td_opt_choices(id);
    const char *p = choices.p, *end = choices.p + choices.n;
    while (p < end) {
        const char *bar = memchr(p, '|', (size_t)(end - p));
        struct td_str one = {p, (size_t)((bar ? bar : end) - p)};
        if (td_str_ieq(one, v)) {
            *out = one;
            return TD_OK;
        }
        p = bar ? bar + 1 : end;
    }
    return td_err_set(err, TD_ST_HY024, 0, "%s must be one of %.*s", infos[id].key, (int)choices.n,
                      choices.p);
}

static enum td_rc canonical(enum td_opt_id id, struct td_str v, char num[24], struct td_str *out,
                            struct td_err *err)
{
    bool on;
    *out = v;
    switch (infos[id].kind) {
    case TD_OPT_KIND_INT:
        return canonical_int(id, td_str_trim(v), num, out, err);
    case TD_OPT_KIND_ENUM:
        return canonical_enum(id, td_str_trim(v), out, err);
    case TD_OPT_KIND_BOOL:
        if (!read_bool(td_str_trim(v), &on))
            return td_err_set(err, TD_ST_HY024, 0, "%s must be 0 or 1 (no/yes, false/true, off/on)",
                              infos[id].key);
        *out = on ? TD_STR("1") : TD_STR("0");
        return TD_OK;
    case TD_OPT_KIND_STR:
    case TD_OPT_KIND_IGNORED:
        break;
    }
    return TD_OK;
}

enum td_rc td_opts_set(struct td_opts *o, enum td_opt_id id, struct td_str value,
                       struct td_err *err)
{
    if (value.n > VALUE_MAX || (value.n && memchr(value.p, 0, value.n)))
        return td_err_set(err, TD_ST_HY024, 0, "The value of %s is too long or has a NUL",
                          infos[id].key);
    bool text = infos[id].kind == TD_OPT_KIND_STR || infos[id].kind == TD_OPT_KIND_IGNORED;
    if (!text && td_str_trim(value).n == 0) {
        drop(o, id);
        return TD_OK;
    }
    char num[24];
    struct td_str v;
    if (canonical(id, value, num, &v, err) != TD_OK) return TD_FAIL;
    char *copy = td_strndup(v.p, v.n);
    if (!copy) return td_err_nomem(err);
    drop(o, id);
    o->val[id] = copy;
    return TD_OK;
}

const char *td_opts_get(const struct td_opts *o, enum td_opt_id id)
{
    return o->val[id] ? o->val[id] : infos[id].def;
}

int64_t td_opts_int(const struct td_opts *o, enum td_opt_id id)
{
    int64_t v = 0;
    td_str_i64(td_str_of(td_opts_get(o, id)), &v);
    return v;
}

bool td_opts_bool(const struct td_opts *o, enum td_opt_id id)
{
    return td_opts_get(o, id)[0] == '1';
}

bool td_opts_given(const struct td_opts *o, enum td_opt_id id)
{
    return o->val[id] != NULL;
}
