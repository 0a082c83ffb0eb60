/*
 * stmt2_ut.c: prepared statements: the recordings of golden/stmt2 replayed against the SQLite
 * engine, and what no recording shows: stmt2_bind_exec, the 3.4 personality, order of calls,
 * damaged messages, DDL between bind and exec.
 */
#include "ut_replay.h"

/* The order in which they were recorded: later ones read what earlier ones wrote. */
static const char *const order[] = {"insert_normal_all_types",
                                    "insert_using_two_tables",
                                    "insert_using_interlace",
                                    "insert_ns",
                                    "insert_into_stable_tbname",
                                    "insert_mixed_literals",
                                    "insert_table_qmark_nofields",
                                    "insert_using_nofields_odd",
                                    "insert_prepare_table_qmark_fields",
                                    "insert_json_tag",
                                    "insert_decimal_text",
                                    "insert_decimal_as_varchar",
                                    "insert_decimal_raw",
                                    "query_all",
                                    "query_double",
                                    "query_empty",
                                    "query_in_list",
                                    "query_like",
                                    "query_limit",
                                    "query_nchar",
                                    "query_nchar_type10",
                                    "query_null",
                                    "query_param_in_select",
                                    "query_quote",
                                    "query_ts_bigint",
                                    "query_ts_i64",
                                    "query_ts_text",
                                    "insert_twice",
                                    "query_reexec",
                                    "insert_many_rows",
                                    "insert_too_long",
                                    "insert_ts_out_of_range",
                                    "insert_type_mismatch",
                                    "insert_over_32767",
                                    "partial_failure",
                                    "prepare_delete",
                                    "prepare_no_params_select",
                                    "prepare_no_table",
                                    "prepare_syntax",
                                    "prepare_unsupported_select_const",
                                    "prepare_unsupported_show"};
enum { RECORDINGS = sizeof order / sizeof *order };

static struct tl_server *start(const char *version)
{
    static char tables[512];
    snprintf(tables, sizeof tables, "%s/golden/stmt2/setup.sql", TD_TEST_DATA);
    const struct tl_server_opts o = {.version = version, .sql = {tables}};
    return ut_server(&o);
}

static void recordings(void **state)
{
    struct tl_server *srv = start("3.3.7.5.alpha");
    long compared = 0;
    (void)state;
    for (size_t i = 0; i < RECORDINGS; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/golden/stmt2/%s.jsonl", TD_TEST_DATA, order[i]);
        compared += ut_replay(path, tl_server_port(srv));
    }
    tl_server_stop(srv);
    print_message("stmt2: %d recordings, %ld replies equal\n", RECORDINGS, compared);
    assert_true(compared >= 350);
}

/* What taos-ws-py really sent: request ids above 2^63, results freed late, schemaless between. */
static void foreign_client(void **state)
{
    const struct tl_server_opts o = {.version = "3.3.7.5.alpha"};
    struct tl_server *srv = ut_server(&o);
    long compared = 0;
    (void)state;
    for (int i = 0; i < 2; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/golden/clients/taos-ws-py/conn00%d.jsonl", TD_TEST_DATA, i);
        compared += ut_replay(path, tl_server_port(srv));
    }
    tl_server_stop(srv);
    print_message("taos-ws-py: %ld replies equal\n", compared);
    assert_true(compared >= 30);
}

/* ---- messages made here ---- */

/* A column of one record: INT, BIGINT/TIMESTAMP or text values of n rows. */
struct col {
    int type;
    int n;
    const int64_t *ints;
    const char *const *texts; /* NULL entries are NULL */
};

static int width_of(int type)
{
    return type == TL_INT ? 4 : type == TL_BOOL ? 1 : type == TL_DECIMAL128 ? 16 : 8;
}

static void put_rec(struct tl_buf *b, const struct col *c)
{
    const size_t at = b->n;
    struct tl_buf data = {0};
    tl_buf_u32(b, 0);
    tl_buf_u32(b, (uint32_t)c->type);
    tl_buf_u32(b, (uint32_t)c->n);
    for (int i = 0; i < c->n; i++)
        tl_buf_u8(b, c->texts && !c->texts[i]);
    tl_buf_u8(b, c->texts != NULL);
    for (int i = 0; i < c->n; i++) {
        if (!c->texts) {
            int64_t v[2] = {c->ints[i], c->ints[i] < 0 ? -1 : 0};
            tl_buf_put(&data, v, (size_t)width_of(c->type));
            continue;
        }
        const size_t len = c->texts[i] ? strlen(c->texts[i]) : 0;
        tl_buf_u32(b, (uint32_t)len);
        tl_buf_put(&data, c->texts[i] ? c->texts[i] : "", len);
    }
    tl_buf_u32(b, (uint32_t)data.n);
    tl_buf_put(b, data.p, data.n);
    tl_buf_free(&data);
    const uint32_t len = (uint32_t)(b->n - at);
    memcpy(b->p + at, &len, 4);
}

