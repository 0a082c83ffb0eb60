/* exec.c: which engine a statement is for, logins, and the statements that are run at start. */
#include "server_int.h"
#include "block_read.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_plain(struct tl_result *r)
{
    free(r);
}

static int no_blocks(struct tl_result *r, struct tl_buf *block, struct tl_error *err)
{
    (void)r;
    (void)block;
    (void)err;
    return 0;
}

static void set_error(struct tl_error *err, int code, const char *msg)
{
    err->code = code;
    snprintf(err->msg, sizeof err->msg, "%s", msg);
}

/* An update that changed nothing. */
static struct tl_result *plain_ok(struct tl_error *err)
{
    struct tl_result *r = calloc(1, sizeof *r);
    if (!r) {
        set_error(err, 0x0102, "Out of Memory");
        return NULL;
    }
    r->is_update = true;
    r->next = no_blocks;
    r->free = free_plain;
    return r;
}

/* taosAdapter trims the statement (2.6). */
static void trim(const char **sql, size_t *n)
{
    while (*n > 0 && isspace((unsigned char)**sql)) {
        ++*sql;
        --*n;
    }
    while (*n > 0 && isspace((unsigned char)(*sql)[*n - 1]))
        --*n;
}

static bool starts(const char *sql, size_t n, const char *word)
{
    return n >= strlen(word) && strncmp(sql, word, strlen(word)) == 0;
}

/* `tdlite fault SPEC`, `tdlite fault clear`, `tdlite stats`, `tdlite stats clear`: tests drive
   faults and read counters through any client. */
static struct tl_result *control(struct tl_server *srv, const char *sql, size_t n,
                                 struct tl_error *err)
{
    static const char prefix[] = "tdlite fault ";
    const size_t skip = sizeof prefix - 1;
    if (n == 12 && starts(sql, n, "tdlite stats")) return tl_stats_result(srv, err);
    if (n == 18 && starts(sql, n, "tdlite stats clear")) {
        srv->stats = (struct tl_stats){0};
        return plain_ok(err);
    }
    if (!starts(sql, n, prefix)) {
        set_error(err, 0x2600, "syntax error near 'tdlite'");
        return NULL;
    }
    if (starts(sql + skip, n - skip, "clear"))
        srv->faults.n = 0;
    else if (!tl_fault_add(&srv->faults, sql + skip, n - skip, err))
        return NULL;
    return plain_ok(err);
}

struct tl_result *tl_exec(struct tl_server *srv, struct tl_session *s, const char *sql, size_t n,
                          struct tl_error *err)
{
    struct tl_result *r = NULL;
    *err = (struct tl_error){0};
    trim(&sql, &n);
    if (starts(sql, n, "tdlite ")) return control(srv, sql, n, err);
    r = tl_gen_exec(s, sql, n, err);
    if (r || err->code) return r;
    if (!srv->script) return tl_engine_exec(srv->engine, s, sql, n, err);
    r = tl_script_exec(srv->script, sql, n, err);
    if (r && starts(sql, n, "use ") && n - 4 < sizeof s->db)
        snprintf(s->db, sizeof s->db, "%.*s", (int)(n - 4), sql + 4);
    if (!r && err->code == 0) set_error(err, 0x2600, "tdlite: statement was not recorded");
    return r;
}

int tl_exec_validate(struct tl_server *srv, struct tl_session *s, const char *sql, size_t n,
                     struct tl_error *err)
{
    int64_t code = 0;
    *err = (struct tl_error){0};
    trim(&sql, &n);
    struct tl_result *r = tl_gen_exec(s, sql, n, err);
    if (r) r->free(r);
    if (r || err->code) return err->code;
    if (!srv->script) return tl_engine_validate(srv->engine, s, sql, n, err);
    if (!tl_script_validate(srv->script, sql, n, &code)) return 0x2600;
    return (int)((uint64_t)code & 0xFFFF);
}

/* Whether information_schema.ins_users lists the name: the adapter tells an unknown user (0x0351)
   from a wrong password (0x0357), golden/conn/bad_user. */
static bool user_exists(struct tl_server *srv, const char *user)
{
    static const char sql[] = "select name from information_schema.ins_users";
    struct tl_session s = {.user = "root", .tz = "UTC"};
    struct tl_error err = {0};
    struct tl_buf block = {0};
    bool found = false;
    if (strcmp(user, "root") == 0) return true;
    struct tl_result *r = tl_engine_exec(srv->engine, &s, sql, sizeof sql - 1, &err);
    while (r && !found && r->next(r, &block, &err) == 1) {
        struct tl_block b;
        struct tl_cell cell;
        if (!tl_block_open(&b, block.p, block.n)) break;
        for (uint32_t row = 0; !found && row < b.rows; row++)
            found = tl_block_cell(&b, 0, row, &cell) && !cell.null && cell.n == strlen(user) &&
                    memcmp(cell.p, user, cell.n) == 0;
        tl_block_close(&b);
        block.n = 0;
    }
    tl_buf_free(&block);
    if (r) r->free(r);
    return found;
}

