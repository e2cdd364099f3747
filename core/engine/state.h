/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's state, private to core/engine.
 *
 *     eb_engine ── symbol[] ── hot[3]     one cache line per price source: all that a quiet price touches
 *               └─ slot[]   ── d          durable: episode, plan, legs, orders, intent (hashed, journaled)
 *                           └─ o          observed: extremes, schedule, evidence (rebuilt at start)
 *
 * Durable fields may depend on nothing but durable fields, the event, and what the event's witness carries.
 */
#pragma once

#include "domain/guard.h"
#include "domain/market.h"
#include "domain/order.h"
#include "domain/plan.h"
#include "domain/trail.h"
#include "domain/trigger.h"
#include <exitbrain/engine.h>

#define EB_ORDERS_MAX 16  /* working orders of one position; further slices wait for room */
#define EB_TRADES_KEPT 64 /* trade ids remembered per position against duplicates, the newest */
#define EB_INFERRED_MAX 8 /* orders whose fills were told of and taken before their trades came */
#define EB_LOST_MAX 8     /* orders of an earlier process that only their fills tell of */
#define EB_COMMANDS_KEPT 32
#define EB_TRADES_LATE_MS 10000 /* a trade does not come later than newer ones by more than this */
#define EB_ASKED_MAX 8 /* pictures of the account on their way; more count as asked for with the last of these */
#define EB_NS_PER_MS INT64_C(1000000)

/* One price source of one symbol. A price inside (low, high) only updates this line. */
struct eb_hot {
    int64_t price, ask;
    int64_t low, high; /* quiet while min > low and max < high; low = INT64_MAX forces the slow path */
    int64_t min, max;  /* extremes since the last slow step */
    int64_t received_ns;
    int64_t venue_ms;
};
_Static_assert(sizeof(struct eb_hot) == 64, "one cache line");

struct eb_order {
    eb_client_id id;
    uint64_t venue_id;
    eb_qty qty, filled; /* filled: by FILL events that were applied */
    eb_qty told;        /* cumulative fill that ORDER events told of */
    eb_price price, trigger, level;
    int64_t sent_ms, changed_ms;
    int64_t born_ms;  /* when it was first sent; 0 by an earlier process */
    int64_t timer_ms; /* next query, or end of waiting for a fill that was told; 0 none */
    uint8_t state, type, purpose, leg, reason;
    uint8_t ended_as; /* terminal state told while fills are still missing; EB_OS_NONE else */
    bool cancel_sent, close_position;
    bool guessed; /* known by a fill alone: its quantity is what it may be at most */
    uint8_t queries;
    uint32_t snapshot_gen; /* observed: generation of the last snapshot that listed it */
};

/* What closes the whole position, until flat. */
struct eb_intent {
    bool active;
    bool stuck;      /* a person was told that what is left cannot be sent */
    bool band;       /* market was refused for its price: limit IOC at the band's edge next */
    uint8_t purpose; /* STOP, FULL_EXIT or FLATTEN */
    uint8_t reason;  /* enum eb_exit_reason */
    uint8_t tries;   /* sends that came back without a fill */
    uint8_t covered; /* of them in a row: other orders cover the position, or it is smaller than thought */
    eb_price level;
    int64_t since_ms;
    int64_t last_send_ms;
    int64_t retry_ms; /* not before; 0 at once */
};

struct eb_plan {
    uint32_t revision;
    bool builtin;
    bool unjudged; /* formed while no price was fresh: the next one decides what of it is parked */
    uint8_t leg_count;
    uint8_t ratchet_count;
    struct eb_leg leg[EB_LEGS_MAX];
    struct eb_trail trail;
    struct eb_ratchet_rule ratchet[EB_RATCHET_MAX];
    eb_price stop, ratchet_stop, risk_floor, protective, parked_stop;
    struct eb_leg_ids gone;
};

enum eb_r_state { EB_R_NONE = 0, EB_R_PROVISIONAL, EB_R_FROZEN };
enum eb_backstop_stage {
    EB_BS_NONE = 0,
    EB_BS_PLACING,
    EB_BS_RESTING,
    EB_BS_BRIDGING,
    EB_BS_CANCEL_OLD,
    EB_BS_PLACE_NEW,
    EB_BS_CANCEL_BRIDGE,
    EB_BS_CONFIRM_BREACH,
    EB_BS_STAGE_COUNT
};

