/*
 * p_text.c: parameters into VARCHAR, NCHAR and JSON (ODBC reference, all of "C to SQL").
 *
 * VARCHAR is limited in bytes, NCHAR in characters: longer text is 22001, never cut. Text that is
 * not valid UTF-8 or UTF-16 is 22018 (decisions.md section 2). Both go as UTF-8 (protocol.md 4.3).
 * Numbers become their shortest exact text.
 */
#include "base/utf.h"
#include "conv/pcommon.h"

/* JSON tags are limited to 4095 bytes of text (protocol.md section 0). */
#define JSON_MAX 4095

/* UTF-8 at p: whether the column takes so much. */
static bool fits(const struct td_penc *e, const uint8_t *p, size_t n)
{
    size_t max = e->d->length > 0 ? (size_t)e->d->length : SIZE_MAX;

    if (e->d->type == TD_T_JSON) return n <= JSON_MAX;
    return n <= max || (e->d->type == TD_T_NCHAR && td_utf8_codepoints(p, n) <= max);
}

static void store_utf8(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    size_t ascii = td_ascii_run(p, n);

    if (ascii < n && !td_utf8_valid(p + ascii, n - ascii))
        td_preport(e, i, TD_ST_22018, "The text is not valid UTF-8");
    else if (!fits(e, p, n))
        td_preport(e, i, TD_ST_22001, "The text is longer than the column");
    else
        td_pstore_var(e, i, p, n);
}

static void store_wide(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_buf *b = &e->out->data;
    size_t room = n / sizeof(SQLWCHAR) * (sizeof(SQLWCHAR) == 2 ? 3 : 4); // pairs take fewer

    td_pstore_var(e, i, NULL, 0);
    if (!td_buf_reserve(b, room + 1)) return; // never a NULL target
    uint8_t *dst = b->p + b->n;
    struct td_conv c = sizeof(SQLWCHAR) == 2 ? td_utf16_to_utf8(p, n, dst, room, true)
                                             : td_utf32_to_utf8(p, n, dst, room, true);
    if (c.bad || c.in != n)
        td_preport(e, i, TD_ST_22018, "The text is not valid UTF-16");
    else if (!fits(e, dst, c.out))
        td_preport(e, i, TD_ST_22001, "The text is longer than the column");
    else
        td_pstore_tail(e, i, c.out);
}

/* Text that must be an exact number (query parameters and literals of decimal type), in its plain
 * form. */
static void store_number(struct td_penc *e, uint32_t i, struct td_str s)
{
    char text[TD_DEC_TEXT];
    struct td_dec d;
    enum td_num_parse rc = td_text_dec(s, -1, &d);

    if (rc == TD_NP_OK)
        td_pstore_var(e, i, text, td_dec_text(d, text));
    else
        td_preport(e, i,
                   rc == TD_NP_FORMAT  ? TD_ST_22018
                   : rc == TD_NP_RANGE ? TD_ST_22003
                                       : TD_ST_22001,
                   NULL);
}

/* An instant as text with offset: `2024-01-01T00:00:00.123456789+08:00`. */
static void store_instant(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_pinstant t;
    struct td_civil c;
    char text[64];

    if (!td_pload_instant(e, i, p, n, &t)) return;
    int32_t offset = td_tz_cached(&e->x->tz, t.sec);
    if (offset % 60) offset = 0; // local mean times have seconds, which the server does not read
    td_sec_to_civil(t.sec + offset, t.nanos, &c);
    if (t.cut || c.year < 0 || c.year > 9999) {
        td_preport(e, i, TD_ST_22008, NULL);
        return;
    }
    int digits = !c.nanos ? 0 : c.nanos % 1000000 == 0 ? 3 : c.nanos % 1000 == 0 ? 6 : 9;
    size_t len = td_civil_ts_text(&c, digits, text);
    text[10] = 'T';
    uint32_t minutes = (uint32_t)(offset < 0 ? -offset : offset) / 60;
    text[len++] = offset < 0 ? '-' : '+';
    text[len++] = (char)('0' + minutes / 600);
    text[len++] = (char)('0' + minutes / 60 % 10);
    text[len++] = ':';
    text[len++] = (char)('0' + minutes % 60 / 10);
    text[len++] = (char)('0' + minutes % 10);
    td_pstore_var(e, i, text, len);
}

static void number_of_text(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char buf[TD_PTEXT];
    struct td_str s;

    if (td_ptext(e, p, n, buf, &s))
        store_number(e, i, s);
    else
        td_preport(e, i, TD_ST_22018, NULL);
}

static void from_char(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    if (e->d->form == TD_PFORM_INSTANT)
        store_instant(e, i, p, n);
    else if (e->d->form == TD_PFORM_NUMBER)
        number_of_text(e, i, p, n);
    else if (e->kind == TD_C_WCHAR)
        store_wide(e, i, p, n);
    else
        store_utf8(e, i, p, n);
}

