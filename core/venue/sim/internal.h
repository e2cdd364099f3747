/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the simulated exchange and the functions that its files share.
 *
 *     submit.c (port, latency) -> validate.c (refusals) -> match.c / conditional.c -> account.c (positions, wallet)
 *     market.c, path.c, hands.c ------------------------------^                          |
 *     events:  tell.c (what is told, with which faults) -> queue.c (by due time) -> sink <+
 *
 * State first, then tell: every public function changes what it has to, queues events, and ends with eb_sim_flush(),
 * which does nothing inside itself. So a sink may call any function, and loops look at the orders anew after a flush.
 */
#pragma once

#include "base/rng.h"
#include "domain/instrument.h"
#include "venue/sim/sim.h"

#define SIM_NONE UINT32_MAX
#define SIM_FILLS_MAX 64    /* fills of one order at one price */
#define SIM_LEVELS_MAX 1000 /* book levels that one order may eat */
#define SIM_NS_PER_MS INT64_C(1000000)

/* ---- state ------------------------------------------------------------------------------------------------------- */

struct sim_position {
    eb_i128 cost_e16; /* sum of price * quantity behind entry: entry is its quotient, rounded once */
    eb_qty qty;
    eb_price entry;
    eb_price liquidation; /* 0 none */
    eb_money margin;      /* notional / leverage + extra, half even */
    eb_money extra;       /* margin added by hand */
    int64_t leverage_ppm;
    int64_t opened_ms, changed_ms;
    uint64_t opened_seq; /* order of openings, to tell who was there before the sink */
    uint8_t side;
    char strategy_id[EB_NAME_MAX];
};

struct sim_path {
    eb_price price;
    bool segment;
};

struct sim_symbol {
    struct sim_position position[2];
    struct eb_instrument inst;
    struct eb_sim_tier tier[EB_SIM_TIERS_MAX];
    struct sim_path path[2];
    struct eb_sim_quote quote;
    eb_qty depth, eaten[2]; /* book depth per tick; eaten since the last price, by order side */
    int64_t leverage_ppm;
    int64_t funding_rate_e8, funding_next_ms, funding_interval_ms;
    uint64_t trade_id;    /* last given */
    uint32_t first, last; /* open orders in order of arrival */
    uint32_t regular_open;
    int64_t cross_unrealized, cross_maintenance; /* its share of the account's, at the mark of the last refresh */
    uint8_t tier_count;
    bool known, cross;
};

struct sim_order {
    struct eb_order_request req;
    uint64_t id, child_id;
    uint64_t seq; /* of arrival; 0: the slot is unused */
    eb_qty filled;
    int64_t changed_ms;
    uint32_t prev, next; /* open list of its symbol; next alone: list of closed or of free slots */
    uint32_t last_trade; /* 1 + index of its last trade, 0 none */
    int32_t code;        /* why it expired or was rejected */
    uint8_t state;       /* enum eb_order_state */
    bool open, ours, conditional, muted, stuck;
};

enum sim_item_kind {
    SIM_ITEM_EVENT = 0,
    SIM_ITEM_SUBMIT,
    SIM_ITEM_CANCEL,
    SIM_ITEM_QUERY,
    SIM_ITEM_SNAPSHOT,
    SIM_ITEM_REFRESH,
    SIM_ITEM_TRIGGER
};

/* A request for one order by its ids. */
struct sim_target {
    eb_client_id id;
    uint64_t venue_order_id;
    eb_symbol_id symbol;
    uint8_t type;
};

/* What will happen to the answer of a request: drawn when it is sent, so that latency does not shift chance. */
struct sim_fate {
    bool lost, no_reply, unknown_done, unknown_not, mute;
    int32_t reject;
};

struct sim_item {
    union {
        struct {
            struct eb_event ev;
            struct eb_ev_position position;
        } event;
        struct {
            struct eb_order_request req;
            struct sim_fate fate;
        } submit;
        struct {
            struct sim_target target;
            struct sim_fate fate;
        } target;
        eb_symbol_id symbol;
        struct {
            eb_symbol_id symbol;
            uint64_t seq;
            uint32_t order;
        } trigger;
    } u;
    uint32_t next_free;
    uint8_t kind;
};

struct sim_due {
    int64_t due_ns;
    uint64_t seq;
    uint32_t item;
};

/* Binary heap of due times over a pool of items; both grow by doubling up to SIM_ITEMS_MAX. */
#define SIM_ITEMS_MAX (UINT32_C(1) << 20)
struct sim_queue {
    struct sim_due *heap;
    struct sim_item *item;
    uint32_t count, capacity, free;
    uint64_t seq;
};

