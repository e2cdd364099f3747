/* SPDX-License-Identifier: Apache-2.0 */
/* A report of a reload, for people and for programs. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app/plan.h"
#include "app/table.h"
#include "app/words.h"
#include "base/decimal.h"

#define HASH_SHOWN 12

const char *eb_reload_outcome_name(enum eb_reload_outcome o)
{
    static const char *const name[EB_RELOAD_OUTCOME_COUNT] = {
        [EB_RELOAD_UNCHANGED] = "unchanged", [EB_RELOAD_REFUSED] = "refused",         [EB_RELOAD_STAGED] = "staged",
        [EB_RELOAD_SWAPPED] = "swapped",     [EB_RELOAD_ROLLED_BACK] = "rolled_back", [EB_RELOAD_PLANNED] = "planned",
        [EB_RELOAD_BUSY] = "busy",
    };
    return (unsigned)o < EB_RELOAD_OUTCOME_COUNT ? name[o] : "?";
}

static const char *cause_name(uint8_t cause)
{
    static const char *const name[] = {[EB_RELOAD_SAVED] = "saved",
                                       [EB_RELOAD_SIGHUP] = "sighup",
                                       [EB_RELOAD_COMMAND] = "command",
                                       [EB_RELOAD_PLAN] = "plan"};
    return cause < EB_COUNT(name) ? name[cause] : "?";
}

static const char *level_name(const struct eb_reload_change *c, char out[EB_PLAN_LEVEL_MAX])
{
    return eb_plan_level_name(c->kind, c->leg, c->pending, c->closes || c->asks, out);
}

/* ---- for people -------------------------------------------------------------------------------------------------- */

static const char *amount(char out[EB_DECIMAL_TEXT_MAX], int64_t e8)
{
    if (e8 == 0) {
        return "-";
    }
    (void)eb_decimal_format(e8, 8, out);
    return out;
}
#define AMOUNT(e8) amount((char[EB_DECIMAL_TEXT_MAX]){0}, (e8))

static const char *note(const struct eb_reload_change *c)
{
    if (c->anyway) {
        return "the set in force does so too";
    }
    if (c->closes) {
        return c->qty_after.e8 == 0 ? "CLOSED AT ONCE" : "REDUCED AT ONCE";
    }
    if (c->asks) {
        return "asks to close it: a person must confirm";
    }
    if (c->parked) {
        return "PARKED: crossed already";
    }
    return c->before.e8 == 0                     ? "new"
           : c->after.e8 == 0                    ? "gone"
           : c->qty_before.e8 != c->qty_after.e8 ? "other size"
                                                 : "";
}

static void add_row(struct eb_table *t, const struct eb_reload_change *c)
{
    char name[EB_PLAN_LEVEL_MAX];
    char moved[EB_DECIMAL_TEXT_MAX] = "";
    bool whole = c->closes || c->asks;
    bool grave = !c->anyway && (c->closes || c->parked);
    if (c->moved_r_ppm != 0) {
        (void)eb_decimal_format_fixed((c->moved_r_ppm + 5000) / 10000, 2, moved);
    }
    eb_table_cell(t, EB_PLAIN, "%s", c->symbol);
    eb_table_cell(t, EB_PLAIN, "%s", eb_side_name((enum eb_side)c->side));
    eb_table_cell(t, EB_PLAIN, "%s", level_name(c, name));
    eb_table_cell(t, EB_PLAIN, "%s", whole ? "" : AMOUNT(c->before.e8));
    eb_table_cell(t, EB_PLAIN, "%s", whole ? "" : AMOUNT(c->after.e8));
    eb_table_cell(t, c->moved_r_ppm > EB_RELOAD_LEVEL_R_PPM && !c->anyway ? EB_YELLOW : EB_PLAIN, "%s", moved);
    eb_table_cell(t, EB_PLAIN, "%s", AMOUNT(c->qty_before.e8));
    eb_table_cell(t, EB_PLAIN, "%s", AMOUNT(c->qty_after.e8));
    eb_table_cell(t, grave ? EB_RED : c->anyway ? EB_DIM : EB_PLAIN, "%s", note(c));
}

