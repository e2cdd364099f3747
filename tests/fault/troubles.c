/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes wrong. Each trouble strikes again and again, after a few seconds each time; a rule of the exchange waits
 * for the next request or message that it fits.
 *
 *     timer of a trouble -> table -> eb_fapi_control(), hands -> the exchange
 */
#include "town.h"

#include <stdlib.h>
#include <string.h>

#include "venue/fapi/book.h"
#include "venue/fapi/faults.h"
#include "venue/fapi/faults_inner.h"

/* Requests that change orders most of the time, else questions or anything. */
static void on_requests(struct town *t, const char *name)
{
    static const char *const paths[] = {"/fapi",
                                        "/fapi/v3/positionRisk",
                                        "/fapi/v1/openAlgoOrders",
                                        "/fapi/v1/openOrders",
                                        "/fapi/v1/algoOrder",
                                        "/fapi/v1/order",
                                        "/fapi/v1/userTrades"};
    struct eb_rng *r = &t->trouble_rng;
    uint64_t n = eb_rng_below(r, 10);
    int64_t count = eb_rng_range(r, 1, 3);
    int64_t ms = eb_rng_range(r, 200, 9000);
    if (n < 6) {
        (void)town_control(t, "fault", "{\"name\":\"%s\",\"count\":%d,\"ms\":%d}", name, (int)count, (int)ms);
    } else if (n < 9) {
        (void)town_control(t, "fault", "{\"name\":\"%s\",\"count\":%d,\"ms\":%d,\"path\":\"%s\"}", name, (int)count,
                           (int)ms, paths[eb_rng_below(r, EB_COUNT(paths))]);
    } else {
        (void)town_control(t, "fault", "{\"name\":\"%s\",\"count\":40,\"chance\":0.3,\"ms\":%d,\"path\":\"/fapi\"}",
                           name, (int)ms);
    }
}

static void refuse(struct town *t, const char *name)
{
    static const int codes[] = {-2022, -2021, -4131, -4045, -1021, -4130, -2011, -1008, -4061, -4164, -1111, -2019};
    struct eb_rng *r = &t->trouble_rng;
    (void)town_control(t, "fault", "{\"name\":\"%s\",\"count\":%d,\"code\":%d}", name, (int)eb_rng_range(r, 1, 2),
                       codes[eb_rng_below(r, EB_COUNT(codes))]);
}

static void for_a_while(struct town *t, const char *name)
{
    (void)town_control(t, "fault", "{\"name\":\"%s\",\"ms\":%d}", name, (int)eb_rng_range(&t->trouble_rng, 500, 12000));
}

static void on_messages(struct town *t, const char *name)
{
    static const char *const routes[] = {"user", "user", "user", "user", "market", "api"};
    struct eb_rng *r = &t->trouble_rng;
    (void)town_control(t, "fault", "{\"name\":\"%s\",\"count\":%d,\"ms\":%d,\"route\":\"%s\"}", name,
                       (int)eb_rng_range(r, 1, 6), (int)eb_rng_range(r, 20, 4000),
                       routes[eb_rng_below(r, EB_COUNT(routes))]);
}

static void silent(struct town *t, const char *name)
{
    static const char *const routes[] = {"user", "market", "api"};
    struct eb_rng *r = &t->trouble_rng;
    (void)town_control(t, "fault", "{\"name\":\"%s\",\"ms\":%d,\"route\":\"%s\"}", name,
                       (int)eb_rng_range(r, 1000, 20000), routes[eb_rng_below(r, EB_COUNT(routes))]);
}

static void stale(struct town *t, const char *name)
{
    static const char *const paths[] = {"/fapi/v3/positionRisk", "/fapi/v1/openAlgoOrders", "/fapi/v1/openOrders",
                                        "/fapi/v3/balance"};
    struct eb_rng *r = &t->trouble_rng;
    (void)town_control(t, "fault", "{\"name\":\"%s\",\"count\":%d,\"path\":\"%s\"}", name, (int)eb_rng_range(r, 1, 2),
                       paths[eb_rng_below(r, EB_COUNT(paths))]);
}

