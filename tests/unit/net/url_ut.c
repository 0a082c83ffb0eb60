/*
 * url_ut.c: Url, Server lists and explicit keys → endpoints. A row is a connection string; what is
 * resolved is shown as one text: `transport user:password host:port[,host:port...] /db` and then
 * every other option that the Url gave.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "net/url.h"

struct outcome {
    enum td_rc rc;
    struct td_err err;
    char text[8192];
    char unknown[512];
};

static void note_unknown(void *ctx, struct td_str key)
{
    struct outcome *out = ctx;
    size_t n = strlen(out->unknown);
    snprintf(out->unknown + n, sizeof out->unknown - n, "[%.*s]", (int)key.n, key.p);
}

static void show(const struct td_opts *given, const struct td_url_target *t, struct outcome *out)
{
    struct td_buf b = TD_BUF_INIT(sizeof out->text - 1);
    td_buf_printf(&b, "%s%s %s:%s ", t->kind == TD_TRANSPORT_WS ? "ws" : "http", t->tls ? "s" : "",
                  t->user, t->password);
    for (size_t i = 0; i < t->endpoints.n; i++) {
        td_buf_puts(&b, i ? "," : "");
        td_url_host_port(&b, &t->endpoints.v[i]);
    }
    td_buf_printf(&b, " /%s", t->database);
    for (int i = 0; i < TD_OPT_COUNT; i++) {
        bool shown = i == TD_OPT_UID || i == TD_OPT_PWD || i == TD_OPT_DATABASE ||
                     i == TD_OPT_TRANSPORT || i == TD_OPT_URL;
        if (!shown && t->opts.val[i] && !given->val[i])
            td_buf_printf(&b, " %s=%s", td_opt_info((enum td_opt_id)i)->key, t->opts.val[i]);
    }
    snprintf(out->text, sizeof out->text, "%.*s%s", (int)b.n, (const char *)b.p, out->unknown);
    td_buf_free(&b);
}

static void resolve_opts(const struct td_opts *o, struct outcome *out)
{
    struct td_url_target t;
    out->rc = td_url_resolve(o, &t, note_unknown, out, &out->err);
    if (out->rc != TD_OK) return;
    show(o, &t, out);
    td_url_target_free(&t);
}

/* Parses, resolves; then writes the options, parses that and resolves again, which must give the
 * same. */
static void resolve(const char *conn, struct outcome *out)
{
    struct td_opts o, back;
    struct td_buf b = TD_BUF_INIT(1 << 20);
    memset(out, 0, sizeof *out);
    td_opts_init(&o);
    td_opts_init(&back);
    assert_int_equal(td_opts_parse(&o, td_str_of(conn), note_unknown, out, &out->err), TD_OK);
    resolve_opts(&o, out);
    struct outcome again = {.rc = TD_OK};
    assert_int_equal(td_opts_write(&o, &b, false), TD_OK);
    assert_int_equal(td_opts_parse(&back, td_buf_str(&b), NULL, NULL, NULL), TD_OK);
    resolve_opts(&back, &again);
    assert_int_equal(again.rc, out->rc);
    assert_string_equal(again.text, out->text);
    td_buf_free(&b);
    td_opts_free(&o);
    td_opts_free(&back);
}

#define ROOT "root:taosdata "

