/* SPDX-License-Identifier: Apache-2.0 */
/* A tape gives back what was put on it; a file that is cut, damaged or foreign is told from it, and never crashes. */
#define _POSIX_C_SOURCE 200809L

#include "fill.h"

#include "base/hash.h"
#include "store/tape.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zlib.h>

#include <cmocka.h>

#define EVENTS 400
#define FILE_MAX 4000000

static struct eb_decoded_event given, got;
static unsigned char record[EB_RECORD_MAX];
static unsigned char whole[FILE_MAX], part[FILE_MAX];
static char dir[] = "/tmp/eb_tape_XXXXXX";
static char path[64];

static int enter(void **state)
{
    (void)state;
    if (mkdtemp(dir) == NULL || snprintf(path, sizeof(path), "%s/t.tape", dir) < 0) {
        return -1;
    }
    return 0;
}

static int leave(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(dir); /* fails, and the group with it, where a case left a file */
}

static struct eb_tape_info test_info(void)
{
    struct eb_tape_info info;
    struct eb_rng rng;
    eb_rng_seed(&rng, 3);
    memset(&info, 0, sizeof(info));
    fill_engine_config(&rng, &info.engine);
    memcpy(info.build, "0.1.0 abc", 10);
    memcpy(info.policy.name, "default", 8);
    info.policy.hash[31] = 9;
    info.created_ms = 1700000000000;
    return info;
}

/* Hash of an event as it would be written: what the writer and the reader are compared by. */
static uint64_t event_hash(uint64_t seed, const struct eb_decoded_event *e)
{
    size_t len = 0;
    assert_int_equal(eb_encode_event(&e->ev, e->ev.witness, e->durable, record, sizeof(record), &len), EB_OK);
    return eb_hash64(seed, record, len);
}

/* Writes a tape of n events; hashes[i] is that of the first i. */
static uint64_t hashes[EVENTS + 1];
static struct eb_tape *write_tape(int n)
{
    (void)unlink(path);
    struct eb_tape_info info = test_info();
    struct eb_tape *t;
    struct eb_err err;
    assert_int_equal(eb_tape_create(path, &info, &t, &err), EB_OK);
    struct eb_store_port port = eb_tape_store_port(t);
    assert_true(port.wants_quiet && port.durable_seq == NULL && !port.failed(port.store));
    struct eb_rng rng;
    eb_rng_seed(&rng, 8);
    uint64_t durable = 0;
    for (int i = 0; i < n; i++) {
        fill_event(&rng, (enum eb_event_kind)(i % EB_EV_COUNT), &given);
        durable += given.durable ? 1 : 0;
        assert_int_equal(port.append(port.store, &given.ev, given.ev.witness, given.durable), durable);
        hashes[i + 1] = event_hash(hashes[i], &given);
    }
    assert_int_equal(eb_tape_count(t), n);
    return t;
}

static void close_tape(struct eb_tape *t)
{
    struct eb_err err;
    assert_int_equal(eb_tape_close(t, &err), EB_OK);
}

/* Reads as far as it goes; *n events, checked against what was written. */
static int read_tape(int *n, bool *truncated, struct eb_err *err)
{
    struct eb_tape_reader *r;
    *n = 0;
    *truncated = false;
    int rc = eb_tape_open(path, &r, err);
    if (rc != EB_OK) {
        assert_null(r);
        return rc;
    }
    struct eb_record_source source = eb_tape_reader_source(r);
    uint64_t hash = hashes[0];
    while ((rc = source.next(source.source, &got, err)) == EB_OK) {
        hash = event_hash(hash, &got);
        ++*n;
        assert_true(hash == hashes[*n]);
    }
    assert_int_equal(eb_tape_reader_count(r), *n);
    assert_int_equal(source.next(source.source, &got, err), rc); /* and again */
    *truncated = eb_tape_reader_truncated(r);
    eb_tape_reader_close(r);
    return rc;
}

static void what_was_written_is_read(void **state)
{
    (void)state;
    close_tape(write_tape(EVENTS));
    struct eb_tape_reader *r;
    struct eb_err err;
    assert_int_equal(eb_tape_open(path, &r, &err), EB_OK);
    struct eb_tape_info info = test_info();
    info.schema = EB_CODEC_SCHEMA;
    assert_memory_equal(eb_tape_reader_info(r), &info, sizeof(info));
    eb_tape_reader_close(r);
    int n;
    bool truncated;
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_END);
    assert_int_equal(n, EVENTS);
    assert_false(truncated);

    close_tape(write_tape(0));
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_END);
    assert_int_equal(n, 0);
    assert_false(truncated);
}

