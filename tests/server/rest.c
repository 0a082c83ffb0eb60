/*
 * rest.c: HTTP requests (protocol.md 1): routes, parameters, authorization, and the answer,
 * streamed in chunks with gzip when it is asked for.
 *
 * One tl_http per request, owned by its socket; every statement has a session of its own, because
 * the adapter resets a pooled connection after each request (1.3).
 */
#include "server_int.h"
#include "rest_auth.h"
#include "rest_body.h"
#include "sml.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { PIECE = 16352, MAX_BODY = 64 << 20 };

struct tl_http {
    struct tl_server *srv;
    struct lws *wsi;
    int64_t arrived;
    char path[256], db[192];
    char tz[64], conn_tz[64];
    uint64_t req_id;
    bool sql_route; /* the body counts: POST /rest/sql[/db], or schemaless */
    int sml;        /* enum tl_sml_protocol, 0 = none */
    bool in_gzip, out_gzip, row_with_meta, timing;
    bool completed; /* the request is whole and was run or parked */
    bool answered;  /* the status is decided */
    bool headers_sent;
    int status;
    const char *type;   /* content type, NULL = none */
    struct tl_buf in;   /* request body */
    struct tl_buf out;  /* LWS_PRE bytes, then what is to be sent next */
    struct tl_buf text; /* body text before chunking or compression */
    struct tl_result *r;
    struct tl_body body;
    bool streaming, done;
    z_stream gz;
    bool gz_open;
    struct tl_fault_plan plan;
    uint64_t sent;
    lws_sorted_usec_list_t sul;
};

static void http_free(struct tl_http *h)
{
    lws_sul_cancel(&h->sul);
    tl_body_free(&h->body);
    if (h->r) h->r->free(h->r);
    if (h->gz_open) deflateEnd(&h->gz);
    tl_buf_free(&h->in);
    tl_buf_free(&h->out);
    tl_buf_free(&h->text);
    free(h);
}

/* ---- answers ---- */

static void answer(struct tl_http *h, int status, const char *type)
{
    h->answered = true;
    h->status = status;
    h->type = type;
    lws_set_timeout(h->wsi, NO_PENDING_TIMEOUT, 0);
    lws_callback_on_writable(h->wsi);
}

static void answer_error(struct tl_http *h, int status, const struct tl_error *err)
{
    tl_body_error(&h->text, err, (tl_now_us() - h->arrived) * 1000 + 1);
    answer(h, status, "application/json; charset=utf-8");
}

static void answer_fail(struct tl_http *h, int status, int code, const char *msg)
{
    struct tl_error err = {.code = code};
    snprintf(err.msg, sizeof err.msg, "%s", msg);
    answer_error(h, status, &err);
}

static void answer_not_found(struct tl_http *h)
{
    static const char text[] = "404 page not found";
    tl_buf_put(&h->text, text, sizeof text - 1);
    answer(h, 404, "text/plain");
}

/* GET /rest/login/{user}/{password} */
static void answer_login(struct tl_http *h)
{
    char user[64], password[128], token[256];
    struct tl_error err = {0};
    if (sscanf(h->path, "/rest/login/%63[^/]/%127[^/]", user, password) != 2) {
        answer_not_found(h);
        return;
    }
    if (!tl_exec_login(h->srv, user, password, &err) ||
        !tl_auth_token(user, password, token, sizeof token)) {
        answer_fail(h, 401, 3, "Authentication failure");
        return;
    }
    tl_json_fmt(&h->text, "{\"code\":0,\"desc\":\"%s\"}", token);
    answer(h, 200, "application/json; charset=utf-8");
}

/* ---- parameters ---- */

/* Go knows a zone when its file is there. */
static bool zone_known(const char *tz)
{
    char path[128];
    if (!*tz || strcmp(tz, "UTC") == 0 || strcmp(tz, "Local") == 0) return true;
    if (strstr(tz, "..") || tz[0] == '/') return false;
    snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", tz);
    return access(path, R_OK) == 0;
}

