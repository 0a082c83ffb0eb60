/*
 * ut_replay.h: plays the client's side of a recording against a server and compares each reply with
 * the recorded one: text as text, binary byte for byte, only the timing apart.
 */
#ifndef UT_REPLAY_H
#define UT_REPLAY_H

#include "ut_client.h"

struct ut_play {
    struct ut_client c;
    const char *path;
    long compared;
};

/* Cuts out what differs by nature: the timing, and the build lines of get_server_info. */
static inline void ut_normalize(const char *text, char *out, size_t cap)
{
    size_t n = 0;
    while (*text && n + 1 < cap) {
        if (strncmp(text, "\"timing\":", 9) == 0) {
            n += (size_t)snprintf(out + n, cap - n, "\"timing\":T");
            for (text += 9; *text >= '0' && *text <= '9'; text++)
                ;
        } else if (strncmp(text, "\\nbuild:", 8) == 0) {
            while (*text && *text != '"')
                text++;
        } else {
            out[n++] = *text++;
        }
    }
    out[n] = 0;
}

static inline void ut_compare_text(struct ut_play *p, const char *want)
{
    static char is[1 << 16], must[1 << 16];
    ut_normalize((const char *)p->c.msg.p, is, sizeof is);
    ut_normalize(want, must, sizeof must);
    if (p->c.opcode != 1 || strcmp(is, must) != 0)
        fail_msg("%s:\nis   %s\nmust %s", p->path, is, must);
}

static inline void ut_compare_binary(struct ut_play *p, const struct tl_buf *want)
{
    uint8_t *is = p->c.msg.p;
    const bool raw = want->n >= 26 && ut_load(want->p, 8) == UINT64_MAX;
    assert_int_equal(p->c.opcode, 2);
    assert_int_equal(p->c.msg.n, want->n);
    memset(is + (raw ? 18 : 0), 0, 8);
    memset(want->p + (raw ? 18 : 0), 0, 8);
    for (size_t i = 0; i < want->n; i++)
        if (is[i] != want->p[i])
            fail_msg("%s: reply %ld differs at byte %zu", p->path, p->compared, i);
}

static inline void ut_on_msg(const struct ut_msg *m, void *arg)
{
    struct ut_play *p = arg;
    if (m->sent) {
        if (m->text)
            ut_text(&p->c, m->text);
        else
            ut_frame(&p->c, 0x82, m->bin.p, m->bin.n);
        return;
    }
    if (!ut_recv(&p->c)) fail_msg("%s: the connection was closed", p->path);
    if (m->text) {
        ut_compare_text(p, m->text);
    } else {
        struct tl_buf want = m->bin;
        ut_compare_binary(p, &want);
    }
    p->compared++;
}

/* Plays one recording; returns how many replies were compared. */
static inline long ut_replay(const char *path, int port)
{
    struct ut_play p = {.c = ut_open(port), .path = path};
    ut_each_msg(path, ut_on_msg, &p);
    ut_close(&p.c);
    return p.compared;
}

#endif
