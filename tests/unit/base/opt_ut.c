/* opt_ut.c: the option table, values, connection strings in and out, and hiding secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/opt.h"

/* What a parse gave, as one text: the completed string, then the unknown keys in brackets. */
struct outcome {
    enum td_rc rc;
    struct td_err err;
    char text[4096];
    char unknown[512];
};

static void note_unknown(void *ctx, struct td_str key)
{
    struct outcome *out = ctx;
    size_t n = strlen(out->unknown);
    snprintf(out->unknown + n, sizeof out->unknown - n, "[%.*s]", (int)key.n, key.p);
}

static void write_text(const struct td_opts *o, bool mask, char *text, size_t cap)
{
    struct td_buf b = TD_BUF_INIT(1 << 20);
    assert_int_equal(td_opts_write(o, &b, mask), TD_OK);
    snprintf(text, cap, "%.*s", (int)b.n, (const char *)b.p);
    td_buf_free(&b);
}

static void parse(const char *conn, size_t n, bool mask, struct outcome *out)
{
    struct td_opts o;
    memset(out, 0, sizeof *out);
    td_opts_init(&o);
    out->rc = td_opts_parse(&o, (struct td_str){conn, n}, note_unknown, out, &out->err);
    write_text(&o, mask, out->text, sizeof out->text);
    td_opts_free(&o);
}

static void the_table_is_sound(void **state)
{
    (void)state;
    for (int i = 0; i < TD_OPT_COUNT; i++) {
        enum td_opt_id id = (enum td_opt_id)i;
        const struct td_opt_info *info = td_opt_info(id);
        int64_t least, most;
        assert_int_equal(td_opt_find(td_str_of(info->key)), i);
        assert_true(strlen(info->help) >= 8);
        assert_int_equal(td_opt_range(id, &least, &most), info->kind == TD_OPT_KIND_INT);
        assert_int_equal(td_opt_choices(id).n > 0, info->kind == TD_OPT_KIND_ENUM);
        /* Each alias leads here and nowhere else: td_opt_find takes the first. */
        char aliases[256];
        snprintf(aliases, sizeof aliases, "%s", info->aliases);
        for (char *save, *a = strtok_r(aliases, ";", &save); a; a = strtok_r(NULL, ";", &save))
            assert_int_equal(td_opt_find(td_str_of(a)), i);
        /* A default is its own canonical form. */
        struct td_opts o;
        td_opts_init(&o);
        assert_int_equal(td_opts_set(&o, id, td_str_of(info->def), NULL), TD_OK);
        assert_string_equal(td_opts_get(&o, id), info->def);
        td_opts_free(&o);
    }
    assert_int_equal(td_opt_find(TD_STR("")), -1);
    assert_int_equal(td_opt_find(TD_STR("Server ")), -1);
    assert_int_equal(td_opt_find(TD_STR("Host;Servername")), -1);
    assert_int_equal(td_opt_find(TD_STR("NoSuchKey")), -1);
    assert_int_equal(td_opt_find(TD_STR("initial catalog")), TD_OPT_DATABASE);
}

