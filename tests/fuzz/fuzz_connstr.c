/*
 * fuzz_connstr.c: any bytes as a connection string. What is read must write and read back to the
 * same, its masked form must not show the password, and resolving the Url must end in a target or
 * an error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/opturl.h"
#include "net/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz_connstr: %s\n", what);
    abort();
}

static void same_again(const struct td_opts *o)
{
    struct td_opts back;
    struct td_buf b = TD_BUF_INIT(4 << 20);
    td_opts_init(&back);
    require(td_opts_write(o, &b, false) == TD_OK, "cannot be written");
    require(td_opts_parse(&back, td_buf_str(&b), NULL, NULL, NULL) == TD_OK, "cannot be read back");
    for (int i = 0; i < TD_OPT_COUNT; i++) {
        /* A DSN and a driver shut each other out in a string. */
        if (i == TD_OPT_DRIVER && o->val[TD_OPT_DSN]) continue;
        require(!o->val[i] == !back.val[i], "an option is lost or new");
        require(!o->val[i] || strcmp(o->val[i], back.val[i]) == 0, "a value has changed");
    }
    td_opts_free(&back);
    td_buf_free(&b);
}

#define MARK "s3cr3tMark"

/* A mark in place of every secret: none may be seen in the masked string. */
static void masked(struct td_opts *o)
{
    struct td_buf b = TD_BUF_INIT(4 << 20);
    for (int i = 0; i < TD_OPT_COUNT; i++)
        if (td_opt_info((enum td_opt_id)i)->secret && i != TD_OPT_URL && i != TD_OPT_PROXY)
            td_opts_set(o, (enum td_opt_id)i, TD_STR(MARK), NULL);
    if (td_opts_write(o, &b, true) == TD_OK)
        require(!b.n || !memmem(b.p, b.n, MARK, sizeof MARK - 1), "a secret is shown");
    td_buf_free(&b);
}

static void resolved(const struct td_opts *o)
{
    struct td_url_target t;
    struct td_err e;
    if (td_url_resolve(o, &t, NULL, NULL, &e) != TD_OK) {
        require(e.state == TD_ST_HY024 && e.msg[0], "an error without a text");
        return;
    }
    require(t.endpoints.n > 0 && t.endpoints.n <= 256, "no address");
    for (size_t i = 0; i < t.endpoints.n; i++)
        require(t.endpoints.v[i].port != 0 && *t.endpoints.v[i].host, "an empty address");
    /* What was refused in the explicit keys must not come in by the Url: its password is hidden in
     * the masked form. */
    struct td_buf b = TD_BUF_INIT(4 << 20);
    const char *url = td_opts_get(o, TD_OPT_URL);
    if (*url && !o->val[TD_OPT_PWD] && t.opts.val[TD_OPT_PWD] && strlen(t.password) > 8) {
        require(td_opt_mask_url(&b, td_str_of(url)), "cannot be masked");
        const char *at = strstr(url, t.password);
        /* Only where the password stands once: a user or host of the same text may be shown. */
        if (at && !strstr(at + 1, t.password))
            require(!memmem(b.p, b.n, t.password, strlen(t.password)),
                    "the Url's password is shown");
    }
    td_buf_free(&b);
    td_url_target_free(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct td_opts o;
    td_opts_init(&o);
    if (td_opts_parse(&o, (struct td_str){(const char *)data, n}, NULL, NULL, NULL) == TD_OK) {
        same_again(&o);
        resolved(&o);
        if (!n || !memmem(data, n, MARK, sizeof MARK - 1)) masked(&o);
    }
    td_opts_free(&o);
    return 0;
}
