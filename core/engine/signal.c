/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hosts and operators say of a symbol, or of all: a bounded durable table, shown to policies as ctx.signals.
 *
 *     SIGNAL -> table, sorted by symbol and name -> consult of whom it concerns; its time is over -> consult again
 *
 * What has expired stays until room is needed: whether an entry is shown is judged by the time of a consult, so that
 * time passing is no durable change.
 */
#include "engine/state.h"

#include <string.h>

#include "base/hash.h"

static bool is_shown(const struct eb_signal *g, int64_t now_ms)
{
    return g->expires_ms == 0 || now_ms < g->expires_ms;
}

/* tidy-ok: a policy's own value, which no order depends on */
static bool is_finite(double v)
{
    return v - v >= 0.0; /* of what is infinite or no number it is no number */
}

/* The first entry that does not come before this symbol and name; those of all symbols are the last. */
static uint32_t place_of(const struct eb_engine *e, eb_symbol_id symbol, const char *name)
{
    uint32_t low = 0;
    uint32_t high = e->signal_count;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        const struct eb_signal *g = &e->signal[mid];
        bool before = g->symbol != symbol ? g->symbol < symbol : strcmp(g->value.key, name) < 0;
        low = before ? mid + 1 : low;
        high = before ? high : mid;
    }
    return low;
}

static struct eb_signal *find(struct eb_engine *e, eb_symbol_id symbol, const char *name)
{
    uint32_t at = place_of(e, symbol, name);
    struct eb_signal *g = &e->signal[at];
    return at < e->signal_count && g->symbol == symbol && strcmp(g->value.key, name) == 0 ? g : NULL;
}

/* ---- what is shown ----------------------------------------------------------------------------------------------- */

/* Visits the entries of a symbol: its own, and those of all where it has none of that name, by name. */
static uint32_t shown(const struct eb_engine *e, eb_symbol_id symbol, int64_t now_ms,
                      const struct eb_signal *out[EB_SIGNALS_MAX])
{
    uint32_t own = place_of(e, symbol, "");
    const uint32_t own_end = place_of(e, EB_NO_SYMBOL, "");
    uint32_t all = own_end;
    uint32_t count = 0;
    for (;;) {
        const struct eb_signal *a = own < own_end && e->signal[own].symbol == symbol ? &e->signal[own] : NULL;
        const struct eb_signal *b = all < e->signal_count ? &e->signal[all] : NULL;
        if (a == NULL && b == NULL) {
            return count;
        }
        if ((a != NULL && !is_shown(a, now_ms)) || (b != NULL && !is_shown(b, now_ms))) {
            bool own_is_over = a != NULL && !is_shown(a, now_ms);
            own += own_is_over;
            all += !own_is_over;
            continue;
        }
        int order = a == NULL ? 1 : b == NULL ? -1 : strcmp(a->value.key, b->value.key);
        out[count++] = order <= 0 ? a : b;
        own += order <= 0;
        all += order >= 0;
    }
}

void eb_signals_fill(const struct eb_engine *e, eb_symbol_id symbol, int64_t now_ms, struct eb_memory *out)
{
    const struct eb_signal *seen[EB_SIGNALS_MAX];
    uint32_t count = e->signal_count > 0 ? shown(e, symbol, now_ms, seen) : 0;
    for (uint32_t i = 0; i < count && i < EB_MEMORY_MAX; i++) { /* no more were let in */
        out->entry[i] = seen[i]->value;
    }
    out->count = (uint8_t)(count < EB_MEMORY_MAX ? count : EB_MEMORY_MAX);
}

static uint64_t hash_of(const struct eb_memory *m)
{
    uint64_t h = EB_HASH64_SEED;
    for (unsigned i = 0; i < m->count; i++) {
        const struct eb_memory_entry *x = &m->entry[i];
        int64_t bits;
        memcpy(&bits, &x->number, sizeof bits);
        h = eb_hash64(h, x->key, strlen(x->key) + 1);
        h = eb_hash64(h, x->text, strlen(x->text) + 1);
        h = eb_hash64_u64(eb_hash64_u64(h, x->kind), (uint64_t)bits);
    }
    return h;
}

void eb_signals_asked(struct eb_slot *s, const struct eb_memory *with)
{
    s->signals_seen = hash_of(with);
    s->signals_ms = 0;
}