static void values_are_checked(void **state)
{
    static const struct {
        enum td_opt_id id;
        const char *in;
        const char *stored; /* NULL: refused */
        const char *says;   /* in the refusal */
    } rows[] = {
        {TD_OPT_PORT, "1", "1", NULL},
        {TD_OPT_PORT, "65535", "65535", NULL},
        {TD_OPT_PORT, " +06041 ", "6041", NULL},
        {TD_OPT_PORT, "0", NULL, "Port must be a whole number from 1 to 65535"},
        {TD_OPT_PORT, "65536", NULL, "1 to 65535"},
        {TD_OPT_PORT, "-1", NULL, "Port"},
        {TD_OPT_PORT, "6041.0", NULL, "Port"},
        {TD_OPT_PORT, "http", NULL, "Port"},
        {TD_OPT_PORT, "99999999999999999999", NULL, "Port"},
        {TD_OPT_LOGIN_TIMEOUT, "0", "0", NULL},
        {TD_OPT_LOGIN_TIMEOUT, "-1", NULL, "LoginTimeout"},
        {TD_OPT_KEEP_ALIVE, "110", "110", NULL},
        {TD_OPT_KEEP_ALIVE, "114", NULL, "KeepAlive"},
        {TD_OPT_MAX_MESSAGE_SIZE, "0", NULL, "MaxMessageSize"},
        {TD_OPT_COMPRESSION, "1", "1", NULL},
        {TD_OPT_COMPRESSION, "Yes", "1", NULL},
        {TD_OPT_COMPRESSION, "TRUE", "1", NULL},
        {TD_OPT_COMPRESSION, "on", "1", NULL},
        {TD_OPT_COMPRESSION, "0", "0", NULL},
        {TD_OPT_COMPRESSION, "no", "0", NULL},
        {TD_OPT_COMPRESSION, "False", "0", NULL},
        {TD_OPT_COMPRESSION, " OFF ", "0", NULL},
        {TD_OPT_COMPRESSION, "2", NULL, "Compression must be 0 or 1"},
        {TD_OPT_COMPRESSION, "maybe", NULL, "Compression"},
        {TD_OPT_TRANSPORT, "ws", "ws", NULL},
        {TD_OPT_TRANSPORT, "WSS", "wss", NULL},
        {TD_OPT_TRANSPORT, "rest", "http", NULL},
        {TD_OPT_TRANSPORT, "ftp", NULL, "Transport must be one of ws|wss|http|https"},
        {TD_OPT_TRANSPORT, "w", NULL, "Transport"},
        {TD_OPT_TRANSPORT, "ws|wss", NULL, "Transport"},
        {TD_OPT_SSL_MODE, "Verify-CA", "verify-ca", NULL},
        {TD_OPT_SSL_MODE, "verify_identity", "verify-full", NULL},
        {TD_OPT_SSL_MODE, "required", "none", NULL},
        {TD_OPT_SSL_MODE, "verify", NULL, "none|verify-ca|verify-full"},
        {TD_OPT_LOG_LEVEL, "5", "wire", NULL},
        {TD_OPT_LOG_LEVEL, "Debug", "debug", NULL},
        {TD_OPT_LOG_LEVEL, "6", NULL, "off|error|warn|info|debug|wire"},
        {TD_OPT_PWD, "", "", NULL},
        {TD_OPT_PWD, " p ", " p ", NULL},
        {TD_OPT_IGN_CUSTOMPRODUCT, "any thing", "any thing", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_opts o;
        struct td_err e = {TD_ST_00000, 0, ""};
        td_opts_init(&o);
        enum td_rc rc = td_opts_set(&o, rows[i].id, td_str_of(rows[i].in), &e);
        if (rows[i].stored) {
            assert_int_equal(rc, TD_OK);
            assert_string_equal(td_opts_get(&o, rows[i].id), rows[i].stored);
            assert_true(td_opts_given(&o, rows[i].id));
        } else {
            assert_int_equal(rc, TD_FAIL);
            assert_int_equal(e.state, TD_ST_HY024);
            assert_non_null(strstr(e.msg, rows[i].says));
            assert_false(td_opts_given(&o, rows[i].id));
        }
        td_opts_free(&o);
    }
}

static void values_have_defaults(void **state)
{
    (void)state;
    struct td_opts o;
    td_opts_init(&o);
    assert_string_equal(td_opts_get(&o, TD_OPT_SERVER), "localhost");
    assert_int_equal(td_opts_int(&o, TD_OPT_PORT), 6041);
    assert_true(td_opts_bool(&o, TD_OPT_AUTO_RECONNECT));
    assert_false(td_opts_bool(&o, TD_OPT_READ_ONLY));
    assert_false(td_opts_given(&o, TD_OPT_PORT));
    assert_int_equal(td_opts_set(&o, TD_OPT_PORT, TD_STR("7"), NULL), TD_OK);
    assert_int_equal(td_opts_set(&o, TD_OPT_AUTO_RECONNECT, TD_STR("no"), NULL), TD_OK);
    assert_int_equal(td_opts_int(&o, TD_OPT_PORT), 7);
    assert_false(td_opts_bool(&o, TD_OPT_AUTO_RECONNECT));
    /* A refused value leaves the old one; an empty one takes it back. */
    assert_int_equal(td_opts_set(&o, TD_OPT_PORT, TD_STR("x"), NULL), TD_FAIL);
    assert_int_equal(td_opts_int(&o, TD_OPT_PORT), 7);
    assert_int_equal(td_opts_set(&o, TD_OPT_PORT, TD_STR("  "), NULL), TD_OK);
    assert_false(td_opts_given(&o, TD_OPT_PORT));
    assert_int_equal(td_opts_int(&o, TD_OPT_PORT), 6041);
    assert_int_equal(td_opts_set(&o, TD_OPT_UID, (struct td_str){"a\0b", 3}, NULL), TD_FAIL);
    static char huge[70000];
    memset(huge, 'x', sizeof huge);
    assert_int_equal(td_opts_set(&o, TD_OPT_UID, (struct td_str){huge, sizeof huge}, NULL),
                     TD_FAIL);
    td_opts_free(&o);
}

static const struct {
    const char *in;
    const char
        *out; /* the completed string and the unknown keys; for bad ones what the error says */
    enum td_sqlstate error;
} strings[] = {
    /* Plain forms. */
    {"", "", 0},
    {";", "", 0},
    {";;; ;", "", 0},
    {"DSN=td", "DSN=td;", 0},
    {"DSN=td;", "DSN=td;", 0},
    {"dsn=td;uid=root;pwd=x", "DSN=td;UID=root;PWD=x;", 0},
    {" DSN = td ; UID = root ", "DSN=td;UID=root;", 0},
    {"\tDSN\t=\ttd\t;\r\nUID=root\r\n", "DSN=td;UID=root;", 0},
    {"\xEF\xBB\xBF"
     "DSN=td",
     "DSN=td;", 0},
    {"\xEF\xBB\xBF", "", 0},
    {"Driver=TDengine;Server=h", "Driver=TDengine;Server=h;", 0},
    {"DRIVER={TDengine};SERVER=h", "Driver=TDengine;Server=h;", 0},
    {"Driver=/usr/lib/odbc/libtdodbc.so", "Driver=/usr/lib/odbc/libtdodbc.so;", 0},
    {"UID=root;DSN=td", "DSN=td;UID=root;", 0},
    {"UID=root;Driver=TDengine", "Driver=TDengine;UID=root;", 0},
    /* Aliases of other drivers and clients. */
    {"Host=h;User=u;Password=p;DB=d", "Server=h;UID=u;PWD=p;Database=d;", 0},
    {"Servername=h;Username=u;Pass=p;Catalog=d", "Server=h;UID=u;PWD=p;Database=d;", 0},
    {"Address=h;User Id=u;Initial Catalog=d", "Server=h;UID=u;Database=d;", 0},
    {"Protocol=wss;TZ=Asia/Shanghai", "Transport=wss;Timezone=Asia/Shanghai;", 0},
    {"Timeout=3;Read_Timeout=4", "LoginTimeout=3;ReadTimeout=4;", 0},
    {"ConnectTimeout=9", "LoginTimeout=9;", 0},
    {"CONN_MODE=1", "BIMode=1;", 0},
    {"conn_retries=2;retry_backoff_ms=10;retry_backoff_max_ms=20",
     "ConnRetries=2;RetryBackoffMs=10;RetryBackoffMaxMs=20;", 0},
    {"bearer_token=t;totp_code=123456", "BearerToken=t;TotpCode=123456;", 0},
    {"tls_mode=verify_ca;tls_ca=/ca.pem", "SslMode=verify-ca;CaFile=/ca.pem;", 0},
    {"user_app=a;user_ip=10.0.0.1", "AppName=a;ClientIp=10.0.0.1;", 0},
    {"UNSIGNED_PROMOTION=1;TIMESTAMP_AS_IS=1;CUSTOMPRODUCT=x",
     "UNSIGNED_PROMOTION=1;TIMESTAMP_AS_IS=1;CUSTOMPRODUCT=x;", 0},
    {"URL={http://localhost:6041};UID=root", "Url=http://localhost:6041;UID=root;", 0},
    /* Quoting. */
    {"PWD={a;b}", "PWD={a;b};", 0},
    {"PWD={a}}b}", "PWD={a}}b};", 0},
    {"PWD={}}}", "PWD={}}};", 0},
    {"PWD={}}}}}", "PWD={}}}}};", 0},
    {"PWD={}}}}", "byte 5: the brace", TD_ST_HY000}, /* two braces, then no end */
    {"PWD={}", "PWD=;", 0},
    {"PWD={{}", "PWD={{};", 0},
    {"PWD={{a}}}", "PWD={{a}}};", 0},
    {"PWD={a=b}", "PWD={a=b};", 0},
    {"PWD=a=b", "PWD={a=b};", 0},
    {"PWD==", "PWD={=};", 0},
    {"PWD={ a }", "PWD={ a };", 0},
    {"PWD= {a} ;", "PWD=a;", 0},
    {"PWD={a}\t ;UID=u", "UID=u;PWD=a;", 0},
    {"PWD=a{b", "PWD={a{b};", 0},
    {"PWD=a{;}b", "byte 8: a keyword", TD_ST_HY000}, /* a brace inside quotes nothing */
    {"PWD=a}b", "PWD={a}}b};", 0},
    {"PWD=a}", "PWD={a}}};", 0},
    {"PWD=a b", "PWD=a b;", 0},
    {"PWD='a;UID=u'", "UID=u';PWD='a;", 0}, /* other quotes are plain characters */
    {"PWD=\"q\"", "PWD=\"q\";", 0},
    {"PWD=", "PWD=;", 0},
    {"PWD=;", "PWD=;", 0},
    {"PWD=   ;", "PWD=;", 0},
    {"PWD=\xE5\xAF\x86\xE7\xA0\x81", "PWD=\xE5\xAF\x86\xE7\xA0\x81;", 0},
    {"PWD=%41", "PWD=%41;", 0}, /* no percent-decoding outside a Url */
    {"PWD=a\\b", "PWD=a\\b;", 0},
    {"PWD={a\nb}", "PWD={a\nb};", 0},
    {"UID={DSN=x;PWD=y}", "UID={DSN=x;PWD=y};", 0},
    /* The first of two wins, DSN and Driver shut each other out. */
    {"UID=a;UID=b", "UID=a;", 0},
    {"UID=a;User=b;uid=c", "UID=a;", 0},
    {"UID=;UID=b", "UID=;", 0},
    {"Port=;Port=5", "", 0},
    {"DSN=a;Driver=b", "DSN=a;", 0},
    {"Driver=b;DSN=a", "Driver=b;", 0},
    {"Driver=b;Driver=c;DSN=a", "Driver=b;", 0},
    {"Port=1;Port=nonsense", "Port=1;", 0},
    /* Unknown keys are named, the rest holds. */
    {"UID=a;Foo=1;Bar={2;3};PWD=b", "UID=a;PWD=b;[Foo][Bar]", 0},
    {"Foo=", "[Foo]", 0},
    {"UID a=1", "[UID a]", 0},
    {"U=1", "[U]", 0},
    {"{UID}=1", "[{UID}]", 0},
    {"FILEDSN=/x.dsn;SAVEFILE=/y.dsn;UID=a", "UID=a;", 0}, /* the driver manager's */
    /* Values in one form. */
    {"Compression=YES;ReadOnly=off", "Compression=1;ReadOnly=0;", 0},
    {"Port=06041;Transport=WSS", "Port=6041;Transport=wss;", 0},
    {"Port={ 6041 }", "Port=6041;", 0},
    {"Port=;Compression=;Transport=;Server=", "Server=;", 0},
    {"Server=h1:6041,h2:6042", "Server={h1:6041,h2:6042};", 0},
    {"Server={[::1]:6041}", "Server={[::1]:6041};", 0},
    {"Server=[::1]:6041,h2", "Server={[::1]:6041,h2};", 0},
    /* Bad ones. */
    {"UID", "byte 1: a keyword without '='", TD_ST_HY000},
    {"UID=a;PWD", "byte 7: a keyword without '='", TD_ST_HY000},
    {"UID=a;x;PWD=b", "byte 7: a keyword without '='", TD_ST_HY000},
    {"=a", "byte 1: no keyword", TD_ST_HY000},
    {"UID=a; =b", "byte 8: no keyword", TD_ST_HY000},
    {"PWD={a", "byte 5: the brace", TD_ST_HY000},
    {"PWD={", "byte 5: the brace", TD_ST_HY000},
    {"PWD={a}};UID=b", "byte 5: the brace", TD_ST_HY000},
    {"UID=b;PWD={secret}rest;", "byte 19: text after", TD_ST_HY000},
    {"PWD={a}{b}", "byte 8: text after", TD_ST_HY000},
    {"Foo={a", "the brace", TD_ST_HY000}, /* an unknown key is read all the same */
    {"Port=x", "Port must be", TD_ST_HY024},
    {"Port=0", "Port must be", TD_ST_HY024},
    {"Transport=tcp", "Transport must be one of", TD_ST_HY024},
    {"Compression=perhaps", "Compression must be", TD_ST_HY024},
};

static void strings_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
        struct outcome out, again;
        parse(strings[i].in, strlen(strings[i].in), false, &out);
        if (strings[i].error) {
            if (out.rc != TD_FAIL || out.err.state != strings[i].error ||
                !strstr(out.err.msg, strings[i].out))
                fail_msg("'%s': %s", strings[i].in, out.rc == TD_OK ? out.text : out.err.msg);
            assert_null(strstr(out.err.msg, "secret"));
            continue;
        }
        char all[5000];
        snprintf(all, sizeof all, "%s%s", out.text, out.unknown);
        if (out.rc != TD_OK || strcmp(all, strings[i].out) != 0)
            fail_msg("'%s' gives '%s', not '%s'", strings[i].in,
                     out.rc == TD_OK ? all : out.err.msg, strings[i].out);
        /* The completed string reads back to itself. */
        parse(out.text, strlen(out.text), false, &again);
        assert_int_equal(again.rc, TD_OK);
        assert_string_equal(again.text, out.text);
        assert_string_equal(again.unknown, "");
    }
}

