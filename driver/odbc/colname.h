/*
 * colname.h: columns that a tool qualifies with the database, `db`.`t`.`c`. TDengine takes `t`.`c` only (protocol.md 7.6), but
 * reports catalogs, and LibreOffice Base and SQLAlchemy Core then write all three parts.
 *
 * Pure.
 */
#ifndef TD_ODBC_COLNAME_H
#define TD_ODBC_COLNAME_H

#include "odbc/sqllex.h"

/* Whether the name at `pos` is the database of a three-part column whose table the text reads from: `db`.`t` stands behind a FROM,
   a JOIN or a comma. Only then does leaving the database out keep the meaning; anything else is the server's to refuse.
   `known` is the `db`.`t` that was found last (empty at first): a list of many columns does not search the text for each. */
bool td_colname_has_database(const struct td_lex *text, size_t pos, struct td_str *known);

#endif
