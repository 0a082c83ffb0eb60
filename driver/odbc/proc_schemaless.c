/*
 * td_schemaless: InfluxDB lines, OpenTSDB lines and OpenTSDB JSON (protocol.md 2.9, 1.8). Protocol
 * and precision are checked here: the server takes nonsense without a word (protocol.md section
 * 11).
 */
#include "client/schemaless.h"
#include "odbc/proc.h"
#include "odbc/proccall.h"

enum { PROTOCOL, PRECISION, LINES, TTL, REQ_ID, TABLE_NAME_KEY };

#define LINES_MAX ((size_t)1 << 30)

static enum td_rc read_protocol(const struct td_proccall *c, enum td_sml_protocol *p,
                                struct td_err *err)
{
    static const char *const names[] = {"line", "telnet", "json"};
    struct td_str v = TD_STR("");

    (void)td_call_text(c, PROTOCOL, &v);
    v = td_str_trim(v);
    for (int i = 0; i < 3; i++) {
        if (td_str_ieqz(v, names[i]) || (v.n == 1 && v.p[0] == '1' + i)) {
            *p = (enum td_sml_protocol)(i + 1);
            return TD_OK;
        }
    }
    return td_call_wrong(c->proc, TD_ST_HY024, err,
                         "protocol is line, telnet or json (1, 2, 3), not '%.*s'",
                         (int)(v.n < 50 ? v.n : 50), v.p);
}

static enum td_rc read_precision(const struct td_proccall *c, struct td_str *wire,
                                 struct td_err *err)
{
    static const char *const names[][3] = {{"h", "hour", "h"},         {"m", "minute", "m"},
                                           {"s", "second", "s"},       {"ms", "millisecond", "ms"},
                                           {"us", "microsecond", "u"}, {"ns", "nanosecond", "ns"}};
    struct td_str v;

    *wire = TD_STR("");
    if (!td_call_text(c, PRECISION, &v)) return TD_OK;
    v = td_str_trim(v);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (td_str_ieqz(v, names[i][0]) || td_str_ieqz(v, names[i][1])) {
            *wire = td_str_of(names[i][2]);
            return TD_OK;
        }
    }
    return td_call_wrong(c->proc, TD_ST_HY024, err,
                         "precision is h, m, s, ms, us or ns, not '%.*s'",
                         (int)(v.n < 50 ? v.n : 50), v.p);
}

static enum td_rc read_ttl(const struct td_proccall *c, int32_t *ttl, struct td_err *err)
{
    int64_t v = 0;

    (void)td_call_int(c, TTL, &v);
    *ttl = (int32_t)v;
    return v >= 0 && v <= INT32_MAX
               ? TD_OK
               : td_call_wrong(c->proc, TD_ST_HY024, err, "ttl is a number of days");
}

static enum td_rc read_req_id(struct td_proccall *c, struct td_err *err)
{
    int64_t v;

    if (!td_call_int(c, REQ_ID, &v)) return TD_OK;
    if (v < 1 || (uint64_t)v > TD_MSG_MAX_ID)
        return td_call_wrong(c->proc, TD_ST_HY024, err, "req_id is 1 to 9007199254740991");
    c->rq.req_id = (uint64_t)v;
    return TD_OK;
}

/* What stands between the brackets of a JSON array, or the object itself. */
static struct td_str json_items(struct td_str v)
{
    v = td_str_trim(v);
    if (v.n >= 2 && v.p[0] == '[' && v.p[v.n - 1] == ']')
        v = td_str_trim((struct td_str){v.p + 1, v.n - 2});
    return v;
}

/* All sets' texts as one: lines below each other, JSON as one array. */
static enum td_rc join(const struct td_proccall *c, bool json, struct td_buf *out,
                       struct td_err *err)
{
    bool first = true;
    struct td_str v;

    if (json) td_buf_putc(out, '[');
    for (uint32_t r = 0; r < c->sets; r++) {
        if (!td_call_uses(c, r)) continue;
        if (!td_call_text_of(c, LINES, r, &v))
            return td_call_wrong(c->proc, TD_ST_HY000, err, "lines is NULL in parameter set %u",
                                 r + 1);
        if (json) v = json_items(v);
        if (!v.n) continue;
        if (!first) td_buf_putc(out, json ? ',' : '\n');
        first = false;
        td_buf_putstr(out, v);
    }
    if (json) td_buf_putc(out, ']');
    return td_buf_ok(out) ? TD_OK : td_err_nomem(err);
}

static enum td_rc read_lines(const struct td_proccall *c, struct td_sml *sml, struct td_buf *joined,
                             struct td_err *err)
{
    if (c->sets > 1 && c->arg[LINES].marker >= 0) {
        if (join(c, sml->protocol == TD_SML_JSON, joined, err) != TD_OK) return TD_FAIL;
        sml->data = joined->n ? td_buf_str(joined) : TD_STR("");
    } else if (!td_call_text(c, LINES, &sml->data))
        return td_call_wrong(c->proc, TD_ST_HY000, err, "lines must not be NULL");
    if (sml->data.n && memchr(sml->data.p, 0, sml->data.n))
        return td_err_set(err, TD_ST_HY000, 0, "the lines contain a NUL character");
    return TD_OK;
}

static enum td_rc run(struct td_proccall *c, struct td_result **res, int64_t *ret,
                      struct td_err *err)
{
    struct td_sml sml = {.table_name_key = {"", 0}};
    struct td_buf joined = TD_BUF_INIT(LINES_MAX);
    int64_t affected;
    enum td_rc rc;

    (void)td_call_text(c, TABLE_NAME_KEY, &sml.table_name_key);
    td_stmt_request(c->s, &c->rq);
    if (read_protocol(c, &sml.protocol, err) != TD_OK ||
        read_precision(c, &sml.precision, err) != TD_OK || read_ttl(c, &sml.ttl, err) != TD_OK ||
        read_req_id(c, err) != TD_OK)
        return TD_FAIL;
    rc = read_lines(c, &sml, &joined, err);
    if (rc == TD_OK) {
        rc = td_session_schemaless(c->s->dbc->session, &sml, &c->rq, &affected, err);
        c->s->last_req_id = c->rq.req_id;
        c->s->last_timing_ns = c->rq.timing_ns;
    }
    td_buf_free(&joined);
    if (rc != TD_OK) return TD_FAIL;
    __atomic_store_n(&c->s->dbc->wrote, true, __ATOMIC_RELAXED);
    *ret = affected;
    *res = td_update_result(affected, err);
    return *res ? TD_OK : TD_FAIL;
}

const struct td_proc td_proc_schemaless = {
    "td_schemaless",
    "Writes InfluxDB lines, OpenTSDB lines or OpenTSDB JSON; SQLRowCount gives the rows",
    {{"protocol", TD_PROC_TEXT, true, false, NULL, "line, telnet or json (1, 2, 3)"},
     {"precision", TD_PROC_TEXT, true, false, "NULL",
      "Of timestamps: h, m, s, ms, us or ns; NULL leaves it to the server"},
     {"lines", TD_PROC_TEXT, true, true, NULL,
      "Lines, or JSON; an array of parameters is sent as one request"},
     {"ttl", TD_PROC_INT, false, false, "0", "Days that new tables live, 0 = for ever"},
     {"req_id", TD_PROC_INT, false, false, "NULL", "Request id, NULL = the driver's"},
     {"table_name_key", TD_PROC_TEXT, false, false, "NULL",
      "Tag whose value names the child table"}},
    {{NULL, 0, 0}},
    run};
