/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must never happen, judged from outside: from the events that the engine was given, the actions that it gave, the
 * requests on the wire, the evidence that it publishes and the trades of the exchange; never from its own bookkeeping.
 *
 *     every step: oracle_step()      every request on the wire: oracle_wire()      between turns: oracle_between()
 */
#pragma once

#include "venue/sim/sim.h"
#include <exitbrain/host.h>

#define ORACLE_SYMBOLS_MAX 6
#define ORACLE_SLOTS_MAX (2 * ORACLE_SYMBOLS_MAX)
#define ORACLE_SLOTS_ENOUGH 50   /* conditional orders that no simulated account runs short of */
#define ORACLE_OPEN_MAX 64       /* orders of one slot that may still do something */
#define ORACLE_ASKED_MAX 64      /* pictures of the account on their way */
#define ORACLE_IDS (1u << 14)    /* client ids of one run, as a set */
#define ORACLE_TRADES (1u << 16) /* trade ids of one symbol in one run */

/* What a crash interrupts; one may interrupt several. */
enum oracle_stage {
    ORACLE_STAGE_NOTHING = 0,
    ORACLE_STAGE_DECIDED,   /* an order was decided, and neither its record nor the order left */
    ORACLE_STAGE_DURABLE,   /* its record is durable, the order never left */
    ORACLE_STAGE_SENT,      /* the order left, nothing was heard of it */
    ORACLE_STAGE_SENT_LOST, /* the order left by its permit, its own record did not become durable */
    ORACLE_STAGE_ANSWERED,  /* something was heard of it, the record of that is lost */
    ORACLE_STAGE_COUNT
};

/* An order as the engine was told of it. */
struct oracle_order {
    eb_client_id id;
    uint8_t state; /* enum eb_order_state */
    uint8_t type, purpose, leg;
    bool sent;   /* it has left for the exchange */
    bool orphan; /* a process sent it that did not live to record it: the truth about it is the exchange's */
    uint64_t decided_seq, told_seq; /* records of its decision, and of the last word about it */
    bool close_position, ended;     /* ended: an end was told; what it counts may still be on its way */
    eb_qty qty, told, credited;     /* credited: what EXIT actions have reported of it */
    eb_price price, trigger, level;
    int64_t sent_ms, changed_ms, ended_ms;
};

struct oracle_leg {
    uint8_t id;
    bool parked; /* it was crossed when set, and price has not come back since */
    bool rest;   /* it takes whatever remains */
    eb_price price;
};

/* A position as the engine was told of it, and what was promised about it. */
struct oracle_slot {
    bool open, released, tripped, alarmed; /* alarmed: somebody was called since it lost its protection */
    bool stuck;                            /* somebody was called because a close does not go through */
    bool unjudged;                         /* its levels were set while there was no price */
    bool may_rebase_r;                     /* size was added: the next plan may measure R anew */
    uint32_t episode;
    eb_qty size_in, exited; /* at the start and adds; exits reported */
    eb_qty base;            /* what fractions refer to, kept here independently */
    uint64_t permit;        /* record of the plan in force */
    int64_t unprotected_ms; /* since when no confirmed stop stands; 0 one does */
    int64_t foreign_ms;     /* when a picture last showed somebody else's stop for all of it; 0 never, or gone */
    bool foreign_listed;    /* in the picture under way */
    int64_t full_ms;        /* last full close sent while tripped */
    uint32_t full_attempt;
    int64_t differs_ms; /* since when quantities differ with nothing in flight */
    uint64_t gone[4];   /* leg ids that were hit */
    uint8_t leg_count;
    struct oracle_leg leg[EB_LEGS_MAX];
    uint32_t hits;
    uint32_t order_count;
    struct oracle_order order[ORACLE_OPEN_MAX];
    struct eb_evidence seen; /* as of the last step that may have changed it */
};

/* The most that a leg of an episode may close, by all plans that there were. */
struct oracle_plan {
    uint64_t key; /* 0: free */
    int64_t most_e8, late_e8;
};
/* What was said to policies, of one symbol or of all: the last word. */
#define ORACLE_SIGNALS 4
extern const char *const oracle_signal_names[ORACLE_SIGNALS]; /* sorted */
struct oracle_signal {
    struct eb_memory_entry value;
    int64_t expires_ms;
};
#define ORACLE_PLANS (1u << 13)
#define ORACLE_WIRED 64 /* orders that left within the step that has not been observed yet */

struct oracle_price {
    eb_price price[EB_SRC_COUNT], ask;
    int64_t at_ns[EB_SRC_COUNT];
};