static bool bad_param(struct tl_error *err, const char *what, const char *func, const char *value)
{
    err->code = 0xFFFF;
    snprintf(err->msg, sizeof err->msg,
             "illegal param, %s strconv.%s: parsing \"%.100s\": invalid syntax", what, func, value);
    return false;
}

static bool parse_bool(const char *s, bool *out)
{
    static const char *const yes[] = {"1", "t", "T", "true", "TRUE", "True"};
    static const char *const no[] = {"0", "f", "F", "false", "FALSE", "False"};
    for (int i = 0; i < 6; i++) {
        if (strcmp(s, yes[i]) == 0) return *out = true;
        if (strcmp(s, no[i]) == 0) return !(*out = false);
    }
    return false;
}

static const char *param(struct tl_http *h, const char *name, char *buf, size_t cap)
{
    return lws_get_urlarg_by_name(h->wsi, name, buf, (int)cap);
}

/* The query string (1.2); false with err filled for what the adapter refuses. */
static bool read_params(struct tl_http *h, struct tl_error *err)
{
    char buf[128];
    const char *v = param(h, "req_id=", buf, sizeof buf);
    if (v && *v) {
        char *end;
        h->req_id = (uint64_t)strtoll(v, &end, 10);
        if (*end) return bad_param(err, "req_id must be numeric", "ParseInt", v);
    }
    v = param(h, "row_with_meta=", buf, sizeof buf);
    if (v && *v && !parse_bool(v, &h->row_with_meta))
        return bad_param(err, "row_with_meta must be boolean", "ParseBool", v);
    v = param(h, "timing=", buf, sizeof buf);
    h->timing = v && strcmp(v, "true") == 0;
    v = param(h, "conn_tz=", buf, sizeof buf);
    snprintf(h->conn_tz, sizeof h->conn_tz, "%.63s", v ? v : "");
    if (!*h->conn_tz) v = param(h, "tz=", buf, sizeof buf);
    snprintf(h->tz, sizeof h->tz, "%.63s", v && *v ? v : "UTC");
    if (zone_known(h->tz)) return true;
    err->code = 0xFFFF;
    snprintf(err->msg, sizeof err->msg, "unknown time zone %s", h->tz);
    return false;
}

static bool header_has(struct tl_http *h, enum lws_token_indexes token, const char *word)
{
    char buf[256];
    return lws_hdr_copy(h->wsi, buf, sizeof buf, token) > 0 && strstr(buf, word) != NULL;
}

/* ---- statements ---- */

static bool gunzip(struct tl_buf *b)
{
    z_stream z = {.next_in = b->p, .avail_in = (uInt)b->n};
    struct tl_buf plain = {0};
    uint8_t piece[16384];
    int rc = inflateInit2(&z, 16 + MAX_WBITS);
    while (rc == Z_OK) {
        z.next_out = piece;
        z.avail_out = sizeof piece;
        rc = inflate(&z, Z_NO_FLUSH);
        if (!tl_buf_put(&plain, piece, sizeof piece - z.avail_out) || plain.n > MAX_BODY)
            rc = Z_MEM_ERROR;
    }
    inflateEnd(&z);
    tl_buf_free(b);
    *b = plain;
    return rc == Z_STREAM_END;
}

/* The body of a schemaless request is complete (1.8). */
static void run_sml(struct tl_http *h)
{
    char auth[512] = "", user[64] = "", pass[128] = "", db[192], prec[16], key[80], ttl[24];
    struct tl_sml_request rq = {.protocol = h->sml, .precision = "", .name_key = ""};
    lws_hdr_copy(h->wsi, auth, sizeof auth, WSI_TOKEN_HTTP_AUTHORIZATION);
    const char *u = param(h, "u=", user, sizeof user), *p = param(h, "p=", pass, sizeof pass);
    const char *d = h->sml == TL_SML_LINE ? param(h, "db=", db, sizeof db) : h->db;
    const char *v = param(h, "precision=", prec, sizeof prec);
    if (v) rq.precision = v;
    v = param(h, "table_name_key=", key, sizeof key);
    if (v) rq.name_key = v;
    v = param(h, "ttl=", ttl, sizeof ttl);
    rq.ttl = v ? atoll(v) : 0;
    rq.data = h->in.n ? (const char *)h->in.p : "";
    rq.n = h->in.n;
    const int status = tl_sml_http(h->srv, *auth ? auth : NULL, u, p, d, &rq, &h->text);
    answer(h, status, h->text.n ? "application/json; charset=utf-8" : NULL);
}