static void stuck(struct town *t, const char *name)
{
    (void)town_control(t, "fault", "{\"name\":\"%s\",\"count\":1}", name);
}

static void latency(struct town *t, const char *name)
{
    struct eb_rng *r = &t->trouble_rng;
    bool over = eb_rng_below(r, 3) == 0;
    (void)name;
    (void)town_control(t, "latency",
                       "{\"request_ms\":%d,\"answer_ms\":%d,\"event_ms\":%d,\"market_ms\":%d,\"trigger_ms\":%d}",
                       over ? 0 : (int)eb_rng_range(r, 0, 1500), over ? 0 : (int)eb_rng_range(r, 0, 1500),
                       over ? 0 : (int)eb_rng_range(r, 0, 3000), over ? 0 : (int)eb_rng_range(r, 0, 1500),
                       over ? 0 : (int)eb_rng_range(r, 0, 1500));
}

/* The exchange's clock and ours part: far ahead at once, or a little back, as clocks are set. Times by which the
 * exchange tells what came after what do not go back by much. */
static void skew(struct town *t, const char *name)
{
    static const int by_ms[] = {-1500, -1200, -300, 900, 4000, 20000};
    (void)name;
    t->skew_ms += by_ms[eb_rng_below(&t->trouble_rng, EB_COUNT(by_ms))];
    (void)town_control(t, "skew", "{\"ms\":%d}", (int)t->skew_ms);
}

static void disconnect(struct town *t, const char *name)
{
    (void)name;
    static const char *const classes[] = {"market", "public", "private", "private", "api"};
    uint64_t n = eb_rng_below(&t->trouble_rng, EB_COUNT(classes) + 1);
    (void)(n < EB_COUNT(classes) ? town_control(t, "disconnect", "{\"class\":\"%s\"}", classes[n])
                                 : town_control(t, "disconnect", "{}"));
}

static void expire_listen_key(struct town *t, const char *name)
{
    (void)town_control(t, name, "{}");
}

/* ---- the exchange's terms ---------------------------------------------------------------------------------------- */

