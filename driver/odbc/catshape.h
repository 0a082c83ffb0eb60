/*
 * catshape.h: the columns of the catalog functions' result sets, as the ODBC reference lists them, with their ODBC 2
 * names. Constant data.
 */
#ifndef TD_ODBC_CATSHAPE_H
#define TD_ODBC_CATSHAPE_H

#include "odbc/localset.h"

enum td_shape {
    TD_SHAPE_TABLES,
    TD_SHAPE_COLUMNS,
    TD_SHAPE_PRIMARY_KEYS,
    TD_SHAPE_SPECIAL_COLUMNS,
    TD_SHAPE_STATISTICS,
    TD_SHAPE_FOREIGN_KEYS,
    TD_SHAPE_TABLE_PRIVILEGES,
    TD_SHAPE_COLUMN_PRIVILEGES,
    TD_SHAPE_PROCEDURES,
    TD_SHAPE_PROCEDURE_COLUMNS,
    TD_SHAPE_TYPE_INFO,
    TD_SHAPE_COUNT
};

const struct td_localcol *td_shape(enum td_shape shape, uint32_t *ncols);
void td_shape_init(struct td_localset *l, enum td_shape shape);

#endif
