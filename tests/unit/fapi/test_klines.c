/* SPDX-License-Identifier: Apache-2.0 */
/* Candles of all intervals from minutes, and the feed of kline files that they have to agree with. */
#define _POSIX_C_SOURCE 200809L
#include "street.h"

#include <unistd.h>

#include "feed/kline.h"

#define MINUTES 4000
#define DAY_MS INT64_C(86400000)

struct seen {
    struct fapi_kline k[1600];
    size_t count;
};

static void see(void *user, const struct fapi_kline *k)
{
    struct seen *s = user;
    assert_true(s->count < 1600);
    s->k[s->count++] = *k;
}

static void test_intervals(void **state)
{
    (void)state;
    static const struct {
        const char *interval;
        int64_t at, open, next;
    } cases[] = {
        {"1m", INT64_C(1750000000123), INT64_C(1749999960000), INT64_C(1750000020000)},
        {"15m", INT64_C(1750000000123), INT64_C(1749999600000), INT64_C(1750000500000)},
        {"1d", INT64_C(1750000000123), INT64_C(1749945600000), INT64_C(1750032000000)},
        {"1w", INT64_C(1750000000123), INT64_C(1749427200000), INT64_C(1750032000000)}, /* Monday 2025-06-09 */
        {"1M", INT64_C(1750000000123), INT64_C(1748736000000), INT64_C(1751328000000)}, /* June 2025 */
        {"1M", INT64_C(1709164800000), INT64_C(1706745600000), INT64_C(1709251200000)}, /* 2024-02-29 */
        {"1M", INT64_C(1704067199999), INT64_C(1701388800000), INT64_C(1704067200000)}, /* the end of 2023 */
        {"1M", INT64_C(4107542400000), INT64_C(4107542400000), INT64_C(4110220800000)}, /* 2100-03-01: no leap day */
    };
    int64_t length;
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        assert_true(fapi_interval_ms(cases[i].interval, &length));
        assert_int_equal(fapi_kline_open(length, cases[i].at), cases[i].open);
        assert_int_equal(fapi_kline_next(length, cases[i].open), cases[i].next);
    }
    assert_false(fapi_interval_ms("7m", &length));
    assert_false(fapi_interval_ms("", &length));
}

/* A file of minutes at path: a walk with both directions. */
static void write_file(const char *path, const char *symbol, int64_t first_ms, struct eb_series *s)
{
    memset(s, 0, sizeof(*s));
    s->row = calloc(MINUTES, sizeof(*s->row));
    assert_non_null(s->row);
    s->count = MINUTES;
    s->length_ms = FAPI_MINUTE_MS;
    (void)snprintf(s->symbol, sizeof(s->symbol), "%s", symbol);
    int64_t price = 100 * EB_E8, tick = EB_E8 / 100;
    for (int64_t i = 0; i < MINUTES; i++) {
        int64_t close = price + (i * 7919 % 41 - 20) * tick;
        int64_t high = (price > close ? price : close) + i % 5 * tick,
                low = (price < close ? price : close) - i % 3 * tick;
        s->row[i] = (struct eb_bar_row){first_ms + i * FAPI_MINUTE_MS, {price}, {high}, {low}, {close}};
        price = close;
    }
    struct eb_err err;
    assert_int_equal(eb_series_write_csv(s, path, 12, true, &err), EB_OK);
}

static char folder[] = "/tmp/fapi-klines-XXXXXX";
static char path_a[64], path_b[64];
static struct eb_series file_a, file_b;

static int make_files(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path_a, sizeof(path_a), "%s/AAAUSDT-1m.csv", folder);
    (void)snprintf(path_b, sizeof(path_b), "%s/BBBUSDT-1m.csv.gz", folder);
    write_file(path_a, "AAAUSDT", T0 - T0 % FAPI_MINUTE_MS - 3000 * FAPI_MINUTE_MS, &file_a);
    write_file(path_b, "BBBUSDT", INT64_C(1700000040000), &file_b); /* of another year */
    return 0;
}

static int remove_files(void **state)
{
    (void)state;
    eb_series_deinit(&file_a);
    eb_series_deinit(&file_b);
    (void)unlink(path_a);
    (void)unlink(path_b);
    (void)rmdir(folder);
    return 0;
}

