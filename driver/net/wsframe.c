#include "net/wsframe.h"

#include <string.h>
#include <sys/random.h>
#include <wslay/wslay.h>
#include <zlib.h>

#include "base/alloc.h"
#include "base/buf.h"

/* Small frames and heads of large ones arrive here: one TLS record, so that one receive call empties it. */
#define SCRATCH     (16 * 1024)
#define REPLY_MAX   (1024 * 1024) /* pongs not taken: a flood of pings ends the connection */
#define DEFLATE_MIN 128           /* below, compression costs more than it saves */

struct done {
    struct done *next;
    struct td_msg m;
};

struct td_wsf {
    wslay_event_context_ptr ws;
    size_t max_message;
    uint8_t scratch[SCRATCH];
    size_t in_off, in_n; /* bytes of scratch that wslay has not seen */

    /* The message that is being received. */
    struct td_msg cur;
    size_t cap;      /* of cur.p, without the NUL */
    bool open;       /* a message has begun */
    bool deflated;   /* it is compressed */
    bool ctl;        /* the frame in progress is a control frame */
    uint64_t frame;  /* payload bytes of its frame in progress */
    uint64_t told;   /* of these, bytes wslay has reported */
    uint64_t placed; /* of these, bytes that are in cur.p */

    struct done *first, **last;
    struct td_buf reply;
    struct td_err err; /* set by a callback; state 0 = none */
    bool closed;
    unsigned close_code;
    char close_reason[128];
    z_stream *zin, *zout;
};

/* --- receiving ------------------------------------------------------------------------------------------------- */

static void fail(struct td_wsf *w, enum td_sqlstate state, const char *text)
{
    if (!w->err.state) td_err_set(&w->err, state, 0, "%s", text);
    wslay_event_set_error(w->ws, WSLAY_ERR_CALLBACK_FAILURE);
}

static bool direct(const struct td_wsf *w)
{
    return w->open && !w->ctl && !w->cur.text && w->told < w->frame && w->cur.p;
}

/* Gives wslay received bytes. For the payload of a binary frame it only takes their number: it neither unmasks nor
   reads them, so they go to the message without passing through its 4 KiB buffer. */
static ssize_t on_recv(wslay_event_context_ptr ws, uint8_t *buf, size_t len, int flags, void *user)
{
    struct td_wsf *w = user;
    size_t have = w->in_n - w->in_off;

    (void)flags;
    if (w->err.state) {
        wslay_event_set_error(ws, WSLAY_ERR_CALLBACK_FAILURE);
        return -1;
    }
    if (direct(w)) {
        uint64_t left = w->frame - w->told;

        if (w->placed == w->told && have) {
            size_t n = have < w->frame - w->placed ? have : (size_t)(w->frame - w->placed);

            memcpy(w->cur.p + w->cur.n, w->scratch + w->in_off, n);
            w->cur.n += n;
            w->placed += n;
            w->in_off += n;
        }
        if (w->placed > w->told) {
            if (left > w->placed - w->told) left = w->placed - w->told;
            return (ssize_t)(left < len ? left : len);
        }
        have = 0;
    }
    if (!have) {
        wslay_event_set_error(ws, WSLAY_ERR_WOULDBLOCK);
        return -1;
    }
    if (len > have) len = have;
    memcpy(buf, w->scratch + w->in_off, len);
    w->in_off += len;
    return (ssize_t)len;
}

/* Makes room for `more` bytes behind cur.n: exactly, as the frame header told how many come, and generously only for
   later fragments. */
static bool room_for(struct td_wsf *w, uint64_t more)
{
    size_t cap;
    uint8_t *p;

    if (more > w->max_message || w->cur.n > w->max_message - more) {
        if (!w->err.state)
            td_err_set(&w->err, TD_ST_08S01, 0,
                       "a message of %llu bytes exceeds MaxMessageSize (%zu bytes)",
                       (unsigned long long)(more + w->cur.n), w->max_message);
        wslay_event_set_error(w->ws, WSLAY_ERR_CALLBACK_FAILURE);
        return false;
    }
    if (w->cur.n + more <= w->cap && w->cur.p) return true;
    cap = w->cur.n + (size_t)more;
    if (w->cur.n && cap < 2 * w->cap)
        cap = 2 * w->cap < w->max_message ? 2 * w->cap : w->max_message;
    p = td_realloc(w->cur.p, cap + 1);
    if (!p) {
        fail(w, TD_ST_HY001, "no memory for a message of the server");
        return false;
    }
    w->cur.p = p;
    w->cap = cap;
    return true;
}

