/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine: one deterministic step over events.
 *
 *     eb_engine_step(engine, event, actions)      pure and total: no I/O, clock, allocation, Lua or chance inside
 *
 * Every event is legal in every state. Capacities are given at creation, which makes the only allocation.
 */
#pragma once

#include <stddef.h>

#include <exitbrain/action.h>

struct eb_engine;

enum eb_no_legal_stop { EB_NO_STOP_ALARM = 0, EB_NO_STOP_CLOSE };
enum eb_target_source { EB_TARGET_BOOK = 0, EB_TARGET_LAST, EB_TARGET_MARK };

/* Settings of the engine; eb_engine_config_default() fills every field with the documented default. */
struct eb_engine_config {
    uint32_t symbols_max;              /* 1..20,000; two position slots each */
    uint32_t instance;                 /* epoch of this instance, from 1: part of every client order id */
    struct eb_ev_config mode;          /* default: shadow, nothing is sent */
    bool bars;                         /* bar walk: max_jump, age and substitutes do not apply, no 10 s cycle */
    bool hedge;                        /* position mode; an ACCOUNT event overrides it */
    uint8_t stop_source;               /* enum eb_price_source: MARK (default) or LAST */
    uint8_t target_source;             /* enum eb_target_source: BOOK, else last (default) */
    uint8_t on_no_legal_stop;          /* enum eb_no_legal_stop */
    bool allow_loosen;                 /* consent to verdicts that say allow_loosen */
    bool act_on_adopted;               /* policy closes of adopted positions act without confirmation */
    int64_t min_stop_distance_ppm;     /* 2,000: 0.2 % of entry */
    int64_t liquidation_buffer_ppm;    /* 10,000: 1 % of entry */
    int64_t max_loss_ppm;              /* of the balance: bound on the loss at a loosened stop; 20,000 */
    int64_t builtin_stop_ppm;          /* 20,000: 2 % of entry, the built-in plan (Exit Brain V3's hard stop) */
    int64_t maintenance_ppm;           /* 10,000: where the instrument does not say */
    int64_t max_jump_ppm;              /* 50,000: 5 % */
    int64_t max_age_mark_ms;           /* 3,000 */
    int64_t max_age_last_ms;           /* 2,000 */
    int64_t cycle_ms;                  /* 10,000: between consults of one position */
    int64_t consult_max_ms;            /* 300,000: a wake condition cannot suppress longer */
    uint32_t failures_max;             /* 3: failures in a row before quarantine */
    int64_t quarantine_ms;             /* 60,000: between consults of a quarantined position */
    bool backstop;                     /* conditional stop at the venue (true; bars: false) */
    int64_t backstop_r_ppm;            /* 300,000: 0.3 R beyond the soft stop, or */
    int64_t backstop_min_ppm;          /* 2,000: 20 bps of entry, the larger */
    int64_t backstop_renew_r_ppm;      /* 250,000: renewed when 0.25 R tighter */
    int64_t backstop_renew_ms;         /* 10,000 at least between renewals */
    int64_t protect_ms;                /* 5,000: unprotected longer raises an alarm */
    int64_t confirm_ms;                /* 60,000: a confirmation of protection is good for this long */
    int64_t triggering_ms;             /* 2,000: TRIGGERING longer than this is no protection */
    uint32_t slots_max, slots_reserve; /* 200 conditional orders, 10 kept for bridges */
    int64_t unknown_query_ms;          /* 500: between queries of an order whose fate is unknown */
    int64_t absent_after_ms;           /* 6,000: recvWindow + 1 s since the last possible send, then absent counts */
    int64_t full_close_ms;             /* 2,000: at most one full close per episode in this time once tripped */
    int64_t soft_fallback_ms;          /* 3,000: at or beyond a resting soft leg this long, then market for the rest */
    uint32_t orders_per_minute_max;    /* 60 per episode before the cap trips */
    int64_t snapshot_ms;               /* 30,000 between pictures of the account; 0 never by itself */
    int64_t fee_taker_ppm, fee_maker_ppm; /* 400, 200: what policies are told */
};
void eb_engine_config_default(struct eb_engine_config *c);

