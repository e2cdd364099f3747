/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core costs: a price in the step, warm and cold; a quiet bar; a consult; 10,000 positions at the 10 s cycle.
 *
 *     bench_core [--policies DIR] [--lib DIR]
 *
 * Machines differ, so the cold price is told as a ratio to one dependent memory load of the same run, over a block of
 * the size of the engine's price lines and over one of the size of the whole engine.
 */
#include "bench.h"

#include <malloc.h>
#include <sys/resource.h>

#include "feed/walk.h"
#include "policy/policy.h"
#include "store/memory.h"

#define POSITIONS 10000

static volatile uint64_t sink;

void bench_instrument(struct eb_ev_instrument *out, unsigned number)
{
    memset(out, 0, sizeof *out);
    snprintf(out->symbol, sizeof out->symbol, "SYM%05uUSDT", number);
    out->tick.e8 = EB_E8 / 100;
    out->step.e8 = EB_E8 / 1000;
    out->min_qty.e8 = EB_E8 / 1000;
    out->maintenance_ppm = 10000;
    out->trading = true;
}

enum eb_policy_result bench_policy(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                   struct eb_err *err)
{
    (void)policy;
    (void)err;
    memset(out, 0, sizeof *out);
    out->wake = (struct eb_wake){.set = true, .at_ms = INT64_MAX / 2};
    if (ctx->plan_revision != 0) {
        out->keep = true;
        return EB_POLICY_KEEP;
    }
    out->count = 3;
    out->decision[0].kind = EB_MOVE_STOP;
    out->decision[0].u.stop.pct_ppm = 20000;
    out->decision[1].kind = EB_UPDATE_TP_LIMITS;
    out->decision[1].u.targets.count = 3;
    for (unsigned i = 0; i < 3; i++) {
        out->decision[1].u.targets.leg[i].r_ppm = (int64_t)(i + 1) * EB_PPM;
        out->decision[1].u.targets.leg[i].fraction_ppm = 250000;
    }
    out->decision[2].kind = EB_SET_TRAILING;
    out->decision[2].u.trailing.activation_r_ppm = 2 * EB_PPM;
    out->decision[2].u.trailing.callback_ppm = 8000;
    return EB_POLICY_OK;
}

static void must(int rc, const char *what, const struct eb_err *err)
{
    if (rc != EB_OK) {
        fprintf(stderr, "bench: %s: %s\n", what, err != NULL ? err->msg : "failed");
        exit(1);
    }
}

struct eb_host *bench_world(unsigned n, bool bars, struct eb_policy_port policy)
{
    struct eb_host_config c;
    struct eb_err err;
    memset(&c, 0, sizeof c);
    memset(&err, 0, sizeof err);
    eb_engine_config_default(&c.engine);
    c.engine.symbols_max = n;
    c.engine.bars = bars;
    c.engine.backstop = false;
    c.engine.snapshot_ms = 0;
    c.engine.max_age_mark_ms = 60000;
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    c.policy = policy;
    struct eb_host *h;
    must(eb_host_create(&c, &h, &err), "host", &err);
    for (unsigned i = 0; i < n; i++) {
        struct eb_ev_instrument inst;
        bench_instrument(&inst, i);
        struct eb_event ev = bench_event(EB_EV_INSTRUMENT, i, BENCH_START_MS);
        ev.u.instrument = &inst;
        must(eb_turn(h, &ev), "instrument", NULL);
        ev = bench_price(i, BENCH_START_MS, 100 * EB_E8);
        if (bars) {
            ev = bench_event(EB_EV_PATH, i, BENCH_START_MS);
            ev.position = i * 2;
            ev.u.path.kind = EB_PATH_POINT;
            ev.u.path.from.e8 = ev.u.path.to.e8 = 100 * EB_E8;
        }
        must(eb_turn(h, &ev), "price", NULL);
        struct eb_ev_position p;
        memset(&p, 0, sizeof p);
        p.qty.e8 = 10 * EB_E8;
        p.entry.e8 = 100 * EB_E8;
        p.leverage_ppm = 10 * EB_PPM;
        ev = bench_event(EB_EV_POSITION, i, BENCH_START_MS);
        ev.u.venue_position = &p;
        must(eb_turn(h, &ev), "position", NULL);
    }
    return h;
}