static const struct {
    const char *conn, *out;
} good[] = {
    /* No Url: the keys and their defaults. */
    {"", "ws " ROOT "localhost:6041 /"},
    {"Server=h", "ws " ROOT "h:6041 /"},
    {"Server=h;Port=7000", "ws " ROOT "h:7000 /"},
    {"Server=h:7001", "ws " ROOT "h:7001 /"},
    {"Server=h:7001;Port=7000", "ws " ROOT "h:7001 /"},
    {"Server={h1,h2:7001,h3};Port=7000", "ws " ROOT "h1:7000,h2:7001,h3:7000 /"},
    {"Server=h1:6041,h2:6041", "ws " ROOT "h1:6041,h2:6041 /"},
    {"Server= h1 , h2:1 ", "ws " ROOT "h1:6041,h2:1 /"},
    {"Server=[::1]", "ws " ROOT "[::1]:6041 /"},
    {"Server=[::1]:7000", "ws " ROOT "[::1]:7000 /"},
    {"Server=::1", "ws " ROOT "[::1]:6041 /"},
    {"Server=::1,10.0.0.1;Port=9", "ws " ROOT "[::1]:9,10.0.0.1:9 /"},
    {"Server=fe80::1%eth0", "ws " ROOT "[fe80::1%eth0]:6041 /"},
    {"Server=[fe80::1%eth0]:1", "ws " ROOT "[fe80::1%eth0]:1 /"},
    {"Server=::ffff:10.0.0.1", "ws " ROOT "[::ffff:10.0.0.1]:6041 /"},
    {"Server=:7000", "ws " ROOT "localhost:7000 /"},
    {"Server=", "ws " ROOT "localhost:6041 /"},
    {"Server=h:", "ws " ROOT "h:6041 /"},
    {"Server=my_host-1.example.com.", "ws " ROOT "my_host-1.example.com.:6041 /"},
    {"Server=\xE4\xBE\x8B\xE3\x81\x88.jp", "ws " ROOT "\xE4\xBE\x8B\xE3\x81\x88.jp:6041 /"},
    {"Server=h;UID=u;PWD=p;Database=d", "ws u:p h:6041 /d"},
    {"Server=h;UID=;PWD=", "ws root: h:6041 /"},
    {"Server=h;Transport=wss", "wss " ROOT "h:6041 /"},
    {"Server=h;Transport=http", "http " ROOT "h:6041 /"},
    {"Server=h;Transport=https", "https " ROOT "h:6041 /"},
    {"Server=gw;Transport=wss;Token=t", "wss " ROOT "gw:443 /"},
    {"Server=gw;Transport=https;Token=t", "https " ROOT "gw:443 /"},
    {"Server=gw;Transport=wss;Token=t;Port=8443", "wss " ROOT "gw:8443 /"},
    {"Server=gw:8443;Transport=wss;Token=t", "wss " ROOT "gw:8443 /"},
    {"Server=gw;Transport=ws;Token=t", "ws " ROOT "gw:6041 /"},
    {"Server=gw;Transport=wss;Token=", "wss " ROOT "gw:6041 /"},
    {"Server=gw;Transport=wss;BearerToken=t", "wss " ROOT "gw:6041 /"},
    /* Schemes. */
    {"Url=ws://", "ws " ROOT "localhost:6041 /"},
    {"Url=wss://", "wss " ROOT "localhost:6041 /"},
    {"Url=http://", "http " ROOT "localhost:6041 /"},
    {"Url=https://", "https " ROOT "localhost:6041 /"},
    {"Url=WS://h", "ws " ROOT "h:6041 /"},
    {"Url=HttpS://h", "https " ROOT "h:6041 /"},
    {"Url=taosws://h", "ws " ROOT "h:6041 /"},
    {"Url=taoswss://h", "wss " ROOT "h:6041 /"},
    {"Url=taos+ws://h", "ws " ROOT "h:6041 /"},
    {"Url=taos+wss://h", "wss " ROOT "h:6041 /"},
    {"Url=taosws+wss://h", "wss " ROOT "h:6041 /"},
    {"Url=ws+http://h", "ws " ROOT "h:6041 /"},
    {"Url=ws+wss://h", "wss " ROOT "h:6041 /"},
    {"Url=wss+tcp://h", "wss " ROOT "h:6041 /"},
    {"Url=taosrest://h", "http " ROOT "h:6041 /"},
    {"Url=taosrest+https://h", "https " ROOT "h:6041 /"},
    {"Url= ws://h ", "ws " ROOT "h:6041 /"},
    {"Url=", "ws " ROOT "localhost:6041 /"},
    /* Addresses. */
    {"Url=ws://h:7000", "ws " ROOT "h:7000 /"},
    {"Url=ws://h:", "ws " ROOT "h:6041 /"},
    {"Url=ws://:7000", "ws " ROOT "localhost:7000 /"},
    {"Url=ws:///", "ws " ROOT "localhost:6041 /"},
    {"Url=ws:///db", "ws " ROOT "localhost:6041 /db"},
    {"Url=ws://?timezone=UTC", "ws " ROOT "localhost:6041 / Timezone=UTC"},
    {"Url=ws://h1,h2", "ws " ROOT "h1:6041,h2:6041 /"},
    {"Url=ws://h1:1,h2:2,h3/db", "ws " ROOT "h1:1,h2:2,h3:6041 /db"},
    {"Url=ws://127.0.0.1:6041", "ws " ROOT "127.0.0.1:6041 /"},
    {"Url=ws://[::1]", "ws " ROOT "[::1]:6041 /"},
    {"Url=ws://[::1]:7000/db", "ws " ROOT "[::1]:7000 /db"},
    {"Url=ws://[2001:db8::1],[2001:db8::2]:7", "ws " ROOT "[2001:db8::1]:6041,[2001:db8::2]:7 /"},
    {"Url=ws://[fe80::1%25eth0]:7", "ws " ROOT "[fe80::1%eth0]:7 /"},
    {"Url=ws://h%2Dx.example", "ws " ROOT "h-x.example:6041 /"},
    {"Url=ws://h:1", "ws " ROOT "h:1 /"},
    {"Url=ws://h:65535", "ws " ROOT "h:65535 /"},
    /* User and password. */
    {"Url=ws://u@h", "ws u:taosdata h:6041 /"},
    {"Url=ws://u:p@h", "ws u:p h:6041 /"},
    {"Url=ws://u:@h", "ws u: h:6041 /"},
    {"Url=ws://:p@h", "ws root:p h:6041 /"},
    {"Url=ws://@h", "ws " ROOT "h:6041 /"},
    {"Url=ws://:@h", "ws root: h:6041 /"},
    {"Url=ws://u:p@", "ws u:p localhost:6041 /"},
    {"Url=ws://u:p@/d", "ws u:p localhost:6041 /d"},
    {"Url=ws://u:p:q@h", "ws u:p:q h:6041 /"},
    {"Url={ws://u:p@q@h:7}", "ws u:p@q h:7 /"},
    {"Url=ws://u:%2F%3F%23%40%3A%25@h", "ws u:/?#@:% h:6041 /"},
    {"Url=ws://u%40x:p@h", "ws u@x:p h:6041 /"},
    {"Url=ws://u:a+b@h", "ws u:a+b h:6041 /"},
    {"Url=ws://u:a%20b%2b@h", "ws u:a b+ h:6041 /"},
    {"Url={ws://u:a;b@h}", "ws u:a;b h:6041 /"},
    {"Url={ws://u:a}}b@h}", "ws u:a}b h:6041 /"},
    {"Url={ws://u:a&b=c,d!e*f(g)h'i~j$k@h}", "ws u:a&b=c,d!e*f(g)h'i~j$k h:6041 /"},
    {"Url={ws://u:a\"b<c>d[e]f^g`h{i|j\\k@h}", "ws u:a\"b<c>d[e]f^g`h{i|j\\k h:6041 /"},
    {"Url=ws://u:%E5%AF%86@h", "ws u:\xE5\xAF\x86 h:6041 /"},
    {"Url=ws://u:p@h1:1,h2:2/d", "ws u:p h1:1,h2:2 /d"},
    /* Database. */
    {"Url=ws://h/db", "ws " ROOT "h:6041 /db"},
    {"Url=ws://h/db/", "ws " ROOT "h:6041 /db"},
    {"Url=ws://h/", "ws " ROOT "h:6041 /"},
    {"Url=ws://h/Db", "ws " ROOT "h:6041 /Db"},
    {"Url=ws://h/d%20b", "ws " ROOT "h:6041 /d b"},
    {"Url=ws://h/db?", "ws " ROOT "h:6041 /db"},
    {"Url=ws://h/db/?timezone=UTC", "ws " ROOT "h:6041 /db Timezone=UTC"},
    {"Url=ws://h?", "ws " ROOT "h:6041 /"},
    /* Query. */
    {"Url=ws://h?compression=true", "ws " ROOT "h:6041 / Compression=1"},
    {"Url=ws://h?conn_retries=2&retry_backoff_ms=10",
     "ws " ROOT "h:6041 / ConnRetries=2 RetryBackoffMs=10"},
    {"Url=ws://h?timezone=Asia/Shanghai", "ws " ROOT "h:6041 / Timezone=Asia/Shanghai"},
    {"Url=ws://h?timezone=Asia%2FShanghai", "ws " ROOT "h:6041 / Timezone=Asia/Shanghai"},
    {"Url=ws://h?TIMEZONE=UTC", "ws " ROOT "h:6041 / Timezone=UTC"},
    {"Url=ws://h?user_app=a%26b&user_ip=10.0.0.1",
     "ws " ROOT "h:6041 / AppName=a&b ClientIp=10.0.0.1"},
    {"Url=ws://h?&&compression=0&", "ws " ROOT "h:6041 / Compression=0"},
    {"Url=ws://h?uid=u&pwd=p&db=d", "ws u:p h:6041 /d"},
    {"Url=ws://u:p@h/d?uid=x&pwd=y&db=z", "ws u:p h:6041 /d"},
    {"Url=ws://h?token=a=b", "ws " ROOT "h:6041 / Token=a=b"},
    {"Url=ws://h?token=", "ws " ROOT "h:6041 / Token="},
    {"Url=ws://h?token=a+b/c", "ws " ROOT "h:6041 / Token=a+b/c"},
    {"Url=ws://h?bearer_token=t&totp_code=123456",
     "ws " ROOT "h:6041 / BearerToken=t TotpCode=123456"},
    {"Url=ws://h?compression=1&compression=0", "ws " ROOT "h:6041 / Compression=1"},
    {"Url=ws://h?nosuch=1&compression=1&o%74her=",
     "ws " ROOT "h:6041 / Compression=1[nosuch][other]"},
    {"Url=ws://h?readonly=yes;UID=u", "ws u:taosdata h:6041 / ReadOnly=1"},
    /* TDengine Cloud. */
    {"Url=wss://gw.cloud.tdengine.com?token=abc",
     "wss " ROOT "gw.cloud.tdengine.com:443 / Token=abc"},
    {"Url=https://gw.cloud.tdengine.com?token=abc",
     "https " ROOT "gw.cloud.tdengine.com:443 / Token=abc"},
    {"Url=wss://gw:8443/db?token=abc", "wss " ROOT "gw:8443 /db Token=abc"},
    {"Url=wss://gw;Token=abc", "wss " ROOT "gw:443 /"},
    {"Url=ws://gw?token=abc", "ws " ROOT "gw:6041 / Token=abc"},
    /* Explicit keys win over the Url's parts. */
    {"Url=ws://u:p@h/d;UID=x", "ws x:p h:6041 /d"},
    {"Url=ws://u:p@h/d;PWD=y", "ws u:y h:6041 /d"},
    {"Url=ws://u:p@h/d;Database=z", "ws u:p h:6041 /z"},
    {"Url=ws://u:p@h:1/d;Server=s", "ws u:p s:6041 /d"},
    {"Url=ws://u:p@h:1/d;Server=s:2,t", "ws u:p s:2,t:6041 /d"},
    {"Url=ws://h:1,k;Port=5", "ws " ROOT "h:5,k:5 /"},
    {"Url=ws://h;Transport=https", "https " ROOT "h:6041 /"},
    {"Url=ws://h?compression=1;Compression=0", "ws " ROOT "h:6041 /"},
    {"Url=ws://h?token=t;Token=u;Transport=wss", "wss " ROOT "h:443 /"},
    {"UID=x;Url=ws://u:p@h", "ws x:p h:6041 /"},
    {"Url=ws://u:p@h:1/d;Server=;UID=;Database=;Token=", "ws u:p h:1 /d"},
    {"Url=ws://u:p@h;PWD=", "ws u: h:6041 /"},
};

