/*
 * tz.c: the zones' cache, their names and the look-ups.
 *
 * The cache is a list that only grows at its head, by compare-and-swap: readers need no lock, no
 * file is read under one, and a child process after fork() never finds a lock held by a thread that
 * it does not have.
 */
#include "base/tz_int.h"

#include "base/alloc.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_FOLDER "/usr/share/zoneinfo"
#define MAX_NAME       128
#define MAX_PATH       1024
#define MAX_NAMES_FILE ((size_t)1 << 20)

const struct td_tz td_tz_utc_zone = {.key = "UTC", .name = "UTC"};

static _Atomic(struct td_tz *) cache;

const char *td_tz_folder(void)
{
    const char *dir = getenv("TZDIR");

    return dir && dir[0] == '/' ? dir : DEFAULT_FOLDER;
}

bool td_tz_name_ok(struct td_str name)
{
    if (name.n == 0 || name.n > MAX_NAME || name.p[0] == '/' || name.p[name.n - 1] == '/')
        return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = td_lower(name.p[i]);

        if (c == '/' && name.p[i + 1] == '/') return false;
        if (!(c >= 'a' && c <= 'z') && !td_isdigit(c) && !memchr("_+-/", c, 4)) return false;
    }
    return true;
}

struct td_tz *td_tz_new(struct td_str key, bool named, size_t room)
{
    size_t spans = room * sizeof(struct td_tz_span);
    struct td_tz *tz = td_calloc(1, sizeof(*tz) + spans + key.n + 1);
    char *text;

    if (!tz) return NULL;
    text = (char *)tz + sizeof(*tz) + spans;
    memcpy(text, key.p, key.n);
    tz->key = text;
    tz->name = named ? text : "";
    return tz;
}

static const struct td_tz *find_until(const struct td_tz *from, const struct td_tz *stop,
                                      struct td_str key, bool named)
{
    for (; from != stop; from = from->next)
        if (td_str_eq(td_str_of(from->key), key) && (from->name[0] != '\0') == named) return from;
    return NULL;
}

const struct td_tz *td_tz_find(struct td_str key, bool named)
{
    return find_until(atomic_load_explicit(&cache, memory_order_acquire), NULL, key, named);
}

const struct td_tz *td_tz_keep(struct td_tz *tz)
{
    struct td_tz *head = atomic_load_explicit(&cache, memory_order_acquire);
    const struct td_tz *seen = NULL;

    do {
        const struct td_tz *other = find_until(head, seen, td_str_of(tz->key), tz->name[0] != '\0');

        if (other) {
            td_free(tz);
            return other;
        }
        seen = head;
        tz->next = head;
    } while (!atomic_compare_exchange_weak_explicit(&cache, &head, tz, memory_order_acq_rel,
                                                    memory_order_acquire));
    return tz;
}

/* True when tzdata.zi has a line `Z name …` or `L target name`. */
static bool listed(const char *text, size_t n, struct td_str name)
{
    const char *end = text + n;

    while (text < end) {
        const char *eol = memchr(text, '\n', (size_t)(end - text));
        const char *p = text + 2, *q;

        if (!eol) eol = end;
        if (eol - text > 2 && text[1] == ' ' && (text[0] == 'Z' || text[0] == 'L')) {
            q = memchr(p, ' ', (size_t)(eol - p));
            if (text[0] == 'L') {
                p = q ? q + 1 : eol;
                q = NULL;
            }
            if (!q) q = eol;
            if (td_str_eq((struct td_str){p, (size_t)(q - p)}, name)) return true;
        }
        text = eol + 1;
    }
    return false;
}

/*
 * Folders of the database hold more than zones: posixrules and localtime depend on the machine,
 * right/ counts leap seconds, posix/ are copies. The list of names is tzdata.zi; without it (some
 * distributions leave it out) only these known strangers are kept out. "Factory" is in the list and
 * means that nobody has set a zone.
 */
static bool is_iana(const char *dir, struct td_str name, bool *nomem)
{
    static const char *const strangers[] = {"Factory", "posixrules", "localtime"};
    char path[MAX_PATH];
    size_t n;
    char *text;
    bool ok = true;

    for (size_t i = 0; i < sizeof(strangers) / sizeof(strangers[0]); i++)
        if (td_str_eq(name, td_str_of(strangers[i]))) return false;
    if (name.n > 6 && (memcmp(name.p, "posix/", 6) == 0 || memcmp(name.p, "right/", 6) == 0))
        return false;
    if (snprintf(path, sizeof(path), "%s/tzdata.zi", dir) >= (int)sizeof(path)) return false;
    text = td_tz_slurp(path, MAX_NAMES_FILE, &n, nomem);
    if (*nomem) return false;
    if (text) ok = listed(text, n, name);
    td_free(text);
    return ok;
}

const struct td_tz *td_tz_get(struct td_str name, struct td_err *err)
{
    const char *dir = td_tz_folder();
    const struct td_tz *known;
    struct td_tz *tz = NULL;
    char path[MAX_PATH];
    bool nomem = false;

    if (td_str_eq(name, TD_STR("UTC"))) return &td_tz_utc_zone;
    if (td_tz_name_ok(name)) {
        known = td_tz_find(name, true);
        if (known) return known;
        if (is_iana(dir, name, &nomem) &&
            snprintf(path, sizeof(path), "%s/%.*s", dir, (int)name.n, name.p) < (int)sizeof(path))
            tz = td_tz_file(path, name, true, &nomem);
    }
    if (tz) return td_tz_keep(tz);
    if (nomem)
        td_err_nomem(err);
    else
        td_err_set(err, TD_ST_HY024, 0, "'%.*s' is not a time zone of the IANA database in %s",
                   name.n > MAX_NAME ? MAX_NAME : (int)name.n, name.p ? name.p : "", dir);
    return NULL;
}

const char *td_tz_name(const struct td_tz *tz)
{
    return tz->name;
}

int32_t td_tz_offset(const struct td_tz *tz, int64_t utc_sec, int64_t *from, int64_t *until)
{
    size_t low = 0, high = tz->count;
    int32_t offset;

    /* The first span that begins after utc_sec. */
    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (tz->span[mid].at <= utc_sec)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == tz->count && tz->has_rule) {
        offset = td_tz_rule_offset(&tz->rule, utc_sec, from, until);
        if (low && *from < tz->span[low - 1].at) *from = tz->span[low - 1].at;
        return offset;
    }
    *from = low ? tz->span[low - 1].at : INT64_MIN;
    *until = low < tz->count ? tz->span[low].at : INT64_MAX;
    return low ? tz->span[low - 1].offset : tz->first;
}

/* No offset is further from UTC than this (RFC 8536: 26 h, with POSIX rules' daylight hour). */
#define REACH (27 * 3600)

enum td_tz_local_kind td_tz_to_utc(const struct td_tz *tz, int64_t local_sec, int64_t *utc)
{
    /* Beyond, the sums would overflow; no epoch value that any precision holds comes near. */
    int64_t local = local_sec < INT64_MIN / 2   ? INT64_MIN / 2
                    : local_sec > INT64_MAX / 2 ? INT64_MAX / 2
                                                : local_sec;
    int64_t from, until, t = local - REACH;
    int found = 0;

    *utc = 0;
    do {
        int64_t candidate = local - td_tz_offset(tz, t, &from, &until);

        if (candidate >= from && candidate < until && found++ == 0) *utc = candidate;
        t = until;
    } while (t <= local + REACH);
    return found == 0 ? TD_TZ_GAP : found == 1 ? TD_TZ_ONE : TD_TZ_OVERLAP;
}
