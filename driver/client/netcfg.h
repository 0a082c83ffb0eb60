/*
 * netcfg.h: what a connection to one of the session's addresses needs, for login.c and the
 * consumer's own connection (tmq.c). Its texts are the session's options'.
 */
#ifndef TD_CLIENT_NETCFG_H
#define TD_CLIENT_NETCFG_H

#include "client/priv.h"

void td_net_cfg_of(const struct td_session *s, const struct td_host_port *hp, const char *path,
                   struct td_net_cfg *cfg);

#endif