static const struct {
    const char *conn, *says;
} bad[] = {
    /* Url. */
    {"Url=h", "no scheme"},
    {"Url=h:6041", "no scheme"},
    {"Url=//h:6041", "no scheme"},
    {"Url=ws:h", "no scheme"},
    {"Url=ws:/h", "no scheme"},
    {"Url=://h", "unknown scheme"},
    {"Url=ftp://h", "unknown scheme"},
    {"Url=ws2://h", "unknown scheme"},
    {"Url=ws+://h", "unknown scheme"},
    {"Url=ws+ftp://h", "unknown scheme"},
    {"Url=taos+http://h", "unknown scheme"},
    {"Url=jdbc:TAOS-WS://h", "unknown scheme"},
    {"Url=taos://h", "native protocol"},
    {"Url=ws://h:0", "port"},
    {"Url=ws://h:65536", "port"},
    {"Url=ws://h:-1", "port"},
    {"Url=ws://h:+1", "port"},
    {"Url=ws://h:99999999999999999999", "port"},
    {"Url=ws://h:http", "port"},
    {"Url=ws://h:1x", "port"},
    {"Url=ws://h:1:2", "more than one ':'"},
    {"Url=ws://::1", "more than one ':'"},
    {"Url=ws://::1/db", "more than one ':'"},
    {"Url=ws://[::1", "no IPv6 address"},
    {"Url=ws://[]", "no IPv6 address"},
    {"Url=ws://[h]", "no IPv6 address"},
    {"Url=ws://[127.0.0.1]", "no IPv6 address"},
    {"Url=ws://[::1]x", "no IPv6 address"},
    {"Url=ws://[::1]:x", "port"},
    {"Url=ws://[::1%25]", "no IPv6 address"},
    {"Url=ws://[::1%25a%2Fb]", "no IPv6 address"},
    {"Url=ws://[1:2:3]", "no IPv6 address"},
    {"Url=ws://h,", "empty place"},
    {"Url=ws://,h", "empty place"},
    {"Url=ws://h,,k", "empty place"},
    {"Url={ws://h k}", "character"},
    {"Url={ws://h{k}", "character"},
    {"Url=ws://-h", "character"},
    {"Url=ws://.h", "character"},
    {"Url=ws://h%2Fk", "character"},
    {"Url=ws://h%0A", "character"},
    {"Url=ws://h%", "'%'"},
    {"Url=ws://h%4", "'%'"},
    {"Url=ws://h%4G", "'%'"},
    {"Url=ws://u:%@h", "'%'"},
    {"Url=ws://u:%zz@h", "'%'"},
    {"Url=ws://u%:p@h", "'%'"},
    {"Url=ws://u:%00@h", "NUL"},
    {"Url=ws://h/%00", "NUL"},
    {"Url=ws://h/a/b", "more than a database"},
    {"Url=ws://h//b", "more than a database"},
    {"Url=ws://u:hid/den@h", "port"},
    {"Url=ws://u:hid#den@h", "'#'"},
    {"Url=ws://h#x", "'#'"},
    {"Url=ws://h/d?x", "without '='"},
    {"Url=ws://h?%zz=1", "'%'"},
    {"Url=ws://h?timezone=%", "'%'"},
    {"Url=ws://h?compression=perhaps", "Compression must be"},
    {"Url=ws://h?conn_retries=-1", "ConnRetries must be"},
    {"Url=ws://h?port=1", "Port behind '?'"},
    {"Url=ws://h?host=k", "Server behind '?'"},
    {"Url=ws://h?DSN=k", "DSN behind '?'"},
    {"Url=ws://h?url=ws://k", "Url behind '?'"},
    {"Url=ws://h?transport=wss", "Transport behind '?'"},
    /* Server. */
    {"Server=h:x", "port"},
    {"Server=h:0", "port"},
    {"Server=h:65536", "port"},
    {"Server=h,,k", "empty place"},
    {"Server=h,", "empty place"},
    {"Server=,", "empty place"},
    {"Server=ws://h", "key Url"},
    {"Server={https://u:hid@h:1}", "key Url"},
    {"Server=h/db", "character"},
    {"Server={u@h}", "character"},
    {"Server=[::1", "no IPv6 address"},
    {"Server=1:2:3", "more than one ':'"},
    {"Server=a b", "character"},
    {"Server=%41", "character"}, /* only a Url is percent-encoded */
    {"Url=ws://h;Server=k:x", "addresses of Server"},
};

