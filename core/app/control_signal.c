/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals by command: what operators, and programs beside the engine, want policies to know. Journaled with who and why
 * where it changes something; the list of what stands, for its page and for status.
 */
#include "app/control_inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "app/answer_words.h"
#include "app/signals.h"
#include "app/value.h"

#define FOR_MAX_MS (INT64_C(366) * 24 * 3600 * 1000)

/* ---- what stands ------------------------------------------------------------------------------------------------- */

static const char *symbol_of(const struct eb_live *l, const struct eb_signal *g)
{
    return g->symbol == EB_NO_SYMBOL ? "all" : eb_engine_symbol_name(eb_host_engine(l->host), g->symbol);
}

void eb_signals_doc(const struct eb_live *l, struct eb_doc *d)
{
    static struct eb_signal all[EB_SIGNALS_MAX]; /* large; pages are made one at a time */
    uint32_t count = eb_engine_signals(eb_host_engine(l->host), all, EB_SIGNALS_MAX);
    eb_doc_begin(d, "signals", '[');
    for (uint32_t i = 0; i < count; i++) {
        const struct eb_signal *g = &all[i];
        eb_doc_begin(d, NULL, '{');
        eb_doc_text(d, "symbol", g->symbol != EB_NO_SYMBOL ? symbol_of(l, g) : NULL);
        eb_signal_doc(d, &g->value);
        if (g->expires_ms != 0) {
            eb_doc_int(d, "expires_ms", g->expires_ms);
        } else {
            eb_doc_null(d, "expires_ms");
        }
        eb_doc_int(d, "set_ms", g->set_ms);
        eb_doc_text(d, "who", g->who);
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
}

void eb_signals_line(const struct eb_live *l, struct eb_buffer *out)
{
    static struct eb_signal all[EB_SIGNALS_MAX];
    static const uint32_t shown = 6;
    uint32_t count = eb_engine_signals(eb_host_engine(l->host), all, EB_SIGNALS_MAX);
    for (uint32_t i = 0; i < count && i < shown; i++) {
        (void)eb_buffer_printf(out, "%s%s %s=%s", i > 0 ? ", " : "", symbol_of(l, &all[i]), all[i].value.key,
                               EB_SIGNAL_TEXT(&all[i].value));
    }
    if (count > shown) {
        (void)eb_buffer_printf(out, " and %" PRIu32 " more (exitbrain signal)", count - shown);
    }
}

static void list(struct eb_request *q)
{
    static struct eb_signal all[EB_SIGNALS_MAX];
    int64_t now_ms = eb_live_now_ms(q->live);
    uint32_t count = eb_engine_signals(eb_host_engine(q->live->host), all, EB_SIGNALS_MAX);
    struct eb_table t;
    eb_table_init(&t, "llllll");
    eb_table_heads(&t, "symbol|name|value|said by|since|for another");
    for (uint32_t i = 0; i < count; i++) {
        const struct eb_signal *g = &all[i];
        eb_table_cell(&t, EB_PLAIN, "%s", symbol_of(q->live, g));
        eb_table_cell(&t, EB_PLAIN, "%s", g->value.key);
        eb_table_cell(&t, EB_PLAIN, "%s", EB_SIGNAL_TEXT(&g->value));
        eb_table_cell(&t, EB_PLAIN, "%s", g->who);
        eb_table_cell(&t, EB_PLAIN, "%s", EB_AGE(now_ms - g->set_ms));
        eb_table_cell(&t, EB_PLAIN, "%s", g->expires_ms != 0 ? EB_AGE(g->expires_ms - now_ms) : "ever");
    }
    if (!q->answer.no_text && count > 0) {
        eb_table_render_within(&t, "d", q->answer.columns, q->answer.colour, &q->answer.text);
    } else if (!q->answer.no_text) {
        eb_request_say(q, "no signal stands");
    }
    if (!q->answer.no_doc) {
        eb_signals_doc(q->live, &q->answer.doc);
    }
    eb_table_deinit(&t);
}

/* ---- what is said ------------------------------------------------------------------------------------------------ */

/* true, false, a number, else text; a text in quotes is one whatever it looks like. */
static bool read_value(const char *text, struct eb_memory_entry *out)
{
    size_t len = strlen(text);
    char *end = NULL;
    double number = strtod(text, &end);
    bool digits = strspn(text, "+-.0123456789eE") == len; /* no hexadecimal, no "nan" */
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) {
        out->kind = EB_MEM_BOOL;
        out->number = text[0] == 't' ? 1.0 : 0.0;
        return true;
    }
    if (len > 0 && digits && *end == '\0' && number - number >= 0.0) {
        out->kind = EB_MEM_NUMBER;
        out->number = number;
        return true;
    }
    bool quoted = len >= 2 && (text[0] == '"' || text[0] == '\'') && text[len - 1] == text[0];
    text += quoted ? 1 : 0;
    len -= quoted ? 2 : 0;
    if (len >= sizeof(out->text)) {
        return false;
    }
    out->kind = EB_MEM_TEXT;
    memcpy(out->text, text, len);
    return true;
}

