/*
 * ut_golden.h: reads the recordings under tests/data/golden for the server's unit tests.
 *
 * Header-only; everything it returns belongs to the caller. A broken recording fails the test.
 */
#ifndef UT_GOLDEN_H
#define UT_GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <cjson/cJSON.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "block_enc.h"

/* One message of a recording. text is NULL for a binary one. */
struct ut_msg {
    bool sent; /* by the client */
    const char *text;
    struct tl_buf bin;
};

static inline void ut_unbase64(const char *s, struct tl_buf *out)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t acc = 0;
    int bits = 0;
    for (; *s && *s != '='; s++) {
        acc = acc << 6 | (uint32_t)(strchr(abc, *s) - abc);
        bits += 6;
        if (bits >= 8) tl_buf_u8(out, (uint8_t)(acc >> (bits -= 8)));
    }
}

/* Calls fn for every message of one recording, in order. */
static inline void ut_each_msg(const char *path, void (*fn)(const struct ut_msg *m, void *arg),
                               void *arg)
{
    char *line = NULL;
    size_t cap = 0;
    FILE *f = fopen(path, "r");
    if (!f) fail_msg("cannot read %s", path);
    while (getline(&line, &cap, f) > 0) {
        cJSON *j = cJSON_Parse(line);
        const cJSON *dir = cJSON_GetObjectItemCaseSensitive(j, "dir");
        const cJSON *text = cJSON_GetObjectItemCaseSensitive(j, "text");
        const cJSON *bin = cJSON_GetObjectItemCaseSensitive(j, "bin");
        assert_non_null(j);
        if (dir) {
            struct ut_msg m = {.sent = strcmp(dir->valuestring, "c2s") == 0};
            if (text) m.text = text->valuestring;
            if (bin) ut_unbase64(bin->valuestring, &m.bin);
            fn(&m, arg);
            tl_buf_free(&m.bin);
        }
        cJSON_Delete(j);
    }
    free(line);
    fclose(f);
}

/* Calls fn with the path of every file of golden/DIR whose name ends so, in order of name;
   returns how many there were. */
static inline int ut_each_file(const char *dir, const char *ending,
                               void (*fn)(const char *path, void *arg), void *arg)
{
    char folder[512], path[1024];
    struct dirent **names;
    int count = 0;
    snprintf(folder, sizeof folder, "%s/golden/%s", TD_TEST_DATA, dir);
    const int n = scandir(folder, &names, NULL, alphasort);
    if (n < 0) fail_msg("no folder %s", folder);
    for (int i = 0; i < n; i++) {
        const size_t len = strlen(names[i]->d_name), want = strlen(ending);
        if (len > want && strcmp(names[i]->d_name + len - want, ending) == 0) {
            snprintf(path, sizeof path, "%s/%s", folder, names[i]->d_name);
            fn(path, arg);
            count++;
        }
        free(names[i]);
    }
    free(names);
    return count;
}

static inline uint64_t ut_load(const uint8_t *p, int n)
{
    uint64_t v = 0;
    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

/* The raw block of a fetch_raw_block reply (protocol.md 2.7), or NULL when the message has none. */
static inline const uint8_t *ut_block(const struct ut_msg *m, size_t *n)
{
    const uint8_t *p = m->bin.p;
    if (m->sent || m->text || m->bin.n < 55 || ut_load(p, 8) != UINT64_MAX ||
        ut_load(p + 8, 8) != 7)
        return NULL;
    const size_t at = 51 + (size_t)ut_load(p + 38, 4);
    if (p[at - 1]) return NULL;
    *n = (size_t)ut_load(p + at, 4);
    assert_int_equal(at + 4 + *n, m->bin.n);
    return p + at + 4;
}

#endif