static void good_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct outcome out;
        resolve(good[i].conn, &out);
        if (out.rc != TD_OK) fail_msg("'%s': %s", good[i].conn, out.err.msg);
        if (strcmp(out.text, good[i].out) != 0)
            fail_msg("'%s' is '%s', not '%s'", good[i].conn, out.text, good[i].out);
    }
}

static void bad_forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct outcome out;
        resolve(bad[i].conn, &out);
        if (out.rc != TD_FAIL) fail_msg("'%s' is taken: %s", bad[i].conn, out.text);
        assert_int_equal(out.err.state, TD_ST_HY024);
        if (!strstr(out.err.msg, bad[i].says)) fail_msg("'%s': %s", bad[i].conn, out.err.msg);
        /* No piece of the Url is repeated. */
        assert_null(strstr(out.err.msg, "hid"));
        assert_null(strstr(out.err.msg, "den@"));
    }
    /* Together with opt_ut's table. */
    assert_true(sizeof good / sizeof *good + sizeof bad / sizeof *bad >= 150);
}

/* Every printable password comes through the Url, percent-encoded, and through the quoted
 * connection string. */
static void passwords_round_trip_through_the_url(void **state)
{
    (void)state;
    for (int c = 1; c < 256; c++) {
        for (int place = 0; place < 3; place++) {
            char pwd[4] = "ab";
            pwd[2] = 'z';
            pwd[place] = (char)c;
            struct td_buf url = TD_BUF_INIT(1000);
            td_buf_puts(&url, "ws://");
            td_url_escape(&url, td_str_of(pwd));
            td_buf_putc(&url, ':');
            td_url_escape(&url, td_str_of(pwd));
            td_buf_puts(&url, "@h/");
            td_url_escape(&url, td_str_of(pwd));
            td_buf_puts(&url, "?token=");
            td_url_escape(&url, td_str_of(pwd));
            struct td_opts o, back;
            struct td_buf conn = TD_BUF_INIT(1000);
            td_opts_init(&o);
            td_opts_init(&back);
            assert_int_equal(td_opts_set(&o, TD_OPT_URL, td_buf_str(&url), NULL), TD_OK);
            assert_int_equal(td_opts_write(&o, &conn, false), TD_OK);
            assert_int_equal(td_opts_parse(&back, td_buf_str(&conn), NULL, NULL, NULL), TD_OK);
            struct td_url_target t;
            assert_int_equal(td_url_resolve(&back, &t, NULL, NULL, NULL), TD_OK);
            assert_string_equal(t.user, pwd);
            assert_string_equal(t.password, pwd);
            assert_string_equal(t.database, pwd);
            assert_string_equal(t.token, pwd);
            td_url_target_free(&t);
            td_opts_free(&o);
            td_opts_free(&back);
            td_buf_free(&conn);
            td_buf_free(&url);
        }
    }
}

