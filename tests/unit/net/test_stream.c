/* SPDX-License-Identifier: Apache-2.0 */
/* Streams carry every byte in order whatever the pieces, wait for nobody without a bound, and end once. */
#define _GNU_SOURCE

#include "pair.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/rng.h"
#include "net/inner.h"

#define MIB ((size_t)1 << 20)

static char *noise(size_t len)
{
    struct eb_rng rng;
    eb_rng_seed(&rng, 7);
    char *bytes = malloc(len);
    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)eb_rng_below(&rng, 256); /* also zeros and newlines: a stream knows no text */
    }
    return bytes;
}

static uint64_t hash_of(const char *bytes, size_t len)
{
    uint64_t hash = 0;
    for (size_t i = 0; i < len; i++) {
        hash = eb_hash64_u64(hash, (unsigned char)bytes[i]);
    }
    return hash;
}

/* Writes zeros until nothing more is taken; returns how many bytes were. */
static size_t fill(struct eb_stream *s, size_t piece)
{
    static const char zeros[65536];
    size_t taken = 0;
    int r = EB_OK;
    while ((r = eb_stream_write(s, zeros, piece)) == EB_OK) {
        taken += piece;
        assert_true(taken < 64 * MIB);
    }
    assert_int_equal(r, EB_E_FULL);
    return taken;
}

/* ---- bytes ---- */

static void a_mebibyte_comes_back_as_it_went(void **state)
{
    struct pair p = {.there.echo = true};
    pair_open(&p, *state);
    struct eb_rng rng;
    eb_rng_seed(&rng, 1);
    char *bytes = noise(MIB);
    for (size_t sent = 0; sent < MIB;) {
        size_t piece = 1 + (size_t)eb_rng_below(&rng, 7000);
        piece = piece > MIB - sent ? MIB - sent : piece;
        int r = eb_stream_write(p.here.s, bytes + sent, piece);
        assert_true(r == EB_OK || r == EB_E_FULL);
        sent += r == EB_OK ? piece : 0;
        eb_loop_once(p.rig->loop, r == EB_E_FULL);
    }
    rig_until(p.rig, &p.here.bytes, (int)MIB);
    assert_int_equal(p.here.bytes, MIB);
    assert_int_equal(p.there.bytes, MIB);
    assert_true(p.here.hash == hash_of(bytes, MIB));
    assert_int_equal(eb_stream_waiting(p.here.s), 0);
    free(bytes);
    pair_close(&p);
}

static void one_long_write_arrives_whole(void **state)
{
    struct pair p = {.limit = 1000}; /* shorter than what is written: something must be sent at all */
    pair_open(&p, *state);
    char *bytes = noise(3 * MIB);
    assert_int_equal(eb_stream_write(p.here.s, bytes, 3 * MIB), EB_OK);
    assert_true(eb_stream_waiting(p.here.s) > 0);
    assert_int_equal(eb_stream_write(p.here.s, bytes, 1), EB_E_FULL);
    rig_until(p.rig, &p.here.drained, 1);
    rig_until(p.rig, &p.there.bytes, (int)(3 * MIB));
    assert_true(p.there.hash == hash_of(bytes, 3 * MIB));
    assert_int_equal(p.here.drained, 1);
    free(bytes);
    pair_close(&p);
}

static void what_is_written_before_it_stands_is_sent_then(void **state)
{
    struct pair p = {0};
    pair_listen(&p, *state);
    assert_int_equal(eb_stream_connect(p.rig->loop, p.path, 100, &end_handlers, &p.here, &p.here.s, &p.rig->err),
                     EB_OK);
    assert_int_equal(eb_stream_write(p.here.s, "ear", 3), EB_OK);
    assert_int_equal(eb_stream_write(p.here.s, "", 0), EB_OK);
    assert_int_equal(eb_stream_write(p.here.s, "ly", 2), EB_OK);
    assert_int_equal(eb_stream_waiting(p.here.s), 5);
    assert_int_equal(p.here.opened, 0);
    rig_until(p.rig, &p.there.bytes, 5);
    assert_int_equal(p.here.opened, 1);
    assert_string_equal(p.there.first, "early");
    pair_close(&p);
}

/* ---- a peer that never reads ---- */