struct oracle {
    const struct eb_engine_config *config;
    struct eb_engine *engine;
    struct eb_sim *sim;
    uint32_t symbols;
    bool hedge, shadow, paused, store_failed;
    bool gated;          /* since START no picture that was asked for after it has ended: nothing may act */
    bool picture_counts; /* the picture under way began after START */
    int64_t settled_ms;  /* what was sent until then has arrived or never will */
    int64_t died_ms;     /* when a process last died */
    uint32_t wired_count;
    struct eb_order_request wired[ORACLE_WIRED];
    struct oracle_plan plan[ORACLE_PLANS];
    uint64_t durable, observed; /* durable steps so far; of them seen whole */
    uint64_t checks, steps;
    int64_t now_ms, now_ns;
    int64_t awake_ms;                 /* when the process last stood still */
    int64_t request_ms;               /* until a request has reached the exchange */
    int64_t slack_ms;                 /* how late the exchange may tell something */
    uint64_t dropped;                 /* events that were never delivered */
    uint64_t asked[ORACLE_ASKED_MAX]; /* the same when each picture on its way was asked for, oldest first */
    uint32_t asked_count;
    uint64_t dropped_at_asked;      /* of the picture under way */
    bool in_picture, whole_picture; /* a complete picture was told since the last event that was dropped */
    struct oracle_slot slot[ORACLE_SLOTS_MAX];
    struct oracle_price price[ORACLE_SYMBOLS_MAX];
    struct eb_ev_instrument inst[ORACLE_SYMBOLS_MAX];
    struct oracle_signal signal[ORACLE_SYMBOLS_MAX + 1][ORACLE_SIGNALS]; /* the last row: of all */
    uint64_t id[ORACLE_IDS];  /* every client id that was ever used, by hash */
    bool id_sent[ORACLE_IDS]; /* it has left for the exchange */
    int64_t credited[ORACLE_IDS];
    int64_t told[ORACLE_IDS]; /* by fills, whatever became of them */
    uint8_t trade[ORACLE_SYMBOLS_MAX][ORACLE_TRADES / 8];
    struct eb_evidence now; /* scratch */
    bool violated;
    char violation[400];
};

void oracle_begin(struct oracle *o, const struct eb_engine_config *config, struct eb_engine *engine, struct eb_sim *sim,
                  uint32_t symbols, bool hedge, bool shadow);
void oracle_instrument(struct oracle *o, eb_symbol_id symbol, const struct eb_ev_instrument *inst);
/* After each step, in order. */
void oracle_step(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions);
/* A submit that leaves for the exchange, durable records at that moment, and whether the store has failed. */
void oracle_wire(struct oracle *o, const struct eb_order_request *order, uint64_t durable_seq, bool store_failed);
/* Between turns: exchange and engine against each other where nothing is on its way. */
void oracle_between(struct oracle *o, int64_t now_ms, bool in_flight);
/* A crash: what it interrupted, as bits of enum oracle_stage, when so many records are durable. Then the state that is
 * left is counted anew, step by step; and the engine that was made of it is what is judged from now on. */
unsigned oracle_stages(const struct oracle *o, uint64_t durable_seq);
const char *oracle_stage_name(unsigned stage);
void oracle_recount_begin(struct oracle *o);
void oracle_recount(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions,
                    struct eb_engine *engine);
void oracle_restart(struct oracle *o, struct eb_engine *engine, int64_t now_ms, int64_t now_ns);
/* After the calm: every order has an end or stands for a reason, every position is protected or alarmed. */
void oracle_settled(struct oracle *o);
/* At the end: everything is flat and nothing of ours is left. */
void oracle_flat(struct oracle *o);

/* ---- shared by its files ---- */
#define ORACLE_CHECK(o, cond, ...) ((o)->checks++, (cond) ? (void)0 : oracle_violated((o), __VA_ARGS__))
void oracle_violated(struct oracle *o, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int64_t *oracle_credit(struct oracle *o, eb_client_id id);            /* NULL: never used */
int64_t *oracle_told(struct oracle *o, eb_client_id id);              /* NULL: never used */
int64_t oracle_truth(const struct oracle *o, eb_client_id id);        /* what the exchange has filled of an order */
bool oracle_trade_first(struct oracle *o, const struct eb_event *ev); /* seen for the first time */
uint8_t oracle_state_at_exchange(const struct oracle *o, eb_symbol_id symbol, eb_client_id id); /* NONE: not open */
void oracle_wired_unseen(struct oracle *o); /* those of a step that its process did not live to end */
void oracle_orphans(struct oracle *o);
void oracle_plan_note(struct oracle *o, eb_position_id at, uint32_t episode, uint8_t leg, int64_t qty_e8);
void oracle_plan_more(struct oracle *o, eb_position_id at, uint32_t episode, uint8_t leg, int64_t qty_e8);
void oracle_plan_late(struct oracle *o, eb_position_id at, eb_client_id id, int64_t qty_e8);
void oracle_plans_kept(struct oracle *o);
void oracle_orders_picture(struct oracle *o, bool ended); /* of the account: it begins, or has ended whole */
void oracle_orders_event(struct oracle *o, const struct eb_event *ev);
void oracle_orders_actions(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions);
void oracle_levels_price(struct oracle *o, eb_symbol_id symbol, const struct eb_ev_price *p);
void oracle_levels(struct oracle *o, const struct eb_event *ev, const struct eb_actions *actions, eb_position_id slot);
void oracle_signal_event(struct oracle *o, const struct eb_event *ev);
void oracle_signals(struct oracle *o, eb_position_id slot);
void oracle_leg_fires(struct oracle *o, const struct oracle_slot *s, const struct eb_event *ev,
                      const struct eb_order_request *r);
void oracle_protection(struct oracle *o, struct oracle_slot *s);
