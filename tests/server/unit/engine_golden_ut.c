/*
 * engine_golden_ut.c: the SQLite engine against the recordings of a real TDengine.
 *
 * golden/setup.sql and golden/random/setup.sql are run; then every recorded statement of query/,
 * catalog/, error/ and random/ must give the recorded columns (name, type, length, precision,
 * scale) and cells, or the recorded error code and message. What the subset refuses is counted and
 * listed; a different answer fails the test.
 */
#include "engine.h"

#include <cjson/cJSON.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tl_engine *eng;
static int n_equal, n_refused, n_wrong, n_cells, n_garbage;

/* TDengine 3.3.7.5 stored memory garbage for some of the decimals of random/setup.sql
   (-0.000000119322 reads back as 295148045.574787310976, in the block and over REST alike). So
   many cells of c_d128 may differ, and no others. */
enum { SERVER_GARBAGE = 168, GARBAGE_COLUMN = 13 };

static char *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("cannot open %s", path);
    fseek(f, 0, SEEK_END);
    long len = ftell(f);
    rewind(f);
    char *p = malloc((size_t)len + 1);
    assert_non_null(p);
    assert_int_equal(fread(p, 1, (size_t)len, f), (size_t)len);
    p[len] = 0;
    fclose(f);
    if (n) *n = (size_t)len;
    return p;
}

static void run_setup(const char *path)
{
    char *text = slurp(path, NULL);
    struct tl_session s = {.user = "root", .tz = "UTC"};
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        struct tl_error err;
        if (strncmp(line, "--", 2) == 0) continue;
        struct tl_result *r = tl_engine_exec(eng, &s, line, strlen(line), &err);
        if (!r) fail_msg("%s: 0x%04x %s: %.200s", path, err.code, err.msg, line);
        assert_true(r->is_update);
        r->free(r);
    }
    free(text);
}

/* ---- raw blocks to rows of text cells (protocol.md 3) ---- */

struct rows {
    char **v;
    size_t n, cap;
};

static uint32_t u32(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static bool var_type(int t)
{
    return t == TL_VARCHAR || t == TL_NCHAR || t == TL_JSON || t == TL_VARBINARY || t == TL_BLOB ||
           t == TL_GEOMETRY;
}

static void add_row(struct rows *r, char *text)
{
    if (r->n == r->cap) {
        r->cap = r->cap ? r->cap * 2 : 64;
        r->v = realloc(r->v, r->cap * sizeof *r->v);
        assert_non_null(r->v);
    }
    r->v[r->n++] = text;
}

static void hex(char **o, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        *o += sprintf(*o, "%02x", p[i]);
}

/* A row is the hex of its cells, so that comparing is exact to the bit. */
static void read_block(const uint8_t *b, size_t n, struct rows *out)
{
    assert_true(n >= 28 && u32(b + 4) == n);
    uint32_t rows = u32(b + 8), cols = u32(b + 12);
    for (uint32_t r = 0; r < rows; r++) {
        size_t at = 28 + 9 * (size_t)cols, size = 64;
        for (int pass = 0; pass < 2; pass++) {
            char *text = pass ? malloc(size) : NULL, *o = text;
            at = 28 + 9 * (size_t)cols;
            for (uint32_t c = 0; c < cols; c++) {
                int type = b[28 + 5 * c];
                uint32_t len = u32(b + 28 + 5 * cols + 4 * c);
                const uint8_t *cell = NULL;
                size_t cn = 0;
                if (var_type(type)) {
                    int32_t off = (int32_t)u32(b + at + 4 * r);
                    const uint8_t *p = b + at + 4 * rows + (off < 0 ? 0 : off);
                    if (off >= 0) {
                        cn = type == TL_BLOB ? u32(p) : (size_t)p[0] | (size_t)p[1] << 8;
                        cell = p + (type == TL_BLOB ? 4 : 2);
                    }
                    at += 4 * (size_t)rows + len;
                } else {
                    size_t map = (rows + 7) / 8;
                    if (!(b[at + r / 8] & (0x80 >> (r & 7)))) {
                        cn = len / rows;
                        cell = b + at + map + cn * r;
                    }
                    at += map + len;
                }
                if (type == TL_JSON && cn == 4 && memcmp(cell, "null", 4) == 0) cell = NULL;
                if (!pass) {
                    size += 2 * cn + 8;
                    continue;
                }
                *o++ = '|';
                if (cell) {
                    hex(&o, cell, cn);
                } else {
                    *o++ = '-';
                }
                n_cells++;
            }
            if (pass) {
                *o = 0;
                add_row(out, text);
            }
        }
        (void)at;
    }
}

static void free_rows(struct rows *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->v[i]);
    free(r->v);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static uint8_t *unbase64(const char *s, size_t *n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t len = strlen(s), o = 0;
    uint8_t *out = malloc(len + 3);
    uint32_t acc = 0;
    int bits = 0;
    assert_non_null(out);
    for (size_t i = 0; i < len && s[i] != '='; i++) {
        const char *at = strchr(digits, s[i]);
        assert_non_null(at);
        acc = acc << 6 | (uint32_t)(at - digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[o++] = (uint8_t)(acc >> bits);
        }
    }
    *n = o;
    return out;
}

/* ---- one recording ---- */

struct recorded {
    char *sql;
    char tz[64];
    cJSON *reply;
    struct rows rows;
};

static int item_int(const cJSON *j, const char *name, int i)
{
    const cJSON *a = cJSON_GetObjectItem(j, name);
    return i < 0 ? (int)cJSON_GetNumberValue(a)
                 : (int)cJSON_GetNumberValue(cJSON_GetArrayItem(a, i));
}

/* The first statement of a recording, its reply and all its blocks. */
static bool load(const char *path, struct recorded *rec)
{
    char *text = slurp(path, NULL);
    memset(rec, 0, sizeof *rec);
    strcpy(rec->tz, "UTC");
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        cJSON *j = cJSON_Parse(line);
        const char *dir = cJSON_GetStringValue(cJSON_GetObjectItem(j, "dir"));
        const char *note = cJSON_GetStringValue(cJSON_GetObjectItem(j, "note"));
        const char *txt = cJSON_GetStringValue(cJSON_GetObjectItem(j, "text"));
        const char *bin = cJSON_GetStringValue(cJSON_GetObjectItem(j, "bin"));
        if (dir && strcmp(dir, "c2s") == 0 && note && strcmp(note, "fetch_raw_block") != 0 &&
            !rec->sql) {
            rec->sql = strdup(note);
        }
        cJSON *msg = txt ? cJSON_Parse(txt) : NULL;
        const char *action = cJSON_GetStringValue(cJSON_GetObjectItem(msg, "action"));
        if (action && dir[0] == 'c' && strcmp(action, "conn") == 0) {
            const char *tz =
                cJSON_GetStringValue(cJSON_GetObjectItem(cJSON_GetObjectItem(msg, "args"), "tz"));
            if (tz) snprintf(rec->tz, sizeof rec->tz, "%s", tz);
        }
        if (action && dir[0] == 's' && strcmp(action, "binary_query") == 0 && !rec->reply) {
            rec->reply = msg;
            msg = NULL;
        }
        if (dir && dir[0] == 's' && bin) {
            size_t n;
            uint8_t *b = unbase64(bin, &n);
            uint32_t ml = u32(b + 38); /* protocol.md 2.7 */
            size_t at = 50 + ml;
            if (n > at + 5 && b[at] == 0) read_block(b + at + 5, n - at - 5, &rec->rows);
            free(b);
        }
        cJSON_Delete(msg);
        cJSON_Delete(j);
    }
    free(text);
    return rec->sql && rec->reply;
}

