/*
 * setup_ut.c: libtdodbcS.so through unixODBC's installer library: drivers, data sources and the
 * form of properties, in a folder of its own (ODBCSYSINI, ODBCINI).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <odbcinst.h>
#include <odbcinstext.h>

#include "base/opt.h"

static char folder[] = "/tmp/td_setup_ut.XXXXXX";
static char user_ini[64], inst_ini[64], sys_ini[64];

/* Attribute lists are written with '|' for the NULs between the pairs. */
static const char *list_of(const char *text)
{
    static char list[8192];
    size_t n = strlen(text);
    assert_true(n + 2 < sizeof list);
    memcpy(list, text, n);
    memset(list + n, 0, 2);
    for (size_t i = 0; i < n; i++)
        if (list[i] == '|') list[i] = 0;
    return list;
}

static SQLWCHAR *widen(const char *text, size_t n)
{
    static SQLWCHAR wide[8192];
    for (size_t i = 0; i < n + 2; i++)
        wide[i] = i < n ? (SQLWCHAR)(unsigned char)text[i] : 0;
    return wide;
}

static int make_driver(void **state)
{
    (void)state;
    if (!mkdtemp(folder)) return 1;
    snprintf(user_ini, sizeof user_ini, "%s/user.ini", folder);
    snprintf(sys_ini, sizeof sys_ini, "%s/odbc.ini", folder);
    snprintf(inst_ini, sizeof inst_ini, "%s/odbcinst.ini", folder);
    setenv("ODBCSYSINI", folder, 1);
    setenv("ODBCINI", user_ini, 1);
    FILE *f = fopen(inst_ini, "w");
    if (!f) return 1;
    fclose(f);
    return 0;
}

static int remove_all(void **state)
{
    (void)state;
    unlink(user_ini);
    unlink(sys_ini);
    unlink(inst_ini);
    return rmdir(folder);
}

/* Each test starts with the driver installed and no data source. */
static int install(void **state)
{
    (void)state;
    char out[200];
    WORD n = 0;
    DWORD uses = 0;
    unlink(user_ini);
    /* unixODBC writes a system data source only into a file that is there. */
    fclose(fopen(sys_ini, "w"));
    fclose(fopen(inst_ini, "w"));
    const char *driver =
        list_of("TDengine|Description=TDengine|Driver=libtdodbc.so|Setup=" TD_SETUP_LIB);
    return !SQLInstallDriverEx(driver, NULL, out, sizeof out, &n, ODBC_INSTALL_COMPLETE, &uses);
}

/* The installer's functions clear its list when they begin; ours, called directly, only add to it.
 */
static void clear_errors(void)
{
    assert_true(SQLValidDSN("x"));
}

static DWORD last_error(char text[512])
{
    DWORD code = 0;
    WORD n = 0;
    text[0] = 0;
    SQLInstallerError(1, &code, text, 511, &n);
    return code;
}

static void assert_ini(const char *dsn, const char *key, const char *value)
{
    char text[INI_MAX_LINE + 1] = "";
    SQLGetPrivateProfileString(dsn, key, "(none)", text, sizeof text, "odbc.ini");
    if (strcmp(text, value) != 0) fail_msg("[%s] %s is '%s', not '%s'", dsn, key, text, value);
}

static BOOL add(const char *attributes)
{
    return SQLConfigDataSource(NULL, ODBC_ADD_DSN, "TDengine", list_of(attributes));
}

static void a_data_source_is_added(void **state)
{
    (void)state;
    assert_true(
        add("DSN=td|Server=db1:6041,db2|uid=me|Password=s;e=c{r}et|DB=power|Compression=yes|"
            "Transport=WSS|Url="));
    assert_ini("td", "Driver", "TDengine");
    assert_ini("td", "Server", "db1:6041,db2");
    assert_ini("td", "UID", "me");
    assert_ini("td", "PWD", "s;e=c{r}et");
    assert_ini("td", "Database", "power");
    assert_ini("td", "Compression", "1");
    assert_ini("td", "Transport", "wss");
    assert_ini("td", "Url", "(none)");
    struct stat st;
    assert_int_equal(stat(sys_ini, &st), 0);
    assert_int_equal(st.st_size, 0);
    /* Added again, it is replaced whole. */
    assert_true(add("DSN=td|UID=other|UID=ignored"));
    assert_ini("td", "UID", "other");
    assert_ini("td", "Server", "(none)");
    assert_ini("td", "Driver", "TDengine");
    /* The system's data sources are in the other file. */
    assert_true(
        SQLConfigDataSource(NULL, ODBC_ADD_SYS_DSN, "TDengine", list_of("DSN=plant|Server=db3")));
    assert_int_equal(stat(sys_ini, &st), 0);
    assert_true(st.st_size > 0);
    assert_ini("plant", "Server", "db3");
    assert_true(SQLConfigDataSource(NULL, ODBC_REMOVE_SYS_DSN, "TDengine", list_of("DSN=plant")));
    assert_ini("plant", "Driver", "(none)");
    assert_ini("td", "Driver", "TDengine");
}

