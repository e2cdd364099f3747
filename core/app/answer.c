/* SPDX-License-Identifier: Apache-2.0 */
/* What all pages share: the document's frame, symbols, open positions, flags. */
#include "app/answer.h"

#include <stdio.h>
#include <string.h>

#include "app/answer_words.h"
#include "app/control.h"
#include "feed/nearest.h"
#include "generated/version.h"
#include "store/codec.h"

void eb_answer_init(struct eb_answer *a, bool colour, unsigned columns)
{
    *a = (struct eb_answer){.colour = colour, .columns = columns};
    eb_buffer_init(&a->text, EB_CONTROL_ANSWER_MAX / 2);
    eb_buffer_init(&a->body, EB_CONTROL_ANSWER_MAX / 2);
    a->doc.out = &a->body;
    eb_doc_begin(&a->doc, NULL, '{');
}

void eb_answer_close(struct eb_answer *a)
{
    eb_doc_end(&a->doc, '}');
}

void eb_answer_deinit(struct eb_answer *a)
{
    eb_buffer_deinit(&a->text);
    eb_buffer_deinit(&a->body);
}

eb_symbol_id eb_answer_symbol(const struct eb_live *l, const char *name, struct eb_answer *a)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    eb_symbol_id symbol = eb_engine_symbol(e, name);
    if (symbol == EB_NO_SYMBOL) {
        struct eb_nearest near = {0};
        char hint[EB_NEAREST_TEXT_MAX];
        for (eb_symbol_id i = 0; i < eb_engine_symbol_count(e); i++) {
            eb_nearest_offer(&near, name, eb_engine_symbol_name(e, i));
        }
        a->status = EB_STATUS_USAGE;
        (void)eb_err_set(&a->err, EB_E_NOT_FOUND, "answer", "%.40s: no such symbol%s", name,
                         eb_nearest_text(&near, hint));
    }
    return symbol;
}

bool eb_answer_next(const struct eb_live *l, eb_symbol_id symbol, eb_position_id *slot, struct eb_evidence *v)
{
    const struct eb_engine *e = eb_host_engine(l->host);
    eb_position_id end = symbol == EB_NO_SYMBOL ? eb_engine_symbol_count(e) * 2 : symbol * 2 + 2;
    if (symbol != EB_NO_SYMBOL && *slot < symbol * 2) {
        *slot = symbol * 2;
    }
    for (; *slot < end; (*slot)++) {
        enum eb_side side;
        if (eb_engine_open_side(e, *slot, &side) && eb_engine_evidence(e, *slot, v) && v->open) {
            return true;
        }
    }
    return false;
}

/* ---- modes ------------------------------------------------------------------------------------------------------- */

static const char *const flag_key[] = {[EB_FLAG_EXIT_MODE] = "mode.exit_mode",
                                       [EB_FLAG_EXECUTOR] = "mode.executor_mode",
                                       [EB_FLAG_ROLLOUT] = "mode.live_rollout",
                                       [EB_FLAG_LEGACY_TRAILING] = "mode.legacy_trailing_stop"};

static unsigned value_of(const struct eb_config *c, const struct eb_ev_config *m, unsigned index)
{
    return index == EB_FLAG_EXIT_MODE  ? m->exit_mode
           : index == EB_FLAG_EXECUTOR ? m->executor_live
           : index == EB_FLAG_ROLLOUT  ? m->rollout_enabled
                                       : c->legacy_trailing;
}

const char *eb_answer_flag(const struct eb_live *l, unsigned index, char out[EB_FLAG_TEXT_MAX])
{
    static const char *const from[] = {"default", "file", "environment", "command line"};
    struct eb_ev_config now = eb_engine_mode(eb_host_engine(l->host));
    unsigned count;
    const struct eb_config_key *key = eb_config_keys(&count);
    unsigned row = 0;
    EB_ASSERT(index < EB_COUNT(flag_key));
    while (row < count && strcmp(key[row].name, flag_key[index]) != 0) {
        row++;
    }
    EB_ASSERT(row < count);
    const struct eb_config *c = &l->o.config;
    unsigned value = value_of(c, &now, index);
    bool configured = value == value_of(c, &c->engine.mode, index);
    const char *by = configured && c->source[row] < EB_COUNT(from)      ? from[c->source[row]]
                     : l->yields && index == EB_FLAG_EXECUTOR && !value ? "yields to another engine"
                                                                        : "a command";
    const char *text = key[row].choices != NULL ? key[row].choices[value] : value != 0 ? "true" : "false";
    (void)snprintf(out, EB_FLAG_TEXT_MAX, "%s=%s (%s)", key[row].environment, text, by);
    return out;
}

const char *eb_mode_meaning(const struct eb_live *l, const struct eb_ev_config *mode)
{
    bool leaves = mode->executor_live && mode->rollout_enabled;
    if (!eb_engine_owns(eb_host_engine(l->host), (enum eb_exit_mode)mode->exit_mode)) {
        return leaves ? "the policy set has no legacy owners: nobody here decides; backstops stand, flatten works"
                      : "the policy set has no legacy owners: nobody here decides, nothing is sent";
    }
    if (mode->exit_mode == EB_EXIT_MODE_LEGACY) {
        return leaves ? "the legacy owners of the policy set decide, orders are sent"
                      : "the legacy owners of the policy set decide, fills are virtual, nothing is sent";
    }
    return leaves ? "orders are sent" : "decisions are made, fills are virtual, nothing is sent";
}

/* ---- version ----------------------------------------------------------------------------------------------------- */

void eb_answer_version(const struct eb_live *l, struct eb_answer *a)
{
    (void)eb_buffer_printf(&a->text, "exitbrain %s (%s, commit %s, record schema %d, control %d), engine of %s\n",
                           EB_VERSION, EB_BUILD_TYPE, EB_COMMIT, EB_CODEC_SCHEMA, EB_CONTROL_VERSION,
                           l->o.state_dir != NULL ? l->o.state_dir : "no directory");
    eb_doc_text(&a->doc, "version", EB_VERSION);
    eb_doc_text(&a->doc, "commit", EB_COMMIT);
    eb_doc_text(&a->doc, "build", EB_BUILD_TYPE);
    eb_doc_int(&a->doc, "record_schema", EB_CODEC_SCHEMA);
    eb_doc_int(&a->doc, "journal_schema", EB_JOURNAL_SCHEMA);
    eb_doc_int(&a->doc, "control", EB_CONTROL_VERSION);
    eb_doc_text(&a->doc, "state_dir", l->o.state_dir);
}
