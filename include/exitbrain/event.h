/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything that the engine does not compute arrives as an event. One comment each: who produces it, units.
 * Payloads behind a pointer are borrowed for the duration of the step.
 */
#pragma once

#include <exitbrain/decision.h>

enum eb_event_kind {
    EB_EV_CLOCK = 0,       /* host: time has passed, deadlines are due */
    EB_EV_PRICE,           /* feed or venue: an observation of one price source */
    EB_EV_PATH,            /* bar walk: the price moved, for one position, along a segment or by a gap */
    EB_EV_BAR,             /* feed: a bar has closed (features only, no trigger) */
    EB_EV_FUNDING,         /* venue: funding rate and next time (observed), or a payment */
    EB_EV_INSTRUMENT,      /* host: a symbol and its filters; introduces the symbol or changes its filters */
    EB_EV_ACCOUNT,         /* venue: wallet balance, position mode */
    EB_EV_SNAPSHOT_BEGIN,  /* venue: a complete picture starts */
    EB_EV_POSITION,        /* venue: a position as it is (in a snapshot, or an update of its own) */
    EB_EV_OPEN_ORDER,      /* venue, only in a snapshot: a working order, ours or foreign */
    EB_EV_SNAPSHOT_END,    /* venue: the picture is complete: only now may episodes end by absence */
    EB_EV_SNAPSHOT_FAILED, /* venue: it could not be completed; nothing is concluded from it */
    EB_EV_FILL,            /* venue: a trade of this account; may repeat, may be foreign */
    EB_EV_ORDER,           /* venue: an order changed state, or what became of a request */
    EB_EV_COMMAND,         /* operator */
    EB_EV_POLICY,          /* host: a policy set was loaded or swapped */
    EB_EV_VERDICT,         /* host: the policy's answer to a consult */
    EB_EV_POLICY_FAILED,   /* host: the consult failed */
    EB_EV_CONFIG,          /* host: modes and limits changed by a journaled command */
    EB_EV_SIGNAL,          /* host or operator: something that policies should know, of one symbol or of all */
    EB_EV_COUNT
};

enum eb_price_source { EB_SRC_MARK = 0, EB_SRC_LAST, EB_SRC_BOOK, EB_SRC_COUNT };

/* Coalesced observation: last value with the extremes since the previous step (all equal when nothing queued). */
struct eb_ev_price {
    uint8_t source;    /* enum eb_price_source */
    bool from_rest;    /* read on request, not streamed */
    eb_price price;    /* mark or last; for BOOK the bid */
    eb_price ask;      /* BOOK only */
    eb_price min, max; /* BOOK: lowest ask and highest bid, the sides at which targets execute */
    int64_t venue_ms;  /* the venue's own time, 0 unknown */
};

enum eb_path_kind {
    EB_PATH_POINT,   /* P0 of a bar: a gap from the previous close; everything crossed acts at this price */
    EB_PATH_SEGMENT, /* continuous travel from `from` to `to` */
    EB_PATH_CLOSE,   /* P3 reached: the cycle instant of this bar (features are up to date, consult may follow) */
    EB_PATH_MARK,    /* --mark-klines: only the mark moved, from mark_from to mark_to; `to` is the last price then */
    EB_PATH_QUIET,   /* a whole bar proven to lie inside the quiet band: only extremes are recorded */
};
struct eb_ev_path {
    uint8_t kind;      /* enum eb_path_kind */
    bool has_mark;     /* --mark-klines: mark_from, mark_to run beside the last-price path */
    eb_price from, to; /* QUIET: low and high */
    eb_price mark_from, mark_to;
};

struct eb_ev_bar {
    int64_t open_ms;
    int64_t length_ms;
    eb_price open, high, low, close;
};

struct eb_ev_funding {
    int64_t rate_e8; /* fraction per interval at 1e-8 */
    int64_t next_ms;
};

