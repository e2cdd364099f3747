/* SPDX-License-Identifier: Apache-2.0 */
/* Signals: what each position must be shown, by a table of our own made of the events alone. */
#include "oracle.h"

#include <string.h>

static struct oracle_signal *entry_of(struct oracle *o, eb_symbol_id symbol, const char *name)
{
    struct oracle_signal *row = o->signal[symbol == EB_NO_SYMBOL ? ORACLE_SYMBOLS_MAX : symbol];
    for (unsigned i = 0; i < ORACLE_SIGNALS; i++) {
        if (strcmp(oracle_signal_names[i], name) == 0) {
            return &row[i];
        }
    }
    return NULL;
}

const char *const oracle_signal_names[ORACLE_SIGNALS] = {"confidence", "hint", "risk_mode", "x"};

void oracle_signal_event(struct oracle *o, const struct eb_event *ev)
{
    if (ev->kind != EB_EV_SIGNAL) {
        return;
    }
    const struct eb_ev_signal *g = ev->u.signal;
    struct oracle_signal *s = entry_of(o, ev->symbol, g->value.key);
    if (s == NULL) {
        oracle_violated(o, "a signal of an unknown name");
        return;
    }
    s->value = g->value;
    s->expires_ms = g->expires_ms;
}

static bool stands(const struct oracle_signal *s, int64_t now_ms)
{
    return s->value.kind != EB_MEM_NONE && (s->expires_ms == 0 || now_ms < s->expires_ms);
}

static bool same(const struct eb_memory_entry *is, const struct eb_memory_entry *said)
{
    bool text = said->kind == EB_MEM_TEXT;
    return strcmp(is->key, said->key) == 0 && is->kind == said->kind &&
           (text ? strcmp(is->text, said->text) == 0 : is->number == said->number);
}

void oracle_signals(struct oracle *o, eb_position_id at)
{
    const struct eb_memory *m = &o->now.ctx.signals;
    unsigned count = 0;
    bool right = true;
    for (unsigned i = 0; i < ORACLE_SIGNALS; i++) {
        const struct oracle_signal *own = &o->signal[at / 2][i];
        const struct oracle_signal *all = &o->signal[ORACLE_SYMBOLS_MAX][i];
        const struct oracle_signal *s = stands(own, o->now_ms) ? own : stands(all, o->now_ms) ? all : NULL;
        if (s != NULL) {
            right = right && count < m->count && same(&m->entry[count], &s->value);
            count++;
        }
    }
    ORACLE_CHECK(o, right && count == m->count, "slot %u: %u signals are shown, %u stand, or another value", at,
                 m->count, count);
}