static void on_start(wslay_event_context_ptr ws,
                     const struct wslay_event_on_frame_recv_start_arg *arg, void *user)
{
    struct td_wsf *w = user;

    (void)ws;
    w->ctl = wslay_is_ctrl_frame(arg->opcode);
    if (w->ctl) return;
    if (!w->open) {
        w->open = true;
        w->cur = (struct td_msg){.text = arg->opcode == WSLAY_TEXT_FRAME};
        w->cap = 0;
        w->deflated = wslay_get_rsv1(arg->rsv);
    }
    w->frame = arg->payload_length;
    w->told = w->placed = 0;
    room_for(w, arg->payload_length);
}

static void on_chunk(wslay_event_context_ptr ws,
                     const struct wslay_event_on_frame_recv_chunk_arg *arg, void *user)
{
    struct td_wsf *w = user;
    size_t n = arg->data_length;

    (void)ws;
    if (w->ctl || w->err.state) return;
    w->told += n;
    if (w->placed >= w->told) return;
    /* These came through wslay's buffer: all of a text frame, the head of a binary one. */
    n = (size_t)(w->told - w->placed);
    memcpy(w->cur.p + w->cur.n, arg->data + (arg->data_length - n), n);
    w->cur.n += n;
    w->placed = w->told;
}

static void on_frame_end(wslay_event_context_ptr ws, void *user)
{
    struct td_wsf *w = user;

    (void)ws;
    w->ctl = false;
}

/* Inflates cur (RFC 7692, 7.2.2) into a new buffer. */
static bool inflate_cur(struct td_wsf *w)
{
    static const uint8_t tail[4] = {0, 0, 0xff, 0xff};
    struct td_msg raw = w->cur;
    z_stream *z = w->zin;
    bool tail_given = false;
    int rc = raw.n < UINT32_MAX ? inflateReset(z) : Z_DATA_ERROR;

    w->cur = (struct td_msg){.text = raw.text};
    w->cap = 0;
    z->next_in = raw.p;
    z->avail_in = (uInt)raw.n;
    while (rc == Z_OK || rc == Z_BUF_ERROR) {
        size_t step = w->cap < 4096 ? 4 * (raw.n + 1024) : w->cap;

        if (w->cur.n == w->cap) {
            if (w->cur.n < w->max_message && step > w->max_message - w->cur.n)
                step = w->max_message - w->cur.n;
            if (!room_for(w, step)) break;
        }
        z->next_out = w->cur.p + w->cur.n;
        z->avail_out = (uInt)(w->cap - w->cur.n < UINT32_MAX ? w->cap - w->cur.n : UINT32_MAX);
        rc = inflate(z, Z_SYNC_FLUSH);
        w->cur.n = (size_t)(z->next_out - w->cur.p);
        if (z->avail_in || !z->avail_out) continue;
        if (tail_given) break;
        tail_given = true;
        z->next_in = (Bytef *)(uintptr_t)tail;
        z->avail_in = sizeof tail;
    }
    td_free(raw.p);
    if (rc != Z_OK && rc != Z_BUF_ERROR && rc != Z_STREAM_END)
        fail(w, TD_ST_08S01, "a compressed message of the server is corrupt");
    return !w->err.state;
}

static void deliver(struct td_wsf *w)
{
    struct done *d;

    if (w->deflated && !inflate_cur(w)) return;
    if (!room_for(w, 0)) return;
    d = td_calloc(1, sizeof *d);
    if (!d) {
        fail(w, TD_ST_HY001, "no memory for a message of the server");
        return;
    }
    w->cur.p[w->cur.n] = 0;
    d->m = w->cur;
    *w->last = d;
    w->last = &d->next;
    w->cur = (struct td_msg){0};
    w->cap = 0;
    w->open = false;
}

static void on_msg(wslay_event_context_ptr ws, const struct wslay_event_on_msg_recv_arg *arg,
                   void *user)
{
    struct td_wsf *w = user;
    size_t n;

    (void)ws;
    if (w->err.state) return;
    if (arg->opcode == WSLAY_CONNECTION_CLOSE) {
        n = arg->msg_length > 2 ? arg->msg_length - 2 : 0;
        w->closed = true;
        w->close_code = arg->status_code ? arg->status_code : WSLAY_CODE_NO_STATUS_RCVD;
        if (n >= sizeof w->close_reason) n = sizeof w->close_reason - 1;
        if (n) memcpy(w->close_reason, arg->msg + 2, n);
        w->close_reason[n] = '\0';
    } else if (!wslay_is_ctrl_frame(arg->opcode)) {
        deliver(w);
    }
}