/* "50%", "nan", "1e999": whoever wrote that may have meant a number. */
static const char *remark(const struct eb_memory_entry *v)
{
    char *end = NULL;
    bool numeric = v->kind == EB_MEM_TEXT && v->text[0] != '\0' && (strtod(v->text, &end), end != v->text);
    return numeric ? " (a text, not a number)" : "";
}

/* false: q says what is wrong. */
static bool read_signal(struct eb_request *q, struct eb_ev_signal *g)
{
    const struct eb_control_args *a = &q->args;
    struct eb_err err;
    int64_t for_ms = 0;
    if (!eb_signal_name_ok(a->name)) {
        (void)eb_request_refuse(q, EB_STATUS_USAGE,
                                "args.name: \"%.40s\": a signal's name is a word of letters, digits and _, at most 23, "
                                "no digit first",
                                a->name);
        return false;
    }
    if (a->clear == (a->value != NULL) || (a->clear && a->for_how_long != NULL)) {
        (void)eb_request_refuse(q, EB_STATUS_USAGE, "%s: give a value (and for how long), or clear, not both", a->name);
        return false;
    }
    memcpy(g->value.key, a->name, strlen(a->name));
    if (a->value != NULL && !read_value(a->value, &g->value)) {
        (void)eb_request_refuse(q, EB_STATUS_USAGE, "args.value: a text of at most %d bytes", EB_MEMORY_TEXT_MAX - 1);
        return false;
    }
    if (a->for_how_long != NULL && eb_value_duration("for", a->for_how_long, 1, FOR_MAX_MS, &for_ms, &err) != EB_OK) {
        (void)eb_request_refuse(q, EB_STATUS_USAGE, "%s", err.msg);
        return false;
    }
    g->expires_ms = for_ms > 0 ? eb_live_now_ms(q->live) + for_ms : 0;
    g->id = a->id;
    memcpy(g->who, q->who, sizeof(g->who));
    memcpy(g->why, a->why != NULL ? a->why : "", a->why != NULL ? strlen(a->why) : 0);
    return true;
}

static enum eb_control_when refused(struct eb_request *q, int rc)
{
    if (rc != EB_E_FULL) {
        return eb_request_refuse(q, EB_STATUS_BAD_NEWS, "signal: the engine did not take it: %s", eb_err_text(rc));
    }
    uint32_t count = eb_engine_signals(eb_host_engine(q->live->host), NULL, 0);
    return eb_request_refuse(q, EB_STATUS_BAD_NEWS,
                             count >= EB_SIGNALS_MAX
                                 ? "signal: %" PRIu32 " stand, no more are held: take back what is not needed "
                                   "(exitbrain signal lists them)"
                                 : "signal: %" PRIu32 " stand, and a symbol would be shown more than 16 names: take "
                                   "back what is not needed (exitbrain signal lists them)",
                             count);
}

enum eb_control_when eb_control_signal(struct eb_request *q)
{
    struct eb_ev_signal g = {0};
    eb_symbol_id symbol = EB_NO_SYMBOL;
    uint64_t seq;
    if (q->args.name == NULL) {
        if (q->args.symbol != NULL || q->args.value != NULL || q->args.clear || q->args.for_how_long != NULL) {
            return eb_request_refuse(q, EB_STATUS_USAGE,
                                     "args.name: is missing: without any of them signals are listed");
        }
        list(q);
        return EB_ANSWER_NOW;
    }
    if (q->args.symbol != NULL) {
        symbol = eb_answer_symbol(q->live, q->args.symbol, &q->answer);
    }
    if ((q->args.symbol != NULL && symbol == EB_NO_SYMBOL) || !read_signal(q, &g)) {
        return EB_ANSWER_NOW;
    }
    int rc = eb_live_signal(q->live, &g, symbol, &seq);
    if (rc != EB_OK) {
        return refused(q, rc);
    }
    bool changed = seq != 0;
    q->seq = changed ? seq : eb_engine_durable_count(eb_host_engine(q->live->host)); /* what said it may be under way */
    eb_request_say(q, "%s %s %s%s%s%s", q->args.symbol != NULL ? q->args.symbol : "all symbols:", g.value.key,
                   g.value.kind == EB_MEM_NONE ? "is taken back" : "= ",
                   g.value.kind == EB_MEM_NONE ? "" : EB_SIGNAL_TEXT(&g.value), remark(&g.value),
                   changed ? "; the policy is asked" : "; nothing changed: so it was");
    eb_doc_text(&q->answer.doc, "command", "signal");
    eb_doc_text(&q->answer.doc, "who", g.who);
    eb_doc_int(&q->answer.doc, "record", (int64_t)seq);
    eb_doc_bool(&q->answer.doc, "changed", changed);
    eb_doc_text(&q->answer.doc, "symbol", q->args.symbol);
    eb_signal_doc(&q->answer.doc, &g.value);
    if (g.expires_ms != 0) {
        eb_doc_int(&q->answer.doc, "expires_ms", g.expires_ms);
    }
    return EB_ANSWER_DURABLE;
}
