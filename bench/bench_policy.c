/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a consult costs: of each policy set, in the moments that positions go through.
 *
 *     bench_policy [--root DIR] [--rounds N] [--only TEXT]
 *
 *     set -> a LONG in an engine in SHADOW mode -> calm market, volatile market, climb to the first target
 *         -> of each moment the consult that the engine made, asked again N times
 *
 * Machines differ, and this one may be busy: every set is told beside one SHA-256 of 16 KiB, measured in between.
 */
#include "bench.h"

#include <dirent.h>

#include "base/hash.h"
#include "domain/lint.h"
#include "policy/set.h"

enum moment { NEW, KEEP, REGIME, HIT, MOMENTS };
static const char *const moments[MOMENTS] = {"new position", "keep", "another market", "hit"};

enum { LEVERAGE = 5, CLIMB_STEPS = 80, REFERENCES = 50 };

struct figures {
    bool known;
    int64_t p50, p99; /* ns */
    uint64_t instructions;
};

/* A set between host and policy: the consult of a moment that is looked for is measured, then answered. */
struct subject {
    struct eb_policy *policy;
    int64_t *ns;
    size_t rounds;
    bool sought[MOMENTS];
    struct figures of[MOMENTS];
    double idle_ns; /* per consult: garbage collection between turns */
    struct figures lint;
};

struct contestant {
    char name[64];
    char dir[512];
    const char *settings[4]; /* overrides, NULL-terminated */
    const char *profile;
    bool legacy;
    bool signals;
    const struct eb_policy_text *texts; /* added to the files of dir */
    size_t text_count;
};

static int64_t now(void)
{
    return bench_clock_ns(CLOCK_MONOTONIC);
}

static void must(int rc, const char *what, const struct eb_err *err)
{
    if (rc != EB_OK) {
        fprintf(stderr, "bench: %s: %s\n", what, err != NULL ? err->msg : "failed");
        exit(1);
    }
}

static struct figures sorted(int64_t *ns, size_t n)
{
    qsort(ns, n, sizeof *ns, bench_compare_i64);
    return (struct figures){true, bench_quantile(ns, n, 50, 100), bench_quantile(ns, n, 99, 100), 0};
}

static int64_t reference_ns(size_t rounds, int64_t *ns)
{
    static uint8_t block[16384];
    uint8_t digest[EB_HASH_SIZE];
    for (size_t i = 0; i < rounds; i++) {
        int64_t t0 = now();
        struct eb_sha256 sha;
        eb_sha256_init(&sha);
        eb_sha256_add(&sha, block, sizeof block);
        eb_sha256_final(&sha, digest);
        block[i % sizeof block] ^= digest[0];
        ns[i] = now() - t0;
    }
    return sorted(ns, rounds).p50;
}

/* ---- measuring ---- */

static void measure_lint(struct subject *s, const struct eb_context *ctx, const struct eb_verdict *v)
{
    struct eb_instrument inst;
    struct eb_lint_plan plan;
    struct eb_lint_finding found[EB_LINT_MAX];
    volatile unsigned count = 0;
    memset(&inst, 0, sizeof inst);
    inst.tick = ctx->tick;
    inst.step = inst.market_step = ctx->step;
    inst.min_qty = inst.market_min_qty = ctx->min_qty;
    for (size_t i = 0; i < s->rounds; i++) {
        int64_t t0 = now();
        eb_lint_plan_of(ctx, v, &inst, ctx->r, &plan);
        count = count + eb_lint(&plan, found);
        s->ns[i] = now() - t0;
    }
    s->lint = sorted(s->ns, s->rounds);
}

static void measure(struct subject *s, enum moment m, const struct eb_context *ctx)
{
    struct eb_verdict verdict;
    struct eb_err err;
    int64_t idle = 0;
    for (size_t i = 0; i < s->rounds + s->rounds / 8; i++) { /* the first ones warm caches and free lists */
        int64_t t0 = now();
        (void)eb_policy_consult(s->policy, ctx, &verdict, &err);
        int64_t t1 = now();
        eb_policy_idle(s->policy);
        idle += now() - t1;
        s->ns[i % s->rounds] = t1 - t0;
    }
    struct eb_policy_info info;
    eb_policy_info(s->policy, &info);
    s->of[m] = sorted(s->ns, s->rounds);
    s->of[m].instructions = info.last_instructions;
    s->idle_ns = (double)idle / (double)(s->rounds + s->rounds / 8);
    if (m == NEW) {
        measure_lint(s, ctx, &verdict);
    }
}

