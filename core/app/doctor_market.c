/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what comes in: the connection, the picture of the account, the prices of every symbol with a position. */
#include "app/doctor_inner.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"

#define NS_IN_MS INT64_C(1000000)
#define PICTURE_MIN_MS INT64_C(60000)
#define AGES_MAX 160
#define READING_MAX_MS INT64_C(60000)

void eb_check_offline(struct eb_exam *x)
{
    const struct eb_live *l = x->live;
    int64_t off_ms = l->offline_since_ns != 0 ? (eb_monotonic_ns() - l->offline_since_ns) / NS_IN_MS : 0;
    EB_SAY(x->fine, "connected to %s, account %s; %" PRIu64 " connections since the start", l->venue.name,
           l->venue.account, l->connects);
    if (l->stage == EB_LIVE_OFFLINE) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, "");
        EB_SAY(f->evidence, "no connection for %s, tried %u times%s%s", EB_AGE(off_ms), l->tries,
               l->offline_why[0] != '\0' ? ": " : "", l->offline_why);
        EB_SAY(f->cause, "the exchange is down or cannot be reached: no price is seen, no order leaves");
        EB_SAY(f->remedy,
               "it is tried again by itself; look at the network and at venue.address (%s). "
               "Confirmed stops rest at the exchange meanwhile: `exitbrain positions`",
               l->o.venue != NULL ? l->o.venue : "its own exchange");
    }
}

void eb_check_reconnecting(struct eb_exam *x)
{
    const struct eb_live *l = x->live;
    EB_SAY(x->fine, "everything that the exchange tells in the beginning was read");
    if (l->stage == EB_LIVE_GREETED || l->stage == EB_LIVE_TRADES) {
        int64_t for_ms = (eb_monotonic_ns() - l->greeted_ns) / NS_IN_MS;
        bool stuck = for_ms > READING_MAX_MS;
        eb_find(x, stuck ? EB_BAD : EB_NOTE, "",
                "the connection was lost and is back; prices count again once this is over",
                stuck ? "it takes far too long: look at the exchange, then at the network" : "ask again in a moment",
                "connected again, reading %s for %s",
                l->stage == EB_LIVE_GREETED ? "symbols and history" : "trades that were missed", EB_AGE(for_ms));
    }
}

void eb_check_picture(struct eb_exam *x)
{
    int64_t age_ms = x->now_ms - x->live->seen.at_ms;
    int64_t limit_ms = 3 * x->config->snapshot_ms;
    limit_ms = limit_ms > PICTURE_MIN_MS ? limit_ms : PICTURE_MIN_MS;
    if (x->live->seen.at_ms == 0 || x->config->snapshot_ms == 0) {
        EB_SAY(x->fine, "no complete picture of the account is asked for by itself");
        return;
    }
    EB_SAY(x->fine, "the last complete picture is %s old: %zu orders", EB_AGE(age_ms), x->live->seen.count);
    if (x->running && age_ms > limit_ms) {
        eb_find(x, EB_BAD, "", "the exchange does not answer the question for a complete picture",
                "look for snapshot in the log; what is said here of orders is as old as that picture",
                "the last complete picture is %s old (asked for every %s)", EB_AGE(age_ms),
                EB_AGE(x->config->snapshot_ms));
    }
}

/* ---- prices ------------------------------------------------------------------------------------------------------ */

struct prices {
    int64_t age_ms[EB_SRC_COUNT]; /* -1: never seen */
    bool fresh[EB_SRC_COUNT];
    bool stops_fed, targets_fed; /* a fresh price of a source that may decide */
    bool stops_ever, targets_ever;
};

