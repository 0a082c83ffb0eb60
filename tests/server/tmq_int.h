/*
 * tmq_int.h: inside of subscriptions: tmq.c (actions), tmq_group.c (groups, offsets, vgroups).
 * Event-loop thread only, no locks.
 */
#ifndef TL_TMQ_INT_H
#define TL_TMQ_INT_H

#include "tmq.h"
#include "tmq_msg.h"

enum { TL_TMQ_TOPICS = 16 };
enum tl_tmq_reset { TL_RESET_LATEST, TL_RESET_EARLIEST, TL_RESET_NONE };
#define TL_TMQ_NO_OFFSET (-2147467247LL) /* 0x80004011 */

/* A vgroup of a topic that belongs to this consumer. */
struct tl_tmq_part {
    struct tl_tmq_part *next;
    char topic[193];
    int vgroup;
    int64_t pos;
    int64_t last; /* where the last message of it began; -1 = none yet */
    bool polled;
};

struct tl_consumer {
    struct tl_consumer *next; /* of the server, in the order of subscribing */
    struct tl_conn *conn;
    char group[193];
    bool configured, subscribed;
    enum tl_tmq_reset reset;
    bool auto_commit, one_meta;
    int64_t commit_ms, last_commit; /* microseconds for the latter */
    uint64_t min_rows;
    char topics[TL_TMQ_TOPICS][193];
    int ntopics;
    struct tl_tmq_part *parts;
    struct tl_tmq_msg *msg;
    uint64_t last_id;
    uint64_t fetch_req;                 /* request id of the last fetch */
    struct tl_running *active, *queued; /* polls */
};

struct tl_tmq_offset {
    struct tl_tmq_offset *next;
    char group[193], topic[193];
    int vgroup;
    int64_t offset;
};

struct tl_tmq {
    struct tl_consumer *consumers;
    struct tl_tmq_offset *offsets;
};

/* tmq_group.c */
void tl_tmq_join(struct tl_consumer *k);
void tl_tmq_leave(struct tl_consumer *k);
/* Brings k->parts up to date: the vgroups that fall to this consumer, at their committed offset
   or as auto.offset.reset says. Errors: 0x4011 for "none" without an offset. */
bool tl_tmq_assign(struct tl_consumer *k, struct tl_error *err);
struct tl_tmq_part *tl_tmq_part_of(struct tl_consumer *k, const char *topic, int vgroup);
int64_t tl_tmq_committed(struct tl_consumer *k, const char *topic, int vgroup);
bool tl_tmq_commit(struct tl_consumer *k, const char *topic, int vgroup, int64_t offset);
/* Commits what messages have been delivered of. */
bool tl_tmq_commit_all(struct tl_consumer *k);
/* The next message of any part: 1, 0, -1 as tl_tmq_next. */
int tl_tmq_poll(struct tl_consumer *k, struct tl_tmq_msg **out, struct tl_error *err);
/* Reads the arguments of the first subscribe into k; false after filling err. */
bool tl_tmq_config(struct tl_consumer *k, const struct tl_request *rq, struct tl_error *err);

#endif
