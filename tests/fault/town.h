/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One life of the engine on the simulated exchange as Binance's clients meet it, in one process and in virtual time.
 *
 *     hands.c     prices, people: open, add, reduce, flip, foreign stops      troubles.c   what goes wrong, and when
 *     exchange (venue/fapi) -- bytes by its twin -- venue/binance -- listen.c -- host, engine, policy
 *     books.c     what was sent and what was reported of it                   judge.c      what must hold at the end
 *
 *     town_live(): troubles for a while -> all mended, the world goes on -> prices stand -> judged
 */
#pragma once

#include <stdio.h>

#include "base/rng.h"
#include "host/pump.h"
#include "store/memory.h"
#include "venue/binance/binance.h"
#include "venue/fapi/inner.h"
#include "venue/sign.h"

#define TOWN_START_MS INT64_C(1700000000000)
#define TOWN_SYMBOLS 3
#define TOWN_SLOTS (2 * TOWN_SYMBOLS)
#define TOWN_TROUBLES_AT_ONCE 2
#define TOWN_ORDERS 4096
#define TOWN_INTENTS 2048
#define TOWN_NS_IN_MS INT64_C(1000000)

enum town_bug { /* planted in what the link tells: the judge must notice */
                TOWN_BUG_NONE = 0,
                TOWN_BUG_UNKNOWN_AS_REJECTED, /* an outcome nobody knows is told as "not executed" */
                TOWN_BUG_FAILED_AS_EMPTY,     /* a picture that failed is told as one without positions and orders */
};
struct town_options {
    uint64_t seed;
    int trouble[TOWN_TROUBLES_AT_ONCE]; /* index of troubles, -1 none */
    enum town_bug bug;
    const char *policy; /* directory of a set; NULL: the one in C */
    const char *lib;
    int64_t troubled_ms, calm_ms;
    bool verbose;
};
struct town_figures {
    uint64_t struck[TOWN_TROUBLES_AT_ONCE];
    uint64_t exits, unknown, submits, pictures, failed_pictures, gaps, losts, opened, liquidations, unattributed;
    uint64_t reasons[EB_EXIT_REASON_COUNT], purposes[EB_PURPOSE_COUNT];
    int64_t unprotected_max_ms, unprotected_sum_ms;
    uint64_t unprotected_spells;
    char verdict[512]; /* "" all is well */
};

struct town_order { /* as the engine sent it */
    eb_client_id id;
    eb_position_id slot;
    uint8_t type;
    bool ended;
    eb_qty qty, told, credited; /* told: filled by its last state; credited: reported as exits */
};
struct town_intent { /* of one purpose and leg in one episode */
    uint32_t episode;
    uint8_t purpose, leg;
    eb_qty credited, intended;
};

enum town_stage { TOWN_OFFLINE = 0, TOWN_CONNECTING, TOWN_GREETED, TOWN_TRADES, TOWN_RUNNING };

struct town {
    struct town_options o;
    struct town_figures figures;
    struct eb_fapi *exchange;
    struct fapi_account *account;
    struct eb_fapi_twin *twin;
    struct eb_web web;
    struct eb_binance_key *key;
    struct eb_binance *binance;
    struct eb_link link;
    struct eb_memory_store *store;
    struct eb_policy *set;
    struct eb_host *host;
    struct eb_pump *pump;
    struct eb_rng market_rng, hands_rng, trouble_rng, policy_rng;
    bool calm, still; /* still: nobody does anything and prices stand */
    int64_t end_ms;

    /* listen.c */
    struct eb_web_timer *deadline, *reconnect;
    enum town_stage stage;
    uint32_t trades_due;
    unsigned tries, connects;
    bool begun, gap, settled;
    int64_t now_ms, anchor_ms, anchor_ns;
    bool slow;

    /* hands.c, troubles.c, judge.c */
    struct eb_web_timer *market_timer, *hands_timer, *look_timer, *trouble_timer[TOWN_TROUBLES_AT_ONCE];
    eb_price price[TOWN_SYMBOLS];
    int64_t drift_ppm[TOWN_SYMBOLS];
    unsigned market_steps;
    int mode_tries;
    bool mode_wanted;
    int64_t skew_ms;
    struct eb_ev_instrument inst[TOWN_SYMBOLS];
    int64_t unprotected_ms[TOWN_SLOTS]; /* since then; 0: protected or flat */

    /* books.c */
    struct town_order order[TOWN_ORDERS];
    unsigned orders;
    struct town_intent intent[TOWN_INTENTS];
    unsigned intents;
};

/* town.c */
void town_live(struct town *t, const struct town_options *o, struct town_figures *out);
int64_t town_clock_ms(const struct town *t); /* of the machine: neither the exchange's nor the engine's */
void town_fail(struct town *t, const char *fmt, ...) __attribute__((format(printf, 2, 3))); /* the first one stays */
void town_say(const struct town *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int town_control(struct town *t, const char *verb, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
struct eb_web_timer *town_timer(struct town *t, void (*fire)(void *user), void *user);
void town_timer_set(const struct town *t, struct eb_web_timer *timer, int64_t after_ms);

/* listen.c */
bool town_link_open(struct town *t, struct eb_err *err);
void town_link_begin(struct town *t);
struct eb_venue town_port(struct town *t);
void town_command(struct town *t, enum eb_command verb, eb_symbol_id symbol);

/* policy.c */
struct eb_policy_port town_policy(struct town *t);

/* hands.c */
void town_hands_begin(struct town *t);
unsigned town_leg(const struct town *t, uint8_t side);

/* troubles.c */
int town_trouble_count(void);
const char *town_trouble_name(int trouble);
bool town_troubles_lie(const struct town *t); /* about positions: stale answers, news that are late or lost */
void town_troubles_begin(struct town *t);
void town_troubles_end(struct town *t);
void town_troubles_look(struct town *t); /* those that need several tries */

/* books.c */
void town_books_submit(struct town *t, const struct eb_order_request *o);
void town_books_step(struct town *t, const struct eb_event *ev, const struct eb_actions *actions);
void town_books_judge(struct town *t);

/* judge.c */
void town_look(void *town); /* twice a second: who is unprotected */
void town_judge_cancel(struct town *t, eb_client_id id, eb_symbol_id symbol);
void town_judge(struct town *t);