/* Bytes that an engine of this configuration takes, everything included. */
size_t eb_engine_bytes(const struct eb_engine_config *c);

/* Creates an engine (one allocation, owned by the caller) or fails: EB_E_INVALID names the field, EB_E_MEMORY. */
int eb_engine_create(const struct eb_engine_config *c, struct eb_engine **out, struct eb_err *err);
void eb_engine_destroy(struct eb_engine *e);

/*
 * One step. out is overwritten. EB_OK, or EB_E_FULL / EB_E_INVALID / EB_E_NOT_FOUND for an event that cannot be
 * taken (unknown symbol, more symbols than configured): then nothing has changed.
 */
int eb_engine_step(struct eb_engine *e, const struct eb_event *ev, struct eb_actions *out);

/* Monotonic time of the earliest deadline, INT64_MAX when none: the host steps a CLOCK event at or after it, and
 * again while the returned deadline is still due. */
int64_t eb_engine_next_deadline(const struct eb_engine *e);

/* What the last step had observed of its symbol before it ran; NULL when the step was about no symbol. Valid until
 * the next step. */
const struct eb_witness *eb_engine_witness(const struct eb_engine *e);

/* Hash of the durable state (episodes, plans, orders, permits, owners, memory): equal after any fold that saw the
 * same durable events, whatever quiet ones came between. */
uint64_t eb_engine_durable_hash(const struct eb_engine *e);

/*
 * The durable state as parts, for a store that keeps images so that a start need not fold everything. A part is at most
 * EB_IMAGE_PART_MAX bytes, field by field, with its own version. *cursor begins at 0. EB_OK with the next part,
 * EB_E_END after the last, EB_E_FULL when cap is too small. The engine must not be stepped between parts of one image.
 */
#define EB_IMAGE_PART_MAX 12288
int eb_engine_image_part(const struct eb_engine *e, uint32_t *cursor, unsigned char *out, size_t cap, size_t *len);
/* Takes one part, in order, into an engine that was never stepped; its configuration may be another. EB_E_CORRUPT,
 * EB_E_FULL (more symbols than configured); after a failure the engine is only to be destroyed. */
int eb_engine_image_load(struct eb_engine *e, const unsigned char *part, size_t len, struct eb_err *err);
/* All parts are there: rebuilds what follows from durable state, at this time. EB_E_CORRUPT when parts are missing or
 * their hash differs. The engine rests, as one does that was folded: it takes events (trades that were missed), but it
 * has no deadline and acts on nothing until the command START. */
int eb_engine_image_done(struct eb_engine *e, int64_t now_ns, int64_t now_ms, struct eb_err *err);

/* A second engine in the same state, observed state included, owned by the caller: for trials. Costs the memory of the
 * symbols that are known. EB_E_MEMORY. */
int eb_engine_clone(const struct eb_engine *e, struct eb_engine **out, struct eb_err *err);
/*
 * The same for a thread that must not stop for long. Memory that is touched for the first time is what takes the time,
 * so another thread makes the room, for at least so many symbols, by the configuration of the engine; then the clone is
 * a copy and no more. room: not stepped, of the same symbols_max; it is the clone afterwards.
 */
struct eb_engine_config eb_engine_configuration(const struct eb_engine *e);
int eb_engine_room(const struct eb_engine_config *c, uint32_t symbols, struct eb_engine **room, struct eb_err *err);
void eb_engine_clone_into(const struct eb_engine *e, struct eb_engine *room);

