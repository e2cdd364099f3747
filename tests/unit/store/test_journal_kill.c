/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine that is killed while its journal writes: whatever it had been told to be durable is there afterwards, and
 * the state is the one that the engine had at that record. The engine is a child process; what it knew is in memory
 * that both share.
 */
#define _DEFAULT_SOURCE

#include "journal_scene.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS 40
#define HASHES 200000

/* What the child knows: durable is raised by its journal's thread, hash[n] is written before record n is appended. */
struct known {
    _Atomic uint64_t durable;
    atomic_bool ready;
    uint64_t hash[HASHES];
};
static struct known *known;
static struct eb_journal *journal;

static void note(void *user)
{
    (void)user;
    struct eb_store_port port = eb_journal_port(journal);
    atomic_store(&known->durable, port.durable_seq(port.store));
}

/* The port of the journal, with the engine's hash noted before each record. */
static struct scene scene;
static uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct eb_store_port port = eb_journal_port(store);
    uint64_t n = eb_engine_durable_count(scene.engine);
    if (n >= HASHES) {
        _exit(3);
    }
    known->hash[n] = eb_engine_durable_hash(scene.engine);
    return port.append(store, ev, witness, durable);
}

static void live(const struct eb_journal_options *o, uint64_t seed)
{
    struct scene_life life;
    struct eb_err err;
    if (scene_begin(&life, o, &err) != EB_OK) {
        _exit(1);
    }
    journal = life.journal;
    struct eb_store_port port = eb_journal_port(journal);
    port.append = append;
    known->hash[life.found.seq] = eb_engine_durable_hash(life.engine);
    note(NULL);
    (life.found.seq == 0 ? scene_open : scene_resume)(&scene, seed, life.engine, port);
    atomic_store(&known->ready, true);
    for (;;) {
        scene_run(&scene, 1);
        if (scene.lost > 0) {
            _exit(2);
        }
    }
}

static void pause_us(int64_t us)
{
    const struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
    (void)nanosleep(&t, NULL);
}

static void kill_after(pid_t child, int64_t us)
{
    int status = 0;
    while (!atomic_load(&known->ready) && waitpid(child, &status, WNOHANG) == 0) {
        pause_us(200);
    }
    pause_us(us);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); /* it had not ended by itself */
}

static void what_was_durable_survives_a_kill(void **state)
{
    (void)state;
    char dir[SCENE_PATH_MAX];
    char path[SCENE_PATH_MAX + 16];
    struct eb_rng rng;
    struct eb_recovery found;
    struct eb_err err = {.msg = ""};
    uint64_t hash;
    uint64_t beyond = 0;
    eb_rng_seed(&rng, 77);
    scene_place(dir);
    struct eb_journal_options o = scene_options(dir, path);
    o.progress = note;
    o.keep_ms = 3600000;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        atomic_store(&known->ready, false);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            live(&o, round + 1);
        }
        kill_after(child, eb_rng_range(&rng, 0, 30000));
        uint64_t durable = atomic_load(&known->durable);
        if (scene_recover(&o, &found, &hash, &err) != EB_OK) {
            fail_msg("round %d: %s", (int)round, err.msg);
        }
        assert_int_equal(found.found, EB_JOURNAL_CUT);
        assert_string_equal(found.why, "");
        assert_int_equal(found.differed, 0);
        assert_true(found.seq >= durable);
        assert_true(hash == known->hash[found.seq]);
        beyond += found.seq - durable;
    }
    assert_true(found.seq > ROUNDS); /* it had lived */
    assert_int_equal(found.segments <= ROUNDS, 1);
    print_message("%d kills, %llu records, %llu were on the disk before it was told\n", ROUNDS,
                  (unsigned long long)found.seq, (unsigned long long)beyond);
    scene_remove(dir);
}

int main(void)
{
    known = mmap(NULL, sizeof(*known), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (known == MAP_FAILED) {
        return 1;
    }
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_durable_survives_a_kill)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
