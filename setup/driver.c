/* driver.c: ConfigDriver(W). The driver keeps nothing of its own in the system's files, so there is
 * nothing to do. */
#include "base/alloc.h"
#include "text.h"

static BOOL config_driver(WORD request, const char *driver)
{
    if (request != ODBC_INSTALL_DRIVER && request != ODBC_REMOVE_DRIVER)
        return setup_fail(ODBC_ERROR_INVALID_REQUEST_TYPE,
                          "The driver can be installed and removed, no more");
    if (!driver || !*driver)
        return setup_fail(ODBC_ERROR_INVALID_NAME, "The driver's name is missing");
    return true;
}

TD_SETUP_EXPORT BOOL INSTAPI ConfigDriver(HWND window, WORD request, LPCSTR driver, LPCSTR args,
                                          LPSTR msg, WORD msg_max, WORD *msg_out)
{
    (void)window;
    (void)args;
    if (msg && msg_max) msg[0] = 0;
    if (msg_out) *msg_out = 0;
    return config_driver(request, driver);
}

TD_SETUP_EXPORT BOOL INSTAPI ConfigDriverW(HWND window, WORD request, LPCWSTR driver, LPCWSTR args,
                                           LPWSTR msg, WORD msg_max, WORD *msg_out)
{
    BOOL ok;
    (void)window;
    (void)args;
    if (msg && msg_max) msg[0] = 0;
    if (msg_out) *msg_out = 0;
    char *name = setup_narrow(driver, false, &ok);
    if (ok) ok = config_driver(request, name);
    td_free(name);
    return ok;
}
