#include "wire/smlmsg.h"

#include <inttypes.h>

#include "wire/json.h"

bool td_smlmsg_insert(struct td_buf *b, uint64_t id, const struct td_sml *sml)
{
    td_buf_printf(b, "{\"action\":\"insert\",\"args\":{\"req_id\":%" PRIu64 ",\"protocol\":%d", id,
                  (int)sml->protocol);
    td_buf_puts(b, ",\"precision\":");
    td_json_put_str(b, sml->precision);
    td_buf_printf(b, ",\"ttl\":%d,\"data\":", (int)sml->ttl);
    td_json_put_str(b, sml->data);
    if (sml->table_name_key.n) {
        td_buf_puts(b, ",\"table_name_key\":");
        td_json_put_str(b, sml->table_name_key);
    }
    return td_buf_puts(b, "}}");
}

enum td_rc td_smlmsg_read(struct td_msg_view f, int64_t *affected, int64_t *timing_ns,
                          struct td_err *err)
{
    struct td_json j;

    if (td_msg_read_plain(f, false, err) != TD_OK) return TD_FAIL;
    if (!td_json_parse(&j, (struct td_str){(const char *)f.p, f.n})) return td_err_nomem(err);
    *affected = td_json_i64(&j, "affected_rows", -1);
    *timing_ns = td_json_i64(&j, "timing", 0);
    td_json_free(&j);
    return TD_OK;
}
