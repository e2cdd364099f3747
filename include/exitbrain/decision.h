/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a policy sees (PositionContext) and what it may answer (ExitDecision): plain values, copied, no pointers.
 *
 *     engine --CONSULT(eb_context)--> policy --VERDICT(eb_verdict)--> engine
 */
#pragma once

#include <exitbrain/types.h>

/* Time frames of the market features; bars are aggregated from whatever closed bars the host feeds. */
enum eb_timeframe { EB_TF_1M = 0, EB_TF_5M, EB_TF_15M, EB_TF_1H, EB_TF_COUNT };

/*
 * Statistics over the last 20 closed bars of one time frame (ATR over 14), quantised to integers. All zero and
 * warm = false while fewer bars exist (15 suffice for all but the 20-bar means, as Exit Brain V3 had it).
 */
struct eb_features {
    uint16_t bars;           /* closed bars held, at most 21 */
    bool warm;               /* at least 15 closed bars: the figures below are meant */
    int64_t close_e8;        /* last close */
    int64_t atr_e8;          /* simple mean of the true range of the last 14 bars, price */
    int64_t atr_ppm;         /* the same as a fraction of the last close */
    int64_t vol_bar_ppm;     /* sqrt(mean(r^2)) of close-to-close returns, per bar of this time frame */
    int64_t vol_std_bar_ppm; /* standard deviation of the same returns, per bar */
    int64_t vol_day_ppm;     /* vol_bar scaled to one day by sqrt(bars per day) */
    int64_t trend_ppm;       /* (close - SMA20) / SMA20, signed */
    int64_t avg_range_ppm;   /* mean((high - low) / close) */
    int64_t efficiency_ppm;  /* |last - first close| / sum |steps|: 0 chop .. 1 straight line */
};

/* A leg of the plan; ids are 1..255 and never come back once hit or merged away (semantics 3). */
enum eb_leg_state {
    EB_LEG_FREE = 0,
    EB_LEG_ARMED,
    EB_LEG_PARKED,
    EB_LEG_RESTING,
    EB_LEG_FIRING,
    EB_LEG_PARTIAL,
    EB_LEG_HIT,
    EB_LEG_STATE_COUNT
};
struct eb_leg_view {
    uint8_t id;
    uint8_t state; /* enum eb_leg_state */
    bool soft;     /* resting reduce-only limit instead of market at the trigger */
    int64_t r_ppm;
    int64_t fraction_ppm; /* of the leg base */
    eb_price price;       /* rounded level */
    eb_qty qty;           /* planned quantity, rounded down */
    eb_qty filled;
};

enum eb_memory_kind { EB_MEM_NONE = 0, EB_MEM_BOOL, EB_MEM_NUMBER, EB_MEM_TEXT };
struct eb_memory_entry {
    char key[EB_MEMORY_KEY_MAX];
    uint8_t kind;  /* enum eb_memory_kind */
    double number; /* EB_MEM_BOOL: 0 or 1 */
    char text[EB_MEMORY_TEXT_MAX];
};
/* What a policy wants to remember of one position: flat, journaled, held by the engine, sorted by key. */
struct eb_memory {
    char version[EB_NAME_MAX]; /* of the policy set that wrote it; "" none */
    uint8_t count;
    struct eb_memory_entry entry[EB_MEMORY_MAX];
};

enum eb_consult_reason {
    EB_CONSULT_NEW = 0,
    EB_CONSULT_CYCLE,
    EB_CONSULT_HIT,
    EB_CONSULT_SIZE,
    EB_CONSULT_MARGIN,
    EB_CONSULT_MODE,
    EB_CONSULT_REJECTION,
    EB_CONSULT_RELOAD,
    EB_CONSULT_ADOPTED,
    EB_CONSULT_SIGNAL, /* what a host or an operator said (ctx.signals) has changed or expired */
    EB_CONSULT_REASON_COUNT
};

