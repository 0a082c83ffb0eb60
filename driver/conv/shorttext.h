/*
 * shorttext.h: putting the text of a number or timestamp into a CHAR or WCHAR target, by the rules
 * of the reference's tables "SQL to C: Numeric", "Timestamp" and "Bit". Internal to conv/. Pure but
 * for the reports.
 */
#ifndef TD_CONV_SHORTTEXT_H
#define TD_CONV_SHORTTEXT_H

#include "conv/kcommon.h"

#define TD_SHORT_MAX 64

/* A rendered value: ASCII. `whole` characters must fit (else 22003); what follows, a point and
 * digits, may be cut. */
struct td_short {
    char s[TD_SHORT_MAX];
    uint32_t len, whole;
};

/* Characters that fit beside the terminator; −1 when not even that does. */
TD_INLINE int64_t td_short_room(SQLLEN cap, bool wide)
{
    return (wide ? cap / (SQLLEN)TD_WCHAR_SIZE : cap) - 1;
}

/* ASCII to the target's characters, with terminator. */
TD_INLINE void td_short_write(uint8_t *dst, const char *s, uint32_t n, bool wide)
{
    if (!wide) {
        memcpy(dst, s, n);
        dst[n] = 0;
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        SQLWCHAR c = (unsigned char)s[i];

        memcpy(dst + i * sizeof c, &c, sizeof c);
    }
    memset(dst + n * TD_WCHAR_SIZE, 0, TD_WCHAR_SIZE);
}

/* How many characters of the text go into `room`: all, a number with its fraction cut (a point at
   the end goes too), or −1 when the whole digits do not fit. */
TD_INLINE int64_t td_short_fit(const struct td_short *v, int64_t room)
{
    if ((int64_t)v->len <= room) return v->len;
    if ((int64_t)v->whole > room) return -1;
    return room == (int64_t)v->whole + 1 ? room - 1 : room;
}

TD_INLINE void td_put_short(const struct td_target *t, uint32_t i, const struct td_short *v,
                            bool wide, struct td_kctx *x)
{
    SQLLEN unit = wide ? (SQLLEN)TD_WCHAR_SIZE : 1;

    if (t->base) {
        int64_t n = td_short_fit(v, td_short_room(t->cap, wide));

        if (n < 0) {
            td_report(x, i, TD_ST_22003, "The buffer is too short for the value's whole digits");
            return;
        }
        td_short_write(td_slot(t, i), v->s, (uint32_t)n, wide);
        if (n < (int64_t)v->len) td_report(x, i, TD_ST_01004, NULL);
    }
    td_put_len(t, i, (SQLLEN)v->len * unit);
}

/* Renders a cell that is not NULL of a type that has a short text: BOOL, integers, FLOAT, DOUBLE,
 * DECIMAL, TIMESTAMP. */
void td_short_of(const struct td_col *c, uint32_t row, struct td_kctx *x, struct td_short *out);
/* The text of a timestamp, in k_time.c. */
void td_short_ts(int64_t v, int prec, struct td_kctx *x, struct td_short *out);

#endif