static struct eb_fapi *open_files(int64_t speed_ppm)
{
    static const char *files[2];
    files[0] = path_a;
    files[1] = path_b;
    struct eb_fapi_config c = held_config();
    c.feed = EB_FAPI_FEED_KLINES;
    c.files = files;
    c.file_count = 2;
    c.speed_ppm = speed_ppm;
    return open_street(&c, NULL);
}

static void ask(struct eb_fapi *f, uint32_t id, const char *interval, int64_t from, int64_t to, size_t limit, bool mark,
                struct seen *out)
{
    out->count = 0;
    assert_true(fapi_klines(f, id, interval, from, to, limit, mark, see, out));
}

/* At the file's speed the candles that clients see are those of the file, minute by minute. */
static void test_candles_are_the_files(void **state)
{
    (void)state;
    static struct seen seen;
    struct eb_fapi *f = open_files(EB_PPM);
    uint32_t id = fapi_symbol_find(f, "AAAUSDT");
    assert_int_not_equal(id, FAPI_NONE);
    run_to(f, T0 + 30 * FAPI_MINUTE_MS);
    ask(f, id, "1m", 0, INT64_MAX, 1500, false, &seen);
    assert_int_equal(seen.count, 1500);
    assert_false(seen.k[1499].closed);
    for (size_t i = 0; i < 1499; i++) {
        size_t row = eb_series_find(&file_a, seen.k[i].open_ms);
        const struct eb_bar_row *r = &file_a.row[row];
        assert_int_equal(r->open_ms, seen.k[i].open_ms);
        assert_true(seen.k[i].closed);
        assert_int_equal(seen.k[i].close_ms, r->open_ms + 59999);
        assert_int_equal(seen.k[i].close.e8, r->close.e8);
        if (r->open_ms == T0 - T0 % FAPI_MINUTE_MS) {
            continue; /* the exchange began in the middle of it */
        }
        assert_int_equal(seen.k[i].open.e8, r->open.e8);
        assert_int_equal(seen.k[i].high.e8, r->high.e8);
        assert_int_equal(seen.k[i].low.e8, r->low.e8);
        assert_true(seen.k[i].volume.e8 > 0 && seen.k[i].bought.e8 <= seen.k[i].volume.e8);
        assert_true(seen.k[i].trades > 0);
    }
    close_street(f);
}

static void test_longer_candles(void **state)
{
    (void)state;
    static struct seen minutes, hours;
    struct eb_fapi *f = open_files(EB_PPM);
    uint32_t id = fapi_symbol_find(f, "AAAUSDT");
    run_to(f, T0 + 90 * FAPI_MINUTE_MS);
    ask(f, id, "1h", 0, INT64_MAX, 20, false, &hours);
    assert_int_equal(hours.count, 20);
    ask(f, id, "1m", hours.k[10].open_ms, hours.k[10].close_ms, 1500, false, &minutes);
    assert_int_equal(minutes.count, 60);
    struct fapi_kline sum = minutes.k[0];
    for (size_t i = 1; i < 60; i++) {
        sum.high.e8 = minutes.k[i].high.e8 > sum.high.e8 ? minutes.k[i].high.e8 : sum.high.e8;
        sum.low.e8 = minutes.k[i].low.e8 < sum.low.e8 ? minutes.k[i].low.e8 : sum.low.e8;
        sum.volume.e8 += minutes.k[i].volume.e8;
        sum.trades += minutes.k[i].trades;
    }
    assert_int_equal(hours.k[10].open.e8, minutes.k[0].open.e8);
    assert_int_equal(hours.k[10].close.e8, minutes.k[59].close.e8);
    assert_int_equal(hours.k[10].high.e8, sum.high.e8);
    assert_int_equal(hours.k[10].low.e8, sum.low.e8);
    assert_int_equal(hours.k[10].volume.e8, sum.volume.e8);
    assert_int_equal(hours.k[10].trades, sum.trades);
    assert_int_equal(hours.k[10].first_id, minutes.k[0].first_id);

    ask(f, id, "1h", hours.k[3].open_ms + 1, INT64_MAX, 4, false, &minutes); /* the first four behind */
    assert_int_equal(minutes.count, 4);
    assert_int_equal(minutes.k[0].open_ms, hours.k[4].open_ms);
    ask(f, id, "1h", 0, hours.k[7].open_ms, 4, false, &minutes); /* the last four up to there */
    assert_int_equal(minutes.count, 4);
    assert_int_equal(minutes.k[3].open_ms, hours.k[7].open_ms);
    assert_true(minutes.k[3].closed);
    assert_int_equal(minutes.k[3].volume.e8, hours.k[7].volume.e8);
    ask(f, id, "1h", f->now_ms + 1, INT64_MAX, 4, false, &minutes);
    assert_int_equal(minutes.count, 0);
    ask(f, id, "1h", 0, INT64_MAX, 1, true, &minutes); /* of the mark */
    assert_int_equal(minutes.k[0].volume.e8, 0);
    assert_int_not_equal(minutes.k[0].close.e8, hours.k[19].close.e8);
    assert_false(fapi_klines(f, id, "2m", 0, INT64_MAX, 1, false, see, &minutes));
    close_street(f);
}

