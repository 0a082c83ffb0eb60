/*
 * engine_sys.c: information_schema and performance_schema. Column names, types and lengths as
 * recorded in golden/catalog; the content comes from the engine's own tables. A system table whose
 * columns were not recorded is listed, but reading it is refused.
 */
#include "engine_int.h"

#include <stdio.h>
#include <string.h>

#define V TL_VARCHAR
#define T TL_TIMESTAMP

static const struct tl_syscol c_databases[] = {{"name", V, 64},
                                               {"create_time", T, 8},
                                               {"vgroups", TL_INT, 4},
                                               {"ntables", TL_BIGINT, 8},
                                               {"replica", TL_TINYINT, 1},
                                               {"strict", V, 4},
                                               {"duration", V, 10},
                                               {"keep", V, 32},
                                               {"buffer", TL_INT, 4},
                                               {"pagesize", TL_INT, 4},
                                               {"pages", TL_INT, 4},
                                               {"minrows", TL_INT, 4},
                                               {"maxrows", TL_INT, 4},
                                               {"comp", TL_TINYINT, 1},
                                               {"precision", V, 2},
                                               {"status", V, 10},
                                               {"retentions", V, 60},
                                               {"single_stable", TL_BOOL, 1},
                                               {"cachemodel", V, 11},
                                               {"cachesize", TL_INT, 4},
                                               {"wal_level", TL_TINYINT, 1},
                                               {"wal_fsync_period", TL_INT, 4},
                                               {"wal_retention_period", TL_INT, 4},
                                               {"wal_retention_size", TL_BIGINT, 8},
                                               {"stt_trigger", TL_SMALLINT, 2},
                                               {"table_prefix", TL_SMALLINT, 2},
                                               {"table_suffix", TL_SMALLINT, 2},
                                               {"tsdb_pagesize", TL_INT, 4},
                                               {"keep_time_offset", TL_INT, 4},
                                               {"ss_chunkpages", TL_INT, 4},
                                               {"ss_keeplocal", V, 10},
                                               {"ss_compact", TL_TINYINT, 1},
                                               {"with_arbitrator", TL_TINYINT, 1},
                                               {"encrypt_algorithm", V, 16},
                                               {"compact_interval", V, 12},
                                               {"compact_time_range", V, 24},
                                               {"compact_time_offset", V, 4}};
static const struct tl_syscol c_tables[] = {{"table_name", V, 192},     {"db_name", V, 64},
                                            {"create_time", T, 8},      {"columns", TL_INT, 4},
                                            {"stable_name", V, 192},    {"uid", TL_BIGINT, 8},
                                            {"vgroup_id", TL_INT, 4},   {"ttl", TL_INT, 4},
                                            {"table_comment", V, 1024}, {"type", V, 21}};
static const struct tl_syscol c_stables[] = {
    {"stable_name", V, 192},    {"db_name", V, 64},    {"create_time", T, 8},
    {"columns", TL_INT, 4},     {"tags", TL_INT, 4},   {"last_update", T, 8},
    {"table_comment", V, 1024}, {"watermark", V, 64},  {"max_delay", V, 64},
    {"rollup", V, 128},         {"uid", TL_BIGINT, 8}, {"isvirtual", TL_BOOL, 1},
    {"keep", TL_BIGINT, 8}};
static const struct tl_syscol c_columns[] = {
    {"table_name", V, 192},       {"db_name", V, 64},        {"table_type", V, 21},
    {"col_name", V, 64},          {"col_type", V, 32},       {"col_length", TL_INT, 4},
    {"col_precision", TL_INT, 4}, {"col_scale", TL_INT, 4},  {"col_nullable", TL_INT, 4},
    {"col_source", V, 258},       {"col_id", TL_SMALLINT, 2}};
static const struct tl_syscol c_tags[] = {{"table_name", V, 192},  {"db_name", V, 64},
                                          {"stable_name", V, 192}, {"tag_name", V, 64},
                                          {"tag_type", V, 32},     {"tag_value", V, 16384}};
