/* SPDX-License-Identifier: Apache-2.0 */
/* explain from the running engine: the book's episode, brought up to date from evidence as of now. */
#include "app/answer.h"

#include "app/explained.h"
#include "generated/version.h"

/* Prices that changed nothing are not shown to the book. */
static void bring_up_to_date(struct eb_live *l, eb_symbol_id symbol)
{
    static const struct eb_actions nothing;
    struct eb_event now = eb_live_event(l, EB_EV_CLOCK, symbol);
    eb_book_observe(&l->book, &now, &nothing);
}

void eb_answer_explain(struct eb_live *l, const char *what, struct eb_answer *a)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    const struct eb_book_episode *ep[EB_EXPLAINED_MAX] = {NULL};
    struct eb_ev_policy policy = {0};
    struct eb_question q = {0};
    if (eb_question_read(what, &q, &a->err) != EB_OK) {
        a->status = EB_STATUS_USAGE;
        return;
    }
    eb_symbol_id symbol = eb_engine_symbol(e, q.symbol);
    if (symbol != EB_NO_SYMBOL) {
        bring_up_to_date(l, symbol);
    }
    if (l->reload != NULL) {
        eb_reload_event(l->reload, &policy);
    }
    struct eb_explained from = {.source = l->o.state_dir != NULL ? l->o.state_dir : "the running engine",
                                .build = EB_VERSION " " EB_COMMIT,
                                .policy = policy.name,
                                .version = policy.version,
                                .mode = eb_engine_mode(e),
                                .at_ms = eb_live_now_ms(l)};
    size_t count = eb_explained_find(&l->book, &q, &from, ep, &a->err);
    if (count == 0) {
        a->status = a->err.code == EB_E_NOT_FOUND ? EB_STATUS_BAD_NEWS : EB_STATUS_USAGE;
        return;
    }
    if (!a->no_text) {
        eb_explained_text(&from, ep, count, a->colour, &a->text);
    }
    if (!a->no_doc) {
        eb_explained_doc(&from, ep, count, &a->doc);
    }
}
