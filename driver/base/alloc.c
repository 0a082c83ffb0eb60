/* alloc.c: see alloc.h. Counting is relaxed: tests read it when the threads in question are at
 * rest. */
#include "base/alloc.h"

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static _Atomic uint64_t made;
static _Atomic uint64_t fail_at; /* the value of `made` that fails; 0 = off */
static atomic_bool fail_sticky;

static bool refused(void)
{
    uint64_t n = atomic_fetch_add_explicit(&made, 1, memory_order_relaxed) + 1;
    uint64_t at = atomic_load_explicit(&fail_at, memory_order_relaxed);
    if (at == 0 || n < at) return false;
    return n == at || atomic_load_explicit(&fail_sticky, memory_order_relaxed);
}

void *td_malloc(size_t n)
{
    return refused() ? NULL : malloc(n ? n : 1);
}

void *td_calloc(size_t count, size_t size)
{
    if (count == 0 || size == 0) count = size = 1;
    /* calloc checks this, too; under AddressSanitizer its check ends the process. */
    if (count > SIZE_MAX / size) return NULL;
    return refused() ? NULL : calloc(count, size);
}

void *td_realloc(void *p, size_t n)
{
    return refused() ? NULL : realloc(p, n ? n : 1);
}

void td_free(void *p)
{
    free(p);
}

char *td_strndup(const char *s, size_t n)
{
    if (n == SIZE_MAX) return NULL;
    char *copy = td_malloc(n + 1);
    if (!copy) return NULL;
    if (n) memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

void td_wipe(void *p, size_t n)
{
    if (p && n) explicit_bzero(p, n);
}

void td_free_secret(void *p, size_t n)
{
    td_wipe(p, n);
    td_free(p);
}

uint64_t td_alloc_count(void)
{
    return atomic_load_explicit(&made, memory_order_relaxed);
}

void td_alloc_fail_at(uint64_t nth, int sticky)
{
    atomic_store_explicit(&fail_sticky, sticky != 0, memory_order_relaxed);
    atomic_store_explicit(&fail_at, nth ? td_alloc_count() + nth : 0, memory_order_relaxed);
}

/* Chunks double up to this size; a larger block gets a chunk of its own. */
#define FIRST_CHUNK 1024
#define LAST_CHUNK  65536

struct td_arena_chunk {
    struct td_arena_chunk *next;
    size_t used, cap;
    alignas(16) unsigned char data[];
};

static struct td_arena_chunk *chunk_new(struct td_arena *a, size_t need)
{
    size_t cap = a->head ? a->head->cap * 2 : FIRST_CHUNK;
    if (cap > LAST_CHUNK) cap = LAST_CHUNK;
    if (cap < need) cap = need;
    struct td_arena_chunk *c = td_malloc(sizeof *c + cap);
    if (!c) return NULL;
    c->used = 0;
    c->cap = cap;
    if (a->head && need > LAST_CHUNK) {
        /* A large block goes behind the head, whose free rest stays in use. */
        c->next = a->head->next;
        a->head->next = c;
    } else {
        c->next = a->head;
        a->head = c;
    }
    return c;
}

void *td_arena_alloc(struct td_arena *a, size_t n)
{
    if (n > SIZE_MAX / 2) return NULL;
    n = (n ? n + 15 : 16) & ~(size_t)15;
    struct td_arena_chunk *c = a->head;
    if (!c || c->cap - c->used < n) c = chunk_new(a, n);
    if (!c) return NULL;
    void *p = c->data + c->used;
    c->used += n;
    return p;
}

char *td_arena_strndup(struct td_arena *a, const char *s, size_t n)
{
    if (n == SIZE_MAX) return NULL;
    char *copy = td_arena_alloc(a, n + 1);
    if (!copy) return NULL;
    if (n) memcpy(copy, s, n);
    copy[n] = 0;
    return copy;
}

void td_arena_free(struct td_arena *a)
{
    struct td_arena_chunk *c = a->head;
    a->head = NULL;
    while (c) {
        struct td_arena_chunk *next = c->next;
        td_free(c);
        c = next;
    }
}
