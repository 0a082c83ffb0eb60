/*
 * replay.h: what the replays of clients share (tests/api/replay_*_it.c): UTF-16 texts, information
 * types checked by value, and tables of SQL that must run with a known answer or be refused with a
 * known SQLSTATE.
 *
 * The sequences are written from public traces and issue threads (clients.md of this project's
 * research, "Table"); nobody ran the client itself. All run on tdlite's --demo data: super table
 * power.meters with 5 child tables of 1000 rows.
 */
#ifndef REPLAY_H
#define REPLAY_H

#include "apitest.h"

#define LEN(a)  (sizeof(a) / sizeof *(a))
#define S(text) (SQLCHAR *)(text), SQL_NTS
#define W(text) rp_wide(text), SQL_NTS

/* ASCII only; eight static buffers in turn. */
static inline SQLWCHAR *rp_wide(const char *s)
{
    static SQLWCHAR bufs[8][1024];
    static int turn;
    SQLWCHAR *w = bufs[turn++ % 8];
    size_t i = 0;

    for (; s[i] && i < 1023; i++)
        w[i] = (SQLWCHAR)s[i];
    w[i] = 0;
    return w;
}

static inline int rp_setup(void **state)
{
    static const char *const args[] = {"--demo", NULL};

    (void)state;
    return at_setup_args(args);
}

/* An information type: text, or a number of which the bits `want` must be set and `no` not be set.
   */
struct rp_info {
    SQLUSMALLINT type;
    SQLSMALLINT width; /* 2, 4; 0: text */
    const char *text;  /* NULL: any */
    SQLUINTEGER want, no;
};

static inline void rp_check_info(SQLHDBC dbc, const struct rp_info *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char buf[2048];
        SQLSMALLINT len = -1;
        SQLUINTEGER v = 0; /* LibreOffice and Mashup pass four bytes for all and zero them first */
        SQLPOINTER to = list[i].width ? (SQLPOINTER)&v : buf;
        at_ok(SQLGetInfo(dbc, list[i].type, to,
                         list[i].width ? (SQLSMALLINT)sizeof v : (SQLSMALLINT)sizeof buf, &len),
              SQL_HANDLE_DBC, dbc);
        if (list[i].width) {
            if (len != list[i].width || (v & list[i].want) != list[i].want || (v & list[i].no))
                fail_msg("information type %u: %d bytes, value 0x%x", list[i].type, len, v);
        } else {
            assert_int_equal(len, strlen(buf));
            if (list[i].text && strcmp(buf, list[i].text) != 0)
                fail_msg("information type %u: %s", list[i].type, buf);
        }
    }
}

/* SQL that a client writes: it runs and its first cell and number of rows are these, or it is
   refused with `state`. */
struct rp_sql {
    const char *sql;
    int rows;          /* -1: any number from 1 */
    const char *first; /* NULL: any */
    const char *state;
};

static inline bool rp_run_one(SQLHSTMT stmt, const struct rp_sql *q)
{
    char first[200] = "";
    int rows = 0;
    SQLRETURN rc = SQLExecDirectW(stmt, rp_wide(q->sql), SQL_NTS);

    if (q->state) {
        bool refused = rc == SQL_ERROR && strcmp(at_state(SQL_HANDLE_STMT, stmt), q->state) == 0;
        if (!refused)
            print_error("%s\n  rc %d, %s; wanted %s\n", q->sql, (int)rc,
                        at_message(SQL_HANDLE_STMT, stmt, 1, NULL), q->state);
        SQLFreeStmt(stmt, SQL_CLOSE);
        return refused;
    }
    if (rc != SQL_SUCCESS) {
        print_error("%s\n  rc %d, %s\n", q->sql, (int)rc,
                    at_message(SQL_HANDLE_STMT, stmt, 1, NULL));
        SQLFreeStmt(stmt, SQL_CLOSE);
        return false;
    }
    while (SQL_SUCCEEDED(rc = SQLFetch(stmt)))
        if (rows++ == 0) {
            const char *text = at_text(stmt, 1);
            snprintf(first, sizeof first, "%s", text ? text : "NULL");
        }
    bool ok = rc == SQL_NO_DATA && (q->rows < 0 ? rows > 0 : rows == q->rows) &&
              (!q->first || strcmp(first, q->first) == 0);
    if (!ok)
        print_error("%s\n  %d rows, first %s; wanted %d, %s (%s)\n", q->sql, rows, first, q->rows,
                    q->first ? q->first : "any", at_message(SQL_HANDLE_STMT, stmt, 1, NULL));
    SQLFreeStmt(stmt, SQL_CLOSE);
    return ok;
}

static inline void rp_run(SQLHDBC dbc, const struct rp_sql *list, size_t n)
{
    SQLHSTMT stmt = at_stmt(dbc);
    int bad = 0;

    for (size_t i = 0; i < n; i++)
        bad += !rp_run_one(stmt, &list[i]);
    at_free(stmt);
    assert_int_equal(bad, 0);
}

/* Rows of the result that a catalog call opened; closes it. */
static inline int rp_rows(SQLHSTMT stmt)
{
    int n = 0;
    SQLRETURN rc;

    while (SQL_SUCCEEDED(rc = SQLFetch(stmt)))
        n++;
    assert_int_equal(rc, SQL_NO_DATA);
    at_sok(SQLFreeStmt(stmt, SQL_CLOSE), stmt);
    return n;
}

#endif
