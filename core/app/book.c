/* SPDX-License-Identifier: Apache-2.0 */
/* Books, event by event. */
#include "app/book.h"

#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"

void eb_book_deinit(struct eb_book *b)
{
    for (size_t i = 0; i < b->count; i++) {
        free(b->episode[i].exit);
    }
    free(b->episode);
    free(b->alert);
    memset(b, 0, sizeof(*b));
}

static bool grow(void **array, size_t *cap, size_t count, size_t size)
{
    if (count < *cap) {
        return true;
    }
    size_t next = *cap > 0 ? *cap * 2 : 16;
    void *p = realloc(*array, next * size);
    if (p == NULL) {
        return false;
    }
    *array = p;
    *cap = next;
    return true;
}

/* The episode of a slot that the engine calls by this number; NULL when it has not been seen. */
static struct eb_book_episode *find(struct eb_book *b, eb_position_id position, uint32_t episode)
{
    for (size_t i = b->count; i > 0; i--) {
        struct eb_book_episode *ep = &b->episode[i - 1];
        if (ep->position == position && ep->episode == episode) {
            return ep;
        }
    }
    return NULL;
}

/* A quarter at once, so that it happens seldom: every one moves what stays. */
static void forget_some(struct eb_book *b)
{
    size_t to = 0;
    size_t room = b->kept_max / 4 + 1;
    for (size_t i = 0; i < b->count; i++) {
        if (b->episode[i].closed && room > 0) {
            free(b->episode[i].exit);
            b->forgotten++;
            room--;
        } else {
            if (to != i) {
                b->episode[to] = b->episode[i];
            }
            to++;
        }
    }
    b->count = to;
}

static struct eb_book_episode *begin(struct eb_book *b, eb_position_id position, const struct eb_evidence *v,
                                     int64_t now_ms)
{
    if (b->kept_max > 0 && b->count >= b->kept_max) {
        forget_some(b);
    }
    if (!grow((void **)&b->episode, &b->cap, b->count, sizeof(*b->episode))) {
        b->memory_failed = true;
        return NULL;
    }
    struct eb_book_episode *ep = &b->episode[b->count++];
    memset(ep, 0, sizeof(*ep));
    ep->position = position;
    ep->episode = v->ctx.episode;
    ep->side = v->ctx.side;
    ep->adopted = v->ctx.adopted;
    ep->seen_ms = now_ms;
    ep->unprotected_from_ms = now_ms;
    ep->bare_times = 1;
    ep->opened_ms = v->ctx.opened_ms;
    ep->entry = v->ctx.entry;
    ep->qty = v->ctx.first_qty;
    return ep;
}

static void watch_protection(struct eb_book_episode *ep, const struct eb_evidence *v, int64_t now_ms)
{
    bool safe = v->protection == EB_PROTECTED || v->protection == EB_PROTECTED_FOREIGN;
    int64_t gap = ep->unprotected_from_ms != 0 ? now_ms - ep->unprotected_from_ms : 0;
    ep->unprotected_ms = gap > ep->unprotected_ms ? gap : ep->unprotected_ms;
    ep->bare_ms += safe ? gap : 0;
    ep->bare_times += !safe && ep->unprotected_from_ms == 0 ? 1 : 0;
    if (safe && !ep->was_protected) {
        ep->was_protected = true;
        ep->protected_after_ms = now_ms - ep->seen_ms;
    }
    ep->unprotected_from_ms = safe ? 0 : ep->unprotected_from_ms != 0 ? ep->unprotected_from_ms : now_ms;
}

/* Evidence of one slot: begins an episode when it is a new one, and remembers what is known of it. */
static void look(struct eb_book *b, eb_position_id position, int64_t now_ms)
{
    struct eb_evidence v;
    if (!eb_engine_evidence(b->engine, position, &v)) {
        return;
    }
    struct eb_book_episode *ep = find(b, position, v.ctx.episode);
    if (ep == NULL && v.open) {
        ep = begin(b, position, &v, now_ms);
    }
    if (ep == NULL || ep->closed) {
        return;
    }
    ep->last = v;
    if (v.open) {
        watch_protection(ep, &v, now_ms);
        ep->open = v;
        ep->regime = v.ctx.regime;
        memcpy(ep->profile, v.ctx.profile, sizeof(ep->profile));
        ep->initial_stop = v.initial_stop;
        ep->r = v.ctx.r;
        ep->decided = ep->decided || (v.ctx.plan_revision > 0 && !v.ctx.r_provisional && v.verdicts_accepted > 0);
    }
}

