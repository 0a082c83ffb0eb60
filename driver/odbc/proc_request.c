/*
 * Request ids (protocol.md 2.3): the same that the statement attributes SQL_ATTR_TD_REQ_ID and
 * SQL_ATTR_TD_SERVER_NS give, for clients that cannot set attributes.
 */
#include "odbc/proc.h"
#include "odbc/proccall.h"
#include "wire/build.h"

static enum td_rc set_req_id(struct td_proccall *c, struct td_result **res, int64_t *ret,
                             struct td_err *err)
{
    int64_t id = 0;

    (void)ret;
    (void)td_call_int(c, 0, &id);
    if (id < 1 || (uint64_t)id > TD_MSG_MAX_ID)
        return td_call_wrong(c->proc, TD_ST_HY024, err, "req_id is 1 to 9007199254740991");
    c->s->next_req_id = (uint64_t)id;
    *res = td_update_result(0, err);
    return *res ? TD_OK : TD_FAIL;
}

const struct td_proc td_proc_set_req_id = {
    "td_set_req_id",
    "Sets the request id of the next statement of this statement handle",
    {{"req_id", TD_PROC_INT, true, false, NULL, "1 to 9007199254740991"}},
    {{NULL, 0, 0}},
    set_req_id};

static enum td_rc last_request(struct td_proccall *c, struct td_result **res, int64_t *ret,
                               struct td_err *err)
{
    struct td_build *b = td_call_rows(c);

    if (b && c->s->last_req_id) {
        td_build_int(b, 0, (int64_t)c->s->last_req_id);
        td_build_int(b, 1, c->s->last_timing_ns);
        td_build_end_row(b);
    }
    *ret = (int64_t)c->s->last_req_id;
    *res = td_call_result(c, b, err);
    return *res ? TD_OK : TD_FAIL;
}

const struct td_proc td_proc_last_request = {
    "td_last_request",
    "Request id of the last statement of this statement handle, and its time in the server",
    {{NULL, TD_PROC_INT, false, false, NULL, NULL}},
    {{"req_id", TD_T_BIGINT, 8}, {"server_ns", TD_T_BIGINT, 8}, {NULL, 0, 0}},
    last_request};
