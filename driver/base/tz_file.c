/*
 * tz_file.c: reads TZif files (RFC 8536, versions 1–4): the 64-bit block when there is one, and its
 * footer.
 *
 * Everything in the file is checked against its size before it is read; a file that contradicts
 * itself is refused.
 */
#include "base/tz_int.h"

#include "base/alloc.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEADER   44
#define MAX_FILE ((size_t)1 << 20)

struct counts {
    size_t isut, isstd, leap, time, type, chars;
};

static uint32_t be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t be_time(const uint8_t *p, size_t width)
{
    return width == 4 ? (int32_t)be32(p) : (int64_t)((uint64_t)be32(p) << 32 | be32(p + 4));
}

char *td_tz_slurp(const char *path, size_t max, size_t *n, bool *nomem)
{
    struct stat st;
    char *text = NULL;
    ssize_t got;
    /* O_NONBLOCK: the name may lead to a FIFO, which must not hang the program. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    *n = 0;
    if (fd < 0) return NULL;
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size > max)
        goto done;
    text = td_malloc((size_t)st.st_size + 1);
    if (!text) {
        *nomem = true;
        goto done;
    }
    while (*n < (size_t)st.st_size) {
        got = read(fd, text + *n, (size_t)st.st_size - *n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        *n += (size_t)got;
    }
    text[*n] = '\0';
done:
    close(fd);
    return text;
}

/* Reads a block's header; its size without the header, 0 when the file is too short or the counts
   are absurd. */
static size_t block_size(const uint8_t *p, size_t left, size_t width, struct counts *c)
{
    size_t size;

    if (left < HEADER || memcmp(p, "TZif", 4) != 0) return 0;
    c->isut = be32(p + 20);
    c->isstd = be32(p + 24);
    c->leap = be32(p + 28);
    c->time = be32(p + 32);
    c->type = be32(p + 36);
    c->chars = be32(p + 40);
    if (c->isut > 256 || c->isstd > 256 || c->leap > 10000 || c->time > MAX_FILE || c->type < 1 ||
        c->type > 256 || c->chars > MAX_FILE)
        return 0;
    size =
        c->time * (width + 1) + c->type * 6 + c->chars + c->leap * (width + 4) + c->isstd + c->isut;
    return size <= left - HEADER ? size : 0;
}

/* The offset of a type, refused outside ±26 h as RFC 8536 wants. */
static bool type_offset(const uint8_t *types, const struct counts *c, size_t type, int32_t *out)
{
    if (type >= c->type) return false;
    *out = (int32_t)be32(types + type * 6);
    return *out > -90000 && *out < 93600;
}

/* Fills in spans and footer from the block's data. */
static bool fill(struct td_tz *tz, const uint8_t *p, size_t width, const struct counts *c,
                 struct td_str footer)
{
    const uint8_t *index = p + c->time * width;
    const uint8_t *types = index + c->time;

    /* Leap seconds ("right/" files) shift all times; TDengine's and ODBC's clocks do not count
       them. */
    if (c->leap || !type_offset(types, c, 0, &tz->first)) return false;
    for (size_t i = 0; i < c->time; i++) {
        tz->span[i].at = be_time(p + i * width, width);
        if (i && tz->span[i].at <= tz->span[i - 1].at) return false;
        if (!type_offset(types, c, index[i], &tz->span[i].offset)) return false;
    }
    tz->count = c->time;
    tz->has_rule = footer.n > 0;
    return !tz->has_rule || td_tz_rule_read(footer, &tz->rule);
}

/* The last second of 2149, and room for two changes a year until then. */
#define EXPAND_TO   INT64_C(5680281599)
#define EXPAND_ROOM ((size_t)2 * 250)

/*
 * Compact files (zic -b slim) leave everything after about 2007 to the rule. Its changes are put
 * into the table here, so that times of this century take a search and not a calculation.
 */
static void expand(struct td_tz *tz, size_t room)
{
    int64_t t, from, next;

    if (!tz->count || !tz->has_rule || !tz->rule.has_dst) return;
    t = tz->span[tz->count - 1].at;
    while (tz->count < room) {
        td_tz_rule_offset(&tz->rule, t, &from, &t);
        if (t > EXPAND_TO) break;
        tz->span[tz->count].at = t;
        tz->span[tz->count++].offset = td_tz_rule_offset(&tz->rule, t, &from, &next);
    }
}

/* What stands between two line feeds after the second block; false when they are missing. */
static bool read_footer(const uint8_t *p, const uint8_t *end, struct td_str *footer)
{
    const uint8_t *stop;

    if (p == end || *p++ != '\n') return false;
    stop = memchr(p, '\n', (size_t)(end - p));
    if (!stop) return false;
    *footer = (struct td_str){(const char *)p, (size_t)(stop - p)};
    return true;
}

struct td_tz *td_tz_file(const char *path, struct td_str key, bool named, bool *nomem)
{
    size_t n, size, room, width = 4;
    uint8_t *file = (uint8_t *)td_tz_slurp(path, MAX_FILE, &n, nomem);
    const uint8_t *p = file;
    struct td_str footer = {NULL, 0};
    struct td_tz *tz = NULL;
    struct counts c;

    if (!file) return NULL;
    size = block_size(p, n, width, &c);
    if (size && p[4] >= '2') {
        p += HEADER + size;
        width = 8;
        size = block_size(p, n - (size_t)(p - file), width, &c);
        if (size && !read_footer(p + HEADER + size, file + n, &footer)) size = 0;
    }
    if (size) {
        room = c.time + (footer.n && memchr(footer.p, ',', footer.n) ? EXPAND_ROOM : 0);
        tz = td_tz_new(key, named, room);
        *nomem = *nomem || !tz;
    }
    if (tz && fill(tz, p + HEADER, width, &c, footer)) {
        expand(tz, room);
    } else {
        td_free(tz);
        tz = NULL;
    }
    td_free(file);
    return tz;
}
