/*
 * engine_script.c: replays recordings: a statement that was recorded gets its recorded outcome.
 *
 * A recording (.jsonl, shared README) is one connection. What it answered is indexed by SQL, not
 * by position, because a driver sends other set-up, fetches ahead and frees results. The same SQL
 * twice in one file is answered in the recorded order, again and again; of several files the first
 * that has the SQL (in order of path) answers. Blocks go out byte for byte.
 */
#include "server_int.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct outcome {
    char *sql;
    size_t nsql;
    int file;
    bool validate; /* of validate_sql: only code counts */
    bool replied;  /* false: the recording ends before the reply */
    bool success;
    uint64_t uses;
    uint64_t id; /* the recorded result id, while its file is read */
    int64_t code;
    struct tl_error err, fetch_err;
    struct tl_result meta;
    struct tl_buf *blocks;
    size_t nblocks;
};

struct tl_script {
    struct outcome **list;
    size_t n;
    int files;
    char (*dbs)[65];
    size_t ndbs;
};

/* A c2s message that waits for its reply. */
struct waiting {
    uint64_t req_id, id;
    enum tl_action action;
    struct outcome *o; /* of a statement */
    char db[65];       /* of conn */
};

struct reader {
    struct tl_script *s;
    struct waiting *wait;
    size_t nwait;
    size_t first; /* the file's first outcome */
};

/* ---- reading ---- */

static bool b64(const char *text, struct tl_buf *out)
{
    static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t acc = 0;
    int bits = 0;
    for (; *text && *text != '='; text++) {
        const char *at = strchr(abc, *text);
        if (!at) return false;
        acc = acc << 6 | (uint32_t)(at - abc);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            if (!tl_buf_u8(out, (uint8_t)(acc >> bits))) return false;
        }
    }
    return true;
}

static uint64_t load(const uint8_t *p, int n)
{
    uint64_t v = 0;
    while (n-- > 0)
        v = v << 8 | p[n];
    return v;
}

/* A number of the reply's top level. Inside strings quotes are escaped, so the key cannot be there;
   cJSON would round ids above 2^53. */
static uint64_t reply_u64(const char *text, const char *key)
{
    const char *at = strstr(text, key);
    return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

static struct outcome *add_outcome(struct reader *rd, const struct tl_request *rq)
{
    struct tl_script *s = rd->s;
    struct outcome **more = realloc(s->list, (s->n + 1) * sizeof *more);
    struct outcome *o = more ? calloc(1, sizeof *o) : NULL;
    if (more) s->list = more;
    if (!o) return NULL;
    o->sql = strndup(rq->sql ? rq->sql : "", rq->nsql);
    o->nsql = rq->nsql;
    o->file = s->files;
    o->validate = rq->action == TL_ACT_VALIDATE_SQL;
    s->list[s->n++] = o;
    return o->sql ? o : NULL;
}

static bool take_request(struct reader *rd, const struct tl_request *rq)
{
    struct waiting w = {.req_id = rq->req_id, .id = rq->id, .action = rq->action};
    if (rq->sql && (rq->action == TL_ACT_QUERY || rq->action == TL_ACT_BINARY_QUERY ||
                    rq->action == TL_ACT_VALIDATE_SQL)) {
        w.o = add_outcome(rd, rq);
        if (!w.o) return false;
    }
    const cJSON *db = cJSON_GetObjectItemCaseSensitive(rq->args, "db");
    if (rq->action == TL_ACT_CONN && cJSON_IsString(db))
        snprintf(w.db, sizeof w.db, "%s", db->valuestring);
    struct waiting *more = realloc(rd->wait, (rd->nwait + 1) * sizeof *more);
    if (!more) return false;
    rd->wait = more;
    rd->wait[rd->nwait++] = w;
    return true;
}

/* Takes the oldest request that this reply can answer out of the list. */
static bool answered(struct reader *rd, uint64_t req_id, struct waiting *out)
{
    for (size_t i = 0; i < rd->nwait; i++) {
        if (rd->wait[i].req_id != req_id) continue;
        *out = rd->wait[i];
        memmove(&rd->wait[i], &rd->wait[i + 1], (--rd->nwait - i) * sizeof *rd->wait);
        return true;
    }
    return false;
}

static int item(const cJSON *array, int i)
{
    const cJSON *v = cJSON_GetArrayItem(array, i);
    return v ? v->valueint : 0;
}

static bool take_meta(struct outcome *o, const cJSON *j)
{
    const cJSON *names = cJSON_GetObjectItemCaseSensitive(j, "fields_names");
    const cJSON *kinds = cJSON_GetObjectItemCaseSensitive(j, "fields_types");
    const cJSON *lengths = cJSON_GetObjectItemCaseSensitive(j, "fields_lengths");
    const cJSON *precs = cJSON_GetObjectItemCaseSensitive(j, "fields_precisions");
    const cJSON *scales = cJSON_GetObjectItemCaseSensitive(j, "fields_scales");
    const cJSON *affected = cJSON_GetObjectItemCaseSensitive(j, "affected_rows");
    const cJSON *prec = cJSON_GetObjectItemCaseSensitive(j, "precision");
    o->success = true;
    o->meta.is_update = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(j, "is_update"));
    o->meta.affected = affected ? (int64_t)affected->valuedouble : 0;
    o->meta.ts_prec = prec ? prec->valueint : 0;
    o->meta.ncols = cJSON_GetArraySize(names);
    if (o->meta.is_update) return true;
    o->meta.cols = calloc((size_t)o->meta.ncols + 1, sizeof *o->meta.cols);
    if (!o->meta.cols) return false;
    for (int i = 0; i < o->meta.ncols; i++) {
        struct tl_col *c = &o->meta.cols[i];
        const cJSON *name = cJSON_GetArrayItem(names, i);
        if (cJSON_IsString(name)) snprintf(c->name, sizeof c->name, "%s", name->valuestring);
        c->type = (uint8_t)item(kinds, i);
        c->length = item(lengths, i);
        c->precision = (uint8_t)item(precs, i);
        c->scale = (uint8_t)item(scales, i);
    }
    return true;
}

