/* SPDX-License-Identifier: Apache-2.0 */
/*
 * eb_fault: lives under each trouble alone and under each two of them, and a table of what came of it.
 *
 *     eb_fault [--seeds N] [--pair-seeds N] [--table FILE] [--policy DIR --lib DIR] [--bug NAME]
 *     eb_fault --only NAME[,NAME] [--seed N] [--verbose]
 *
 * 0: nothing was violated. 1: something was. 2: wrong usage.
 */
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "town.h"

#define TROUBLED_MS 70000
#define CALM_MS 140000 /* longer than the two minutes of silence that a 403 costs */

struct settings {
    struct town_options life;
    uint64_t seeds, pair_seeds;
    bool one, seeded;
    const char *table;
    FILE *out;
};
struct sums {
    struct town_figures all;
    unsigned lives, violations;
};

static struct town town;

static void add(struct sums *s, const struct town_figures *f)
{
    s->lives++;
    s->violations += f->verdict[0] != '\0';
    s->all.exits += f->exits;
    s->all.unknown += f->unknown;
    s->all.submits += f->submits;
    s->all.opened += f->opened;
    s->all.gaps += f->gaps;
    s->all.losts += f->losts;
    s->all.failed_pictures += f->failed_pictures;
    s->all.liquidations += f->liquidations;
    s->all.unattributed += f->unattributed;
    s->all.unprotected_sum_ms += f->unprotected_sum_ms;
    s->all.unprotected_spells += f->unprotected_spells;
    if (f->unprotected_max_ms > s->all.unprotected_max_ms) {
        s->all.unprotected_max_ms = f->unprotected_max_ms;
    }
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        s->all.reasons[i] += f->reasons[i];
    }
    for (unsigned i = 0; i < EB_PURPOSE_COUNT; i++) {
        s->all.purposes[i] += f->purposes[i];
    }
}

static void head(FILE *out)
{
    (void)fprintf(out, "%-36s %5s %6s %6s %7s %6s %5s %9s %9s  %s\n", "trouble", "seed", "struck", "exits", "unknown",
                  "orders", "gaps", "naked max", "mean ms", "verdict");
}

static void row(const struct settings *s, const struct town_options *o, const struct town_figures *f)
{
    char name[80];
    int64_t mean_ms = f->unprotected_spells > 0 ? f->unprotected_sum_ms / (int64_t)f->unprotected_spells : 0;
    (void)snprintf(name, sizeof(name), "%s%s%s", town_trouble_name(o->trouble[0]), o->trouble[1] >= 0 ? " + " : "",
                   o->trouble[1] >= 0 ? town_trouble_name(o->trouble[1]) : "");
    FILE *const to[] = {s->out, f->verdict[0] != '\0' ? stdout : NULL};
    for (size_t i = 0; i < EB_COUNT(to); i++) {
        if (to[i] != NULL && (i == 0 || to[i] != to[0])) {
            (void)fprintf(to[i],
                          "%-36s %5" PRIu64 " %6" PRIu64 " %6" PRIu64 " %7" PRIu64 " %6" PRIu64 " %5" PRIu64
                          " %9" PRId64 " %9" PRId64 "  %s\n",
                          name, o->seed, f->struck[0] + f->struck[1], f->exits, f->unknown, f->submits, f->gaps,
                          f->unprotected_max_ms, mean_ms, f->verdict[0] != '\0' ? f->verdict : "ok");
        }
    }
}

static void live(const struct settings *s, struct sums *sums, int first, int second, uint64_t seed)
{
    struct town_options o = s->life;
    struct town_figures f;
    o.trouble[0] = first;
    o.trouble[1] = second;
    o.seed = seed;
    town_live(&town, &o, &f);
    row(s, &o, &f);
    add(sums, &f);
}

static void live_all(const struct settings *s, struct sums *sums)
{
    int n = town_trouble_count();
    for (int i = -1; i < n; i++) {
        for (uint64_t seed = 1; seed <= s->seeds; seed++) {
            live(s, sums, i, -1, seed);
        }
    }
    for (int i = 0; i < n; i++) {
        for (int j = i + 1; j < n; j++) {
            for (uint64_t seed = 1; seed <= s->pair_seeds; seed++) {
                live(s, sums, i, j, seed * 1000 + (uint64_t)(i * n + j));
            }
        }
    }
}

