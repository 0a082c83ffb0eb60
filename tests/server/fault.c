/* fault.c: the fault list and what it does to bytes; sockets are ws.c's. */
#include "fault.h"
#include "proto.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool valued;
} kinds[TL_FAULT_KINDS] = {
    [TL_FAULT_DELAY] = {"delay", true},        [TL_FAULT_DROP] = {"drop", true},
    [TL_FAULT_RESET] = {"reset", true},        [TL_FAULT_HALF_OPEN] = {"half_open", false},
    [TL_FAULT_GARBAGE] = {"garbage", false},   [TL_FAULT_TEXT] = {"text", false},
    [TL_FAULT_TRUNCATE] = {"truncate", true},  [TL_FAULT_SHORTEN] = {"shorten", true},
    [TL_FAULT_CORRUPT] = {"corrupt", true},    [TL_FAULT_DRIP] = {"drip", true},
    [TL_FAULT_FRAGMENT] = {"fragment", true},  [TL_FAULT_NO_PING] = {"no_ping", false},
    [TL_FAULT_WRONG_ID] = {"wrong_id", false}, [TL_FAULT_NO_REPLY] = {"no_reply", false},
};

static bool bad(struct tl_error *err, const char *what, const char *word)
{
    err->code = 0xFFFF;
    snprintf(err->msg, sizeof err->msg, "fault: %s: %.100s", what, word);
    return false;
}

static bool to_i64(const char *s, int64_t *out)
{
    char *end;
    const long long v = strtoll(s, &end, 10);
    if (end == s || *end || v < 0) return false;
    *out = v;
    return true;
}

/* One word of a SPEC: the kind when there is none yet, else a setting. */
static bool take_word(struct tl_fault *f, char *word, bool *have_kind, struct tl_error *err)
{
    char *value = strchr(word, '=');
    if (value) *value++ = 0;
    if (!*have_kind) {
        for (int k = 0; k < TL_FAULT_KINDS; k++)
            if (strcmp(word, kinds[k].name) == 0 && kinds[k].valued == (value != NULL)) {
                f->kind = (enum tl_fault_kind)k;
                *have_kind = true;
                return !value || to_i64(value, &f->value) || bad(err, "bad number", value);
            }
        return bad(err, "unknown kind or value missing", word);
    }
    if (!value) return bad(err, "not KEY=VALUE", word);
    if (strcmp(word, "on") == 0 && strlen(value) < sizeof f->on) {
        snprintf(f->on, sizeof f->on, "%s", value);
        return true;
    }
    if (strcmp(word, "times") == 0 && strcmp(value, "always") == 0) {
        f->times = -1;
        return true;
    }
    if (strcmp(word, "times") == 0)
        return to_i64(value, &f->times) || bad(err, "bad number", value);
    if (strcmp(word, "after") == 0)
        return to_i64(value, &f->after) || bad(err, "bad number", value);
    return bad(err, "unknown key", word);
}

bool tl_fault_add(struct tl_faults *fs, const char *spec, size_t n, struct tl_error *err)
{
    char text[256];
    if (n >= sizeof text) return bad(err, "too long", "");
    if (fs->n == TL_FAULTS_MAX) return bad(err, "too many", "");
    memcpy(text, spec, n);
    text[n] = 0;
    struct tl_fault f = {.times = 1, .on = "any"};
    bool have_kind = false;
    char *save = NULL;
    for (char *w = strtok_r(text, " \t\r\n;", &save); w; w = strtok_r(NULL, " \t\r\n;", &save))
        if (!take_word(&f, w, &have_kind, err)) return false;
    if (!have_kind) return bad(err, "empty", "");
    fs->list[fs->n++] = f;
    return true;
}

static bool concerns(const char *on, const char *action)
{
    if (strcmp(on, "any") == 0 || strcmp(on, action) == 0) return true;
    if (strcmp(on, "query") == 0) return strcmp(action, "binary_query") == 0;
    if (strcmp(on, "fetch") == 0) return strncmp(action, "fetch_", 6) == 0;
    return false;
}

void tl_fault_next(struct tl_faults *fs, const char *action, struct tl_fault_plan *plan)
{
    plan->kinds = 0;
    for (int i = 0; i < fs->n; i++) {
        struct tl_fault *f = &fs->list[i];
        if (f->times == 0 || !concerns(f->on, action)) continue;
        if (f->after > 0) {
            f->after--;
            continue;
        }
        if (f->times > 0) f->times--;
        plan->kinds |= 1u << f->kind;
        plan->value[f->kind] = f->value;
    }
}

void tl_fault_block(const struct tl_fault_plan *plan, struct tl_buf *b, size_t at)
{
    const size_t block = at + TL_RAW_HEAD;
    static const uint8_t no_error[8]; /* code 0, no message: a block follows unless finished */
    if (b->n <= block || memcmp(b->p + at, "\xff\xff\xff\xff\xff\xff\xff\xff", 8) != 0 ||
        memcmp(b->p + at + 34, no_error, sizeof no_error) != 0)
        return;
    if (tl_fault_has(plan, TL_FAULT_CORRUPT)) {
        uint64_t x = (uint64_t)plan->value[TL_FAULT_CORRUPT] * 2 + 1;
        for (int i = 0; i < 16; i++) { /* xorshift: the same seed damages the same bytes */
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            b->p[block + (size_t)(x % (b->n - block))] = (uint8_t)(x >> 32);
        }
    }
    if (tl_fault_has(plan, TL_FAULT_SHORTEN)) {
        const uint64_t keep = (uint64_t)plan->value[TL_FAULT_SHORTEN];
        if (keep < b->n - block) b->n = block + (size_t)keep;
        tl_reply_raw_done(b, at);
    }
}
