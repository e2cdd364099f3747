/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a plan makes no sense on this symbol, for this position: before money finds out.
 *
 *     context + verdict + filters --eb_lint_plan_of--> the plan as it was asked for --eb_lint--> findings
 *
 * Everything here is allowed: C merges, clamps, parks or refuses it. A finding says what the policy will not get. The
 * legs are looked at as they were listed, before small ones are merged. Pure; no allocation.
 */
#pragma once

#include "domain/guard.h"
#include "domain/trail.h"

#define EB_LINT_MAX 16
#define EB_LINT_TEXT_MAX 128

enum eb_lint_code {
    EB_LINT_NONE = 0,
    EB_LINT_STOP_NEAR,       /* gives no R: the answer is refused */
    EB_LINT_STOP_BUFFER,     /* beyond the liquidation buffer: brought in */
    EB_LINT_STOP_CROSSED,    /* price is past it already: parked */
    EB_LINT_STOP_LOOSER,     /* than the stop in force: not taken */
    EB_LINT_FRACTIONS,       /* sum to more than 1: the answer is refused */
    EB_LINT_ORDER,           /* a leg nearer than the one listed before it */
    EB_LINT_LEG_NOTHING,     /* less than one step */
    EB_LINT_LEG_QUANTITY,    /* below the minimum quantity */
    EB_LINT_LEG_NOTIONAL,    /* below the minimum notional at its own price */
    EB_LINT_REST,            /* what the legs leave over cannot be traded at the stop */
    EB_LINT_LEG_FEES,        /* nearer than what a round trip costs */
    EB_LINT_LEG_CROSSED,     /* price has reached it already: parked */
    EB_LINT_LEG_FAR,         /* further than the price of entry: a SHORT never, a LONG hardly ever */
    EB_LINT_LEG_RANGE,       /* outside the prices that the venue takes */
    EB_LINT_ROOM_ORDERS,     /* more resting legs than orders allowed */
    EB_LINT_ROOM_SLICES,     /* a leg of more orders than work at a time */
    EB_LINT_TRAIL_NEVER,     /* starts where the legs have closed everything */
    EB_LINT_TRAIL_LOOSENS,   /* a callback wider than the one before it: the answer is refused */
    EB_LINT_RATCHET_LOOSENS, /* a rule looser than the one before it */
    EB_LINT_RATCHET_FIRES,   /* its stop lies where price is when it is set */
    EB_LINT_RATCHET_NEVER,   /* more hits than there are legs */
    EB_LINT_COUNT
};

/* NOTE: C does what was meant as well as it can. WARNING: something has no effect. ERROR: it works against its aim. */
enum eb_lint_grade { EB_LINT_NOTE = 0, EB_LINT_WARNING, EB_LINT_ERROR };

enum eb_lint_unit {
    EB_LINT_PCT = 0,  /* ppm of entry, distance from it */
    EB_LINT_FRACTION, /* ppm of the leg base */
    EB_LINT_PRICE,    /* 1e-8 */
    EB_LINT_QTY,      /* 1e-8 */
    EB_LINT_MONEY,    /* 1e-8 */
    EB_LINT_NUMBER    /* a count */
};

struct eb_lint_finding {
    uint8_t code;          /* enum eb_lint_code */
    uint8_t grade;         /* enum eb_lint_grade */
    uint8_t unit;          /* enum eb_lint_unit of `is` and `limit` */
    uint8_t item;          /* leg, rule or step as listed, from 1; 0 none */
    uint8_t proposed_unit; /* of `proposed` */
    int64_t is, limit;
    int64_t proposed; /* of that level, so that the finding is gone; 0: it depends on others */
};

struct eb_lint_leg {
    bool soft;
    int64_t fraction_ppm;
    eb_price price; /* rounded; 0: none lies there */
    eb_qty qty;     /* rounded down, not merged */
};

/* A plan as it was asked for; 0 is unknown or none throughout. */
struct eb_lint_plan {
    const struct eb_instrument *inst;
    enum eb_side side;
    bool hedge;
    bool gives_r;      /* R is measured by this plan's stop */
    bool legs_are_new; /* listed by this verdict; else they are only what ratchet and trail refer to */
    bool may_loosen;
    uint8_t hits;
    uint8_t leg_count, ratchet_count;
    eb_price entry, price, r, liquidation;
    eb_price stop;        /* asked for, rounded, before the guard */
    eb_price stop_before; /* in force */
    eb_price risk_price;
    eb_price first_hit; /* level of the first leg that was hit */
    eb_qty qty, base;
    int64_t hit_ppm; /* of the base, hit or on its way */
    int64_t fee_taker_ppm, fee_maker_ppm, min_stop_distance_ppm, liquidation_buffer_ppm;
    struct eb_lint_leg leg[EB_LEGS_MAX];
    struct eb_trail trail; /* set: asked for by this verdict */
    struct eb_ratchet_rule ratchet[EB_RATCHET_MAX];
};

/* The plan that a verdict asks for. r: R where the engine has formed it, 0: it follows from context and stop. */
void eb_lint_plan_of(const struct eb_context *ctx, const struct eb_verdict *v, const struct eb_instrument *inst,
                     eb_price r, struct eb_lint_plan *out);

/* Findings in the order of the plan, at most EB_LINT_MAX; how many. */
unsigned eb_lint(const struct eb_lint_plan *p, struct eb_lint_finding *out);

/* The gravest of n, the first of equals; NULL when there is none of at least this grade. */
const struct eb_lint_finding *eb_lint_worst(const struct eb_lint_finding *f, unsigned n, enum eb_lint_grade least);

/* "leg 2 lies 0.04 % from entry, a round trip costs 0.08 %" */
void eb_lint_text(const struct eb_lint_finding *f, char *out, size_t size);
/* "0.08 %", "0.25", "12": a figure of a finding; its length. */
#define EB_LINT_FIGURE_MAX 32
size_t eb_lint_figure(enum eb_lint_unit unit, int64_t value, char out[EB_LINT_FIGURE_MAX]);
/* "leg_fees"; "?" for what is none. */
const char *eb_lint_name(enum eb_lint_code code);
