/* rest.c: HTTP requests (protocol.md 1). */
#include "server_int.h"

#include <stdio.h>
#include <string.h>

int tl_http_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
                     size_t len)
{
    char uri[64];
    (void)user;
    (void)in;
    (void)len;
    if (reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE) {
        if (lws_hdr_copy(wsi, uri, sizeof uri, WSI_TOKEN_GET_URI) > 0 && strcmp(uri, "/ws") == 0)
            return 0;
        lws_return_http_status(wsi, 404, NULL);
        return 1;
    }
    if (reason == LWS_CALLBACK_HTTP) {
        lws_return_http_status(wsi, 404, NULL);
        return lws_http_transaction_completed(wsi) ? -1 : 0;
    }
    return 0;
}
