/*
 * tls.h: all that the driver takes from OpenSSL: certificate stores for curl's TLS contexts, and the hash of the
 * WebSocket handshake.
 *
 * Loading the system's authorities costs 45-90 ms each time (design.md), so a store is loaded once per setting and kept
 * for the life of the process. The cache has its own lock; a store is shared by reference and never changed.
 */
#ifndef TD_NET_TLS_H
#define TD_NET_TLS_H

#include "net/transport.h"

/* What the callback of a connection being made needs, and what it leaves behind. Owned by the connection's opener. */
struct td_tls_setup {
    const struct td_tls_cfg *cfg;
    struct td_err err; /* why the store could not be had; state 0 = no error */
};

/* CURLOPT_SSL_CTX_FUNCTION: `setup` is a struct td_tls_setup. Gives the context the cached store of its CaFile/CaPath
   (neither: the system's). Returns 0, or 1 with setup->err filled. */
int td_tls_on_ctx(void *ssl_ctx, void *setup);

/* How many stores were loaded since start: tests show that the second connection reuses the first one's. */
unsigned td_tls_loads(void);

/* SHA-1 for Sec-WebSocket-Accept (RFC 6455, 4.2.2). False when OpenSSL fails. */
bool td_tls_sha1(const void *p, size_t n, uint8_t out[20]);

#endif