/* When the first of what is shown now will be over; 0 never. */
static int64_t next_expiry_ms(const struct eb_engine *e, eb_symbol_id symbol, int64_t now_ms)
{
    const struct eb_signal *seen[EB_SIGNALS_MAX];
    uint32_t count = e->signal_count > 0 ? shown(e, symbol, now_ms, seen) : 0;
    int64_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t over = seen[i]->expires_ms;
        at = over != 0 && (at == 0 || over < at) ? over : at;
    }
    return at;
}

int64_t eb_signals_deadline_ms(const struct eb_engine *e, struct eb_slot *s)
{
    int64_t now_ms = e->ev->now_ms;
    if (s->signals_ms == 0 || s->signals_ms > now_ms) { /* one that is due waits for its consult */
        s->signals_ms = next_expiry_ms(e, eb_slot_symbol(e, s), now_ms);
    }
    return s->signals_ms;
}

bool eb_signals_over(const struct eb_engine *e, struct eb_slot *s)
{
    if (s->signals_ms == 0 || e->ev->now_ms < s->signals_ms) {
        return false;
    }
    struct eb_memory now;
    eb_signals_fill(e, eb_slot_symbol(e, s), e->ev->now_ms, &now);
    s->signals_ms = 0;
    return hash_of(&now) != s->signals_seen; /* else it was said anew in the meantime */
}

bool eb_signal_stored_ok(const struct eb_engine *e, uint32_t at)
{
    const struct eb_signal *g = &e->signal[at];
    bool after =
        at == 0 || g[-1].symbol < g->symbol || (g[-1].symbol == g->symbol && strcmp(g[-1].value.key, g->value.key) < 0);
    bool known = g->symbol == EB_NO_SYMBOL || (g->symbol < e->symbol_count && e->symbol[g->symbol].known);
    return after && known && g->value.kind != EB_MEM_NONE && is_finite(g->value.number) &&
           eb_signal_name_ok(g->value.key);
}

uint32_t eb_engine_signals(const struct eb_engine *e, struct eb_signal *out, uint32_t max)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < e->signal_count; i++) {
        if (is_shown(&e->signal[i], e->last_now_ms)) {
            if (count < max) {
                out[count] = e->signal[i];
            }
            count++;
        }
    }
    return count;
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

bool eb_signal_name_ok(const char *name)
{
    size_t n = 0;
    for (; n < EB_MEMORY_KEY_MAX && name[n] != '\0'; n++) {
        char c = name[n];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && !(n > 0 && c >= '0' && c <= '9')) {
            return false;
        }
    }
    return n > 0 && n < EB_MEMORY_KEY_MAX;
}

/* Equal values as equal bytes, or false for what is no value. */
static bool normal(const struct eb_memory_entry *v, struct eb_memory_entry *out)
{
    memset(out, 0, sizeof *out);
    if (!eb_signal_name_ok(v->key) || v->kind > EB_MEM_TEXT || !is_finite(v->number) ||
        memchr(v->text, 0, sizeof v->text) == NULL) {
        return false;
    }
    eb_text_copy(out->key, sizeof out->key, v->key);
    out->kind = v->kind;
    if (v->kind == EB_MEM_BOOL) {
        out->number = v->number != 0.0 ? 1.0 : 0.0;
    } else if (v->kind == EB_MEM_NUMBER) {
        out->number = v->number + 0.0; /* no -0 */
    } else if (v->kind == EB_MEM_TEXT) {
        eb_text_copy(out->text, sizeof out->text, v->text);
    }
    return true;
}

/* How many names a symbol would be shown if it were shown this one too. */
static uint32_t names_with(const struct eb_engine *e, eb_symbol_id symbol, const char *name, int64_t now_ms)
{
    const struct eb_signal *seen[EB_SIGNALS_MAX];
    uint32_t count = shown(e, symbol, now_ms, seen);
    bool has = false;
    for (uint32_t i = 0; i < count; i++) {
        has = has || strcmp(seen[i]->value.key, name) == 0;
    }
    return count + !has;
}

/* Whether each symbol's context has room for it. Those without entries of their own see what all see. */
static bool has_room(const struct eb_engine *e, eb_symbol_id symbol, const char *name, int64_t now_ms)
{
    bool ok = names_with(e, symbol, name, now_ms) <= EB_MEMORY_MAX;
    for (uint32_t i = 0; ok && symbol == EB_NO_SYMBOL && i < e->signal_count; i++) {
        bool first = i == 0 || e->signal[i - 1].symbol != e->signal[i].symbol;
        ok = !first || names_with(e, e->signal[i].symbol, name, now_ms) <= EB_MEMORY_MAX;
    }
    return ok;
}