static void what_waits_is_bounded(void **state)
{
    struct pair p = {.limit = 100000};
    struct rig *r = *state;
    pair_listen(&p, r);
    int fd = rig_client(p.path); /* never reads */
    rig_until(r, &p.accepted, 1);
    (void)fill(p.there.s, 777);
    assert_true(eb_stream_waiting(p.there.s) > 100000 - 777);
    (void)fill(p.there.s, 1);
    size_t waiting = eb_stream_waiting(p.there.s);
    assert_int_equal(waiting, 100000);
    assert_int_equal(eb_stream_write(p.there.s, "x", 1), EB_E_FULL);
    for (int i = 0; i < 10; i++) {
        eb_loop_once(r->loop, false);
    }
    assert_int_equal(eb_stream_waiting(p.there.s), waiting); /* nothing of what was refused was taken */
    assert_int_equal(p.there.drained + p.there.closed, 0);
    (void)close(fd);
    rig_until(r, &p.there.closed, 1);
    assert_int_equal(p.there.why.code, EB_E_END);
    assert_int_equal(eb_stream_write(p.there.s, "x", 1), EB_E_END);
    rig_idle(r, 5);
    assert_int_equal(p.there.closed, 1);
    pair_close(&p);
}

static void it_drains_when_the_peer_reads_at_last(void **state)
{
    struct pair p = {0};
    pair_open(&p, *state);
    eb_stream_pause(p.there.s, true);
    size_t taken = fill(p.here.s, 5000);
    rig_idle(p.rig, 5);
    assert_int_equal(p.there.bytes + p.here.drained, 0);
    eb_stream_pause(p.there.s, false);
    rig_until(p.rig, &p.there.bytes, (int)taken);
    rig_until(p.rig, &p.here.drained, 1);
    assert_int_equal(p.there.bytes, taken);
    assert_int_equal(eb_stream_write(p.here.s, "x", 1), EB_OK);
    rig_until(p.rig, &p.there.bytes, (int)taken + 1);
    assert_int_equal(p.here.drained, 1); /* what did not have to wait is not told */
    pair_close(&p);
}

/* ---- ends ---- */

static void closing_in_each_handler_is_the_last_of_it(void **state)
{
    struct rig *r = *state;
    for (int call = END_OPENED; call <= END_CLOSED; call++) {
        for (int finish = 0; finish < 2; finish++) {
            struct pair p = {.here.finishes = finish == 1};
            p.here.leaves[call] = true;
            pair_listen(&p, r);
            assert_int_equal(eb_stream_connect(r->loop, p.path, MIB, &end_handlers, &p.here, &p.here.s, &r->err),
                             EB_OK);
            rig_until(r, &p.accepted, 1);
            if (call == END_DATA) {
                assert_int_equal(eb_stream_write(p.there.s, "hello", 5), EB_OK);
            } else if (call == END_DRAINED) {
                rig_until(r, &p.here.opened, 1);
                (void)fill(p.here.s, 60000);
            } else if (call == END_CLOSED) {
                end_close(&p.there);
            }
            const int *heard[] = {&p.here.opened, &p.here.bytes, &p.here.drained, &p.here.closed};
            rig_until(r, heard[call], 1);
            rig_idle(r, 5); /* the handlers assert that nothing follows */
            assert_null(p.here.s);
            if (p.there.s != NULL) {
                rig_until(r, &p.there.closed, 1);
                assert_int_equal(p.there.why.code, EB_E_END);
            }
            pair_close(&p);
        }
    }
}

static void finishing_writes_the_rest(void **state)
{
    struct pair p = {.here.finishes = true};
    pair_open(&p, *state);
    eb_stream_pause(p.there.s, true);
    size_t taken = fill(p.here.s, 10000);
    end_close(&p.here);
    assert_int_equal(eb_stream_write(p.there.s, "to nobody", 9), EB_OK);
    rig_idle(p.rig, 5);
    eb_stream_pause(p.there.s, false);
    rig_until(p.rig, &p.there.closed, 1);
    assert_int_equal(p.there.bytes, taken);
    assert_int_equal(p.there.why.code, EB_E_END);
    pair_close(&p);
}

static void finishing_before_it_stands_writes_as_well(void **state)
{
    struct pair p = {.here.finishes = true};
    pair_listen(&p, *state);
    assert_int_equal(eb_stream_connect(p.rig->loop, p.path, 100, &end_handlers, &p.here, &p.here.s, &p.rig->err),
                     EB_OK);
    assert_int_equal(eb_stream_write(p.here.s, "bye", 3), EB_OK);
    end_close(&p.here);
    rig_until(p.rig, &p.there.closed, 1);
    assert_string_equal(p.there.first, "bye");
    assert_int_equal(p.here.opened, 0);
    pair_close(&p);
}

static int readable(int fd, size_t *got)
{
    char buffer[8192];
    ssize_t n = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);
    *got += n > 0 ? (size_t)n : 0;
    return n == 0 ? 1 : 0;
}