/* Who is to decide exits: EXIT_MODE. */
enum eb_exit_mode { EB_EXIT_MODE_LEGACY = 0, EB_EXIT_MODE_EXIT_BRAIN_V3, EB_EXIT_MODE_COUNT };

enum eb_stop_kind {
    EB_STOP_NONE = 0,
    EB_STOP_PLAN,
    EB_STOP_RATCHET,
    EB_STOP_RISK_FLOOR,
    EB_STOP_TRAIL,
    EB_STOP_PROTECTIVE,
    EB_STOP_KIND_COUNT
};

/* Zero means unknown in every price, time and amount here. Signed percentages are of price, leverage-free. */
struct eb_context {
    uint64_t consult_id;
    uint32_t episode;
    uint32_t plan_revision; /* 0 before the first plan */
    eb_position_id position;
    uint8_t side;          /* enum eb_side */
    uint8_t position_side; /* enum eb_position_side */
    uint8_t reason;        /* enum eb_consult_reason */
    uint8_t regime;        /* enum eb_regime, as the last accepted verdict named it */
    uint8_t stop_kind;     /* enum eb_stop_kind of the stop in force */
    uint8_t hits;          /* legs HIT in this episode */
    uint8_t leg_count;
    uint8_t exit_mode;  /* enum eb_exit_mode */
    bool adopted;       /* found open, not seen opening */
    bool live;          /* orders may leave */
    bool r_provisional; /* R comes from the built-in plan */
    bool trailing_active;
    bool planned; /* the plan that stands is one that `owner` gave, not the built-in one */
    char symbol[EB_SYMBOL_MAX];
    char strategy_id[EB_NAME_MAX];
    char profile[EB_NAME_MAX]; /* as the last accepted verdict named it */
    char owner[EB_NAME_MAX];   /* the same: who of the set answered */
    int64_t now_ms;
    int64_t opened_ms;
    int64_t price_age_ms; /* of the mark; -1 where there is none */
    eb_price entry;
    eb_price price; /* the price by which new levels are judged: mark, in a bar walk the path's price */
    eb_price mark, last, bid, ask;
    eb_price liquidation; /* venue's, or derived from leverage; 0 unknown */
    eb_price stop;        /* in force; 0 none */
    eb_price plan_stop, trail_stop, ratchet_stop, risk_floor;
    eb_price peak;        /* best price since the episode (or re-base) began */
    eb_price r;           /* R as a price distance; 0 before it is frozen */
    eb_qty qty;           /* remaining position */
    eb_qty leg_base;      /* what fractions refer to */
    eb_qty first_qty;     /* at the start of the episode */
    eb_money notional;    /* qty * price */
    eb_money margin;      /* of this position; notional / leverage where the venue does not say */
    eb_money pnl;         /* unrealised, gross */
    eb_money balance;     /* wallet balance of the account */
    int64_t leverage_ppm; /* 10x = 10,000,000; 0 unknown */
    int64_t pnl_ppm;      /* signed move from entry in the position's favour, of price */
    int64_t pnl_r_ppm;    /* the same in R */
    int64_t mfe_r_ppm, mae_r_ppm;
    int64_t funding_rate_ppm8; /* at 1e-8 per interval */
    int64_t next_funding_ms;
    int64_t fee_taker_ppm, fee_maker_ppm;
    int64_t min_stop_distance_ppm, liquidation_buffer_ppm; /* the guard's, so that a policy can plan inside it */
    eb_price tick;
    eb_qty step, min_qty;
    eb_money min_notional;
    struct eb_leg_view legs[EB_LEGS_MAX];
    struct eb_features features[EB_TF_COUNT];
    struct eb_memory memory;
    struct eb_memory signals; /* what hosts and operators said, sorted by name; no version */
};

enum eb_decision_kind {
    EB_NO_CHANGE = 0,
    EB_PARTIAL_CLOSE,
    EB_MOVE_STOP,
    EB_UPDATE_TP_LIMITS,
    EB_SET_TRAILING,
    EB_SET_RATCHET,
    EB_FULL_EXIT,
    EB_DECISION_KIND_COUNT
};

