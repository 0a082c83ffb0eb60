#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

struct store {
    struct store *next;
    X509_STORE *x509;
    char *file, *path; /* NULL = not given; both NULL = the system's authorities */
};

static pthread_mutex_t cache_lock = PTHREAD_MUTEX_INITIALIZER;
static struct store *cache;
static unsigned loads;

static bool same(const char *a, const char *b)
{
    return (!a || !*a) ? (!b || !*b) : (b && strcmp(a, b) == 0);
}

/* The first error is the cause; those behind it only say who was affected. */
static const char *reason(void)
{
    unsigned long code = ERR_peek_error();
    const char *text = ERR_SYSTEM_ERROR(code) ? strerrordesc_np(ERR_GET_REASON(code))
                       : code                 ? ERR_reason_error_string(code)
                                              : NULL;

    ERR_clear_error();
    return text ? text : "unknown reason";
}

static char *copy(const char *z)
{
    return z && *z ? td_strndup(z, strlen(z)) : NULL;
}

static void store_free(struct store *s)
{
    X509_STORE_free(s->x509);
    td_free(s->file);
    td_free(s->path);
    td_free(s);
}

/* Reads the authorities of a setting. A leaf given as CaFile counts as trusted itself (PARTIAL_CHAIN), which is what
   people with a self-signed server certificate expect, and what curl does with its own stores. */
static struct store *load(const struct td_tls_cfg *cfg, struct td_err *err)
{
    struct store *s = td_calloc(1, sizeof *s);
    bool file = cfg->ca_file && *cfg->ca_file, path = cfg->ca_path && *cfg->ca_path;

    if (s) s->x509 = X509_STORE_new();
    if (s && file) s->file = copy(cfg->ca_file);
    if (s && path) s->path = copy(cfg->ca_path);
    if (!s || !s->x509 || (file && !s->file) || (path && !s->path)) {
        td_err_nomem(err);
        goto fail;
    }
    ERR_clear_error();
    if (file && !X509_STORE_load_file(s->x509, cfg->ca_file)) {
        td_err_set(err, TD_ST_08001, 0, "CaFile %s cannot be read: %s", cfg->ca_file, reason());
        goto fail;
    }
    if (path && !X509_STORE_load_path(s->x509, cfg->ca_path)) {
        td_err_set(err, TD_ST_08001, 0, "CaPath %s cannot be used: %s", cfg->ca_path, reason());
        goto fail;
    }
    if (!file && !path && !X509_STORE_set_default_paths(s->x509)) {
        td_err_set(err, TD_ST_08001, 0, "the system's certificate authorities cannot be used: %s",
                   reason());
        goto fail;
    }
    X509_STORE_set_flags(s->x509, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    return s;
fail:
    if (s) store_free(s);
    return NULL;
}

/* The cached store of a setting, loaded on first need. cache_lock held. */
static struct store *find(const struct td_tls_cfg *cfg, struct td_err *err)
{
    struct store *s = cache;

    while (s && !(same(s->file, cfg->ca_file) && same(s->path, cfg->ca_path)))
        s = s->next;
    if (s) return s;
    s = load(cfg, err);
    if (s) {
        s->next = cache;
        cache = s;
        loads++;
    }
    return s;
}

int td_tls_on_ctx(void *ssl_ctx, void *setup)
{
    struct td_tls_setup *u = setup;
    struct store *s;

    pthread_mutex_lock(&cache_lock);
    s = find(u->cfg, &u->err);
    if (s) SSL_CTX_set1_cert_store(ssl_ctx, s->x509);
    pthread_mutex_unlock(&cache_lock);
    return s ? 0 : 1;
}

unsigned td_tls_loads(void)
{
    unsigned n;

    pthread_mutex_lock(&cache_lock);
    n = loads;
    pthread_mutex_unlock(&cache_lock);
    return n;
}

bool td_tls_sha1(const void *p, size_t n, uint8_t out[20])
{
    unsigned len = 0;

    return EVP_Digest(p, n, out, &len, EVP_sha1(), NULL) == 1 && len == 20;
}