static void look(const struct eb_exam *x, eb_symbol_id symbol, struct prices *p)
{
    memset(p, 0, sizeof(*p));
    for (unsigned i = 0; i < EB_SRC_COUNT; i++) {
        eb_price price;
        int64_t at_ns;
        bool seen = eb_engine_price(x->engine, symbol, (enum eb_price_source)i, &price, &at_ns);
        int64_t limit_ms = i == EB_SRC_MARK ? x->config->max_age_mark_ms : x->config->max_age_last_ms;
        p->age_ms[i] = seen ? (x->now_ns - at_ns) / NS_IN_MS : -1;
        p->fresh[i] = seen && p->age_ms[i] <= limit_ms;
    }
    unsigned stop = x->config->stop_source;
    bool mark = x->config->target_source == EB_TARGET_MARK;
    bool book = x->config->target_source == EB_TARGET_BOOK;
    p->stops_fed = p->fresh[stop];
    p->stops_ever = p->age_ms[stop] >= 0;
    p->targets_fed = mark ? p->fresh[EB_SRC_MARK] : p->fresh[EB_SRC_LAST] || (book && p->fresh[EB_SRC_BOOK]);
    p->targets_ever =
        mark ? p->age_ms[EB_SRC_MARK] >= 0 : p->age_ms[EB_SRC_LAST] >= 0 || (book && p->age_ms[EB_SRC_BOOK] >= 0);
}

/* "mark 12.0 s old (at most 3.0 s), last never seen, book 11.9 s old". */
static const char *ages(const struct eb_exam *x, const struct prices *p, char out[AGES_MAX])
{
    static const char *const name[EB_SRC_COUNT] = {
        [EB_SRC_MARK] = "mark", [EB_SRC_LAST] = "last", [EB_SRC_BOOK] = "book"};
    size_t at = 0;
    for (unsigned i = 0; i < EB_SRC_COUNT && at < AGES_MAX; i++) {
        int64_t limit_ms = i == EB_SRC_MARK ? x->config->max_age_mark_ms : x->config->max_age_last_ms;
        int n = p->age_ms[i] < 0 ? snprintf(out + at, AGES_MAX - at, "%s%s never seen", i > 0 ? ", " : "", name[i])
                                 : snprintf(out + at, AGES_MAX - at, "%s%s %s old%s%s%s", i > 0 ? ", " : "", name[i],
                                            EB_AGE(p->age_ms[i]), p->fresh[i] ? "" : " (at most ",
                                            p->fresh[i] ? "" : EB_AGE(limit_ms), p->fresh[i] ? "" : ")");
        at += n > 0 ? (size_t)n : 0;
    }
    return out;
}

/* Once for a symbol, although both legs of hedge mode may be open. */
static bool second_leg(const struct eb_exam *x, const struct eb_patient *p)
{
    enum eb_side side;
    return p->position % 2 == 1 && eb_engine_open_side(x->engine, p->position - 1, &side);
}

static const char *who_waits(const struct prices *p)
{
    return !p->stops_fed && !p->targets_fed ? "stops and targets have no price to be held against"
           : !p->stops_fed                  ? "stops and trails have no price to be held against"
                                            : "targets have no price to be held against";
}

void eb_check_no_price(struct eb_exam *x, const struct eb_patient *p)
{
    struct prices s;
    char text[AGES_MAX];
    if (!x->running || second_leg(x, p)) {
        return; /* venue.offline says it once */
    }
    look(x, p->symbol, &s);
    if (!s.stops_ever || !s.targets_ever) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->v->ctx.symbol);
        EB_SAY(f->evidence, "%s", ages(x, &s, text));
        EB_SAY(f->cause, "no price of a source that decides has ever come: %s", who_waits(&s));
        EB_SAY(f->remedy, "does the exchange stream this symbol? price.stop_source and price.target_source choose "
                          "which prices decide; what rests at the exchange is not affected");
    }
}

void eb_check_stale_price(struct eb_exam *x, const struct eb_patient *p)
{
    struct prices s;
    char text[AGES_MAX];
    if (!x->running || second_leg(x, p)) {
        return;
    }
    look(x, p->symbol, &s);
    if (s.stops_ever && s.targets_ever && (!s.stops_fed || !s.targets_fed)) {
        struct eb_finding *f = eb_finding_add(x, EB_BAD, p->v->ctx.symbol);
        EB_SAY(f->evidence, "%s", ages(x, &s, text));
        EB_SAY(f->cause, "the stream of this symbol has stopped: %s", who_waits(&s));
        EB_SAY(f->remedy, "the mark is asked for once a second by itself; is the symbol still trading? "
                          "price.max_age_mark and price.max_age_last say how old is too old");
    }
}