struct eb_ev_instrument {
    char symbol[EB_SYMBOL_MAX];
    eb_price tick, min_price, max_price;
    eb_qty step, min_qty, max_qty;
    eb_qty market_step, market_min_qty, market_max_qty;
    eb_money min_notional;
    int64_t percent_up_ppm, percent_down_ppm; /* PERCENT_PRICE multipliers of the mark; 0 none */
    int64_t market_take_bound_ppm;            /* 0 none */
    int64_t maintenance_ppm;                  /* maintenance margin rate, for the fallback liquidation price */
    uint32_t max_orders, max_algo_orders;
    bool trading; /* status TRADING */
};

struct eb_ev_account {
    eb_money balance; /* wallet */
    bool hedge;       /* position mode of the account */
};

struct eb_ev_position {
    uint8_t position_side; /* enum eb_position_side */
    uint8_t side;          /* enum eb_side; meaningless when qty is 0 */
    bool adopted;          /* existed before this engine looked; false when the host saw it open */
    eb_qty qty;            /* 0: flat */
    eb_price entry;        /* the venue's exact average, off the tick grid */
    eb_price liquidation;  /* 0 unknown */
    eb_money margin;       /* isolated margin or initial margin, 0 unknown */
    int64_t leverage_ppm;  /* 0 unknown */
    int64_t opened_ms;     /* 0 unknown: the engine takes the event's time */
    int64_t venue_ms;      /* the venue's own time of this state, 0 unknown: older than the last fill is ignored */
    char strategy_id[EB_NAME_MAX];
};

enum eb_order_type { EB_ORDER_MARKET = 0, EB_ORDER_LIMIT_IOC, EB_ORDER_LIMIT_GTC, EB_ORDER_STOP_MARKET };
enum eb_order_side { EB_BUY = 0, EB_SELL = 1 };

/* Order states as the venue tells them, plus what only a client knows (UNKNOWN, ABSENT). */
enum eb_order_state {
    EB_OS_NONE = 0,
    EB_OS_PENDING, /* handed to the venue port, nothing heard */
    EB_OS_NEW,     /* working */
    EB_OS_PARTIAL, /* partly filled, working */
    EB_OS_FILLED,
    EB_OS_CANCELED,
    EB_OS_EXPIRED,    /* IOC or market remainder, reduce-only knocked out, GTE */
    EB_OS_REJECTED,   /* definitely not executed */
    EB_OS_TRIGGERING, /* conditional: trigger met, child not seen yet */
    EB_OS_TRIGGERED,  /* conditional: child order exists */
    EB_OS_UNKNOWN,    /* outcome of the request unknown: query before anything else */
    EB_OS_ABSENT,     /* a query says the venue does not know it */
    EB_OS_COUNT
};

/* What a venue's refusal asks for; each venue's codec maps its codes onto these. */
enum eb_reject_class {
    EB_REJ_NONE = 0,
    EB_REJ_RETRY,         /* not executed, try again a little later (throttled, queue) */
    EB_REJ_FIX,           /* not executed, recompute (filters, rounding) and send anew */
    EB_REJ_CLOCK,         /* not executed, the clock offset was wrong */
    EB_REJ_BAND,          /* market order outside the band: limit IOC at its edge */
    EB_REJ_REDUCE_ONLY,   /* position smaller than thought, or covered by other reduce-only orders */
    EB_REJ_WOULD_TRIGGER, /* a conditional's trigger is already crossed (-2021) */
    EB_REJ_SLOTS,         /* too many (conditional) orders */
    EB_REJ_EXISTS,        /* an equal closePosition order stands already (-4130) */
    EB_REJ_DUPLICATE,     /* this client id is open: the first send arrived */
    EB_REJ_GONE,          /* cancel or query of an order that is no longer there */
    EB_REJ_MODE,          /* position mode disagrees */
    EB_REJ_ALARM,         /* a person must look (keys, permissions, symbol status, malformed) */
    EB_REJ_COUNT
};