static void head(struct tl_buf *b, uint64_t req_id, uint64_t stmt, uint64_t action)
{
    tl_buf_u64(b, req_id);
    tl_buf_u64(b, stmt);
    tl_buf_u64(b, action);
    tl_buf_u16(b, 1);
}

/* Binary 9 for one table without a name. */
static void send_bind(struct ut_client *c, uint64_t stmt, const struct col *cols, int ncols)
{
    struct tl_buf b = {0}, body = {0};
    for (int i = 0; i < ncols; i++)
        put_rec(&body, &cols[i]);
    head(&b, 77, stmt, 9);
    tl_buf_u32(&b, UINT32_MAX);
    const uint32_t h[8] = {(uint32_t)(32 + body.n), 1, 0, (uint32_t)ncols, 0, 0, 28,
                           (uint32_t)body.n};
    tl_buf_put(&b, h, sizeof h);
    tl_buf_put(&b, body.p, body.n);
    ut_frame(c, 0x82, b.p, b.n);
    tl_buf_free(&b);
    tl_buf_free(&body);
}

/* Binary 11. */
static void send_bind_exec(struct ut_client *c, uint64_t stmt, int tables, const struct col *cols,
                           int ncols)
{
    struct tl_buf b = {0}, body = {0};
    for (int i = 0; i < ncols; i++)
        put_rec(&body, &cols[i]);
    head(&b, 78, stmt, 11);
    const uint32_t h[5] = {(uint32_t)(20 + body.n), (uint32_t)cols[0].n, (uint32_t)tables,
                           (uint32_t)ncols, 20};
    tl_buf_put(&b, h, sizeof h);
    tl_buf_put(&b, body.p, body.n);
    ut_frame(c, 0x82, b.p, b.n);
    tl_buf_free(&b);
    tl_buf_free(&body);
}

static void must(struct ut_client *c, const char *part)
{
    const char *is = ut_reply(c);
    if (!strstr(is, part)) fail_msg("%s\nhas no %s", is, part);
}

static void action(struct ut_client *c, const char *what, int stmt, const char *part)
{
    char text[256];
    snprintf(text, sizeof text, "{\"action\":\"%s\",\"args\":{\"req_id\":5,\"stmt_id\":%d}}", what,
             stmt);
    ut_text(c, text);
    must(c, part);
}

/* Init and prepare; the statement's id counts from 1 on each connection. */
static void prepare(struct ut_client *c, int stmt, const char *sql, const char *part)
{
    char text[512];
    action(c, "stmt2_init", 0, "\"code\":0");
    snprintf(text, sizeof text,
             "{\"action\":\"stmt2_prepare\",\"args\":{\"req_id\":6,\"stmt_id\":%d,\"sql\":\"%s\","
             "\"get_fields\":true}}",
             stmt, sql);
    ut_text(c, text);
    must(c, part);
}

static struct ut_client login(struct tl_server *srv, const char *db)
{
    char text[256];
    struct ut_client c = ut_open(tl_server_port(srv));
    snprintf(text, sizeof text,
             "{\"action\":\"conn\",\"args\":{\"req_id\":1,\"user\":\"root\",\"password\":"
             "\"taosdata\",\"db\":\"%s\"}}",
             db);
    ut_text(&c, text);
    must(&c, "\"code\":0");
    return c;
}

/* Runs a query whose last cell is one fixed-width or short text value; returns its bytes. */
static void cell(struct ut_client *c, const char *sql, size_t n, void *out)
{
    ut_query(c, 9, sql);
    const char *reply = ut_reply(c);
    const char *id = strstr(reply, "\"id\":");
    if (!strstr(reply, "\"code\":0,") || !id) fail_msg("%s: %s", sql, reply);
    const uint64_t result = strtoull(id + 5, NULL, 10);
    ut_fetch(c, 10, result);
    assert_true(ut_recv(c) && c->msg.n > 56 + n);
    memcpy(out, c->msg.p + c->msg.n - 1 - n, n);
    ut_fetch(c, 11, result);
    assert_true(ut_recv(c));
}

