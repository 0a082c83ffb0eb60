/*
 * civil.h: calendar arithmetic (proleptic Gregorian), fraction handling and the text forms of dates
 * and times. Pure, no libc time, any year that an int64 epoch of the precision can hold.
 */
#ifndef TD_BASE_CIVIL_H
#define TD_BASE_CIVIL_H

#include "base/str.h"

struct td_civil {
    int64_t year;
    uint32_t month, day, hour, minute, second;
    uint32_t nanos;
};

/* Days since 1970-01-01 of a civil date and back. */
int64_t td_days_from_civil(int64_t y, uint32_t m, uint32_t d);
void td_civil_from_days(int64_t days, int64_t *y, uint32_t *m, uint32_t *d);
uint32_t td_days_in_month(int64_t y, uint32_t m);
/* True when every field is in range (second ≤ 59, nanos ≤ 999999999). */
bool td_civil_valid(const struct td_civil *c);
/* Local seconds since 1970 (as if UTC), floor; and back. */
int64_t td_civil_to_sec(const struct td_civil *c);
void td_sec_to_civil(int64_t sec, uint32_t nanos, struct td_civil *c);

/* TDengine precisions: 0 ms, 1 us, 2 ns (protocol.md section 0). Units per second; digits 3, 6, 9.
   */
int64_t td_prec_units(int prec);
int td_prec_digits(int prec);
/* Epoch count → seconds (floor) and nanos. */
void td_epoch_split(int64_t v, int prec, int64_t *sec, uint32_t *nanos);
/* Back: false when out of range (*v is 0) or, with *lost, when nanos do not fit the precision: *v is
   then the value cut down to it, for callers that may cut. */
bool td_epoch_join(int64_t sec, uint32_t nanos, int prec, int64_t *v, bool *lost);

/* `YYYY-MM-DD`, `HH:MM:SS[.f…]`, `YYYY-MM-DD HH:MM:SS[.f…]`; `digits` of fraction (0–9). Years
   beyond 9999 take more digits, negative years a sign. Returns the length; out has room for 48
   bytes, NUL-terminated. */
size_t td_civil_date_text(const struct td_civil *c, char *out);
size_t td_civil_time_text(const struct td_civil *c, int digits, char *out);
size_t td_civil_ts_text(const struct td_civil *c, int digits, char *out);

enum td_time_kind { TD_TIME_DATE, TD_TIME_TIME, TD_TIME_TS };
/* Reads ODBC and ISO text, blanks trimmed: date, time, or timestamp (`T` or blank between; fraction
   up to 9 digits; offset `Z`, `±HH`, `±HHMM`, `±HH:MM`, up to 18 hours, on timestamps only), bare or
   in the escape of the reference's appendix C (`{ts '…'}`), whose kind must fit. A longer fraction
   than 9 digits is RANGE unless the rest are zeros. Years have 4 to 9 digits. */
struct td_time_text {
    enum td_time_kind kind;
    struct td_civil c; /* date part zero for TD_TIME_TIME */
    bool has_offset;
    int32_t offset_sec; /* east positive */
};
enum td_time_parse { TD_TP_OK, TD_TP_FORMAT /* 22007/22018 */, TD_TP_RANGE /* 22008 */ };
enum td_time_parse td_time_read(struct td_str s, struct td_time_text *out);

#endif
