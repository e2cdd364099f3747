/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the ledger's file: written as a document, read back with the same names. */
#include "app/ledger.h"

#include <stdio.h>
#include <string.h>

#include "app/doc.h"
#include "feed/json.h"

#define LINE_VERSION 1

static const char *const states[EB_LEDGER_STATE_COUNT] = {[EB_LEDGER_OPEN] = "open",
                                                          [EB_LEDGER_COMPLETE] = "complete",
                                                          [EB_LEDGER_CENSORED] = "censored",
                                                          [EB_LEDGER_PARTIAL] = "partial",
                                                          [EB_LEDGER_LOST] = "lost"};

const char *eb_ledger_state_name(enum eb_ledger_state s)
{
    return (unsigned)s < EB_LEDGER_STATE_COUNT ? states[s] : "?";
}

static void ratio(struct eb_doc *d, const char *key, bool known, int64_t ppm)
{
    if (known) {
        eb_doc_ppm(d, key, ppm);
    } else {
        eb_doc_null(d, key);
    }
}

static void result(const struct eb_ledger_record *r, struct eb_doc *d)
{
    eb_doc_int(d, "closed_ms", r->closed_ms);
    eb_doc_text(d, "state", eb_ledger_state_name((enum eb_ledger_state)r->state));
    eb_doc_bool(d, "virtual", r->is_virtual);
    ratio(d, "r", r->has_r, r->r_ppm);
    eb_doc_e8(d, "pnl", r->pnl.e8);
    eb_doc_e8(d, "fees", r->fees.e8);
    eb_doc_e8(d, "funding", r->funding.e8);
    ratio(d, "mfe_r", r->has_r, r->mfe_ppm);
    ratio(d, "mae_r", r->has_r, r->mae_ppm);
    eb_doc_begin(d, "exits", '{');
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        if (r->exits[i] > 0) {
            eb_doc_int(d, eb_exit_reason_name((enum eb_exit_reason)i), r->exits[i]);
        }
    }
    eb_doc_end(d, '}');
    eb_doc_text(d, "profile", r->profile[0] != '\0' ? r->profile : NULL);
    eb_doc_text(d, "regime", r->regime != EB_REGIME_UNKNOWN ? eb_regime_name((enum eb_regime)r->regime) : NULL);
    eb_doc_text(d, "policy", r->policy[0] != '\0' ? r->policy : NULL);
}

void eb_ledger_line(const struct eb_ledger_record *r, bool begins, struct eb_buffer *out)
{
    struct eb_doc d = {.out = out};
    eb_doc_begin(&d, NULL, '{');
    eb_doc_int(&d, "v", LINE_VERSION);
    eb_doc_text(&d, "event", begins ? "begin" : "end");
    eb_doc_text(&d, "owner", r->owner);
    eb_doc_text(&d, "symbol", r->symbol);
    eb_doc_text(&d, "side", eb_side_name((enum eb_side)r->side));
    eb_doc_int(&d, "opened_ms", r->opened_ms);
    if (!begins) {
        result(r, &d);
    }
    eb_doc_end(&d, '}');
    (void)eb_buffer_text(out, "\n");
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool read_text(const cJSON *o, const char *key, bool needed, char *out, size_t room)
{
    const char *text = eb_json_text(o, key);
    if (text == NULL || text[0] == '\0' || strlen(text) >= room) {
        return text == NULL && !needed;
    }
    memcpy(out, text, strlen(text) + 1);
    return true;
}

static bool read_time(const cJSON *o, const char *key, int64_t *out)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(o, key);
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble < 9e15)) {
        return false;
    }
    *out = (int64_t)item->valuedouble;
    return true;
}

static bool read_money(const cJSON *o, const char *key, eb_money *out)
{
    return eb_json_e8(cJSON_GetObjectItemCaseSensitive(o, key), &out->e8) == EB_OK;
}

static void read_ratio(const cJSON *o, const char *key, bool *known, int64_t *out)
{
    *known = eb_json_ppm(cJSON_GetObjectItemCaseSensitive(o, key), out) == EB_OK && *known;
}

static bool read_exits(const cJSON *o, struct eb_ledger_record *r)
{
    const cJSON *exits = cJSON_GetObjectItemCaseSensitive(o, "exits");
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        const cJSON *n = cJSON_GetObjectItemCaseSensitive(exits, eb_exit_reason_name((enum eb_exit_reason)i));
        bool sane = cJSON_IsNumber(n) && n->valuedouble >= 0 && n->valuedouble <= UINT16_MAX;
        if (n != NULL && !sane) {
            return false;
        }
        r->exits[i] = n != NULL ? (uint16_t)n->valuedouble : 0;
    }
    return cJSON_IsObject(exits);
}

static bool read_result(const cJSON *o, struct eb_ledger_record *r)
{
    const char *state = eb_json_text(o, "state");
    const char *regime = eb_json_text(o, "regime");
    for (unsigned i = 1; state != NULL && i < EB_LEDGER_STATE_COUNT; i++) {
        r->state = strcmp(states[i], state) == 0 ? (uint8_t)i : r->state;
    }
    for (unsigned i = 1; regime != NULL && i < EB_REGIME_COUNT; i++) {
        r->regime = strcmp(eb_regime_name((enum eb_regime)i), regime) == 0 ? (uint8_t)i : r->regime;
    }
    r->is_virtual = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(o, "virtual"));
    r->has_r = true;
    read_ratio(o, "r", &r->has_r, &r->r_ppm);
    read_ratio(o, "mfe_r", &r->has_r, &r->mfe_ppm);
    read_ratio(o, "mae_r", &r->has_r, &r->mae_ppm);
    return r->state != EB_LEDGER_OPEN && read_time(o, "closed_ms", &r->closed_ms) && read_money(o, "pnl", &r->pnl) &&
           read_money(o, "fees", &r->fees) && read_money(o, "funding", &r->funding) && read_exits(o, r) &&
           read_text(o, "profile", false, r->profile, sizeof(r->profile)) &&
           read_text(o, "policy", false, r->policy, sizeof(r->policy));
}

int eb_ledger_parse(const char *line, size_t len, struct eb_ledger_record *out, bool *begins)
{
    cJSON *o = NULL;
    struct eb_ledger_record r;
    memset(&r, 0, sizeof(r));
    if (eb_json_parse("ledger", line, len, &o, NULL) != EB_OK) {
        return EB_E_INVALID;
    }
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(o, "v");
    const char *event = eb_json_text(o, "event");
    const char *side = eb_json_text(o, "side");
    bool good = cJSON_IsNumber(version) && version->valueint == LINE_VERSION && event != NULL && side != NULL;
    *begins = good && strcmp(event, "begin") == 0;
    good = good && (*begins || strcmp(event, "end") == 0);
    r.side = good && strcmp(side, "SHORT") == 0 ? EB_SHORT : EB_LONG;
    good = good && strcmp(side, eb_side_name((enum eb_side)r.side)) == 0;
    good = good && read_text(o, "owner", true, r.owner, sizeof(r.owner)) &&
           read_text(o, "symbol", true, r.symbol, sizeof(r.symbol)) && read_time(o, "opened_ms", &r.opened_ms);
    good = good && (*begins || read_result(o, &r));
    cJSON_Delete(o);
    if (good) {
        *out = r;
    }
    return good ? EB_OK : EB_E_INVALID;
}
