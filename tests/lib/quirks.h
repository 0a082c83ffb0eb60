/*
 * quirks.h: where the same API test cannot say the same over every transport, and why. apitest.c
 * skips what is listed; all else must pass over ws, wss, wss with compression, http and https alike.
 */
#ifndef QUIRKS_H
#define QUIRKS_H

enum quirk_where { QUIRK_REST = 1, QUIRK_TLS = 2 };

struct quirk {
    const char *file, *test; /* the source's name without _it.c; the test function */
    unsigned where;          /* enum quirk_where, or-ed */
    const char *why;
};

static const struct quirk quirks[] = {
    {"robust", "ten_million_rows", QUIRK_REST,
     "half a gigabyte of JSON takes minutes under sanitizers; fetch_it has the rest"},
    {"robust", "killed_mid_block", QUIRK_REST,
     "a REST result has no fetches; `faults` cuts its body"},
    {"robust", "too_old_a_server", QUIRK_REST, "tdlite's server_version() knows one version"},
    {"robust", "faults_at_login", QUIRK_REST,
     "REST has no login; its first statements have `faults`"},
    {"robust", "half_open", QUIRK_REST,
     "tdlite's fault is of WebSocket; net's rest_ut has silence"},
    {NULL, NULL, 0, NULL},
};

#endif
