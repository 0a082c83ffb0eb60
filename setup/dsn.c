/*
 * dsn.c: ConfigDSN(W): adds, changes and removes data sources in odbc.ini (ODBC reference,
 * ConfigDSN). There is no dialog: what is asked for must be in the attributes.
 */
#include "base/alloc.h"
#include "base/opt.h"
#include "text.h"

/* unixODBC reads lines of INI_MAX_LINE bytes and cuts what is longer, without a word. */
#define LINE_MAX_BYTES (INI_MAX_LINE - 10)

/* The attributes of a request: values to write, and keys that were given empty, to take out. */
struct attributes {
    struct td_opts opts;
    bool empty[TD_OPT_COUNT];
};

/* odbc.ini has no quoting: what it cannot hold is refused, not changed. */
static BOOL fits_in_ini(const char *key, struct td_str v)
{
    if (strlen(key) + v.n > LINE_MAX_BYTES)
        return setup_fail(ODBC_ERROR_INVALID_KEYWORD_VALUE,
                          "The value of %s is too long for odbc.ini (%d bytes)", key,
                          LINE_MAX_BYTES - (int)strlen(key));
    if (td_isspace(v.p[0]) || td_isspace(v.p[v.n - 1]))
        return setup_fail(ODBC_ERROR_INVALID_KEYWORD_VALUE,
                          "The value of %s begins or ends with a blank, which odbc.ini cannot hold",
                          key);
    for (size_t i = 0; i < v.n; i++)
        if ((unsigned char)v.p[i] < 0x20)
            return setup_fail(ODBC_ERROR_INVALID_KEYWORD_VALUE,
                              "The value of %s has a control character", key);
    return true;
}

/* One `key=value`. */
static BOOL take_attribute(struct attributes *a, struct td_str pair)
{
    struct td_err err;
    const char *eq = memchr(pair.p, '=', pair.n);
    struct td_str key = {pair.p, eq ? (size_t)(eq - pair.p) : pair.n};
    int id = eq ? td_opt_find(key) : -1;
    if (!eq) return setup_fail(ODBC_ERROR_INVALID_KEYWORD_VALUE, "An attribute has no '='");
    if (id < 0 || id == TD_OPT_DRIVER)
        return setup_fail(ODBC_ERROR_INVALID_KEYWORD_VALUE, "%.*s is no key of a data source",
                          key.n < 100 ? (int)key.n : 100, key.p);
    if (a->empty[id] || td_opts_given(&a->opts, (enum td_opt_id)id))
        return true; /* the first of two holds, as in connection strings */
    struct td_str value = {eq + 1, pair.n - key.n - 1};
    if (value.n == 0) {
        a->empty[id] = true;
        return true;
    }
    const char *name = td_opt_info((enum td_opt_id)id)->key;
    if (!fits_in_ini(name, value)) return false;
    if (td_opts_set(&a->opts, (enum td_opt_id)id, value, &err) != TD_OK)
        return setup_fail(err.state == TD_ST_HY001 ? ODBC_ERROR_OUT_OF_MEM
                                                   : ODBC_ERROR_INVALID_KEYWORD_VALUE,
                          "%s", err.msg);
    return true;
}

static BOOL take_attributes(struct attributes *a, const char *list)
{
    memset(a, 0, sizeof *a);
    for (; list && *list; list += strlen(list) + 1)
        if (!take_attribute(a, td_str_of(list))) return false;
    return true;
}

/* In the files of the installer's present mode (user, system or both). */
static bool dsn_exists(const char *dsn)
{
    char text[INI_MAX_LINE + 1];
    return SQLGetPrivateProfileString(dsn, "Driver", "", text, sizeof text, "odbc.ini") > 0;
}

static BOOL driver_exists(const char *driver)
{
    char text[INI_MAX_LINE + 1];
    if (!driver || !*driver ||
        SQLGetPrivateProfileString(driver, "Driver", "", text, sizeof text, "odbcinst.ini") <= 0)
        return setup_fail(ODBC_ERROR_INVALID_NAME, "No driver of that name in odbcinst.ini");
    return true;
}

