/* engine_rows.c: writes typed rows into a table; used by INSERT and later by prepared
   statements. */
#include "engine_wal.h"

#include <stdlib.h>
#include <string.h>

bool tl_check_keep(const struct tl_db *db, int64_t ts, int64_t now, struct tl_error *err)
{
    int64_t scale = db->prec == 2 ? 1000000000 : db->prec == 1 ? 1000000 : 1000, span;
    if (__builtin_mul_overflow(db->keep_min * 60, scale, &span)) return true;
    int64_t low;
    if (__builtin_sub_overflow(now, span, &low) || ts >= low) return true;
    return tl_fail(err, TL_E_TS_RANGE, "Timestamp data out of range");
}

static void insert_sql(const struct tl_table *t, const int *cols, int ncols, struct tl_sb *b)
{
    tl_sb_fmt(b, "INSERT INTO s%lld(tid", (long long)t->id);
    for (int i = 0; i < ncols; i++)
        tl_sb_fmt(b, ",c%d", t->cols[cols[i]].id);
    tl_sb_str(b, ") VALUES(?");
    for (int i = 0; i < ncols; i++)
        tl_sb_str(b, ",?");
    tl_sb_str(b, ") ON CONFLICT DO ");
    int set = 0;
    for (int i = 0; i < ncols; i++) {
        const struct tl_field *f = &t->cols[cols[i]];
        if (cols[i] == 0 || f->pk) continue;
        tl_sb_fmt(b, "%sc%d=excluded.c%d", set++ ? "," : "UPDATE SET ", f->id, f->id);
    }
    if (!set) tl_sb_str(b, "NOTHING");
}

/* The insert statement for these columns, kept for the next call with the same ones. */
static bool prepare(struct tl_engine *e, const struct tl_table *t, const int *cols, int ncols,
                    struct tl_error *err)
{
    if (e->ins && e->ins_tab == t->id && e->ins_n == ncols &&
        memcmp(e->ins_cols, cols, (size_t)ncols * sizeof *cols) == 0) {
        return true;
    }
    sqlite3_finalize(e->ins);
    e->ins = NULL;
    int *copy = realloc(e->ins_cols, (size_t)ncols * sizeof *copy);
    if (!copy) return tl_oom(err);
    e->ins_cols = copy;
    memcpy(copy, cols, (size_t)ncols * sizeof *copy);
    e->ins_tab = t->id;
    e->ins_n = ncols;
    struct tl_sb b = {0};
    insert_sql(t, cols, ncols, &b);
    bool ok = !b.oom && sqlite3_prepare_v3(e->sq, b.p, -1, SQLITE_PREPARE_PERSISTENT, &e->ins,
                                           NULL) == SQLITE_OK;
    if (!ok) tl_sql_fail(e, err);
    tl_sb_free(&b);
    return ok;
}

bool tl_engine_insert_rows(struct tl_engine *e, const struct tl_table *t, int64_t tid,
                           const int *cols, int ncols, const struct tl_val *vals, size_t nrows,
                           struct tl_error *err)
{
    if (!prepare(e, t, cols, ncols, err)) return false;
    sqlite3_bind_int64(e->ins, 1, tid);
    bool ok = true;
    for (size_t r = 0; r < nrows && ok; r++) {
        const struct tl_val *row = vals + r * (size_t)ncols;
        for (int i = 0; i < ncols; i++)
            tl_val_bind(e->ins, i + 2, &t->cols[cols[i]].type, &row[i]);
        ok = sqlite3_step(e->ins) == SQLITE_DONE;
        if (!ok) tl_sql_fail(e, err);
        sqlite3_reset(e->ins);
    }
    sqlite3_clear_bindings(e->ins);
    for (int i = 0; i < ncols && ok; i++)
        if (cols[i] == 0) ok = tl_wal_rows(e, t, tid, vals, nrows, i, ncols, err);
    return ok;
}
