/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts to say, and questions about what came out; see fixture.h. */
#include "fixture.h"

struct eb_verdict v_none(void)
{
    struct eb_verdict v;
    memset(&v, 0, sizeof v);
    return v;
}

struct eb_decision *v_add(struct eb_verdict *v, enum eb_decision_kind kind)
{
    assert_true(v->count < EB_DECISIONS_MAX);
    struct eb_decision *d = &v->decision[v->count++];
    d->kind = (uint8_t)kind;
    memcpy(d->reason, "scripted", sizeof "scripted");
    return d;
}

void v_stop(struct eb_verdict *v, const char *price)
{
    v_add(v, EB_MOVE_STOP)->u.stop.price = px(price);
}

void v_stop_pct(struct eb_verdict *v, int64_t pct_ppm)
{
    v_add(v, EB_MOVE_STOP)->u.stop.pct_ppm = pct_ppm;
}

void v_legs(struct eb_verdict *v, unsigned n, const int64_t (*r_and_fraction)[2])
{
    struct eb_decision *d = v_add(v, EB_UPDATE_TP_LIMITS);
    d->u.targets.count = (uint8_t)n;
    for (unsigned i = 0; i < n; i++) {
        d->u.targets.leg[i] = (struct eb_leg_spec){.r_ppm = r_and_fraction[i][0], .fraction_ppm = r_and_fraction[i][1]};
    }
}

void v_leg_prices(struct eb_verdict *v, unsigned n, const char *const *price, const int64_t *fraction_ppm)
{
    struct eb_decision *d = v_add(v, EB_UPDATE_TP_LIMITS);
    d->u.targets.count = (uint8_t)n;
    for (unsigned i = 0; i < n; i++) {
        d->u.targets.leg[i] = (struct eb_leg_spec){.price = px(price[i]), .fraction_ppm = fraction_ppm[i]};
    }
}

void v_trail(struct eb_verdict *v, int64_t activation_r_ppm, int64_t callback_ppm)
{
    struct eb_decision *d = v_add(v, EB_SET_TRAILING);
    d->u.trailing.activation_r_ppm = activation_r_ppm;
    d->u.trailing.callback_ppm = callback_ppm;
}

void v_ratchet(struct eb_verdict *v)
{
    struct eb_decision *d = v_add(v, EB_SET_RATCHET);
    d->u.ratchet.count = 2;
    d->u.ratchet.rule[0] = (struct eb_ratchet_rule){.after_hits = 1, .to = EB_RATCHET_ENTRY};
    d->u.ratchet.rule[1] = (struct eb_ratchet_rule){.after_hits = 2, .to = EB_RATCHET_FIRST_HIT};
}

void v_partial(struct eb_verdict *v, int64_t fraction_ppm)
{
    v_add(v, EB_PARTIAL_CLOSE)->u.partial.fraction_ppm = fraction_ppm;
}

void v_full_exit(struct eb_verdict *v)
{
    (void)v_add(v, EB_FULL_EXIT);
}

void fx_say(struct fx *f, const struct eb_verdict *v)
{
    f->next = *v;
    f->has_next = true;
}

void fx_verdict(struct fx *f, const struct eb_verdict *v)
{
    fx_say(f, v);
    for (unsigned n = 0; f->has_next && n < 1000; n++) { /* prices stay fresh meanwhile */
        struct eb_evidence ev = fx_evidence(f, 0);
        int64_t ms = ev.next_consult_ms - f->now_ms;
        fx_wait(f, ms > 1000 ? 1000 : ms > 0 ? ms : 0);
        char text[EB_DECIMAL_TEXT_MAX];
        (void)eb_decimal_format(ev.ctx.mark.e8, 8, text);
        if (ev.ctx.mark.e8 > 0) {
            fx_mark(f, text);
        }
        fx_clock(f);
    }
    assert_false(f->has_next);
}

void fx_open_with(struct fx *f, enum eb_side side, const char *qty, const char *entry, const struct eb_verdict *plan)
{
    fx_mark(f, entry);
    fx_say(f, plan);
    fx_open(f, side, qty, entry);
    assert_false(f->has_next);
    fx_clear(f);
}

/* ---- what came out ---- */

unsigned fx_count(const struct fx *f, enum eb_action_kind kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < f->log_count; i++) {
        n += f->log[i].kind == kind;
    }
    return n;
}

const struct eb_action *fx_nth(const struct fx *f, enum eb_action_kind kind, unsigned n)
{
    for (unsigned i = 0; i < f->log_count; i++) {
        if (f->log[i].kind == kind && n-- == 0) {
            return &f->log[i];
        }
    }
    fail_msg("no such action of kind %d", (int)kind);
    return NULL;
}

unsigned fx_submits(const struct fx *f, enum eb_purpose purpose)
{
    unsigned n = 0;
    for (unsigned i = 0; i < f->log_count; i++) {
        n += f->log[i].kind == EB_ACT_SUBMIT && f->log[i].u.submit.purpose == purpose;
    }
    return n;
}

const struct eb_order_request *fx_submit(const struct fx *f, enum eb_purpose purpose, unsigned n)
{
    for (unsigned i = 0; i < f->log_count; i++) {
        const struct eb_action *a = &f->log[i];
        if (a->kind == EB_ACT_SUBMIT && a->u.submit.purpose == purpose && n-- == 0) {
            return &a->u.submit;
        }
    }
    fail_msg("no such submit for %s", eb_purpose_name(purpose));
    return NULL;
}

unsigned fx_alerts(const struct fx *f, enum eb_alert_kind kind)
{
    unsigned n = 0;
    for (unsigned i = 0; i < f->log_count; i++) {
        n += f->log[i].kind == EB_ACT_ALERT && f->log[i].u.alert.kind == kind;
    }
    return n;
}

const struct eb_alert *fx_alert(const struct fx *f, enum eb_alert_kind kind)
{
    for (unsigned i = 0; i < f->log_count; i++) {
        if (f->log[i].kind == EB_ACT_ALERT && f->log[i].u.alert.kind == kind) {
            return &f->log[i].u.alert;
        }
    }
    fail_msg("no alert of kind %d", (int)kind);
    return NULL;
}

bool fx_cancelled(const struct fx *f, eb_client_id id)
{
    for (unsigned i = 0; i < f->log_count; i++) {
        if (f->log[i].kind == EB_ACT_CANCEL && eb_client_id_equal(f->log[i].u.cancel.client_id, id)) {
            return true;
        }
    }
    return false;
}

struct eb_evidence fx_evidence(const struct fx *f, eb_position_id position)
{
    struct eb_evidence ev;
    assert_true(eb_engine_evidence(f->e, position, &ev));
    return ev;
}

const struct eb_leg_view *fx_leg(const struct eb_evidence *ev, uint8_t id)
{
    for (unsigned i = 0; i < ev->ctx.leg_count; i++) {
        if (ev->ctx.legs[i].id == id) {
            return &ev->ctx.legs[i];
        }
    }
    fail_msg("no leg %u", id);
    return NULL;
}

const struct eb_level_evidence *fx_level(const struct eb_evidence *ev, uint8_t leg, enum eb_stop_kind kind)
{
    for (unsigned i = 0; i < ev->level_count; i++) {
        if (ev->level[i].leg == leg && ev->level[i].kind == kind) {
            return &ev->level[i];
        }
    }
    fail_msg("no level: leg %u, stop kind %d", leg, (int)kind);
    return NULL;
}

eb_price fx_stop(const struct fx *f)
{
    return fx_evidence(f, 0).ctx.stop;
}