static const struct tl_syscol c_users[] = {{"name", V, 24},
                                           {"super", TL_TINYINT, 1},
                                           {"enable", TL_TINYINT, 1},
                                           {"sysinfo", TL_TINYINT, 1},
                                           {"createdb", TL_TINYINT, 1},
                                           {"create_time", T, 8},
                                           {"allowed_host", V, 49152}};
static const struct tl_syscol c_indexes[] = {{"index_name", V, 192}, {"db_name", V, 64},
                                             {"table_name", V, 192}, {"vgroup_id", TL_INT, 4},
                                             {"create_time", T, 8},  {"column_name", V, 192},
                                             {"index_type", V, 192}};
static const struct tl_syscol c_topics[] = {
    {"topic_name", V, 192}, {"db_name", V, 64}, {"create_time", T, 8}, {"sql", V, 2048},
    {"schema", V, 65517},   {"meta", V, 4},     {"type", V, 8}};
static const struct tl_syscol c_views[] = {{"view_name", V, 192},     {"db_name", V, 64},
                                           {"effective_user", V, 24}, {"create_time", T, 8},
                                           {"type", V, 128},          {"query_sql", V, 2048},
                                           {"parameters", V, 2048},   {"default_values", V, 2048},
                                           {"target_table", V, 192}};
/* name and version were recorded; the rest of these two tables follows protocol.md 7.2. */
static const struct tl_syscol c_cluster[] = {{"id", TL_BIGINT, 8},  {"name", V, 40},
                                             {"uptime", TL_INT, 4}, {"create_time", T, 8},
                                             {"version", V, 10},    {"expire_time", T, 8}};
static const struct tl_syscol c_functions[] = {
    {"name", V, 64},          {"comment", V, 255},
    {"aggregate", TL_INT, 4}, {"output_type", V, 31},
    {"create_time", T, 8},    {"code_len", TL_INT, 4},
    {"bufsize", TL_INT, 4},   {"func_language", V, 31},
    {"func_body", V, 16384},  {"func_version", TL_INT, 4}};
static const struct tl_syscol c_grants[] = {
    {"version", V, 64}, {"expire_time", V, 19}, {"service_time", V, 19}, {"expired", V, 5},
    {"state", V, 9},    {"timeseries", V, 43},  {"dnodes", V, 21},       {"cpu_cores", V, 21},
    {"vnodes", V, 21},  {"storage_size", V, 43}};
static const struct tl_syscol c_queries[] = {
    {"kill_id", V, 26},          {"query_id", TL_UBIGINT, 8},
    {"conn_id", TL_UINT, 4},     {"app", V, 24},
    {"pid", TL_INT, 4},          {"user", V, 24},
    {"end_point", V, 22},        {"create_time", T, 8},
    {"exec_usec", TL_BIGINT, 8}, {"stable_query", TL_BOOL, 1},
    {"sub_query", TL_BOOL, 1},   {"sub_num", TL_INT, 4},
    {"sub_status", V, 1024},     {"sql", V, 1024}};