static void table(const struct eb_reload_report *r, bool colour, struct eb_buffer *out)
{
    unsigned shown = r->change_count < EB_RELOAD_CHANGES_MAX ? r->change_count : EB_RELOAD_CHANGES_MAX;
    if (shown == 0) {
        return;
    }
    struct eb_table t;
    eb_table_init(&t, "lllrrrrrl");
    eb_table_heads(&t, "symbol|side|level|now|then|R|size|then|note");
    for (unsigned i = 0; i < shown; i++) {
        add_row(&t, &r->change[i]);
    }
    eb_table_render(&t, "  ", colour, out);
    eb_table_deinit(&t);
    if (r->change_count > shown) {
        (void)eb_buffer_printf(out, "  and %u more\n", r->change_count - shown);
    }
}

static enum eb_colour colour_of(uint8_t outcome)
{
    return outcome == EB_RELOAD_REFUSED || outcome == EB_RELOAD_BUSY ? EB_RED
           : outcome == EB_RELOAD_STAGED                             ? EB_YELLOW
                                                                     : EB_GREEN;
}

static void say_tried(const struct eb_reload_report *r, struct eb_buffer *out)
{
    (void)eb_buffer_printf(out, "  tried on %u open position%s in %" PRId64 ".%01" PRId64 " ms: ", r->positions,
                           r->positions == 1 ? "" : "s", r->took_ns / 1000000, r->took_ns / 100000 % 10);
    if (r->changed_positions == 0) {
        (void)eb_buffer_text(out, "nothing would change");
    } else {
        (void)eb_buffer_printf(out, "%u would change", r->changed_positions);
    }
    if (r->untried > 0) {
        (void)eb_buffer_printf(out, "; %u could not be judged", r->untried);
    }
    if (r->failing > 0) {
        (void)eb_buffer_printf(out, "; %u fail as before", r->failing);
    }
    (void)eb_buffer_text(out, "\n");
}

void eb_reload_text(const struct eb_reload_report *r, bool colour, struct eb_buffer *out)
{
    bool swapped = r->outcome == EB_RELOAD_SWAPPED || r->outcome == EB_RELOAD_ROLLED_BACK;
    (void)eb_buffer_printf(out, "%s%s%s", eb_colour_code(colour_of(r->outcome), colour),
                           eb_reload_outcome_name((enum eb_reload_outcome)r->outcome),
                           eb_colour_code(EB_PLAIN, colour));
    if (r->hash[0] != '\0') {
        (void)eb_buffer_printf(out, "  %s %s %.*s", r->name, r->version, HASH_SHOWN, r->hash);
    }
    if (r->hash_before[0] != '\0' && strcmp(r->hash, r->hash_before) != 0) {
        (void)eb_buffer_printf(out, "%s %.*s", swapped ? ", after" : ", in force:", HASH_SHOWN, r->hash_before);
    }
    (void)eb_buffer_text(out, "\n");
    if (r->message[0] != '\0') {
        (void)eb_buffer_printf(out, "  %s\n", r->message);
    }
    if (r->outcome == EB_RELOAD_REFUSED && r->cause != EB_RELOAD_PLAN) {
        (void)eb_buffer_text(out, "  the set in force stays\n");
    }
    if (r->outcome == EB_RELOAD_STAGED || r->outcome == EB_RELOAD_SWAPPED || r->plan != NULL) {
        say_tried(r, out);
    }
    if (r->plan != NULL) {
        (void)eb_buffer_add(out, eb_buffer_str(&r->plan->text), r->plan->text.len);
    } else if (r->outcome == EB_RELOAD_STAGED || r->outcome == EB_RELOAD_SWAPPED) {
        table(r, colour, out);
    }
    if (r->outcome == EB_RELOAD_PLANNED && r->needs_confirmation) {
        (void)eb_buffer_printf(out, "  in LIVE it would wait for `exitbrain reload --confirm %.*s`\n", HASH_SHOWN,
                               r->hash);
    }
}