int eb_signal_check(const struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_signal *t = ev->u.signal;
    struct eb_memory_entry value;
    if (!normal(&t->value, &value)) {
        return EB_E_INVALID;
    }
    if (value.kind == EB_MEM_NONE || (t->expires_ms != 0 && t->expires_ms <= ev->now_ms)) {
        return EB_OK; /* to take one back needs no room */
    }
    bool free = e->signal_count < EB_SIGNALS_MAX || find((struct eb_engine *)e, ev->symbol, value.key) != NULL;
    for (uint32_t i = 0; !free && i < e->signal_count; i++) {
        free = !is_shown(&e->signal[i], ev->now_ms);
    }
    return free && has_room(e, ev->symbol, value.key, ev->now_ms) ? EB_OK : EB_E_FULL;
}

static bool said_before(const struct eb_engine *e, uint64_t id)
{
    bool before = false;
    for (unsigned i = 0; id != 0 && i < EB_COMMANDS_KEPT; i++) {
        before = before || e->signal_id[i] == id;
    }
    return before;
}

static void remove_at(struct eb_engine *e, uint32_t at)
{
    e->signal_count--;
    memmove(&e->signal[at], &e->signal[at + 1], (e->signal_count - at) * sizeof e->signal[0]);
    memset(&e->signal[e->signal_count], 0, sizeof e->signal[0]);
}

static void forget_expired(struct eb_engine *e, int64_t now_ms)
{
    for (uint32_t i = e->signal_count; i-- > 0;) {
        if (!is_shown(&e->signal[i], now_ms)) {
            remove_at(e, i);
        }
    }
}

static void put(struct eb_engine *e, const struct eb_signal *next)
{
    struct eb_signal *old = find(e, next->symbol, next->value.key);
    if (old == NULL) {
        if (e->signal_count == EB_SIGNALS_MAX) {
            forget_expired(e, e->ev->now_ms);
        }
        EB_ASSERT(e->signal_count < EB_SIGNALS_MAX);
        uint32_t at = place_of(e, next->symbol, next->value.key);
        memmove(&e->signal[at + 1], &e->signal[at], (e->signal_count - at) * sizeof e->signal[0]);
        e->signal_count++;
        old = &e->signal[at];
    }
    *old = *next;
}

static bool same_value(const struct eb_memory_entry *a, const struct eb_memory_entry *b)
{
    return a->kind == b->kind && a->number >= b->number && a->number <= b->number && strcmp(a->text, b->text) == 0;
}

void eb_step_signal(struct eb_engine *e, const struct eb_event *ev)
{
    const struct eb_ev_signal *t = ev->u.signal;
    struct eb_signal next = {.symbol = ev->symbol, .expires_ms = t->expires_ms, .set_ms = ev->now_ms};
    if (said_before(e, t->id) || !normal(&t->value, &next.value)) {
        return;
    }
    eb_text_copy(next.who, sizeof next.who, t->who);
    struct eb_signal *old = find(e, ev->symbol, next.value.key);
    bool was = old != NULL && is_shown(old, ev->now_ms);
    bool is = next.value.kind != EB_MEM_NONE && is_shown(&next, ev->now_ms);
    bool same = was && is && same_value(&old->value, &next.value);
    if ((old == NULL && !is) || (same && old->expires_ms == next.expires_ms)) {
        return; /* said again: nothing to remember */
    }
    if (is) {
        put(e, &next);
    } else {
        remove_at(e, (uint32_t)(old - e->signal));
    }
    if (t->id != 0) {
        e->signal_id[e->signal_id_next] = t->id;
        e->signal_id_next = (uint8_t)((e->signal_id_next + 1) % EB_COMMANDS_KEPT);
    }
    eb_touch(e);
    if (same || (!was && !is)) {
        return; /* nobody sees a difference */
    }
    if (ev->symbol == EB_NO_SYMBOL) {
        eb_sweep_start(e, EB_SWEEP_SIGNAL);
        return;
    }
    for (unsigned leg = 0; leg < 2; leg++) {
        struct eb_slot *s = eb_slot_at(e, ev->symbol * 2 + leg);
        if (s->d.open) {
            eb_want_consult(e, s, EB_CONSULT_SIGNAL);
        }
    }
}