static int64_t count(struct ut_client *c, const char *sql)
{
    int64_t v;
    cell(c, sql, sizeof v, &v);
    return v;
}

/* What `tdlite stats` says of a counter. */
static int64_t stat(struct ut_client *c, const char *name)
{
    ut_query(c, 12, "tdlite stats");
    const char *reply = ut_reply(c);
    const uint64_t result = strtoull(strstr(reply, "\"id\":") + 5, NULL, 10);
    int64_t value = -1;
    ut_fetch(c, 13, result);
    assert_true(ut_recv(c));
    const uint8_t *b = c->msg.p + 55; /* two columns: text with offsets, then i64 */
    const uint32_t rows = (uint32_t)ut_load(b + 8, 4), texts = (uint32_t)ut_load(b + 38, 4);
    const uint8_t *text = b + 46 + 4 * rows, *ints = text + texts + (rows + 7) / 8;
    for (uint32_t r = 0; r < rows; r++) {
        const uint8_t *p = text + ut_load(b + 46 + 4 * r, 4);
        const size_t n = (size_t)ut_load(p, 2);
        if (n == strlen(name) && memcmp(p + 2, name, n) == 0)
            value = (int64_t)ut_load(ints + 8 * r, 8);
    }
    ut_fetch(c, 14, result);
    assert_true(ut_recv(c));
    return value;
}

static const int64_t ts1[] = {1700000000000}, ts3[] = {1700000000000, 1700000000001, 1700000000002};

/* An exec after a failed bind or with nothing bound is refused, and the tests can see it. */
static void order_of_calls(void **state)
{
    const char *const wide[] = {"a text of more than thirty-two bytes"};
    const int64_t one[] = {1};
    const struct col good[] = {{TL_TIMESTAMP, 1, ts1, NULL}, {TL_INT, 1, one, NULL}};
    const struct col bad[] = {{TL_TIMESTAMP, 1, ts1, NULL}, {TL_VARCHAR, 1, NULL, wide}};
    struct tl_server *srv = start("3.3.7.5");
    struct ut_client c = login(srv, "g_st2");
    (void)state;
    action(&c, "stmt2_exec", 1, "stmt2 is nil");
    prepare(&c, 1, "insert into nt(ts,c_i) values(?,?)", "\"fields_count\":2}");
    action(&c, "stmt2_exec", 1, "\"code\":554,"); /* 0x022A: nothing bound */
    assert_int_equal(stat(&c, "violations"), 1);
    send_bind(&c, 1, good, 2);
    must(&c, "\"code\":0,");
    action(&c, "stmt2_exec", 1, "\"affected\":1}");
    action(&c, "stmt2_exec", 1, "\"code\":554,"); /* what was bound is stored */
    action(&c, "stmt2_result", 1, "stmt is insert, no result set");
    prepare(&c, 2, "insert into nt(ts,c_v) values(?,?)", "\"fields_count\":2}");
    send_bind(&c, 2, bad, 2);
    must(&c, "\"code\":9811,");
    send_bind(&c, 2, good, 2); /* nor can it be bound again */
    must(&c, "\"code\":9811,");
    action(&c, "stmt2_exec", 2, "\"code\":9811,");
    assert_int_equal(stat(&c, "violations"), 4);
    assert_int_equal(stat(&c, "open_stmts"), 2);
    assert_int_equal(stat(&c, "action.stmt2_exec"), 5);
    action(&c, "stmt2_close", 2, "\"code\":0");
    action(&c, "stmt2_close", 99, "\"code\":0");
    assert_int_equal(stat(&c, "open_stmts"), 1);
    ut_close(&c);
    tl_server_stop(srv);
}