struct sim_account {
    eb_money start, wallet, margin, pnl, fees, funding, transfers;
    int64_t cross_margin, cross_unrealized, cross_maintenance; /* sums over symbols of cross margin */
    uint32_t open_positions;
    bool hedge;
};

struct sim_chance_state {
    struct eb_rng rng;
    uint32_t next;
};

/* What eb_sim_check() has folded so far. */
struct sim_fold {
    size_t trades;
    eb_qty *qty; /* by slot */
    uint8_t *side;
    eb_money pnl, fees;
};

struct eb_sim {
    struct eb_sim_config config;
    struct sim_account account;
    eb_event_sink sink;
    void *sink_user;
    eb_sim_triggers triggers;
    void *triggers_user;
    uint64_t sink_seq; /* position openings before it are adopted */
    uint64_t open_seq;
    int64_t now_ns, now_ms;
    struct sim_symbol *symbol;
    struct sim_order *order;
    uint32_t order_free, closed_first, closed_last; /* closed: oldest first */
    uint64_t order_seq, venue_id, algo_id;
    uint32_t orders_open, conditional_open;
    struct eb_sim_trade *trade;
    size_t trade_count, trade_capacity;
    struct sim_queue queue;
    bool flushing;
    struct sim_chance_state chance[EB_SIM_F_COUNT];
    struct eb_rng delay_rng, part_rng;
    int32_t next_reject;
    struct eb_sim_stats stats;
    struct sim_fold fold;
    struct eb_err violation; /* the first one; code 0 none */
};

/* ---- small questions --------------------------------------------------------------------------------------------- */

static inline struct sim_symbol *sim_symbol_of(const struct eb_sim *sim, eb_symbol_id id)
{
    return id < sim->config.symbols_max && sim->symbol[id].known ? &sim->symbol[id] : NULL;
}

static inline eb_symbol_id sim_id_of(const struct eb_sim *sim, const struct sim_symbol *s)
{
    return (eb_symbol_id)(s - sim->symbol);
}

/* The leg of a symbol (0 or 1) that a position side means. */
static inline unsigned sim_leg(uint8_t position_side)
{
    return position_side == EB_PS_SHORT ? 1 : 0;
}

static inline uint8_t sim_position_side(const struct eb_sim *sim, unsigned leg)
{
    if (!sim->account.hedge) {
        return EB_PS_BOTH;
    }
    return leg == 0 ? EB_PS_LONG : EB_PS_SHORT;
}

/* The order side that reduces a position of this side. */
static inline uint8_t sim_closing(uint8_t side)
{
    return side == EB_LONG ? EB_SELL : EB_BUY;
}

static inline bool sim_id_is_ours(const eb_client_id *id)
{
    return id->instance != 0 || id->episode != 0 || id->attempt != 0 || id->purpose != 0 || id->leg != 0 ||
           id->slice != 0;
}

static inline eb_qty sim_order_rest(const struct sim_order *o)
{
    return (eb_qty){o->req.qty.e8 - o->filled.e8};
}

/* ---- orders.c ---------------------------------------------------------------------------------------------------- */

int eb_sim_orders_create(struct eb_sim *sim);
/* A slot for a request, at the end of its symbol's open list; SIM_NONE when all are open. */
uint32_t eb_sim_order_add(struct eb_sim *sim, const struct eb_order_request *req, bool ours);
/* Takes an order from the open list in its final state; it is remembered until its slot is needed. */
void eb_sim_order_close(struct eb_sim *sim, uint32_t index, enum eb_order_state state, int32_t code);
/* By client id (or venue id where the client id is zero) in the space of its type; open ones first. SIM_NONE. */
uint32_t eb_sim_order_find(const struct eb_sim *sim, const struct sim_target *target);
uint32_t eb_sim_order_find_open(const struct eb_sim *sim, const struct sim_target *target);
/* Whether an open order would reduce this leg. */
bool eb_sim_order_reduces(const struct eb_sim *sim, const struct sim_order *o, unsigned leg);
/* To the end of its symbol's queue, as if it had just arrived. */
void eb_sim_order_requeue(struct eb_sim *sim, uint32_t index);
/* Size of the leg minus what resting reductions claim; never negative. */
eb_qty eb_sim_free_to_close(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg);
/* After trades of a leg: closePosition orders of a flat leg expire, resting reductions beyond it are knocked out, the
 * newest first, and position and account are told. */
void eb_sim_settle(struct eb_sim *sim, struct sim_symbol *s, unsigned leg);