static void a_nul_is_no_value(void **state)
{
    (void)state;
    struct outcome out;
    parse("UID=a\0b;PWD=c", 13, false, &out);
    assert_int_equal(out.rc, TD_FAIL);
    assert_int_equal(out.err.state, TD_ST_HY024);
    /* Between attributes it is a separator, as in the lists of the installer. */
    parse("UID=a;\0\0PWD=c\0", 14, false, &out);
    assert_int_equal(out.rc, TD_FAIL);
    parse("UID=a;\0\0PWD=c;\0", 15, false, &out);
    assert_int_equal(out.rc, TD_OK);
    assert_string_equal(out.text, "UID=a;PWD=c;");
}

static void parsing_replaces_what_was_there(void **state)
{
    (void)state;
    struct td_opts o;
    char text[200];
    td_opts_init(&o);
    assert_int_equal(td_opts_parse(&o, TD_STR("UID=a;PWD=b"), NULL, NULL, NULL), TD_OK);
    assert_int_equal(td_opts_parse(&o, TD_STR("UID=c;Unknown=d"), NULL, NULL, NULL), TD_OK);
    write_text(&o, false, text, sizeof text);
    assert_string_equal(text, "UID=c;PWD=b;");
    td_opts_free(&o);
}

/* A password of any bytes comes back from the completed string, between two neighbours that stay
 * whole. */