/* Runs the statement of a complete request. */
static void run(struct tl_http *h)
{
    if (h->sml) {
        run_sml(h);
        return;
    }
    struct tl_error err = {0};
    struct tl_session s = {.tz = "UTC", .req_id = h->req_id};
    struct tl_login login;
    char auth[512] = "";
    lws_hdr_copy(h->wsi, auth, sizeof auth, WSI_TOKEN_HTTP_AUTHORIZATION);
    if (!tl_auth_parse(auth, &login, &err)) {
        answer_error(h, 401, &err);
        return;
    }
    if (!read_params(h, &err)) {
        answer_error(h, 400, &err);
        return;
    }
    if ((h->in_gzip && !gunzip(&h->in)) || h->in.n == 0) {
        answer_fail(h, 400, 0x1106, "request is empty");
        return;
    }
    if (!tl_exec_login(h->srv, login.user, login.password, &err)) {
        answer_error(h, 200, &err); /* 200 by default: 1.3 */
        return;
    }
    snprintf(s.user, sizeof s.user, "%.31s", login.user);
    if (*h->conn_tz) snprintf(s.tz, sizeof s.tz, "%s", h->conn_tz);
    /* the adapter ignores the failure of its own USE (1.1) */
    if (tl_exec_has_db(h->srv, h->db)) snprintf(s.db, sizeof s.db, "%.64s", h->db);
    h->r = tl_exec(h->srv, &s, (const char *)h->in.p, h->in.n, &err);
    if (!h->r) {
        answer_error(h, 200, &err);
        return;
    }
    h->body = (struct tl_body){.r = h->r,
                               .tz = h->tz,
                               .row_with_meta = h->row_with_meta,
                               .timing = h->timing,
                               .started = h->arrived};
    h->streaming = true;
    answer(h, 200, "application/json; charset=utf-8");
}

static void run_due(lws_sorted_usec_list_t *sul)
{
    run(lws_container_of(sul, struct tl_http, sul));
}

/* The request is whole. */
static void complete(struct tl_http *h)
{
    static const char control[] = "tdlite ";
    if (h->answered || h->completed) return;
    h->completed = true;
    if (h->in.n < sizeof control || memcmp(h->in.p, control, sizeof control - 1) != 0)
        tl_fault_next(&h->srv->faults, "rest", &h->plan);
    lws_set_timeout(h->wsi, NO_PENDING_TIMEOUT, 0);
    if (tl_fault_has(&h->plan, TL_FAULT_NO_REPLY)) return;
    int64_t wait_ms = h->sml || !h->in.n ? 0 : tl_gen_delay((const char *)h->in.p, h->in.n);
    if (tl_fault_has(&h->plan, TL_FAULT_DELAY)) wait_ms += h->plan.value[TL_FAULT_DELAY];
    if (wait_ms > 0)
        lws_sul_schedule(h->srv->lws, 0, &h->sul, run_due, (lws_usec_t)wait_ms * 1000);
    else
        run(h);
}

