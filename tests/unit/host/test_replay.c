/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The law of what is remembered: a fold of everything gives the state that was, and so does a fold of the durable
 * events alone. Runs are random markets with a policy of every kind of answer, with and without a misbehaving exchange.
 */
#define _POSIX_C_SOURCE 200809L

#include "world.h"

#include "store/replay.h"
#include "store/tape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define STEPS 1500
#define SEEDS 6

static struct world w;

static struct eb_engine *fresh_engine(const struct eb_engine_config *c)
{
    struct eb_engine *e;
    assert_int_equal(eb_engine_create(c, &e, NULL), EB_OK);
    return e;
}

static void expect_fold(struct eb_record_source source, int64_t until_ms, bool durable_only, uint64_t hash,
                        struct eb_replay_result *out)
{
    struct eb_engine *e = fresh_engine(&w.engine_config);
    struct eb_err err = {0};
    if (eb_replay_fold(source, e, until_ms, durable_only, out, &err) != EB_OK) {
        fail_msg("%s", err.msg);
    }
    if (out->differed != 0) {
        fail_msg("record %d was durable then or is now, not both", (int)out->first_differed);
    }
    assert_true(out->durable_hash == hash);
    eb_engine_destroy(e);
}

static void expect_fold_of_memory(int64_t until_ms, bool durable_only, uint64_t hash, struct eb_replay_result *out)
{
    struct eb_memory_cursor cursor = eb_memory_store_cursor(w.store);
    expect_fold(eb_memory_cursor_source(&cursor), until_ms, durable_only, hash, out);
}

static void folds_give_the_state_that_was(bool faults)
{
    uint64_t exits = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        world_open(&w, &(struct world_options){.seed = seed, .faults = faults, .wild_policy = true});
        world_walk(&w, STEPS);
        int64_t half_ms = w.now_ms;
        uint64_t half = eb_engine_durable_hash(eb_host_engine(w.host));
        uint64_t half_count = eb_memory_store_count(w.store);
        world_walk(&w, STEPS);
        uint64_t full = eb_engine_durable_hash(eb_host_engine(w.host));
        assert_true(half != full);

        struct eb_replay_result r;
        expect_fold_of_memory(INT64_MAX, false, full, &r);
        assert_int_equal(r.stepped, eb_memory_store_count(w.store));
        assert_int_equal(r.last_ms, w.now_ms);
        expect_fold_of_memory(INT64_MAX, true, full, &r);
        assert_int_equal(r.stepped, eb_memory_store_durable_count(w.store));
        assert_int_equal(r.stepped, r.durable);
        assert_true(r.stepped < r.read / 2); /* most of a market is quiet */
        expect_fold_of_memory(half_ms, false, half, &r);
        assert_int_equal(r.stepped, half_count);
        assert_true(r.last_ms <= half_ms);
        expect_fold_of_memory(half_ms, true, half, &r);
        for (int i = 0; i < EB_EXIT_REASON_COUNT; i++) {
            exits += w.exits[i];
        }
        world_close(&w);
    }
    assert_true(exits > 100);
}

static void folds_of_a_calm_exchange_give_the_state_that_was(void **state)
{
    (void)state;
    folds_give_the_state_that_was(false);
}

static void folds_of_a_misbehaving_exchange_give_the_state_that_was(void **state)
{
    (void)state;
    folds_give_the_state_that_was(true);
}

static void a_tape_of_a_run_folds_to_the_state_that_was(void **state)
{
    (void)state;
    char path[] = "/tmp/eb_replay_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    (void)unlink(path); /* a tape is never overwritten: only the name was wanted */
    struct eb_tape_info info;
    memset(&info, 0, sizeof(info));
    eb_engine_config_default(&info.engine);
    info.engine.symbols_max = WORLD_SYMBOLS;
    struct eb_tape *tape;
    assert_int_equal(eb_tape_create(path, &info, &tape, NULL), EB_OK);
    world_open(&w, &(struct world_options){.seed = 3, .wild_policy = true, .other_store = eb_tape_store_port(tape)});
    world_walk(&w, STEPS);
    uint64_t hash = eb_engine_durable_hash(eb_host_engine(w.host));
    uint64_t count = eb_tape_count(tape);
    assert_true(count > STEPS);
    assert_int_equal(eb_tape_close(tape, NULL), EB_OK);

    for (int durable_only = 0; durable_only < 2; durable_only++) {
        struct eb_tape_reader *reader;
        struct eb_replay_result r;
        assert_int_equal(eb_tape_open(path, &reader, NULL), EB_OK);
        assert_int_equal(eb_tape_reader_info(reader)->engine.symbols_max, WORLD_SYMBOLS);
        expect_fold(eb_tape_reader_source(reader), INT64_MAX, durable_only == 1, hash, &r);
        assert_int_equal(r.read, count);
        assert_false(eb_tape_reader_truncated(reader));
        eb_tape_reader_close(reader);
    }
    world_close(&w);
    assert_int_equal(unlink(path), 0);
}

static void another_configuration_is_told(void **state)
{
    (void)state;
    world_open(&w, &(struct world_options){.seed = 1, .wild_policy = true});
    world_walk(&w, 200);
    struct eb_engine_config small = w.engine_config;
    small.symbols_max = 2;
    struct eb_engine *e = fresh_engine(&small);
    struct eb_memory_cursor cursor = eb_memory_store_cursor(w.store);
    struct eb_err err = {0};
    struct eb_replay_result r;
    assert_int_equal(eb_replay_fold(eb_memory_cursor_source(&cursor), e, INT64_MAX, false, &r, &err), EB_E_CORRUPT);
    assert_non_null(strstr(err.msg, "record 3 (kind 5): the engine refuses it now"));
    assert_int_equal(r.read, 3);
    assert_int_equal(r.stepped, 2);
    eb_engine_destroy(e);

    struct eb_engine_config other = w.engine_config; /* refuses nothing, decides otherwise: the flags tell */
    other.cycle_ms = 20000;
    e = fresh_engine(&other);
    cursor = eb_memory_store_cursor(w.store);
    assert_int_equal(eb_replay_fold(eb_memory_cursor_source(&cursor), e, INT64_MAX, false, &r, &err), EB_OK);
    assert_true(r.durable_hash != eb_engine_durable_hash(eb_host_engine(w.host)));
    eb_engine_destroy(e);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_of_a_calm_exchange_give_the_state_that_was),
        cmocka_unit_test(folds_of_a_misbehaving_exchange_give_the_state_that_was),
        cmocka_unit_test(a_tape_of_a_run_folds_to_the_state_that_was),
        cmocka_unit_test(another_configuration_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
