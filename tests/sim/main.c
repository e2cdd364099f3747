/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eb_sim: many simulated lives, each from its seed.
 *
 *     eb_sim [--seeds N] [--from S] [--seed S [--verbose]] [--minutes M] [--twice]
 *
 * 0: nothing was violated. 1: something was; it says seed, what, and the last events. 2: wrong usage.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "domain/order.h"
#include "world.h"

struct settings {
    uint64_t seeds, from;
    int64_t minutes;
    bool verbose, twice;
};

static struct world world;

/* ---- a life that ends in an assertion ---------------------------------------------------------------------------- */

static void say_violation(const char *what)
{
    (void)fprintf(stderr, "\nseed %" PRIu64 ": VIOLATION: %s\n", world.seed, what);
    (void)fprintf(stderr, "%s, %s, %u symbols, at %.3f s; the last events:\n", world.hedge ? "hedge" : "one-way",
                  world.shadow ? "shadow" : "live", world.symbols, (double)(world.now_ms - WORLD_START_MS) / 1000.0);
    trace_print(&world.trace, stderr);
    (void)fprintf(stderr, "seed %" PRIu64 ": VIOLATION: %s\nagain: eb_sim --seed %" PRIu64 "\n", world.seed, what,
                  world.seed);
}

static void on_abort(int number)
{
    (void)number;
    say_violation("an assertion of the program itself failed");
    (void)fflush(stderr);
    _exit(1);
}

static void catch_aborts(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_abort;
    (void)sigaction(SIGABRT, &action, NULL);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void add(struct world_figures *sum, const struct world_figures *one)
{
    sum->events += one->events;
    sum->submits += one->submits;
    sum->trades += one->trades;
    sum->episodes += one->episodes;
    sum->verdicts += one->verdicts;
    sum->checks += one->checks;
    sum->simulated_ms += one->simulated_ms;
    sum->images += one->images;
    sum->clones += one->clones;
    sum->crashes += one->crashes;
    sum->halted += one->halted;
    sum->by_image += one->by_image;
    sum->lost_records += one->lost_records;
    for (unsigned i = 0; i < ORACLE_STAGE_COUNT; i++) {
        sum->stages[i] += one->stages[i];
    }
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        sum->exits[i] += one->exits[i];
    }
    for (unsigned i = 0; i < EB_ALERT_COUNT; i++) {
        sum->alerts[i] += one->alerts[i];
    }
    for (unsigned i = 0; i < EB_SIM_F_COUNT; i++) {
        sum->sim_faults[i] += one->sim_faults[i];
    }
    for (unsigned i = 0; i < WORLD_F_COUNT; i++) {
        sum->faults[i] += one->faults[i];
    }
}

static void print_figures(const struct world_figures *f, uint64_t seeds, double seconds, unsigned violations)
{
    printf("seeds %" PRIu64 "  simulated %.1f h  events %" PRIu64 "  verdicts %" PRIu64 "  episodes %" PRIu64
           "  submits %" PRIu64 "  trades %" PRIu64 "\n",
           seeds, (double)f->simulated_ms / 3600000.0, f->events, f->verdicts, f->episodes, f->submits, f->trades);
    printf("exits:");
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        printf(" %s %" PRIu64, eb_exit_reason_name((enum eb_exit_reason)i), f->exits[i]);
    }
    printf("\nfaults of the exchange:");
    for (unsigned i = 0; i < EB_SIM_F_COUNT; i++) {
        printf(" %s %" PRIu64, eb_sim_fault_name((enum eb_sim_fault)i), f->sim_faults[i]);
    }
    printf("\nother faults:");
    for (unsigned i = 0; i < WORLD_F_COUNT; i++) {
        printf(" %s %" PRIu64, world_fault_name((enum world_fault)i), f->faults[i]);
    }
    printf("\nimages %" PRIu64 "  clones %" PRIu64 "  crashes %" PRIu64 " (clock halted %" PRIu64
           ", by an image %" PRIu64 ", records lost %" PRIu64 "):",
           f->images, f->clones, f->crashes, f->halted, f->by_image, f->lost_records);
    for (unsigned i = 0; i < ORACLE_STAGE_COUNT; i++) {
        printf("%s %s %" PRIu64, i == 0 ? "" : ",", oracle_stage_name(i), f->stages[i]);
    }
    printf("\ninvariants evaluated %" PRIu64 "  violations %u  %.1f s\n", f->checks, violations, seconds);
}

/* ---- runs -------------------------------------------------------------------------------------------------------- */

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool live(const struct settings *s, uint64_t seed, struct world_figures *out)
{
    const struct world_options options = {.seed = seed, .minutes = s->minutes, .verbose = s->verbose};
    if (world_live(&world, &options, out) != 0) {
        say_violation(world.oracle.violation);
        return false;
    }
    if (!s->twice) {
        return true;
    }
    struct world_figures again;
    if (world_live(&world, &options, &again) != 0 || again.trace != out->trace) {
        say_violation("the same seed gave another trace");
        return false;
    }
    return true;
}

static int run(const struct settings *s)
{
    struct world_figures sum = {0};
    double began = now_s();
    bool terminal = isatty(STDERR_FILENO) == 1 && !s->verbose;
    for (uint64_t i = 0; i < s->seeds; i++) {
        struct world_figures one;
        if (terminal) {
            (void)fprintf(stderr, "\rseed %" PRIu64 " (%" PRIu64 " of %" PRIu64 ") ", s->from + i, i + 1, s->seeds);
        }
        bool well = live(s, s->from + i, &one);
        add(&sum, &one);
        if (!well) {
            print_figures(&sum, i + 1, now_s() - began, 1);
            return 1;
        }
        if (s->seeds == 1) {
            printf("trace %016" PRIx64 "  durable state %016" PRIx64 "\n", one.trace, one.durable_hash);
        }
    }
    if (terminal) {
        (void)fprintf(stderr, "\r                                        \r");
    }
    print_figures(&sum, s->seeds, now_s() - began, 0);
    return 0;
}

/* ---- options ----------------------------------------------------------------------------------------------------- */

static bool number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = text != NULL ? strtoull(text, &end, 10) : 0;
    return text != NULL && errno == 0 && end != text && *end == '\0';
}

static int usage(void)
{
    (void)fputs(
        "usage: eb_sim [--seeds N] [--from S] [--seed S [--verbose]] [--minutes M] [--twice]\n"
        "Without --seeds: EB_SIM_SEEDS of the environment, or 300. --twice: each seed must give the same trace.\n",
        stderr);
    return 2;
}

int main(int argc, char **argv)
{
    struct settings s = {.seeds = 300, .from = 1};
    uint64_t value;
    if (number(getenv("EB_SIM_SEEDS"), &value)) {
        s.seeds = value;
    }
    for (int i = 1; i < argc; i++) {
        bool has = i + 1 < argc && number(argv[i + 1], &value);
        if (strcmp(argv[i], "--verbose") == 0) {
            s.verbose = true;
        } else if (strcmp(argv[i], "--twice") == 0) {
            s.twice = true;
        } else if (strcmp(argv[i], "--seeds") == 0 && has) {
            s.seeds = value;
            i++;
        } else if (strcmp(argv[i], "--from") == 0 && has) {
            s.from = value;
            i++;
        } else if (strcmp(argv[i], "--seed") == 0 && has) {
            s.from = value;
            s.seeds = 1;
            i++;
        } else if (strcmp(argv[i], "--minutes") == 0 && has) {
            s.minutes = (int64_t)value;
            i++;
        } else {
            return usage();
        }
    }
    catch_aborts();
    return run(&s);
}