/* Several binds before one exec; the number of rows and fields must agree. */
static void numbers(void **state)
{
    const int64_t one[] = {1}, three[] = {1, 2, 3}, later[] = {1700000000500};
    const struct col a[] = {{TL_TIMESTAMP, 3, ts3, NULL}, {TL_INT, 3, three, NULL}};
    const struct col b[] = {{TL_TIMESTAMP, 1, later, NULL}, {TL_INT, 1, one, NULL}};
    const struct col uneven[] = {{TL_TIMESTAMP, 3, ts3, NULL}, {TL_INT, 1, one, NULL}};
    struct tl_server *srv = start("3.3.7.5");
    struct ut_client c = login(srv, "g_st2");
    (void)state;
    prepare(&c, 1, "insert into nt(ts,c_i) values(?,?)", "\"fields_count\":2}");
    send_bind(&c, 1, a, 2);
    must(&c, "\"code\":0,");
    send_bind(&c, 1, b, 2);
    must(&c, "\"code\":0,");
    action(&c, "stmt2_exec", 1, "\"affected\":4}");
    assert_int_equal(count(&c, "select count(*) from nt"), 4);
    send_bind(&c, 1, uneven, 2);
    must(&c, "\"code\":566,");
    prepare(&c, 2, "insert into nt(ts,c_i) values(?,?)", "\"fields_count\":2}");
    send_bind(&c, 2, a, 1);
    must(&c, "\"code\":566,");
    ut_close(&c);
    tl_server_stop(srv);
}

/* The table is dropped, or made anew, between bind and exec. */
static void ddl_between(void **state)
{
    const int64_t one[] = {1};
    const struct col row[] = {{TL_TIMESTAMP, 1, ts1, NULL}, {TL_INT, 1, one, NULL}};
    struct tl_server *srv = start("3.3.7.5");
    struct ut_client c = login(srv, "g_st2");
    (void)state;
    ut_query(&c, 1, "create table x (ts timestamp, v int)");
    must(&c, "\"code\":0,");
    prepare(&c, 1, "insert into x values(?,?)", "\"fields_count\":2}");
    send_bind(&c, 1, row, 2);
    must(&c, "\"code\":0,");
    ut_query(&c, 1, "drop table x");
    must(&c, "\"code\":0,");
    action(&c, "stmt2_exec", 1, "\"code\":9731,");
    ut_query(&c, 1, "create table x (ts timestamp, v double)");
    must(&c, "\"code\":0,");
    send_bind(&c, 1, row, 2);
    must(&c, "\"code\":512,"); /* the column is a DOUBLE now */
    ut_close(&c);
    tl_server_stop(srv);
}

/* The example of protocol.md 4.6, and a query; from 3.4.1.13 on, or on request. */
static void bind_exec(void **state)
{
    const char *const names[] = {"t1", "t1", "t2"};
    const int64_t vs[] = {7, 8, 9}, two[] = {2};
    const struct col rows[] = {{TL_VARCHAR, 3, NULL, names},
                               {TL_INT, 3, vs, NULL},
                               {TL_TIMESTAMP, 3, ts3, NULL},
                               {TL_INT, 3, vs, NULL}};
    const struct col limit[] = {{TL_INT, 1, two, NULL}};
    struct tl_server *srv = start("3.4.1.13");
    struct ut_client c = login(srv, "g_st2");
    (void)state;
    prepare(&c, 1, "insert into st(tbname,gi,ts,c_i) values(?,?,?,?)", "\"fields_count\":4}");
    send_bind_exec(&c, 1, 2, rows, 4);
    must(&c, "\"affected\":3}");
    assert_non_null(strstr((const char *)c.msg.p, "\"action\":\"stmt2_bind_exec\",\"req_id\":78,"));
    assert_int_equal(count(&c, "select count(*) from t1"), 2);
    assert_int_equal(count(&c, "select count(*) from st where tbname='t2' and gi=9"), 1);
    send_bind_exec(&c, 1, 3, rows, 4); /* says three tables where there are two */
    must(&c, "\"code\":65535,");
    prepare(&c, 2, "select ts from st limit ?", "\"fields_count\":1}");
    send_bind_exec(&c, 2, 1, limit, 1);
    must(&c, "\"affected\":0}");
    action(&c, "stmt2_result", 2, "\"fields_count\":1,");
    ut_close(&c);
    tl_server_stop(srv);
    srv = start("3.4.1.12");
    c = login(srv, "g_st2");
    prepare(&c, 1, "select ts from st limit ?", "\"fields_count\":1}");
    send_bind_exec(&c, 1, 1, limit, 1);
    must(&c, "{\"code\":65535,\"message\":\"unknown binary action 11\",\"action\":\"unknown\"");
    ut_close(&c);
    tl_server_stop(srv);
}