static void assert_round_trip(const char *pwd, size_t n)
{
    struct td_opts o, back;
    struct td_err e;
    td_opts_init(&o);
    td_opts_init(&back);
    assert_int_equal(td_opts_set(&o, TD_OPT_DSN, TD_STR("d"), NULL), TD_OK);
    assert_int_equal(td_opts_set(&o, TD_OPT_PWD, (struct td_str){pwd, n}, NULL), TD_OK);
    assert_int_equal(td_opts_set(&o, TD_OPT_DATABASE, TD_STR("db"), NULL), TD_OK);
    struct td_buf b = TD_BUF_INIT(100000);
    assert_int_equal(td_opts_write(&o, &b, false), TD_OK);
    if (td_opts_parse(&back, td_buf_str(&b), NULL, NULL, &e) != TD_OK)
        fail_msg("'%.*s': %s", (int)b.n, (const char *)b.p, e.msg);
    assert_int_equal(strlen(td_opts_get(&back, TD_OPT_PWD)), n);
    assert_memory_equal(td_opts_get(&back, TD_OPT_PWD), pwd, n);
    assert_string_equal(td_opts_get(&back, TD_OPT_DSN), "d");
    assert_string_equal(td_opts_get(&back, TD_OPT_DATABASE), "db");
    td_buf_free(&b);
    td_opts_free(&o);
    td_opts_free(&back);
}