struct eb_leg_spec {
    uint8_t id; /* 0: the engine gives the lowest id never hit nor merged away */
    bool soft;
    int64_t r_ppm;        /* distance in R; or */
    int64_t pct_ppm;      /* distance as a fraction of entry; or */
    eb_price price;       /* a price; exactly one of the three is not 0 */
    int64_t fraction_ppm; /* of the leg base */
};
struct eb_curve_point {
    int64_t r_ppm;        /* from this best R on */
    int64_t callback_ppm; /* this callback */
};
enum eb_ratchet_to { EB_RATCHET_ENTRY = 0, EB_RATCHET_FIRST_HIT };
struct eb_ratchet_rule {
    uint8_t after_hits; /* 1.. */
    uint8_t to;         /* enum eb_ratchet_to: entry, or the level of the first leg hit */
    int64_t offset_ppm; /* of entry, towards profit: room for fees */
};
#define EB_RATCHET_MAX 4
#define EB_DECISIONS_MAX 7

struct eb_decision {
    uint8_t kind;   /* enum eb_decision_kind */
    bool emergency; /* partial_close, full_exit: report as emergency (loss guard, over-leverage) */
    int64_t confidence_ppm;
    char reason[EB_REASON_MAX];
    union {
        struct {
            int64_t fraction_ppm; /* of the leg base; the rest of the position caps it */
        } partial;
        struct {
            eb_price price;      /* or */
            int64_t pct_ppm;     /* loss-side distance from entry, as a fraction of it */
            eb_price risk_price; /* what R is measured to where the stop lies on the profit side; 0 none */
            bool risk_floor;     /* this is the risk floor, not the plan's stop */
            bool allow_loosen;
        } stop;
        struct {
            uint8_t count;
            struct eb_leg_spec leg[EB_LEGS_MAX];
        } targets;
        struct {
            bool off;
            int64_t activation_r_ppm;
            int64_t callback_ppm;
            uint8_t curve_count;
            struct eb_curve_point curve[EB_CURVE_MAX]; /* thresholds rising */
        } trailing;
        struct {
            uint8_t count; /* 0 switches the ratchet off; a stop that it has set stays */
            struct eb_ratchet_rule rule[EB_RATCHET_MAX];
        } ratchet;
    } u;
};

/* When the policy next wants to be asked: it only suppresses cycle consults (semantics 10). Zero: no condition. */
struct eb_wake {
    bool set;
    int64_t at_ms;
    eb_price above, below; /* the price of the context at a cycle instant */
};

/* The whole answer of one consult. keep means nil: the plan stands (memory and wake may still be given). */
struct eb_verdict {
    bool keep;
    bool has_memory;
    uint8_t regime; /* enum eb_regime; UNKNOWN leaves the last one */
    uint8_t count;
    char profile[EB_NAME_MAX]; /* "" leaves the last one */
    char owner
        [EB_NAME_MAX]; /* who of the set answers; "" leaves the last one. Another one starts with an empty memory */
    struct eb_wake wake;
    struct eb_decision decision[EB_DECISIONS_MAX];
    struct eb_memory memory;
    uint8_t policy_hash[EB_HASH_SIZE];
};

/* How a consult ended; everything but OK and KEEP reaches the engine as POLICY_FAILED. */
enum eb_policy_result {
    EB_POLICY_OK = 0,  /* a valid verdict */
    EB_POLICY_KEEP,    /* nil: keep the plan */
    EB_POLICY_ERROR,   /* the script raised */
    EB_POLICY_BUDGET,  /* instructions used up */
    EB_POLICY_MEMORY,  /* memory cap reached */
    EB_POLICY_INVALID, /* it returned something that is no verdict */
    EB_POLICY_NONE,    /* no policy set is loaded */
    EB_POLICY_RESULT_COUNT
};
