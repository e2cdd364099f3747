/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a policy. The first byte chooses: init.lua itself, the body of decide, a Lua table to be read as
 * configuration, or a grammar that turns bytes into answers made of the right words and the wrong values.
 * An error, or a verdict whose every value the engine may rely on.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "policy/names.h"
#include "policy/set.h"

enum { TEXT_BYTES_MAX = 16384, ANSWER_DEPTH_MAX = 4 };

/* Bytes that are used up one by one, and the text that they become. */
struct maker {
    const uint8_t *at, *end;
    char text[TEXT_BYTES_MAX];
    size_t len;
};

static unsigned take(struct maker *m, unsigned below)
{
    return m->at < m->end ? *m->at++ % below : 0;
}

static void put(struct maker *m, const char *text)
{
    size_t len = strlen(text);
    if (len < sizeof(m->text) - m->len) {
        memcpy(m->text + m->len, text, len + 1);
        m->len += len;
    }
}

static const char *const keys[] = {
    "type",  "reason",       "confidence", "fraction",     "emergency",  "pct",
    "price", "risk_price",   "role",       "allow_loosen", "levels",     "r",
    "soft",  "id",           "off",        "rules",        "tighten",    "callback_pct",
    "to",    "activation_r", "memory",     "wake",         "at_ms",      "above",
    "below", "regime",       "profile",    "after_hits",   "offset_pct", "owner",
};
static const char *const values[] = {
    "0/0",
    "1/0",
    "-1/0",
    "0",
    "-0.0",
    "1",
    "0.35",
    "1.5",
    "-1",
    "1e308",
    "1e-12",
    "99.5",
    "math.maxinteger",
    "nil",
    "true",
    "false",
    "''",
    "'entry'",
    "'first_hit'",
    "'risk_floor'",
    "'plan'",
    "'TREND'",
    "('x'):rep(200)",
    "'1'",
    "ctx",
    "{}",
    "ctx.legs",
    "pairs",
    "92233720368",
    "0.000001",
};

/* NOLINTNEXTLINE(misc-no-recursion): depth is bounded */
static void put_value(struct maker *m, int depth)
{
    unsigned kind = take(m, 4);
    if (kind < 2 || depth >= ANSWER_DEPTH_MAX) {
        put(m, values[take(m, EB_COUNT(values))]);
        return;
    }
    put(m, "{");
    for (unsigned n = take(m, 6); n > 0; n--) {
        if (kind == 2) {
            put(m, keys[take(m, EB_COUNT(keys))]);
            put(m, "=");
        }
        put_value(m, depth + 1);
        put(m, ",");
    }
    put(m, "}");
}

/* A decision of a known type, so that the readers of its fields are reached. */
static void put_decision(struct maker *m)
{
    put(m, "{type='");
    put(m, eb_lua_decisions[take(m, EB_DECISION_KIND_COUNT)]);
    put(m, "'");
    for (unsigned n = take(m, 5); n > 0; n--) {
        put(m, ",");
        put(m, keys[take(m, EB_COUNT(keys))]);
        put(m, "=");
        put_value(m, 1);
    }
    put(m, "}");
}

static void put_answer(struct maker *m)
{
    put(m, "return {");
    for (unsigned n = take(m, 4); n > 0; n--) {
        put_decision(m);
        put(m, ",");
    }
    put(m, "},");
    put_value(m, 0);
}

static void check_decision(const struct eb_decision *d)
{
    EB_ASSERT(d->kind < EB_DECISION_KIND_COUNT && memchr(d->reason, '\0', sizeof(d->reason)) != NULL);
    EB_ASSERT(d->confidence_ppm >= 0 && d->confidence_ppm <= EB_PPM);
    switch ((enum eb_decision_kind)d->kind) {
    case EB_PARTIAL_CLOSE:
        EB_ASSERT(d->u.partial.fraction_ppm > 0 && d->u.partial.fraction_ppm <= EB_PPM);
        break;
    case EB_MOVE_STOP:
        EB_ASSERT((d->u.stop.price.e8 > 0) != (d->u.stop.pct_ppm > 0) && d->u.stop.risk_price.e8 >= 0);
        break;
    case EB_UPDATE_TP_LIMITS:
        EB_ASSERT(d->u.targets.count <= EB_LEGS_MAX);
        for (int i = 0; i < d->u.targets.count; i++) {
            const struct eb_leg_spec *leg = &d->u.targets.leg[i];
            EB_ASSERT((leg->r_ppm > 0) + (leg->pct_ppm > 0) + (leg->price.e8 > 0) == 1);
            EB_ASSERT(leg->fraction_ppm > 0 && leg->fraction_ppm <= EB_PPM);
        }
        break;
    case EB_SET_TRAILING:
        EB_ASSERT(d->u.trailing.off || (d->u.trailing.callback_ppm > 0 && d->u.trailing.callback_ppm <= EB_PPM));
        EB_ASSERT(d->u.trailing.activation_r_ppm >= 0 && d->u.trailing.curve_count <= EB_CURVE_MAX);
        break;
    case EB_SET_RATCHET:
        EB_ASSERT(d->u.ratchet.count <= EB_RATCHET_MAX);
        break;
    case EB_NO_CHANGE:
    case EB_FULL_EXIT:
        break;
    case EB_DECISION_KIND_COUNT:
        EB_ASSERT(false);
    }
}