/* ---- for programs ------------------------------------------------------------------------------------------------ */

static void change_doc(const struct eb_reload_change *c, struct eb_doc *d)
{
    char name[EB_PLAN_LEVEL_MAX];
    bool whole = c->closes || c->asks;
    eb_doc_begin(d, NULL, '{');
    eb_doc_text(d, "symbol", c->symbol);
    eb_doc_text(d, "side", eb_side_name((enum eb_side)c->side));
    eb_doc_text(d, "level", level_name(c, name));
    eb_doc_text(d, "kind",
                whole                     ? "position"
                : c->leg != 0             ? "target"
                : c->kind != EB_STOP_NONE ? "stop"
                                          : "parked_stop");
    if (c->leg != 0) {
        eb_doc_int(d, "leg", c->leg);
    } else {
        eb_doc_null(d, "leg");
    }
    eb_doc_e8_or_null(d, "before", c->before.e8);
    eb_doc_e8_or_null(d, "after", c->after.e8);
    eb_doc_ppm(d, "moved_r", c->moved_r_ppm);
    eb_doc_e8_or_null(d, "quantity_before", c->qty_before.e8);
    eb_doc_e8_or_null(d, "quantity_after", c->qty_after.e8);
    eb_doc_bool(d, "pending", c->pending);
    eb_doc_bool(d, "parked", c->parked);
    eb_doc_bool(d, "closes", c->closes);
    eb_doc_bool(d, "asks", c->asks);
    eb_doc_bool(d, "anyway", c->anyway);
    eb_doc_end(d, '}');
}

static void text_or_null(struct eb_doc *d, const char *key, const char *text)
{
    eb_doc_text(d, key, text[0] != '\0' ? text : NULL);
}

void eb_reload_doc(const struct eb_reload_report *r, struct eb_doc *d)
{
    unsigned shown = r->change_count < EB_RELOAD_CHANGES_MAX ? r->change_count : EB_RELOAD_CHANGES_MAX;
    eb_doc_text(d, "outcome", eb_reload_outcome_name((enum eb_reload_outcome)r->outcome));
    eb_doc_text(d, "cause", cause_name(r->cause));
    text_or_null(d, "hash", r->hash);
    text_or_null(d, "hash_before", r->hash_before);
    text_or_null(d, "name", r->name);
    text_or_null(d, "version", r->version);
    text_or_null(d, "message", r->message);
    text_or_null(d, "who", r->who);
    text_or_null(d, "why", r->why);
    eb_doc_int(d, "at_ms", r->at_ms);
    eb_doc_int(d, "took_us", r->took_ns / 1000);
    eb_doc_bool(d, "needs_confirmation", r->needs_confirmation);
    eb_doc_int(d, "positions", r->positions);
    eb_doc_int(d, "untried", r->untried);
    eb_doc_int(d, "failing", r->failing);
    eb_doc_int(d, "changed_positions", r->changed_positions);
    eb_doc_int(d, "parked", r->parked);
    eb_doc_int(d, "stops_moved", r->stops_moved);
    eb_doc_int(d, "levels_moved", r->levels_moved);
    eb_doc_int(d, "closes", r->closes);
    eb_doc_int(d, "change_count", r->change_count);
    eb_doc_begin(d, "changes", '[');
    for (unsigned i = 0; i < shown; i++) {
        change_doc(&r->change[i], d);
    }
    eb_doc_end(d, ']');
    if (r->plan != NULL && r->plan->doc.len > 0) {
        (void)eb_buffer_printf(d->out, "%s", d->comma ? "," : "");
        (void)eb_buffer_add(d->out, eb_buffer_str(&r->plan->doc), r->plan->doc.len);
        d->comma = true;
    }
}
