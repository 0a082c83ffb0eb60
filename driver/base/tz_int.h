/*
 * tz_int.h: the inside of a zone, shared by tz.c (cache, names), tz_file.c (TZif), tz_rule.c (POSIX
 * rules) and tz_local.c (which zone is the local one); not for other layers.
 */
#ifndef TD_BASE_TZ_INT_H
#define TD_BASE_TZ_INT_H

#include "base/tz.h"

/* When in a year the clocks change: `M3.2.0/2`, `J60`, `59`. */
struct td_tz_when {
    char form; /* 'M', 'J', or '0' for days counted from 0 with February 29 */
    int month, week, day;
    int32_t time; /* seconds after local midnight, −167 h … 167 h */
};

/* A POSIX TZ rule; offsets are seconds east (the text has them west). */
struct td_tz_rule {
    int32_t std, dst;
    bool has_dst;
    struct td_tz_when begin, end;
};

struct td_tz_span {
    int64_t at;     /* UTC seconds of its start */
    int32_t offset; /* holds until the next span */
};

/* Immutable once it is in the cache. One block of memory: the struct, the spans, the key. */
struct td_tz {
    struct td_tz *next;
    const char *key;  /* what it was asked for by: the name, or the rule */
    const char *name; /* "" for rules without a name */
    int32_t first;    /* offset before the first span */
    bool has_rule;    /* the rule holds from the last span on, or always when there is none */
    struct td_tz_rule rule;
    size_t count;
    struct td_tz_span span[];
};

extern const struct td_tz td_tz_utc_zone;

/* The folder of the database. */
const char *td_tz_folder(void);
/* True when the text may be looked up in the folder: letters, digits, `_+-` and single slashes, no
   dots. */
bool td_tz_name_ok(struct td_str name);

/* A new zone without spans, with room for `room` of them, key and name set; NULL when out of
   memory. */
struct td_tz *td_tz_new(struct td_str key, bool named, size_t room);
/* Finds by key; or NULL. */
const struct td_tz *td_tz_find(struct td_str key, bool named);
/* Puts a zone into the cache, or frees it and returns the one that another thread put there before.
   */
const struct td_tz *td_tz_keep(struct td_tz *tz);

/* Reads a TZif file. NULL with *nomem when out of memory, NULL without it when it is missing or no
   good TZif file. */
struct td_tz *td_tz_file(const char *path, struct td_str key, bool named, bool *nomem);
/* The whole text of a small regular file; NULL when it cannot be read. The caller frees it with
   td_free. */
char *td_tz_slurp(const char *path, size_t max, size_t *n, bool *nomem);

/* Reads a whole POSIX rule such as `CET-1CEST,M3.5.0,M10.5.0/3`; false when the text is none. */
bool td_tz_rule_read(struct td_str s, struct td_tz_rule *out);
/* As td_tz_offset, for a rule without beginning or end. */
int32_t td_tz_rule_offset(const struct td_tz_rule *r, int64_t utc, int64_t *from, int64_t *until);

#endif