static bool add_db(struct tl_script *s, const char *db)
{
    char(*more)[65] = realloc(s->dbs, (s->ndbs + 1) * sizeof *more);
    if (!more) return false;
    s->dbs = more;
    snprintf(s->dbs[s->ndbs++], sizeof *s->dbs, "%s", db);
    return true;
}

static void copy_error(struct tl_error *err, int code, const char *msg, size_t n)
{
    err->code = code;
    snprintf(err->msg, sizeof err->msg, "%.*s", (int)n, msg);
}

static bool take_text_reply(struct reader *rd, const char *text)
{
    struct waiting w;
    cJSON *j = cJSON_Parse(text);
    const cJSON *code = cJSON_GetObjectItemCaseSensitive(j, "code");
    const cJSON *msg = cJSON_GetObjectItemCaseSensitive(j, "message");
    const cJSON *rc = cJSON_GetObjectItemCaseSensitive(j, "result_code");
    bool ok = true;
    if (cJSON_IsNumber(code) && answered(rd, reply_u64(text, "\"req_id\":"), &w)) {
        if (w.action == TL_ACT_CONN && code->valueint == 0 && w.db[0]) ok = add_db(rd->s, w.db);
        if (w.o) {
            w.o->replied = true;
            w.o->id = reply_u64(text, "\"id\":");
            w.o->code = rc ? (int64_t)rc->valuedouble : 0;
            if (cJSON_IsString(msg))
                copy_error(&w.o->err, code->valueint, msg->valuestring, strlen(msg->valuestring));
            if (code->valueint == 0 && !w.o->validate) ok = take_meta(w.o, j);
        }
    }
    cJSON_Delete(j);
    return ok;
}

/* The outcome of this file whose result has the id; ids are not used twice in a connection. */
static struct outcome *by_id(struct reader *rd, uint64_t id)
{
    for (size_t i = rd->s->n; i > rd->first; i--) {
        struct outcome *o = rd->s->list[i - 1];
        if (o->success && !o->meta.is_update && o->id == id) return o;
    }
    return NULL;
}

static bool add_block(struct outcome *o, const uint8_t *p, size_t n)
{
    struct tl_buf *more = realloc(o->blocks, (o->nblocks + 1) * sizeof *more);
    if (!more) return false;
    o->blocks = more;
    o->blocks[o->nblocks] = (struct tl_buf){0};
    return tl_buf_put(&o->blocks[o->nblocks++], p, n);
}

/* A reply of fetch_raw_block (2.7) or, without the marker, of fetch_block (2.8). */
static bool take_binary_reply(struct reader *rd, const uint8_t *p, size_t n)
{
    if (n < 16) return true;
    if (load(p, 8) != UINT64_MAX) {
        struct outcome *o = by_id(rd, load(p + 8, 8));
        return !o || add_block(o, p + 16, n - 16);
    }
    const size_t nmsg = n < 51 ? n : (size_t)load(p + 38, 4);
    if (load(p + 8, 8) != 7 || nmsg > n - 51) return true;
    struct outcome *o = by_id(rd, load(p + 42 + nmsg, 8));
    if (!o) return true;
    if (load(p + 34, 4) != 0)
        copy_error(&o->fetch_err, (int)load(p + 34, 4), (const char *)p + 42, nmsg);
    if (p[50 + nmsg] || n < 55 + nmsg) return true;
    return add_block(o, p + 55 + nmsg, n - 55 - nmsg);
}

static bool take_line(struct reader *rd, const char *line)
{
    cJSON *j = cJSON_Parse(line);
    const cJSON *dir = cJSON_GetObjectItemCaseSensitive(j, "dir");
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(j, "text");
    const cJSON *bin = cJSON_GetObjectItemCaseSensitive(j, "bin");
    const bool sent = cJSON_IsString(dir) && strcmp(dir->valuestring, "c2s") == 0;
    struct tl_buf b = {0};
    bool ok = j != NULL;
    if (cJSON_IsString(bin)) ok = b64(bin->valuestring, &b);
    if (ok && sent) {
        struct tl_request rq;
        if (cJSON_IsString(bin))
            tl_request_parse_binary(&rq, b.p, b.n);
        else
            tl_request_parse_text(&rq, text ? text->valuestring : "",
                                  text ? strlen(text->valuestring) : 0);
        ok = take_request(rd, &rq);
        tl_request_free(&rq);
    } else if (ok && cJSON_IsString(text)) {
        ok = take_text_reply(rd, text->valuestring);
    } else if (ok && cJSON_IsString(bin)) {
        ok = take_binary_reply(rd, b.p, b.n);
    }
    tl_buf_free(&b);
    cJSON_Delete(j);
    return ok;
}

