/*
 * rest_auth.h: the Authorization header and the Taosd token (protocol.md 1.3). Pure functions.
 */
#ifndef TL_REST_AUTH_H
#define TL_REST_AUTH_H

#include "engine.h"

struct tl_login {
    char user[64];
    char password[128];
};

/* Reads "Basic …" or "Taosd …"; false with the adapter's code in err for anything else. `header` is
   NULL when the request has none. */
bool tl_auth_parse(const char *header, struct tl_login *out, struct tl_error *err);
/* The token that /rest/login hands out; false when user or password is too long. */
bool tl_auth_token(const char *user, const char *password, char *out, size_t cap);

#endif