static bool __attribute__((format(printf, 2, 3))) wrong(const char *path, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    printf("WRONG %s: ", path);
    vprintf(fmt, ap);
    printf("\n");
    va_end(ap);
    return false;
}

/* Answers that depend on the machine or on databases outside setup.sql: only the columns are
   compared. */
static bool environment(const char *path)
{
    static const char *const names[] = {
        "catalog/cluster", "catalog/users",   "catalog/server", "catalog/show_databases",
        "catalog/stables", "catalog/tables.", "catalog/dbs",    "error/explain"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strstr(path, names[i])) return true;
    }
    return false;
}

static bool same_columns(const char *path, const struct tl_result *r, const cJSON *reply)
{
    int n = item_int(reply, "fields_count", -1);
    if (r->is_update != cJSON_IsTrue(cJSON_GetObjectItem(reply, "is_update")))
        return wrong(path, "is_update");
    if (r->is_update && r->affected != item_int(reply, "affected_rows", -1))
        return wrong(path, "affected %d", (int)r->affected);
    if (r->is_update) return true;
    if (r->ncols != n) return wrong(path, "%d columns, recorded %d", r->ncols, n);
    if (r->ts_prec != item_int(reply, "precision", -1))
        return wrong(path, "precision %d", r->ts_prec);
    for (int i = 0; i < n; i++) {
        const struct tl_col *c = &r->cols[i];
        const char *name =
            cJSON_GetStringValue(cJSON_GetArrayItem(cJSON_GetObjectItem(reply, "fields_names"), i));
        if (strcmp(c->name, name) != 0 || c->type != item_int(reply, "fields_types", i) ||
            (!environment(path) && c->length != item_int(reply, "fields_lengths", i)) ||
            c->precision != item_int(reply, "fields_precisions", i) ||
            c->scale != item_int(reply, "fields_scales", i)) {
            return wrong(path, "column %d: %s %d(%d) %d,%d, recorded %s %d(%d) %d,%d", i, c->name,
                         c->type, c->length, c->precision, c->scale, name,
                         item_int(reply, "fields_types", i), item_int(reply, "fields_lengths", i),
                         item_int(reply, "fields_precisions", i),
                         item_int(reply, "fields_scales", i));
        }
    }
    return true;
}

