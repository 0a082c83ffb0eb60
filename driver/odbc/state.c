/*
 * The statement state machine as data (ODBC reference, appendix B "Statement Transitions"). Each cell says what a call
 * answers in a state; the calls themselves set the next state.
 */
#include "odbc/stmt.h"

enum answer {
    Y,          /* allowed */
    SEQ,        /* HY010 */
    CUR,        /* 24000: a cursor is open */
    NO_ROW,     /* 24000: no row is current */
    NO_RESULT,  /* 24000: the execution made no result set */
    EXECUTED,   /* 24000: the statement has been executed */
    NOT_CURSOR, /* 07005 */
    CLOSED      /* 24000: no cursor is open */
};

/* Columns: S1 allocated, S2 prepared/no result, S3 prepared/result, S4 executed/no result, S5 executed/cursor open,
   S6 fetched, S7 extended-fetched, S8–S10 need data. */
static const unsigned char table[TD_CALL_COUNT][10] = {
    [TD_CALL_PREPARE] = {Y, Y, Y, Y, CUR, CUR, CUR, SEQ, SEQ, SEQ},
    [TD_CALL_EXECUTE] = {SEQ, Y, Y, Y, CUR, CUR, CUR, SEQ, SEQ, SEQ},
    [TD_CALL_EXECDIRECT] = {Y, Y, Y, Y, CUR, CUR, CUR, SEQ, SEQ, SEQ},
    [TD_CALL_CATALOG] = {Y, Y, Y, Y, CUR, CUR, CUR, SEQ, SEQ, SEQ},
    [TD_CALL_FETCH] = {SEQ, SEQ, SEQ, NO_RESULT, Y, Y, SEQ, SEQ, SEQ, SEQ},
    [TD_CALL_EXTFETCH] = {SEQ, SEQ, SEQ, NO_RESULT, Y, SEQ, Y, SEQ, SEQ, SEQ},
    [TD_CALL_GETDATA] = {SEQ, SEQ, SEQ, NO_RESULT, NO_ROW, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_SETPOS] = {SEQ, SEQ, SEQ, NO_RESULT, NO_ROW, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_CLOSECURSOR] = {CLOSED, CLOSED, CLOSED, CLOSED, Y, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_MORERESULTS] = {Y, Y, Y, Y, Y, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_NUMCOLS] = {SEQ, Y, Y, Y, Y, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_DESCRIBE] = {SEQ, NOT_CURSOR, Y, NO_RESULT, Y, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_ROWCOUNT] = {SEQ, SEQ, SEQ, Y, Y, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_NUMPARAMS] = {SEQ, Y, Y, Y, Y, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_BIND] = {Y, Y, Y, Y, Y, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_PARAMDATA] = {SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, Y, SEQ, Y},
    [TD_CALL_PUTDATA] = {SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, SEQ, Y, Y},
    [TD_CALL_SETCURSORNAME] = {Y, Y, Y, EXECUTED, CUR, CUR, CUR, SEQ, SEQ, SEQ},
    [TD_CALL_OPTION] = {Y, Y, Y, Y, Y, Y, Y, SEQ, SEQ, SEQ},
    [TD_CALL_BULK] = {SEQ, SEQ, SEQ, NO_RESULT, Y, Y, SEQ, SEQ, SEQ, SEQ},
};

bool td_state_ok(struct td_stmt *s, enum td_call call)
{
    switch (table[call][s->state]) {
    case Y:
        return true;
    case CUR:
        td_diag(&s->h, TD_ST_24000,
                "Invalid cursor state: a cursor is open; close it with SQLCloseCursor first");
        return false;
    case NO_ROW:
        td_diag(&s->h, TD_ST_24000, "Invalid cursor state: no row is current; fetch first");
        return false;
    case NO_RESULT:
        td_diag(&s->h, TD_ST_24000, "Invalid cursor state: the statement made no result set");
        return false;
    case EXECUTED:
        td_diag(&s->h, TD_ST_24000, "Invalid cursor state: the statement has been executed");
        return false;
    case CLOSED:
        td_diag(&s->h, TD_ST_24000, "Invalid cursor state: no cursor is open");
        return false;
    case NOT_CURSOR:
        td_diag(&s->h, TD_ST_07005, "The statement makes no result set");
        return false;
    default:
        td_diag(&s->h, TD_ST_HY010,
                s->state >= TD_S8 ? "Function sequence error: data-at-execution parameters are "
                                    "expected (SQLParamData, SQLPutData or SQLCancel)"
                                  : NULL);
        return false;
    }
}
