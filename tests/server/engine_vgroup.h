/* engine_vgroup.h: the vgroup of a table, for partial failures and subscriptions. Pure. */
#ifndef TL_ENGINE_VGROUP_H
#define TL_ENGINE_VGROUP_H

#include "engine_int.h"

enum { TL_FIRST_VGROUP = 2 }; /* the id that clients see of vgroup 0, in every database */

/* 0 to vgroups - 1, by the hash of "1.db.table". */
int tl_vgroup_of(const char *db, const char *table, int vgroups);
/* How many vgroups a database has; at least 1. */
int tl_vgroups(struct tl_engine *e, const struct tl_db *db);

#endif
