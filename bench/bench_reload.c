/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reload costs the loop's thread (a clone of the engine, the bytes of the set in force) and what it costs the
 * worker (everything else), with as many positions as an account may have.
 *
 * And what `plan` adds on the worker: the causes of what moves, each difference taken back alone, and its pages.
 *
 *     bench_reload [--policies DIR] [--lib DIR] [--rounds N]
 */
#include "bench.h"

#include "app/plan.h"
#include "app/trial.h"

static void must(int rc, const char *what, const struct eb_err *err)
{
    if (rc != EB_OK) {
        fprintf(stderr, "bench: %s: %s\n", what, err->msg);
        exit(1);
    }
}

static void instrument(struct eb_host *h, unsigned i)
{
    struct eb_ev_instrument inst;
    memset(&inst, 0, sizeof inst);
    snprintf(inst.symbol, sizeof inst.symbol, "SYM%05uUSDT", i);
    inst.tick.e8 = EB_E8 / 100;
    inst.step.e8 = EB_E8 / 1000;
    inst.min_qty.e8 = EB_E8 / 1000;
    inst.maintenance_ppm = 10000;
    inst.trading = true;
    struct eb_event ev = bench_event(EB_EV_INSTRUMENT, i, BENCH_START_MS);
    ev.u.instrument = &inst;
    (void)eb_turn(h, &ev);
}

/* n symbols, a LONG of each, planned by the set. */
static struct eb_host *world(unsigned n, struct eb_policy *policy)
{
    struct eb_host_config c;
    struct eb_err err = {.msg = ""};
    struct eb_host *h;
    memset(&c, 0, sizeof c);
    eb_engine_config_default(&c.engine);
    c.engine.symbols_max = n;
    c.engine.snapshot_ms = 0;
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    c.policy = eb_policy_as_port(policy);
    must(eb_host_create(&c, &h, &err), "host", &err);
    for (unsigned i = 0; i < n; i++) {
        instrument(h, i);
        struct eb_event ev = bench_price(i, BENCH_START_MS, 100 * EB_E8);
        (void)eb_turn(h, &ev);
        struct eb_ev_position p;
        memset(&p, 0, sizeof p);
        p.qty.e8 = 10 * EB_E8;
        p.entry.e8 = 100 * EB_E8;
        p.leverage_ppm = 10 * EB_PPM;
        ev = bench_event(EB_EV_POSITION, i, BENCH_START_MS);
        ev.u.venue_position = &p;
        (void)eb_turn(h, &ev);
    }
    (void)eb_host_clock(h, BENCH_START_MS * 1000000, BENCH_START_MS);
    return h;
}

static int64_t now(void)
{
    return bench_clock_ns(CLOCK_MONOTONIC);
}

struct costs {
    int64_t clone, copy, build, quiet, dry;
};

static void once(const struct eb_engine *e, struct eb_policy *policy, struct costs *worst)
{
    struct eb_err err = {.msg = ""};
    struct eb_engine *clone;
    struct eb_engine *second;
    struct eb_policy *twin;
    struct eb_policy *candidate;
    struct eb_dry d;
    struct eb_reload_report report = {0};
    struct eb_dry_problem problem = {0};
    atomic_bool stop;
    atomic_init(&stop, false);
    int64_t t[6];
    const struct eb_engine_config config = eb_engine_configuration(e);
    must(eb_engine_room(&config, eb_engine_symbol_count(e), &clone, &err), "room", &err);
    t[0] = now();
    eb_engine_clone_into(e, clone);
    t[1] = now();
    must(eb_policy_copy(policy, &twin, &err), "copy", &err);
    t[2] = now();
    must(eb_policy_build(twin, &err), "build", &err);
    t[3] = now();
    must(eb_policy_copy(policy, &candidate, &err), "copy", &err);
    must(eb_policy_build(candidate, &err), "build", &err);
    must(eb_trial(candidate, &err), "trial", &err);
    t[4] = now();
    must(eb_dry_open(&d, clone, BENCH_START_MS, &err), "look", &err);
    must(eb_engine_clone(clone, &second, &err), "clone", &err);
    must(eb_dry_run(&d, second, twin, false, NULL, &stop, &err), "old", &err);
    must(eb_dry_run(&d, clone, candidate, true, &problem, &stop, &err), "next", &err);
    eb_dry_compare(&d, &report);
    t[5] = now();
    if (problem.count > 0 || report.untried > 0 || report.change_count > 0) {
        fprintf(stderr, "bench: a set against itself differs\n");
        exit(1);
    }
    eb_dry_close(&d);
    eb_policy_close(twin);
    eb_policy_close(candidate);
    int64_t *w = &worst->clone;
    for (unsigned i = 0; i < 5; i++) {
        w[i] = t[i + 1] - t[i] > w[i] ? t[i + 1] - t[i] : w[i];
    }
}

