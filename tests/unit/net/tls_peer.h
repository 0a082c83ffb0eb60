/*
 * tls_peer.h: a TLS front before a server of ws_peer.h, with certificates made on the spot. Test code of OpenSSL's API; the
 * driver under test reaches it by libcurl only.
 */
#ifndef TEST_TLS_PEER_H
#define TEST_TLS_PEER_H

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include "ws_peer.h"

struct tls_id {
    EVP_PKEY *key;
    X509 *cert;
};

/* A certificate for `san` (e.g. "IP:127.0.0.1,DNS:localhost"), signed by `ca` or by itself; valid for days from…to from
   now. */
static inline struct tls_id tls_make(const char *name, const char *san, const struct tls_id *ca,
                                     int from, int to)
{
    struct tls_id id = {EVP_EC_gen("P-256"), X509_new()};
    X509_NAME *subject = X509_get_subject_name(id.cert);
    X509_EXTENSION *e;
    static atomic_int serial;
    ASN1_INTEGER_set(X509_get_serialNumber(id.cert), 100 + atomic_fetch_add(&serial, 1));
    X509_set_version(id.cert, 2);
    X509_gmtime_adj(X509_getm_notBefore(id.cert), 86400L * from);
    X509_gmtime_adj(X509_getm_notAfter(id.cert), 86400L * to);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(id.cert, ca ? X509_get_subject_name(ca->cert) : subject);
    X509_set_pubkey(id.cert, id.key);
    e = san ? X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, san)
            : X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE");
    X509_add_ext(id.cert, e, -1);
    X509_EXTENSION_free(e);
    X509_sign(id.cert, ca ? ca->key : id.key, EVP_sha256());
    return id;
}

static inline void tls_drop(struct tls_id *id)
{
    EVP_PKEY_free(id->key);
    X509_free(id->cert);
}

/* Writes a PEM file: certificate and, if asked for, the key. */
static inline void tls_write(const struct tls_id *id, const char *path, bool key)
{
    FILE *f = fopen(path, "w");
    PEM_write_X509(f, id->cert);
    if (key) PEM_write_PrivateKey(f, id->key, NULL, NULL, 0, NULL, NULL);
    fclose(f);
}

/* What the front's peer.ctx points to. */
struct tls_front {
    SSL_CTX *ctx;
    uint16_t behind; /* port of the plain server */
};

static inline struct tls_front tls_front_new(const struct tls_id *id,
                                             const struct tls_id *client_ca, uint16_t behind)
{
    struct tls_front f = {SSL_CTX_new(TLS_server_method()), behind};
    SSL_CTX_use_certificate(f.ctx, id->cert);
    SSL_CTX_use_PrivateKey(f.ctx, id->key);
    if (client_ca) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(f.ctx), client_ca->cert);
        SSL_CTX_set_verify(f.ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    }
    return f;
}

static inline bool tls_write_all(SSL *s, const char *p, int n)
{
    while (n > 0) {
        int k = SSL_write(s, p, n);
        struct pollfd w = {SSL_get_fd(s), POLLOUT, 0};
        if (k > 0)
            p += k, n -= k;
        else if (SSL_get_error(s, k) == SSL_ERROR_WANT_WRITE ||
                 SSL_get_error(s, k) == SSL_ERROR_WANT_READ)
            poll(&w, 1, 100);
        else
            return false;
    }
    return true;
}

/* The play function of a front: shakes hands and passes bytes both ways until one side ends. */
static inline void tls_play(struct peer_conn *c)
{
    struct tls_front *f = c->peer->ctx;
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(f->behind),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;
    SSL *s = SSL_new(f->ctx);
    char b[16384];
    SSL_set_fd(s, c->fd);
    SSL_set_mode(s, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (SSL_accept(s) == 1 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0) {
        fcntl(c->fd, F_SETFL, O_NONBLOCK);
        for (bool on = true; on;) {
            struct pollfd p[2] = {{c->fd, POLLIN, 0}, {fd, POLLIN, 0}};
            int k;
            poll(p, 2, SSL_pending(s) ? 0 : 1000);
            while ((k = SSL_read(s, b, sizeof b)) > 0)
                on = on && peer_send(fd, b, (size_t)k);
            if (SSL_get_error(s, k) != SSL_ERROR_WANT_READ) on = false;
            if (p[1].revents) {
                ssize_t n = recv(fd, b, sizeof b, 0);
                on = on && n > 0 && tls_write_all(s, b, (int)n);
            }
        }
    }
    SSL_shutdown(s);
    SSL_free(s);
    close(fd);
}

#endif