/* ---- account.c --------------------------------------------------------------------------------------------------- */

struct sim_execution {
    struct sim_order *order; /* NULL: none is remembered */
    eb_client_id client_id;
    uint64_t venue_order_id;
    unsigned leg;
    uint8_t side; /* enum eb_order_side */
    bool maker, liquidation;
    eb_price price;
    eb_qty qty;
};
/* Applies one execution to position, wallet and trail; returns its trade. */
const struct eb_sim_trade *eb_sim_execute(struct eb_sim *sim, struct sim_symbol *s, const struct sim_execution *x);
/* What a trade would do to a position: false with the reason code (-2019, -2027) in *code. pnl may be NULL. */
bool eb_sim_can_trade(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg, uint8_t side, eb_price price,
                      eb_qty qty, int64_t leverage_ppm, int32_t *code);
/* Margin and liquidation price of a position anew, the account's sum of margins with it. */
void eb_sim_position_refresh(struct eb_sim *sim, const struct sim_symbol *s, struct sim_position *p);
/* Whether the liquidation price lies where a loss is. */
bool eb_sim_leverage_ok(const struct sim_symbol *s, const struct sim_position *p);
void eb_sim_wallet_add(struct eb_sim *sim, eb_money *part, int64_t amount_e8);
/* Liquidation: whether price has reached it; and doing it. */
bool eb_sim_liquidation_met(const struct sim_position *p, eb_price price);
void eb_sim_liquidate(struct eb_sim *sim, struct sim_symbol *s, unsigned leg, eb_price price);
/* Maintenance margin of a position at a price, and the amount that its tier takes off, both at 1e-8; rate in ppm. */
int64_t eb_sim_maintenance_of(const struct sim_symbol *s, const struct sim_position *p, eb_price price,
                              int64_t *rate_ppm, int64_t *cum_e8);
int64_t eb_sim_unrealized_of(const struct sim_position *p, eb_price price);
bool eb_sim_funding_amount(const struct sim_position *p, eb_price price, int64_t rate_e8, int64_t *amount_e8);

/* ---- cross.c ----------------------------------------------------------------------------------------------------- */

/* A symbol's share of the account's sums anew, after its mark or a position of it has changed. */
void eb_sim_cross_refresh(struct eb_sim *sim, struct sim_symbol *s);
int64_t eb_sim_cross_wallet(const struct eb_sim *sim);
/* Where a position would be liquidated, cross or isolated; 0 none. */
eb_price eb_sim_liquidation_of(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg);
/* Liquidates cross positions while the account's margin does not cover them. */
void eb_sim_cross_check(struct eb_sim *sim);

/* ---- match.c ----------------------------------------------------------------------------------------------------- */

/* Price with slippage against side, to the adverse tick; 0 when that is not a price. */
eb_price eb_sim_slip(const struct eb_sim *sim, const struct eb_instrument *inst, uint8_t side, eb_price price);
/* What a market order of this side meets now: path price of the leg in a bar walk, else the executable side, last,
 * mark; 0 none. */
eb_price eb_sim_reference(const struct sim_symbol *s, unsigned leg, uint8_t side, eb_price level);
/* Executes a market or limit order that has just arrived; a GTC rest stays open. */
void eb_sim_match_new(struct eb_sim *sim, uint32_t index);
/* Executes a market order of `order` (a conditional one's child too) and closes it. */
void eb_sim_match_market(struct eb_sim *sim, uint32_t index, eb_qty qty);
/* A resting limit order meets the market again: takes what is within its price. */
void eb_sim_match_again(struct eb_sim *sim, uint32_t index);
/* Fills qty of a resting limit order at its own price. */
void eb_sim_fill_some(struct eb_sim *sim, uint32_t index, eb_qty qty);
/* Fills a resting limit order at its own price as maker, all or (fault PARTIAL) a part. */
void eb_sim_fill_resting(struct eb_sim *sim, uint32_t index, bool whole);

/* ---- conditional.c ----------------------------------------------------------------------------------------------- */

bool eb_sim_trigger_met(const struct sim_order *o, eb_price mark);
/* NEW to TRIGGERING, and on to its child order unless stuck or delayed. */
void eb_sim_trigger(struct eb_sim *sim, uint32_t index);
/* The second half, for a delayed one: seq tells whether the slot still holds the same order. */
void eb_sim_trigger_child(struct eb_sim *sim, uint32_t index, uint64_t seq);

/* ---- validate.c -------------------------------------------------------------------------------------------------- */