static bool load_file(struct tl_script *s, const char *path)
{
    struct reader rd = {.s = s, .first = s->n};
    char *line = NULL;
    size_t cap = 0;
    FILE *f = fopen(path, "r");
    bool ok = f != NULL;
    while (ok && getline(&line, &cap, f) > 0)
        ok = take_line(&rd, line);
    if (f) fclose(f);
    free(line);
    free(rd.wait);
    s->files++;
    return ok;
}

static int jsonl_only(const struct dirent *d)
{
    const size_t n = strlen(d->d_name);
    return n > 6 && strcmp(d->d_name + n - 6, ".jsonl") == 0;
}

static bool load_dir(struct tl_script *s, const char *path)
{
    struct dirent **names;
    const int n = scandir(path, &names, jsonl_only, alphasort);
    bool ok = n > 0;
    for (int i = 0; i < n; i++) {
        char file[4096];
        const int len = snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
        ok = ok && len < (int)sizeof file && load_file(s, file);
        free(names[i]);
    }
    if (n >= 0) free(names);
    return ok;
}

struct tl_script *tl_script_load(const char *path, struct tl_error *err)
{
    struct stat st;
    struct tl_script *s = calloc(1, sizeof *s);
    if (s && stat(path, &st) == 0 && (S_ISDIR(st.st_mode) ? load_dir(s, path) : load_file(s, path)))
        return s;
    tl_script_free(s);
    err->code = 0xFFFF;
    snprintf(err->msg, sizeof err->msg, "no recording in %.300s", path);
    return NULL;
}

void tl_script_free(struct tl_script *s)
{
    if (!s) return;
    for (size_t i = 0; i < s->n; i++) {
        struct outcome *o = s->list[i];
        for (size_t k = 0; k < o->nblocks; k++)
            tl_buf_free(&o->blocks[k]);
        free(o->blocks);
        free(o->meta.cols);
        free(o->sql);
        free(o);
    }
    free(s->list);
    free(s->dbs);
    free(s);
}

/* ---- replaying ---- */

static struct outcome *find(struct tl_script *s, const char *sql, size_t n, bool validate)
{
    struct outcome *first = NULL;
    uint64_t siblings = 0;
    for (size_t i = 0; i < s->n; i++) {
        struct outcome *o = s->list[i];
        if (!o->replied || o->validate != validate || o->nsql != n || memcmp(o->sql, sql, n) != 0 ||
            (o->err.code == 0xFFFF && strcmp(o->err.msg, "server not connected") == 0))
            continue;
        if (!first) first = o;
        if (o->file == first->file) siblings++;
    }
    if (!first) return NULL;
    uint64_t turn = first->uses++ % siblings;
    for (size_t i = 0; i < s->n; i++) {
        struct outcome *o = s->list[i];
        if (o->replied && o->validate == validate && o->file == first->file && o->nsql == n &&
            memcmp(o->sql, sql, n) == 0 && turn-- == 0)
            return o;
    }
    return first;
}

struct replay {
    struct tl_result r; /* first */
    const struct outcome *o;
    size_t at;
};

static int replay_next(struct tl_result *r, struct tl_buf *block, struct tl_error *err)
{
    struct replay *p = (struct replay *)r;
    if (p->at < p->o->nblocks) {
        const struct tl_buf *b = &p->o->blocks[p->at++];
        return tl_buf_put(block, b->p, b->n) ? 1 : -1;
    }
    *err = p->o->fetch_err;
    return err->code ? -1 : 0;
}

static void replay_free(struct tl_result *r)
{
    free(r);
}

struct tl_result *tl_script_exec(struct tl_script *s, const char *sql, size_t n,
                                 struct tl_error *err)
{
    const struct outcome *o = find(s, sql, n, false);
    err->code = 0;
    if (!o) return NULL;
    if (!o->success) {
        *err = o->err;
        return NULL;
    }
    struct replay *p = calloc(1, sizeof *p);
    if (!p) {
        copy_error(err, 0x0102, "Out of Memory", 13);
        return NULL;
    }
    p->r = o->meta;
    p->r.next = replay_next;
    p->r.free = replay_free;
    p->o = o;
    return &p->r;
}

bool tl_script_validate(struct tl_script *s, const char *sql, size_t n, int64_t *result_code)
{
    const struct outcome *o = find(s, sql, n, true);
    if (o) *result_code = o->code;
    return o != NULL;
}

bool tl_script_has_db(const struct tl_script *s, const char *db)
{
    for (size_t i = 0; i < s->ndbs; i++)
        if (strcmp(s->dbs[i], db) == 0) return true;
    return false;
}