/* Takes the cell of GARBAGE_COLUMN out of both rows when it differs. */
static void drop_garbage(char *have, char *want)
{
    char *cell[2] = {have, want};
    size_t len[2];
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i <= GARBAGE_COLUMN && cell[k]; i++)
            cell[k] = strchr(cell[k] + (i > 0), '|');
        assert_non_null(cell[k]);
        len[k] = 1 + strcspn(cell[k] + 1, "|");
    }
    if (len[0] == len[1] && memcmp(cell[0], cell[1], len[0]) == 0) return;
    n_garbage++;
    for (int k = 0; k < 2; k++)
        memmove(cell[k], cell[k] + len[k], strlen(cell[k] + len[k]) + 1);
}

static bool same_rows(const char *path, struct rows *have, struct rows *want, bool ordered)
{
    if (have->n != want->n) return wrong(path, "%zu rows, recorded %zu", have->n, want->n);
    if (!ordered && have->n) {
        qsort(have->v, have->n, sizeof *have->v, by_text);
        qsort(want->v, want->n, sizeof *want->v, by_text);
    }
    for (size_t i = 0; i < have->n; i++) {
        if (strstr(path, "/random/")) drop_garbage(have->v[i], want->v[i]);
        if (strcmp(have->v[i], want->v[i]) != 0) {
            return wrong(path, "row %zu\n  have %.400s\n  want %.400s", i, have->v[i], want->v[i]);
        }
    }
    return true;
}

static bool compare(const char *path, struct recorded *rec, struct tl_result *r,
                    struct tl_error *err)
{
    int code = item_int(rec->reply, "code", -1);
    if (!r) {
        const char *msg = cJSON_GetStringValue(cJSON_GetObjectItem(rec->reply, "message"));
        if (code == 0) {
            printf("refused %s: 0x%04x %s\n", path, err->code, err->msg);
            n_refused++;
            return false;
        }
        if (err->code == code && strcmp(err->msg, msg) == 0) return true;
        n_wrong++;
        return wrong(path, "%d '%s', recorded %d '%s'", err->code, err->msg, code, msg);
    }
    bool ok = code == 0 || wrong(path, "succeeded, recorded %d", code);
    struct rows have = {0};
    struct tl_buf block = {0};
    int rc = 0;
    ok = ok && same_columns(path, r, rec->reply);
    while (ok && !r->is_update && (rc = r->next(r, &block, err)) == 1) {
        read_block(block.p, block.n, &have);
        block.n = 0;
    }
    if (ok && rc < 0) {
        printf("refused %s: 0x%04x %s\n", path, err->code, err->msg);
        n_refused++;
        ok = false;
    } else {
        bool ordered = strstr(rec->sql, "order by") && !strstr(path, "catalog/columns") &&
                       !strstr(path, "catalog/stables");
        if (ok && !r->is_update && !environment(path))
            ok = same_rows(path, &have, &rec->rows, ordered);
        if (!ok) n_wrong++;
    }
    tl_buf_free(&block);
    free_rows(&have);
    return ok;
}

static void check(const char *path)
{
    struct recorded rec;
    struct tl_session s = {.user = "root"};
    struct tl_error err = {0};
    if (load(path, &rec)) {
        memcpy(s.tz, rec.tz, sizeof s.tz);
        struct tl_result *r = tl_engine_exec(eng, &s, rec.sql, strlen(rec.sql), &err);
        n_equal += compare(path, &rec, r, &err);
        if (r) r->free(r);
    }
    free(rec.sql);
    cJSON_Delete(rec.reply);
    free_rows(&rec.rows);
}

static void check_dir(const char *dir)
{
    char path[512];
    struct dirent **names;
    snprintf(path, sizeof path, "%s/golden/%s", TD_TEST_DATA, dir);
    int n = scandir(path, &names, NULL, alphasort);
    assert_true(n > 2);
    for (int i = 0; i < n; i++) {
        size_t len = strlen(names[i]->d_name);
        if (len > 6 && strcmp(names[i]->d_name + len - 6, ".jsonl") == 0) {
            snprintf(path, sizeof path, "%s/golden/%s/%s", TD_TEST_DATA, dir, names[i]->d_name);
            check(path);
        }
        free(names[i]);
    }
    free(names);
}

static void recorded_statements(void **state)
{
    static const char *const dirs[] = {"query/ms", "query/us", "query/ns", "query/tz_shanghai",
                                       "random",   "catalog",  "error"};
    (void)state;
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
        check_dir(dirs[i]);
    printf("engine golden: equal %d, out of subset %d, WRONG %d, cells %d\n", n_equal, n_refused,
           n_wrong, n_cells);
    assert_int_equal(n_wrong, 0);
    assert_int_equal(n_garbage, SERVER_GARBAGE);
    assert_true(n_equal >= 100);
}

static int setup(void **state)
{
    struct tl_error err;
    (void)state;
    eng = tl_engine_new(NULL, &err);
    if (!eng) return -1;
    run_setup(TD_TEST_DATA "/golden/setup.sql");
    run_setup(TD_TEST_DATA "/golden/random/setup.sql");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tl_engine_free(eng);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(recorded_statements)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
