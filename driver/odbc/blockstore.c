#include "odbc/blockstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

/* Views kept open when nothing pins them: neighbouring fetches hit the same blocks. */
#define IDLE_VIEWS 8

struct kept {
    uint8_t *msg;         /* the message that holds the block; NULL = in the file */
    const uint8_t *bytes; /* the block, when in memory */
    size_t len;
    uint64_t at;   /* in the file */
    SQLULEN first; /* row number of its first row */
    uint32_t rows;
};

struct view {
    struct view *next; /* most recently used first */
    uint32_t block;
    bool pinned;
    uint8_t *copy; /* of a block in the file */
    struct td_block b;
    struct td_col cols[];
};

struct td_store {
    uint32_t ncols;
    uint8_t ts_prec;
    size_t limit, in_memory;
    struct kept *blocks;
    uint32_t n, cap;
    SQLULEN rows;
    struct view *views;
    int fd; /* −1 = no file yet */
    uint64_t file_size;
};

struct td_store *td_store_new(uint32_t ncols, uint8_t ts_prec, size_t limit)
{
    struct td_store *s = td_calloc(1, sizeof *s);

    if (s) {
        s->ncols = ncols;
        s->ts_prec = ts_prec;
        s->limit = limit;
        s->fd = -1;
    }
    return s;
}

static void free_view(struct view *v)
{
    td_free(v->copy);
    td_free(v);
}

void td_store_free(struct td_store *s)
{
    if (!s) return;
    for (uint32_t i = 0; i < s->n; i++)
        td_free(s->blocks[i].msg);
    while (s->views) {
        struct view *v = s->views;
        s->views = v->next;
        free_view(v);
    }
    if (s->fd >= 0) close(s->fd);
    td_free(s->blocks);
    td_free(s);
}

SQLULEN td_store_rows(const struct td_store *s)
{
    return s->rows;
}

uint64_t td_store_spilled(const struct td_store *s)
{
    return s->file_size;
}

/* An unlinked file in TMPDIR or /tmp: it vanishes with the descriptor, however the process ends. */
static enum td_rc open_file(struct td_store *s, struct td_err *err)
{
    const char *dir = secure_getenv("TMPDIR");
    char path[4096];

    if (!dir || !*dir) dir = "/tmp";
#ifdef O_TMPFILE
    s->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#endif
    if (s->fd < 0 && snprintf(path, sizeof path, "%s/tdodbc-XXXXXX", dir) < (int)sizeof path) {
        s->fd = mkostemp(path, O_CLOEXEC);
        if (s->fd >= 0) unlink(path);
    }
    if (s->fd < 0)
        return td_err_set(err, TD_ST_HY000, 0, "The cursor needs a temporary file in %.200s: %s",
                          dir, strerrordesc_np(errno));
    return TD_OK;
}

static enum td_rc spill(struct td_store *s, struct kept *k, const uint8_t *bytes,
                        struct td_err *err)
{
    size_t done = 0;

    if (s->fd < 0 && open_file(s, err) != TD_OK) return TD_FAIL;
    while (done < k->len) {
        ssize_t n = pwrite(s->fd, bytes + done, k->len - done, (off_t)(s->file_size + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return td_err_set(err, TD_ST_HY000, 0, "Writing the cursor's temporary file: %s",
                              strerrordesc_np(errno));
        done += (size_t)n;
    }
    k->at = s->file_size;
    s->file_size += k->len;
    return TD_OK;
}

enum td_rc td_store_add(struct td_store *s, struct td_result *r, struct td_err *err)
{
    if (s->n == s->cap) {
        uint32_t cap = s->cap ? s->cap * 2 : 64;
        struct kept *p = td_realloc(s->blocks, cap * sizeof *p);
        if (!p) return td_err_nomem(err);
        s->blocks = p;
        s->cap = cap;
    }
    struct kept *k = &s->blocks[s->n];
    memset(k, 0, sizeof *k);
    k->len = r->block.len;
    k->rows = r->block.rows;
    k->first = s->rows;
    if (s->in_memory + k->len > s->limit) {
        if (spill(s, k, r->block.bytes, err) != TD_OK) return TD_FAIL;
    } else {
        size_t n;
        k->bytes = r->block.bytes;
        k->msg = td_result_detach_block(r, &n);
        s->in_memory += n;
    }
    s->rows += k->rows;
    s->n++;
    return TD_OK;
}

static uint32_t find_block(const struct td_store *s, SQLULEN row)
{
    uint32_t lo = 0, hi = s->n;

    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (s->blocks[mid].first <= row)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

static enum td_rc read_back(struct td_store *s, const struct kept *k, uint8_t *to,
                            struct td_err *err)
{
    size_t done = 0;

    while (done < k->len) {
        ssize_t n = pread(s->fd, to + done, k->len - done, (off_t)(k->at + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0)
            return td_err_set(err, TD_ST_HY000, 0, "Reading the cursor's temporary file: %s",
                              n ? strerrordesc_np(errno) : "it was cut");
        done += (size_t)n;
    }
    return TD_OK;
}

static struct view *open_view(struct td_store *s, uint32_t i, struct td_err *err)
{
    const struct kept *k = &s->blocks[i];
    struct view *v = td_calloc(1, sizeof *v + s->ncols * sizeof *v->cols);
    const uint8_t *bytes = k->bytes;

    if (!v) {
        td_err_nomem(err);
        return NULL;
    }
    v->block = i;
    if (!k->msg) {
        v->copy = td_malloc(k->len);
        if (!v->copy) {
            free_view(v);
            td_err_nomem(err);
            return NULL;
        }
        if (read_back(s, k, v->copy, err) != TD_OK) {
            free_view(v);
            return NULL;
        }
        bytes = v->copy;
    }
    if (td_block_open(bytes, k->len, NULL, v->cols, s->ncols, s->ts_prec, &v->b, err) != TD_OK) {
        free_view(v);
        return NULL;
    }
    return v;
}

const struct td_block *td_store_block(struct td_store *s, SQLULEN row, uint32_t *block_row,
                                      struct td_err *err)
{
    uint32_t i = find_block(s, row);
    struct view *v = NULL;

    for (struct view **p = &s->views; *p; p = &(*p)->next) {
        if ((*p)->block == i) {
            v = *p;
            *p = v->next;
            break;
        }
    }
    if (!v && !(v = open_view(s, i, err))) return NULL;
    v->next = s->views;
    s->views = v;
    v->pinned = true;
    *block_row = (uint32_t)(row - s->blocks[i].first);
    return &v->b;
}

void td_store_unpin(struct td_store *s)
{
    uint32_t n = 0;

    for (struct view **p = &s->views; *p;) {
        struct view *v = *p;
        v->pinned = false;
        if (++n > IDLE_VIEWS) {
            *p = v->next;
            free_view(v);
        } else {
            p = &v->next;
        }
    }
}
