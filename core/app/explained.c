/* SPDX-License-Identifier: Apache-2.0 */
/* The page of explain, whatever it is made from. */
#include "app/explained.h"

#include <stdio.h>
#include <string.h>

#include "app/explain.h"
#include "app/value.h"
#include "app/words.h"
#include "feed/nearest.h"

static const char area[] = "explain";

int eb_question_read(const char *text, struct eb_question *out, struct eb_err *err)
{
    static const char *const sides[] = {"LONG", "SHORT", NULL};
    size_t len = strcspn(text, ":");
    int64_t side = 0;
    if (len == 0 || len >= sizeof(out->symbol)) {
        return eb_err_set(err, EB_E_INVALID, area, "\"%.40s\" is no symbol: SYMBOL or SYMBOL:LONG", text);
    }
    memcpy(out->symbol, text, len);
    out->symbol[len] = '\0';
    out->any_side = text[len] == '\0';
    int rc = out->any_side ? EB_OK : eb_value_choice("side", text + len + 1, sides, &side, err);
    out->side = (enum eb_side)side;
    return rc;
}

static size_t unknown_symbol(const struct eb_book *book, const char *symbol, const char *source, struct eb_err *err)
{
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    for (eb_symbol_id i = 0; i < eb_engine_symbol_count(book->engine); i++) {
        eb_nearest_offer(&near, symbol, eb_engine_symbol_name(book->engine, i));
    }
    (void)eb_err_set(err, EB_E_INVALID, area, "%s: no such symbol in %.200s%s", symbol, source,
                     eb_nearest_text(&near, hint));
    return 0;
}

size_t eb_explained_find(const struct eb_book *book, const struct eb_question *q, const struct eb_explained *from,
                         const struct eb_book_episode *out[EB_EXPLAINED_MAX], struct eb_err *err)
{
    eb_symbol_id symbol = eb_engine_symbol(book->engine, q->symbol);
    size_t n = 0;
    if (symbol == EB_NO_SYMBOL) {
        return unknown_symbol(book, q->symbol, from->source, err);
    }
    for (size_t i = book->count; i > 0 && n < EB_EXPLAINED_MAX; i--) {
        const struct eb_book_episode *ep = &book->episode[i - 1];
        bool meant = ep->position / 2 == symbol && (q->any_side || ep->side == (uint8_t)q->side);
        bool other_leg = n == 0 || (!ep->closed && !out[0]->closed && ep->position != out[0]->position);
        if (meant && other_leg) {
            out[n++] = ep;
        }
    }
    if (n == 0) {
        char at[EB_TIME_TEXT_MAX];
        (void)eb_err_set(err, EB_E_NOT_FOUND, area, "%s: no%s position was seen until %s", q->symbol,
                         q->any_side          ? ""
                         : q->side == EB_LONG ? " LONG"
                                              : " SHORT",
                         eb_time_text(from->at_ms, at));
    }
    return n;
}

void eb_explained_text(const struct eb_explained *from, const struct eb_book_episode *const *ep, size_t count,
                       bool colour, struct eb_buffer *out)
{
    char at[EB_TIME_TEXT_MAX];
    char policy[2 * EB_NAME_MAX + 2];
    (void)snprintf(policy, sizeof(policy), "%s%s%s", from->policy, from->version[0] != '\0' ? " " : "", from->version);
    (void)eb_buffer_printf(out, "as of %s UTC, from %s\n\n", eb_time_text(from->at_ms, at), from->source);
    for (size_t i = 0; i < count; i++) {
        eb_explain_text(ep[i], policy, colour, out);
    }
}

static void position_doc(const struct eb_book_episode *ep, struct eb_doc *d)
{
    const struct eb_context *c = &ep->open.ctx;
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "symbol", c->symbol);
    eb_doc_text(d, "side", eb_side_name((enum eb_side)ep->side));
    eb_doc_bool(d, "open", !ep->closed);
    eb_doc_text(d, "regime", eb_regime_name((enum eb_regime)ep->regime));
    eb_doc_text(d, "profile", ep->profile);
    eb_doc_bool(d, "adopted", ep->adopted);
    eb_doc_int(d, "opened_ms", ep->opened_ms);
    eb_doc_e8(d, "entry", ep->entry.e8);
    eb_doc_e8(d, "quantity", ep->qty.e8);
    eb_doc_e8(d, "left", ep->last.ctx.qty.e8);
    eb_doc_e8_or_null(d, "price", c->price.e8);
    eb_doc_e8_or_null(d, "r", ep->r.e8);
    eb_doc_e8_or_null(d, "initial_stop", ep->initial_stop.e8);
    eb_doc_ppm(d, "pnl_r", c->pnl_r_ppm);
    eb_explain_levels(ep, d);
    eb_explain_stages(ep, d);
    eb_explain_exits(ep, d);
    eb_doc_end(d, '}');
}

void eb_explained_doc(const struct eb_explained *from, const struct eb_book_episode *const *ep, size_t count,
                      struct eb_doc *d)
{
    eb_doc_text(d, "record", from->source);
    eb_doc_text(d, "build", from->build);
    eb_doc_text(d, "policy", from->policy);
    eb_doc_text(d, "policy_version", from->version);
    eb_doc_text(d, "mode", eb_mode_name(&from->mode));
    eb_doc_int(d, "at_ms", from->at_ms);
    eb_doc_begin(d, "positions", '[');
    for (size_t i = 0; i < count; i++) {
        position_doc(ep[i], d);
    }
    eb_doc_end(d, ']');
}
