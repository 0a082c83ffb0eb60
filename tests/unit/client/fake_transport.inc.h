/*
 * fake_transport.inc.h: net/transport.h without a network, for unit tests of client/. A test
 * includes it once; its definitions win over those of td_net. The test's `answer` is called inside
 * td_submit and may reply at once (fake_reply), later, or never: a wait for a reply that is not
 * there ends with HYT00 (HY008 when `fake.cancel`).
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "net/transport.h"

enum { FAKE_MAX = 400 };

struct fake_ticket {
    uint64_t id;
    bool used, here, abandoned;
    struct td_msg m;
    void (*late)(void *ctx, struct td_msg *m);
    void *ctx;
};
struct fake_sent {
    uint64_t id;
    bool text;
    char *p; /* NUL-terminated */
    size_t n;
};
static struct {
    /* Set by the test. */
    void (*answer)(uint64_t id, const char *p, size_t n, bool text);
    bool (*refuse)(const struct td_net_cfg *cfg, bool *retry,
                   struct td_err *err); /* true: do not open */
    bool lost, cancel;
    /* What happened. */
    struct fake_sent sent[FAKE_MAX];
    size_t nsent, opened, closed;
    struct fake_ticket tickets[FAKE_MAX];
    char endpoint[300];
    bool (*reply_id)(const uint8_t *msg, size_t n, bool text, uint64_t *id);
} fake;

struct td_transport {
    int unused;
};
static struct td_transport g_fake_transport;

static void fake_forget_sent(void)
{
    for (size_t i = 0; i < fake.nsent; i++)
        free(fake.sent[i].p);
    fake.nsent = 0;
}

static void fake_reset(void)
{
    fake_forget_sent();
    for (size_t i = 0; i < FAKE_MAX; i++)
        td_msg_free(&fake.tickets[i].m);
    memset(&fake, 0, sizeof fake);
}

static struct fake_ticket *fake_find(uint64_t id)
{
    for (size_t i = 0; i < FAKE_MAX; i++) {
        if (fake.tickets[i].used && fake.tickets[i].id == id) return &fake.tickets[i];
    }
    return NULL;
}

static size_t fake_open_tickets(void)
{
    size_t n = 0;

    for (size_t i = 0; i < FAKE_MAX; i++)
        n += fake.tickets[i].used;
    return n;
}

/* A message from the server: goes to its ticket by the session's own reply_id. */
static void fake_reply(const void *p, size_t n, bool text)
{
    struct td_msg m = {malloc(n + 1), n, text};
    struct fake_ticket *t;
    uint64_t id;

    memcpy(m.p, p, n);
    m.p[n] = 0;
    if (!fake.reply_id(m.p, n, text, &id) || !(t = fake_find(id))) {
        free(m.p);
        return;
    }
    free(m.p);
    m.p = td_malloc(n + 1);
    if (!m.p) return; /* as a transport that runs out of memory: the reply never comes */
    memcpy(m.p, p, n);
    m.p[n] = 0;
    if (t->abandoned) {
        t->used = false;
        if (t->late) t->late(t->ctx, &m);
        td_msg_free(&m);
        return;
    }
    t->here = true;
    t->m = m;
}

static void fake_text(const char *z)
{
    fake_reply(z, strlen(z), true);
}

void td_msg_free(struct td_msg *m)
{
    td_free(m->p);
    m->p = NULL;
    m->n = 0;
}

struct td_transport *td_ws_open(const struct td_net_cfg *cfg, int64_t deadline, bool *retry,
                                struct td_err *err)
{
    *retry = false;
    (void)deadline;
    fake.opened++;
    snprintf(fake.endpoint, sizeof fake.endpoint, "%s:%u", cfg->host, cfg->port);
    fake.reply_id = cfg->reply_id;
    return fake.refuse && fake.refuse(cfg, retry, err) ? NULL : &g_fake_transport;
}

enum td_rc td_submit(struct td_transport *t, uint64_t id, const void *msg, size_t n, bool text,
                     bool expect_reply, struct td_err *err)
{
    struct fake_sent *s = &fake.sent[fake.nsent];

    (void)t;
    if (fake.lost) return td_err_set(err, TD_ST_08S01, 0, "connection to %s lost", fake.endpoint);
    if (fake.nsent == FAKE_MAX) abort();
    fake.nsent++;
    s->id = id;
    s->text = text;
    s->n = n;
    s->p = malloc(n + 1);
    memcpy(s->p, msg, n);
    s->p[n] = 0;
    if (expect_reply) {
        struct fake_ticket *k = fake.tickets;
        while (k->used)
            k++;
        *k = (struct fake_ticket){.id = id, .used = true};
    }
    if (fake.answer) fake.answer(id, s->p, n, text);
    return TD_OK;
}

enum td_rc td_wait(struct td_transport *t, uint64_t id, int64_t deadline,
                   const struct td_cancel *cancel, uint32_t seen, struct td_msg *reply,
                   struct td_err *err)
{
    struct fake_ticket *k = fake_find(id);

    (void)t;
    (void)deadline;
    (void)cancel;
    (void)seen;
    if (fake.lost || !k) {
        if (k) {
            td_msg_free(&k->m);
            k->used = false;
        }
        return td_err_set(err, TD_ST_08S01, 0, "connection to %s lost", fake.endpoint);
    }
    if (!k->here)
        return td_err_set(err, fake.cancel ? TD_ST_HY008 : TD_ST_HYT00, 0, "no reply in time");
    *reply = k->m;
    memset(k, 0, sizeof *k);
    return TD_OK;
}

void td_abandon(struct td_transport *t, uint64_t id, void (*late)(void *ctx, struct td_msg *m),
                void *ctx)
{
    struct fake_ticket *k = fake_find(id);

    (void)t;
    if (!k) return;
    k->abandoned = true;
    k->late = late;
    k->ctx = ctx;
    if (k->here && !fake.lost) {
        struct td_msg m = k->m;
        memset(k, 0, sizeof *k);
        late(ctx, &m);
        td_msg_free(&m);
    }
}

bool td_ready(struct td_transport *t, uint64_t id)
{
    (void)t;
    return fake_find(id) && fake_find(id)->here;
}

void td_cancel_wake(struct td_transport *t, struct td_cancel *cancel)
{
    (void)t;
    (void)cancel;
}

bool td_alive(struct td_transport *t)
{
    (void)t;
    return !fake.lost;
}

uint32_t td_caps_of(const struct td_transport *t)
{
    (void)t;
    return TD_CAP_BLOCKS | TD_CAP_STMT2 | TD_CAP_PREFETCH | TD_CAP_SESSION;
}

const char *td_endpoint(const struct td_transport *t)
{
    (void)t;
    return fake.endpoint;
}

void td_transport_close(struct td_transport *t)
{
    (void)t;
    fake.closed++;
    for (size_t i = 0; i < FAKE_MAX; i++) {
        td_msg_free(&fake.tickets[i].m);
        fake.tickets[i].used = false;
    }
}