static void finishing_does_not_wait_for_ever(void **state)
{
    struct pair p = {.there.finishes = true};
    pair_listen(&p, *state);
    int fd = rig_client(p.path); /* never reads */
    rig_until(p.rig, &p.accepted, 1);
    (void)fill(p.there.s, 10000);
    pair_close(&p);
    size_t got = 0;
    for (int i = 0; i < 60; i++) { /* reads some of it, and then never again */
        (void)readable(fd, &got);
        eb_loop_once(p.rig->loop, false);
    }
    int64_t begin = eb_monotonic_ns();
    eb_loop_destroy(p.rig->loop); /* waits for it, but not long */
    int64_t took = eb_monotonic_ns() - begin;
    assert_true(took >= INT64_C(900000000) && took < INT64_C(8000000000));
    (void)close(fd);
    assert_int_equal(eb_loop_create(&p.rig->loop, NULL), EB_OK);
}

/* A slow reader is served for longer than the limit; one that stops is left. */
static void finishing_waits_while_somebody_reads(void **state)
{
    struct rig *r = *state;
    for (int stops = 0; stops < 2; stops++) {
        struct pair p = {.there.finishes = true};
        pair_listen(&p, r);
        r->loop->linger_ns = stops == 0 ? INT64_C(2000000000) : INT64_C(100000000);
        int fd = rig_client(p.path);
        rig_until(r, &p.accepted, 1);
        size_t taken = fill(p.there.s, 10000);
        pair_close(&p);
        size_t got = 0;
        int64_t begin = eb_monotonic_ns();
        if (stops == 0) {
            while (readable(fd, &got) == 0) {
                rig_idle(r, 15);
            }
            assert_int_equal(got, taken);
            assert_true(eb_monotonic_ns() - begin > r->loop->linger_ns);
        } else {
            rig_idle(r, 10);
            eb_loop_run(r->loop); /* until it gives up */
            assert_true(eb_monotonic_ns() - begin >= INT64_C(90000000));
            while (readable(fd, &got) == 0) {}
            assert_true(got < taken);
        }
        (void)close(fd);
    }
}

static void what_was_said_last_is_heard_though_a_write_failed(void **state)
{
    struct pair p = {0};
    struct rig *r = *state;
    pair_listen(&p, r);
    int fd = rig_client(p.path);
    rig_until(r, &p.accepted, 1);
    assert_int_equal(write(fd, "refused: because", 16), 16);
    (void)close(fd);
    assert_int_equal(eb_stream_write(p.there.s, "one", 3), EB_OK); /* nobody reads this any more */
    assert_int_equal(eb_stream_write(p.there.s, "two", 3), EB_OK);
    rig_until(r, &p.there.closed, 1);
    assert_string_equal(p.there.first, "refused: because");
    assert_int_equal(p.there.why.code, EB_E_END);
    pair_close(&p);
}

static void a_paused_one_hears_of_the_end_by_writing(void **state)
{
    struct pair p = {0};
    struct rig *r = *state;
    pair_listen(&p, r);
    int fd = rig_client(p.path);
    rig_until(r, &p.accepted, 1);
    eb_stream_pause(p.there.s, true);
    assert_int_equal(write(fd, "unheard", 7), 7);
    (void)close(fd);
    rig_idle(r, 5);
    assert_int_equal(p.there.closed, 0);
    assert_int_equal(eb_stream_write(p.there.s, "x", 1), EB_OK);
    rig_until(r, &p.there.closed, 1);
    assert_int_equal(p.there.bytes, 0);
    pair_close(&p);
}

static void who_stopped_sending_may_still_read(void **state)
{
    struct pair p = {.there.finishes = true};
    struct rig *r = *state;
    pair_listen(&p, r);
    int fd = rig_client(p.path);
    assert_int_equal(write(fd, "question", 8), 8);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    rig_until(r, &p.there.bytes, 8);
    size_t taken = fill(p.there.s, 10000);
    rig_until(r, &p.there.closed, 1); /* it sends no more */
    assert_int_equal(p.there.why.code, EB_E_END);
    pair_close(&p);
    char buffer[65536];
    size_t got = 0;
    for (ssize_t n = 1; n > 0; got += (size_t)n) {
        eb_loop_once(r->loop, false);
        n = recv(fd, buffer, sizeof(buffer), 0);
        assert_true(n >= 0);
    }
    assert_int_equal(got, taken);
    (void)close(fd);
}

