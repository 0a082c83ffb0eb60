#include "odbc/handle.h"

#include "base/log.h"
#include "base/utf.h"

void td_handle_init(struct td_handle *h, SQLSMALLINT type)
{
    h->magic = TD_MAGIC_LIVE;
    h->type = type;
    h->fork_gen = td_fork_generation();
    td_mutex_init(&h->lock);
    memset(&h->diag, 0, sizeof h->diag);
}

void td_handle_dispose(struct td_handle *h)
{
    h->magic = TD_MAGIC_DEAD;
    td_diag_free(&h->diag);
    td_mutex_free(&h->lock);
}

void *td_handle_check(SQLHANDLE h, SQLSMALLINT type)
{
    struct td_handle *x = h;

    return x && x->magic == TD_MAGIC_LIVE && x->type == type ? x : NULL;
}

void *td_enter(SQLHANDLE handle, SQLSMALLINT type)
{
    struct td_handle *h = td_handle_check(handle, type);

    if (!h) return NULL;
    td_lock(&h->lock);
    td_diag_clear(&h->diag);
    return h;
}

SQLRETURN td_leave_as(void *handle, SQLRETURN rc, const char *function)
{
    struct td_handle *h = handle;

    h->diag.rc = rc;
    if (td_log_on(TD_LOG_DEBUG)) {
        const struct td_diag_rec *r = h->diag.n ? h->diag.recs : NULL;
        /* The server's messages quote the statement, which may hold data or a password. */
        if (r && r->native)
            td_log(TD_LOG_DEBUG, "api", "%s(%p) = %d %s server error 0x%04X", function, handle,
                   (int)rc, td_sqlstate_text(r->state), (unsigned)r->native);
        else
            td_log(TD_LOG_DEBUG, "api", "%s(%p) = %d%s%s %s", function, handle, (int)rc,
                   r ? " " : "", r ? td_sqlstate_text(r->state) : "", r ? r->msg : "");
    }
    td_unlock(&h->lock);
    return rc;
}

static void put_len(const struct td_out *o, size_t bytes)
{
    size_t n = o->len_chars && o->wide ? bytes / sizeof(SQLWCHAR) : bytes;

    if (o->len16) *o->len16 = (SQLSMALLINT)(n > INT16_MAX ? INT16_MAX : n);
    if (o->len32) *o->len32 = (SQLINTEGER)(n > INT32_MAX ? INT32_MAX : n);
}

static struct td_conv convert(bool wide, struct td_str s, void *dst, size_t cap)
{
    if (!wide) return td_utf8_to_utf8(s.p, s.n, dst, cap, false);
    if (sizeof(SQLWCHAR) == 2) return td_utf8_to_utf16(s.p, s.n, dst, cap, false);
    return td_utf8_to_utf32(s.p, s.n, dst, cap, false);
}

SQLRETURN td_out_text(struct td_handle *h, const struct td_out *o, struct td_str s)
{
    size_t unit = o->wide ? sizeof(SQLWCHAR) : 1;

    if (o->buf && o->cap < 0)
        return td_diag(h, TD_ST_HY090, "Buffer length %lld is negative", (long long)o->cap);
    put_len(o, convert(o->wide, s, NULL, SIZE_MAX).out);
    if (!o->buf) return SQL_SUCCESS;
    size_t room = (size_t)o->cap / unit * unit;
    if (room == 0) return s.n == 0 && o->cap == 0 ? SQL_SUCCESS : td_diag(h, TD_ST_01004, NULL);
    struct td_conv c = convert(o->wide, s, o->buf, room - unit);
    memset((char *)o->buf + c.out, 0, unit);
    return c.in < s.n ? td_diag(h, TD_ST_01004, NULL) : SQL_SUCCESS;
}

SQLRETURN td_out_fixed(const struct td_out *o, const void *value, size_t size)
{
    if (o->buf) memcpy(o->buf, value, size);
    if (o->len16) *o->len16 = (SQLSMALLINT)size;
    if (o->len32) *o->len32 = (SQLINTEGER)size;
    return SQL_SUCCESS;
}