bool tl_exec_login(struct tl_server *srv, const char *user, const char *password,
                   struct tl_error *err)
{
    if (tl_engine_login(srv->engine, user, password)) return true;
    if (user_exists(srv, user))
        set_error(err, 0x0357, "Authentication failure");
    else
        set_error(err, 0x0351, "Invalid user");
    return false;
}

bool tl_exec_has_db(struct tl_server *srv, const char *db)
{
    return tl_engine_has_db(srv->engine, db) || (srv->script && tl_script_has_db(srv->script, db));
}

/* ---- statements at start ---- */

static bool run_one(struct tl_server *srv, struct tl_session *s, const char *sql, size_t n,
                    struct tl_error *err)
{
    trim(&sql, &n);
    if (n > 0 && sql[n - 1] == ';') n--;
    trim(&sql, &n);
    if (n == 0) return true;
    struct tl_result *r = tl_engine_exec(srv->engine, s, sql, n, err);
    if (!r) return false;
    r->free(r);
    return true;
}

bool tl_exec_file(struct tl_server *srv, const char *path, struct tl_error *err)
{
    struct tl_session s = {.user = "root", .tz = "UTC"};
    struct tl_buf sql = {0};
    char *line = NULL;
    size_t cap = 0;
    long n;
    bool ok = true;
    FILE *f = fopen(path, "r");
    if (!f) {
        err->code = 0xFFFF;
        snprintf(err->msg, sizeof err->msg, "cannot read %.300s", path);
        return false;
    }
    while (ok && (n = getline(&line, &cap, f)) > 0) {
        size_t len = (size_t)n;
        const char *p = line;
        trim(&p, &len);
        if (len == 0 || starts(p, len, "--")) continue;
        ok = tl_buf_put(&sql, p, len) && tl_buf_u8(&sql, '\n');
        if (ok && p[len - 1] == ';') {
            ok = run_one(srv, &s, (const char *)sql.p, sql.n, err);
            sql.n = 0;
        }
    }
    ok = ok && run_one(srv, &s, (const char *)sql.p, sql.n, err);
    free(line);
    tl_buf_free(&sql);
    fclose(f);
    return ok;
}

/* The sample that TDengine's own documents use: one super table, a child table per meter. */
static const struct {
    const char *location;
    int group;
} meters[] = {
    {"California.SanFrancisco", 1}, {"California.LosAngeles", 1}, {"California.SanDiego", 2},
    {"California.Sunnyvale", 2},    {"California.SanJose", 3},
};
enum { DEMO_ROWS = 1000, DEMO_BATCH = 250 };

static bool demo_rows(struct tl_server *srv, struct tl_session *s, int table, struct tl_error *err)
{
    struct tl_buf sql = {0};
    bool ok = true;
    for (int from = 0; ok && from < DEMO_ROWS; from += DEMO_BATCH) {
        sql.n = 0;
        ok = tl_json_fmt(&sql, "insert into power.d%d using power.meters tags(%d,'%s') values ",
                         1001 + table, meters[table].group, meters[table].location);
        for (int i = from; ok && i < from + DEMO_BATCH; i++) {
            const int k = i + 17 * table;
            ok = tl_json_fmt(&sql, "(%lld,%d.%d,%d,0.%d)", 1538548685000LL + 1000LL * i,
                             10 + k * 7 % 50 / 10, k * 7 % 10, 210 + k * 13 % 20, 20 + k * 11 % 20);
        }
        ok = ok && run_one(srv, s, (const char *)sql.p, sql.n, err);
    }
    tl_buf_free(&sql);
    return ok;
}

bool tl_exec_demo(struct tl_server *srv, struct tl_error *err)
{
    static const char *const setup[] = {
        "create database if not exists power precision 'ms' keep 36500",
        "create stable if not exists power.meters (ts timestamp, current float, voltage int, "
        "phase float) tags (groupid int, location binary(24))",
    };
    struct tl_session s = {.user = "root", .tz = "UTC"};
    for (size_t i = 0; i < sizeof setup / sizeof *setup; i++)
        if (!run_one(srv, &s, setup[i], strlen(setup[i]), err)) return false;
    for (size_t t = 0; t < sizeof meters / sizeof *meters; t++)
        if (!demo_rows(srv, &s, (int)t, err)) return false;
    return true;
}
