/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange as a whole: its parts, each of a file with a struct of its own, and how they are made and moved. */
#pragma once

#include "venue/fapi/inner.h"

struct fapi_market;
struct fapi_accounts;
struct fapi_api;
struct fapi_streams;
struct fapi_faults;

struct eb_fapi {
    struct eb_fapi_config c; /* pointers in it are borrowed only while the parts are made */
    struct eb_log log;
    int64_t now_ms, skew_ms; /* skew: by fault, of what the server says its time is */
    struct fapi_market *market;
    struct fapi_accounts *accounts;
    struct fapi_api *api;
    struct fapi_streams *streams;
    struct fapi_faults *faults;
};

static inline struct fapi_market *fapi_market_of(const struct eb_fapi *f)
{
    return f->market;
}
static inline struct fapi_accounts *fapi_accounts_of(const struct eb_fapi *f)
{
    return f->accounts;
}
static inline struct fapi_api *fapi_api_of(const struct eb_fapi *f)
{
    return f->api;
}
static inline struct fapi_streams *fapi_streams_of(const struct eb_fapi *f)
{
    return f->streams;
}

/* Made in this order, destroyed in the other. Creators see f with what was made before them. */
EB_NODISCARD int fapi_faults_create(struct eb_fapi *f, struct fapi_faults **out, struct eb_err *err);
void fapi_faults_destroy(struct fapi_faults *x);
EB_NODISCARD int fapi_streams_create(struct eb_fapi *f, struct fapi_streams **out, struct eb_err *err);
void fapi_streams_destroy(struct fapi_streams *s);
EB_NODISCARD int fapi_market_create(struct eb_fapi *f, const struct eb_fapi_config *c, struct fapi_market **out,
                                    struct eb_err *err);
void fapi_market_destroy(struct fapi_market *m);
EB_NODISCARD int fapi_accounts_create(struct eb_fapi *f, const struct eb_fapi_config *c, struct fapi_accounts **out,
                                      struct eb_err *err);
void fapi_accounts_destroy(struct fapi_accounts *a);
EB_NODISCARD int fapi_api_create(struct eb_fapi *f, struct fapi_api **out, struct eb_err *err);
void fapi_api_destroy(struct fapi_api *a);

/* Moving to now_ms (f->now_ms is set already), and when each wants to be moved next; INT64_MAX never. Accounts move
 * through fapi_account_run(), listen keys through fapi_listen_keys_run(). */
void fapi_market_run(struct eb_fapi *f, int64_t now_ms);
int64_t fapi_market_next_ms(const struct eb_fapi *f);
void fapi_streams_run(struct eb_fapi *f, int64_t now_ms);
int64_t fapi_streams_next_ms(const struct eb_fapi *f);

/* market.c, for control.c: a symbol's price stays as it is set until it is let go (the feed goes on from there); its
 * status word; its filters. The last two tell accounts (eb_sim_add_instrument) and exchangeInfo. */
void fapi_market_hold(struct eb_fapi *f, uint32_t symbol, bool held);
EB_NODISCARD int fapi_market_status(struct eb_fapi *f, uint32_t symbol, const char *status, struct eb_err *err);
EB_NODISCARD int fapi_market_filters(struct eb_fapi *f, uint32_t symbol, const struct eb_ev_instrument *inst,
                                     struct eb_err *err);
/* api: when the next listen key or countdown of orders is due; INT64_MAX never. */
int64_t fapi_listen_keys_next_ms(const struct eb_fapi *f);
/* api: the account's listen key ends now, as after its hour. */
void fapi_listen_key_expire(struct eb_fapi *f, struct fapi_account *a);

struct eb_scene_entry;
/* What "another system" opens on the first account, as a scene has it. exchange.c */
void fapi_market_entry(struct eb_fapi *f, const struct eb_scene_entry *e);
