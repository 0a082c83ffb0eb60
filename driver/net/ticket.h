/*
 * ticket.h: requests of a WebSocket transport whose reply is awaited, by request id.
 *
 * A td_tickets belongs to one transport; the transport's `lock` guards it. A ticket lives from td_submit until its reply
 * was taken or the ticket was abandoned and its late reply came. Tickets are reused, not freed: a request costs no
 * allocation once the table has warmed up.
 */
#ifndef TD_NET_TICKET_H
#define TD_NET_TICKET_H

#include "base/sync.h"
#include "net/transport.h"

struct td_ticket {
    struct td_ticket *next;
    uint64_t id;
    int64_t since;                 /* when it was submitted */
    struct td_cond cond;           /* its waiter */
    const struct td_cancel *watch; /* what the waiter may be cancelled by */
    bool waiting;                  /* its waiter sleeps on cond */
    bool done;                     /* msg is here */
    bool abandoned;                /* nobody waits; `late` takes the reply, or it is dropped */
    struct td_msg msg;
    void (*late)(void *ctx, struct td_msg *m);
    void *ctx;
};

struct td_tickets {
    struct td_ticket *live, *spare;
};

/* A new ticket, NULL when out of memory. */
struct td_ticket *td_ticket_new(struct td_tickets *t, uint64_t id);
/* The live ticket of an id, NULL when there is none. */
struct td_ticket *td_ticket_find(struct td_tickets *t, uint64_t id);
/* Ends a ticket; a reply still in it is freed. */
void td_ticket_end(struct td_tickets *t, struct td_ticket *k);
/* Wakes the waiters that watch `cancel`, all of them when it is NULL (the connection is lost). */
void td_tickets_wake(struct td_tickets *t, const struct td_cancel *cancel);
void td_tickets_free(struct td_tickets *t);

#endif