static void a_data_source_is_changed_and_removed(void **state)
{
    (void)state;
    assert_true(add("DSN=td|UID=me|Server=db1|Port=7000"));
    assert_true(SQLWritePrivateProfileString("td", "Host", "old", "odbc.ini"));
    assert_true(SQLConfigDataSource(NULL, ODBC_CONFIG_DSN, "TDengine",
                                    list_of("DSN=td|Server=db2|Port=|ReadOnly=on")));
    assert_ini("td", "Driver", "TDengine");
    assert_ini("td", "UID", "me");
    assert_ini("td", "Server", "db2");
    assert_ini("td", "Host", "(none)"); /* an alias beside the key would be a second value */
    assert_ini("td", "Port", "(none)");
    assert_ini("td", "ReadOnly", "1");
    assert_true(add("DSN=stays|UID=x"));
    assert_true(SQLConfigDataSource(NULL, ODBC_REMOVE_DSN, "TDengine", list_of("DSN=td")));
    assert_ini("td", "Driver", "(none)");
    assert_ini("stays", "UID", "x");
}

static void bad_requests_change_nothing(void **state)
{
    static const struct {
        WORD request;
        const char *attributes;
        DWORD code;
        const char *says;
    } rows[] = {
        {ODBC_ADD_DSN, "DSN=new|Servre=db1", ODBC_ERROR_INVALID_KEYWORD_VALUE, "Servre is no key"},
        {ODBC_ADD_DSN, "DSN=new|Driver=x", ODBC_ERROR_INVALID_KEYWORD_VALUE, "Driver is no key"},
        {ODBC_ADD_DSN, "DSN=new|Server", ODBC_ERROR_INVALID_KEYWORD_VALUE, "no '='"},
        {ODBC_ADD_DSN, "DSN=new|=x", ODBC_ERROR_INVALID_KEYWORD_VALUE, "no key"},
        {ODBC_ADD_DSN, "DSN=new|Server =x", ODBC_ERROR_INVALID_KEYWORD_VALUE, "no key"},
        {ODBC_ADD_DSN, "DSN=new|Port=0", ODBC_ERROR_INVALID_KEYWORD_VALUE, "Port must be"},
        {ODBC_ADD_DSN, "DSN=new|Port=many", ODBC_ERROR_INVALID_KEYWORD_VALUE, "1 to 65535"},
        {ODBC_ADD_DSN, "DSN=new|Transport=tcp", ODBC_ERROR_INVALID_KEYWORD_VALUE,
         "ws|wss|http|https"},
        {ODBC_ADD_DSN, "DSN=new|Compression=2", ODBC_ERROR_INVALID_KEYWORD_VALUE, "Compression"},
        {ODBC_ADD_DSN, "DSN=new|PWD= hidden", ODBC_ERROR_INVALID_KEYWORD_VALUE, "blank"},
        {ODBC_ADD_DSN, "DSN=new|PWD=hidden ", ODBC_ERROR_INVALID_KEYWORD_VALUE, "blank"},
        {ODBC_ADD_DSN, "DSN=new|PWD=hid\n[den]", ODBC_ERROR_INVALID_KEYWORD_VALUE, "control"},
        {ODBC_ADD_DSN, "Server=db1", ODBC_ERROR_INVALID_DSN, "DSN"},
        {ODBC_ADD_DSN, "", ODBC_ERROR_INVALID_DSN, "DSN"},
        {ODBC_ADD_DSN, "DSN=", ODBC_ERROR_INVALID_DSN, "DSN"},
        {ODBC_ADD_DSN, "DSN=n;ew", ODBC_ERROR_INVALID_DSN, "DSN"},
        {ODBC_ADD_DSN, "DSN=[new]", ODBC_ERROR_INVALID_DSN, "DSN"},
        {ODBC_ADD_DSN, "DSN=a-name-of-thirty-three-characters", ODBC_ERROR_INVALID_DSN, "too long"},
        {ODBC_CONFIG_DSN, "DSN=new|UID=x", ODBC_ERROR_INVALID_DSN, "no data source new"},
        {ODBC_CONFIG_DSN, "UID=x", ODBC_ERROR_INVALID_DSN, "DSN"},
        {ODBC_CONFIG_DSN, "DSN=td|Port=0", ODBC_ERROR_INVALID_KEYWORD_VALUE, "Port"},
        {ODBC_CONFIG_DSN, "DSN=td|Driver=x", ODBC_ERROR_INVALID_KEYWORD_VALUE, "Driver"},
        {ODBC_REMOVE_DSN, "DSN=new", ODBC_ERROR_INVALID_DSN, "no data source new"},
        {ODBC_REMOVE_DEFAULT_DSN, "DSN=td", ODBC_ERROR_INVALID_REQUEST_TYPE, "no more"},
    };
    (void)state;
    assert_true(add("DSN=td|UID=me"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[512];
        assert_false(
            SQLConfigDataSource(NULL, rows[i].request, "TDengine", list_of(rows[i].attributes)));
        DWORD code = last_error(text);
        if (code != rows[i].code || !strstr(text, rows[i].says))
            fail_msg("'%s': %u %s", rows[i].attributes, (unsigned)code, text);
        assert_null(strstr(text, "hid"));
        assert_ini("new", "Driver", "(none)");
        assert_ini("td", "UID", "me");
        assert_ini("td", "Driver", "TDengine");
    }
    /* A window asks for a dialog, which there is not: an existing data source is not overwritten.
     */
    char text[512];
    int window;
    assert_false(SQLConfigDataSource(&window, ODBC_ADD_DSN, "TDengine", list_of("DSN=td|UID=x")));
    assert_int_equal(last_error(text), ODBC_ERROR_REQUEST_FAILED);
    assert_ini("td", "UID", "me");
    assert_true(SQLConfigDataSource(&window, ODBC_ADD_DSN, "TDengine", list_of("DSN=more|UID=x")));
}

static void long_values_are_whole_or_refused(void **state)
{
    (void)state;
    char attributes[2100], text[512], *value = attributes + strlen("DSN=long|PWD=");
    size_t taken = 0;
    for (size_t n = 900; n <= 2000; n += n < 1010 ? 1 : 90) {
        strcpy(attributes, "DSN=long|PWD=");
        for (size_t i = 0; i < n; i++)
            value[i] = (char)('a' + i % 26);
        value[n] = 0;
        if (add(attributes)) {
            assert_ini("long", "PWD", value);
            assert_true(n == 900 || n == taken + 1); /* once refused, always refused */
            taken = n;
        } else {
            assert_int_equal(last_error(text), ODBC_ERROR_INVALID_KEYWORD_VALUE);
            assert_non_null(strstr(text, "PWD is too long"));
        }
    }
    assert_true(taken >= 950 && taken < 1000);
}

static void passwords_of_any_characters_are_kept(void **state)
{
    static const char special[] = "[]{}(),;?*=!@\"'\\%&#/:+~`^$<>|-_.";
    (void)state;
    for (size_t i = 0; i < sizeof special - 1; i++) {
        char attributes[64], pwd[8];
        if (special[i] == '|') continue; /* this file's mark for a NUL */
        for (int place = 0; place < 3; place++) {
            strcpy(pwd, "abc");
            pwd[place] = special[i];
            snprintf(attributes, sizeof attributes, "DSN=td|PWD=%s", pwd);
            assert_true(add(attributes));
            assert_ini("td", "PWD", pwd);
        }
    }
    assert_true(add("DSN=td|PWD=\xE5\xAF\x86\xE7\xA0\x81"));
    assert_ini("td", "PWD", "\xE5\xAF\x86\xE7\xA0\x81");
}

static void the_wide_calls(void **state)
{
    (void)state;
    static SQLWCHAR driver[16];
    const char attributes[] = "DSN=wide\0UID=me\0PWD=p;w\0";
    memcpy(driver, widen("TDengine", 8), sizeof driver);
    assert_true(
        SQLConfigDataSourceW(NULL, ODBC_ADD_DSN, driver, widen(attributes, sizeof attributes - 1)));
    assert_ini("wide", "UID", "me");
    assert_ini("wide", "PWD", "p;w");
    const char bad[] = "DSN=wide\0Port=0\0";
    assert_false(SQLConfigDataSourceW(NULL, ODBC_CONFIG_DSN, driver, widen(bad, sizeof bad - 1)));
    /* unixODBC's own W form narrows to bytes; other callers reach ConfigDSNW. */
    void *lib = dlopen(TD_SETUP_LIB, RTLD_NOW);
    assert_non_null(lib);
    BOOL (*config_w)(HWND, WORD, LPCWSTR, LPCWSTR);
    *(void **)&config_w = dlsym(lib, "ConfigDSNW");
    assert_non_null(*(void **)&config_w);
    SQLWCHAR unicode[] = {'D', 'S', 'N', '=', 'u', 'n', 'i', 0,      'D',    'e',    's', 'c', 'r',
                          'i', 'p', 't', 'i', 'o', 'n', '=', 0x6E29, 0xD83D, 0xDE00, 0,   0};
    assert_true(config_w(NULL, ODBC_ADD_DSN, driver, unicode));
    assert_ini("uni", "Description", "\xE6\xB8\xA9\xF0\x9F\x98\x80");
    unicode[21] = 'x'; /* leaves a lone surrogate */
    char text[512];
    clear_errors();
    assert_false(config_w(NULL, ODBC_ADD_DSN, driver, unicode));
    assert_int_equal(last_error(text), ODBC_ERROR_INVALID_KEYWORD_VALUE);
    assert_false(config_w(NULL, ODBC_ADD_DSN, driver, NULL));
    assert_false(config_w(NULL, ODBC_ADD_DSN, NULL, unicode));
    dlclose(lib);
}

static void drivers_are_configured(void **state)
{
    (void)state;
    char msg[20] = "untouched", text[512];
    WORD n = 99;
    /* Called directly: on 64-bit systems SQLConfigDriver of unixODBC 2.3 refuses every driver that
     * has a Setup line. */
    void *lib = dlopen(TD_SETUP_LIB, RTLD_NOW);
    BOOL (*config)(HWND, WORD, LPCSTR, LPCSTR, LPSTR, WORD, WORD *);
    BOOL (*config_w)(HWND, WORD, LPCWSTR, LPCWSTR, LPWSTR, WORD, WORD *);
    *(void **)&config = dlsym(lib, "ConfigDriver");
    *(void **)&config_w = dlsym(lib, "ConfigDriverW");
    assert_true(config(NULL, ODBC_INSTALL_DRIVER, "TDengine", "", msg, sizeof msg, &n));
    assert_string_equal(msg, "");
    assert_int_equal(n, 0);
    assert_true(config(NULL, ODBC_REMOVE_DRIVER, "TDengine", NULL, NULL, 0, NULL));
    clear_errors();
    assert_false(config(NULL, ODBC_CONFIG_DRIVER, "TDengine", NULL, msg, sizeof msg, &n));
    assert_int_equal(last_error(text), ODBC_ERROR_INVALID_REQUEST_TYPE);
    assert_false(config(NULL, ODBC_CONFIG_DRIVER_MAX + 1, "TDengine", NULL, msg, 0, &n));
    assert_false(config(NULL, ODBC_INSTALL_DRIVER, NULL, NULL, msg, sizeof msg, &n));
    SQLWCHAR wide[20] = {'x'};
    n = 99;
    assert_true(config_w(NULL, ODBC_REMOVE_DRIVER, widen("TDengine", 8), NULL, wide, 20, &n));
    assert_int_equal(wide[0], 0);
    assert_int_equal(n, 0);
    assert_false(config_w(NULL, ODBC_INSTALL_DRIVER, NULL, NULL, NULL, 0, NULL));
    /* Nothing but the five functions is to be seen. */
    static const char *const hidden[] = {"td_malloc", "td_opts_parse", "setup_fail"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
        assert_null(dlsym(lib, hidden[i]));
    dlclose(lib);
    DWORD uses = 7;
    assert_true(SQLRemoveDriver("TDengine", 0, &uses));
    assert_int_equal(uses, 0);
    assert_false(add("DSN=td|UID=me"));
}

static HODBCINSTPROPERTY find(HODBCINSTPROPERTY p, const char *name)
{
    while (p && strcmp(p->szName, name) != 0)
        p = p->pNext;
    return p;
}

static int prompt_of(enum td_opt_id id)
{
    static const struct {
        enum td_opt_id id;
        int prompt;
    } others[] = {
        {TD_OPT_CA_FILE, ODBCINST_PROMPTTYPE_FILENAME},
        {TD_OPT_CLIENT_CERT, ODBCINST_PROMPTTYPE_FILENAME},
        {TD_OPT_CLIENT_KEY, ODBCINST_PROMPTTYPE_FILENAME},
        {TD_OPT_LOG_FILE, ODBCINST_PROMPTTYPE_FILENAME},
    };
    const struct td_opt_info *info = td_opt_info(id);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (others[i].id == id) return others[i].prompt;
    if (info->secret) return ODBCINST_PROMPTTYPE_TEXTEDIT_PASSWORD;
    return info->kind == TD_OPT_KIND_BOOL || info->kind == TD_OPT_KIND_ENUM
               ? ODBCINST_PROMPTTYPE_LISTBOX
               : ODBCINST_PROMPTTYPE_TEXTEDIT;
}

/* "a|b|c" of a prompt list. */
static void join(char **list, char *out, size_t cap)
{
    size_t n = 0;
    out[0] = 0;
    for (; *list; list++)
        n += (size_t)snprintf(out + n, cap - n, "%s%s", n ? "|" : "", *list);
}

static void the_form_has_every_option(void **state)
{
    (void)state;
    HODBCINSTPROPERTY first = NULL;
    char driver[] = "TDengine", choices[200];
    assert_int_equal(ODBCINSTConstructProperties(driver, &first), ODBCINST_SUCCESS);
    int count = 0, shown = 0;
    for (HODBCINSTPROPERTY p = first; p; p = p->pNext)
        count++;
    for (int i = 0; i < TD_OPT_COUNT; i++) {
        enum td_opt_id id = (enum td_opt_id)i;
        const struct td_opt_info *info = td_opt_info(id);
        HODBCINSTPROPERTY p = find(first, info->key);
        if (id == TD_OPT_DSN || info->kind == TD_OPT_KIND_IGNORED) {
            assert_null(p);
            continue;
        }
        if (!p) fail_msg("no %s", info->key);
        shown++;
        assert_null(find(p->pNext, info->key)); /* Driver and Description are the installer's */
        if (id == TD_OPT_DRIVER || id == TD_OPT_DESCRIPTION) continue;
        assert_string_equal(p->szValue, info->secret ? "" : info->def);
        assert_int_equal(p->nPromptType, prompt_of(id));
        assert_true(strlen(p->pszHelp) >= 8 && p->pszHelp[0] != '|');
        if (p->nPromptType != ODBCINST_PROMPTTYPE_LISTBOX) {
            assert_null(p->aPromptData);
            continue;
        }
        join(p->aPromptData, choices, sizeof choices);
        struct td_str expected = td_opt_choices(id);
        if (info->kind == TD_OPT_KIND_BOOL) expected = TD_STR("0|1");
        assert_true(td_str_eq(td_str_of(choices), expected));
    }
    assert_int_equal(count, shown + 1); /* and "Name" */
    assert_string_equal(find(first, "Port")->pszHelp,
                        "Port of taosAdapter (443 for wss with a token) (1 to 65535)");
    assert_string_equal(find(first, "SslMode")->pszHelp, "Checks of the server's certificate");
    assert_int_equal(ODBCINSTDestructProperties(&first), ODBCINST_SUCCESS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_data_source_is_added, install),
        cmocka_unit_test_setup(a_data_source_is_changed_and_removed, install),
        cmocka_unit_test_setup(bad_requests_change_nothing, install),
        cmocka_unit_test_setup(long_values_are_whole_or_refused, install),
        cmocka_unit_test_setup(passwords_of_any_characters_are_kept, install),
        cmocka_unit_test_setup(the_wide_calls, install),
        cmocka_unit_test_setup(drivers_are_configured, install),
        cmocka_unit_test_setup(the_form_has_every_option, install),
    };
    return cmocka_run_group_tests(tests, make_driver, remove_all);
}