struct eb_backstop {
    uint8_t stage;        /* enum eb_backstop_stage */
    bool as_quantity;     /* rests as a quantity stop: a foreign closePosition order occupies the place */
    bool unprotectable;   /* no slot was left */
    bool yields;          /* a position with more at risk was promised its slot */
    uint8_t refusals;     /* in a row: each doubles the wait for the next attempt */
    eb_price trigger;     /* of the confirmed one; 0 none */
    eb_price foreign;     /* trigger of a foreign stop that protects; 0 none */
    int64_t confirmed_ms; /* observed: last time the venue said that it stands */
    int64_t renewed_ms;
    int64_t retry_ms;
};

struct eb_durable {
    bool open;
    bool adopted, confirmed, released, tripped, rebase_pending;
    bool shadow;      /* ran while nothing was sent: rebuilt from the venue before anything is */
    bool shadow_done; /* shadow: the virtual episode has ended before the real one */
    bool unexplained; /* something other than our fills changed the size */
    bool planned;     /* the plan is one that `owner` gave, not the built-in one nor another owner's */
    uint8_t side, position_side, r_state, hits, regime;
    uint32_t episode;
    uint8_t leg_refusals;   /* orders of legs in a row that came back with nothing */
    uint8_t partial_reason; /* enum eb_exit_reason */
    uint8_t owed;           /* 1 + enum eb_consult_reason of a consult that was due and has no answer yet; 0 none */
    uint32_t window_orders; /* sends in the minute that began at window_ms */
    uint32_t attempts;
    uint32_t sent_before, life_from; /* numbers between them, the last included, may have been sent by an earlier
                                        process that did not live to record it */
    eb_qty qty, first_qty, base, exited, venue_qty;
    eb_qty partial; /* a partial close that waits until resting legs have made room; 0 none */
    eb_price entry, r, initial_stop, first_r, liquidation;
    eb_price earlier_best, earlier_worst; /* extremes before the last re-base, for the report; 0 none */
    eb_money margin;
    eb_qty margin_qty; /* the size that it was told for */
    int64_t leverage_ppm;
    int64_t leg_retry_ms; /* legs wait until then after a refusal */
    int64_t opened_ms, window_ms, last_fill_ms;
    eb_qty claim;           /* size that the venue told and that fills in flight may explain */
    int64_t claim_ms;       /* 0: no claim */
    int64_t claim_told_ms;  /* the venue's time of what claims */
    int64_t told_ms;        /* the venue's time of the last position that was believed: what happened before is in it */
    int64_t grown_ms;       /* the same of the last one that was larger than known */
    eb_qty absorbed;        /* reductions believed at told_ms whose fills, if they are ours, may still come */
    eb_qty absorbed_before; /* the same, believed at earlier times */
    uint64_t permit_seq;
    struct eb_plan plan;
    struct eb_intent intent;
    struct eb_backstop backstop;
    char strategy_id[EB_NAME_MAX];
    char profile[EB_NAME_MAX];
    char owner[EB_NAME_MAX]; /* who of the policy set answered last; "" nobody said */
    struct eb_memory memory;
};

/* Fills that were applied without their trades: when those come after all, they are not news. */
struct eb_inferred {
    eb_client_id id;
    eb_qty qty;
};

/* An order of an earlier process that was found: how much of it was counted, and whether its end is known. */
struct eb_lost {
    eb_client_id id;
    eb_qty counted;
    bool ended;
};

struct eb_slot {
    struct eb_durable d;
    struct eb_order order[EB_ORDERS_MAX];         /* durable too; outlive their episode until resolved */
    uint64_t trade[EB_TRADES_KEPT];               /* durable: ids applied */
    struct eb_inferred inferred[EB_INFERRED_MAX]; /* durable, a ring */
    struct eb_lost lost[EB_LOST_MAX];             /* durable, a ring */
    uint8_t inferred_next, lost_next;

