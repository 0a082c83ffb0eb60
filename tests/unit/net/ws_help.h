/* ws_help.h: what the tests of the WebSocket transport share: settings, asking, the echo server. */
#ifndef TEST_WS_HELP_H
#define TEST_WS_HELP_H

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/sync.h"
#include "net/transport.h"
#include "ws_peer.h"

static inline bool id_of(const uint8_t *p, size_t n, bool text, uint64_t *id)
{
    if (text) {
        *id = strtoull((const char *)p, NULL, 10);
        return true;
    }
    *id = n >= 8 ? td_ld64(p) : 0;
    return n >= 8;
}

static inline struct td_net_cfg cfg_of(const struct peer *s)
{
    return (struct td_net_cfg){.host = "127.0.0.1",
                               .port = s->port,
                               .path = "/ws",
                               .max_message = 64u << 20,
                               .read_timeout_ms = 20000,
                               .reply_id = id_of};
}

static inline struct td_transport *open_ok(const struct td_net_cfg *cfg)
{
    struct td_err err = {0};
    bool retry;
    struct td_transport *t = td_ws_open(cfg, td_deadline(10000), &retry, &err);
    if (!t) fail_msg("%s", err.msg);
    return t;
}

static inline enum td_rc ask(struct td_transport *t, uint64_t id, int64_t ms, struct td_msg *m,
                             struct td_err *err)
{
    uint8_t q[16] = {0};
    td_st64(q, id);
    if (td_submit(t, id, q, sizeof q, false, true, err)) return TD_FAIL;
    return td_wait(t, id, td_deadline(ms), NULL, 0, m, err);
}

/* Asks once and checks that the answer is the request's own. */
static inline void ask_ok(struct td_transport *t, uint64_t id)
{
    struct td_msg m = {0};
    struct td_err err = {0};
    if (ask(t, id, 10000, &m, &err)) fail_msg("%s", err.msg);
    assert_true(m.n >= 8 && td_ld64(m.p) == id);
    td_msg_free(&m);
}

static inline void assert_err(const struct td_err *err, enum td_sqlstate state, const char *text)
{
    if (err->state != state || !strstr(err->msg, text))
        fail_msg("got %s \"%s\", want %s with \"%s\"", td_sqlstate_text(err->state), err->msg,
                 td_sqlstate_text(state), text);
}

static inline void play_echo(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    int first;
    while ((first = peer_read(c->fd, &p, &n)) >= 0) {
        if ((first & 15) == 9) first = 0x8a;
        peer_frame(c->fd, (unsigned)first, p, n);
        free(p);
        if ((first & 15) == 8) return;
    }
}

static inline void play_mute(struct peer_conn *c)
{
    uint8_t *p;
    size_t n;
    while (peer_read(c->fd, &p, &n) >= 0)
        free(p);
}

#endif