static enum moment moment_of(const struct eb_context *ctx, const struct eb_verdict *answer)
{
    if (ctx->plan_revision == 0) {
        return NEW;
    }
    if (ctx->reason == EB_CONSULT_HIT) {
        return HIT;
    }
    if (answer->keep) {
        return answer->has_memory ? MOMENTS : KEEP; /* remembered only: neither */
    }
    return REGIME;
}

static enum eb_policy_result consult(void *user, const struct eb_context *ctx, struct eb_verdict *out,
                                     struct eb_err *err)
{
    struct subject *s = user;
    enum eb_policy_result result = eb_policy_consult(s->policy, ctx, out, err);
    if (result != EB_POLICY_OK && result != EB_POLICY_KEEP) {
        fprintf(stderr, "bench: %s\n", err->msg);
        exit(1);
    }
    enum moment m = moment_of(ctx, out);
    if (m != MOMENTS && s->sought[m] && !s->of[m].known) {
        measure(s, m, ctx);
    }
    return result;
}

/* ---- the market ---- */

struct world {
    struct eb_host *host;
    struct eb_rng rng;
    int64_t ms, mark;
};

static struct eb_event event(const struct world *w, enum eb_event_kind kind)
{
    return bench_event(kind, 0, w->ms);
}

/* One minute: a bar of up to `wide` ppm around 100, and the mark where it is said to be, every ten seconds. */
static void minute(struct world *w, int64_t wide_ppm)
{
    struct eb_event ev = event(w, EB_EV_BAR);
    int64_t span = 100 * EB_E8 / EB_PPM * wide_ppm;
    int64_t close = 100 * EB_E8 + eb_rng_range(&w->rng, -span, span);
    ev.u.bar = (struct eb_ev_bar){w->ms - 60000,        60000,
                                  {100 * EB_E8},        {(close > 100 * EB_E8 ? close : 100 * EB_E8) + span / 8},
                                  {100 * EB_E8 - span}, {close}};
    must(eb_turn(w->host, &ev), "bar", NULL);
    for (int i = 0; i < 6; i++, w->ms += 10000) {
        for (int source = EB_SRC_MARK; source <= EB_SRC_LAST; source++) {
            ev = bench_price(0, w->ms, w->mark);
            ev.u.price.source = (uint8_t)source;
            must(eb_turn(w->host, &ev), "price", NULL);
        }
        must(eb_host_clock(w->host, w->ms * 1000000, w->ms), "clock", NULL);
    }
}

static void tell(const struct world *w, const char *name, double number, const char *text)
{
    struct eb_ev_signal s;
    memset(&s, 0, sizeof s);
    s.value.kind = text != NULL ? EB_MEM_TEXT : EB_MEM_NUMBER;
    s.value.number = number;
    snprintf(s.value.key, sizeof s.value.key, "%s", name);
    snprintf(s.value.text, sizeof s.value.text, "%s", text != NULL ? text : "");
    struct eb_event ev = event(w, EB_EV_SIGNAL);
    ev.u.signal = &s;
    must(eb_turn(w->host, &ev), "signal", NULL);
}

static void open_position(struct world *w)
{
    struct eb_ev_position p;
    memset(&p, 0, sizeof p);
    p.qty.e8 = 10 * EB_E8;
    p.entry.e8 = 100 * EB_E8;
    p.leverage_ppm = LEVERAGE * EB_PPM;
    snprintf(p.strategy_id, sizeof p.strategy_id, "swing");
    struct eb_event ev = event(w, EB_EV_POSITION);
    ev.u.venue_position = &p;
    must(eb_turn(w->host, &ev), "position", NULL);
}