static void read_decimals(struct ut_client *c, int64_t *d64, int64_t *d128)
{
    int64_t both[2];
    cell(c, "select d64 from dec", 8, d64);
    cell(c, "select d128 from dec", 16, both);
    *d128 = both[0];
}

/* 12.34 and 0.0000005678 in both forms, on both kinds of servers: one form each is right. */
static void decimals(void **state)
{
    static const char *const version[] = {"3.3.7.5", "3.4.0.0"};
    const char *const t64[] = {"12.34"}, *const t128[] = {"0.0000005678"};
    const int64_t i64[] = {1234}, i128[] = {5678};
    const struct col raw[] = {
        {TL_TIMESTAMP, 1, ts1, NULL}, {TL_DECIMAL64, 1, i64, NULL}, {TL_DECIMAL128, 1, i128, NULL}};
    const struct col text[] = {
        {TL_TIMESTAMP, 1, ts1, NULL}, {TL_DECIMAL64, 1, NULL, t64}, {TL_DECIMAL128, 1, NULL, t128}};
    (void)state;
    for (int v = 0; v < 2; v++) {
        for (int as_text = 0; as_text < 2; as_text++) {
            int64_t d64, d128;
            struct tl_server *srv = start(version[v]);
            struct ut_client c = login(srv, "g_st2");
            prepare(&c, 1, "insert into dec values(?,?,?)", "\"fields_count\":3}");
            send_bind(&c, 1, as_text ? text : raw, 3);
            must(&c, "\"code\":0,");
            action(&c, "stmt2_exec", 1, "\"affected\":1}");
            read_decimals(&c, &d64, &d128);
            assert_int_equal(d64 == 1234, v == as_text);
            assert_int_equal(d128 == 5678, v == as_text);
            ut_close(&c);
            tl_server_stop(srv);
        }
    }
}

/* One value of any type as a bind record. */
static void put_value(struct tl_buf *b, int type, const void *p, size_t n)
{
    const bool var = tl_type_var((uint8_t)type);
    tl_buf_u32(b, (uint32_t)(18 + (var ? 4 : 0) + n));
    tl_buf_u32(b, (uint32_t)type);
    tl_buf_u32(b, 1);
    tl_buf_u8(b, p == NULL);
    tl_buf_u8(b, var);
    if (var) tl_buf_u32(b, (uint32_t)n);
    tl_buf_u32(b, (uint32_t)n);
    tl_buf_put(b, p ? p : "", n);
}

/* Prepares a query with one parameter, binds it and counts the rows; the bind's code when it
   fails. */
static int64_t rows_with(struct ut_client *c, int stmt, const char *query, int type, const void *p,
                         size_t n)
{
    struct tl_buf b = {0}, body = {0};
    prepare(c, stmt, query, "\"fields_count\":1}");
    put_value(&body, type, p, n);
    head(&b, 77, (uint64_t)stmt, 9);
    tl_buf_u32(&b, UINT32_MAX);
    const uint32_t h[8] = {(uint32_t)(32 + body.n), 1, 0, 1, 0, 0, 28, (uint32_t)body.n};
    tl_buf_put(&b, h, sizeof h);
    tl_buf_put(&b, body.p, body.n);
    ut_frame(c, 0x82, b.p, b.n);
    tl_buf_free(&b);
    tl_buf_free(&body);
    const char *reply = ut_reply(c);
    const int code = atoi(strstr(reply, "\"code\":") + 7);
    if (code) return -code;
    action(c, "stmt2_exec", stmt, "\"affected\":0}");
    action(c, "stmt2_result", stmt, "\"code\":0,");
    const uint64_t id = strtoull(strstr((char *)c->msg.p, "\"id\":") + 5, NULL, 10);
    int64_t rows = 0;
    for (;;) {
        ut_fetch(c, 15, id);
        assert_true(ut_recv(c));
        assert_int_equal(ut_load(c->msg.p + 34, 4), 0);
        if (c->msg.p[50]) return rows;
        rows += (int64_t)ut_load(c->msg.p + 63, 4);
    }
}

