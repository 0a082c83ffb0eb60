/*
 * ctype.h: the C data types as conv/ sees them: one kind per layout, so that kernels need not know
 * the synonyms. Internal to conv/. Constant data, no lock.
 */
#ifndef TD_CONV_CTYPE_H
#define TD_CONV_CTYPE_H

#include "conv/kernel.h"

enum td_ckind {
    TD_C_CHAR,
    TD_C_WCHAR,
    TD_C_BINARY,
    TD_C_BIT,
    TD_C_I8,
    TD_C_U8,
    TD_C_I16,
    TD_C_U16,
    TD_C_I32,
    TD_C_U32,
    TD_C_I64,
    TD_C_U64,
    TD_C_F32,
    TD_C_F64,
    TD_C_NUMERIC,
    TD_C_DATE,
    TD_C_TIME,
    TD_C_TS,
    TD_C_GUID,
    TD_C_INTERVAL,
    TD_C_COUNT
};

struct td_ctype {
    SQLSMALLINT ctype;
    uint8_t kind;  /* enum td_ckind */
    uint8_t width; /* bytes, 0 for character and binary */
};

/* NULL for a code that is not a C type. */
const struct td_ctype *td_ctype_of(SQLSMALLINT ctype);

#endif