static void passwords_of_any_characters_round_trip(void **state)
{
    (void)state;
    assert_round_trip("", 0);
    /* Every byte alone, at the begin, in the middle, at the end; every pair of special ones. */
    for (int c = 1; c < 256; c++) {
        char ch = (char)c;
        char text[3][3] = {{ch, 'a', 'b'}, {'a', ch, 'b'}, {'a', 'b', ch}};
        assert_round_trip(&ch, 1);
        for (int i = 0; i < 3; i++)
            assert_round_trip(text[i], 3);
    }
    static const char special[] = "[]{}(),;?*=!@\"'\\%&# \t\n/:+~`^$<>|-_.";
    for (size_t i = 0; i < sizeof special - 1; i++)
        for (size_t k = 0; k < sizeof special - 1; k++)
            assert_round_trip((char[]){special[i], special[k]}, 2);
    assert_round_trip(special, sizeof special - 1);
    /* Longer ones from a fixed generator, with the hard characters often. */
    uint32_t seed = 20261122;
    for (int round = 0; round < 3000; round++) {
        char text[40];
        seed = seed * 1664525 + 1013904223;
        size_t n = (seed >> 24) % sizeof text;
        for (size_t i = 0; i < n; i++) {
            seed = seed * 1664525 + 1013904223;
            text[i] = seed & 0x100 ? "{};= "[(seed >> 16) % 5] : (char)(1 + (seed >> 16) % 255);
        }
        assert_round_trip(text, n);
    }
}

