/*
 * smlmsg.h: the message of schemaless writing (protocol.md 2.9). As wire/msg.h: pure, checked.
 */
#ifndef TD_WIRE_SMLMSG_H
#define TD_WIRE_SMLMSG_H

#include "wire/msg.h"

enum td_sml_protocol { TD_SML_LINE = 1, TD_SML_TELNET = 2, TD_SML_JSON = 3 };

struct td_sml {
    enum td_sml_protocol protocol;
    struct td_str precision; /* as on the wire (h m s ms u ns); "" = the server's default */
    struct td_str data;      /* lines, or JSON */
    int32_t ttl;             /* days, 0 = none */
    struct td_str table_name_key;
};
bool td_smlmsg_insert(struct td_buf *b, uint64_t id, const struct td_sml *sml);
/* Rows written. */
enum td_rc td_smlmsg_read(struct td_msg_view f, int64_t *affected, int64_t *timing_ns,
                          struct td_err *err);

#endif
