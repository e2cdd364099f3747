/* SPDX-License-Identifier: Apache-2.0 */
/*
 * journal show, export, ledger: a fold is listened to, and what it steps is told: each record with what it led to, as
 * lines or as JSON, or the exits of each episode.
 */
#define _POSIX_C_SOURCE 200809L

#include "app/journal_show.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/answer_words.h"
#include "app/book.h"
#include "app/journal_words.h"
#include "app/output.h"
#include "app/progress.h"
#include <exitbrain/text.h>

#define DOCUMENT_MAX ((size_t)256 << 20)
#define RECORD_MAX ((size_t)1 << 20) /* text of one record with all that it led to */
#define TICK 4096

/* ---- one record -------------------------------------------------------------------------------------------------- */

struct listener {
    const struct eb_journal_question *q;
    struct eb_buffer one; /* the record at hand */
    char **kept;          /* without --from: the last ones, a ring; owned */
    uint64_t told;        /* records that matched */
    uint64_t written;     /* of them written */
    enum eb_journal_form form;
    FILE *to;
    bool write_failed;
};

static bool wanted(const struct eb_journal_question *q, const struct eb_fold_step *s)
{
    return s->seq >= q->from && (q->kind < 0 || s->record->ev.kind == (uint16_t)q->kind) &&
           (q->symbol == NULL || strcmp(eb_record_symbol(s->engine, s->record), q->symbol) == 0);
}

/* What the engine made of it, a line each. */
static void effects(const struct eb_fold_step *s, const char *indent, struct eb_buffer *out)
{
    char line[EB_LINE_MAX];
    if (eb_line_of_event(s->engine, &s->record->ev, line)) {
        (void)eb_buffer_printf(out, "%s%s\n", indent, line);
    }
    for (unsigned i = 0; i < s->actions->count; i++) {
        if (eb_line_of_action(s->engine, &s->actions->action[i], s->actions, line)) {
            (void)eb_buffer_printf(out, "%s%s\n", indent, line);
        }
    }
}

static void as_lines(const struct eb_fold_step *s, struct eb_buffer *out)
{
    char line[EB_LINE_MAX];
    const char *symbol = eb_record_symbol(s->engine, s->record);
    eb_record_line(s->record, line);
    (void)eb_buffer_printf(out, "%8" PRIu64 "  %s  %-12s %-14s %s%s\n", s->seq, EB_TIME(s->record->ev.now_ms),
                           symbol[0] != '\0' ? symbol : "account", eb_event_name(s->record->ev.kind), line,
                           s->differed ? "  (folds differently now)" : "");
    effects(s, "                                       -> ", out);
}

static void as_json(const struct eb_fold_step *s, struct eb_buffer *out)
{
    struct eb_doc d = {.out = out};
    eb_record_doc(s->engine, s->seq, s->record, &d);
}

static void put(struct listener *l, const char *text)
{
    const char *before = l->form == EB_JOURNAL_DOCUMENT && l->written > 0 ? "," : "";
    const char *behind = l->form == EB_JOURNAL_JSON_LINES ? "\n" : "";
    l->written++;
    if (text == NULL || fprintf(l->to, "%s%s%s", before, text, behind) < 0) {
        l->write_failed = true;
    }
}

static void keep(struct listener *l)
{
    char **slot = &l->kept[l->told % l->q->limit];
    free(*slot);
    *slot = strdup(eb_buffer_str(&l->one));
    l->write_failed = l->write_failed || *slot == NULL;
}

static void hear(void *user, const struct eb_fold_step *s)
{
    struct listener *l = user;
    if (s->seq % TICK == 0) {
        eb_progress(s->seq, 0);
    }
    if (!wanted(l->q, s) || (l->kept == NULL && l->q->limit != 0 && l->told >= l->q->limit)) {
        return;
    }
    eb_buffer_clear(&l->one);
    (l->form == EB_JOURNAL_LINES ? as_lines : as_json)(s, &l->one);
    if (l->kept != NULL) {
        keep(l);
    } else {
        put(l, eb_buffer_str(&l->one));
    }
    l->told++;
}

/* What was kept, oldest first. */
static void put_kept(struct listener *l)
{
    uint64_t count = l->told < l->q->limit ? l->told : l->q->limit;
    for (uint64_t i = l->told - count; i < l->told; i++) {
        put(l, l->kept[i % l->q->limit]);
    }
}

static void end_listening(struct listener *l)
{
    for (uint64_t i = 0; l->kept != NULL && i < l->q->limit; i++) {
        free(l->kept[i]);
    }
    free(l->kept);
    eb_buffer_deinit(&l->one);
}

