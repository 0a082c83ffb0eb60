/*
 * fault.h: faults that a test asks for, at start (--fault) or by the SQL `tdlite fault …`.
 *
 * A list belongs to the server and counts the requests of all its connections. A fault is chosen
 * when a request arrives; ws.c and rest.c carry it out. One thread, no locks.
 *
 * SPEC = KIND[=VALUE] [on=ACTION] [after=N] [times=N|always]
 *   delay=MS        the answer is held back; other requests of the connection go on
 *   drop=BYTES      the answer's frame is cut after BYTES (header included), then the socket closes
 *   reset=BYTES     the same with a TCP reset
 *   half_open       nothing is read or written any more, the socket stays open
 *   garbage         in place of the answer come bytes that are no WebSocket frame
 *   text            in place of the answer comes a text frame that is not JSON
 *   truncate=BYTES  the answer's message is cut to BYTES in a well-formed frame
 *   shorten=BYTES   a raw block is cut to BYTES, the length before it agrees, its own does not
 *   corrupt=SEED    bytes of a raw block are overwritten
 *   drip=BYTES      the answer's frame goes out at BYTES a second
 *   fragment=BYTES  the answer comes in WebSocket fragments of BYTES
 *   no_ping         no more Pings on that connection
 *   wrong_id        the answer carries another req_id
 *   no_reply        the request is never answered
 * ACTION = conn, query (both forms), fetch (all three forms), rest, any (default), or an action's
 * own name. The first N requests go through (`after`, default 0), then `times` (default 1) fail.
 */
#ifndef TL_FAULT_H
#define TL_FAULT_H

#include "engine.h"

enum tl_fault_kind {
    TL_FAULT_DELAY,
    TL_FAULT_DROP,
    TL_FAULT_RESET,
    TL_FAULT_HALF_OPEN,
    TL_FAULT_GARBAGE,
    TL_FAULT_TEXT,
    TL_FAULT_TRUNCATE,
    TL_FAULT_SHORTEN,
    TL_FAULT_CORRUPT,
    TL_FAULT_DRIP,
    TL_FAULT_FRAGMENT,
    TL_FAULT_NO_PING,
    TL_FAULT_WRONG_ID,
    TL_FAULT_NO_REPLY,
    TL_FAULT_KINDS
};

struct tl_fault {
    enum tl_fault_kind kind;
    int64_t value;
    char on[32];
    int64_t after; /* requests that still go through */
    int64_t times; /* how often it still strikes, -1 = always */
};

enum { TL_FAULTS_MAX = 32 };
struct tl_faults {
    struct tl_fault list[TL_FAULTS_MAX];
    int n;
};

/* What strikes one request: a bit per kind and its value. */
struct tl_fault_plan {
    uint32_t kinds;
    int64_t value[TL_FAULT_KINDS];
};

static inline bool tl_fault_has(const struct tl_fault_plan *p, enum tl_fault_kind kind)
{
    return (p->kinds & 1u << kind) != 0;
}

/* Adds a fault from its SPEC; false with err filled when the text is wrong or the list is full. */
bool tl_fault_add(struct tl_faults *fs, const char *spec, size_t n, struct tl_error *err);
/* Counts one request of `action` and tells what strikes it. */
void tl_fault_next(struct tl_faults *fs, const char *action, struct tl_fault_plan *plan);
/* Damages a raw block message (protocol.md 2.7) in place as SHORTEN and CORRUPT ask; `at` is where
   the message begins in `b`. Other messages are left alone. */
void tl_fault_block(const struct tl_fault_plan *plan, struct tl_buf *b, size_t at);

#endif
