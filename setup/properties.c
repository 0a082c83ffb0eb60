/*
 * properties.c: ODBCINSTGetProperties: the option list as a form, for the programs with which
 * people edit data sources. The installer frees what is made here with free() after it has unloaded
 * this library: nothing may point into it.
 */
#include <stdio.h>

#include "base/alloc.h"
#include "base/opt.h"
#include "text.h"

/* The installer puts these into the form itself; ignored keys are not worth a line. */
static bool is_shown(int id)
{
    return id != TD_OPT_DRIVER && id != TD_OPT_DSN && id != TD_OPT_DESCRIPTION &&
           td_opt_info((enum td_opt_id)id)->kind != TD_OPT_KIND_IGNORED;
}

static bool is_file(int id)
{
    return id == TD_OPT_CA_FILE || id == TD_OPT_CLIENT_CERT || id == TD_OPT_CLIENT_KEY ||
           id == TD_OPT_LOG_FILE;
}

static int prompt_type(int id)
{
    const struct td_opt_info *info = td_opt_info((enum td_opt_id)id);
    if (info->secret) return ODBCINST_PROMPTTYPE_TEXTEDIT_PASSWORD;
    if (info->kind == TD_OPT_KIND_BOOL || info->kind == TD_OPT_KIND_ENUM)
        return ODBCINST_PROMPTTYPE_LISTBOX;
    return is_file(id) ? ODBCINST_PROMPTTYPE_FILENAME : ODBCINST_PROMPTTYPE_TEXTEDIT;
}

/* `a|b|c` as a NULL-terminated array, its strings behind it in the same block. */
static char **choice_list(struct td_str choices)
{
    size_t n = 1;
    for (size_t i = 0; i < choices.n; i++)
        n += choices.p[i] == '|';
    char **list = td_calloc(1, (n + 1) * sizeof *list + choices.n + 1);
    if (!list) return NULL;
    char *text = (char *)(list + n + 1);
    memcpy(text, choices.p, choices.n);
    for (size_t i = 0; i < n; i++) {
        list[i] = text;
        text = strchrnul(text, '|');
        *text++ = 0;
    }
    return list;
}

static char *help_text(int id)
{
    const struct td_opt_info *info = td_opt_info((enum td_opt_id)id);
    const char *text = info->help;
    int64_t least, most;
    struct td_buf b = TD_BUF_INIT(500);
    size_t n;
    if (info->kind == TD_OPT_KIND_ENUM) text = strrchr(text, '|') + 2; /* behind the choices */
    td_buf_puts(&b, text);
    if (td_opt_range((enum td_opt_id)id, &least, &most))
        td_buf_printf(&b, " (%lld to %lld)", (long long)least, (long long)most);
    td_buf_putc(&b, 0);
    return (char *)td_buf_take(&b, &n);
}

static HODBCINSTPROPERTY make_property(int id)
{
    const struct td_opt_info *info = td_opt_info((enum td_opt_id)id);
    HODBCINSTPROPERTY p = td_calloc(1, sizeof *p);
    if (!p) return NULL;
    bool listed = prompt_type(id) == ODBCINST_PROMPTTYPE_LISTBOX;
    struct td_str choices =
        info->kind == TD_OPT_KIND_BOOL ? TD_STR("0|1") : td_opt_choices((enum td_opt_id)id);
    p->nPromptType = prompt_type(id);
    snprintf(p->szName, sizeof p->szName, "%s", info->key);
    /* A password that nobody typed does not belong in odbc.ini: without it the default holds
     * anyway. */
    snprintf(p->szValue, sizeof p->szValue, "%s", info->secret ? "" : info->def);
    p->pszHelp = help_text(id);
    p->aPromptData = listed ? choice_list(choices) : NULL;
    if (!p->pszHelp || (listed && !p->aPromptData)) {
        td_free(p->pszHelp);
        td_free(p->aPromptData);
        td_free(p);
        return NULL;
    }
    return p;
}

TD_SETUP_EXPORT int INSTAPI ODBCINSTGetProperties(HODBCINSTPROPERTY last)
{
    if (!last) return ODBCINST_ERROR;
    for (int id = 0; id < TD_OPT_COUNT; id++) {
        if (!is_shown(id)) continue;
        /* On failure what is made so far stays in the list: its owner frees it. */
        last->pNext = make_property(id);
        if (!last->pNext) return ODBCINST_ERROR;
        last = last->pNext;
    }
    return ODBCINST_SUCCESS;
}