    /* observed from here on */
    uint32_t snapshot_gen; /* generation of the last snapshot that named this position */
    uint32_t foreign_gen;  /* the same for the foreign stop that protects it, and when that was */
    int64_t foreign_ms;
    bool wants_consult; /* consult at the end of this step */
    bool alarm_unprotected;
    uint32_t linted; /* what the linter has said of this episode: bits by enum eb_lint_code */
    bool is_holder;  /* listed in eb_engine.holder */
    bool consult_pending;
    bool quarantined;
    uint8_t consult_reason;
    uint8_t last_result;
    uint8_t path_kind;
    int64_t next_consult_ns, last_consult_ns, quarantine_ns;
    int64_t last_consult_ms, last_verdict_ms, suppressed_until_ms;
    uint64_t signals_seen; /* hash of those that the last consult showed */
    int64_t signals_ms;    /* when the first of them is over; 0 none */
    int64_t deadline_ns;   /* key in the heap; INT64_MAX none */
    uint32_t heap_at;      /* 1-based place in the heap, 0 not in it */
    int64_t unprotected_since_ms;
    int64_t soft_since_ns; /* a resting leg is reached since; 0 not */
    int64_t refresh_ns;    /* last REFRESH_PRICE asked */
    int64_t stale_told_ns; /* the alarm that prices have stopped */
    int64_t fired_ns;      /* when the last level fired */
    uint64_t consult_id;
    struct eb_wake wake;
    eb_price best, worst; /* since the episode or re-base */
    eb_price path, path_mark;
    eb_price band_low, band_high; /* bar walk */
    bool band_ok;
    eb_price in_force; /* cache of eb_stop_in_force() */
    uint8_t in_force_kind;
    uint32_t consults, accepted, refused, stale, failures, failures_in_row, sent, fills, duplicates;
    char last_reason[EB_REASON_MAX];
};

struct eb_symbol {
    /* durable */
    bool known;
    struct eb_instrument inst;
    uint64_t trade_newest, trade_upto; /* newest trade told; the newest of more than EB_TRADES_LATE_MS before that */
    uint64_t trade_window;             /* the newest when the time under way began */
    int64_t trade_window_ms, trade_newest_ms;

    /* observed */
    bool gated; /* since a start no complete picture has told of it: nothing acts */
    struct eb_market market;
    int64_t funding_rate_e8, next_funding_ms;
    eb_price jump_price, jump_from;
    int64_t jump_ns;
    uint8_t jump_source;
    eb_price substitute_price;
    int64_t substitute_ns;
};

/* Walks over all symbols, a few a step; a lower value goes first. */
enum eb_sweep {
    EB_SWEEP_NONE = 0,
    EB_SWEEP_FLATTEN,
    EB_SWEEP_ABSENT,
    EB_SWEEP_MODE,
    EB_SWEEP_RELOAD,
    EB_SWEEP_SIGNAL,
    EB_SWEEP_COUNT
};

struct eb_engine {
    void *block; /* the one allocation */
    struct eb_engine_config c;
    struct eb_hot *hot;       /* [symbols_max * EB_SRC_COUNT] */
    struct eb_symbol *symbol; /* [symbols_max] */
    struct eb_slot *slot;     /* [symbols_max * 2] */
    uint32_t *heap;           /* slots by deadline */
    uint32_t heap_count, symbol_count;
    uint32_t *holder; /* slots that have conditional orders, in no order */
    uint32_t holder_count;
    int64_t *claim; /* by position: what is lost at liquidation, +1, in quote at 1e-8; 0: wants no slot. From durable */

    /* durable */
    uint64_t durable_count; /* durable steps taken: what needs_seq counts */
    uint32_t episode_serial;
    struct eb_ev_config mode;
    bool hedge, paused, flattening;
    uint8_t command_next;  /* in command_id */
    uint32_t flatten_upto; /* the last episode that the flatten under way is about */
    uint32_t starts;
    uint32_t life_serial;                  /* episodes up to this one are of earlier processes */
    int64_t hold_ms;                       /* targets wait until then: orders of an earlier process may still arrive */
    uint64_t command_id[EB_COMMANDS_KEPT]; /* the last ones, a ring */
    uint8_t policy_hash[EB_HASH_SIZE];
    bool policy_legacy; /* the set has owners for LEGACY mode */
    uint8_t signal_id_next;
    uint64_t signal_id[EB_COMMANDS_KEPT]; /* a ring of their own: signals may come often */
    uint32_t signal_count;
    struct eb_signal signal[EB_SIGNALS_MAX]; /* sorted by symbol and name */