/* A table with one row of every type, in database q<prec> of that precision. */
static void make_row(struct ut_client *c, int prec, int64_t stamp)
{
    static const char *const units[] = {"ms", "us", "ns"};
    char text[600];
    snprintf(text, sizeof text, "create database q%d precision '%s' keep 36500", prec, units[prec]);
    ut_query(c, 1, text);
    must(c, "\"code\":0,");
    snprintf(text, sizeof text,
             "create table q%d.p (ts timestamp, b bool, ti tinyint, si smallint, i int, bi "
             "bigint, ui int unsigned, ub bigint unsigned, f float, d double, v varchar(40), n "
             "nchar(40), vb varbinary(20), dec decimal(20,2))",
             prec);
    ut_query(c, 1, text);
    must(c, "\"code\":0,");
    snprintf(text, sizeof text,
             "insert into q%d.p values(%lld,true,-3,-300,-7,-9223372036854775807,4000000000,"
             "18446744073709551614,0.1,0.1,'it''s \\\\ \"q\" %%_','it''s \\\\ \"q\" %%_',"
             "'\\x00ff275c78',12345678901234567.89)",
             prec, (long long)stamp);
    ut_query(c, 1, text);
    must(c, "\"affected_rows\":1,");
}

/* Parameters of every type select exactly their row, in ms, us and ns databases. */
static void parameters(void **state)
{
    static const int64_t big = INT64_MIN + 1;
    static const uint64_t ubig = UINT64_MAX - 1;
    static const double dbl = 0.1, odd = 1.0 / 3;
    static const float flt = 0.1f;
    static const int64_t stamp[3] = {1700000000123, 1700000000123456, 1700000000123456789};
    static const int32_t i32 = -7;
    static const int16_t i16 = -300;
    static const int8_t i8 = -3;
    static const uint32_t u32 = 4000000000u;
    static const uint8_t yes = 1, bytes[] = {0, 0xFF, 0x27, '\\', 'x'};
    static const char quote[] = "it's \\ \"q\" %_";
    struct tl_server *srv = start("3.3.7.5");
    struct ut_client c = login(srv, "");
    int stmt = 0;
    (void)state;
    for (int prec = 0; prec < 3; prec++) {
        char text[600];
        const struct {
            const char *where;
            int type;
            const void *p;
            size_t n;
            int64_t rows; /* negative: the code of the bind */
        } cases[] = {
            {"b = ?", TL_BOOL, &yes, 1, 1},
            {"ti = ?", TL_TINYINT, &i8, 1, 1},
            {"si = ?", TL_SMALLINT, &i16, 2, 1},
            {"i = ?", TL_INT, &i32, 4, 1},
            {"i = -?", TL_INT, &i32, 4, 0},
            {"bi = ?", TL_BIGINT, &big, 8, 1},
            {"bi < ?", TL_BIGINT, &big, 8, 0},
            {"ui = ?", TL_UINT, &u32, 4, 1},
            {"ub = ?", TL_UBIGINT, &ubig, 8, 1},
            {"ub > ?", TL_UBIGINT, &ubig, 8, 0},
            {"ub > ?", TL_INT, &i32, 4, 1},
            {"f = ?", TL_FLOAT, &flt, 4, 1},
            {"d = ?", TL_DOUBLE, &dbl, 8, 1},
            {"d = ?", TL_DOUBLE, &odd, 8, 0},
            {"v = ?", TL_VARCHAR, quote, sizeof quote - 1, 1},
            {"n = ?", TL_NCHAR, quote, sizeof quote - 1, 1},
            {"n = ?", TL_VARCHAR, quote, sizeof quote - 1, 1},
            {"v in (?)", TL_VARCHAR, quote, sizeof quote - 1, 1},
            {"v like ?", TL_VARCHAR, "it%", 3, 1},
            {"v like ?", TL_VARCHAR, NULL, 0, 0},
            {"v in (?)", TL_VARCHAR, NULL, 0, 0},
            {"v = ?", TL_VARCHAR, "", 0, 0},
            {"vb = ?", TL_VARBINARY, bytes, sizeof bytes, 1},
            {"vb = ?", TL_VARBINARY, bytes, 4, 0},
            {"ts = ?", TL_TIMESTAMP, &stamp[prec], 8, 1},
            {"ts = ?", TL_BIGINT, &stamp[prec], 8, 1},
            {"ts > ?", TL_TIMESTAMP, &stamp[prec], 8, 0},
            {"dec = ?", TL_VARCHAR, "12345678901234567.89", 20, 1},
            {"v = ?", TL_NULL, "", 0, -0x0110},
            {"v = ?", TL_BLOB, "x", 1, -0x6305},
            {"dec = ?", TL_DECIMAL64, &big, 8, -0x0100},
            {"i = ?", TL_INT, &big, 8, -0xFFFF}, /* eight bytes for an INT */
            {"v > 1 and nosuch = ?", TL_INT, &i32, 4, -0x2602},
        };
        make_row(&c, prec, stamp[prec]);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            snprintf(text, sizeof text, "select ts from q%d.p where %s", prec, cases[i].where);
            const int64_t rows = rows_with(&c, ++stmt, text, cases[i].type, cases[i].p, cases[i].n);
            if (rows != cases[i].rows)
                fail_msg("%s, type %d: %lld rows", text, cases[i].type, (long long)rows);
        }
    }
    ut_close(&c);
    tl_server_stop(srv);
}

