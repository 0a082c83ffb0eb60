/* sql_util.c: arena, string buffer and error helpers of the SQL engine (sql_util.h). */
#include "sql_util.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tl_chunk {
    struct tl_chunk *next;
    size_t used, cap;
    _Alignas(16) unsigned char mem[];
};

enum { CHUNK = 16384 };

void *tl_arena_get(struct tl_arena *a, size_t n)
{
    if (n > SIZE_MAX / 2) return NULL;
    n = (n + 15) & ~(size_t)15;
    struct tl_chunk *c = a->head;
    if (!c || c->cap - c->used < n) {
        size_t cap = n > CHUNK ? n : CHUNK;
        c = malloc(sizeof *c + cap);
        if (!c) return NULL;
        c->used = 0;
        c->cap = cap;
        c->next = a->head;
        a->head = c;
    }
    void *p = c->mem + c->used;
    c->used += n;
    return memset(p, 0, n);
}

char *tl_arena_dup(struct tl_arena *a, const char *s, size_t n)
{
    char *p = tl_arena_get(a, n + 1);
    if (p && n) memcpy(p, s, n);
    return p;
}

void tl_arena_drop(struct tl_arena *a)
{
    while (a->head) {
        struct tl_chunk *c = a->head;
        a->head = c->next;
        free(c);
    }
}

void tl_sb_put(struct tl_sb *b, const char *s, size_t n)
{
    if (b->oom) return;
    if (b->cap - b->n <= n) {
        size_t cap = b->cap ? b->cap : 256;
        while (cap - b->n <= n)
            cap *= 2;
        char *p = realloc(b->p, cap);
        if (!p) {
            b->oom = true;
            return;
        }
        b->p = p;
        b->cap = cap;
    }
    if (n) memcpy(b->p + b->n, s, n);
    b->n += n;
    b->p[b->n] = 0;
}

void tl_sb_str(struct tl_sb *b, const char *s)
{
    tl_sb_put(b, s, strlen(s));
}

void tl_sb_fmt(struct tl_sb *b, const char *fmt, ...)
{
    char small[512];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    if (n >= 0 && (size_t)n < sizeof small) {
        tl_sb_put(b, small, (size_t)n);
    } else if (n >= 0) {
        char *big = malloc((size_t)n + 1);
        if (big) {
            vsnprintf(big, (size_t)n + 1, fmt, again);
            tl_sb_put(b, big, (size_t)n);
            free(big);
        } else {
            b->oom = true;
        }
    }
    va_end(again);
}

void tl_sb_hex(struct tl_sb *b, const void *s, size_t n)
{
    static const char digit[] = "0123456789abcdef";
    const unsigned char *p = s;
    tl_sb_put(b, "x'", 2);
    for (size_t i = 0; i < n; i++) {
        char two[2] = {digit[p[i] >> 4], digit[p[i] & 15]};
        tl_sb_put(b, two, 2);
    }
    tl_sb_put(b, "'", 1);
}

void tl_sb_quote(struct tl_sb *b, const char *s, size_t n)
{
    if (n && memchr(s, 0, n)) {
        tl_sb_str(b, "CAST(");
        tl_sb_hex(b, s, n);
        tl_sb_str(b, " AS TEXT)");
        return;
    }
    tl_sb_put(b, "'", 1);
    size_t from = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] != '\'') continue;
        tl_sb_put(b, s + from, i - from + 1);
        tl_sb_put(b, "'", 1);
        from = i + 1;
    }
    if (n > from) tl_sb_put(b, s + from, n - from);
    tl_sb_put(b, "'", 1);
}

void tl_sb_free(struct tl_sb *b)
{
    free(b->p);
    memset(b, 0, sizeof *b);
}

bool tl_fail(struct tl_error *err, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    err->code = code;
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    return false;
}

bool tl_oom(struct tl_error *err)
{
    return tl_fail(err, TL_E_OOM, "Out of Memory");
}
