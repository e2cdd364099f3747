/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: its file read back whatever was done to it, and what it all comes to. */
#define _GNU_SOURCE

#include "app/ledger.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[96];

static int setup(void **state)
{
    (void)state;
    (void)snprintf(dir, sizeof(dir), "/tmp/eb_ledger.XXXXXX");
    if (mkdtemp(dir) == NULL) {
        return -1;
    }
    (void)snprintf(path, sizeof(path), "%s/%s", dir, EB_LEDGER_FILE);
    return 0;
}

static int remove_one(const char *name, const struct stat *st, int kind, struct FTW *at)
{
    (void)st;
    (void)kind;
    (void)at;
    return remove(name);
}

static int teardown(void **state)
{
    (void)state;
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static struct eb_ledger *open_it(void)
{
    struct eb_ledger *l;
    assert_int_equal(eb_ledger_open(dir, &l, NULL), EB_OK);
    return l;
}

static struct eb_ledger_record record(const char *owner, int64_t opened_ms, enum eb_ledger_state state, int64_t r_ppm)
{
    struct eb_ledger_record r = {.side = EB_SHORT,
                                 .regime = EB_REGIME_CHOP,
                                 .state = (uint8_t)state,
                                 .has_r = true,
                                 .is_virtual = true,
                                 .opened_ms = opened_ms,
                                 .closed_ms = opened_ms + 1000,
                                 .pnl = {825700000},
                                 .fees = {80153160},
                                 .funding = {-12},
                                 .r_ppm = r_ppm,
                                 .mfe_ppm = 1500000,
                                 .mae_ppm = -200000};
    (void)snprintf(r.owner, sizeof(r.owner), "%s", owner);
    (void)snprintf(r.symbol, sizeof(r.symbol), "BTCUSDT");
    (void)snprintf(r.profile, sizeof(r.profile), "CHALLENGE_100");
    (void)snprintf(r.policy, sizeof(r.policy), "0123456789ab");
    r.exits[EB_EXIT_TARGET] = 2;
    r.exits[EB_EXIT_TRAILING] = 1;
    return r;
}

static void begin(struct eb_ledger *l, const char *owner, int64_t opened_ms)
{
    const struct eb_ledger_record r = record(owner, opened_ms, EB_LEDGER_OPEN, 0);
    eb_ledger_begin(l, &r);
}

static void end(struct eb_ledger *l, const char *owner, int64_t opened_ms, enum eb_ledger_state state, int64_t r_ppm)
{
    const struct eb_ledger_record r = record(owner, opened_ms, state, r_ppm);
    eb_ledger_end(l, &r);
}

static void append(const char *bytes)
{
    FILE *f = fopen(path, "a");
    assert_non_null(f);
    assert_true(fputs(bytes, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static enum eb_ledger_state state_at(const struct eb_ledger *l, size_t i)
{
    assert_true(i < eb_ledger_count(l));
    return (enum eb_ledger_state)eb_ledger_at(l, i)->state;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static void a_line_comes_back_the_same(void **state)
{
    (void)state;
    struct eb_buffer text, again;
    struct eb_ledger_record back;
    bool begins;
    eb_buffer_init(&text, 4096);
    eb_buffer_init(&again, 4096);
    struct eb_ledger_record r = record("v3", 1700000000123, EB_LEDGER_CENSORED, -1119399);
    eb_ledger_line(&r, false, &text);
    assert_int_equal(eb_ledger_parse(eb_buffer_str(&text), text.len, &back, &begins), EB_OK);
    assert_false(begins);
    eb_ledger_line(&back, false, &again);
    assert_string_equal(eb_buffer_str(&again), eb_buffer_str(&text));
    assert_int_equal(back.r_ppm, -1119399);
    assert_int_equal(back.exits[EB_EXIT_TARGET], 2);
    eb_buffer_deinit(&again);
    r = record("v3", 5, EB_LEDGER_COMPLETE, 0);
    r.has_r = false; /* it never had an R */
    r.mfe_ppm = r.mae_ppm = 0;
    r.profile[0] = r.policy[0] = '\0';
    r.regime = EB_REGIME_UNKNOWN;
    eb_buffer_clear(&text);
    eb_ledger_line(&r, false, &text);
    assert_non_null(strstr(eb_buffer_str(&text), "\"r\":null"));
    assert_int_equal(eb_ledger_parse(eb_buffer_str(&text), text.len, &back, &begins), EB_OK);
    assert_false(back.has_r);
    assert_string_equal(back.profile, "");
    eb_buffer_deinit(&text);
}

static void what_is_no_line_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "{}",
        "[]",
        "{\"v\":1,\"event\":\"begin\",\"owner\":\"a\",\"symbol\":\"X\",\"side\":\"LONG\"}",
        "{\"v\":2,\"event\":\"begin\",\"owner\":\"a\",\"symbol\":\"X\",\"side\":\"LONG\",\"opened_ms\":1}",
        "{\"v\":1,\"event\":\"start\",\"owner\":\"a\",\"symbol\":\"X\",\"side\":\"LONG\",\"opened_ms\":1}",
        "{\"v\":1,\"event\":\"begin\",\"owner\":\"a\",\"symbol\":\"X\",\"side\":\"BOTH\",\"opened_ms\":1}",
        "{\"v\":1,\"event\":\"begin\",\"owner\":\"\",\"symbol\":\"X\",\"side\":\"LONG\",\"opened_ms\":1}",
        "{\"v\":1,\"event\":\"begin\",\"owner\":\"a\",\"symbol\":\"X\",\"side\":\"LONG\",\"opened_ms\":-1}",
        "{\"v\":1,\"event\":\"end\",\"owner\":\"a\",\"symbol\":\"X\",\"side\":\"LONG\",\"opened_ms\":1}",
        "{\"v\":1,\"event\":\"begin\",\"owner\":\"a\",\"symbol\":\"X\",\"side\":\"LONG\",\"opened_ms\":1} {}",
    };
    struct eb_ledger_record r;
    bool begins;
    for (size_t i = 0; i < EB_COUNT(wrong); i++) {
        if (eb_ledger_parse(wrong[i], strlen(wrong[i]), &r, &begins) != EB_E_INVALID) {
            fail_msg("taken: %s", wrong[i]);
        }
    }
}

static void it_is_read_back(void **state)
{
    (void)state;
    struct eb_ledger *l = open_it();
    begin(l, "owner", 1);
    begin(l, "a", 1);
    end(l, "a", 1, EB_LEDGER_COMPLETE, 500000);
    begin(l, "a", 2);
    assert_string_equal(eb_ledger_trouble(l), "");
    eb_ledger_close(l);
    l = open_it();
    assert_int_equal(eb_ledger_count(l), 3);
    assert_int_equal(state_at(l, 0), EB_LEDGER_LOST);
    assert_int_equal(state_at(l, 1), EB_LEDGER_COMPLETE);
    assert_int_equal(state_at(l, 2), EB_LEDGER_LOST);
    begin(l, "owner", 1); /* goes on with its journal */
    assert_int_equal(state_at(l, 0), EB_LEDGER_OPEN);
    begin(l, "a", 2); /* begins anew: what it had is lost */
    assert_int_equal(eb_ledger_count(l), 4);
    assert_int_equal(state_at(l, 2), EB_LEDGER_LOST);
    assert_int_equal(state_at(l, 3), EB_LEDGER_OPEN);
    end(l, "owner", 1, EB_LEDGER_PARTIAL, 100000);
    end(l, "a", 2, EB_LEDGER_PARTIAL, 100000);
    eb_ledger_close(l);
    l = open_it();
    assert_int_equal(eb_ledger_count(l), 4);
    assert_int_equal(state_at(l, 0), EB_LEDGER_PARTIAL);
    assert_int_equal(state_at(l, 2), EB_LEDGER_LOST);
    assert_int_equal(state_at(l, 3), EB_LEDGER_PARTIAL);
    eb_ledger_close(l);
}

static void damage_is_told_and_left_out(void **state)
{
    (void)state;
    struct eb_ledger *l = open_it();
    begin(l, "a", 1);
    end(l, "a", 1, EB_LEDGER_COMPLETE, 500000);
    eb_ledger_close(l);
    append("{\"v\":1,\"event\":\"end\",\"owner\":\"a\",\"sym"); /* a machine that went away */
    l = open_it();
    assert_int_equal(eb_ledger_count(l), 1);
    assert_string_equal(eb_ledger_trouble(l), "1 damaged line of ledger.jsonl left out");
    begin(l, "a", 2); /* not behind what was cut off */
    end(l, "a", 2, EB_LEDGER_COMPLETE, 500000);
    eb_ledger_close(l);
    append("nonsense\n");
    l = open_it();
    assert_int_equal(eb_ledger_count(l), 2);
    assert_int_equal(state_at(l, 1), EB_LEDGER_COMPLETE);
    assert_string_equal(eb_ledger_trouble(l), "2 damaged lines of ledger.jsonl left out");
    eb_ledger_close(l);
}

static void a_long_file_becomes_the_old_one(void **state)
{
    (void)state;
    char old[112];
    struct stat st;
    struct eb_ledger *l = open_it();
    begin(l, "a", 1);
    eb_ledger_close(l);
    char *blank = malloc((size_t)EB_LEDGER_MAX_BYTES + 1);
    assert_non_null(blank);
    memset(blank, '\n', (size_t)EB_LEDGER_MAX_BYTES);
    blank[EB_LEDGER_MAX_BYTES] = '\0';
    append(blank);
    free(blank);
    l = open_it();
    end(l, "a", 1, EB_LEDGER_COMPLETE, 1);
    eb_ledger_flush(l);
    (void)snprintf(old, sizeof(old), "%s.1", path);
    assert_int_equal(stat(old, &st), 0);
    assert_true(st.st_size > EB_LEDGER_MAX_BYTES);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    begin(l, "a", 2);
    eb_ledger_close(l);
    l = open_it();
    assert_int_equal(eb_ledger_count(l), 2);
    assert_int_equal(state_at(l, 0), EB_LEDGER_COMPLETE);
    assert_int_equal(state_at(l, 1), EB_LEDGER_LOST);
    eb_ledger_close(l);
}

static void a_disk_that_says_no_loses_nothing(void **state)
{
    (void)state;
    struct eb_ledger *l;
    assert_int_equal(mkdir(path, 0700), 0); /* in the place of the file */
    assert_int_equal(eb_ledger_open(dir, &l, NULL), EB_OK);
    assert_true(eb_ledger_write_failed(l));
    assert_non_null(strstr(eb_ledger_trouble(l), "is not written: "));
    begin(l, "a", 1);
    eb_ledger_flush(l);
    assert_int_equal(eb_ledger_count(l), 1);
    assert_int_equal(rmdir(path), 0);
    eb_ledger_flush(l);
    assert_false(eb_ledger_write_failed(l));
    eb_ledger_close(l);
    l = open_it();
    assert_int_equal(eb_ledger_count(l), 1);
    eb_ledger_close(l);
    assert_int_equal(eb_ledger_open(NULL, &l, NULL), EB_OK); /* in memory only */
    begin(l, "a", 1);
    eb_ledger_flush(l);
    assert_false(eb_ledger_write_failed(l));
    eb_ledger_close(l);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    struct eb_ledger *l;
    assert_int_equal(eb_ledger_open(NULL, &l, NULL), EB_OK);
    for (int64_t i = 0; i <= (int64_t)2 * EB_LEDGER_RECORDS_MAX; i++) {
        begin(l, "a", i);
        end(l, "a", i, EB_LEDGER_COMPLETE, i);
    }
    assert_int_equal(eb_ledger_count(l), EB_LEDGER_RECORDS_MAX + 1);
    assert_int_equal(eb_ledger_at(l, 0)->opened_ms, EB_LEDGER_RECORDS_MAX);
    begin(l, "a", 99999999);
    assert_int_equal(state_at(l, EB_LEDGER_RECORDS_MAX + 1), EB_LEDGER_OPEN);
    eb_ledger_close(l);
}

/* ---- totals ------------------------------------------------------------------------------------------------------ */

static void totals(void **state)
{
    (void)state;
    struct eb_ledger *l = open_it();
    struct eb_ledger_totals t[EB_LEDGER_OWNERS_MAX];
    assert_int_equal(eb_ledger_totals(l, 0, t), 0);
    end(l, "b", 1000, EB_LEDGER_COMPLETE, -400000);
    end(l, "owner", 1000, EB_LEDGER_COMPLETE, 600000);
    end(l, "b", 2000, EB_LEDGER_COMPLETE, 1000000);
    end(l, "owner", 2000, EB_LEDGER_PARTIAL, 700000); /* no pair */
    end(l, "b", 3000, EB_LEDGER_COMPLETE, 250001);
    end(l, "owner", 3000, EB_LEDGER_COMPLETE, 0);
    end(l, "b", 4000, EB_LEDGER_CENSORED, 9000000);
    begin(l, "a", 5000);
    assert_int_equal(eb_ledger_totals(l, 0, t), 3);
    assert_string_equal(t[0].owner, "owner");
    assert_string_equal(t[1].owner, "a");
    assert_string_equal(t[2].owner, "b");
    assert_int_equal(t[0].episodes, 2);
    assert_int_equal(t[0].wins, 1);
    assert_int_equal(t[0].apart[EB_LEDGER_PARTIAL], 1);
    assert_int_equal(t[1].episodes, 0);
    assert_int_equal(t[1].apart[EB_LEDGER_OPEN], 1);
    assert_int_equal(t[2].episodes, 3);
    assert_int_equal(t[2].sum_r_ppm, 850001);
    assert_int_equal(t[2].best_ppm, 1000000);
    assert_int_equal(t[2].worst_ppm, -400000);
    assert_int_equal(t[2].wins, 2);
    assert_int_equal(t[2].fees.e8, 3 * 80153160);
    assert_int_equal(t[2].exits[EB_EXIT_TARGET], 6);
    assert_int_equal(t[2].apart[EB_LEDGER_CENSORED], 1);
    assert_int_equal(t[2].pairs, 2);
    assert_int_equal(t[2].pairs_r_ppm, -1000000 + 250001);
    assert_int_equal(t[0].pairs, 0);
    assert_int_equal(eb_ledger_totals(l, 3500, t), 3); /* closed at 4000 or later */
    assert_int_equal(t[0].episodes, 1);
    assert_int_equal(t[2].episodes, 1);
    assert_int_equal(t[2].pairs, 1);
    eb_ledger_close(l);
}

static void what_was_added_to_later_is_censored(void **state)
{
    (void)state;
    struct eb_ledger *l = open_it();
    struct eb_ledger_totals t[EB_LEDGER_OWNERS_MAX];
    begin(l, "a", 1);
    end(l, "a", 1, EB_LEDGER_COMPLETE, 500000);
    const struct eb_ledger_record r = record("a", 1, EB_LEDGER_OPEN, 0);
    eb_ledger_censor(l, &r);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(eb_ledger_count(l), 1);
        assert_int_equal(eb_ledger_totals(l, 0, t), 1);
        assert_int_equal(t[0].episodes, 0);
        assert_int_equal(t[0].apart[EB_LEDGER_CENSORED], 1);
        eb_ledger_close(l);
        l = open_it(); /* the same from its file */
    }
    eb_ledger_close(l);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_comes_back_the_same),
        cmocka_unit_test(what_is_no_line_is_refused),
        CASE(it_is_read_back),
        CASE(damage_is_told_and_left_out),
        CASE(a_long_file_becomes_the_old_one),
        CASE(a_disk_that_says_no_loses_nothing),
        cmocka_unit_test(memory_is_bounded),
        CASE(totals),
        CASE(what_was_added_to_later_is_censored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
