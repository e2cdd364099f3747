/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simulated life of an engine: the real turn and engine, a simulated exchange, a store in memory, a policy of every
 * kind of answer, a market, other people's hands and an operator. Everything follows from one seed.
 *
 *     draw.c    which faults this seed has, and how often (swarm: each is switched on or off, then 0..30 %)
 *     market.c  true prices at the exchange, and what the engine is told of them     hands.c   people and systems
 *     policy.c  verdicts                                                             world.c   ports, time, phases
 *     oracle    judges every step and every request on the wire                      trace     hash, last events
 */
#pragma once

#include "base/rng.h"
#include "oracle.h"
#include "store/memory.h"
#include "trace.h"
#include "venue/sim/sim.h"
#include <exitbrain/host.h>

#define WORLD_START_MS INT64_C(1700000000000)
#define WORLD_START_NS INT64_C(5000000000000) /* the monotonic clock began earlier, at another zero */

/* What goes wrong, or merely happens, beside the faults of the exchange (EB_SIM_F_...). */
enum world_fault {
    WORLD_F_PRICE_GAP = 0, /* a source is silent for a while: its last price goes stale */
    WORLD_F_JUMP,          /* the true price jumps */
    WORLD_F_BAD_PRINT,     /* one print is far off the truth, zero or absurd */
    WORLD_F_COALESCED,     /* several prints arrive as one with extremes */
    WORLD_F_LATE_TIMER,    /* the host's timer fires late */
    WORLD_F_SUSPEND,       /* the process stands still for seconds; then everything comes at once */
    WORLD_F_POLICY_FAILS,  /* error, budget, memory, invalid, no policy */
    WORLD_F_POLICY_ODD,    /* verdicts with nonsense in them, of the right form */
    WORLD_F_STORE_LAG,     /* records become durable late */
    WORLD_F_STORE_FAIL,    /* once: the disk fails for good */
    WORLD_F_HAND_ADD,      /* somebody adds to, reduces, closes, flips a position */
    WORLD_F_HAND_REDUCE,
    WORLD_F_HAND_CLOSE,
    WORLD_F_HAND_FLIP,
    WORLD_F_ADL,           /* the venue takes a part */
    WORLD_F_LEVERAGE,      /* leverage or margin changes */
    WORLD_F_FOREIGN_ORDER, /* somebody places an order */
    WORLD_F_HAND_CANCEL,   /* somebody cancels an order, perhaps ours */
    WORLD_F_OPERATOR,      /* pause, resume, flatten, release, adopt, rearm, confirm, snapshot */
    WORLD_F_CRASH,         /* the process dies, and another begins with what was durable */
    WORLD_F_SIGNAL,        /* somebody tells policies something, or gives exits to other owners (EXIT_MODE) */
    WORLD_F_COUNT
};
const char *world_fault_name(enum world_fault fault);

/* Streams of chance, split from the seed in this order: a new one goes to the end and shifts nobody. */
enum world_stream {
    WORLD_S_DRAW = 0,
    WORLD_S_MARKET,
    WORLD_S_FEED,
    WORLD_S_HANDS,
    WORLD_S_OPERATOR,
    WORLD_S_POLICY,
    WORLD_S_STORE,
    WORLD_S_TIMER,
    WORLD_S_CRASH,
    WORLD_S_SIGNAL,
    WORLD_S_COUNT
};

struct world_symbol {
    struct eb_ev_instrument inst;
    int64_t mid_e8;
    int64_t sigma_ppm;   /* of a move */
    int64_t drift_ppm;   /* per move */
    int64_t premium_ppm; /* mark against mid */
    int64_t spread_ppm;
    eb_qty usual; /* of positions opened here */
    struct eb_sim_quote quote;
    int64_t move_ms, told_ms[EB_SRC_COUNT], every_ms[EB_SRC_COUNT], silent_ms[EB_SRC_COUNT], bar_ms;
    eb_price min[EB_SRC_COUNT], max[EB_SRC_COUNT]; /* of what was not told yet */
    int64_t bar_e8[4];                             /* open, high, low, close of the minute under way */
    int64_t enter_ms;                              /* when somebody next opens a position here */
};

/* What the run amounted to. */
struct world_figures {
    uint64_t events, submits, trades, exits[EB_EXIT_REASON_COUNT], episodes, alerts[EB_ALERT_COUNT], verdicts;
    uint64_t sim_faults[EB_SIM_F_COUNT], faults[WORLD_F_COUNT];
    uint64_t checks, trace, durable_hash;
    uint64_t images, clones, crashes, halted, by_image, lost_records, stages[ORACLE_STAGE_COUNT];
    int64_t simulated_ms;
};

#define WORLD_HELD_MAX 8192 /* events that wait while the process stands still */
struct world_held {
    struct eb_event ev;
    struct eb_ev_position position;
};