static void braces_only_where_needed(void **state)
{
    static const struct {
        const char *value, *pair;
    } rows[] = {
        {"", "K=;"},           {"abc", "K=abc;"},
        {"a b", "K=a b;"},     {" a", "K={ a};"},
        {"a ", "K={a };"},     {"[", "K={[};"},
        {"]", "K={]};"},       {"{", "K={{};"},
        {"}", "K={}}};"},      {"(", "K={(};"},
        {")", "K={)};"},       {",", "K={,};"},
        {";", "K={;};"},       {"?", "K={?};"},
        {"*", "K={*};"},       {"=", "K={=};"},
        {"!", "K={!};"},       {"@", "K={@};"},
        {"}}", "K={}}}}};"},   {"a/b:c", "K=a/b:c;"},
        {"\x01", "K={\x01};"}, {"\xC3\xA9", "K=\xC3\xA9;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_buf b = TD_BUF_INIT(100);
        assert_true(td_opt_write_pair(&b, "K", td_str_of(rows[i].value)));
        assert_true(td_str_eq(td_buf_str(&b), td_str_of(rows[i].pair)));
        td_buf_free(&b);
    }
    struct td_buf small = TD_BUF_INIT(3);
    assert_false(td_opt_write_pair(&small, "K", TD_STR("long")));
    td_buf_free(&small);
}

static void masked_strings_show_no_secret(void **state)
{
    static const struct {
        const char *in, *out;
    } rows[] = {
        {"UID=root;PWD=hidden", "UID=root;PWD={***};"},
        {"PWD=", "PWD={***};"},
        {"Token=hidden;BearerToken=hidden;TotpCode=hidden",
         "Token={***};BearerToken={***};TotpCode={***};"},
        {"Url=ws://h:6041/db", "Url=ws://h:6041/db;"},
        {"Url={ws://root:hidden@h:6041/db}", "Url={ws://root:***@h:6041/db};"},
        {"Url={ws://:hidden@h}", "Url={ws://:***@h};"},
        {"Url={ws://root@h}", "Url={ws://root@h};"},
        {"Url={ws://@h}", "Url={ws://@h};"},
        {"Url={ws://root:hid@den@h}", "Url={ws://root:***@h};"},
        {"Url={ws://root:hid/den@h/db}", "Url={ws://***};"},
        {"Url={ws://root:hid?den@h/db}", "Url={ws://***};"},
        {"Url={ws://root:hid#den@h/db}", "Url={ws://***};"},
        {"Url={ws://h?token=hid@den}", "Url={ws://***};"},
        {"Url={ws://h:6041/db?app=me@x&token=hidden}", "Url={ws://***};"},
        {"Url={ws://hid&den@x}", "Url={ws://***};"},
        {"Url={ws://h?token=hidden}", "Url={ws://h?token=***};"},
        {"Url={ws://h?TOKEN=hidden&timezone=UTC&pwd=hidden}",
         "Url={ws://h?TOKEN=***&timezone=UTC&pwd=***};"},
        {"Url={ws://h?nosuchkey=hidden&&hidden&compression=1}",
         "Url={ws://h?nosuchkey=***&&***&compression=1};"},
        {"Url={ws://h?t%6Fken=hidden}", "Url={ws://h?t%6Fken=***};"},
        {"Url={ws://h/d#hidden}", "Url={ws://h/d#***};"},
        {"Url={ws://h/d?timezone=UTC#hidden}", "Url={ws://h/d?timezone=UTC#***};"},
        {"Url=hidden", "Url={***};"},
        {"Url={root:hidden@h://x}", "Url={***};"},
        {"Url={root:hidden@h:6041}", "Url={***};"},
        {"Url=", "Url=;"},
        {"Proxy={http://me:hidden@proxy:3128}", "Proxy={http://me:***@proxy:3128};"},
        {"LogFile=/tmp/x.log;AppName=a", "AppName=a;LogFile=/tmp/x.log;"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome out;
        parse(rows[i].in, strlen(rows[i].in), true, &out);
        if (strcmp(out.text, rows[i].out) != 0) fail_msg("'%s' shows '%s'", rows[i].in, out.text);
        assert_null(strstr(out.text, "hid"));
        assert_null(strstr(out.text, "den"));
        parse(rows[i].in, strlen(rows[i].in), false, &out);
        if (strstr(rows[i].in, "hidden")) assert_non_null(strstr(out.text, "hidden"));
    }
}

static void lack_of_memory_is_reported(void **state)
{
    (void)state;
    static const char conn[] = "DSN=d;UID=u;PWD={p;}}};Port=7;Url={ws://a:b@h?token=t};Foo=1";
    for (uint64_t nth = 1;; nth++) {
        struct td_opts o, copy;
        struct td_err e = {TD_ST_00000, 0, ""};
        struct td_buf b = TD_BUF_INIT(10000);
        td_opts_init(&o);
        td_opts_init(&copy);
        td_alloc_fail_at(nth, 0);
        enum td_rc rc = td_opts_parse(&o, TD_STR(conn), NULL, NULL, &e);
        if (rc == TD_OK) rc = td_opts_copy(&copy, &o, &e);
        bool written = rc == TD_OK && td_opts_write(&copy, &b, true) == TD_OK;
        bool off = td_alloc_count() == 0;
        td_alloc_fail_at(0, 0);
        assert_false(off);
        if (rc != TD_OK) assert_int_equal(e.state, TD_ST_HY001);
        td_buf_free(&b);
        td_opts_free(&copy);
        td_opts_free(&o);
        if (written) {
            assert_true(nth > 10);
            return;
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_sound),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(values_have_defaults),
        cmocka_unit_test(strings_are_read),
        cmocka_unit_test(a_nul_is_no_value),
        cmocka_unit_test(parsing_replaces_what_was_there),
        cmocka_unit_test(passwords_of_any_characters_round_trip),
        cmocka_unit_test(braces_only_where_needed),
        cmocka_unit_test(masked_strings_show_no_secret),
        cmocka_unit_test(lack_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