static struct world make_world(struct subject *s, const struct contestant *c)
{
    struct eb_host_config config;
    struct eb_err err = {.msg = ""};
    struct world w = {.ms = BENCH_START_MS / 3600000 * 3600000, .mark = 100 * EB_E8};
    eb_rng_seed(&w.rng, 3);
    memset(&config, 0, sizeof config);
    eb_engine_config_default(&config.engine);
    config.engine.symbols_max = 1;
    config.engine.snapshot_ms = 0;
    config.engine.backstop = false;
    config.engine.mode =
        (struct eb_ev_config){c->legacy ? EB_EXIT_MODE_LEGACY : EB_EXIT_MODE_EXIT_BRAIN_V3, false, true};
    config.policy = (struct eb_policy_port){.policy = s, .consult = consult};
    must(eb_host_create(&config, &w.host, &err), "host", &err);
    struct eb_ev_policy loaded = {.legacy = c->legacy};
    struct eb_event ev = event(&w, EB_EV_POLICY);
    ev.symbol = EB_NO_SYMBOL;
    ev.u.policy = &loaded;
    must(eb_turn(w.host, &ev), "policy", NULL);
    struct eb_ev_instrument inst;
    memset(&inst, 0, sizeof inst);
    snprintf(inst.symbol, sizeof inst.symbol, "BTCUSDT");
    inst.tick.e8 = EB_E8 / 100;
    inst.step.e8 = inst.min_qty.e8 = EB_E8 / 1000;
    inst.maintenance_ppm = 10000;
    inst.trading = true;
    ev = event(&w, EB_EV_INSTRUMENT);
    ev.u.instrument = &inst;
    must(eb_turn(w.host, &ev), "instrument", NULL);
    ev = event(&w, EB_EV_ACCOUNT);
    ev.symbol = EB_NO_SYMBOL;
    ev.u.account = (struct eb_ev_account){.balance.e8 = 1000 * EB_E8};
    must(eb_turn(w.host, &ev), "account", NULL);
    return w;
}

static void live_through(struct subject *s, const struct contestant *c)
{
    struct world w = make_world(s, c);
    if (c->signals) {
        tell(&w, "risk_mode", 0, "CONSERVATIVE");
        tell(&w, "confidence", 0.8, NULL);
        tell(&w, "tp_hint_pct", 4, NULL);
    }
    for (int i = 0; i < 32 * 60; i++) {
        minute(&w, 4000);
    }
    s->sought[NEW] = s->sought[KEEP] = true;
    open_position(&w);
    for (int i = 0; i < 6 * 60; i++) {
        minute(&w, 4000);
    }
    s->sought[REGIME] = true;
    for (int i = 0; i < 4 * 60; i++) {
        minute(&w, 40000);
    }
    s->sought[REGIME] = false;
    s->sought[HIT] = true;
    for (int i = 0; i < CLIMB_STEPS && !s->of[HIT].known; i++) {
        w.mark += EB_E8 / 10;
        minute(&w, 40000);
    }
    eb_host_destroy(w.host);
}

/* ---- the sets ---- */

static void open_set(const struct contestant *c, const char *lib, struct subject *s)
{
    const struct eb_policy_options options = {.lib_dir = lib, .settings = c->settings, .profile = c->profile};
    struct eb_err err = {.msg = ""};
    if (c->text_count == 0) {
        must(eb_policy_open(c->dir, &options, &s->policy, &err), c->name, &err);
        return;
    }
    static struct eb_sources files;
    static struct eb_policy_text texts[EB_SOURCES_MAX];
    size_t count = 0;
    memset(&files, 0, sizeof files);
    files.heap = eb_heap_libc;
    if (c->dir[0] != '\0') {
        must(eb_sources_read(&files, c->dir, "", &err), c->dir, &err);
    }
    for (; count < files.count; count++) {
        texts[count] = (struct eb_policy_text){files.file[count].name, files.file[count].text, files.file[count].len};
    }
    for (size_t i = 0; i < c->text_count && count < EB_SOURCES_MAX; i++) {
        texts[count++] = c->texts[i];
    }
    must(eb_policy_open_with(&eb_heap_libc, NULL, texts, count, &options, &s->policy, &err), c->name, &err);
    eb_sources_free(&files);
}