static void summary(FILE *out, const struct sums *s, double seconds)
{
    const struct town_figures *f = &s->all;
    int64_t mean_ms = f->unprotected_spells > 0 ? f->unprotected_sum_ms / (int64_t)f->unprotected_spells : 0;
    (void)fprintf(out,
                  "lives %u  violations %u  positions %" PRIu64 "  orders %" PRIu64 "  exits %" PRIu64
                  "  unknown outcomes %" PRIu64 "  gaps %" PRIu64 "  connections lost %" PRIu64
                  "  failed pictures %" PRIu64 "  liquidations %" PRIu64 "  exits told as others' %" PRIu64
                  "  unprotected max %" PRId64 " ms, mean %" PRId64 " ms  %.1f s\n",
                  s->lives, s->violations, f->opened, f->submits, f->exits, f->unknown, f->gaps, f->losts,
                  f->failed_pictures, f->liquidations, f->unattributed, f->unprotected_max_ms, mean_ms, seconds);
    (void)fprintf(out, "exits:");
    for (unsigned i = 0; i < EB_EXIT_REASON_COUNT; i++) {
        (void)fprintf(out, " %s %" PRIu64, eb_exit_reason_name((enum eb_exit_reason)i), f->reasons[i]);
    }
    (void)fprintf(out, "\norders:");
    for (unsigned i = 0; i < EB_PURPOSE_COUNT; i++) {
        (void)fprintf(out, " %s %" PRIu64, eb_purpose_name((enum eb_purpose)i), f->purposes[i]);
    }
    (void)fprintf(out, "\n");
}

/* ---- the command line -------------------------------------------------------------------------------------------- */

static bool number(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return errno == 0 && end != text && *end == '\0';
}

static bool troubles(const char *text, int out[TOWN_TROUBLES_AT_ONCE])
{
    char copy[96];
    (void)snprintf(copy, sizeof(copy), "%s", text);
    char *save = NULL;
    unsigned count = 0;
    for (char *name = strtok_r(copy, ",", &save); name != NULL; name = strtok_r(NULL, ",", &save)) {
        int found = strcmp(name, "none") == 0 ? -1 : -2;
        for (int i = 0; i < town_trouble_count(); i++) {
            found = strcmp(name, town_trouble_name(i)) == 0 ? i : found;
        }
        if (found == -2 || count == TOWN_TROUBLES_AT_ONCE) {
            return false;
        }
        out[count++] = found;
    }
    return count > 0;
}

static bool bug(const char *text, enum town_bug *out)
{
    static const char *const names[] = {"none", "unknown_as_rejected", "failed_as_empty"};
    for (size_t i = 0; i < EB_COUNT(names); i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum town_bug)i;
            return true;
        }
    }
    return false;
}

static bool option(struct settings *s, const char *name, const char *value)
{
    if (strcmp(name, "--seeds") == 0) {
        return number(value, &s->seeds);
    }
    if (strcmp(name, "--pair-seeds") == 0) {
        return number(value, &s->pair_seeds);
    }
    if (strcmp(name, "--seed") == 0) {
        s->seeded = true;
        return number(value, &s->life.seed);
    }
    if (strcmp(name, "--only") == 0) {
        s->one = true;
        return troubles(value, s->life.trouble);
    }
    if (strcmp(name, "--bug") == 0) {
        return bug(value, &s->life.bug);
    }
    const char **text = strcmp(name, "--policy") == 0  ? &s->life.policy
                        : strcmp(name, "--lib") == 0   ? &s->life.lib
                        : strcmp(name, "--table") == 0 ? &s->table
                                                       : NULL;
    if (text != NULL) {
        *text = value;
    }
    return text != NULL;
}

static bool arguments(struct settings *s, int argc, char **argv)
{
    const char *more = getenv("EB_FAULT_SEEDS");
    if (more != NULL && !number(more, &s->pair_seeds)) {
        return false;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--verbose") == 0) {
            s->life.verbose = true;
        } else if (i + 1 >= argc || !option(s, argv[i], argv[i + 1])) {
            return false;
        } else {
            i++;
        }
    }
    return true;
}

int main(int argc, char **argv)
{
    struct settings s = {.seeds = 3, .pair_seeds = 1};
    struct sums sums;
    struct timespec from, to;
    memset(&sums, 0, sizeof(sums));
    s.life.trouble[0] = s.life.trouble[1] = -1;
    s.life.troubled_ms = TROUBLED_MS;
    s.life.calm_ms = CALM_MS;
    if (!arguments(&s, argc, argv)) {
        (void)fprintf(stderr, "usage: eb_fault [--seeds N] [--pair-seeds N] [--only NAME[,NAME]] [--seed N] "
                              "[--table FILE] [--policy DIR --lib DIR] [--bug NAME] [--verbose]\n");
        return 2;
    }
    s.out = s.table != NULL ? fopen(s.table, "w") : NULL;
    if (s.table != NULL && s.out == NULL) {
        (void)fprintf(stderr, "%s cannot be written\n", s.table);
        return 2;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &from);
    if (s.out != NULL) {
        head(s.out);
    }
    head(stdout);
    if (s.one) {
        for (uint64_t seed = 1; seed <= (s.seeded ? 1 : s.seeds); seed++) {
            live(&s, &sums, s.life.trouble[0], s.life.trouble[1], s.seeded ? s.life.seed : seed);
        }
    } else {
        live_all(&s, &sums);
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &to);
    double seconds = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
    summary(stdout, &sums, seconds);
    if (s.out != NULL) {
        summary(s.out, &sums, seconds);
        (void)fclose(s.out);
    }
    return sums.violations > 0 ? 1 : 0;
}