/* The set against itself with four other settings, one of which moves targets of every position. */
static void plan(struct eb_host *h, struct eb_policy *policy, const char *policies, const char *lib)
{
    static const char *const other[] = {"profile=\"VOLATILE\"", "base_stop_pct=2.6", "loss_guard_pct=12",
                                        "time_stop_loss_pct=2.1", NULL};
    const struct eb_policy_options options = {.lib_dir = lib, .settings = other};
    const struct eb_engine *e = eb_host_engine(h);
    struct eb_err err = {.msg = ""};
    struct eb_policy *twin;
    struct eb_policy *candidate;
    struct eb_engine *clone[2];
    struct eb_dry d;
    struct eb_plan *p = calloc(1, sizeof(*p));
    atomic_bool stop;
    atomic_init(&stop, false);
    must(p != NULL ? EB_OK : EB_E_MEMORY, "plan", &err);
    must(eb_policy_open(policies, &options, &candidate, &err), policies, &err);
    must(eb_policy_copy(policy, &twin, &err), "copy", &err);
    must(eb_policy_build(twin, &err), "build", &err);
    must(eb_engine_clone(e, &clone[0], &err), "clone", &err);
    must(eb_engine_clone(e, &clone[1], &err), "clone", &err);
    must(eb_dry_open(&d, e, BENCH_START_MS, &err), "look", &err);
    must(eb_dry_run(&d, clone[0], twin, false, NULL, &stop, &err), "old", &err);
    must(eb_dry_run(&d, clone[1], candidate, true, NULL, &stop, &err), "next", &err);
    int64_t t[3];
    t[0] = now();
    must(eb_plan_rows(p, &d, &err), "rows", &err);
    must(eb_plan_causes(p, &d, e, twin, candidate, &stop, &err), "causes", &err);
    t[1] = now();
    eb_plan_render(p, &(struct eb_plan_view){.columns = 100});
    t[2] = now();
    if (p->cause_count == 0 || p->unknown > 0) {
        fprintf(stderr, "bench: no cause was found\n");
        exit(1);
    }
    printf("                 plan: causes %8.0f in %u trials  pages %6.0f\n", (double)(t[1] - t[0]) / 1e3, p->trials,
           (double)(t[2] - t[1]) / 1e3);
    eb_plan_free(p);
    eb_dry_close(&d);
    eb_policy_close(twin);
    eb_policy_close(candidate);
}

int main(int argc, char **argv)
{
    const char *policies = EB_TEST_ROOT "/policies";
    const char *lib = EB_TEST_ROOT "/lua/exitbrain";
    long rounds = 10;
    for (int i = 1; i + 1 < argc; i += 2) {
        policies = strcmp(argv[i], "--policies") == 0 ? argv[i + 1] : policies;
        lib = strcmp(argv[i], "--lib") == 0 ? argv[i + 1] : lib;
        rounds = strcmp(argv[i], "--rounds") == 0 ? strtol(argv[i + 1], NULL, 10) : rounds;
    }
    static const unsigned counts[] = {12, 200, 1200};
    printf("longest of %ld rounds, us; on the loop's thread: clone, copy; on the worker: the rest\n", rounds);
    for (unsigned i = 0; i < sizeof counts / sizeof *counts; i++) {
        struct eb_policy *policy;
        struct eb_err err = {.msg = ""};
        const struct eb_policy_options options = {.lib_dir = lib};
        must(eb_policy_open(policies, &options, &policy, &err), policies, &err);
        struct eb_host *h = world(counts[i], policy);
        struct costs worst = {0};
        for (long round = 0; round < rounds; round++) {
            once(eb_host_engine(h), policy, &worst);
        }
        printf("%5u positions: clone %6.0f  copy %5.0f  build %6.0f  quiet market %6.0f  dry runs %8.0f\n", counts[i],
               (double)worst.clone / 1e3, (double)worst.copy / 1e3, (double)worst.build / 1e3,
               (double)worst.quiet / 1e3, (double)worst.dry / 1e3);
        plan(h, policy, policies, lib);
        eb_host_destroy(h);
        eb_policy_close(policy);
    }
    return 0;
}