    /* observed */
    bool resting;         /* folded or loaded, and no START yet: it hears, and does nothing */
    bool wants_picture;   /* no complete one since START */
    bool in_snapshot;     /* a picture is being told */
    bool snapshot_broken; /* another began before it ended: nothing is concluded from it */
    bool has_witness;
    bool dirty; /* the step under way has changed something durable */
    uint8_t asked_count;
    int64_t start_ns; /* of the last START; 0 none */
    eb_money balance;
    uint64_t consult_serial;
    uint32_t snapshot_gen;
    int64_t snapshot_began_ms;         /* when the picture under way was asked for: it cannot be older */
    int64_t asked_ms[EB_ASKED_MAX];    /* pictures asked for and not begun, oldest first */
    uint32_t sweep_at[EB_SWEEP_COUNT]; /* next symbol of a sweep over all; UINT32_MAX none */
    uint32_t sweep_gen;                /* the picture that the sweep for absence concludes from */
    int64_t sweep_began_ms;
    int64_t snapshot_due_ns;
    uint32_t foreign_conditional, foreign_counting;
    struct eb_witness witness;

    struct { /* an image that is being loaded */
        bool head, end;
        uint32_t symbols, signals, slots; /* read, read; still to come */
        uint64_t hash;
    } load;

    /* the step under way */
    const struct eb_event *ev;
    struct eb_actions *out;
    int64_t last_now_ns, last_now_ms; /* of the last step: what evidence is told at */
    struct eb_engine_stats stats;
};

/* ---- small helpers used everywhere ---- */

/* Copies text, cut to cap - 1 bytes, and clears the rest of dst. */
void eb_text_copy(char *dst, size_t cap, const char *src);

static inline uint32_t eb_slot_index(const struct eb_engine *e, const struct eb_slot *s)
{
    uint32_t at = (uint32_t)(s - e->slot);
    return at < e->c.symbols_max ? at * 2 : (at - e->c.symbols_max) * 2 + 1;
}
/* Position ids alternate; SHORT legs of hedge mode lie behind all others, so that a one-way account never touches
 * their pages. */
static inline struct eb_slot *eb_slot_at(const struct eb_engine *e, uint32_t position)
{
    return &e->slot[(position & 1) * e->c.symbols_max + position / 2];
}
static inline eb_symbol_id eb_slot_symbol(const struct eb_engine *e, const struct eb_slot *s)
{
    return eb_slot_index(e, s) / 2;
}
static inline struct eb_symbol *eb_symbol_of(const struct eb_engine *e, const struct eb_slot *s)
{
    return &e->symbol[eb_slot_symbol(e, s)];
}
static inline enum eb_side eb_side_of(const struct eb_slot *s)
{
    return (enum eb_side)s->d.side;
}
static inline struct eb_hot *eb_hot_of(const struct eb_engine *e, eb_symbol_id symbol, enum eb_price_source src)
{
    return &e->hot[(size_t)symbol * EB_SRC_COUNT + src];
}
/* Marks the step as durable: the event will be journaled. */
static inline void eb_touch(struct eb_engine *e)
{
    e->dirty = true;
}
/* Whether orders leave at all; EXIT_MODE only selects the owner (semantics 8), see eb_has_owner(). */
static inline bool eb_is_live(const struct eb_engine *e)
{
    return e->mode.executor_live && e->mode.rollout_enabled;
}
/* Whether anybody of the policy set decides exits in this mode. */
static inline bool eb_has_owner(const struct eb_engine *e)
{
    return eb_engine_owns(e, (enum eb_exit_mode)e->mode.exit_mode);
}
static inline bool eb_is_owner(const struct eb_engine *e, const struct eb_slot *s)
{
    return eb_has_owner(e) && !s->d.released;
}