/* An alias left beside the key would be a second value. */
static BOOL remove_aliases(const char *dsn, const char *aliases)
{
    while (*aliases) {
        const char *end = strchrnul(aliases, ';');
        char *alias = td_strndup(aliases, (size_t)(end - aliases));
        BOOL ok = alias && SQLWritePrivateProfileString(dsn, alias, NULL, "odbc.ini");
        td_free(alias);
        if (!ok) return false;
        aliases = *end ? end + 1 : end;
    }
    return true;
}

static BOOL write_attributes(const char *dsn, const struct attributes *a)
{
    for (int id = 0; id < TD_OPT_COUNT; id++) {
        const char *value = a->opts.val[id];
        const struct td_opt_info *info = td_opt_info((enum td_opt_id)id);
        if (id == TD_OPT_DSN || id == TD_OPT_DRIVER || (!value && !a->empty[id])) continue;
        if (!SQLWritePrivateProfileString(dsn, info->key, value, "odbc.ini") ||
            !remove_aliases(dsn, info->aliases))
            return setup_fail(ODBC_ERROR_REQUEST_FAILED, "%s cannot be written to odbc.ini",
                              info->key);
    }
    return true;
}

static BOOL add_dsn(HWND window, const char *driver, const char *dsn, const struct attributes *a)
{
    /* With a window the reference wants the user asked; without a dialog a data source is not
     * overwritten then. */
    if (window && dsn_exists(dsn))
        return setup_fail(ODBC_ERROR_REQUEST_FAILED, "The data source %s already exists", dsn);
    if (!driver_exists(driver)) return false;
    if (!SQLWriteDSNToIni(dsn, driver))
        return setup_fail(ODBC_ERROR_REQUEST_FAILED, "%s cannot be written to odbc.ini", dsn);
    if (write_attributes(dsn, a)) return true;
    /* Half a data source would connect to the wrong place. The calls clear the installer's errors.
     */
    SQLRemoveDSNFromIni(dsn);
    return setup_fail(ODBC_ERROR_REQUEST_FAILED, "The data source %s cannot be written", dsn);
}

static BOOL change_dsn(WORD request, const char *dsn, const struct attributes *a)
{
    if (!dsn_exists(dsn))
        return setup_fail(ODBC_ERROR_INVALID_DSN, "There is no data source %s", dsn);
    if (request == ODBC_CONFIG_DSN) return write_attributes(dsn, a);
    if (!SQLRemoveDSNFromIni(dsn))
        return setup_fail(ODBC_ERROR_REQUEST_FAILED, "%s cannot be removed from odbc.ini", dsn);
    return true;
}

static BOOL config_dsn(HWND window, WORD request, const char *driver, const char *list)
{
    struct attributes a;
    BOOL ok = false;
    if (request != ODBC_ADD_DSN && request != ODBC_CONFIG_DSN && request != ODBC_REMOVE_DSN)
        return setup_fail(ODBC_ERROR_INVALID_REQUEST_TYPE,
                          "A data source can be added, configured and removed, no more");
    if (take_attributes(&a, list)) {
        const char *dsn = td_opts_get(&a.opts, TD_OPT_DSN);
        if (!SQLValidDSN(dsn))
            setup_fail(ODBC_ERROR_INVALID_DSN, "The name of the data source (DSN) is missing, too "
                                               "long, or has one of []{}(),;?*=!@\\");
        else if (request == ODBC_ADD_DSN)
            ok = add_dsn(window, driver, dsn, &a);
        else
            ok = change_dsn(request, dsn, &a);
    }
    td_opts_free(&a.opts);
    return ok;
}

TD_SETUP_EXPORT BOOL INSTAPI ConfigDSN(HWND window, WORD request, LPCSTR driver, LPCSTR attributes)
{
    return config_dsn(window, request, driver, attributes);
}

TD_SETUP_EXPORT BOOL INSTAPI ConfigDSNW(HWND window, WORD request, LPCWSTR driver,
                                        LPCWSTR attributes)
{
    BOOL ok;
    char *list = NULL, *name = setup_narrow(driver, false, &ok);
    if (ok) list = setup_narrow(attributes, true, &ok);
    if (ok) ok = config_dsn(window, request, name, list);
    td_free(list);
    td_free(name);
    return ok;
}