static bool starts(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Sets the protocol and, for OpenTSDB, the database of a schemaless route. */
static bool sml_route(struct tl_http *h, const char *uri)
{
    static const char json[] = "/opentsdb/v1/put/json/", telnet[] = "/opentsdb/v1/put/telnet/";
    if (strcmp(uri, "/influxdb/v1/write") == 0) {
        h->sml = TL_SML_LINE;
    } else if (h->srv->opts.opentsdb && (starts(uri, json) || starts(uri, telnet))) {
        h->sml = starts(uri, json) ? TL_SML_JSON : TL_SML_TELNET;
        snprintf(h->db, sizeof h->db, "%.191s", strrchr(uri, '/') + 1);
    }
    return h->sml != 0;
}

static struct tl_http *begin(struct lws *wsi, const char *uri)
{
    struct tl_http *h = calloc(1, sizeof *h);
    if (!h) return NULL;
    const bool post = lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0;
    h->srv = tl_server_of(wsi);
    h->wsi = wsi;
    h->arrived = tl_now_us();
    snprintf(h->path, sizeof h->path, "%s", uri);
    tl_log(h->srv, "<- %s %s", post ? "POST" : "GET", h->path);
    h->in_gzip = header_has(h, WSI_TOKEN_HTTP_CONTENT_ENCODING, "gzip");
    h->out_gzip = header_has(h, WSI_TOKEN_HTTP_ACCEPT_ENCODING, "gzip");
    if (post && (strcmp(uri, "/rest/sql") == 0 || starts(uri, "/rest/sql/"))) {
        h->sql_route = true;
        snprintf(h->db, sizeof h->db, "%.191s", strlen(uri) > 10 ? uri + 10 : "");
        if (strchr(h->db, '/')) answer_not_found(h);
    } else if (post && sml_route(h, uri)) {
        h->sql_route = true;
    } else if (!post && starts(uri, "/rest/login/")) {
        answer_login(h);
    } else if (!post && strcmp(uri, "/-/ping") == 0) {
        answer(h, 200, NULL);
    } else {
        answer_not_found(h);
    }
    return h;
}

/* ---- sending ---- */

/* Compresses h->text into h->out, or copies it. */
static bool pack(struct tl_http *h, bool last)
{
    uint8_t piece[16384];
    if (!h->gz_open) return tl_buf_put(&h->out, h->text.p, h->text.n);
    h->gz.next_in = h->text.p;
    h->gz.avail_in = (uInt)h->text.n;
    do {
        h->gz.next_out = piece;
        h->gz.avail_out = sizeof piece;
        deflate(&h->gz, last ? Z_FINISH : Z_NO_FLUSH);
        if (!tl_buf_put(&h->out, piece, sizeof piece - h->gz.avail_out)) return false;
    } while (h->gz.avail_out == 0);
    return true;
}

static bool reserve(struct tl_buf *b)
{
    static const uint8_t pre[LWS_PRE];
    b->n = 0;
    return tl_buf_put(b, pre, sizeof pre);
}

static int send_headers(struct tl_http *h)
{
    uint8_t buf[LWS_PRE + 1024];
    uint8_t *p = buf + LWS_PRE, *start = p, *end = buf + sizeof buf;
    h->headers_sent = true;
    h->out_gzip = h->out_gzip && h->streaming;
    if (h->out_gzip)
        h->gz_open = deflateInit2(&h->gz, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8,
                                  Z_DEFAULT_STRATEGY) == Z_OK;
    int rc = lws_add_http_header_status(h->wsi, (unsigned)h->status, &p, end);
    if (h->type)
        rc |= lws_add_http_header_by_token(h->wsi, WSI_TOKEN_HTTP_CONTENT_TYPE,
                                           (const uint8_t *)h->type, (int)strlen(h->type), &p, end);
    if (h->gz_open)
        rc |= lws_add_http_header_by_token(h->wsi, WSI_TOKEN_HTTP_CONTENT_ENCODING,
                                           (const uint8_t *)"gzip", 4, &p, end) ||
              lws_add_http_header_by_token(h->wsi, WSI_TOKEN_HTTP_VARY,
                                           (const uint8_t *)"Accept-Encoding", 15, &p, end);
    if (h->streaming)
        rc |= lws_add_http_header_by_token(h->wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING,
                                           (const uint8_t *)"chunked", 7, &p, end);
    else
        rc |= lws_add_http_header_content_length(h->wsi, h->text.n, &p, end);
    if (rc || lws_finalize_write_http_header(h->wsi, start, &p, end)) return -1;
    if (!h->streaming && h->text.n == 0) return lws_http_transaction_completed(h->wsi) ? -1 : 0;
    lws_callback_on_writable(h->wsi);
    return 0;
}

/* One chunk of a streamed body: size line, data, and the closing chunk when it is the last. */
static bool next_chunk(struct tl_http *h)
{
    char size[24];
    struct tl_buf data = {0};
    h->text.n = 0;
    if (!tl_body_more(&h->body, &h->text, PIECE)) return false;
    h->done = h->body.state == TL_BODY_DONE;
    h->out.n = 0;
    bool ok = pack(h, h->done);
    data = h->out;
    h->out = (struct tl_buf){0};
    ok = ok && reserve(&h->out);
    if (ok && data.n > 0) { /* an empty chunk would end the body */
        const int n = snprintf(size, sizeof size, "%zx\r\n", data.n);
        ok = tl_buf_put(&h->out, size, (size_t)n) && tl_buf_put(&h->out, data.p, data.n) &&
             tl_buf_put(&h->out, "\r\n", 2);
    }
    tl_buf_free(&data);
    return ok && (!h->done || tl_buf_put(&h->out, "0\r\n\r\n", 5));
}

/* Faults drop and reset cut the body after VALUE bytes: false = close the socket now. */
static bool within_cut(struct tl_http *h, size_t *n)
{
    const enum tl_fault_kind kind =
        tl_fault_has(&h->plan, TL_FAULT_RESET) ? TL_FAULT_RESET : TL_FAULT_DROP;
    if (!tl_fault_has(&h->plan, kind)) return true;
    const uint64_t left = (uint64_t)h->plan.value[kind] - h->sent;
    if (left > *n) return true;
    *n = (size_t)left;
    if (*n > 0) lws_write(h->wsi, h->out.p + LWS_PRE, *n, LWS_WRITE_HTTP);
    if (kind == TL_FAULT_RESET) {
        const struct sockaddr none = {.sa_family = AF_UNSPEC};
        connect(lws_get_socket_fd(h->wsi), &none, sizeof none); /* Linux: sends RST at once */
    }
    return false;
}

static int send_body(struct tl_http *h)
{
    if (!h->streaming) {
        if (!reserve(&h->out) || !tl_buf_put(&h->out, h->text.p, h->text.n)) return -1;
        h->done = true;
    } else {
        do
            if (!next_chunk(h)) return -1;
        while (h->out.n == LWS_PRE); /* gzip may have kept everything */
    }
    size_t n = h->out.n - LWS_PRE;
    if (!within_cut(h, &n)) return -1;
    h->sent += n;
    if (lws_write(h->wsi, h->out.p + LWS_PRE, n, h->done ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
        0)
        return -1;
    if (h->done) return lws_http_transaction_completed(h->wsi) ? -1 : 0;
    lws_callback_on_writable(h->wsi);
    return 0;
}

/* ---- lws ---- */

/* ws.c learns the path from the socket's mark: the headers are gone when it opens the connection. */
static int confirm_upgrade(struct lws *wsi)
{
    static char tmq;
    char uri[64] = "";
    const bool known = lws_hdr_copy(wsi, uri, sizeof uri, WSI_TOKEN_GET_URI) > 0;
    if (known && strcmp(uri, "/rest/tmq") == 0) {
        lws_set_opaque_user_data(wsi, &tmq);
        return 0;
    }
    if (known && strcmp(uri, "/ws") == 0) return 0;
    return lws_return_http_status(wsi, 404, NULL) < 0 ? -1 : 1;
}

int tl_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len)
{
    struct tl_user *u = user;
    switch (reason) {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
        return confirm_upgrade(wsi);
    case LWS_CALLBACK_HTTP:
        if (u->http) http_free(u->http);
        u->http = begin(wsi, in);
        if (!u->http) return -1;
        if (u->http->sql_route && lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0)
            complete(u->http);
        return 0;
    case LWS_CALLBACK_HTTP_BODY:
        if (!u->http || u->http->in.n + len > MAX_BODY) return -1;
        return tl_buf_put(&u->http->in, in, len) ? 0 : -1;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
        if (u->http && u->http->sql_route) complete(u->http);
        return 0;
    case LWS_CALLBACK_HTTP_WRITEABLE:
        if (!u->http || !u->http->answered) return 0;
        return u->http->headers_sent ? send_body(u->http) : send_headers(u->http);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
        if (u && u->http) http_free(u->http);
        if (u) u->http = NULL;
        return 0;
    default:
        return 0;
    }
}
