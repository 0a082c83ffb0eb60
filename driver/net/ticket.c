#include "net/ticket.h"

#include "base/alloc.h"
#include "base/clock.h"

struct td_ticket *td_ticket_new(struct td_tickets *t, uint64_t id)
{
    struct td_ticket *k = t->spare;

    if (k) {
        t->spare = k->next;
    } else {
        k = td_calloc(1, sizeof *k);
        if (!k) return NULL;
        td_cond_init(&k->cond);
    }
    k->id = id;
    k->since = td_now_ms();
    k->done = k->abandoned = k->waiting = false;
    k->msg = (struct td_msg){0};
    k->late = NULL;
    k->watch = NULL;
    k->next = t->live;
    t->live = k;
    return k;
}

struct td_ticket *td_ticket_find(struct td_tickets *t, uint64_t id)
{
    struct td_ticket *k = t->live;

    while (k && k->id != id)
        k = k->next;
    return k;
}

void td_ticket_end(struct td_tickets *t, struct td_ticket *k)
{
    struct td_ticket **at = &t->live;

    while (*at != k)
        at = &(*at)->next;
    *at = k->next;
    td_msg_free(&k->msg);
    k->next = t->spare;
    t->spare = k;
}

void td_tickets_wake(struct td_tickets *t, const struct td_cancel *cancel)
{
    for (struct td_ticket *k = t->live; k; k = k->next)
        if (!cancel || k->watch == cancel) td_cond_broadcast(&k->cond);
}

void td_tickets_free(struct td_tickets *t)
{
    struct td_ticket *k;

    while (t->live)
        td_ticket_end(t, t->live);
    while ((k = t->spare) != NULL) {
        t->spare = k->next;
        td_cond_free(&k->cond);
        td_free(k);
    }
}