/* 0, or the venue's code for refusing this order now. */
int32_t eb_sim_validate(const struct eb_sim *sim, const struct eb_order_request *req);
/* -2022, -2019 ... of a limit order of this quantity and price that is there already: own claims do not count. */
int32_t eb_sim_validate_amend(const struct eb_sim *sim, const struct sim_order *o, eb_price price, eb_qty qty);
/* A market order that closes all: see eb_sim_check_order(). */
int32_t eb_sim_validate_whole(const struct eb_sim *sim, const struct eb_order_request *req);
/* The market order filters of a quantity, for children of conditional orders and hands: 0 or a code. */
int32_t eb_sim_validate_market_qty(const struct eb_instrument *inst, eb_qty qty);
/* -4131 where the best price of the other side violates PERCENT_PRICE, else 0. */
int32_t eb_sim_validate_band(const struct sim_symbol *s, unsigned leg, uint8_t side);

/* ---- submit.c ---------------------------------------------------------------------------------------------------- */

/* An order that has arrived at the exchange: refused or executed. Returns 0 or the code; its index in *index. */
int32_t eb_sim_arrive(struct eb_sim *sim, const struct eb_order_request *req, const struct sim_fate *fate,
                      uint32_t *index);
/* A request taken from the queue. */
void eb_sim_execute_request(struct eb_sim *sim, const struct sim_item *item);

/* ---- snapshot.c -------------------------------------------------------------------------------------------------- */

void eb_sim_snapshot(struct eb_sim *sim);
void eb_sim_open_order_view(const struct sim_order *o, struct eb_ev_open_order *out);

/* ---- faults.c ---------------------------------------------------------------------------------------------------- */

void eb_sim_faults_init(struct eb_sim *sim);
/* Draws: true when the fault strikes now. A chance of 0 draws nothing. */
bool eb_sim_strikes(struct eb_sim *sim, enum eb_sim_fault fault);
/* The fate of a request; for orders with the refusals. */
struct sim_fate eb_sim_draw_fate(struct eb_sim *sim, const struct eb_order_request *req);
/* A part of qty on step, at least one step and less than all; qty where that cannot be. */
eb_qty eb_sim_draw_part(struct eb_sim *sim, eb_qty qty, eb_qty step);

/* ---- tell.c: events into the queue ------------------------------------------------------------------------------- */

/* The fills from trade index `first` on and the state of their order (NULL: none to tell). */
void eb_sim_tell_execution(struct eb_sim *sim, const struct sim_order *o, size_t first);
void eb_sim_tell_order(struct eb_sim *sim, const struct sim_order *o);
/* A request's outcome where no order stands: REJECTED, UNKNOWN, ABSENT, a failed cancel. */
void eb_sim_tell_outcome(struct eb_sim *sim, const struct sim_target *target, enum eb_order_state state, int32_t code,
                         bool cancel_failed, int64_t after_ms);
/* The answer of a query: the order's fills again, then its state. */
void eb_sim_tell_query(struct eb_sim *sim, struct sim_order *o);
void eb_sim_tell_position(struct eb_sim *sim, const struct sim_symbol *s, unsigned leg);
void eb_sim_tell_account(struct eb_sim *sim);
void eb_sim_tell_price(struct eb_sim *sim, const struct sim_symbol *s, enum eb_price_source source, bool from_rest);
void eb_sim_tell_funding(struct eb_sim *sim, const struct sim_symbol *s);
/* A position as a POSITION event tells it. */
void eb_sim_position_view(const struct eb_sim *sim, const struct sim_symbol *s, unsigned leg,
                          struct eb_ev_position *out);

/* ---- queue.c ----------------------------------------------------------------------------------------------------- */

int eb_sim_queue_create(struct sim_queue *q);
void eb_sim_queue_destroy(struct sim_queue *q);
/* A place for an item due after_ns from now, to be filled in by the caller before anything else. */
struct sim_item *eb_sim_queue_add(struct eb_sim *sim, enum sim_item_kind kind, int64_t after_ns);
/* Delivers and executes what is due. Nothing when called from within itself. */
void eb_sim_flush(struct eb_sim *sim);

/* ---- audit.c ----------------------------------------------------------------------------------------------------- */

int eb_sim_trail_create(struct eb_sim *sim);
bool eb_sim_trail_has_room(const struct eb_sim *sim);
struct eb_sim_trade *eb_sim_trail_add(struct eb_sim *sim);
/* Remembers the first violation. */
void eb_sim_violated(struct eb_sim *sim, const struct eb_sim_trade *t, const char *what);