static const char q_databases[] =
    "SELECT db AS name, NULL AS create_time, NULL AS vgroups, count(*) AS ntables, NULL AS replica,"
    " NULL AS strict, NULL AS duration, NULL AS keep, NULL AS buffer, NULL AS pagesize, NULL AS "
    "pages,"
    " NULL AS minrows, NULL AS maxrows, NULL AS comp, 'ms' AS precision, 'ready' AS status,"
    " NULL AS retentions, NULL AS single_stable, NULL AS cachemodel, NULL AS cachesize,"
    " NULL AS wal_level, NULL AS wal_fsync_period, NULL AS wal_retention_period,"
    " NULL AS wal_retention_size, NULL AS stt_trigger, NULL AS table_prefix, NULL AS table_suffix,"
    " NULL AS tsdb_pagesize, NULL AS keep_time_offset, NULL AS ss_chunkpages, NULL AS ss_keeplocal,"
    " NULL AS ss_compact, NULL AS with_arbitrator, NULL AS encrypt_algorithm,"
    " NULL AS compact_interval, NULL AS compact_time_range, NULL AS compact_time_offset"
    " FROM temp.sys_tab GROUP BY db UNION ALL"
    " SELECT d.name, created, vgroups,"
    " (SELECT count(*) FROM tl_tab t WHERE t.dbid = d.id AND t.kind <> 1), 1, 'on', '10d',"
    " (keep_min/1440)||'d,'||(keep_min/1440)||'d,'||(keep_min/1440)||'d', buffer, pagesize, pages,"
    " 100, 4096, comp, CASE prec WHEN 0 THEN 'ms' WHEN 1 THEN 'us' ELSE 'ns' END, 'ready', NULL, 0,"
    " cachemodel, 1, 1, 3000, wal_retention_period, 0, 2, 0, 0, 4, 0, 131072, '525600m', 1, 0, "
    "'none',"
    " '0d', '0d,0d', '0h' FROM tl_db d";
static const char q_tables[] =
    "SELECT t.name AS table_name, d.name AS db_name, t.created AS create_time,"
    " (SELECT count(*) FROM tl_col c WHERE c.tabid = coalesce(t.stid, t.id) AND c.tag = 0) AS "
    "columns,"
    " (SELECT st.name FROM tl_tab st WHERE st.id = t.stid) AS stable_name, t.id AS uid,"
    " td_vgroup(d.name, t.name, d.vgroups) AS vgroup_id, t.ttl AS ttl, t.comment AS table_comment,"
    " CASE t.kind WHEN 0 THEN 'NORMAL_TABLE' ELSE 'CHILD_TABLE' END AS type"
    " FROM tl_db d CROSS JOIN tl_tab t ON t.dbid = d.id WHERE t.kind <> 1 UNION ALL"
    " SELECT name, db, NULL, ncols, NULL, NULL, NULL, NULL, NULL, 'SYSTEM_TABLE' FROM temp.sys_tab";
static const char q_stables[] =
    "SELECT t.name AS stable_name, d.name AS db_name, t.created AS create_time,"
    " (SELECT count(*) FROM tl_col c WHERE c.tabid = t.id AND c.tag = 0) AS columns,"
    " (SELECT count(*) FROM tl_col c WHERE c.tabid = t.id AND c.tag = 1) AS tags,"
    " t.updated AS last_update, t.comment AS table_comment, '5000a,5000a' AS watermark,"
    " '-1a,-1a' AS max_delay, '' AS rollup, t.id AS uid, 0 AS isvirtual, -1 AS keep"
    " FROM tl_db d CROSS JOIN tl_tab t ON t.dbid = d.id WHERE t.kind = 1";
static const char q_columns[] =
    "SELECT t.name AS table_name, d.name AS db_name,"
    " CASE t.kind WHEN 0 THEN 'NORMAL_TABLE' WHEN 1 THEN 'SUPER_TABLE' ELSE 'CHILD_TABLE' END AS"
    " table_type, c.name AS col_name, td_type(c.type, c.len, c.prec, c.scale, 1) AS col_type,"
    " td_width(c.type, c.len) AS col_length, NULL AS col_precision, NULL AS col_scale,"
    " NULL AS col_nullable, NULL AS col_source, c.id AS col_id"
    " FROM tl_db d CROSS JOIN tl_tab t ON t.dbid = d.id"
    " CROSS JOIN tl_col c ON c.tabid = coalesce(t.stid, t.id) AND c.tag = 0 UNION ALL"
    " SELECT tab, db, 'SYSTEM_TABLE', name, td_type(type, len, 0, 0, 1), td_width(type, len),"
    " NULL, NULL, NULL, NULL, NULL FROM temp.sys_col";