struct eb_ev_fill {
    eb_client_id client_id; /* all zero: not ours */
    uint64_t venue_order_id;
    uint64_t trade_id; /* unique per symbol, rising; the same id twice is one fill */
    eb_price price;
    eb_qty qty;
    eb_money fee;       /* cost positive */
    uint8_t order_side; /* enum eb_order_side */
    uint8_t position_side;
    bool maker;
    bool liquidation; /* done by the venue: liquidation or ADL */
    int64_t venue_ms;
};

struct eb_ev_order {
    eb_client_id client_id;
    uint64_t venue_order_id;
    uint8_t state;      /* enum eb_order_state */
    uint8_t reject;     /* enum eb_reject_class, with REJECTED (request refused) and with failed cancels */
    bool cancel_failed; /* this tells of a cancel that did not go through; state is what is known */
    bool from_query;    /* answer to a QUERY */
    int32_t code;       /* the venue's number, 0 none */
    eb_qty filled;      /* cumulative; fills themselves come as FILL */
    int64_t venue_ms;
};

struct eb_ev_open_order {
    eb_client_id client_id; /* all zero: foreign */
    uint64_t venue_order_id;
    uint8_t position_side;
    uint8_t order_side;
    uint8_t type;  /* enum eb_order_type */
    uint8_t state; /* enum eb_order_state */
    bool close_position, reduce_only;
    eb_qty qty, filled;
    eb_price price, trigger;
};

struct eb_ev_config {
    uint8_t exit_mode;    /* enum eb_exit_mode: EXIT_MODE */
    bool executor_live;   /* EXIT_EXECUTOR_MODE == LIVE */
    bool rollout_enabled; /* EXIT_BRAIN_V3_LIVE_ROLLOUT == ENABLED */
};

enum eb_command {
    EB_CMD_PAUSE = 0, /* no consult, no target, no partial; stops and backstops go on */
    EB_CMD_RESUME,
    EB_CMD_FLATTEN,  /* one symbol, or all when symbol is EB_NO_SYMBOL */
    EB_CMD_RELEASE,  /* hands off one symbol; its backstop stays */
    EB_CMD_ADOPT,    /* takes a released or foreign-owned symbol back */
    EB_CMD_REARM,    /* confirms parked targets of one symbol */
    EB_CMD_CONFIRM,  /* confirms policy closes of an adopted position */
    EB_CMD_SNAPSHOT, /* ask the venue for a complete picture now */
    EB_CMD_START,    /* a process begins with this state: nothing observed is left, a complete picture is asked for, and
                        no trigger acts on a symbol before the picture is complete; acts whatever its id */
    EB_CMD_MODE,     /* modes become `mode`; with a symbol it is ignored */
    EB_CMD_COUNT
};
struct eb_ev_command {
    uint8_t verb;             /* enum eb_command */
    struct eb_ev_config mode; /* EB_CMD_MODE; else zero */
    bool settled;             /* EB_CMD_START: what was sent before it has arrived at the venue or never will, so that a
                                 query that finds nothing is believed at once, and targets need not wait */
    uint64_t id;              /* idempotency id: the same id within the last 32 is one command; 0 none */
    char who[EB_NAME_MAX];
    char why[EB_REASON_MAX];
};

/*
 * Policies see it as ctx.signals.NAME, a symbol's own before that of all (symbol EB_NO_SYMBOL). Where that shows
 * another value, positions are consulted; saying the same again changes nothing and is not journaled. A step answers
 * EB_E_INVALID for a name or a value that is none, EB_E_FULL when EB_SIGNALS_MAX stand or a symbol would be shown more
 * than 16.
 */