/* A file of another year is moved by whole days, so that its hours stay what they were; no hole at the seam. */
static void test_another_year(void **state)
{
    (void)state;
    static struct seen seen;
    struct eb_fapi *f = open_files(EB_PPM);
    uint32_t id = fapi_symbol_find(f, "BBBUSDT");
    run_to(f, T0 + 10 * FAPI_MINUTE_MS);
    ask(f, id, "1m", 0, INT64_MAX, 200, false, &seen);
    assert_int_equal(seen.count, 200);
    for (size_t i = 1; i < 200; i++) {
        assert_int_equal(seen.k[i].open_ms - seen.k[i - 1].open_ms, FAPI_MINUTE_MS);
    }
    int64_t shift = seen.k[100].open_ms - file_b.row[0].open_ms;
    for (size_t row = 0; row < file_b.count; row++) {
        const struct eb_bar_row *r = &file_b.row[row];
        if ((seen.k[100].open_ms - r->open_ms) % DAY_MS == 0 && r->close.e8 == seen.k[100].close.e8) {
            shift = 0;
        }
    }
    assert_int_equal(shift, 0);
    close_street(f);
}

/* Ten times as fast: every extreme of the file is seen, in a tenth of the time; and an end. */
static void test_speed_and_end(void **state)
{
    (void)state;
    static struct seen seen;
    struct eb_fapi *f = open_files(10 * EB_PPM);
    uint32_t id = fapi_symbol_find(f, "AAAUSDT");
    run_to(f, T0 + 10 * FAPI_MINUTE_MS); /* 100 minutes of the file */
    ask(f, id, "1m", T0 - T0 % FAPI_MINUTE_MS + FAPI_MINUTE_MS, INT64_MAX, 5, false, &seen);
    size_t row = eb_series_find(&file_a, T0 - T0 % FAPI_MINUTE_MS) + 20;
    int64_t high = 0;
    for (size_t i = row; i < row + 20; i++) {
        high = file_a.row[i].high.e8 > high ? file_a.row[i].high.e8 : high;
    }
    int64_t top = 0;
    for (size_t i = 0; i < seen.count; i++) {
        top = seen.k[i].high.e8 > top ? seen.k[i].high.e8 : top;
    }
    assert_true(top >= high);
    run_to(f, T0 + 200 * FAPI_MINUTE_MS);
    assert_int_equal(fapi_symbol_at(f, id)->quote_now.last.e8, file_a.row[MINUTES - 1].close.e8);
    assert_true(f->market->symbol[id].rested);
    close_street(f);
}

/* Far behind in time at once: what would be forgotten anyhow is not made. */
static void test_leap(void **state)
{
    (void)state;
    static struct seen seen;
    const struct eb_fapi_config c = held_config();
    struct eb_fapi *f = open_street(&c, NULL);
    run_to(f, T0 + 1000);
    f->now_ms = T0 + 400 * DAY_MS;
    fapi_market_run(f, f->now_ms);
    ask(f, 0, "1m", 0, INT64_MAX, 1500, false, &seen);
    assert_int_equal(seen.count, 1500);
    assert_int_equal(seen.k[1499].open_ms, f->now_ms - f->now_ms % FAPI_MINUTE_MS);
    assert_int_equal(f->market->symbol[0].bars.count, FAPI_BARS_MAX);
    close_street(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_intervals),      cmocka_unit_test(test_candles_are_the_files),
        cmocka_unit_test(test_longer_candles), cmocka_unit_test(test_another_year),
        cmocka_unit_test(test_speed_and_end),  cmocka_unit_test(test_leap),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