/* wslay's own frames (pongs, the answer to a close), piece by piece. */
static ssize_t on_send(wslay_event_context_ptr ws, const uint8_t *p, size_t n, int flags,
                       void *user)
{
    struct td_wsf *w = user;

    (void)flags;
    if (td_buf_put(&w->reply, p, n)) return (ssize_t)n;
    wslay_event_set_error(ws, WSLAY_ERR_CALLBACK_FAILURE);
    return -1;
}

static int on_mask(wslay_event_context_ptr ws, uint8_t *buf, size_t len, void *user)
{
    (void)ws;
    (void)user;
    return getrandom(buf, len, 0) == (ssize_t)len ? 0 : -1;
}

uint8_t *td_wsf_room(struct td_wsf *w, size_t *cap)
{
    if (direct(w) && w->in_off == w->in_n && w->placed == w->told) {
        *cap = (size_t)(w->frame - w->placed);
        return w->cur.p + w->cur.n;
    }
    if (w->in_off == w->in_n) w->in_off = w->in_n = 0;
    *cap = SCRATCH - w->in_n;
    return w->scratch + w->in_n;
}

/* wslay answers a violation of the protocol by queueing a close frame and reading no further. */
static enum td_rc verdict(struct td_wsf *w, struct td_err *err)
{
    unsigned code;

    if (w->err.state) {
        if (err) *err = w->err;
        return TD_FAIL;
    }
    if (w->closed || wslay_event_get_read_enabled(w->ws)) return TD_OK;
    code = wslay_event_get_status_code_sent(w->ws);
    td_err_set(&w->err, TD_ST_08S01, 0, "the server broke the WebSocket protocol%s",
               code == WSLAY_CODE_INVALID_FRAME_PAYLOAD_DATA ? ": text that is not UTF-8"
               : code == WSLAY_CODE_MESSAGE_TOO_BIG          ? ": a frame over MaxMessageSize"
                                                             : "");
    if (err) *err = w->err;
    return TD_FAIL;
}

enum td_rc td_wsf_got(struct td_wsf *w, size_t n, struct td_err *err)
{
    int rc = 0;

    if (direct(w) && w->in_off == w->in_n && w->placed == w->told) {
        w->cur.n += n;
        w->placed += n;
    } else {
        w->in_n += n;
    }
    if (wslay_event_get_read_enabled(w->ws)) rc = wslay_event_recv(w->ws);
    if (rc == WSLAY_ERR_NOMEM) fail(w, TD_ST_HY001, "no memory for a message of the server");
    if (wslay_event_want_write(w->ws) && wslay_event_send(w->ws) != 0)
        fail(w, TD_ST_HY001, "no memory for a frame to the server");
    if (rc != 0 && !w->err.state) fail(w, TD_ST_08S01, "the server broke the WebSocket protocol");
    return verdict(w, err);
}

bool td_wsf_next(struct td_wsf *w, struct td_msg *m)
{
    struct done *d = w->first;

    if (!d) return false;
    *m = d->m;
    w->first = d->next;
    if (!w->first) w->last = &w->first;
    td_free(d);
    return true;
}

struct td_frame *td_wsf_reply(struct td_wsf *w)
{
    struct td_frame *f;

    if (!w->reply.n) return NULL;
    f = td_malloc(sizeof *f + w->reply.n);
    if (!f) return NULL; /* they stay for the next time */
    *f = (struct td_frame){.n = w->reply.n};
    memcpy(f->p, w->reply.p, f->n);
    td_buf_reset(&w->reply);
    return f;
}

bool td_wsf_closed(const struct td_wsf *w, unsigned *code, const char **reason)
{
    *code = w->close_code;
    *reason = w->close_reason;
    return w->closed;
}

/* --- sending --------------------------------------------------------------------------------------------------- */

/* dst = src ^ key, eight bytes at a time; masking a large bind byte by byte costs more than sending it. */
static void mask_copy(uint8_t *dst, const uint8_t *src, size_t n, const uint8_t key[4])
{
    uint64_t k8, v;
    uint32_t k4;
    size_t i = 0;

    memcpy(&k4, key, 4);
    k8 = (uint64_t)k4 << 32 | k4;
    for (; i + 8 <= n; i += 8) {
        memcpy(&v, src + i, 8);
        v ^= k8;
        memcpy(dst + i, &v, 8);
    }
    for (; i < n; i++)
        dst[i] = src[i] ^ key[i & 3];
}