/* Durable steps taken since the engine was new: the number of the last durable record. */
uint64_t eb_engine_durable_count(const struct eb_engine *e);
/* Modes in force, the hash of the policy that was last announced, whether PAUSE stands. */
struct eb_ev_config eb_engine_mode(const struct eb_engine *e);
const uint8_t *eb_engine_policy_hash(const struct eb_engine *e);
bool eb_engine_paused(const struct eb_engine *e);
/* Whether somebody of the policy set decides exits in that EXIT_MODE: else this engine only looks on. */
bool eb_engine_owns(const struct eb_engine *e, enum eb_exit_mode mode);
/* A trade of a symbol after which any may be missing here, 0 none known: those after it are asked for at start, and
 * told again what was applied before does no harm. */
uint64_t eb_engine_last_trade(const struct eb_engine *e, eb_symbol_id symbol);
/* Working orders of one position slot, the engine's own view: copies at most max, returns how many there are (at most
 * 16). */
struct eb_own_order {
    eb_client_id client_id;
    uint64_t venue_order_id;
    uint8_t state;   /* enum eb_order_state */
    uint8_t type;    /* enum eb_order_type */
    uint8_t purpose; /* enum eb_purpose */
    uint8_t leg;
    bool cancel_sent;
    eb_qty qty, filled;
    eb_price price, trigger, level;
    int64_t sent_ms, changed_ms;
};
uint32_t eb_engine_orders(const struct eb_engine *e, eb_position_id position, struct eb_own_order *out, uint32_t max);

/* Signals that stand, as of the event last stepped, sorted by symbol (those of all last) and name: copies at most max,
 * returns how many there are. */
#define EB_SIGNALS_MAX 256
struct eb_signal {
    eb_symbol_id symbol; /* EB_NO_SYMBOL: of all */
    struct eb_memory_entry value;
    int64_t expires_ms; /* 0 never */
    int64_t set_ms;
    char who[EB_NAME_MAX];
};
uint32_t eb_engine_signals(const struct eb_engine *e, struct eb_signal *out, uint32_t max);
/* Whether this can be a signal's name: 1 to 23 letters, digits and _, no digit first. */
bool eb_signal_name_ok(const char *name);

/* Lookup by name; EB_NO_SYMBOL when unknown. Names; static until the engine is destroyed, "" for no such id. */
eb_symbol_id eb_engine_symbol(const struct eb_engine *e, const char *name);
const char *eb_engine_symbol_name(const struct eb_engine *e, eb_symbol_id symbol);
uint32_t eb_engine_symbol_count(const struct eb_engine *e);

enum eb_path_scope { EB_SCOPE_ALL = 0, EB_SCOPE_STOPS, EB_SCOPE_TARGETS };

/* Bar walk. The nearest level of this position that travel from `from` to `to` (both inclusive) meets: true and its
 * price, or false. scope STOPS or TARGETS asks for one kind only, where marks are
 * walked apart. A pure question, asked by feed/walk before it moves the price. */
bool eb_engine_path_next(const struct eb_engine *e, eb_position_id position, enum eb_path_scope scope, eb_price from,
                         eb_price to, eb_price *at);

/* The open interval in which no level of this position can act and no peak moves a stop; false when there is none. */
bool eb_engine_quiet_band(const struct eb_engine *e, eb_position_id position, eb_price *low, eb_price *high);

/* Position mode of the account as last told: two legs per symbol in hedge mode. */
bool eb_engine_hedge(const struct eb_engine *e);

/* Whether a position is open in this slot, and on which side. */
bool eb_engine_open_side(const struct eb_engine *e, eb_position_id position, enum eb_side *side);

/* Bar walk: whether the cycle instant at this time and price would consult (a wake condition may suppress it). */
bool eb_engine_cycle_due(const struct eb_engine *e, eb_position_id position, int64_t now_ns, int64_t now_ms,
                         eb_price price);

/* ---- Evidence: what status, explain and the last page of a run are made of. Nothing else reports health. ---- */

