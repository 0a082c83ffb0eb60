/*
 * fuzz_reply.c: any bytes as a message from the server, read by every decoder. The first byte says
 * whether it is text. Whatever a decoder refuses must carry a SQLSTATE and a text; what it takes
 * must be whole.
 */
#include <stdio.h>
#include <stdlib.h>

#include "wire/json.h"
#include "wire/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "fuzz_reply: %s\n", what);
    abort();
}

static void check(enum td_rc rc, const struct td_err *err)
{
    require(rc == TD_OK || (err->state != TD_ST_00000 && err->msg[0]), "an error without a text");
}

static void query(struct td_msg_view v, bool internal)
{
    struct td_err err = {.state = TD_ST_00000};
    struct td_arena a = {NULL};
    struct td_reply_query q;
    const enum td_rc rc = td_msg_read_query(v, internal, &a, &q, &err);

    check(rc, &err);
    for (uint32_t i = 0; rc == TD_OK && i < q.nfields; i++) {
        const struct td_field *f = &q.fields[i];
        require(f->name.p && f->name.p[f->name.n] == 0, "a name without an end");
        require(td_type_known(f->type) && f->length >= 0 && f->precision <= 38 && f->scale <= 38,
                "a wild field");
    }
    require(rc != TD_OK || q.is_update == (q.nfields == 0), "a result without columns");
    require(rc != TD_OK || q.ts_prec <= 2, "a wild precision");
    td_arena_free(&a);
}

static void fetch(struct td_msg_view v)
{
    struct td_err err = {.state = TD_ST_00000};
    struct td_reply_fetch f;
    const enum td_rc rc = td_msg_read_fetch(v, &f, &err);

    check(rc, &err);
    require(rc != TD_OK || f.finished == !f.block, "neither a block nor the end");
    require(rc != TD_OK || f.finished || (f.block >= v.p && f.block + f.block_len == v.p + v.n),
            "a block outside the message");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct td_msg_view v = {data + 1, n - 1, n && (data[0] & 1)};
    struct td_err err = {.state = TD_ST_00000};
    struct td_arena a = {NULL};
    struct td_str db = {NULL, 0};
    char version[64];
    uint64_t id;
    uint32_t code;

    if (n == 0) return 0;
    (void)td_msg_reply_id(v, &id);
    (void)td_msg_open_result(v, &id);
    query(v, false);
    query(v, true);
    fetch(v);
    check(td_msg_read_plain(v, true, &err), &err);
    check(td_msg_read_version(v, version, &err), &err);
    check(td_msg_read_conn(v, version, &err), &err);
    check(td_msg_read_validate(v, &code, &err), &err);
    check(td_msg_read_current_db(v, &a, &db, &err), &err);
    td_arena_free(&a);
    return 0;
}