static void paths_carry_the_token(void **state)
{
    static const struct {
        const char *conn, *path;
    } rows[] = {
        {"Server=h", "/ws"},
        {"Server=h;Token=abc", "/ws?token=abc"},
        {"Server=h;Token={a+b/c=&d}", "/ws?token=a%2Bb%2Fc%3D%26d"},
        {"Server=h;BearerToken=abc", "/ws"}, /* goes into the login, not on the URL */
        {"Url=wss://gw?token=a%2Bb", "/ws?token=a%2Bb"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct td_opts o;
        struct td_url_target t;
        struct td_buf b = TD_BUF_INIT(200);
        td_opts_init(&o);
        assert_int_equal(td_opts_parse(&o, td_str_of(rows[i].conn), NULL, NULL, NULL), TD_OK);
        assert_int_equal(td_url_resolve(&o, &t, NULL, NULL, NULL), TD_OK);
        assert_true(td_url_path(&t, "/ws", &b));
        assert_true(td_str_eq(td_buf_str(&b), td_str_of(rows[i].path)));
        td_buf_free(&b);
        td_url_target_free(&t);
        td_opts_free(&o);
    }
}

static void at_most_256_addresses(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        struct td_opts o;
        struct td_url_target t;
        struct td_err e;
        struct td_buf list = TD_BUF_INIT(10000);
        for (int i = 0; i < 256 + extra; i++)
            td_buf_printf(&list, "%sh%d", i ? "," : "", i);
        td_opts_init(&o);
        assert_int_equal(td_opts_set(&o, TD_OPT_SERVER, td_buf_str(&list), NULL), TD_OK);
        enum td_rc rc = td_url_resolve(&o, &t, NULL, NULL, &e);
        assert_int_equal(rc, extra ? TD_FAIL : TD_OK);
        if (rc == TD_OK) {
            assert_int_equal(t.endpoints.n, 256);
            assert_string_equal(t.endpoints.v[255].host, "h255");
            td_url_target_free(&t);
        }
        td_buf_free(&list);
        td_opts_free(&o);
    }
}

static void lack_of_memory_is_reported(void **state)
{
    (void)state;
    struct td_opts o;
    td_opts_init(&o);
    assert_int_equal(td_opts_parse(&o, TD_STR("Url={ws://u:p@h1,h2:3/d?token=t&compression=1}"),
                                   NULL, NULL, NULL),
                     TD_OK);
    for (uint64_t nth = 1;; nth++) {
        struct td_url_target t;
        struct td_err e;
        td_alloc_fail_at(nth, 0);
        enum td_rc rc = td_url_resolve(&o, &t, NULL, NULL, &e);
        td_alloc_fail_at(0, 0);
        if (rc == TD_OK) {
            assert_int_equal(t.endpoints.n, 2);
            td_url_target_free(&t);
            assert_true(nth > 8);
            break;
        }
        assert_int_equal(e.state, TD_ST_HY001);
        assert_null(t.endpoints.v);
    }
    td_opts_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_forms),
        cmocka_unit_test(bad_forms),
        cmocka_unit_test(passwords_round_trip_through_the_url),
        cmocka_unit_test(paths_carry_the_token),
        cmocka_unit_test(at_most_256_addresses),
        cmocka_unit_test(lack_of_memory_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