static void tell_filters(struct town *t, uint32_t i, int64_t tick_e8, int64_t step_e8, int64_t market_max_e8)
{
    char text[3][EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(tick_e8, 8, text[0]);
    (void)eb_decimal_format(step_e8, 8, text[1]);
    (void)eb_decimal_format(market_max_e8, 8, text[2]);
    (void)town_control(t, "filters",
                       "{\"symbol\":\"%s\",\"tick\":\"%s\",\"step\":\"%s\",\"min_qty\":\"%s\","
                       "\"market_max_qty\":\"%s\"}",
                       t->inst[i].symbol, text[0], text[1], text[1], text[2]);
}

/* Coarser prices, and market orders so small that an exit needs many. Quantities stay on the grid of what is held. */
static void filters(struct town *t, const char *name)
{
    struct eb_rng *r = &t->trouble_rng;
    uint32_t i = (uint32_t)eb_rng_below(r, TOWN_SYMBOLS);
    const struct eb_ev_instrument *was = &t->inst[i];
    (void)name;
    if (eb_rng_below(r, 3) == 0) {
        tell_filters(t, i, was->tick.e8, was->step.e8, was->market_max_qty.e8);
        return;
    }
    int64_t most_e8 = (int64_t)((eb_i128)eb_rng_range(r, 400, 3000) * EB_E8 * EB_E8 / t->price[i].e8);
    most_e8 -= most_e8 % was->step.e8;
    tell_filters(t, i, was->tick.e8 * (eb_rng_below(r, 2) == 0 ? 1 : 5), was->step.e8,
                 most_e8 > was->step.e8 ? most_e8 : was->step.e8);
}

static void delist(struct town *t, const char *name)
{
    static const char *const words[] = {"SETTLING", "CLOSE", "PENDING_TRADING", "TRADING", "TRADING"};
    struct eb_rng *r = &t->trouble_rng;
    (void)name;
    (void)town_control(t, "status", "{\"symbol\":\"%s\",\"status\":\"%s\"}",
                       t->inst[eb_rng_below(r, TOWN_SYMBOLS)].symbol, words[eb_rng_below(r, EB_COUNT(words))]);
}

static void depth(struct town *t, const char *name)
{
    struct eb_rng *r = &t->trouble_rng;
    uint32_t i = (uint32_t)eb_rng_below(r, TOWN_SYMBOLS);
    struct eb_err err = {0};
    bool thin = eb_rng_below(r, 4) != 0; /* some tens of ticks for an exit */
    int64_t per_e8 = (int64_t)((eb_i128)eb_rng_range(r, 20, 200) * EB_E8 * EB_E8 / t->price[i].e8);
    per_e8 -= per_e8 % t->inst[i].step.e8;
    (void)name;
    (void)fapi_hand_depth(t->account, i, (eb_qty){thin ? (per_e8 > 0 ? per_e8 : t->inst[i].step.e8) : 0}, &err);
}

/* ---- the account ------------------------------------------------------------------------------------------------- */

/* A position, any; false: all is flat. */
static bool some_position(struct town *t, uint32_t *symbol, struct fapi_position *p)
{
    uint64_t first = eb_rng_below(&t->trouble_rng, TOWN_SLOTS);
    for (unsigned i = 0; i < TOWN_SLOTS; i++) {
        unsigned slot = (unsigned)((first + i) % TOWN_SLOTS);
        *symbol = slot / 2;
        if (fapi_position(t->account, *symbol, slot % 2, p)) {
            return true;
        }
    }
    return false;
}

static void liquidation(struct town *t, const char *name)
{
    struct eb_err err = {0};
    struct fapi_position p;
    uint32_t symbol;
    (void)name;
    if (some_position(t, &symbol, &p) && fapi_hand_liquidate(t->account, symbol, town_leg(t, p.side), &err) == EB_OK) {
        t->figures.liquidations++;
    }
}

static void adl(struct town *t, const char *name)
{
    struct eb_err err = {0};
    struct fapi_position p;
    uint32_t symbol;
    (void)name;
    if (some_position(t, &symbol, &p)) {
        int64_t part_e8 = p.qty.e8 / 100 * eb_rng_range(&t->trouble_rng, 20, 80);
        part_e8 -= part_e8 % t->inst[symbol].step.e8;
        bool all = part_e8 == 0 || eb_rng_below(&t->trouble_rng, 3) == 0;
        (void)fapi_hand_deleverage(t->account, symbol, town_leg(t, p.side), (eb_qty){all ? 0 : part_e8}, &err);
    }
}

static void mode(struct town *t, const char *name)
{
    (void)name;
    t->mode_wanted = true;
    t->mode_tries = 40;
}

static void leverage(struct town *t, const char *name)
{
    struct eb_rng *r = &t->trouble_rng;
    (void)name;
    (void)fapi_set_leverage(t->account, (uint32_t)eb_rng_below(r, TOWN_SYMBOLS), eb_rng_range(r, 3, 25) * EB_PPM);
}

static void margin_type(struct town *t, const char *name)
{
    (void)name;
    for (uint32_t i = 0; i < TOWN_SYMBOLS; i++) { /* refused where a position is open */
        (void)fapi_set_cross(t->account, i, !fapi_cross(t->account, i));
    }
}

/* A mode can be changed while nothing is open, so whoever wants that closes everything first. */
void town_troubles_look(struct town *t)
{
    if (!t->mode_wanted) {
        return;
    }
    for (uint32_t slot = 0; slot < TOWN_SLOTS; slot++) {
        struct eb_err err = {0};
        struct fapi_position p;
        if (fapi_position(t->account, slot / 2, slot % 2, &p)) {
            (void)fapi_hand_close(t->account, slot / 2, slot % 2, (eb_qty){0}, &err);
        }
        (void)fapi_algo_cancel_all(t->account, slot / 2);
        (void)fapi_order_cancel_all(t->account, slot / 2);
    }
    int32_t code = fapi_set_hedge(t->account, !fapi_hedge(t->account));
    if (code == 0 || --t->mode_tries == 0) {
        town_say(t, "trouble: mode change: %d", (int)code);
        t->mode_wanted = false;
    }
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*strike)(struct town *t, const char *name);
} table[] = {{"lose_request", on_requests},
             {"hang_request", on_requests},
             {"lose_answer", on_requests},
             {"hang_answer", on_requests},
             {"503_unknown", on_requests},
             {"503_unavailable", on_requests},
             {"503_throttled", on_requests},
             {"500", on_requests},
             {"502", on_requests},
             {"504", on_requests},
             {"403", on_requests},
             {"408", on_requests},
             {"1007", on_requests},
             {"1006", on_requests},
             {"1001", on_requests},
             {"1000", on_requests},
             {"5028", on_requests},
             {"not_json", on_requests},
             {"refuse", refuse},
             {"delay_request", on_requests},
             {"delay_answer", on_requests},
             {"stale_answer", stale},
             {"rate_limit", for_a_while},
             {"ban", for_a_while},
             {"key_refused", for_a_while},
             {"duplicate_events", on_messages},
             {"reorder_events", on_messages},
             {"drop_events", on_messages},
             {"delay_events", on_messages},
             {"silent", silent},
             {"stuck_triggering", stuck},
             {"latency", latency},
             {"skew", skew},
             {"disconnect", disconnect},
             {"expire_listen_key", expire_listen_key},
             {"filters", filters},
             {"delisting", delist},
             {"depth", depth},
             {"liquidation", liquidation},
             {"adl", adl},
             {"mode_change", mode},
             {"leverage_change", leverage},
             {"margin_type", margin_type}};

