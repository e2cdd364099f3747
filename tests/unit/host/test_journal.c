/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole lives into a real journal: the real turn, a misbehaving exchange, a policy with every kind of answer. What is
 * recovered is the state that was, whether the engine closed properly or died; every hash and image on the way agrees;
 * orders that wait for the disk leave. EB_SIM_SEEDS says how many lives.
 */
#define _POSIX_C_SOURCE 200809L

#include "world.h"

#include "store/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SEEDS 24
#define STEPS 3000
#define WAIT_MS 60000

static struct world w;
static struct eb_err err;

/* A journal begins with an engine; the world's is there when its first event comes. That event is in the image then,
 * and the numbers go on from it. */
static struct {
    char dir[64], path[96];
    struct eb_journal_options options;
    struct eb_journal *journal;
    struct eb_recovery found;
    bool begun;
} g;

static uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    (void)store;
    struct eb_store_port port = eb_journal_port(g.journal);
    if (!g.begun) {
        assert_true(durable);
        g.begun = true;
        assert_int_equal(eb_journal_begin(g.journal, eb_host_engine(w.host), &w.engine_config, w.now_ms, &err), EB_OK);
        return port.durable_seq(port.store);
    }
    return port.append(port.store, ev, witness, durable);
}

static uint64_t durable_seq(void *store)
{
    (void)store;
    struct eb_store_port port = eb_journal_port(g.journal);
    return g.begun ? port.durable_seq(port.store) : 0;
}

static void open_life(uint64_t seed)
{
    struct eb_engine *state;
    const char *tmp = getenv("TMPDIR");
    memset(&g, 0, sizeof(g));
    (void)snprintf(g.dir, sizeof(g.dir), "%.40s/eb_live_XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(g.dir));
    (void)snprintf(g.path, sizeof(g.path), "%s/journal.db", g.dir);
    g.options = (struct eb_journal_options){
        .path = g.path, .account = "world", .build = "test", .image_every = 150, .hash_every = 10 + (uint32_t)seed % 7};
    assert_int_equal(eb_journal_open(&g.options, &g.journal, &g.found, &state, &err), EB_OK);
    assert_null(state);
    world_open(&w, &(struct world_options){.seed = seed,
                                           .faults = seed % 3 != 0,
                                           .wild_policy = true,
                                           .other_store = {.store = &g, .append = append, .durable_seq = durable_seq}});
}

static void remove_files(void)
{
    static const char *const suffix[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < EB_COUNT(suffix); i++) {
        char name[128];
        (void)snprintf(name, sizeof(name), "%s%s", g.path, suffix[i]);
        (void)unlink(name);
    }
    assert_int_equal(rmdir(g.dir), 0);
}

static void expect_recovered(uint64_t seed, bool properly, uint64_t hash, uint64_t records)
{
    struct eb_engine *state;
    if (eb_journal_open(&g.options, &g.journal, &g.found, &state, &err) != EB_OK) {
        fail_msg("seed %d: %s", (int)seed, err.msg);
    }
    if (g.found.found != (properly ? EB_JOURNAL_CLEAN : EB_JOURNAL_CUT) || g.found.differed != 0 ||
        g.found.why[0] != '\0' || state == NULL || eb_engine_durable_hash(state) != hash) {
        fail_msg("seed %d: found %d, %d differ, %s", (int)seed, g.found.found, (int)g.found.differed, g.found.why);
    }
    assert_int_equal(g.found.seq, records);
    eb_engine_destroy(state);
    assert_int_equal(eb_journal_close(g.journal, NULL, 0, &err), EB_OK);
}

static uint64_t expect_all_agrees(uint64_t seed, uint64_t hash)
{
    struct eb_journal_reader *r;
    struct eb_engine *e = NULL;
    struct eb_fold_result result;
    assert_int_equal(eb_journal_reader_open(g.path, &r, &err), EB_OK);
    if (eb_journal_check(r, NULL, NULL, &err) != EB_OK ||
        eb_journal_fold(r, INT64_MAX, true, NULL, NULL, &e, &result, &err) != EB_OK) {
        fail_msg("seed %d: %s", (int)seed, err.msg);
    }
    if (result.disagree + result.replay.differed != 0) {
        fail_msg("seed %d: record %d differs, state after %d disagrees", (int)seed, (int)result.replay.first_differed,
                 (int)result.first_disagree);
    }
    assert_true(eb_engine_durable_hash(e) == hash);
    eb_engine_destroy(e);
    eb_journal_reader_close(r);
    return result.hashes;
}

static void a_journal_gives_back_the_state_that_was(void **state)
{
    (void)state;
    const char *env = getenv("EB_SIM_SEEDS");
    char *end = NULL;
    long seeds = env != NULL ? strtol(env, &end, 10) : SEEDS;
    seeds = env != NULL && *end == '\0' && seeds > 0 ? seeds : SEEDS;
    uint64_t hashes = 0;
    uint64_t records = 0;
    uint64_t exits = 0;
    for (uint64_t seed = 1; seed <= (uint64_t)seeds; seed++) {
        open_life(seed);
        world_walk(&w, STEPS);
        uint64_t hash = eb_engine_durable_hash(eb_host_engine(w.host));
        uint64_t last = eb_engine_durable_count(eb_host_engine(w.host)) - 1; /* the first is in the image */
        struct eb_turn_times times;
        eb_host_turn_times(w.host, &times);
        assert_int_equal(times.lost, 0);
        assert_int_equal(eb_journal_sync(g.journal, WAIT_MS, &err), EB_OK);
        bool properly = seed % 2 == 0;
        struct eb_journal_stats stats;
        eb_journal_stats(g.journal, &stats);
        assert_int_equal(stats.disagree, 0);
        assert_int_equal(eb_journal_close(g.journal, properly ? eb_host_engine(w.host) : NULL, w.now_ms, &err), EB_OK);
        for (int i = 0; i < EB_EXIT_REASON_COUNT; i++) {
            exits += w.exits[i];
        }
        world_close(&w);
        expect_recovered(seed, properly, hash, last);
        hashes += expect_all_agrees(seed, hash);
        records += last;
        remove_files();
    }
    assert_true(exits > (uint64_t)seeds && hashes > (uint64_t)seeds);
    print_message("%ld lives, %llu records, %llu exits, equal at %llu places\n", seeds, (unsigned long long)records,
                  (unsigned long long)exits, (unsigned long long)hashes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_journal_gives_back_the_state_that_was)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