/* A result goes with its statement before 3.4, and outlives it from then on (4.2). */
static void results(void **state)
{
    static const char *const version[] = {"3.3.7.5", "3.4.0.1"};
    const int64_t five[] = {5};
    const struct col limit[] = {{TL_BIGINT, 1, five, NULL}};
    (void)state;
    for (int v = 0; v < 2; v++) {
        struct tl_server *srv = start(version[v]);
        struct ut_client c = login(srv, "g_st2");
        prepare(&c, 1, "select name from information_schema.ins_databases limit ?",
                "\"fields\":null,\"fields_count\":1}");
        send_bind(&c, 1, limit, 1);
        must(&c, "\"code\":0,");
        action(&c, "stmt2_exec", 1, "\"affected\":0}");
        action(&c, "stmt2_result", 1, "\"fields_lengths\":[66],");
        action(&c, "stmt2_result", 1, "result is nil");
        assert_int_equal(stat(&c, "open_results"), 1);
        action(&c, "stmt2_close", 1, "\"code\":0");
        ut_fetch(&c, 20, 1);
        assert_true(ut_recv(&c));
        assert_int_equal(ut_load(c.msg.p + 34, 4), v ? 0 : 0xFFFF);
        ut_close(&c);
        tl_server_stop(srv);
    }
}

/* Damaged binds: every reply is an error or a success, and the server lives on. */
static void damage(const struct ut_msg *m, void *arg)
{
    struct ut_client *c = arg;
    if (!m->sent || m->text || m->bin.n < 40 || m->bin.p[16] != 9 || m->bin.n > 4000) return;
    uint32_t x = 1;
    for (int i = 0; i < 300; i++) {
        struct tl_buf b = {0};
        tl_buf_put(&b, m->bin.p, m->bin.n);
        for (int k = 0; k < 3; k++) {
            x = x * 1664525u + 1013904223u;
            b.p[30 + (x >> 8) % (b.n - 30)] = (uint8_t)(x & 1 ? x >> 24 : 0xFF);
        }
        if (i % 5 == 0) b.n -= (x >> 16) % (b.n - 24);
        prepare(c, ++*(int *)(void *)&c->pings,
                "insert into ? using st tags(?,?,?) values(?,?,?,?,"
                "?,?,?,?,?,?,?,?,?,?,?,?,?)",
                "\"fields_count\":21}");
        memcpy(b.p + 8, &c->pings, 4);
        ut_frame(c, 0x82, b.p, b.n);
        must(c, "\"action\":\"stmt2_bind\"");
        action(c, "stmt2_exec", c->pings, "\"stmt_id\"");
        action(c, "stmt2_close", c->pings, "\"code\":0");
        tl_buf_free(&b);
    }
}

static void damaged(void **state)
{
    char path[512];
    struct tl_server *srv = start("3.3.7.5");
    struct ut_client c = login(srv, "g_st2");
    (void)state;
    snprintf(path, sizeof path, "%s/golden/stmt2/insert_using_two_tables.jsonl", TD_TEST_DATA);
    ut_each_msg(path, damage, &c);
    assert_true(c.pings >= 300);
    ut_query(&c, 5, "select 1");
    must(&c, "\"code\":0,");
    ut_close(&c);
    tl_server_stop(srv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recordings),     cmocka_unit_test(order_of_calls),
        cmocka_unit_test(numbers),        cmocka_unit_test(ddl_between),
        cmocka_unit_test(bind_exec),      cmocka_unit_test(decimals),
        cmocka_unit_test(foreign_client), cmocka_unit_test(parameters),
        cmocka_unit_test(results),        cmocka_unit_test(damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
