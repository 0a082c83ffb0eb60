#include "golden.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

static void die(const char *file, const char *what)
{
    fprintf(stderr, "golden: %s: %s\n", file, what);
    exit(2);
}

char *golden_read(const char *file, size_t *n)
{
    FILE *f = fopen(file, "rb");
    char *p;
    long size;

    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    p = malloc((size_t)size + 1);
    if (!p || fread(p, 1, (size_t)size, f) != (size_t)size) die(file, "cannot be read");
    p[size] = 0;
    fclose(f);
    *n = (size_t)size;
    return p;
}

static int sextet(char c)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(abc, c) : NULL;

    return at ? (int)(at - abc) : -1;
}

static uint8_t *base64(const char *file, const char *z, size_t *n)
{
    uint8_t *out = malloc(strlen(z) / 4 * 3 + 4);
    uint32_t acc = 0;
    int bits = 0;

    *n = 0;
    for (; *z && *z != '='; z++) {
        if (sextet(*z) < 0) die(file, "bad base64");
        acc = acc << 6 | (uint32_t)sextet(*z);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[(*n)++] = (uint8_t)(acc >> bits);
        }
    }
    out[*n] = 0;
    return out;
}

static char *copy(const cJSON *s)
{
    return cJSON_IsString(s) ? strdup(s->valuestring) : NULL;
}

static void add_line(struct golden *g, const char *file, const char *line)
{
    cJSON *j = cJSON_Parse(line);
    const cJSON *dir = cJSON_GetObjectItem(j, "dir"), *text = cJSON_GetObjectItem(j, "text"),
                *bin = cJSON_GetObjectItem(j, "bin");

    if (!j) die(file, "a line is not JSON");
    if (cJSON_GetObjectItem(j, "path")) g->path = copy(cJSON_GetObjectItem(j, "path"));
    if (dir && (cJSON_IsString(text) || cJSON_IsString(bin))) {
        struct golden_msg *m;
        g->msg = realloc(g->msg, (g->count + 1) * sizeof *g->msg);
        m = &g->msg[g->count++];
        m->to_server = strcmp(dir->valuestring, "c2s") == 0;
        m->text = cJSON_IsString(text);
        m->note = copy(cJSON_GetObjectItem(j, "note"));
        if (m->text) {
            m->p = (uint8_t *)copy(text);
            m->n = strlen((char *)m->p);
        } else
            m->p = base64(file, bin->valuestring, &m->n);
    }
    cJSON_Delete(j);
}

struct golden *golden_load(const char *file)
{
    struct golden *g = calloc(1, sizeof *g);
    size_t n;
    char *all = golden_read(file, &n), *line, *save = NULL;

    if (!all) die(file, "cannot be read");
    for (line = strtok_r(all, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        add_line(g, file, line);
    free(all);
    return g;
}

void golden_free(struct golden *g)
{
    if (!g) return;
    for (size_t i = 0; i < g->count; i++) {
        free(g->msg[i].p);
        free(g->msg[i].note);
    }
    free(g->msg);
    free(g->path);
    free(g);
}

static struct {
    const char *suffix;
    char **list;
    size_t count;
} g_walk;

static int visit(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    const size_t n = strlen(path), s = strlen(g_walk.suffix);

    (void)st;
    (void)at;
    if (kind == FTW_F && n >= s && strcmp(path + n - s, g_walk.suffix) == 0) {
        g_walk.list = realloc(g_walk.list, (g_walk.count + 2) * sizeof *g_walk.list);
        g_walk.list[g_walk.count++] = strdup(path);
        g_walk.list[g_walk.count] = NULL;
    }
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

char **golden_files(const char *dir, const char *suffix)
{
    g_walk.suffix = suffix;
    g_walk.list = calloc(1, sizeof *g_walk.list);
    g_walk.count = 0;
    if (nftw(dir, visit, 16, FTW_PHYS) != 0) die(dir, "cannot be walked");
    qsort(g_walk.list, g_walk.count, sizeof *g_walk.list, by_name);
    return g_walk.list;
}

void golden_files_free(char **files)
{
    for (char **f = files; *f; f++)
        free(*f);
    free(files);
}

bool golden_rest(const char *file, int *status, char **body)
{
    size_t n;
    char *all = golden_read(file, &n);
    cJSON *j = all ? cJSON_Parse(all) : NULL;

    if (!all) return false;
    if (!j || !cJSON_IsNumber(cJSON_GetObjectItem(j, "status"))) die(file, "not a recording");
    *status = cJSON_GetObjectItem(j, "status")->valueint;
    *body = copy(cJSON_GetObjectItem(j, "body"));
    cJSON_Delete(j);
    free(all);
    return *body != NULL;
}