struct eb_ev_signal {
    struct eb_memory_entry value; /* key: its name, a word of letters, digits and _; kind EB_MEM_NONE takes it back */
    int64_t expires_ms;           /* venue epoch: not shown from then on; 0 never */
    uint64_t id;                  /* idempotency id, as a command's; 0 none */
    char who[EB_NAME_MAX];
    char why[EB_REASON_MAX];
};

struct eb_ev_policy {
    uint8_t hash[EB_HASH_SIZE];
    bool legacy; /* the set has owners for EXIT_MODE=LEGACY as well */
    char name[EB_NAME_MAX];
    char version[EB_NAME_MAX];
    char who[EB_NAME_MAX]; /* loaded it, and why; "" at start */
    char why[EB_REASON_MAX];
};

/* Answer to the CONSULT with ctx->consult_id. ctx is what was asked: levels are judged by its prices. */
struct eb_ev_verdict {
    const struct eb_context *ctx;
    const struct eb_verdict *verdict;
};
struct eb_ev_policy_failed {
    const struct eb_context *ctx;
    uint8_t result; /* enum eb_policy_result */
    char message[EB_REASON_MAX];
};

struct eb_event {
    int64_t now_ns;          /* monotonic time of the turn, set by the host: the only clock the engine knows */
    int64_t now_ms;          /* venue epoch time of the turn, set by the host */
    eb_symbol_id symbol;     /* EB_NO_SYMBOL where none */
    eb_position_id position; /* EB_EV_PATH, verdicts: the slot; else EB_NO_POSITION */
    uint16_t kind;           /* enum eb_event_kind */
    /* On replay: what the engine had observed of the symbol just before (eb_engine_witness()); else NULL. */
    const struct eb_witness *witness;
    union {
        struct eb_ev_price price;
        struct eb_ev_path path;
        struct eb_ev_bar bar;
        struct eb_ev_funding funding;
        struct eb_ev_fill fill;
        struct eb_ev_order order;
        struct eb_ev_open_order open_order;
        struct eb_ev_account account;
        struct eb_ev_config config;
        struct eb_ev_verdict verdict;
        const struct eb_ev_instrument *instrument;
        const struct eb_ev_position *venue_position;
        const struct eb_ev_command *command;
        const struct eb_ev_policy *policy;
        const struct eb_ev_signal *signal;
        const struct eb_ev_policy_failed *policy_failed;
    } u;
};
_Static_assert(sizeof(struct eb_event) <= 160, "an event is two or three cache lines; large payloads go by pointer");

/*
 * What the engine had observed of one symbol before a durable step: journaled with the event, so that a fold of
 * durable events alone decides as the live engine did. Plain values.
 */
struct eb_witness {
    eb_symbol_id symbol;
    uint32_t foreign_conditional; /* conditional orders of others, by the last complete picture */
    eb_price price[EB_SRC_COUNT]; /* last value; BOOK: bid */
    eb_price ask;                 /* BOOK */
    int64_t received_ns[EB_SRC_COUNT];
    eb_price min[EB_SRC_COUNT], max[EB_SRC_COUNT]; /* extremes since the last slow step */
    eb_price jump_price,
        jump_from; /* first observation of a jump that awaits a second, and where it came from; 0 none */
    int64_t jump_ns;
    eb_price substitute_price; /* first substitute print beyond a stop; 0 none */
    int64_t substitute_ns;
    eb_price best[2], worst[2]; /* extremes of both legs since their episodes (or re-bases) began */
    eb_price path[2];           /* bar walk: where each leg's path stands */
    eb_price path_mark[2];
    int64_t soft_since_ns[2]; /* a resting leg is reached since; 0 not */
    uint64_t absent;          /* what a complete picture lacked, as this step concluded: 32 bits a leg */
    uint8_t sweep;            /* kinds of sweep that this CLOCK step carried out for the symbol, as bits */
    uint8_t jump_source;      /* enum eb_price_source */
    bool pictured;            /* a picture of the account is being told */
    bool gated;               /* since a start no complete picture has told of this symbol: nothing acts on it */
};