/* Binary into text is the text's own bytes: UTF-8, or for the W types what they are fetched as. */
static void from_binary(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char text[TD_DEC_TEXT];
    struct td_dec d;

    if (e->d->form == TD_PFORM_NUMBER) {
        if (td_pload_numeric_bytes(e, i, p, n, &d)) td_pstore_var(e, i, text, td_dec_text(d, text));
    } else if (e->d->type == TD_T_VARCHAR) {
        store_utf8(e, i, p, n);
    } else if (n % sizeof(SQLWCHAR)) {
        td_preport(e, i, TD_ST_22018, "The bytes are no whole number of SQLWCHARs");
    } else {
        store_wide(e, i, p, n);
    }
}

static void from_int(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_pint v = td_pload_int(e->kind, p);
    char text[20];

    (void)n;
    td_pstore_text(e, i, text, v.big ? td_u64_text((uint64_t)v.v, text) : td_i64_text(v.v, text));
}

static void from_bit(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    (void)n;
    if (td_pload_bit(e, i, p)) td_pstore_text(e, i, *p ? "1" : "0", 1);
}

static void from_real(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    double d = td_pload_real(e->kind, p);
    char text[TD_DOUBLE_TEXT];
    size_t len = e->kind == TD_C_F32 ? td_float_text((float)d, text) : td_double_text(d, text);

    (void)n;
    if (d - d != 0) // NaN, infinity
        td_preport(e, i, TD_ST_22003, NULL);
    else if (e->d->form == TD_PFORM_NUMBER)
        store_number(e, i, (struct td_str){text, len});
    else
        td_pstore_text(e, i, text, len);
}

static void from_numeric(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char text[TD_DEC_TEXT];
    struct td_dec d;

    (void)n;
    if (td_pload_numeric(e, i, p, &d)) td_pstore_text(e, i, text, td_dec_text(d, text));
}

static void from_time(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    struct td_civil c;
    char text[64];
    size_t len;

    if (e->d->form == TD_PFORM_INSTANT) {
        store_instant(e, i, p, n);
        return;
    }
    if (!td_pload_civil(e, i, p, TD_ST_22008, &c)) return;
    if (e->kind == TD_C_DATE) {
        len = td_civil_date_text(&c, text);
    } else if (e->kind == TD_C_TIME) {
        len = td_civil_time_text(&c, 0, text);
    } else {
        len = td_civil_ts_text(&c, c.nanos ? 9 : 0, text);
        while (c.nanos && text[len - 1] == '0')
            len--;
    }
    td_pstore_text(e, i, text, len);
}

static void from_guid(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    static const char hex[] = "0123456789ABCDEF";
    uint8_t b[16];
    char text[36];
    size_t at = 0;
    SQLGUID g;

    (void)n;
    memcpy(&g, p, sizeof g);
    for (int k = 0; k < 4; k++)
        b[k] = (uint8_t)(g.Data1 >> (24 - 8 * k));
    b[4] = (uint8_t)(g.Data2 >> 8);
    b[5] = (uint8_t)g.Data2;
    b[6] = (uint8_t)(g.Data3 >> 8);
    b[7] = (uint8_t)g.Data3;
    memcpy(b + 8, g.Data4, 8);
    for (int k = 0; k < 16; k++) {
        if (k == 4 || k == 6 || k == 8 || k == 10) text[at++] = '-';
        text[at++] = hex[b[k] >> 4];
        text[at++] = hex[b[k] & 15];
    }
    td_pstore_text(e, i, text, at);
}

static void from_interval(struct td_penc *e, uint32_t i, const uint8_t *p, size_t n)
{
    char text[TD_PINTERVAL_TEXT];
    size_t len = td_pinterval_text(e, i, p, text);

    (void)n;
    if (len) td_pstore_text(e, i, text, len);
}

td_pput td_p_json(const struct td_ctype *c)
{
    return c->kind == TD_C_CHAR || c->kind == TD_C_WCHAR ? from_char
           : c->kind == TD_C_BINARY                      ? from_binary
                                                         : NULL;
}

td_pput td_p_text(const struct td_ctype *c)
{
    static const td_pput puts_[TD_C_COUNT] = {
        [TD_C_CHAR] = from_char, [TD_C_WCHAR] = from_char,      [TD_C_BINARY] = from_binary,
        [TD_C_BIT] = from_bit,   [TD_C_F32] = from_real,        [TD_C_F64] = from_real,
        [TD_C_DATE] = from_time, [TD_C_TIME] = from_time,       [TD_C_TS] = from_time,
        [TD_C_GUID] = from_guid, [TD_C_NUMERIC] = from_numeric, [TD_C_INTERVAL] = from_interval,
    };

    return td_pkind_int((enum td_ckind)c->kind) ? from_int : puts_[c->kind];
}
