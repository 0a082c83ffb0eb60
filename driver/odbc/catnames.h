/*
 * catnames.h: the tables that a catalog call is about, when it asks for columns or keys.
 *
 * The list lives in the call's arena; under the statement's lock.
 */
#ifndef TD_ODBC_CATNAMES_H
#define TD_ODBC_CATNAMES_H

#include "odbc/catquery.h"

struct td_catname {
    struct td_str db, name;
    bool is_super;
};

struct td_catnames {
    struct td_catname *v;
    size_t n, cap;
    struct td_cat *cat;
    bool failed; /* out of memory */
};

/* Super and normal tables and views that match, in order of database and name; a child table only when its name is given
   exactly, a system table only when its name or its database is (decisions.md section 4). */
enum td_rc td_cat_find(struct td_cat *c, struct td_catnames *out, struct td_err *err);

#endif