static void a_tape_is_never_overwritten(void **state)
{
    (void)state;
    close_tape(write_tape(1));
    struct eb_tape_info info = test_info();
    struct eb_tape *t;
    struct eb_err err;
    assert_int_equal(eb_tape_create(path, &info, &t, &err), EB_E_IO);
    assert_null(t);
    assert_non_null(strstr(err.msg, "exists"));
    assert_int_equal(eb_tape_create("/tmp/eb_no_such_dir/t.tape", &info, &t, &err), EB_E_IO);
    struct eb_tape_reader *r;
    assert_int_equal(eb_tape_open("/tmp/eb_no_such_dir/t.tape", &r, &err), EB_E_NOT_FOUND);
}

/* What a crash leaves: the file as it was after the last flush, without its end. */
static void an_unclosed_tape_gives_what_was_flushed(void **state)
{
    (void)state;
    struct eb_tape *t = write_tape(100);
    struct eb_err err;
    assert_int_equal(eb_tape_flush(t, &err), EB_OK);
    int n;
    bool truncated;
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_END);
    assert_int_equal(n, 100);
    assert_true(truncated);
    assert_non_null(strstr(err.msg, "after 100 events: the file was not closed"));
    close_tape(t);
}

static size_t slurp(void)
{
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t len = fread(whole, 1, sizeof(whole), f);
    assert_true(len > 0 && len < sizeof(whole));
    (void)fclose(f);
    return len;
}

static void spill(const unsigned char *bytes, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void a_cut_file_gives_its_beginning(void **state)
{
    (void)state;
    close_tape(write_tape(EVENTS));
    size_t len = slurp();
    int last = 0;
    for (size_t cut = 0; cut < len; cut += cut < 600 ? 7 : 977) {
        spill(whole, cut);
        struct eb_err err;
        int n;
        bool truncated;
        int rc = read_tape(&n, &truncated, &err);
        bool whole_but_for_gzip = !truncated && n == EVENTS; /* only bytes behind the END record are missing */
        assert_true(rc == EB_E_END ? truncated || whole_but_for_gzip
                                   : rc == EB_E_CORRUPT && n == 0); /* else not even the header is there */
        assert_true(n >= last && n < EVENTS + 1);
        last = n;
    }
    assert_true(last > EVENTS / 2);
}

static void a_damaged_file_is_told_and_never_believed(void **state)
{
    (void)state;
    close_tape(write_tape(EVENTS));
    size_t len = slurp();
    struct eb_rng rng;
    eb_rng_seed(&rng, 21);
    for (int round = 0; round < 300; round++) {
        memcpy(part, whole, len);
        size_t at = 10 + (size_t)eb_rng_below(&rng, len - 10); /* the gzip head has bytes that mean nothing */
        part[at] ^= (unsigned char)(1u << eb_rng_below(&rng, 8));
        spill(part, len);
        struct eb_err err;
        int n;
        bool truncated;
        int rc = read_tape(&n, &truncated, &err); /* asserts that what it gives was written */
        assert_true(rc == EB_E_CORRUPT || (rc == EB_E_END && truncated) || (rc == EB_E_END && n == EVENTS));
    }
}

/* Plain records, as zcat gives them, are a tape too; there every byte is under a checksum. */
static void a_plain_file_is_read_and_every_flip_found(void **state)
{
    (void)state;
    close_tape(write_tape(EVENTS));
    gzFile z = gzopen(path, "rb");
    int plain = gzread(z, whole, sizeof(whole));
    assert_true(plain > 0 && plain < (int)sizeof(whole));
    (void)gzclose(z);
    size_t len = (size_t)plain;
    spill(whole, len);
    struct eb_err err;
    int n;
    bool truncated;
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_END);
    assert_int_equal(n, EVENTS);
    assert_false(truncated);

    struct eb_rng rng;
    eb_rng_seed(&rng, 22);
    for (int round = 0; round < 300; round++) {
        memcpy(part, whole, len);
        size_t at = (size_t)eb_rng_below(&rng, round < 100 ? 400 : len);
        part[at] ^= (unsigned char)(1u << eb_rng_below(&rng, 8));
        spill(part, len);
        int rc = read_tape(&n, &truncated, &err);
        assert_true(rc == EB_E_CORRUPT || (rc == EB_E_END && truncated));
        assert_true(n < EVENTS + 1);
    }
    memcpy(part, whole, len);
    part[len] = 'x';
    spill(part, len + 1);
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_CORRUPT);
    assert_non_null(strstr(err.msg, "something follows the end"));
}

/* A plain tape of the header and the records given, each a kind and a payload. */
static void forge(const struct eb_record *records, size_t count)
{
    close_tape(write_tape(0));
    gzFile z = gzopen(path, "rb");
    int plain = gzread(z, whole, sizeof(whole));
    (void)gzclose(z);
    assert_true(plain > EB_RECORD_OVERHEAD + 16);
    size_t len = (size_t)plain - EB_RECORD_OVERHEAD - 16; /* without its END of two numbers */
    for (size_t i = 0; i < count; i++) {
        memcpy(whole + len + EB_RECORD_HEAD, records[i].payload, records[i].len);
        len += eb_record_seal(whole + len, records[i].kind, records[i].version, records[i].len);
    }
    spill(whole, len);
}