static const char q_tags[] =
    "SELECT t.name AS table_name, d.name AS db_name,"
    " (SELECT st.name FROM tl_tab st WHERE st.id = t.stid) AS stable_name, c.name AS tag_name,"
    " td_type(c.type, c.len, c.prec, c.scale, 2) AS tag_type,"
    " td_tag(t.stid, t.id, c.id) AS tag_value"
    " FROM tl_db d CROSS JOIN tl_tab t ON t.dbid = d.id AND t.kind = 2"
    " CROSS JOIN tl_col c ON c.tabid = t.stid AND c.tag = 1";
static const char q_users[] =
    "SELECT name, super, enable, sysinfo, createdb, created AS create_time,"
    " '127.0.0.1/32,::1/128' AS allowed_host FROM tl_user";
static const char q_indexes[] =
    "SELECT i.name AS index_name, d.name AS db_name, i.tab AS table_name, NULL AS vgroup_id,"
    " i.created AS create_time, i.col AS column_name, 'tag_index' AS index_type"
    " FROM tl_index i JOIN tl_db d ON d.id = i.dbid";
static const char q_topics[] =
    "SELECT t.name AS topic_name, d.name AS db_name, t.created AS create_time, t.text AS sql,"
    " NULL AS schema, CASE meta WHEN 0 THEN 'no' ELSE 'yes' END AS meta, t.type AS type"
    " FROM tl_topic t JOIN tl_db d ON d.id = t.dbid";
static const char q_views[] =
    "SELECT NULL AS view_name, NULL AS db_name, NULL AS effective_user, NULL AS create_time,"
    " NULL AS type, NULL AS query_sql, NULL AS parameters, NULL AS default_values,"
    " NULL AS target_table WHERE 0";
static const char q_cluster[] =
    "SELECT 1 AS id, 'tdlite' AS name, 0 AS uptime, 0 AS create_time, 'community' AS version,"
    " NULL AS expire_time";
static const char q_functions[] =
    "SELECT NULL AS name, NULL AS comment, NULL AS aggregate, NULL AS output_type,"
    " NULL AS create_time, NULL AS code_len, NULL AS bufsize, NULL AS func_language,"
    " NULL AS func_body, NULL AS func_version WHERE 0";
static const char q_grants[] =
    "SELECT 'TDengine TSDB-OSS' AS version, 'unlimited' AS expire_time, 'limited' AS service_time,"
    " 'false' AS expired, 'ungranted' AS state, 'unlimited' AS timeseries, 'unlimited' AS dnodes,"
    " 'unlimited' AS cpu_cores, 'unlimited' AS vnodes, 'unlimited' AS storage_size";
static const char q_queries[] = "SELECT * FROM temp.tl_query";

#define IS      "information_schema"
#define PS      "performance_schema"
#define COLS(c) c, (int)(sizeof c / sizeof c[0])
#define UNKNOWN(db, name)                                                                          \
    {                                                                                              \
        db, name, NULL, 0, NULL                                                                    \
    }

