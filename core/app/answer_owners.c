/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who owns the exits of each position, by which flags, and whose hands are on it besides: orders of other systems that
 * close or reduce it.
 */
#include "app/answer.h"

#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"

struct others {
    unsigned count, stops, targets, openers;
};

/* Orders of others on one position: what would trigger at a stop, what rests, what could make it larger. */
static struct others others_of(const struct eb_live *l, eb_symbol_id symbol, enum eb_side side)
{
    struct others n = {0};
    for (size_t i = 0; i < l->seen.count; i++) {
        const struct eb_seen_order *s = &l->seen.order[i];
        if (s->symbol != symbol || s->ours) {
            continue;
        }
        bool closing = (s->order.order_side == EB_SELL) == (side == EB_LONG);
        n.count++;
        n.openers += closing ? 0 : 1;
        n.stops += closing && s->order.type == EB_ORDER_STOP_MARKET ? 1 : 0;
        n.targets += closing && s->order.type != EB_ORDER_STOP_MARKET ? 1 : 0;
    }
    return n;
}

static const char *others_text(const struct others *n, char out[EB_FLAG_TEXT_MAX])
{
    const struct {
        unsigned count;
        const char *one, *many;
    } part[] = {{n->stops, "stop", "stops"}, {n->targets, "target", "targets"}, {n->openers, "opener", "openers"}};
    size_t used = 0;
    (void)snprintf(out, EB_FLAG_TEXT_MAX, "none");
    for (size_t i = 0; i < EB_COUNT(part); i++) {
        if (part[i].count > 0) {
            int len = snprintf(out + used, EB_FLAG_TEXT_MAX - used, "%s%u %s", used > 0 ? ", " : "", part[i].count,
                               part[i].count == 1 ? part[i].one : part[i].many);
            used += len > 0 ? (size_t)len : 0;
        }
    }
    return out;
}

static const char *owner_of(const struct eb_evidence *v)
{
    return v->released || !v->owned ? "nobody here" : eb_owner_name(v);
}

static const char *why_of(const struct eb_evidence *v, const struct eb_ev_config *mode)
{
    if (v->released) {
        return v->backstop.e8 > 0 ? "released by an operator; its backstop stays" : "released by an operator";
    }
    bool leaves = mode->executor_live && mode->rollout_enabled;
    if (!v->owned) {
        return "EXIT_MODE=LEGACY, and the set has no legacy owners";
    }
    if (mode->exit_mode == EB_EXIT_MODE_LEGACY) {
        return leaves ? "EXIT_MODE=LEGACY" : "EXIT_MODE=LEGACY, in shadow";
    }
    return leaves ? "EXIT_MODE=EXIT_BRAIN_V3" : "EXIT_MODE=EXIT_BRAIN_V3, in shadow";
}

static void flags(const struct eb_live *l, const struct eb_ev_config *mode, struct eb_answer *a)
{
    char flag[EB_FLAG_TEXT_MAX];
    if (!a->no_text) {
        (void)eb_buffer_printf(&a->text, "%s%s%s: %s\n", eb_colour_code(EB_BOLD, a->colour), eb_mode_name(mode),
                               eb_colour_code(EB_PLAIN, a->colour), eb_mode_meaning(l, mode));
        for (unsigned i = 0; i < EB_FLAG_MODES; i++) {
            (void)eb_buffer_printf(&a->text, "  %s\n", eb_answer_flag(l, i, flag));
        }
        bool legacy = eb_engine_owns(eb_host_engine(l->host), EB_EXIT_MODE_LEGACY);
        (void)eb_buffer_printf(&a->text, "  %s%s\n", eb_answer_flag(l, EB_FLAG_LEGACY_TRAILING, flag),
                               !l->o.config.legacy_trailing ? ": trailing_stop_manager owns nothing"
                               : legacy ? ": trailing_stop_manager of the set may own what is assigned to it"
                                        : ": another system's trailing manager may move stops too");
        if (l->yields) {
            (void)eb_buffer_text(&a->text, "  another engine works on this account: this one yields until restart\n");
        }
        (void)eb_buffer_text(&a->text, "\n");
    }
    if (!a->no_doc) {
        eb_doc_text(&a->doc, "mode", eb_mode_name(mode));
        eb_doc_begin(&a->doc, "flags", '[');
        for (unsigned i = 0; i <= EB_FLAG_LEGACY_TRAILING; i++) {
            eb_doc_text(&a->doc, NULL, eb_answer_flag(l, i, flag));
        }
        eb_doc_end(&a->doc, ']');
        eb_doc_bool(&a->doc, "legacy_trailing", l->o.config.legacy_trailing);
        eb_doc_bool(&a->doc, "yields", l->yields);
    }
}

static void one(const struct eb_evidence *v, const struct eb_ev_config *mode, const struct others *n,
                struct eb_table *t, struct eb_answer *a)
{
    char text[EB_FLAG_TEXT_MAX];
    const char *side = eb_side_name((enum eb_side)v->ctx.side);
    if (!a->no_text) {
        eb_table_cell(t, EB_PLAIN, "%s", v->ctx.symbol);
        eb_table_cell(t, EB_PLAIN, "%s", side);
        eb_table_cell(t, v->owned ? EB_PLAIN : EB_YELLOW, "%s", owner_of(v));
        eb_table_cell(t, EB_PLAIN, "%s", why_of(v, mode));
        eb_table_cell(t, n->count > 0 ? EB_YELLOW : EB_PLAIN, "%s", others_text(n, text));
        eb_table_cell(t, EB_PLAIN, "%s", v->ctx.strategy_id);
    }
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, NULL, '{');
        eb_doc_text(&a->doc, "symbol", v->ctx.symbol);
        eb_doc_text(&a->doc, "side", side);
        eb_doc_text(&a->doc, "owner", eb_owner_name(v));
        eb_doc_text(&a->doc, "why", why_of(v, mode));
        eb_doc_text(&a->doc, "opened_by", v->ctx.strategy_id[0] != '\0' ? v->ctx.strategy_id : NULL);
        eb_doc_bool(&a->doc, "adopted", v->ctx.adopted);
        eb_doc_int(&a->doc, "foreign_orders", n->count);
        eb_doc_int(&a->doc, "foreign_stops", n->stops);
        eb_doc_e8_or_null(&a->doc, "backstop", v->backstop.e8);
        eb_doc_end(&a->doc, '}');
    }
}

void eb_answer_owners(const struct eb_live *l, struct eb_answer *a)
{
    struct eb_ev_config mode = eb_engine_mode(eb_host_engine(l->host));
    struct eb_evidence v;
    struct eb_table t;
    unsigned count = 0;
    flags(l, &mode, a);
    eb_table_init(&t, "llllll");
    eb_table_heads(&t, "symbol|side|exits belong to|because|orders of others|opened by");
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "positions", '[');
    }
    for (eb_position_id slot = 0; eb_answer_next(l, EB_NO_SYMBOL, &slot, &v); slot++, count++) {
        struct others n = others_of(l, slot / 2, (enum eb_side)v.ctx.side);
        one(&v, &mode, &n, &t, a);
    }
    if (!a->no_doc) {
        eb_doc_end(&a->doc, ']');
    }
    if (!a->no_text && count > 0) {
        eb_table_render_within(&t, "f", a->columns, a->colour, &a->text);
    } else if (!a->no_text) {
        (void)eb_buffer_text(&a->text, "no position is open\n");
    }
    eb_table_deinit(&t);
}
