/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine on a bench: events go in one by one, consults are answered by a script, every action is kept.
 *
 *     fx_mark(f, "101") -> step -> actions into f->log -> consults -> f->policy or f->next -> VERDICT step -> ...
 *
 * Symbol 0 is "AAAUSDT" (tick 0.01, step 0.001, minimum 0.001), symbol 1 "BBBUSDT" (tick 0.1, step 1, minimum 1).
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/decimal.h"
#include "base/rng.h"
#include "domain/order.h"
#include <exitbrain/engine.h>

#define FX_LOG 2048
#define FX_ASKED 256
#define FX_START_MS INT64_C(1700000000000)

struct fx {
    struct eb_engine *e;
    struct eb_actions out; /* of the last step */
    int64_t now_ms;
    unsigned log_count, asked_count;
    struct eb_action log[FX_LOG];      /* since fx_clear */
    struct eb_context asked[FX_ASKED]; /* consults since fx_clear */
    bool hedge;                        /* position mode of the account, as fx_balance tells it */
    bool mute;                         /* leave consults unanswered: f->asked has them */
    bool has_next;                     /* answer the next consult with next, then with KEEP again */
    struct eb_verdict next;
    enum eb_policy_result result; /* how the consult ends: OK, or a failure */
    enum eb_policy_result (*policy)(struct fx *f, const struct eb_context *ctx, struct eb_verdict *v);
    void (*after)(struct fx *f, const struct eb_event *ev); /* after each step, before its consults are answered */
    void *user;
    uint64_t trade; /* last trade id given */
    uint64_t venue_id;
    unsigned durable_steps;
};

/* ---- amounts from text ---- */
int64_t e8(const char *text);
eb_price px(const char *text);
eb_qty qt(const char *text);
void assert_px(eb_price got, const char *want); /* as text, so that a failure can be read */
void assert_qt(eb_qty got, const char *want);

/* ---- life ---- */
/* Live flags on, no backstop, no snapshots of its own: what a test wants beyond that it switches on. */
struct eb_engine_config fx_config(void);
struct fx *fx_new(const struct eb_engine_config *c);
void fx_free(struct fx *f);
struct eb_ev_instrument fx_instrument(unsigned symbol);
void fx_instrument_set(struct fx *f, eb_symbol_id symbol, const struct eb_ev_instrument *inst);
/* Forgets log and asked. */
void fx_clear(struct fx *f);

/* ---- events; each runs as a turn: its consults are answered ---- */
struct eb_event fx_event(const struct fx *f, enum eb_event_kind kind, eb_symbol_id symbol);
int fx_step(struct fx *f, const struct eb_event *ev); /* the turn of any event; the step's code */
void fx_price(struct fx *f, enum eb_price_source src, const char *price);
void fx_mark(struct fx *f, const char *price);
void fx_last(struct fx *f, const char *price);
void fx_book(struct fx *f, const char *bid, const char *ask);
void fx_mark_range(struct fx *f, const char *last, const char *min, const char *max);
void fx_wait(struct fx *f, int64_t ms); /* time passes with no CLOCK */
void fx_run(struct fx *f, int64_t ms);  /* time passes, CLOCK at each deadline on the way; fails on an endless one */
void fx_clock(struct fx *f);            /* CLOCK until nothing is due */
struct eb_ev_position fx_pos(enum eb_side side, const char *qty, const char *entry);
void fx_position(struct fx *f, const struct eb_ev_position *p);
void fx_open(struct fx *f, enum eb_side side, const char *qty, const char *entry); /* a one-way position of symbol 0 */
void fx_flat(struct fx *f);
void fx_fill(struct fx *f, const struct eb_order_request *o, const char *price, const char *qty);
void fx_filled(struct fx *f, const struct eb_order_request *o, const char *price); /* whole: FILL, then ORDER */
void fx_order(struct fx *f, eb_client_id id, enum eb_order_state state);
void fx_order_told(struct fx *f, eb_client_id id, enum eb_order_state state, const char *filled);
void fx_reject(struct fx *f, eb_client_id id, enum eb_reject_class why);
void fx_cancel_failed(struct fx *f, eb_client_id id, enum eb_order_state state, enum eb_reject_class why);
void fx_command(struct fx *f, enum eb_command verb, eb_symbol_id symbol);
void fx_mode(struct fx *f, enum eb_exit_mode mode, bool executor, bool rollout);
void fx_balance(struct fx *f, const char *balance);
void fx_path(struct fx *f, enum eb_path_kind kind, const char *from, const char *to);
void fx_snapshot_begin(struct fx *f);
void fx_snapshot_end(struct fx *f);
void fx_open_order(struct fx *f, const struct eb_ev_open_order *o);

/* ---- scripts: verdicts ---- */
struct eb_verdict v_none(void);
struct eb_decision *v_add(struct eb_verdict *v, enum eb_decision_kind kind);
void v_stop(struct eb_verdict *v, const char *price);
void v_stop_pct(struct eb_verdict *v, int64_t pct_ppm);
void v_legs(struct eb_verdict *v, unsigned n, const int64_t (*r_and_fraction)[2]); /* in ppm */
void v_leg_prices(struct eb_verdict *v, unsigned n, const char *const *price, const int64_t *fraction_ppm);
void v_trail(struct eb_verdict *v, int64_t activation_r_ppm, int64_t callback_ppm);
void v_ratchet(struct eb_verdict *v); /* to entry after one hit, to the first hit after two */
void v_partial(struct eb_verdict *v, int64_t fraction_ppm);
void v_full_exit(struct eb_verdict *v);
void fx_say(struct fx *f, const struct eb_verdict *v); /* answers the next consult */
/* Answers the consult that this asks for by a size that does not change: a clock step at the next cycle. */
void fx_verdict(struct fx *f, const struct eb_verdict *v);
/* Opens `qty` of symbol 0 at `entry` with the price there, and a plan of one stop. */
void fx_open_with(struct fx *f, enum eb_side side, const char *qty, const char *entry, const struct eb_verdict *plan);

/* ---- what came out, since fx_clear ---- */
unsigned fx_count(const struct fx *f, enum eb_action_kind kind);
const struct eb_action *fx_nth(const struct fx *f, enum eb_action_kind kind, unsigned n); /* fails where none */
unsigned fx_submits(const struct fx *f, enum eb_purpose purpose);
const struct eb_order_request *fx_submit(const struct fx *f, enum eb_purpose purpose, unsigned n);
unsigned fx_alerts(const struct fx *f, enum eb_alert_kind kind);
const struct eb_alert *fx_alert(const struct fx *f, enum eb_alert_kind kind);
bool fx_cancelled(const struct fx *f, eb_client_id id);
struct eb_evidence fx_evidence(const struct fx *f, eb_position_id position);
const struct eb_leg_view *fx_leg(const struct eb_evidence *ev, uint8_t id);
const struct eb_level_evidence *fx_level(const struct eb_evidence *ev, uint8_t leg, enum eb_stop_kind kind);
eb_price fx_stop(const struct fx *f); /* in force for position 0 */