static void print_cell(const struct figures *f)
{
    if (f->known) {
        printf(" %6.2f %6.1f %5llu |", (double)f->p50 / 1e3, (double)f->p99 / 1e3, (unsigned long long)f->instructions);
    } else {
        printf("      -      -     - |");
    }
}

/* What the shipped set's figures are compared with the goal; returns the p50 of keep in us, 0 where there was none. */
static double run(const struct contestant *c, const char *lib, size_t rounds, int64_t *ns)
{
    struct subject s = {.rounds = rounds, .ns = ns};
    open_set(c, lib, &s);
    int64_t reference = reference_ns(REFERENCES, ns);
    live_through(&s, c);
    printf("%-38s", c->name);
    for (int m = 0; m < MOMENTS; m++) {
        print_cell(&s.of[m]);
    }
    printf(" %5.2f  %5.2f  %5.2f\n", (double)s.of[KEEP].p50 / (double)reference, s.idle_ns / 1e3,
           (double)s.lint.p50 / 1e3);
    fflush(stdout);
    eb_policy_close(s.policy);
    return (double)s.of[KEEP].p50 / 1e3;
}

#define RULES_SET                                                                                                 \
    "local rules, unit = require 'exitbrain.rules', require 'exitbrain.unit'\n"                                   \
    "local pct, r, atr = unit.pct, unit.r, unit.atr\n"                                                            \
    "return rules.strategy { name = 'swing', version = '1', settings = {}, rules = function() return {\n"         \
    "  rules.initial_stop(atr(2), pct(1.5)), rules.scale_out { { r(1), 0.5 }, { r(2), 0.25 }, runner = true },\n" \
    "  rules.breakeven_after(r(1)), rules.trail_atr(3, { from = r(1) }),\n"                                       \
    "  rules.time_stop { after_ms = 48 * 3600000, below = r(0) },\n"                                              \
    "} end }\n"
#define NOTHING_SET "return { name = 'nothing', version = '1', decide = function(ctx) return nil end }\n"

static const struct eb_policy_text rules_set[] = {{"init.lua", RULES_SET, sizeof RULES_SET - 1}};
static const struct eb_policy_text nothing_set[] = {{"init.lua", NOTHING_SET, sizeof NOTHING_SET - 1}};

#define OF_TEN(n)                                                 \
    {                                                             \
        "strategies/s" #n ".lua", RULES_SET, sizeof RULES_SET - 1 \
    }
static const struct eb_policy_text ten_more[] = {OF_TEN(0), OF_TEN(1), OF_TEN(2), OF_TEN(3), OF_TEN(4),
                                                 OF_TEN(5), OF_TEN(6), OF_TEN(7), OF_TEN(8), OF_TEN(9)};
#define RULE(symbol, n) "{symbol='" symbol "USDT',use='s" #n "'},"
static const char ten_rules[] = "strategy_rules={" RULE("A", 0) RULE("B", 1) RULE("C", 2) RULE("D", 3) RULE("E", 4)
    RULE("F", 5) RULE("G", 6) RULE("H", 7) RULE("I", 8) RULE("BTC", 9) "}";

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct contestant *)a)->name, ((const struct contestant *)b)->name);
}

/* Every example that is a set. */
static size_t examples(const char *root, const char *below, struct contestant *out, size_t room)
{
    char path[256];
    size_t count = 0;
    snprintf(path, sizeof path, "%s/%s", root, below);
    DIR *dir = opendir(path);
    for (struct dirent *d = dir != NULL ? readdir(dir) : NULL; d != NULL && count < room; d = readdir(dir)) {
        char init[640];
        struct contestant *c = &out[count];
        memset(c, 0, sizeof *c);
        snprintf(c->dir, sizeof c->dir, "%s/%s", path, d->d_name);
        snprintf(init, sizeof init, "%s/init.lua", c->dir);
        FILE *f = d->d_name[0] == '.' ? NULL : fopen(init, "r");
        if (f != NULL) {
            fclose(f);
            snprintf(c->name, sizeof c->name, "%.20s/%.40s", below, d->d_name);
            count++;
        }
    }
    if (dir != NULL) {
        closedir(dir);
    }
    qsort(out, count, sizeof *out, by_name);
    return count;
}