static void forged_tapes_are_named(void **state)
{
    (void)state;
    static const unsigned char zeros[64];
    static const unsigned char one[16] = {1};
    static const struct {
        struct eb_record record;
        const char *says;
    } cases[] = {
        {{EB_REC_END, 1, one, 16}, "records are missing"},
        {{EB_REC_END, 1, zeros, 15}, "records are missing"},
        {{EB_REC_HEADER, 1, zeros, 4}, "the build that the header names"},
        {{EB_EV_CLOCK, EB_EVENT_VERSION + 1, zeros, 25}, "the build that the header names"},
        {{EB_EV_CLOCK, EB_EVENT_VERSION, zeros, 26}, "length is out of range"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        forge(&cases[i].record, 1);
        struct eb_err err;
        int n;
        bool truncated;
        assert_int_equal(read_tape(&n, &truncated, &err), EB_E_CORRUPT);
        assert_int_equal(n, 0);
        assert_non_null(strstr(err.msg, cases[i].says));
    }
}

static void what_cannot_be_a_tape_leaves_no_file(void **state)
{
    (void)state;
    (void)unlink(path);
    struct eb_tape_info info = test_info();
    info.engine.stop_source = EB_SRC_COUNT;
    struct eb_tape *t;
    struct eb_err err;
    assert_int_equal(eb_tape_create(path, &info, &t, &err), EB_E_INVALID);
    assert_null(t);
    assert_int_equal(access(path, F_OK), -1);
    static char endless[5000];
    memset(endless, 'a', sizeof(endless) - 1);
    struct eb_tape_reader *r;
    assert_int_equal(eb_tape_create(endless, &info, &t, &err), EB_E_INVALID);
    assert_int_equal(eb_tape_open(endless, &r, &err), EB_E_INVALID);
}

static void foreign_files_are_named(void **state)
{
    (void)state;
    static const char text[] = "open_time,open,high,low,close\n";
    spill((const unsigned char *)text, sizeof(text) - 1);
    struct eb_err err;
    int n;
    bool truncated;
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_CORRUPT);
    assert_non_null(strstr(err.msg, "no tape"));
    spill((const unsigned char *)text, 0);
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_CORRUPT);

    unsigned char other[64] = "EBTAPE1\n";
    static const unsigned char schema[] = {99, 0, 0, 0};
    memcpy(other + 8 + EB_RECORD_HEAD, schema, sizeof(schema));
    size_t len = eb_record_seal(other + 8, EB_REC_HEADER, 1, sizeof(schema));
    spill(other, 8 + len);
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_CORRUPT);
    assert_non_null(strstr(err.msg, "build that wrote it"));
}

/* A limit on the size of files stands for a full disk. */
static void a_full_disk_is_told(void **state)
{
    (void)state;
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction was;
    struct rlimit limit;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &was), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    struct eb_tape *t = write_tape(3);
    struct eb_store_port port = eb_tape_store_port(t);
    const struct rlimit low = {.rlim_cur = 20000, .rlim_max = limit.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    struct eb_rng rng;
    eb_rng_seed(&rng, 9);
    int tries = 0;
    uint64_t seq = 1;
    while (seq != 0 && ++tries < 10000) {
        fill_event(&rng, EB_EV_VERDICT, &given);
        seq = port.append(port.store, &given.ev, NULL, true);
    }
    bool failed = port.failed(port.store);
    uint64_t again = port.append(port.store, &given.ev, NULL, true);
    struct eb_err err;
    int closed = eb_tape_close(t, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(sigaction(SIGXFSZ, &was, NULL), 0);
    assert_true(tries < 10000);
    assert_true(failed);
    assert_int_equal(again, 0);
    assert_int_equal(closed, EB_E_IO);
    assert_non_null(strstr(err.msg, path));
}

static void an_event_that_is_none_is_refused_and_costs_nothing(void **state)
{
    (void)state;
    struct eb_tape *t = write_tape(2);
    const struct eb_event ev = {.kind = EB_EV_COUNT};
    assert_int_equal(eb_tape_append(t, &ev, NULL, true), EB_E_INVALID);
    close_tape(t);
    struct eb_err err;
    int n;
    bool truncated;
    assert_int_equal(read_tape(&n, &truncated, &err), EB_E_END);
    assert_int_equal(n, 2);
    assert_false(truncated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_tape_is_never_overwritten),
        cmocka_unit_test(an_unclosed_tape_gives_what_was_flushed),
        cmocka_unit_test(a_cut_file_gives_its_beginning),
        cmocka_unit_test(a_damaged_file_is_told_and_never_believed),
        cmocka_unit_test(a_plain_file_is_read_and_every_flip_found),
        cmocka_unit_test(foreign_files_are_named),
        cmocka_unit_test(forged_tapes_are_named),
        cmocka_unit_test(what_cannot_be_a_tape_leaves_no_file),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(an_event_that_is_none_is_refused_and_costs_nothing),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