/* One dependent load: a random cycle through a block, a pointer per cache line. */
static double chase_ns(size_t bytes)
{
    size_t lines = bytes / 64;
    uint64_t *block = aligned_alloc(64, lines * 64);
    uint32_t *order = malloc(lines * sizeof *order);
    struct eb_rng rng;
    eb_rng_seed(&rng, 7);
    for (size_t i = 0; i < lines; i++) {
        order[i] = (uint32_t)i;
    }
    for (size_t i = lines - 1; i > 0; i--) {
        size_t k = eb_rng_below(&rng, i + 1);
        uint32_t t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
    for (size_t i = 0; i < lines; i++) {
        block[(size_t)order[i] * 8] = order[(i + 1) % lines];
    }
    uint64_t at = order[0];
    size_t rounds = 4000000;
    int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
    for (size_t i = 0; i < rounds; i++) {
        at = block[at * 8];
    }
    int64_t t1 = bench_clock_ns(CLOCK_MONOTONIC);
    sink = at;
    free(order);
    free(block);
    return (double)(t1 - t0) / (double)rounds;
}

static void bench_prices(struct eb_engine *e)
{
    static struct eb_actions out;
    size_t rounds = 4000000;
    struct eb_event ev = bench_price(0, BENCH_START_MS, 100 * EB_E8);
    double warm = 1e9;
    for (int rep = 0; rep < 5; rep++) {
        int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
        for (size_t i = 0; i < rounds; i++) {
            ev.u.price.price.e8 = ev.u.price.min.e8 = ev.u.price.max.e8 = 100 * EB_E8 + (int64_t)(i & 7);
            ev.now_ns++;
            eb_engine_step(e, &ev, &out);
        }
        double ns = (double)(bench_clock_ns(CLOCK_MONOTONIC) - t0) / (double)rounds;
        warm = ns < warm ? ns : warm;
    }
    printf("price event in the step, warm            %8.1f ns   (goal < 50)\n", warm);

    uint32_t *order = malloc(POSITIONS * sizeof *order);
    struct eb_rng rng;
    eb_rng_seed(&rng, 11);
    for (uint32_t i = 0; i < POSITIONS; i++) {
        order[i] = i;
    }
    for (uint32_t i = POSITIONS - 1; i > 0; i--) {
        uint32_t k = (uint32_t)eb_rng_below(&rng, i + 1);
        uint32_t t = order[i];
        order[i] = order[k];
        order[k] = t;
    }
    size_t flush_bytes = 64U << 20;
    char *flush = malloc(flush_bytes);
    memset(flush, 1, flush_bytes);
    double cold_sum = 0;
    int reps = 20;
    for (int rep = 0; rep < reps; rep++) {
        for (size_t i = 0; i < flush_bytes; i += 64) {
            flush[i]++; /* the lines leave the caches */
        }
        int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
        for (uint32_t i = 0; i < POSITIONS; i++) {
            ev.symbol = order[i];
            ev.now_ns++;
            eb_engine_step(e, &ev, &out);
        }
        cold_sum += (double)(bench_clock_ns(CLOCK_MONOTONIC) - t0) / POSITIONS;
    }
    sink = (uint64_t)flush[flush_bytes - 1];
    free(flush);
    free(order);
    double cold = cold_sum / reps;
    double load = chase_ns(64U << 20);
    printf("price event, cold, 10,000 in random order%8.1f ns\n", cold);
    printf("one dependent memory load, 64 MiB        %8.1f ns\n", load);
    printf("  ratio                                  %8.2f      (goal <= 4)\n", cold / load);
}

/* ---- the walk ---- */

static int walk_turn(void *user, const struct eb_event *ev)
{
    return eb_turn(user, ev);
}
static void walk_time(void *user, int64_t now_ns, int64_t now_ms)
{
    (void)user;
    (void)now_ns;
    (void)now_ms;
}
static void walk_path(void *user, eb_position_id slot, eb_price price)
{
    (void)user;
    (void)slot;
    (void)price;
}
static bool walk_next(void *user, eb_position_id slot, bool mark, bool last, eb_price from, eb_price to, eb_price *at,
                      bool *liquidation)
{
    (void)user;
    (void)slot;
    (void)mark;
    (void)last;
    (void)from;
    (void)to;
    (void)at;
    (void)liquidation;
    return false;
}
static void walk_at(void *user, eb_position_id slot, bool liquidation, eb_price at)
{
    (void)user;
    (void)slot;
    (void)liquidation;
    (void)at;
}
static void walk_point(void *user, eb_position_id slot, eb_price p0)
{
    (void)user;
    (void)slot;
    (void)p0;
}
static bool walk_quiet(void *user, eb_position_id slot, eb_price *low, eb_price *high)
{
    (void)user;
    (void)slot;
    low->e8 = 0;
    high->e8 = INT64_MAX;
    return true;
}
static const struct eb_walk_ops ops = {walk_turn, walk_time, walk_path, walk_next, walk_at, walk_point, walk_quiet};

static void bench_bars(void)
{
    struct eb_host *h = bench_world(64, true, (struct eb_policy_port){.consult = bench_policy});
    struct eb_walk w = {.engine = eb_host_engine(h), .ops = &ops, .user = h};
    double best = 1e9;
    int64_t at = BENCH_START_MS;
    for (int rep = 0; rep < 5; rep++) {
        int64_t spent = 0;
        size_t bars = 0;
        for (int k = 0; k < 2000; k++, at += 60000) {
            for (unsigned i = 0; i < 64; i++) {
                struct eb_walk_bar b;
                memset(&b, 0, sizeof b);
                b.symbol = i;
                b.bar =
                    (struct eb_ev_bar){at, 60000, {100 * EB_E8}, {100 * EB_E8 + 5}, {100 * EB_E8 - 5}, {100 * EB_E8}};
                int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
                eb_walk_open(&w, &b);
                for (int p = 1; p <= 3; p++) {
                    eb_walk_segment(&w, &b, p);
                }
                spent += bench_clock_ns(CLOCK_MONOTONIC) - t0;
                bars++;
            }
        }
        int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
        for (int i = 0; i < 100000; i++) {
            sink = (uint64_t)bench_clock_ns(CLOCK_MONOTONIC);
        }
        double clock_cost = (double)(bench_clock_ns(CLOCK_MONOTONIC) - t0) / 100000.0;
        double ns = (double)spent / (double)bars - clock_cost;
        best = ns < best ? ns : best;
    }
    printf("quiet bar per position (walk, 4 points)  %8.1f ns   (goal < 60; %llu of %llu bars were quiet)\n", best,
           (unsigned long long)w.quiet_bars, (unsigned long long)w.bars);
    eb_host_destroy(h);
}

/* ---- consults ---- */

struct timed_policy {
    struct eb_policy *policy;
    struct {
        int64_t *ns;
        size_t count;
    } of[2]; /* consults that keep the plan, that change it */
    size_t cap;
};

static enum eb_policy_result timed_consult(void *user, const struct eb_context *ctx, struct eb_verdict *out,
                                           struct eb_err *err)
{
    struct timed_policy *t = user;
    int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
    enum eb_policy_result r = eb_policy_consult(t->policy, ctx, out, err);
    int64_t spent = bench_clock_ns(CLOCK_MONOTONIC) - t0;
    int kind = out->keep ? 0 : 1;
    if (t->of[kind].count < t->cap) {
        t->of[kind].ns[t->of[kind].count++] = spent;
    }
    return r;
}

static void timed_idle(void *user)
{
    eb_policy_idle(((struct timed_policy *)user)->policy);
}

static long rss_kib(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    long pages = 0;
    long resident = 0;
    if (f == NULL || fscanf(f, "%ld %ld", &pages, &resident) != 2) {
        resident = 0;
    }
    if (f != NULL) {
        fclose(f);
    }
    return resident * 4;
}

static void feed_history(struct eb_host *h, unsigned n)
{
    struct eb_rng rng;
    eb_rng_seed(&rng, 3);
    for (unsigned i = 0; i < n; i++) {
        int64_t p = 100 * EB_E8;
        for (int k = 0; k < 30; k++) { /* 15-minute bars: enough for every feature to be warm */
            struct eb_event ev = bench_event(EB_EV_BAR, i, BENCH_START_MS);
            int64_t c = p + eb_rng_range(&rng, -EB_E8 / 4, EB_E8 / 4);
            int64_t hi = (c > p ? c : p) + EB_E8 / 10;
            int64_t lo = (c < p ? c : p) - EB_E8 / 10;
            ev.u.bar = (struct eb_ev_bar){BENCH_START_MS - (30 - k) * INT64_C(900000), 900000, {p}, {hi}, {lo}, {c}};
            must(eb_turn(h, &ev), "bar", NULL);
            p = c;
        }
    }
}

static void print_consults(const char *what, int64_t *ns, size_t count, const char *goal)
{
    if (count > 0) {
        qsort(ns, count, sizeof *ns, bench_compare_i64);
        printf("consult, %s    %8.2f us p50, %.2f us p99 of %zu %s\n", what,
               (double)bench_quantile(ns, count, 50, 100) / 1e3, (double)bench_quantile(ns, count, 99, 100) / 1e3,
               count, goal);
    }
}

/* 10,000 positions: one price a second each, the 10 s cycle of the shipped set, thirty simulated seconds. */
static void bench_cycle(struct eb_policy *policy, bool closed_ctx)
{
    (void)closed_ctx;
    struct timed_policy timed = {.policy = policy, .cap = 400000};
    for (int i = 0; i < 2; i++) {
        timed.of[i].ns = malloc(timed.cap * sizeof *timed.of[i].ns);
    }
    long before = rss_kib();
    struct eb_host *h = bench_world(
        POSITIONS, false, (struct eb_policy_port){.policy = &timed, .consult = timed_consult, .idle = timed_idle});
    feed_history(h, POSITIONS);
    size_t cap = 2000000;
    size_t n = 0;
    int64_t *wall = malloc(cap * sizeof *wall);
    memset(wall, 0, cap * sizeof *wall);
    long used = rss_kib() - before - (long)(cap * sizeof *wall / 1024);
    timed.of[0].count = timed.of[1].count = 0;
    int64_t longest_cpu = 0;
    struct eb_rng rng;
    eb_rng_seed(&rng, 5);
    int64_t cpu0 = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    int seconds = 30;
    for (int64_t ms = 0; ms < seconds * 1000; ms += 10) {
        int64_t now = BENCH_START_MS + 1000 + ms;
        for (uint32_t k = 0; k < POSITIONS / 100; k++) {
            uint32_t symbol = (uint32_t)(ms / 10 % 100) * (POSITIONS / 100) + k;
            struct eb_event ev = bench_price(symbol, now, 100 * EB_E8 + eb_rng_range(&rng, -EB_E8 / 20, EB_E8 / 20));
            int64_t c0 = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
            int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
            must(eb_turn(h, &ev), "turn", NULL);
            int64_t t1 = bench_clock_ns(CLOCK_MONOTONIC);
            int64_t c1 = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
            longest_cpu = c1 - c0 > longest_cpu ? c1 - c0 : longest_cpu;
            wall[n++] = t1 - t0;
        }
        while (eb_engine_next_deadline(eb_host_engine(h)) <= now * 1000000) {
            struct eb_event ev = bench_event(EB_EV_CLOCK, EB_NO_SYMBOL, now);
            int64_t c0 = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
            int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
            must(eb_turn(h, &ev), "clock", NULL);
            int64_t t1 = bench_clock_ns(CLOCK_MONOTONIC);
            int64_t c1 = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
            longest_cpu = c1 - c0 > longest_cpu ? c1 - c0 : longest_cpu;
            wall[n++] = t1 - t0;
        }
    }
    double cpu = (double)(bench_clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu0) / 1e9;
    qsort(wall, n, sizeof *wall, bench_compare_i64);
    printf("10,000 positions, 10 s cycle             %8.2f %%    of one core (goal < 12), %zu turns, %zu consults\n",
           cpu / seconds * 100, n, timed.of[0].count + timed.of[1].count);
    printf("  turn, wall: p50 %.2f us, p99 %.1f us, p99.9 %.1f us, max %.1f us  (goal p99.9 < 1000)\n",
           (double)bench_quantile(wall, n, 50, 100) / 1e3, (double)bench_quantile(wall, n, 99, 100) / 1e3,
           (double)bench_quantile(wall, n, 999, 1000) / 1e3, (double)wall[n - 1] / 1e3);
    printf("  turn, longest in thread CPU            %8.1f us   (goal < 1000)\n", (double)longest_cpu / 1e3);
    printf("  memory of host, engine and positions   %8.1f MiB  (goal < 96)\n", (double)used / 1024);
    print_consults("keeps its plan, in the cycle", timed.of[0].ns, timed.of[0].count, "(goal p50 < 10)");
    print_consults("another market, in the cycle", timed.of[1].ns, timed.of[1].count, "");
    free(wall);
    free(timed.of[0].ns);
    free(timed.of[1].ns);
    eb_host_destroy(h);
}

int main(int argc, char **argv)
{
    const char *policies = EB_TEST_ROOT "/policies";
    const char *lib = EB_TEST_ROOT "/lua/exitbrain";
    for (int i = 1; i + 1 < argc; i += 2) {
        policies = strcmp(argv[i], "--policies") == 0 ? argv[i + 1] : policies;
        lib = strcmp(argv[i], "--lib") == 0 ? argv[i + 1] : lib;
    }
    struct eb_policy *policy;
    struct eb_err err;
    struct eb_policy_options options = {.lib_dir = lib};
    must(eb_policy_open(policies, &options, &policy, &err), policies, &err);
    bench_cycle(policy, false);
    eb_policy_close(policy);
    struct eb_host *h = bench_world(POSITIONS, false, (struct eb_policy_port){.consult = bench_policy});
    bench_prices(eb_host_engine(h));
    eb_host_destroy(h);
    bench_bars();
    return 0;
}
