/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a backtest: one JSON document without anything that differs from run to run, and a CSV of episodes. */
#include "app/backtest.h"

#include <inttypes.h>
#include <string.h>

#include "domain/order.h"

static void text(struct eb_buffer *b, const char *key, const char *value)
{
    (void)eb_buffer_printf(b, "\"%s\":", key);
    (void)(value != NULL && value[0] != '\0' ? eb_buffer_json_string(b, value) : eb_buffer_text(b, "null"));
}

/* Shortest decimal, as a string. */
static void decimal(struct eb_buffer *b, const char *key, int64_t e8)
{
    char t[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format(e8, 8, t);
    (void)eb_buffer_printf(b, "\"%s\":\"%s\"", key, t);
}

/* R values: six places, or null where the episode never had a risk. */
static void ratio(struct eb_buffer *b, const char *key, bool known, int64_t ppm)
{
    char t[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format_fixed(ppm, 6, t);
    (void)(known ? eb_buffer_printf(b, "\"%s\":\"%s\"", key, t) : eb_buffer_printf(b, "\"%s\":null", key));
}

static void integer(struct eb_buffer *b, const char *key, int64_t v)
{
    (void)eb_buffer_printf(b, "\"%s\":%" PRId64, key, v);
}

static void comma(struct eb_buffer *b)
{
    (void)eb_buffer_text(b, ",");
}

static void exits(struct eb_buffer *b, const struct eb_bt_result *r, const struct eb_bt_episode *ep)
{
    (void)eb_buffer_text(b, "\"exits\":[");
    for (uint32_t at = ep->first_exit; at != 0; at = r->exit_next[at - 1]) {
        const struct eb_bt_exit *x = &r->exit[at - 1];
        (void)eb_buffer_text(b, at == ep->first_exit ? "{" : ",{");
        integer(b, "time_ms", x->time_ms);
        comma(b);
        decimal(b, "price", x->price.e8);
        comma(b);
        decimal(b, "quantity", x->qty.e8);
        comma(b);
        text(b, "reason", eb_exit_reason_name((enum eb_exit_reason)x->reason));
        comma(b);
        if (x->leg != 0) {
            integer(b, "leg", x->leg);
        } else {
            (void)eb_buffer_text(b, "\"leg\":null");
        }
        comma(b);
        ratio(b, "r", x->has_r, x->r_ppm);
        comma(b);
        decimal(b, "fee", x->fee.e8);
        (void)eb_buffer_text(b, "}");
    }
    (void)eb_buffer_text(b, "]");
}

static void episode(struct eb_buffer *b, const struct eb_bt_data *d, const struct eb_bt_result *r, size_t i)
{
    const struct eb_bt_episode *ep = &r->episode[i];
    (void)eb_buffer_text(b, i == 0 ? "{" : ",{");
    integer(b, "id", (int64_t)i + 1);
    comma(b);
    text(b, "symbol", d->symbol[ep->symbol].name);
    comma(b);
    text(b, "side", eb_side_name((enum eb_side)ep->side));
    comma(b);
    integer(b, "opened_ms", ep->opened_ms);
    comma(b);
    integer(b, "closed_ms", ep->closed_ms);
    comma(b);
    decimal(b, "entry_price", ep->entry.e8);
    comma(b);
    decimal(b, "quantity", ep->qty.e8);
    comma(b);
    decimal(b, "initial_stop", ep->initial_stop.e8);
    comma(b);
    decimal(b, "risk", ep->risk.e8);
    comma(b);
    text(b, "regime", ep->regime != EB_REGIME_UNKNOWN ? eb_regime_name((enum eb_regime)ep->regime) : NULL);
    comma(b);
    text(b, "profile", ep->profile);
    comma(b);
    exits(b, r, ep);
    comma(b);
    decimal(b, "pnl", ep->pnl.e8);
    comma(b);
    decimal(b, "fees", ep->fees.e8);
    comma(b);
    decimal(b, "funding", ep->funding.e8);
    comma(b);
    ratio(b, "r", ep->has_risk, ep->r_ppm);
    comma(b);
    ratio(b, "mfe_r", ep->has_risk, ep->mfe_ppm);
    comma(b);
    ratio(b, "mae_r", ep->has_risk, ep->mae_ppm);
    (void)eb_buffer_text(b, "}");
}

static const char *path_name(enum eb_bt_path p)
{
    switch (p) {
    case EB_BT_ADVERSE:
        return "adverse";
    case EB_BT_FAVOURABLE:
        return "favourable";
    case EB_BT_WORST:
        return "worst";
    }
    return "?";
}

static void by_reason(struct eb_buffer *b, const struct eb_bt_result *r)
{
    size_t count[EB_EXIT_REASON_COUNT] = {0};
    for (size_t i = 0; i < r->episode_count; i++) { /* by episode: --path worst leaves exits that it replaced */
        for (uint32_t at = r->episode[i].first_exit; at != 0; at = r->exit_next[at - 1]) {
            count[r->exit[at - 1].reason]++;
        }
    }
    (void)eb_buffer_text(b, "\"exits_by_reason\":{");
    for (unsigned k = 0, n = 0; k < EB_EXIT_REASON_COUNT; k++) {
        if (count[k] > 0) {
            (void)eb_buffer_printf(b, "%s\"%s\":%zu", n++ > 0 ? "," : "", eb_exit_reason_name((enum eb_exit_reason)k),
                                   count[k]);
        }
    }
    (void)eb_buffer_text(b, "}");
}

static void summary(struct eb_buffer *b, const struct eb_bt_options *o, const struct eb_bt_data *d,
                    const struct eb_bt_result *r)
{
    eb_money pnl = {0};
    eb_money fees = {0};
    eb_money funding = {0};
    int64_t r_sum = 0;
    size_t wins = 0;
    bool marks = false;
    for (size_t i = 0; i < r->episode_count; i++) {
        const struct eb_bt_episode *ep = &r->episode[i];
        pnl.e8 += ep->pnl.e8;
        fees.e8 += ep->fees.e8;
        funding.e8 += ep->funding.e8;
        r_sum += ep->r_ppm;
        wins += ep->pnl.e8 - ep->fees.e8 + ep->funding.e8 > 0;
    }
    for (unsigned i = 0; i < d->symbol_count; i++) {
        marks = marks || d->symbol[i].has_marks;
    }
    (void)eb_buffer_text(b, "\"summary\":{");
    integer(b, "symbols", d->symbol_count);
    comma(b);
    integer(b, "episodes", (int64_t)r->episode_count);
    comma(b);
    integer(b, "wins", (int64_t)wins);
    comma(b);
    by_reason(b, r);
    comma(b);
    decimal(b, "pnl", pnl.e8);
    comma(b);
    decimal(b, "fees", fees.e8);
    comma(b);
    decimal(b, "funding", funding.e8);
    comma(b);
    decimal(b, "net", pnl.e8 - fees.e8 + funding.e8);
    comma(b);
    ratio(b, "r_sum", true, r_sum);
    comma(b);
    integer(b, "missed_slots", (int64_t)r->missed_slots);
    comma(b);
    integer(b, "gaps", (int64_t)r->gaps);
    comma(b);
    integer(b, "missing_bars", r->missing);
    comma(b);
    integer(b, "policy_failures", (int64_t)r->policy_failures);
    comma(b);
    text(b, "stop_source", marks ? "mark" : "last");
    comma(b);
    text(b, "path", path_name(o->path));
    if (o->path == EB_BT_WORST) {
        (void)eb_buffer_text(b, ",\"paths\":{");
        ratio(b, "adverse_r_sum", true, r->r_sum_adverse_ppm);
        comma(b);
        ratio(b, "favourable_r_sum", true, r->r_sum_favourable_ppm);
        comma(b);
        integer(b, "compared", (int64_t)r->both);
        comma(b);
        integer(b, "differing", (int64_t)r->differing);
        comma(b);
        int64_t share = 0;
        bool known =
            r->both > 0 && eb_mul_div((int64_t)r->differing, EB_PPM, (int64_t)r->both, EB_ROUND_HALF_EVEN, &share);
        ratio(b, "differing_share", known, share);
        (void)eb_buffer_text(b, "}");
    }
    (void)eb_buffer_text(b, "}");
}

int eb_bt_json(const struct eb_bt_options *o, const struct eb_bt_data *d, const struct eb_bt_result *r,
               const char *policy_sha256, struct eb_buffer *out)
{
    (void)eb_buffer_text(out, "{");
    text(out, "policy_sha256", policy_sha256);
    comma(out);
    text(out, "profile", o->profile != NULL && o->profile[0] != '\0' ? o->profile : "DEFAULT");
    comma(out);
    int64_t bars = 0;
    for (unsigned i = 0; i < d->symbol_count; i++) {
        bars += (int64_t)d->symbol[i].bars.count;
    }
    integer(out, "bars", bars);
    comma(out);
    summary(out, o, d, r);
    (void)eb_buffer_text(out, ",\"episodes\":[");
    for (size_t i = 0; i < r->episode_count; i++) {
        episode(out, d, r, i);
    }
    (void)eb_buffer_text(out, "]}\n");
    return out->failed ? EB_E_FULL : EB_OK;
}

/* A name that a policy gave: quoted where a comma, a quote or a line end would be taken for the table's. */
static void csv_text(struct eb_buffer *b, const char *value)
{
    if (strpbrk(value, ",\"\r\n") == NULL) {
        (void)eb_buffer_text(b, value);
        return;
    }
    (void)eb_buffer_text(b, "\"");
    for (const char *c = value; *c != '\0'; c++) {
        (void)eb_buffer_printf(b, *c == '"' ? "\"\"" : "%c", *c);
    }
    (void)eb_buffer_text(b, "\"");
}

static void csv_ratio(struct eb_buffer *b, bool known, int64_t ppm)
{
    char t[EB_DECIMAL_TEXT_MAX];
    (void)eb_decimal_format_fixed(ppm, 6, t);
    (void)eb_buffer_printf(b, ",%s", known ? t : "");
}

static void csv_row(struct eb_buffer *b, const struct eb_bt_data *d, const struct eb_bt_episode *ep, size_t id)
{
    (void)eb_buffer_printf(b, "%zu,%s,%s,%" PRId64 ",%" PRId64, id, d->symbol[ep->symbol].name,
                           eb_side_name((enum eb_side)ep->side), ep->opened_ms, ep->closed_ms);
    const int64_t before[] = {ep->entry.e8, ep->qty.e8, ep->initial_stop.e8, ep->risk.e8};
    const int64_t after[] = {ep->pnl.e8, ep->fees.e8, ep->funding.e8};
    char t[EB_DECIMAL_TEXT_MAX];
    for (size_t i = 0; i < EB_COUNT(before); i++) {
        (void)eb_decimal_format(before[i], 8, t);
        (void)eb_buffer_printf(b, ",%s", t);
    }
    (void)eb_buffer_printf(b, ",%s,",
                           ep->regime != EB_REGIME_UNKNOWN ? eb_regime_name((enum eb_regime)ep->regime) : "");
    csv_text(b, ep->profile);
    (void)eb_buffer_printf(b, ",%" PRIu32, ep->exits);
    for (size_t i = 0; i < EB_COUNT(after); i++) {
        (void)eb_decimal_format(after[i], 8, t);
        (void)eb_buffer_printf(b, ",%s", t);
    }
    csv_ratio(b, ep->has_risk, ep->r_ppm);
    csv_ratio(b, ep->has_risk, ep->mfe_ppm);
    csv_ratio(b, ep->has_risk, ep->mae_ppm);
    (void)eb_buffer_text(b, "\n");
}

int eb_bt_csv(const struct eb_bt_data *d, const struct eb_bt_result *r, struct eb_buffer *out)
{
    (void)eb_buffer_text(out,
                         "id,symbol,side,opened_ms,closed_ms,entry_price,quantity,initial_stop,risk,regime,profile,"
                         "exits,pnl,fees,funding,r,mfe_r,mae_r\n");
    for (size_t i = 0; i < r->episode_count; i++) {
        csv_row(out, d, &r->episode[i], i + 1);
    }
    return out->failed ? EB_E_FULL : EB_OK;
}