static void check_verdict(const struct eb_verdict *v)
{
    EB_ASSERT(v->count <= EB_DECISIONS_MAX && v->keep == (v->count == 0) && v->regime < EB_REGIME_COUNT);
    EB_ASSERT(memchr(v->profile, '\0', sizeof(v->profile)) != NULL && v->memory.count <= EB_MEMORY_MAX);
    for (int i = 0; i < v->count; i++) {
        check_decision(&v->decision[i]);
    }
    for (int i = 0; i < v->memory.count; i++) {
        const struct eb_memory_entry *e = &v->memory.entry[i];
        EB_ASSERT(isfinite(e->number) && memchr(e->text, '\0', sizeof(e->text)) != NULL);
        EB_ASSERT(e->key[0] != '\0' && (i == 0 || strcmp(e[-1].key, e->key) < 0));
    }
}

static void consult(struct eb_policy *p)
{
    static struct eb_verdict out;
    struct eb_context ctx;
    struct eb_err err;
    memset(&ctx, 0, sizeof(ctx));
    ctx.exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3;
    ctx.entry.e8 = ctx.price.e8 = 100 * EB_E8;
    ctx.now_ms = INT64_C(1700000000000);
    ctx.leg_count = 1;
    for (int round = 0; round < 2; round++) {
        enum eb_policy_result result = eb_policy_consult(p, &ctx, &out, &err);
        EB_ASSERT(result < EB_POLICY_NONE);
        if (result == EB_POLICY_OK || result == EB_POLICY_KEEP) {
            check_verdict(&out);
        } else {
            EB_ASSERT(err.code != EB_OK && memchr(err.msg, '\0', sizeof(err.msg)) != NULL);
        }
        eb_policy_idle(p);
    }
}

static void load(const char *text, size_t len)
{
    struct eb_policy_text init = {"init.lua", text, len};
    struct eb_policy_options opt = {.instructions_max = 20000, .load_instructions_max = 50000, .memory_max = 524288};
    struct eb_policy *p = NULL;
    struct eb_err err;
    if (eb_policy_open_with(&eb_heap_libc, NULL, &init, 1, &opt, &p, &err) == EB_OK) {
        consult(p);
        eb_policy_close(p);
    } else {
        EB_ASSERT(p == NULL && err.code != EB_OK);
    }
}

static int visit(void *user, const struct eb_lua_value *v, struct eb_err *err)
{
    (void)user;
    (void)err;
    EB_ASSERT(v->path != NULL && v->line >= 0 && isfinite(v->number) && (v->kind == EB_LV_TEXT) == (v->text != NULL));
    return EB_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct maker m;
    if (size == 0 || size > TEXT_BYTES_MAX / 2) {
        return 0;
    }
    m.at = data + 1;
    m.end = data + size;
    m.len = 0;
    unsigned mode = data[0] % 4;
    if (mode == 0) {
        load((const char *)data + 1, size - 1);
        return 0;
    }
    if (mode == 1) {
        struct eb_err err;
        (void)eb_lua_table_read("fuzz.lua", (const char *)data + 1, size - 1, visit, NULL, &err);
        return 0;
    }
    put(&m, "return {name='f',version='1',decide=function(ctx) ");
    if (mode == 2) {
        memcpy(m.text + m.len, data + 1, size - 1);
        m.len += size - 1;
    } else {
        put_answer(&m);
    }
    put(&m, " end}");
    load(m.text, m.len);
    return 0;
}