static void book_exit(struct eb_book *b, const struct eb_exit *x)
{
    struct eb_book_episode *ep = find(b, x->position, x->episode);
    if (ep == NULL || !grow((void **)&ep->exit, &ep->exit_cap, ep->exit_count, sizeof(*ep->exit))) {
        b->memory_failed = b->memory_failed || ep != NULL;
        return;
    }
    struct eb_book_exit *out = &ep->exit[ep->exit_count++];
    *out = (struct eb_book_exit){.time_ms = x->venue_ms,
                                 .price = x->price,
                                 .level = x->level,
                                 .qty = x->qty,
                                 .fee = x->fee,
                                 .client_id = x->client_id,
                                 .reason = x->reason,
                                 .leg = x->leg,
                                 .virtual_fill = x->virtual_fill};
    int64_t favour = x->side == EB_LONG ? x->price.e8 - x->entry.e8 : x->entry.e8 - x->price.e8;
    out->has_r = x->r.e8 > 0 && eb_mul_div(favour, EB_PPM, x->r.e8, EB_ROUND_HALF_EVEN, &out->r_ppm);
}

static void book_end(struct eb_book *b, const struct eb_episode_end *end)
{
    struct eb_book_episode *ep = find(b, end->position, end->episode);
    if (ep == NULL) {
        return;
    }
    ep->closed = true;
    ep->explained = end->reconciled;
    ep->regime = end->regime;
    memcpy(ep->profile, end->profile, sizeof(ep->profile));
    ep->entry = end->entry;
    ep->initial_stop = end->initial_stop;
    ep->r = end->first_r;
    ep->qty = end->first_qty;
    ep->opened_ms = end->opened_ms;
    ep->closed_ms = end->closed_ms;
}

static void book_alert(struct eb_book *b, const struct eb_alert *a, int64_t now_ms)
{
    b->alerts[a->kind < EB_ALERT_COUNT ? a->kind : EB_ALERT_UNKNOWN_ORDER]++;
    if (b->alert == NULL) {
        b->alert = calloc(EB_BOOK_ALERTS_MAX, sizeof(*b->alert));
    }
    if (b->alert == NULL) {
        b->memory_failed = true;
        return;
    }
    if (b->alert_count == EB_BOOK_ALERTS_MAX) {
        size_t kept = EB_BOOK_ALERTS_MAX / 2;
        memmove(&b->alert[0], &b->alert[b->alert_count - kept], kept * sizeof(*b->alert));
        b->alert_count = kept;
    }
    b->alert[b->alert_count++] = (struct eb_book_alert){now_ms, *a};
}

void eb_book_observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct eb_book *b = user;
    for (unsigned leg = 0; ev->symbol != EB_NO_SYMBOL && leg < 2; leg++) {
        look(b, ev->symbol * 2 + leg, ev->now_ms);
    }
    for (unsigned i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_EXIT) {
            book_exit(b, &a->u.exit);
        } else if (a->kind == EB_ACT_EPISODE_END) {
            book_end(b, &a->u.end);
        } else if (a->kind == EB_ACT_ALERT) {
            book_alert(b, &a->u.alert, ev->now_ms);
        }
    }
}

void eb_book_bare(const struct eb_book_episode *ep, int64_t now_ms, int64_t *total_ms, int64_t *longest_ms)
{
    bool ended = ep->closed && ep->closed_ms > 0;
    int64_t until_ms = ended && ep->closed_ms < now_ms ? ep->closed_ms : now_ms;
    int64_t gap =
        ep->unprotected_from_ms != 0 && until_ms > ep->unprotected_from_ms ? until_ms - ep->unprotected_from_ms : 0;
    *total_ms = ep->bare_ms + gap;
    *longest_ms = gap > ep->unprotected_ms ? gap : ep->unprotected_ms;
}

const struct eb_book_episode *eb_book_open(const struct eb_book *b, eb_position_id position)
{
    for (size_t i = b->count; i > 0; i--) {
        const struct eb_book_episode *ep = &b->episode[i - 1];
        if (ep->position == position && !ep->closed) {
            return ep;
        }
    }
    return NULL;
}

void eb_book_finish(struct eb_book *b, int64_t now_ms)
{
    uint32_t symbols = eb_engine_symbol_count(b->engine);
    for (eb_position_id slot = 0; slot < symbols * 2; slot++) {
        look(b, slot, now_ms);
    }
}