static const struct contestant shipped[] = {
    {.name = "the shipped set"},
    {.name = "  pinned TREND", .settings = {"profile=\"TREND\""}},
    {.name = "  pinned RANGE", .settings = {"profile=\"RANGE\""}},
    {.name = "  pinned VOLATILE", .settings = {"profile=\"VOLATILE\""}},
    {.name = "  pinned CHOP", .settings = {"profile=\"CHOP\""}},
    {.name = "  pinned NORMAL", .settings = {"profile=\"NORMAL\""}},
    {.name = "  CHALLENGE_100", .settings = {"profile=\"CHALLENGE_100\""}},
    {.name = "  V3_FAITHFUL", .profile = "V3_FAITHFUL"},
    {.name = "  tp_source=dynamic", .settings = {"tp_source=\"dynamic\""}},
    {.name = "  tp_source=plain", .settings = {"tp_source=\"plain\""}},
    {.name = "  with three signals", .signals = true},
    {.name = "  ten strategies by symbol", .settings = {ten_rules}, .texts = ten_more, .text_count = 10},
    {.name = "  legacy position_monitor", .legacy = true, .settings = {"legacy_owner=\"position_monitor\""}},
    {.name = "  legacy hybrid_tpsl", .legacy = true, .settings = {"legacy_owner=\"hybrid_tpsl\""}},
    {.name = "  legacy trailing_stop_manager", .legacy = true, .settings = {"legacy_owner=\"trailing_stop_manager\""}},
    {.name = "  legacy dynamic_trailing_rearm",
     .legacy = true,
     .settings = {"legacy_owner=\"dynamic_trailing_rearm\""}},
};
static const struct contestant alone[] = {
    {.name = "nothing: decide returns nil", .texts = nothing_set, .text_count = 1},
    {.name = "rules and units", .texts = rules_set, .text_count = 1},
};

static void print_head(int64_t reference, size_t rounds)
{
    printf("us of p50, us of p99, instructions (to a hundred); %zu consults each\n", rounds);
    printf("x: keep, in times of a SHA-256 of 16 KiB (%.1f us); gc: us per consult between turns; lint: us per plan\n",
           (double)reference / 1e3);
    printf("%-38s", "");
    for (int m = 0; m < MOMENTS; m++) {
        printf(" %-20s|", moments[m]);
    }
    printf("     x     gc   lint\n");
}

int main(int argc, char **argv)
{
    const char *root = EB_TEST_ROOT;
    const char *only = "";
    long rounds = 4000;
    for (int i = 1; i + 1 < argc; i += 2) {
        root = strcmp(argv[i], "--root") == 0 ? argv[i + 1] : root;
        only = strcmp(argv[i], "--only") == 0 ? argv[i + 1] : only;
        rounds = strcmp(argv[i], "--rounds") == 0 ? strtol(argv[i + 1], NULL, 10) : rounds;
    }
    static struct contestant list[64];
    size_t count = 0;
    for (size_t i = 0; i < EB_COUNT(shipped); i++) {
        list[count] = shipped[i];
        snprintf(list[count++].dir, sizeof list[0].dir, "%s/policies", root);
    }
    for (size_t i = 0; i < EB_COUNT(alone); i++) {
        list[count++] = alone[i];
    }
    count += examples(root, "examples", list + count, EB_COUNT(list) - count);
    count += examples(root, "examples/strategies", list + count, EB_COUNT(list) - count);
    char lib[512];
    snprintf(lib, sizeof lib, "%s/lua/exitbrain", root);
    rounds = rounds < 100 ? 100 : rounds;
    int64_t *ns = malloc((size_t)rounds * sizeof *ns);
    must(ns != NULL ? EB_OK : EB_E_MEMORY, "figures", NULL);
    print_head(reference_ns(REFERENCES, ns), (size_t)rounds);
    double keep = 0;
    for (size_t i = 0; i < count; i++) {
        if (strstr(list[i].name, only) != NULL) {
            double us = run(&list[i], lib, (size_t)rounds, ns);
            keep = i == 0 ? us : keep;
        }
    }
    printf("the shipped set, keep: %.2f us p50 (goal < 10)\n", keep);
    free(ns);
    return 0;
}