/* Why a level has not fired, or what became of it. */
enum eb_why {
    EB_WHY_WAITING = 0,
    EB_WHY_PARKED,
    EB_WHY_FIRING,
    EB_WHY_RESTING,
    EB_WHY_HIT,
    EB_WHY_PAUSED,
    EB_WHY_TRIPPED,
    EB_WHY_NO_PRICE,
    EB_WHY_STALE,
    EB_WHY_JUMP,
    EB_WHY_SHADOW,
    EB_WHY_RELEASED,
    EB_WHY_NOT_OWNER,
    EB_WHY_NOT_ACTIVE,
    EB_WHY_SUPERSEDED,
    EB_WHY_ENDED,
    EB_WHY_PARKED_STOP,
    EB_WHY_CLOSING,
    EB_WHY_NOT_FREE,
    EB_WHY_STARTING,
    EB_WHY_COUNT
};
const char *eb_why_text(enum eb_why why);

enum eb_protection {
    EB_UNPROTECTED = 0,
    EB_PROTECTED,
    EB_PROTECTED_FOREIGN,
    EB_UNPROTECTABLE,
    EB_PROTECTION_PENDING,
    EB_PROTECTION_COUNT
};

struct eb_level_evidence {
    uint8_t leg;   /* leg id, 0 for stops */
    uint8_t kind;  /* enum eb_stop_kind for stops, EB_STOP_NONE for legs */
    uint8_t state; /* enum eb_leg_state */
    uint8_t why;   /* enum eb_why */
    bool in_force; /* of the stops: the tightest */
    eb_price price;
    int64_t distance_ppm; /* signed, from the current price, of price; positive: not reached yet */
    int64_t distance_r_ppm;
    eb_qty qty, filled;
};
#define EB_EVIDENCE_LEVELS_MAX (EB_LEGS_MAX + 6)

/* Everything known about one position: one struct, copied. */
struct eb_evidence {
    bool open;
    struct eb_context ctx; /* as a consult now would see it */
    eb_price initial_stop;
    eb_price first_r, best, worst; /* as a report of its end would say now; of the whole episode */
    eb_price backstop;             /* trigger of the confirmed backstop, 0 none */
    uint8_t protection;            /* enum eb_protection */
    bool owned;          /* exits of this position are this engine's to decide; ctx.owner names who of the set does */
    uint8_t last_result; /* enum eb_policy_result of the last consult */
    bool quarantined, paused, released, tripped, firing;
    uint32_t consults, verdicts_accepted, verdicts_refused, verdicts_stale, failures, failures_in_row;
    uint32_t orders_sent, fills_applied, fills_duplicate;
    int64_t last_consult_ms, last_verdict_ms, next_consult_ms, suppressed_until_ms;
    char last_reason[EB_REASON_MAX]; /* of the last accepted verdict, or why the last was refused */
    uint8_t policy_hash[EB_HASH_SIZE];
    uint8_t level_count;
    struct eb_level_evidence level[EB_EVIDENCE_LEVELS_MAX];
};
/* Fills out for one slot as of the event last stepped; false when the slot never held a position. */
bool eb_engine_evidence(const struct eb_engine *e, eb_position_id position, struct eb_evidence *out);

/* Account-wide counters since creation. */
struct eb_engine_stats {
    uint64_t steps, durable_steps, price_events, consults, verdicts, submits, cancels, queries, fills, alerts;
    uint32_t open_positions, protected_positions, working_orders, conditional_orders;
    uint64_t invariant_checks;
};
void eb_engine_stats(const struct eb_engine *e, struct eb_engine_stats *out);

/* Beyond evidence of positions. The newest observation of one source of a symbol (BOOK: the bid) and when it came, in
 * the now_ns of its event; false when there was none. */
bool eb_engine_price(const struct eb_engine *e, eb_symbol_id symbol, enum eb_price_source source, eb_price *price,
                     int64_t *received_ns);
/* Whether everything is being closed, until RESUME. */
bool eb_engine_flattening(const struct eb_engine *e);
/* Since when an open position has had no confirmed protection at the venue, by now_ms of an event; 0: it has, or none
 * is looked for (shadow, released, backstops off). */
int64_t eb_engine_unprotected_since(const struct eb_engine *e, eb_position_id position);