int town_trouble_count(void)
{
    return (int)EB_COUNT(table);
}

const char *town_trouble_name(int trouble)
{
    return trouble < 0 ? "none" : table[trouble].name;
}

/* ---- when -------------------------------------------------------------------------------------------------------- */

static void strike(struct town *t, unsigned which)
{
    if (t->calm) {
        return;
    }
    int trouble = t->o.trouble[which];
    town_say(t, "trouble: %s", table[trouble].name);
    table[trouble].strike(t, table[trouble].name);
    t->figures.struck[which]++;
    town_timer_set(t, t->trouble_timer[which], eb_rng_range(&t->trouble_rng, 1500, 9000));
}

static void first_due(void *user)
{
    strike(user, 0);
}

static void second_due(void *user)
{
    strike(user, 1);
}

bool town_troubles_lie(const struct town *t)
{
    bool lie = false;
    for (unsigned i = 0; i < TOWN_TROUBLES_AT_ONCE; i++) {
        void (*strikes)(struct town *, const char *) = t->o.trouble[i] < 0 ? NULL : table[t->o.trouble[i]].strike;
        lie = lie || strikes == stale || strikes == on_messages || strikes == silent || strikes == latency ||
              strikes == disconnect || strikes == expire_listen_key;
    }
    return lie;
}

void town_troubles_begin(struct town *t)
{
    static void (*const due[])(void *) = {first_due, second_due};
    for (unsigned i = 0; i < TOWN_TROUBLES_AT_ONCE; i++) {
        if (t->o.trouble[i] >= 0) {
            t->trouble_timer[i] = town_timer(t, due[i], t);
            town_timer_set(t, t->trouble_timer[i], eb_rng_range(&t->trouble_rng, 3000, 8000));
        }
    }
}

void town_troubles_end(struct town *t)
{
    t->mode_wanted = false;
    (void)town_control(t, "clear", "{}");
    (void)town_control(t, "skew", "{\"ms\":%d}", (int)t->skew_ms); /* as it is: nobody sets a clock back by minutes */
    for (uint32_t i = 0; i < TOWN_SYMBOLS; i++) {
        struct eb_err err = {0};
        (void)town_control(t, "status", "{\"symbol\":\"%s\",\"status\":\"TRADING\"}", t->inst[i].symbol);
        tell_filters(t, i, t->inst[i].tick.e8, t->inst[i].step.e8, t->inst[i].market_max_qty.e8);
        (void)fapi_hand_depth(t->account, i, (eb_qty){0}, &err);
    }
}
