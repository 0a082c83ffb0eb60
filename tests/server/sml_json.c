/* sml_json.c: points from OpenTSDB JSON (sml.h): {metric, timestamp, value, tags}, or a list. */
#include "sml.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool bad(struct tl_sml *m)
{
    if (m->err->code) return false;
    return tl_fail(m->err, 0x0221, "Invalid JSON format");
}

static const struct {
    const char *name, *suffix;
} types[] = {{"bool", NULL},    {"tinyint", "i8"}, {"smallint", "i16"}, {"int", "i32"},
             {"bigint", "i64"}, {"float", "f32"},  {"double", "f64"}};

/* {"value": 2.5, "type": "double"} */
static bool typed(struct tl_sml *m, const cJSON *v, struct tl_sml_kv *kv)
{
    const cJSON *in = cJSON_GetObjectItemCaseSensitive(v, "value");
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(v, "type");
    char text[48];
    if (!in || !cJSON_IsString(type)) return bad(m);
    const char *t = type->valuestring;
    if (cJSON_IsString(in)) {
        const bool nchar = strcasecmp(t, "nchar") == 0;
        if (!nchar && strcasecmp(t, "binary") != 0 && strcasecmp(t, "varchar") != 0) return bad(m);
        return tl_sml_text(m, nchar ? TL_NCHAR : TL_VARCHAR, in->valuestring,
                           strlen(in->valuestring), kv);
    }
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcasecmp(t, types[i].name) != 0) continue;
        if (!types[i].suffix) {
            kv->type = TL_BOOL;
            kv->val.i = cJSON_IsTrue(in);
            return cJSON_IsBool(in) || bad(m);
        }
        if (!cJSON_IsNumber(in)) return bad(m);
        snprintf(text, sizeof text, "%.17g%s", in->valuedouble, types[i].suffix);
        return tl_sml_value(m, text, strlen(text), kv);
    }
    return bad(m);
}

/* Bare values: numbers are DOUBLE, texts VARCHAR (golden/schemaless/json). */
static bool value(struct tl_sml *m, const cJSON *v, struct tl_sml_kv *kv)
{
    if (cJSON_IsObject(v)) return typed(m, v, kv);
    if (cJSON_IsString(v))
        return tl_sml_text(m, TL_VARCHAR, v->valuestring, strlen(v->valuestring), kv);
    if (cJSON_IsBool(v)) {
        kv->type = TL_BOOL;
        kv->val.i = cJSON_IsTrue(v);
        return true;
    }
    kv->type = TL_DOUBLE;
    kv->val.d = v->valuedouble;
    return cJSON_IsNumber(v) || bad(m);
}

static bool timestamp(struct tl_sml *m, const cJSON *v, struct tl_sml_point *p)
{
    const cJSON *unit = cJSON_GetObjectItemCaseSensitive(v, "type");
    const cJSON *count = cJSON_IsObject(v) ? cJSON_GetObjectItemCaseSensitive(v, "value") : v;
    if (!cJSON_IsNumber(count) || fabs(count->valuedouble) >= 9.2e18) return bad(m);
    if (cJSON_IsObject(v) && !cJSON_IsString(unit)) return bad(m);
    return tl_sml_ts(m, (int64_t)count->valuedouble, unit ? unit->valuestring : "", p);
}

static bool point(struct tl_sml *m, const cJSON *j)
{
    const cJSON *metric = cJSON_GetObjectItemCaseSensitive(j, "metric");
    const cJSON *tags = cJSON_GetObjectItemCaseSensitive(j, "tags"), *tag;
    const cJSON *v = cJSON_GetObjectItemCaseSensitive(j, "value");
    const cJSON *ts = cJSON_GetObjectItemCaseSensitive(j, "timestamp");
    if (!cJSON_IsString(metric) || !cJSON_IsObject(tags) || !tags->child || !v || !ts)
        return bad(m);
    struct tl_sml_point *p = tl_sml_point_new(m, metric->valuestring, strlen(metric->valuestring));
    struct tl_sml_kv *kv = p ? tl_sml_add(m, &p->cols, "_value", 6) : NULL;
    if (!kv || !value(m, v, kv) || !timestamp(m, ts, p)) return bad(m);
    cJSON_ArrayForEach(tag, tags)
    {
        kv = tl_sml_add(m, &p->tags, tag->string, strlen(tag->string));
        if (!kv || !value(m, tag, kv)) return bad(m);
    }
    return true;
}

bool tl_sml_json(struct tl_sml *m)
{
    cJSON *root = cJSON_ParseWithLength(m->rq->data, m->rq->n);
    bool ok = root != NULL;
    if (cJSON_IsArray(root)) {
        const cJSON *j;
        ok = root->child != NULL;
        cJSON_ArrayForEach(j, root) ok = ok && point(m, j);
    } else if (ok) {
        ok = point(m, root);
    }
    cJSON_Delete(root);
    m->lines = 1; /* one text, whatever it holds: as recorded */
    return ok || bad(m);
}