struct eb_action *eb_emit(struct eb_engine *e, enum eb_action_kind kind);
void eb_alert(struct eb_engine *e, const struct eb_slot *s, enum eb_alert_kind kind, eb_price price, int32_t code,
              const char *text);

/* engine.c: what was observed of a symbol before a slow step; what every slow step about a symbol ends with */
void eb_witness_take(struct eb_engine *e, eb_symbol_id symbol);
void eb_finish_symbol(struct eb_engine *e, eb_symbol_id symbol);

/* deadline.c */
void eb_deadline_set(struct eb_engine *e, struct eb_slot *s, int64_t at_ns);
uint32_t eb_deadline_first(const struct eb_engine *e, int64_t *at_ns); /* UINT32_MAX when empty */

/* price.c: prices and what follows from them */
void eb_step_price(struct eb_engine *e, const struct eb_event *ev);
bool eb_fresh(const struct eb_engine *e, eb_symbol_id symbol, enum eb_price_source src, int64_t now_ns);
eb_price eb_judge_price(const struct eb_engine *e,
                        const struct eb_slot *s); /* by which new levels are judged; 0 none */
eb_price eb_executable_price(const struct eb_engine *e, const struct eb_slot *s); /* where a close would execute */
void eb_fold_extremes(struct eb_engine *e, eb_symbol_id symbol);
void eb_price_again(struct eb_engine *e, eb_symbol_id symbol); /* the last prices, as if they came now */
void eb_jump_timer(struct eb_engine *e, eb_symbol_id symbol);
int64_t eb_jump_deadline_ns(const struct eb_engine *e, eb_symbol_id symbol); /* INT64_MAX none */

/* band.c: the quiet bands, after each slow step */
void eb_bands_rebuild(struct eb_engine *e, eb_symbol_id symbol);
bool eb_price_is_quiet(struct eb_engine *e, eb_symbol_id symbol,
                       const struct eb_ev_price *p); /* levels as they stand */

/* path.c: the bar walk */
void eb_step_path(struct eb_engine *e, const struct eb_event *ev);
bool eb_path_valid(const struct eb_engine *e,
                   const struct eb_event *ev); /* may be walked; a quiet bar never gets here */

/* fire.c: from a crossed level to orders, and until they have done their work */
eb_price eb_stop_in_force(const struct eb_engine *e, const struct eb_slot *s, enum eb_stop_kind *kind);
void eb_fire_stop(struct eb_engine *e, struct eb_slot *s);
bool eb_leg_can_fire(const struct eb_engine *e, const struct eb_slot *s,
                     const struct eb_leg *leg); /* something is free */
void eb_fire_leg(struct eb_engine *e, struct eb_slot *s, struct eb_leg *leg);
void eb_fire_partial(struct eb_engine *e, struct eb_slot *s, int64_t fraction_ppm, enum eb_exit_reason reason);
void eb_exit_all(struct eb_engine *e, struct eb_slot *s, enum eb_purpose purpose, enum eb_exit_reason reason,
                 eb_price level);
void eb_drive(struct eb_engine *e, struct eb_slot *s); /* desired against working: the diff */
bool eb_targets_may_fire(const struct eb_engine *e, const struct eb_slot *s);

/* gateway.c: the last function before an order leaves */
enum eb_gate { EB_GATE_SENT = 0, EB_GATE_SHADOW, EB_GATE_BLOCKED };
enum eb_gate eb_gateway(struct eb_engine *e, struct eb_slot *s, struct eb_order_request *req);
eb_qty eb_committed(const struct eb_slot *s); /* closing quantity that orders may still take */
void eb_cancel(struct eb_engine *e, struct eb_slot *s, struct eb_order *o);

/* order.c */
void eb_step_order(struct eb_engine *e, const struct eb_event *ev);
struct eb_order *eb_order_find(struct eb_slot *s, eb_client_id id);
void eb_order_timers(struct eb_engine *e, struct eb_slot *s);
void eb_order_query(struct eb_engine *e, struct eb_slot *s, struct eb_order *o);
struct eb_slot *eb_slot_by_order(struct eb_engine *e, eb_symbol_id symbol, eb_client_id id, struct eb_order **order);
void eb_order_settle(struct eb_engine *e, struct eb_slot *s, struct eb_order *o); /* its end is known and filled */

