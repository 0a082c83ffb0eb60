/*
 * tz_local.c: finds the machine's zone as decisions.md section 2 orders it, without tzset().
 */
#include "base/tz_int.h"

#include "base/alloc.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The zone's name in a path below a zoneinfo folder: what stands after the folder, or after
   "zoneinfo/". */
static struct td_str name_of_path(const char *path)
{
    const char *dir = td_tz_folder();
    size_t n = strlen(dir);
    const char *p;

    if (strncmp(path, dir, n) == 0 && path[n] == '/') {
        p = path + n + 1;
    } else {
        p = strstr(path, "/zoneinfo/");
        if (!p) return (struct td_str){NULL, 0};
        p += sizeof("/zoneinfo/") - 1;
    }
    if (strncmp(p, "posix/", 6) == 0) p += 6;
    return td_str_of(p);
}

/* td_tz_get without an error text; *nomem instead. */
static const struct td_tz *try_name(struct td_str name, bool *nomem)
{
    struct td_err err = {.state = TD_ST_00000};
    const struct td_tz *tz;

    if (name.n == 0) return NULL;
    tz = td_tz_get(name, &err);
    if (!tz && err.state == TD_ST_HY001) *nomem = true;
    return tz;
}

/* The target of a symbolic link, and when that says nothing, where the chain of links ends. */
static const struct td_tz *try_link(const char *path, bool *nomem)
{
    char target[PATH_MAX];
    const struct td_tz *tz;
    ssize_t n = readlink(path, target, sizeof(target) - 1);

    if (n < 0) return NULL;
    target[n] = '\0';
    tz = try_name(name_of_path(target), nomem);
    if (tz || *nomem || !realpath(path, target)) return tz;
    return try_name(name_of_path(target), nomem);
}

/* The first line of /etc/timezone (Debian). */
static const struct td_tz *try_timezone_file(const char *path, bool *nomem)
{
    size_t n;
    char *text = td_tz_slurp(path, 4096, &n, nomem);
    const struct td_tz *tz = NULL;

    if (text) {
        size_t from = 0, to;

        while (from < n && td_isspace(text[from]))
            from++;
        for (to = from; to < n && !td_isspace(text[to]);)
            to++;
        tz = try_name((struct td_str){text + from, to - from}, nomem);
    }
    td_free(text);
    return tz;
}

/* A zone without a name, from a rule in TZ or a TZif file that is no link; kept under the text that
   leads to it. */
static const struct td_tz *try_rule(struct td_str text, bool *nomem)
{
    const struct td_tz *known;
    struct td_tz_rule rule;
    struct td_tz *tz;

    if (!td_tz_rule_read(text, &rule)) return NULL;
    if (!rule.has_dst && rule.std == 0) return &td_tz_utc_zone;
    known = td_tz_find(text, false);
    if (known) return known;
    tz = td_tz_new(text, false, 0);
    if (!tz) {
        *nomem = true;
        return NULL;
    }
    tz->first = rule.std;
    tz->rule = rule;
    tz->has_rule = true;
    return td_tz_keep(tz);
}

static const struct td_tz *try_nameless_file(const char *path, bool *nomem)
{
    struct td_str key = td_str_of(path);
    const struct td_tz *known = td_tz_find(key, false);
    struct td_tz *tz;

    if (known) return known;
    tz = td_tz_file(path, key, false, nomem);
    return tz ? td_tz_keep(tz) : NULL;
}

static const struct td_tz *try_env(const char *value, bool *nomem)
{
    const struct td_tz *tz;

    if (*value == ':') value++;
    if (*value == '\0') return &td_tz_utc_zone; /* set but empty means UTC, as in libc */
    if (*value == '/') {
        tz = try_name(name_of_path(value), nomem);
        if (!tz && !*nomem) tz = try_link(value, nomem);
        return tz || *nomem ? tz : try_nameless_file(value, nomem);
    }
    tz = try_name(td_str_of(value), nomem);
    return tz || *nomem ? tz : try_rule(td_str_of(value), nomem);
}

const struct td_tz *td_tz_local_at(const char *tz_env, const char *etc)
{
    const struct td_tz *tz = NULL;
    char link[PATH_MAX], file[PATH_MAX];
    bool nomem = false;

    if (tz_env) tz = try_env(tz_env, &nomem);
    if (tz || nomem) return tz;
    if (snprintf(link, sizeof(link), "%s/localtime", etc) >= (int)sizeof(link) ||
        snprintf(file, sizeof(file), "%s/timezone", etc) >= (int)sizeof(file))
        return &td_tz_utc_zone;
    tz = try_link(link, &nomem);
    if (!tz && !nomem) tz = try_timezone_file(file, &nomem);
    if (!tz && !nomem) tz = try_nameless_file(link, &nomem);
    return tz || nomem ? tz : &td_tz_utc_zone;
}

const struct td_tz *td_tz_local(void)
{
    return td_tz_local_at(getenv("TZ"), "/etc");
}
