/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `plan DIR` shows: of every open position its levels now and under the candidate, and what each change is due to.
 *
 *     eb_dry (now, set in force, candidate) --plan_rows.c--> rows: level, now, after, moves, marks
 *     what differs between the sets --plan_cause.c, further dry runs--> rows with their causes
 *     plan_text.c, plan_doc.c --> a page for people, a document for programs
 *
 * A cause is found by experiment, so that nothing has to be declared anywhere: each setting and each file that differs
 * is taken back alone, every position is asked again on a clone of the same moment, and what comes out otherwise for a
 * level was due to it. Where nothing changes a level alone, the smallest group that does is looked for. All of it runs
 * on the worker of the trial, pages included, within EB_PLAN_TRIALS_MAX dry runs and EB_PLAN_BUDGET_NS; what was not
 * found out by then is said to be unknown.
 */
#pragma once

#include "app/reload_dry.h"
#include "base/buffer.h"
#include "policy/variant.h"

#define EB_PLAN_TRIALS_MAX 64
#define EB_PLAN_BUDGET_NS INT64_C(10000000000)
#define EB_PLAN_CAUSES_MAX 64
#define EB_PLAN_NO_CAUSE UINT16_MAX
#define EB_PLAN_PAGE_MAX ((size_t)7 << 20) /* of each form: an answer of the control socket holds it */

enum eb_plan_mark {
    EB_PLAN_NEW = 1 << 0,
    EB_PLAN_GONE = 1 << 1,
    EB_PLAN_PARKED = 1 << 2,   /* would be parked: crossed already */
    EB_PLAN_UNPARKED = 1 << 3, /* is parked, and would not be any more */
    EB_PLAN_FIRES = 1 << 4,    /* fires at once */
    EB_PLAN_SIZE = 1 << 5,     /* has another size */
    EB_PLAN_CLOSES = 1 << 6,   /* the whole position: closed at once */
    EB_PLAN_REDUCES = 1 << 7,  /* the whole position: reduced at once */
    EB_PLAN_ASKS = 1 << 8,     /* the whole position: the policy wants to close it, and a person must confirm */
    EB_PLAN_ANYWAY = 1 << 9,   /* the set in force would do the same now */
    EB_PLAN_CHANGED = 1 << 10, /* some of the above, or another price */
    EB_PLAN_HIT = 1 << 11,     /* was hit before */
};

/* One level of one position, or (kind EB_STOP_NONE, leg 0, whole) the position as a whole. */
struct eb_plan_row {
    uint32_t position;
    struct eb_dry_level key; /* kind, leg, pending: which level it is */
    bool whole;
    eb_price now, after; /* 0: not there */
    eb_price otherwise;  /* what the set in force would make of it now */
    eb_qty qty_now, qty_after;
    bool moves;          /* both prices are there and differ: */
    int64_t moved_ppm;   /* of the entry price, + towards profit */
    int64_t moved_r_ppm; /* in R, + towards profit; 0 where there is no R */
    uint16_t marks;      /* enum eb_plan_mark */
    uint16_t cause;      /* index, EB_PLAN_NO_CAUSE: not changed by the set, or unknown */
};

struct eb_plan_position {
    char symbol[EB_SYMBOL_MAX];
    uint8_t side;
    eb_qty qty;
    eb_price entry, price, r, tick;
    char owner_now[EB_NAME_MAX], owner_after[EB_NAME_MAX]; /* who of the set answers; "" not known */
    bool expected;                                         /* the policy is asked about it; else: */
    bool released, firing;                                 /* neither: it has another owner */
    bool untried;                                          /* not asked, or without a fresh price */
    bool fails;                                            /* the candidate fails as the set in force does */
    bool changed; /* some row is, not counting what the set in force would do anyway */
    unsigned first, rows;
    int64_t weight; /* how much it changes: for the order in which people see it */
};

enum eb_plan_how {
    EB_PLAN_ALONE = 0, /* one thing */
    EB_PLAN_TOGETHER,  /* each of them has a part in it */
    EB_PLAN_EITHER,    /* each of them would be enough */
};
struct eb_plan_cause {
    uint64_t parts; /* bits: of differences */
    uint8_t how;    /* enum eb_plan_how */
    unsigned levels, positions;
};

#define EB_PLAN_ORIGIN_MAX 128
struct eb_plan {
    struct eb_plan_position *position; /* owned; by id */
    uint32_t count;
    struct eb_plan_row *row; /* owned */
    uint32_t row_count;
    struct eb_differences difference;
    char origin[EB_DIFFERENCES_MAX][EB_PLAN_ORIGIN_MAX]; /* of settings, in the candidate: "settings.lua:31"; "" ? */
    struct eb_plan_cause cause[EB_PLAN_CAUSES_MAX];
    unsigned cause_count;
    unsigned trials;
    unsigned unknown;           /* changed rows whose cause was not found */
    bool cut;                   /* the bounds were met before all was found out */
    int64_t took_ns;            /* to find causes */
    struct eb_buffer text, doc; /* the page; elements of an object, without the first comma */
};

/* Rows of every open position. out->... are owned by it: eb_plan_free(). EB_E_MEMORY. */
EB_NODISCARD int eb_plan_rows(struct eb_plan *out, const struct eb_dry *d, struct eb_err *err);
/* Looks for causes: ground is the engine that d looked at (only cloned), both sets are built and asked no more
 * positions than d has. stop: set by another thread, it ends early. EB_E_MEMORY, or what a turn said. */
EB_NODISCARD int eb_plan_causes(struct eb_plan *p, const struct eb_dry *d, const struct eb_engine *ground,
                                const struct eb_policy *in_force, const struct eb_policy *candidate,
                                const atomic_bool *stop, struct eb_err *err);
/* Writes text and doc. */
void eb_plan_render(struct eb_plan *p, const struct eb_plan_view *view);
void eb_plan_free(struct eb_plan *p); /* NULL is fine; frees p too */

/* plan_text.c, plan_doc.c. Quiet: a difference that moves nothing, and is no file of settings that differ. */
bool eb_plan_is_quiet(const struct eb_plan *p, unsigned index);
void eb_plan_text(const struct eb_plan *p, const struct eb_plan_view *view, struct eb_buffer *out);
void eb_plan_doc(const struct eb_plan *p, struct eb_doc *d);
/* "stop (plan)", "trail begins", "target 2", "position": shared with reload_text.c. */
#define EB_PLAN_LEVEL_MAX 32
const char *eb_plan_level_name(uint8_t kind, uint8_t leg, bool pending, bool whole, char out[EB_PLAN_LEVEL_MAX]);