/* fill.c */
void eb_step_fill(struct eb_engine *e, const struct eb_event *ev);
void eb_apply_fill(struct eb_engine *e, struct eb_slot *s, struct eb_order *o, const struct eb_ev_fill *f,
                   bool is_virtual);
void eb_leg_hit(struct eb_engine *e, struct eb_slot *s, struct eb_leg *leg);
void eb_apply_inferred(struct eb_engine *e, struct eb_slot *s, struct eb_order *o,
                       const struct eb_ev_fill *f); /* told of, without its trade */
void eb_leg_progress(struct eb_engine *e, struct eb_slot *s, struct eb_leg *leg);

/* episode.c */
void eb_step_position(struct eb_engine *e, const struct eb_event *ev);
void eb_episode_begin(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_position *p, int64_t now_ms);
/* Best and worst price of the whole episode, re-bases included. */
void eb_episode_extremes(const struct eb_slot *s, eb_price *best, eb_price *worst);
void eb_episode_end(struct eb_engine *e, struct eb_slot *s);
void eb_look_again(
    struct eb_engine *e); /* what was not believed yet may be told once only: a picture, when it would be */
void eb_first_plan(struct eb_engine *e, struct eb_slot *s, enum eb_consult_reason why);
void eb_episode_gone(struct eb_engine *e, struct eb_slot *s); /* a later one is known to have begun */
void eb_episode_mode(struct eb_engine *e, struct eb_slot *s); /* shadow became live, or the other way round */
void eb_position_claim_timer(struct eb_engine *e, struct eb_slot *s);
void eb_recheck_buffer(struct eb_engine *e, struct eb_slot *s);

/* lost.c: what a process sent that did not live to record it */
bool eb_id_is_lost(const struct eb_engine *e, const struct eb_slot *s, eb_client_id id);
void eb_lost_episode(struct eb_engine *e, struct eb_slot *s, eb_client_id id); /* of one that this state does not know:
    its serial is not given again, and what it took the place of has ended */
struct eb_order *eb_lost_by_fill(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_fill *f);
void eb_lost_counted(struct eb_slot *s, eb_client_id id, eb_qty qty); /* a fill of one was applied */
void eb_lost_ended(const struct eb_engine *e, struct eb_slot *s, eb_client_id id);
void eb_lost_told(struct eb_engine *e, eb_symbol_id symbol, const struct eb_ev_order *t);
bool eb_lost_listed(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_open_order *t); /* is it one */
struct eb_order *eb_lost_by_listing(struct eb_engine *e, struct eb_slot *s, const struct eb_ev_open_order *t);

/* start.c: a process begins with a state that another has left */
void eb_rest(struct eb_engine *e);                /* nothing acts until START */
void eb_start(struct eb_engine *e, bool settled); /* the command */
bool eb_gated(const struct eb_engine *e, const struct eb_slot *s);
void eb_gate_open(struct eb_engine *e, eb_symbol_id symbol);             /* its picture is complete */
bool eb_start_waits(const struct eb_engine *e, const struct eb_slot *s); /* a consult, for the first price */
int64_t eb_next_picture_ns(const struct eb_engine *e);

/* reconcile.c */
void eb_step_snapshot(struct eb_engine *e, const struct eb_event *ev);
void eb_sweep_start(struct eb_engine *e, enum eb_sweep kind);
bool eb_sweep_pending(const struct eb_engine *e);
void eb_sweep(struct eb_engine *e);
void eb_sweep_again(struct eb_engine *e, const struct eb_witness *w); /* a fold: the sweep step as it was */

/* consult.c */
void eb_want_consult(struct eb_engine *e, struct eb_slot *s, enum eb_consult_reason why);
void eb_consult_now(struct eb_engine *e, struct eb_slot *s, enum eb_consult_reason why);
void eb_consult_due(struct eb_engine *e, struct eb_slot *s);
void eb_consult_resume(const struct eb_engine *e, struct eb_slot *s); /* its place in the cycle after a start */
void eb_context_fill(const struct eb_engine *e, const struct eb_slot *s, struct eb_context *ctx, int64_t now_ns,
                     int64_t now_ms);