/* Only where a filter stands must everything be looked at for the last ones. */
static uint64_t begin_after(struct eb_journal_reader *r, const struct eb_journal_question *q)
{
    struct eb_journal_meta meta;
    eb_journal_meta(r, &meta);
    if (q->from > 0) {
        return q->from - 1;
    }
    bool filtered = q->kind >= 0 || q->symbol != NULL;
    uint64_t last = q->to != 0 && q->to < meta.last_seq ? q->to : meta.last_seq;
    return filtered || q->limit == 0 || last < q->limit ? 0 : last - q->limit;
}

static void bracket(struct listener *l, const char *text)
{
    if (l->form == EB_JOURNAL_DOCUMENT && fputs(text, l->to) < 0) {
        l->write_failed = true;
    }
}

int eb_journal_tell(struct eb_journal_reader *r, const struct eb_journal_question *q, enum eb_journal_form form,
                    FILE *to, uint64_t *told, struct eb_err *err)
{
    struct listener l = {.q = q, .to = to, .form = form};
    struct eb_engine *e = NULL;
    struct eb_fold_range range = {
        .after = begin_after(r, q), .until_seq = q->to, .until_ms = INT64_MAX, .observe = hear, .user = &l};
    eb_buffer_init(&l.one, RECORD_MAX);
    if (q->from == 0 && q->limit != 0) {
        l.kept = calloc(q->limit, sizeof(*l.kept));
        if (l.kept == NULL) {
            return eb_err_set(err, EB_E_MEMORY, "journal", "--limit: no memory for %" PRIu64 " records", q->limit);
        }
    }
    bracket(&l, "{\"records\":[");
    int rc = eb_journal_fold_range(r, &range, &e, NULL, err);
    eb_progress_end();
    if (l.kept != NULL) {
        put_kept(&l);
    }
    bracket(&l, "]}\n");
    eb_engine_destroy(e);
    end_listening(&l);
    *told = l.told;
    if (rc == EB_OK && (l.write_failed || fflush(to) != 0)) {
        rc = eb_err_set(err, EB_E_IO, "journal", "the output could not be written");
    }
    return rc;
}

/* ---- ledger ------------------------------------------------------------------------------------------------------ */

static void book_step(void *user, const struct eb_fold_step *s)
{
    struct eb_book *b = user;
    b->engine = s->engine;
    eb_book_observe(b, &s->record->ev, s->actions);
    if (s->seq % TICK == 0) {
        eb_progress(s->seq, 0);
    }
}

static bool of_symbol(const struct eb_book *b, const struct eb_book_episode *ep, const char *symbol)
{
    return symbol == NULL || strcmp(eb_engine_symbol_name(b->engine, ep->position / 2), symbol) == 0;
}

static void exit_doc(const struct eb_book_exit *x, struct eb_doc *d)
{
    eb_doc_begin(d, NULL, '{');
    eb_doc_int(d, "time_ms", x->time_ms);
    eb_doc_text(d, "reason", eb_exit_reason_name((enum eb_exit_reason)x->reason));
    if (x->leg != 0) {
        eb_doc_int(d, "leg", x->leg);
    } else {
        eb_doc_null(d, "leg");
    }
    eb_doc_e8(d, "price", x->price.e8);
    eb_doc_e8(d, "quantity", x->qty.e8);
    if (x->has_r) {
        eb_doc_ppm(d, "r", x->r_ppm);
    } else {
        eb_doc_null(d, "r");
    }
    eb_doc_e8(d, "fee", x->fee.e8);
    eb_doc_bool(d, "virtual", x->virtual_fill);
    eb_doc_end(d, '}');
}

static void ledger_doc(const struct eb_book *b, const char *symbol, struct eb_buffer *out)
{
    struct eb_doc d = {.out = out};
    eb_doc_begin(&d, NULL, '{');
    eb_doc_begin(&d, "episodes", '[');
    for (size_t i = 0; i < b->count; i++) {
        const struct eb_book_episode *ep = &b->episode[i];
        if (!of_symbol(b, ep, symbol)) {
            continue;
        }
        eb_doc_begin(&d, NULL, '{');
        eb_doc_int(&d, "episode", ep->episode);
        eb_doc_text(&d, "symbol", eb_engine_symbol_name(b->engine, ep->position / 2));
        eb_doc_text(&d, "side", eb_side_name((enum eb_side)ep->side));
        eb_doc_int(&d, "opened_ms", ep->opened_ms);
        if (ep->closed) {
            eb_doc_int(&d, "closed_ms", ep->closed_ms);
        } else {
            eb_doc_null(&d, "closed_ms");
        }
        eb_doc_e8(&d, "entry", ep->entry.e8);
        eb_doc_e8(&d, "quantity", ep->qty.e8);
        eb_doc_text(&d, "profile", ep->profile);
        eb_doc_begin(&d, "exits", '[');
        for (size_t k = 0; k < ep->exit_count; k++) {
            exit_doc(&ep->exit[k], &d);
        }
        eb_doc_end(&d, ']');
        eb_doc_end(&d, '}');
    }
    eb_doc_end(&d, ']');
    eb_doc_end(&d, '}');
    (void)eb_buffer_text(out, "\n");
}