/* Compresses a message (RFC 7692, 7.2.1); NULL when that fails or does not make it smaller. */
static uint8_t *deflated(struct td_wsf *w, const void *p, size_t n, size_t *out)
{
    z_stream *z = w->zout;
    size_t cap = n; /* not smaller: not worth it */
    uint8_t *buf = td_malloc(cap);

    if (!buf || deflateReset(z) != Z_OK) goto fail;
    z->next_in = (Bytef *)(uintptr_t)p;
    z->avail_in = (uInt)n;
    z->next_out = buf;
    z->avail_out = (uInt)cap;
    if (deflate(z, Z_SYNC_FLUSH) != Z_OK || z->avail_in || !z->avail_out) goto fail;
    *out = cap - z->avail_out;
    if (*out < 5) goto fail;
    *out -= 4; /* the 00 00 ff ff of the flush is implied */
    return buf;
fail:
    td_free(buf);
    return NULL;
}

struct td_frame *td_wsf_frame(struct td_wsf *w, enum td_ws_op op, const void *p, size_t n)
{
    struct td_frame *f;
    uint8_t *h, key[4], *z = NULL;
    size_t head, zn = 0;

    if (w && w->zout && op <= TD_WS_BINARY && n >= DEFLATE_MIN && n < UINT32_MAX)
        z = deflated(w, p, n, &zn);
    if (z) {
        p = z;
        n = zn;
    }
    head = n < 126 ? 6 : n < 65536 ? 8 : 14;
    f = td_malloc(sizeof *f + head + n);
    if (!f || getrandom(key, sizeof key, 0) != sizeof key) {
        td_free(f);
        td_free(z);
        return NULL;
    }
    *f = (struct td_frame){.n = head + n};
    h = f->p;
    *h++ = (uint8_t)(0x80 | (z ? 0x40 : 0) | op);
    if (n < 126) {
        *h++ = (uint8_t)(0x80 | n);
    } else {
        int bytes = n < 65536 ? 2 : 8;

        *h++ = (uint8_t)(0x80 | (bytes == 2 ? 126 : 127));
        while (bytes--)
            *h++ = (uint8_t)((uint64_t)n >> (8 * bytes));
    }
    memcpy(h, key, 4);
    mask_copy(h + 4, p, n, key);
    td_free(z);
    return f;
}

/* --- life ------------------------------------------------------------------------------------------------------ */

static voidpf z_alloc(voidpf user, uInt items, uInt size)
{
    (void)user;
    return td_calloc(items, size);
}

static void z_free(voidpf user, voidpf p)
{
    (void)user;
    td_free(p);
}

static bool start_deflate(struct td_wsf *w)
{
    w->zin = td_calloc(1, sizeof *w->zin);
    w->zout = td_calloc(1, sizeof *w->zout);
    if (!w->zin || !w->zout) goto fail;
    w->zin->zalloc = w->zout->zalloc = z_alloc;
    w->zin->zfree = w->zout->zfree = z_free;
    if (inflateInit2(w->zin, -15) != Z_OK) goto fail;
    if (deflateInit2(w->zout, Z_BEST_SPEED, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) == Z_OK)
        return true;
    inflateEnd(w->zin);
fail:
    td_free(w->zin);
    td_free(w->zout);
    w->zin = w->zout = NULL;
    return false;
}

struct td_wsf *td_wsf_new(size_t max_message, bool deflate)
{
    static const struct wslay_event_callbacks calls = {
        .recv_callback = on_recv,
        .send_callback = on_send,
        .genmask_callback = on_mask,
        .on_frame_recv_start_callback = on_start,
        .on_frame_recv_chunk_callback = on_chunk,
        .on_frame_recv_end_callback = on_frame_end,
        .on_msg_recv_callback = on_msg,
    };
    struct td_wsf *w = td_calloc(1, sizeof *w);

    if (!w) return NULL;
    w->max_message = max_message;
    w->last = &w->first;
    w->reply = TD_BUF_INIT(REPLY_MAX);
    if ((deflate && !start_deflate(w)) || wslay_event_context_client_init(&w->ws, &calls, w) != 0) {
        w->ws = NULL;
        td_wsf_free(w);
        return NULL;
    }
    wslay_event_config_set_no_buffering(w->ws, 1);
    wslay_event_config_set_max_recv_msg_length(w->ws, INT64_MAX); /* room_for tells the size */
    if (deflate) wslay_event_config_set_allowed_rsv_bits(w->ws, WSLAY_RSV1_BIT);
    return w;
}

void td_wsf_free(struct td_wsf *w)
{
    struct td_msg m;

    if (!w) return;
    if (w->ws) wslay_event_context_free(w->ws);
    while (td_wsf_next(w, &m))
        td_free(m.p);
    td_buf_free(&w->reply);
    td_free(w->cur.p);
    if (w->zin) {
        inflateEnd(w->zin);
        deflateEnd(w->zout);
    }
    td_free(w->zin);
    td_free(w->zout);
    td_free(w);
}
