/* SPDX-License-Identifier: Apache-2.0 */
/*
 * countdownCancelAll: a client's sign of life for one symbol. When it stays away its regular orders are cancelled;
 * conditional ones stay.
 */
#include "venue/fapi/api.h"

#include <stdlib.h>

#define COUNTDOWNS 1024

struct fapi_countdowns {
    struct {
        struct fapi_account *account;
        uint32_t symbol;
        int64_t at_ms;
    } row[COUNTDOWNS];
    size_t count;
};

int fapi_countdowns_create(struct fapi_countdowns **out, struct eb_err *err)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? EB_OK : eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
}

void fapi_countdowns_destroy(struct fapi_countdowns *c)
{
    free(c);
}

bool fapi_countdown_set(struct eb_fapi *f, struct fapi_account *a, uint32_t symbol, int64_t after_ms)
{
    struct fapi_countdowns *c = fapi_api_of(f)->countdowns;
    size_t at = c->count;
    for (size_t i = 0; i < c->count; i++) {
        if (c->row[i].account == a && c->row[i].symbol == symbol) {
            at = i;
            break;
        }
    }
    if (after_ms == 0) {
        if (at < c->count) {
            c->row[at] = c->row[--c->count];
        }
        return true;
    }
    if (at == COUNTDOWNS) {
        return false;
    }
    c->count += at == c->count ? 1 : 0;
    c->row[at].account = a;
    c->row[at].symbol = symbol;
    c->row[at].at_ms = f->now_ms + after_ms;
    return true;
}

void fapi_countdowns_run(struct eb_fapi *f)
{
    struct fapi_countdowns *c = fapi_api_of(f)->countdowns;
    for (size_t i = 0; i < c->count;) {
        if (c->row[i].at_ms > f->now_ms) {
            i++;
            continue;
        }
        struct fapi_account *a = c->row[i].account;
        uint32_t symbol = c->row[i].symbol;
        c->row[i] = c->row[--c->count];
        (void)fapi_order_cancel_all(a, symbol);
    }
}

int64_t fapi_countdowns_next_ms(const struct eb_fapi *f)
{
    const struct fapi_countdowns *c = fapi_api_of(f)->countdowns;
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < c->count; i++) {
        next_ms = c->row[i].at_ms < next_ms ? c->row[i].at_ms : next_ms;
    }
    return next_ms;
}