static void exit_row(const struct eb_book *b, const struct eb_book_episode *ep, const struct eb_book_exit *x,
                     struct eb_table *t)
{
    char leg[16] = "";
    if (x->leg != 0) {
        (void)snprintf(leg, sizeof(leg), "%u", x->leg);
    }
    eb_table_cell(t, EB_DIM, "%s", EB_TIME(x->time_ms));
    eb_table_cell(t, EB_PLAIN, "%s", eb_engine_symbol_name(b->engine, ep->position / 2));
    eb_table_cell(t, EB_PLAIN, "%s", eb_side_name((enum eb_side)ep->side));
    eb_table_cell(t, EB_PLAIN, "%" PRIu32, ep->episode);
    eb_table_cell(t, EB_PLAIN, "%s", eb_exit_reason_name((enum eb_exit_reason)x->reason));
    eb_table_cell(t, EB_PLAIN, "%s", leg);
    eb_table_cell(t, EB_PLAIN, "%s", EB_AMOUNT(x->price.e8));
    eb_table_cell(t, EB_PLAIN, "%s", EB_AMOUNT(x->qty.e8));
    eb_table_cell(t, !x->has_r ? EB_DIM : x->r_ppm >= 0 ? EB_GREEN : EB_RED, "%s", x->has_r ? EB_IN_R(x->r_ppm) : "-");
    eb_table_cell(t, EB_PLAIN, "%s", EB_AMOUNT(x->fee.e8));
    eb_table_cell(t, EB_DIM, "%s", x->virtual_fill ? "virtual" : "");
}

static void ledger_text(const struct eb_book *b, const char *symbol, struct eb_buffer *out)
{
    struct eb_table t;
    uint64_t exits = 0;
    uint64_t unreal = 0;
    size_t episodes = 0;
    eb_table_init(&t, "lllrllrrrrl");
    eb_table_heads(&t, "time (UTC)|symbol|side|episode|reason|leg|price|quantity|R|fee|");
    eb_table_cell(&t, EB_PLAIN, "%s", "");
    for (size_t i = 0; i < b->count; i++) {
        const struct eb_book_episode *ep = &b->episode[i];
        bool shown = of_symbol(b, ep, symbol);
        episodes += shown ? 1 : 0;
        for (size_t k = 0; shown && k < ep->exit_count; k++, exits++) {
            exit_row(b, ep, &ep->exit[k], &t);
            unreal += ep->exit[k].virtual_fill ? 1 : 0;
        }
    }
    if (exits > 0) {
        eb_table_render(&t, "", eb_may_colour(stdout), out);
    }
    eb_table_deinit(&t);
    (void)eb_buffer_printf(out, "%" PRIu64 " exits of %zu episodes", exits, episodes);
    (void)eb_buffer_printf(out, unreal > 0 ? ", %" PRIu64 " of them virtual\n" : "\n", unreal);
}

int eb_journal_ledger(struct eb_journal_reader *r, const struct eb_journal_question *q, bool json, struct eb_err *err)
{
    struct eb_book book = {.engine = NULL};
    struct eb_engine *e = NULL;
    struct eb_buffer out;
    const struct eb_fold_range range = {.until_seq = q->to, .until_ms = INT64_MAX, .observe = book_step, .user = &book};
    int rc = eb_journal_fold_range(r, &range, &e, NULL, err);
    eb_progress_end();
    if (rc != EB_OK) {
        eb_book_deinit(&book);
        return rc;
    }
    book.engine = e;
    eb_buffer_init(&out, DOCUMENT_MAX);
    (json ? ledger_doc : ledger_text)(&book, q->symbol, &out);
    rc =
        book.memory_failed ? eb_err_set(err, EB_E_MEMORY, "journal", "out of memory") : eb_output_write("-", &out, err);
    eb_buffer_deinit(&out);
    eb_book_deinit(&book);
    eb_engine_destroy(e);
    return rc;
}