static const struct tl_systab tabs[] = {{IS, "ins_databases", COLS(c_databases), q_databases},
                                        {IS, "ins_tables", COLS(c_tables), q_tables},
                                        {IS, "ins_stables", COLS(c_stables), q_stables},
                                        {IS, "ins_columns", COLS(c_columns), q_columns},
                                        {IS, "ins_tags", COLS(c_tags), q_tags},
                                        {IS, "ins_users", COLS(c_users), q_users},
                                        {IS, "ins_indexes", COLS(c_indexes), q_indexes},
                                        {IS, "ins_topics", COLS(c_topics), q_topics},
                                        {IS, "ins_views", COLS(c_views), q_views},
                                        {IS, "ins_cluster", COLS(c_cluster), q_cluster},
                                        {IS, "ins_functions", COLS(c_functions), q_functions},
                                        {IS, "ins_grants", COLS(c_grants), q_grants},
                                        UNKNOWN(IS, "ins_anodes"),
                                        UNKNOWN(IS, "ins_anodes_full"),
                                        UNKNOWN(IS, "ins_arbgroups"),
                                        UNKNOWN(IS, "ins_bnodes"),
                                        UNKNOWN(IS, "ins_compact_details"),
                                        UNKNOWN(IS, "ins_compacts"),
                                        UNKNOWN(IS, "ins_configs"),
                                        UNKNOWN(IS, "ins_disk_usage"),
                                        UNKNOWN(IS, "ins_dnode_variables"),
                                        UNKNOWN(IS, "ins_dnodes"),
                                        UNKNOWN(IS, "ins_encryptions"),
                                        UNKNOWN(IS, "ins_filesets"),
                                        UNKNOWN(IS, "ins_grants_full"),
                                        UNKNOWN(IS, "ins_grants_logs"),
                                        UNKNOWN(IS, "ins_machines"),
                                        UNKNOWN(IS, "ins_mnodes"),
                                        UNKNOWN(IS, "ins_mounts"),
                                        UNKNOWN(IS, "ins_qnodes"),
                                        UNKNOWN(IS, "ins_snodes"),
                                        UNKNOWN(IS, "ins_stream_recalculates"),
                                        UNKNOWN(IS, "ins_stream_tasks"),
                                        UNKNOWN(IS, "ins_streams"),
                                        UNKNOWN(IS, "ins_subscriptions"),
                                        UNKNOWN(IS, "ins_transaction_details"),
                                        UNKNOWN(IS, "ins_tsmas"),
                                        UNKNOWN(IS, "ins_user_privileges"),
                                        UNKNOWN(IS, "ins_vgroups"),
                                        UNKNOWN(IS, "ins_virtual_child_columns"),
                                        UNKNOWN(IS, "ins_vnodes"),
                                        UNKNOWN(PS, "perf_connections"),
                                        {PS, "perf_queries", COLS(c_queries), q_queries},
                                        UNKNOWN(PS, "perf_consumers"),
                                        UNKNOWN(PS, "perf_trans"),
                                        UNKNOWN(PS, "perf_apps")};

const struct tl_systab *tl_systab_find(const char *db, const char *name)
{
    for (size_t i = 0; i < sizeof tabs / sizeof tabs[0]; i++) {
        if (strcmp(tabs[i].db, db) == 0 && strcmp(tabs[i].name, name) == 0) return &tabs[i];
    }
    return NULL;
}

bool tl_sys_install(struct tl_engine *e, struct tl_error *err)
{
    if (!tl_run(
            e, err,
            "CREATE TEMP TABLE sys_tab(db TEXT, name TEXT, ncols INT, PRIMARY KEY(db, name));"
            "CREATE TEMP TABLE sys_col(db TEXT, tab TEXT, name TEXT, type INT, len INT);"
            "CREATE INDEX temp.sys_col_tab ON sys_col(db, tab);"
            "CREATE TEMP TABLE tl_query(kill_id TEXT, query_id INT, conn_id INT, app TEXT, pid INT,"
            " user TEXT, end_point TEXT, create_time INT, exec_usec INT, stable_query INT,"
            " sub_query INT, sub_num INT, sub_status TEXT, sql TEXT);"
            "INSERT INTO tl_user SELECT 'root', 'taosdata', 1, 1, 1, 1,"
            " CAST(strftime('%%s','now') AS INT)*1000 WHERE NOT EXISTS(SELECT 1 FROM tl_user);"
            "SAVEPOINT sys")) {
        return false;
    }
    for (size_t i = 0; i < sizeof tabs / sizeof tabs[0]; i++) {
        const struct tl_systab *t = &tabs[i];
        if (!tl_run(e, err, "INSERT INTO sys_tab VALUES(%Q,%Q,%d)", t->db, t->name, t->ncols))
            return false;
        for (int c = 0; c < t->ncols; c++) {
            if (!tl_run(e, err, "INSERT INTO sys_col VALUES(%Q,%Q,%Q,%d,%d)", t->db, t->name,
                        t->cols[c].name, t->cols[c].t, t->cols[c].len)) {
                return false;
            }
        }
    }
    return tl_run(e, err, "RELEASE sys");
}
