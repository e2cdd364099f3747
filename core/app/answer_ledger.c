/* SPDX-License-Identifier: Apache-2.0 */
/* owners --ledger: what the owner's and the challengers' episodes came to, side by side. */
#include "app/answer.h"

#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"
#include "app/challengers.h"
#include "app/ledger.h"

/* The challenger of that name that runs now; false for the owner and for those that ran before. */
static bool running(const struct eb_live *l, const char *name, struct eb_challenger_view *v)
{
    for (unsigned i = 0; i < eb_challengers_count(l->challengers); i++) {
        eb_challengers_view(l->challengers, i, v);
        if (strcmp(v->name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int64_t mean(int64_t sum, unsigned count)
{
    return count > 0 ? (int64_t)eb_div_round(sum, count, EB_ROUND_HALF_EVEN) : 0;
}

static const char *apart_text(const struct eb_ledger_totals *t, char out[96])
{
    static const uint8_t order[] = {EB_LEDGER_OPEN, EB_LEDGER_CENSORED, EB_LEDGER_PARTIAL, EB_LEDGER_LOST};
    size_t used = 0;
    (void)snprintf(out, 96, "-");
    for (size_t i = 0; i < EB_COUNT(order); i++) {
        if (t->apart[order[i]] > 0) {
            int n = snprintf(out + used, 96 - used, "%s%u %s", used > 0 ? ", " : "", t->apart[order[i]],
                             eb_ledger_state_name((enum eb_ledger_state)order[i]));
            used += n > 0 ? (size_t)n : 0;
        }
    }
    return out;
}

static const char *money_text(eb_money m, char out[EB_DECIMAL_TEXT_MAX])
{
    (void)eb_decimal_format_fixed((int64_t)eb_div_round(m.e8, EB_E8 / 100, EB_ROUND_HALF_EVEN), 2, out);
    return out;
}

static void row(const struct eb_ledger_totals *t, struct eb_table *table)
{
    char text[96];
    char money[EB_DECIMAL_TEXT_MAX];
    bool some = t->episodes > 0;
    eb_table_cell(table, EB_PLAIN, "%s", t->owner);
    eb_table_cell(table, EB_PLAIN, "%u", t->episodes);
    eb_table_cell(table, t->sum_r_ppm < 0 ? EB_RED : EB_PLAIN, "%s", some ? EB_IN_R(t->sum_r_ppm) : "-");
    eb_table_cell(table, EB_PLAIN, "%s", some ? EB_IN_R(mean(t->sum_r_ppm, t->episodes)) : "-");
    if (some) {
        eb_table_cell(table, EB_PLAIN, "%u",
                      (unsigned)((t->wins * UINT64_C(200) + t->episodes) / (2 * (uint64_t)t->episodes)));
    } else {
        eb_table_cell(table, EB_PLAIN, "-");
    }
    eb_table_cell(table, EB_PLAIN, "%s", some ? EB_IN_R(t->best_ppm) : "-");
    eb_table_cell(table, EB_PLAIN, "%s", some ? EB_IN_R(t->worst_ppm) : "-");
    eb_table_cell(table, EB_PLAIN, "%s", money_text(t->fees, money));
    if (t->pairs > 0) {
        eb_table_cell(table, EB_PLAIN, "%s (%u)", EB_IN_R(mean(t->pairs_r_ppm, t->pairs)), t->pairs);
    } else {
        eb_table_cell(table, EB_PLAIN, "-");
    }
    eb_table_cell(table, EB_PLAIN, "%s", apart_text(t, text));
}

static void ratio(struct eb_doc *d, const char *key, bool known, int64_t ppm)
{
    if (known) {
        eb_doc_ppm(d, key, ppm);
    } else {
        eb_doc_null(d, key);
    }
}

static void document(const struct eb_live *l, const struct eb_ledger_totals *t, struct eb_doc *d)
{
    struct eb_challenger_view v;
    bool runs = running(l, t->owner, &v);
    bool own = strcmp(t->owner, EB_LEDGER_OWNER) == 0;
    bool some = t->episodes > 0;
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "owner", t->owner);
    eb_doc_bool(d, "challenger", !own);
    eb_doc_bool(d, "running", own || runs);
    eb_doc_text(d, "policy", t->policy[0] != '\0' ? t->policy : NULL);
    eb_doc_int(d, "sets", t->sets);
    eb_doc_int(d, "episodes", t->episodes);
    eb_doc_int(d, "without_r", t->without_r);
    ratio(d, "sum_r", some, t->sum_r_ppm);
    ratio(d, "mean_r", some, mean(t->sum_r_ppm, t->episodes));
    eb_doc_int(d, "wins", t->wins);
    ratio(d, "best_r", some, t->best_ppm);
    ratio(d, "worst_r", some, t->worst_ppm);
    eb_doc_e8(d, "pnl", t->pnl.e8);
    eb_doc_e8(d, "fees", t->fees.e8);
    eb_doc_e8(d, "funding", t->funding.e8);
    eb_doc_begin(d, "exits", '{');
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        if (t->exits[i] > 0) {
            eb_doc_int(d, eb_exit_reason_name((enum eb_exit_reason)i), t->exits[i]);
        }
    }
    eb_doc_end(d, '}');
    eb_doc_begin(d, "against_owner", '{');
    eb_doc_int(d, "episodes", t->pairs);
    ratio(d, "mean_r", t->pairs > 0, mean(t->pairs_r_ppm, t->pairs));
    eb_doc_end(d, '}');
    for (unsigned i = 0; i < EB_LEDGER_STATE_COUNT; i++) {
        if (i != EB_LEDGER_COMPLETE) {
            eb_doc_int(d, eb_ledger_state_name((enum eb_ledger_state)i), t->apart[i]);
        }
    }
    eb_doc_end(d, '}');
}

/* Which of the names runs now, and what was wrong with the file. */
static void notes(const struct eb_live *l, const struct eb_ledger_totals *t, unsigned count, struct eb_answer *a)
{
    struct eb_challenger_view v;
    for (unsigned i = 0; i < count; i++) {
        if (t[i].without_r > 0) {
            (void)eb_buffer_printf(&a->text, "%s: %u more ended without an R\n", t[i].owner, t[i].without_r);
        }
        if (strcmp(t[i].owner, EB_LEDGER_OWNER) != 0 && !running(l, t[i].owner, &v)) {
            (void)eb_buffer_printf(&a->text, "%s does not run now\n", t[i].owner);
        }
    }
    if (eb_ledger_trouble(l->ledger)[0] != '\0') {
        (void)eb_buffer_printf(&a->text, "%s%s%s\n", eb_colour_code(EB_RED, a->colour), eb_ledger_trouble(l->ledger),
                               eb_colour_code(EB_PLAIN, a->colour));
    }
}

void eb_answer_ledger(const struct eb_live *l, int64_t since_ms, struct eb_answer *a)
{
    struct eb_ledger_totals t[EB_LEDGER_OWNERS_MAX];
    unsigned count = l->ledger != NULL ? eb_ledger_totals(l->ledger, since_ms, t) : 0;
    if (!a->no_text && count > 0) {
        struct eb_table table;
        eb_table_init(&table, "lrrrrrrrrl");
        eb_table_heads(&table, "owner|episodes|sum R|mean R|win %|best|worst|fees|against owner|apart");
        for (unsigned i = 0; i < count; i++) {
            row(&t[i], &table);
        }
        eb_table_render_within(&table, "hfg", a->columns, a->colour, &a->text);
        eb_table_deinit(&table);
        (void)eb_buffer_text(&a->text, "R net of fees and funding; against owner: the mean difference over (n) "
                                       "episodes that both completed\n");
        notes(l, t, count, a);
    } else if (!a->no_text) {
        (void)eb_buffer_text(&a->text, "no episode has begun\n");
    }
    if (!a->no_doc) {
        eb_doc_begin(&a->doc, "ledger", '[');
        for (unsigned i = 0; i < count; i++) {
            document(l, &t[i], &a->doc);
        }
        eb_doc_end(&a->doc, ']');
        const char *trouble = l->ledger != NULL ? eb_ledger_trouble(l->ledger) : "";
        eb_doc_text(&a->doc, "trouble", trouble[0] != '\0' ? trouble : NULL);
    }
}
