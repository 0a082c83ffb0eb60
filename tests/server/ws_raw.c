/*
 * ws_raw.c: frames written past lws, straight to the socket, for the faults that lws_write cannot
 * do: a frame that breaks off, bytes that are no frame, a frame that drips.
 *
 * lws holds back nothing when a WRITEABLE callback comes, so the bytes land between two frames.
 * While it lasts reading is off, else lws would answer a Ping in the middle of the frame.
 */
#include "server_int.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>

enum { TICK_US = 10000, RETRY_US = 2000 };

bool tl_raw_wanted(const struct tl_fault_plan *plan)
{
    return tl_fault_has(plan, TL_FAULT_DROP) || tl_fault_has(plan, TL_FAULT_RESET) ||
           tl_fault_has(plan, TL_FAULT_GARBAGE) || tl_fault_has(plan, TL_FAULT_DRIP);
}

/* Writes up to n bytes; returns how many went, 0 when the socket is full, -1 when it is gone. */
static long raw_write(struct tl_conn *c, const uint8_t *p, size_t n)
{
    SSL *ssl = lws_get_ssl(c->wsi);
    if (ssl) {
        const int k = SSL_write(ssl, p, n > 16384 ? 16384 : (int)n);
        return k > 0 ? k : SSL_get_error(ssl, k) == SSL_ERROR_WANT_WRITE ? 0 : -1;
    }
    const long k = send(lws_get_socket_fd(c->wsi), p, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    return k >= 0 ? k : errno == EAGAIN || errno == EINTR ? 0 : -1;
}

void tl_raw_stop(struct tl_conn *c)
{
    lws_sul_cancel(&c->drip_sul);
    tl_msg_put(c->srv, c->raw);
    c->raw = NULL;
}

/* The frame is out as far as it goes: closes the socket, or goes back to normal work. */
static void finish(struct tl_conn *c)
{
    const struct tl_fault_plan plan = c->raw->plan;
    tl_raw_stop(c);
    c->frozen = tl_fault_has(&plan, TL_FAULT_RESET) || tl_fault_has(&plan, TL_FAULT_DROP);
    if (tl_fault_has(&plan, TL_FAULT_RESET)) {
        const struct sockaddr none = {.sa_family = AF_UNSPEC};
        connect(lws_get_socket_fd(c->wsi), &none, sizeof none); /* Linux: sends RST at once */
        tl_conn_kill(c);
    } else if (tl_fault_has(&plan, TL_FAULT_DROP)) {
        shutdown(lws_get_socket_fd(c->wsi), SHUT_WR);
        tl_conn_kill(c);
    } else {
        lws_rx_flow_control(c->wsi, 1);
        if (c->first || c->ping_due) lws_callback_on_writable(c->wsi);
    }
}

static void drip(lws_sorted_usec_list_t *sul)
{
    struct tl_conn *c = lws_container_of(sul, struct tl_conn, drip_sul);
    const struct tl_msg *m = c->raw;
    const bool slow = tl_fault_has(&m->plan, TL_FAULT_DRIP) && m->plan.value[TL_FAULT_DRIP] > 0;
    const size_t left = c->raw_end - c->raw_at;
    size_t n = left;
    int64_t wait = RETRY_US;
    if (slow) {
        const int64_t rate = m->plan.value[TL_FAULT_DRIP];
        n = (size_t)(rate * TICK_US / 1000000);
        wait = TICK_US;
        if (n == 0) {
            n = 1;
            wait = 1000000 / rate;
        }
        if (n > left) n = left;
    }
    const long sent = raw_write(c, m->buf.p + c->raw_at, n);
    if (sent < 0) {
        tl_raw_stop(c);
        tl_conn_kill(c);
        return;
    }
    c->raw_at += (size_t)sent;
    if (c->raw_at == c->raw_end)
        finish(c);
    else
        lws_sul_schedule(c->srv->lws, 0, sul, drip, wait);
}

/* Puts the frame header before the payload, into the room kept for lws; returns where it begins. */
static size_t put_header(struct tl_msg *m)
{
    const uint64_t n = m->buf.n - LWS_PRE;
    const size_t hlen = n < 126 ? 2 : n < 65536 ? 4 : 10;
    uint8_t *h = m->buf.p + LWS_PRE - hlen;
    h[0] = m->binary ? 0x82 : 0x81;
    h[1] = hlen == 2 ? (uint8_t)n : hlen == 4 ? 126 : 127;
    for (size_t i = 2; i < hlen; i++)
        h[i] = (uint8_t)(n >> (8 * (hlen - 1 - i)));
    return LWS_PRE - hlen;
}

void tl_raw_start(struct tl_conn *c, struct tl_msg *m)
{
    const bool cut =
        tl_fault_has(&m->plan, TL_FAULT_DROP) || tl_fault_has(&m->plan, TL_FAULT_RESET);
    const int64_t keep = tl_fault_has(&m->plan, TL_FAULT_DROP) ? m->plan.value[TL_FAULT_DROP]
                                                               : m->plan.value[TL_FAULT_RESET];
    c->raw = m;
    c->raw_at = put_header(m);
    c->raw_end = m->buf.n;
    if (tl_fault_has(&m->plan, TL_FAULT_GARBAGE)) {
        /* reserved bits, a reserved opcode and a masked 64-bit length: no reader can like it */
        memset(m->buf.p, 0xFF, LWS_PRE);
        c->raw_at = 0;
        c->raw_end = LWS_PRE;
    }
    if (cut && (uint64_t)keep < c->raw_end - c->raw_at) c->raw_end = c->raw_at + (size_t)keep;
    lws_rx_flow_control(c->wsi, 0);
    drip(&c->drip_sul);
}