void eb_schedule(struct eb_engine *e, struct eb_slot *s);

/* verdict.c */
void eb_step_verdict(struct eb_engine *e, const struct eb_event *ev);
void eb_step_policy_failed(struct eb_engine *e, const struct eb_event *ev);

/* planstop.c: stops of a plan: guard, R, parking, ratchet */
int eb_plan_stop(struct eb_engine *e, struct eb_slot *s, const struct eb_decision *dec, eb_money balance,
                 struct eb_err *err);
void eb_plan_rebase(struct eb_engine *e, struct eb_slot *s);
void eb_plan_ratchet(struct eb_engine *e, struct eb_slot *s);
void eb_park_legs(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_plan *before);
void eb_park_stops(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_plan *before);
void eb_plan_park(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_plan *before);
void eb_plan_judge(struct eb_engine *e, struct eb_slot *s, eb_price price);   /* the first price that a plan sees */
bool eb_trail_follow(struct eb_engine *e, struct eb_slot *s, eb_price price); /* true: the trail changed */
void eb_trail_keep(struct eb_engine *e, struct eb_slot *s, eb_price judge, const struct eb_durable *was);
void eb_plan_rescue(struct eb_engine *e, struct eb_slot *s);
void eb_plan_builtin(struct eb_engine *e, struct eb_slot *s, eb_price judge);
struct eb_guard eb_guard_of(const struct eb_engine *e, const struct eb_slot *s);

/* lint.c */
void eb_plan_lint(struct eb_engine *e, struct eb_slot *s); /* the verdict under way has become the plan */

/* backstop.c */
void eb_backstop_drive(struct eb_engine *e, struct eb_slot *s);
void eb_backstop_watch(struct eb_engine *e, struct eb_slot *s); /* says when nothing protects for too long */
int64_t eb_backstop_alarm_ms(const struct eb_engine *e, const struct eb_slot *s); /* when it would; 0 never */
void eb_backstop_told(struct eb_engine *e, struct eb_slot *s, struct eb_order *o, const struct eb_ev_order *ev);
enum eb_protection eb_protection_of(const struct eb_engine *e, const struct eb_slot *s);
int64_t eb_backstop_deadline_ms(const struct eb_engine *e, const struct eb_slot *s);

/* hash.c: whether a plan or a trail changed is told by their fields, never by their bytes (padding) */
uint64_t eb_durable_hash(const struct eb_durable *d);
uint64_t eb_plan_hash(const struct eb_plan *p);
uint64_t eb_filters_hash(const struct eb_instrument *inst);
uint64_t eb_trail_hash(const struct eb_trail *t);

/* slots.c: conditional orders are few */
void eb_slots_hold(struct eb_engine *e, struct eb_slot *s);
void eb_slots_claim(struct eb_engine *e, const struct eb_slot *s); /* before it is driven: what it has at risk */
bool eb_slots_entitled(const struct eb_engine *e, const struct eb_slot *s); /* it is among those that slots are for */
bool eb_slots_ask(struct eb_engine *e, const struct eb_slot *s); /* a holder with less at risk will yield its slot */

/* command.c */
void eb_step_command(struct eb_engine *e, const struct eb_event *ev);
void eb_set_mode(struct eb_engine *e, const struct eb_ev_config *mode);

/* signal.c: what hosts and operators say */
int eb_signal_check(const struct eb_engine *e, const struct eb_event *ev); /* whether the event can be taken */
void eb_step_signal(struct eb_engine *e, const struct eb_event *ev);
void eb_signals_fill(const struct eb_engine *e, eb_symbol_id symbol, int64_t now_ms, struct eb_memory *out);
void eb_signals_asked(struct eb_slot *s, const struct eb_memory *with);       /* a consult has shown these */
int64_t eb_signals_deadline_ms(const struct eb_engine *e, struct eb_slot *s); /* 0 none */
bool eb_signal_stored_ok(const struct eb_engine *e, uint32_t at);             /* of an image: in its place */
bool eb_signals_over(const struct eb_engine *e, struct eb_slot *s);           /* one is due, and it shows */

/* invariant.c: cheap, asserted in production after every slow step */
void eb_check_slot(struct eb_engine *e, const struct eb_slot *s);
