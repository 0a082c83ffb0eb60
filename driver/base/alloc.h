/*
 * alloc.h: the only way the driver takes memory, so that tests can count allocations and make the
 * n-th fail.
 *
 * Blocks belong to whoever asked; free with td_free (NULL is fine). Thread-safe, no lock.
 */
#ifndef TD_BASE_ALLOC_H
#define TD_BASE_ALLOC_H

#include <stddef.h>
#include <stdint.h>

void *td_malloc(size_t n);
void *td_calloc(size_t count, size_t size);
/* As realloc; on failure the old block stays valid. */
void *td_realloc(void *p, size_t n);
void td_free(void *p);
/* Copies n bytes and adds a NUL. */
char *td_strndup(const char *s, size_t n);
/* Overwrites n bytes in a way the compiler keeps, then frees: for passwords and tokens. */
void td_free_secret(void *p, size_t n);
void td_wipe(void *p, size_t n);

/* Test hooks: allocations since start (all threads); make the n-th allocation from now fail (0 =
   off), and all after it when `sticky`. */
uint64_t td_alloc_count(void);
void td_alloc_fail_at(uint64_t nth, int sticky);

/* An arena: many small blocks freed together (IRD names, catalog rows). One owner, no lock. */
struct td_arena_chunk;
struct td_arena {
    struct td_arena_chunk *head;
};
void *td_arena_alloc(struct td_arena *a, size_t n); /* 16-byte aligned, NULL when out of memory */
char *td_arena_strndup(struct td_arena *a, const char *s, size_t n);
void td_arena_free(struct td_arena *a);

#endif