static void an_ended_one_is_told_nothing_more(void **state)
{
    struct pair p = {0};
    struct rig *r = *state;
    pair_listen(&p, r);
    int fd = rig_client(p.path);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    rig_until(r, &p.accepted, 1);
    size_t taken = fill(p.there.s, 10000);
    rig_until(r, &p.there.closed, 1);
    for (size_t got = 0; got < taken;) {
        (void)readable(fd, &got);
        eb_loop_once(r->loop, false);
    }
    rig_idle(r, 5);
    assert_int_equal(p.there.drained, 0);
    assert_int_equal(p.there.closed, 1);
    (void)close(fd);
    pair_close(&p);
}

/* ---- connecting ---- */

static void nobody_there(void **state)
{
    struct rig *r = *state;
    struct end e = {0};
    const char *path = rig_path(r, "nobody");
    assert_int_equal(eb_stream_connect(r->loop, path, 100, &end_handlers, &e, &e.s, &r->err), EB_OK);
    assert_int_equal(eb_stream_write(e.s, "x", 1), EB_OK);
    assert_int_equal(e.closed, 0); /* never within the call */
    rig_until(r, &e.closed, 1);
    assert_int_equal(e.opened, 0);
    assert_int_equal(e.why.code, EB_E_IO);
    assert_non_null(strstr(e.why.msg, path));
    assert_non_null(strstr(e.why.msg, "no such file"));
    assert_int_equal(eb_stream_write(e.s, "x", 1), EB_E_END);
    eb_stream_close(e.s);

    e = (struct end){0};
    rig_write(path, "no socket");
    assert_int_equal(eb_stream_connect(r->loop, path, 100, &end_handlers, &e, &e.s, &r->err), EB_OK);
    rig_until(r, &e.closed, 1);
    assert_int_equal(e.why.code, EB_E_IO);
    eb_stream_close(e.s);
}

static void closed_while_connecting(void **state)
{
    struct pair p = {0};
    pair_listen(&p, *state);
    struct rig *r = p.rig;
    const char *paths[] = {p.path, rig_path(r, "nobody")};
    for (size_t i = 0; i < EB_COUNT(paths); i++) {
        struct end e = {0};
        assert_int_equal(eb_stream_connect(r->loop, paths[i], 100, &end_handlers, &e, &e.s, &r->err), EB_OK);
        assert_int_equal(eb_stream_write(e.s, "x", 1), EB_OK);
        end_close(&e);
        rig_idle(r, 5);
        assert_int_equal(e.opened + e.closed + e.drained, 0);
    }
    eb_stream_close(NULL);
    eb_stream_finish(NULL);
    pair_close(&p);
}

static void paths_have_a_limit(void **state)
{
    struct rig *r = *state;
    struct end e = {0};
    char path[200];
    memset(path, 'x', sizeof(path));
    path[108] = '\0';
    assert_int_equal(eb_stream_connect(r->loop, path, 1, &end_handlers, &e, &e.s, &r->err), EB_E_INVALID);
    assert_non_null(strstr(r->err.msg, "at most 107 bytes"));
    assert_int_equal(eb_stream_connect(r->loop, "", 1, &end_handlers, &e, &e.s, &r->err), EB_E_INVALID);
}

static void who_is_there(void **state)
{
    struct pair p = {0};
    pair_open(&p, *state);
    struct eb_peer who = {0};
    assert_int_equal(eb_stream_peer(p.there.s, &who, &p.rig->err), EB_OK);
    assert_int_equal(who.uid, getuid());
    assert_int_equal(who.gid, getgid());
    assert_int_equal(who.pid, getpid());
    pair_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(a_mebibyte_comes_back_as_it_went),
        RIG_CASE(one_long_write_arrives_whole),
        RIG_CASE(what_is_written_before_it_stands_is_sent_then),
        RIG_CASE(what_waits_is_bounded),
        RIG_CASE(it_drains_when_the_peer_reads_at_last),
        RIG_CASE(closing_in_each_handler_is_the_last_of_it),
        RIG_CASE(finishing_writes_the_rest),
        RIG_CASE(finishing_before_it_stands_writes_as_well),
        RIG_CASE(finishing_does_not_wait_for_ever),
        RIG_CASE(finishing_waits_while_somebody_reads),
        RIG_CASE(what_was_said_last_is_heard_though_a_write_failed),
        RIG_CASE(a_paused_one_hears_of_the_end_by_writing),
        RIG_CASE(who_stopped_sending_may_still_read),
        RIG_CASE(an_ended_one_is_told_nothing_more),
        RIG_CASE(nobody_there),
        RIG_CASE(closed_while_connecting),
        RIG_CASE(paths_have_a_limit),
        RIG_CASE(who_is_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