#define WORLD_LIVES_MAX 64
#define WORLD_IMAGE_MAX ((size_t)512 * 1024)
struct world_life { /* of a process: what it recorded */
    struct eb_memory_store *store;
    uint64_t base; /* durable records before it */
    uint64_t upto; /* of its durable records survived */
};
struct world_fold {
    struct eb_decoded_event record;
    struct eb_actions actions;
};

struct world {
    uint64_t seed;
    int64_t now_ms, end_ms; /* end of the phase with faults */
    bool calm;              /* faults are over: prices fresh, nobody interferes */
    bool hedge, shadow, quiet_records;
    uint32_t symbols;
    uint32_t permille[WORLD_F_COUNT]; /* 0: switched off in this run */
    struct eb_rng rng[WORLD_S_COUNT];
    struct world_symbol symbol[ORACLE_SYMBOLS_MAX];
    struct eb_engine_config engine_config;
    struct eb_sim_config sim_config;
    struct eb_sim *sim;
    struct eb_host *host;
    uint32_t lives;
    struct world_life life[WORLD_LIVES_MAX];
    struct world_fold *fold; /* scratch */
    unsigned char *image;    /* the last one that was taken, room for two */
    size_t image_len;
    uint64_t image_seq;
    struct eb_engine *twin; /* a clone that takes the same events; NULL none */
    uint32_t twin_steps;
    bool down, dead, settled, retell,
        pictured; /* no process; one that dies within this turn; trades told after the picture */
    bool breathed;
    uint32_t unsent;  /* orders of the step in which it died that never left */
    uint32_t dies_in; /* effects on the world; 0: it does not */
    int64_t crash_ms, up_ms, look_ms;
    struct eb_venue inner; /* the exchange's own port, behind ours */
    bool store_failed;
    int64_t store_ms, store_fail_ms, hands_ms, operator_ms, signal_ms, resume_ms, suspend_ms, awake_ms, timer_ms,
        timer_seen_ns;
    uint64_t command_id;
    bool suspended;
    uint32_t held_count;
    struct world_held *held;
    struct oracle oracle;
    struct trace trace;
    struct world_figures figures;
};

struct world_options {
    uint64_t seed;
    int64_t minutes; /* with faults; 0: drawn, a few to an hour */
    bool verbose;    /* print every event that is not quiet */
};

/* Runs one life: phase with faults, calm phase, everything flat, folds of the record. 0, or 1 when something was
 * violated: then w->oracle.violation says what, and the trace holds the last events. w is large; it is reset here. */
int world_live(struct world *w, const struct world_options *options, struct world_figures *out);

/* ---- parts ---- */
int64_t world_ns(const struct world *w, int64_t at_ms);
bool world_strikes(struct world *w, enum world_fault fault, enum world_stream stream);
struct eb_event world_event(const struct world *w, enum eb_event_kind kind, eb_symbol_id symbol);
void world_turn(struct world *w, const struct eb_event *ev); /* an event of the host's own; a refusal is a violation */
bool world_open_slot(const struct world *w, eb_position_id slot, struct eb_sim_position *out);

bool world_host(struct world *w, struct eb_err *err); /* creates the host of a life */
void world_sink_again(struct world *w);               /* another listener at the exchange */

/* record.c */
typedef void (*world_hear)(struct world *w, const struct eb_event *ev, const struct eb_actions *actions,
                           struct eb_engine *engine);
struct eb_store_port world_store_port(struct world *w);
uint64_t world_durable_seq(const struct world *w);
bool world_life_begin(struct world *w, struct eb_err *err);
void world_life_end(struct world *w);
bool world_fold(struct world *w, struct eb_engine *engine, uint64_t after, world_hear hear);
struct eb_engine *world_engine(struct world *w);
void world_image(struct world *w, const struct eb_engine *e);
bool world_image_load(struct world *w, struct eb_engine *e, const unsigned char *image, size_t len);
void world_twin_step(struct world *w, const struct eb_event *ev, const struct eb_actions *actions);
void world_twin_end(struct world *w);
int64_t world_look_next(const struct world *w);
void world_look_due(struct world *w);
void world_check_record(struct world *w);

/* crash.c */
bool world_dies(struct world *w);
void world_last_breath(struct world *w, const struct eb_actions *actions);
int64_t world_crash_next(const struct world *w);
void world_crash_due(struct world *w);
void world_start(struct world *w);
void world_tell_trades(struct world *w);

void world_draw(struct world *w, const struct world_options *options);
void world_market_begin(struct world *w);
int64_t world_market_next(const struct world *w);
void world_market_due(struct world *w);
void world_market_push(struct world *w, eb_symbol_id symbol, int64_t mid_e8); /* to a price, told at once */
void world_hands_begin(struct world *w);
int64_t world_hands_next(const struct world *w);
void world_hands_due(struct world *w);
void world_command(struct world *w, enum eb_command verb, eb_symbol_id symbol);
void world_tell_policy(struct world *w); /* a set with owners for both modes is loaded */
struct eb_policy_port world_policy(struct world *w);
