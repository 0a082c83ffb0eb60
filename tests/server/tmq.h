/*
 * tmq.h: subscriptions over /rest/tmq (protocol.md 5): consumers, groups, offsets.
 *
 * A connection to /rest/tmq has one consumer, which owns its last message and knows its waiting
 * polls; the server owns committed offsets. Event-loop thread only, no locks.
 */
#ifndef TL_TMQ_H
#define TL_TMQ_H

#include "action.h"

/* Gives a connection its consumer; false when memory is out. */
bool tl_tmq_open(struct tl_conn *c);
void tl_tmq_close(struct tl_conn *c);
void tl_tmq_forget(struct tl_server *srv);
/* Carries out a request of such a connection. Unknown ones, and a poll before subscribe, are not
   answered; a poll without a message stays with run->parked set. */
void tl_tmq_run(struct tl_act *a);

#endif
