/* SPDX-License-Identifier: Apache-2.0 */
/* Creation, the end, and the record of trades. */
#include "venue/simd/simd.h"

#include <inttypes.h>
#include <stdlib.h>

#include "venue/simd/inner.h"

#define CLIENT_LIMIT ((size_t)32 << 20)
#define SPEED_MAX_PPM (INT64_C(1000000) * EB_PPM)
#define DAY_MS INT64_C(86400000)

static const char where[] = "sim";

const struct eb_log *eb_simd_log(struct eb_simd *s)
{
    s->log.now_ms = eb_wall_ms();
    return &s->log;
}

static int check(const struct eb_simd_config *c, struct eb_err *err)
{
    if (c->scene > EB_SCENE_STILL) {
        return eb_err_set(err, EB_E_INVALID, where, "scene %u does not exist", c->scene);
    }
    if (c->speed_ppm < 0 || c->speed_ppm > SPEED_MAX_PPM) {
        return eb_err_set(err, EB_E_INVALID, where, "a speed of %" PRId64 " ppm is out of range", c->speed_ppm);
    }
    if (c->free_clock && c->speed_ppm == 0) {
        return eb_err_set(err, EB_E_INVALID, where,
                          "a clock that waits for nobody and is not paced would run away: give it a speed");
    }
    if (c->latency_ms < 0 || c->latency_ms > DAY_MS) {
        return eb_err_set(err, EB_E_INVALID, where, "a latency of %" PRId64 " ms is out of range", c->latency_ms);
    }
    return EB_OK;
}

static int open_parts(struct eb_simd *s, struct eb_err *err)
{
    const struct eb_simd_config *c = &s->c;
    const struct eb_scene_config sc = {.kind = c->scene,
                                       .count = c->count,
                                       .seed = c->seed,
                                       .start_ms = c->start_ms,
                                       .length_ms = c->length_ms,
                                       .tick_ms = c->tick_ms};
    int rc = eb_scene_create(&sc, &s->scene, err);
    if (rc != EB_OK) {
        return rc;
    }
    s->symbols = eb_scene_count(s->scene);
    s->symbol = calloc(s->symbols, sizeof(*s->symbol));
    if (s->symbol == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory for %u symbols", s->symbols);
    }
    rc = eb_simd_market_open(s, err);
    rc = rc == EB_OK ? eb_timer_open(s->loop, eb_simd_clock_fired, s, &s->pace, err) : rc;
    rc = rc == EB_OK ? eb_timer_open(s->loop, eb_simd_greet_fired, s, &s->greet, err) : rc;
    return rc == EB_OK ? eb_listener_open(s->loop, c->path, c->client_limit, eb_simd_accept, s, &s->listener, err) : rc;
}

int eb_simd_open(struct eb_loop *loop, const struct eb_simd_config *c, struct eb_simd **out, struct eb_err *err)
{
    int rc = check(c, err);
    if (rc != EB_OK) {
        return rc;
    }
    struct eb_simd *s = calloc(1, sizeof(*s));
    if (s == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "out of memory");
    }
    s->c = *c;
    s->c.tick_ms = c->tick_ms > 0 ? c->tick_ms : EB_SCENE_TICK_MS;
    s->c.client_limit = c->client_limit > 0 ? c->client_limit : CLIENT_LIMIT;
    s->log = c->log != NULL ? *c->log : (struct eb_log){0};
    s->loop = loop;
    s->deadline_ms = SIMD_NEVER;
    rc = open_parts(s, err);
    if (rc != EB_OK) {
        eb_simd_close(s);
        return rc;
    }
    eb_simd_clock_go(s); /* moves only where it waits for nobody */
    *out = s;
    return EB_OK;
}

void eb_simd_close(struct eb_simd *s)
{
    if (s == NULL) {
        return;
    }
    s->done = true;
    eb_listener_close(s->listener);
    if (s->sim != NULL) {
        eb_simd_flush(s);
    }
    for (struct simd_client *c = s->clients; c != NULL; c = c->next) {
        eb_stream_finish(c->stream); /* what it was told, it may still read */
        c->stream = NULL;
    }
    eb_simd_reap(s);
    eb_timer_close(s->pace);
    eb_timer_close(s->greet);
    eb_sim_destroy(s->sim);
    eb_scene_destroy(s->scene);
    free(s->symbol);
    free(s->trade_before);
    free(s);
}

bool eb_simd_done(const struct eb_simd *s)
{
    return s->done;
}

int64_t eb_simd_now_ms(const struct eb_simd *s)
{
    return s->now_ms;
}

struct eb_sim *eb_simd_sim(struct eb_simd *s)
{
    return s->sim;
}

/* ---- trades ------------------------------------------------------------------------------------------------------ */

static enum eb_side side_of(const struct eb_sim_trade *t)
{
    bool closes = t->closed.e8 > 0;
    return (t->order_side == EB_BUY) != closes ? EB_LONG : EB_SHORT;
}

static const char *purpose_of(const struct eb_sim_trade *t)
{
    return t->liquidation                  ? "venue"
           : t->purpose < EB_PURPOSE_COUNT ? eb_purpose_name((enum eb_purpose)t->purpose)
                                           : "foreign";
}

int eb_simd_csv(const struct eb_sim *sim, const char *(*name)(void *user, eb_symbol_id symbol), void *user,
                struct eb_buffer *out)
{
    size_t count;
    const struct eb_sim_trade *trade = eb_sim_trades(sim, &count);
    int rc = eb_buffer_text(out, "time_ms,symbol,side,purpose,leg,quantity,price,client_id,venue\n");
    for (size_t i = 0; rc == EB_OK && i < count; i++) {
        const struct eb_sim_trade *t = &trade[i];
        char qty[EB_DECIMAL_TEXT_MAX];
        char price[EB_DECIMAL_TEXT_MAX];
        char id[EB_CLIENT_ID_TEXT_MAX] = "";
        bool ours = t->purpose < EB_PURPOSE_COUNT;
        (void)eb_decimal_format(t->qty.e8, 8, qty);
        (void)eb_decimal_format(t->price.e8, 8, price);
        if (ours) {
            (void)eb_client_id_format(t->client_id, id);
        }
        rc = eb_buffer_printf(out, "%" PRId64 ",%s,%s,%s,%u,%s,%s,%s,%" PRIu64 "\n", t->venue_ms, name(user, t->symbol),
                              eb_side_name(side_of(t)), purpose_of(t), t->client_id.leg, qty, price, id, t->trade_id);
    }
    return rc;
}

static const char *scene_name(void *user, eb_symbol_id symbol)
{
    return eb_scene_symbol(((const struct eb_simd *)user)->scene, symbol)->inst.symbol;
}

int eb_simd_trades_csv(const struct eb_simd *s, struct eb_buffer *out)
{
    return eb_simd_csv(s->sim, scene_name, (void *)(uintptr_t)s, out);
}
