/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine wants from the world. Handed out in order by the turn: submits and cancels before consults. */
#pragma once

#include <exitbrain/event.h>

enum eb_action_kind {
    EB_ACT_SUBMIT = 0,    /* place an order */
    EB_ACT_CANCEL,        /* cancel an order of ours by client id */
    EB_ACT_QUERY,         /* ask what became of one order; the answer is an ORDER event with from_query */
    EB_ACT_CONSULT,       /* ask the policy; the answer is VERDICT or POLICY_FAILED in the same turn */
    EB_ACT_SNAPSHOT,      /* read positions and both order lists: SNAPSHOT_BEGIN ... END */
    EB_ACT_REFRESH_PRICE, /* read this symbol's mark by REST: it is stale, or a breach needs a fresh one */
    EB_ACT_ALERT,         /* a person should know */
    EB_ACT_EXIT,          /* report: a fill reduced a position; for records and summaries, nothing to do */
    EB_ACT_EPISODE_END,   /* report: an episode ended */
    EB_ACT_COUNT
};

struct eb_order_request {
    eb_client_id client_id;
    eb_symbol_id symbol;
    eb_position_id position;
    uint8_t order_side;    /* enum eb_order_side */
    uint8_t position_side; /* enum eb_position_side: BOTH in one-way mode */
    uint8_t type;          /* enum eb_order_type */
    uint8_t purpose;       /* enum eb_purpose */
    uint8_t reason;        /* enum eb_exit_reason */
    bool close_intent;   /* may only reduce its leg, never open or flip: always set. Each venue says it in its own way:
                              a flag, a closing side, an index of the position */
    bool reduce_only;    /* where that way is a flag of one-way mode: set exactly there, by quantity */
    bool close_position; /* STOP_MARKET only: whole position, no quantity */
    bool urgent;         /* may leave although the disk has failed (permitted exits, backstops, flatten) */
    eb_qty qty;
    eb_price price;     /* limit types */
    eb_price trigger;   /* STOP_MARKET, on mark */
    eb_price level;     /* the level that fired, for reports and the bar walk; 0 none */
    uint64_t needs_seq; /* must be durable before this leaves; 0 nothing */
};

enum eb_alert_kind {
    EB_ALERT_POLICY_FAILED = 0,
    EB_ALERT_QUARANTINED,
    EB_ALERT_VERDICT_REFUSED,
    EB_ALERT_BUILTIN_PLAN,
    EB_ALERT_PARKED,
    EB_ALERT_NO_LEGAL_STOP,
    EB_ALERT_STALE_PRICE,
    EB_ALERT_UNPROTECTED,
    EB_ALERT_UNPROTECTABLE,
    EB_ALERT_ORDER_REFUSED,
    EB_ALERT_TRIPPED,
    EB_ALERT_FOREIGN_OWNER,
    EB_ALERT_NEEDS_CONFIRMATION,
    EB_ALERT_UNKNOWN_ORDER,
    EB_ALERT_SHADOW,
    EB_ALERT_LIQUIDATED,
    EB_ALERT_STOP_STUCK,
    EB_ALERT_STORE_FAILED,
    EB_ALERT_EVENTS_LOST, /* from the host, to its observer */
    EB_ALERT_LINT,        /* an accepted plan that will not do what was meant; code: enum eb_lint_code */
    EB_ALERT_COUNT
};
struct eb_alert {
    uint8_t kind; /* enum eb_alert_kind */
    eb_symbol_id symbol;
    eb_position_id position;
    eb_price price;
    int32_t code;
    char text[EB_REASON_MAX];
};

/* One exit fill as reports show it. */
struct eb_exit {
    eb_position_id position;
    eb_symbol_id symbol;
    uint32_t episode;
    uint8_t side;      /* enum eb_side */
    uint8_t reason;    /* enum eb_exit_reason */
    uint8_t leg;       /* 0 none */
    bool virtual_fill; /* shadow mode */
    eb_client_id client_id;
    eb_price price, level, entry, r;
    eb_qty qty, remaining;
    eb_money fee;
    int64_t venue_ms;
    int64_t decided_ns; /* when the level fired, monotonic */
};

struct eb_episode_end {
    eb_position_id position;
    eb_symbol_id symbol;
    uint32_t episode;
    uint8_t side, regime;
    bool reconciled; /* our fills explain the whole way from first size to flat */
    char profile[EB_NAME_MAX];
    eb_price entry, initial_stop, first_r, best, worst;
    eb_qty first_qty;
    int64_t opened_ms, closed_ms;
};

struct eb_action {
    uint8_t kind; /* enum eb_action_kind */
    union {
        struct eb_order_request submit;
        struct {
            eb_client_id client_id;
            uint64_t venue_order_id;
            eb_symbol_id symbol;
            uint8_t type; /* enum eb_order_type: venues keep conditional orders in a space of their own */
        } cancel, query;
        struct {
            uint16_t ctx; /* index into eb_actions.ctx */
        } consult;
        struct {
            eb_symbol_id symbol;
        } refresh;
        struct eb_alert alert;
        struct eb_exit exit;
        struct eb_episode_end end;
    } u;
};

#define EB_ACTIONS_MAX 96
#define EB_CONSULTS_MAX 16

/* Filled by one step. The caller owns it and may reuse it; contexts stay valid until the next step into it. */
struct eb_actions {
    uint16_t count;
    uint16_t ctx_count;
    bool durable; /* the step changed durable state: journal the event (with eb_engine_witness()) */
    struct eb_action action[EB_ACTIONS_MAX];
    struct eb_context ctx[EB_CONSULTS_MAX];
};
