/*
 * opturl.h: the key Url (issue 7): its parts as options, percent-decoding, and hiding its secrets.
 *
 * Works on a td_opts that its caller owns; no lock, no network. The addresses in it are for
 * net/url.h.
 */
#ifndef TD_BASE_OPTURL_H
#define TD_BASE_OPTURL_H

#include "base/opt.h"

/* For messages: none quotes the Url, which may hold a password in the wrong place. */
#define TD_URL_HINT "write / ? # @ : of a name or password as %2F %3F %23 %40 %3A"

/* Sets what the Url says (scheme, user, password, database, keys of its query) for the options that
   are not given: an explicit key wins, and so does what stands earlier in the Url. To be called
   when connection string and data source are read; a second call changes nothing. Without a Url it
   does nothing. *hosts = the text between user and path (percent-encoded, may be empty, lives in
   the option's value), p NULL without a Url. Unknown keys go to `unknown` (may be NULL). HY024 for
   a Url that cannot be read or a value that its option refuses. */
enum td_rc td_opts_expand_url(struct td_opts *o, struct td_str *hosts, td_opt_unknown unknown,
                              void *ctx, struct td_err *err);

/* Decodes %XX into `out` (emptied first; reserve it). A bad escape or a NUL is HY024. */
enum td_rc td_url_decode(struct td_str s, struct td_buf *out, struct td_err *err);
/* Cuts `s` at the first byte of `set`: returns what stands before, leaves the rest (with that byte)
 * in *s. */
struct td_str td_url_until(struct td_str *s, const char *set);

/* Appends a URL for people to read: password, token and every unknown query value become ***. Text
   that is no URL, or where it cannot be told what is secret, is hidden whole. */
bool td_opt_mask_url(struct td_buf *out, struct td_str url);

#endif
