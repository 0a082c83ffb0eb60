/* sml_act.c: schemaless writing over WebSocket (protocol.md 2.9) and HTTP (1.8). */
#include "action.h"
#include "rest_auth.h"
#include "sml.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *text_of(const struct tl_act *a, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(a->rq->args, key);
    return cJSON_IsString(v) ? v->valuestring : "";
}

static int64_t number_of(const struct tl_act *a, const char *key)
{
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(a->rq->args, key);
    return cJSON_IsNumber(v) ? (int64_t)v->valuedouble : 0;
}

void tl_act_sml_insert(struct tl_act *a)
{
    const char *data = text_of(a, "data");
    const struct tl_sml_request rq = {.protocol = (int)number_of(a, "protocol"),
                                      .precision = text_of(a, "precision"),
                                      .ttl = number_of(a, "ttl"),
                                      .name_key = text_of(a, "table_name_key"),
                                      .data = data,
                                      .n = strlen(data)};
    struct tl_error err;
    int64_t affected, total;
    if (!tl_sml_insert(a->c->srv->engine, &a->c->session, &rq, &affected, &total, &err)) {
        tl_act_error(a, &err);
        return;
    }
    tl_act_begin(a);
    tl_json_fmt(&a->m->buf, ",\"affected_rows\":%" PRId64 ",\"total_rows\":%" PRId64 "}", affected,
                total);
}

/* ---- HTTP ---- */

static int refuse(const struct tl_sml_request *rq, int status, const char *code, const char *msg,
                  struct tl_buf *body)
{
    if (rq->protocol == TL_SML_LINE)
        tl_json_fmt(body, "{\"code\":\"%s\",\"message\":", code);
    else
        tl_json_fmt(body, "{\"code\":%d,\"message\":", status);
    tl_json_str(body, msg, strlen(msg));
    tl_buf_u8(body, '}');
    return status;
}

static int refuse_err(const struct tl_sml_request *rq, int status, const struct tl_error *err,
                      struct tl_buf *body)
{
    char msg[600];
    snprintf(msg, sizeof msg, "[0x%x] %s", (unsigned)err->code, err->msg);
    return refuse(rq, status, "internal error", msg, body);
}

int tl_sml_http(struct tl_server *srv, const char *auth, const char *user, const char *password,
                const char *db, const struct tl_sml_request *rq, struct tl_buf *body)
{
    struct tl_login login;
    struct tl_error err = {0};
    struct tl_session s = {.tz = "UTC"};
    int64_t affected, total;
    if (user && password) {
        snprintf(login.user, sizeof login.user, "%s", user);
        snprintf(login.password, sizeof login.password, "%s", password);
    } else if (!tl_auth_parse(auth, &login, &err)) {
        return refuse(rq, 401, "forbidden", "get auth error", body);
    }
    if (!db || !*db) return refuse(rq, 400, "", "db required", body);
    if (!tl_exec_login(srv, login.user, login.password, &err))
        return refuse_err(rq, 401, &err, body);
    snprintf(s.user, sizeof s.user, "%.31s", login.user);
    snprintf(s.db, sizeof s.db, "%.64s", db);
    if (!tl_sml_insert(srv->engine, &s, rq, &affected, &total, &err))
        return refuse_err(rq, 500, &err, body);
    return 204;
}
