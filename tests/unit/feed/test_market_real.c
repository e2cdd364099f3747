/* SPDX-License-Identifier: Apache-2.0 */
/* Features over real months: the expected figures were printed by tests/reference/features.py. */
#include "domain/market.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "feed/kline.h"
#include "files.h"

static void real_months_give_the_figures_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t rows;
        int64_t want[EB_TF_COUNT][10];
    } cases[] = {
        {"klines_1m/BTCUSDT-1m-20250525-20250624.ohlcv.csv.gz",
         43199,
         {{21, 10508650000000, 4605714286, 438, 394, 390, 14963, -498, 439, 194620},
          {21, 10510880000000, 13027142857, 1239, 606, 601, 10287, -367, 1262, 140132},
          {21, 10510880000000, 33184285714, 3157, 1554, 1554, 15227, -1162, 2886, 6360},
          {21, 10515200000000, 74318571429, 7068, 6847, 6703, 33542, 10628, 8653, 284456}}},
        {"klines_1m/ALGOUSDT-1m-2025-02.csv.gz",
         5000,
         {{21, 29070000, 99286, 3415, 2586, 2486, 98149, -241, 3576, 350427},
          {21, 29070000, 207857, 7150, 5571, 5376, 94550, 15901, 7150, 347280},
          {21, 29100000, 366429, 12592, 8130, 8128, 79654, 21178, 12436, 15385},
          {21, 28660000, 733571, 25596, 24740, 24689, 121200, -44316, 29316, 68803}}},
        {"klines_1m/FILUSDT-1m-2023-08.csv.gz",
         24590,
         {{21, 345100000, 442857, 1283, 953, 953, 36161, -1606, 1273, 17544},
          {21, 345100000, 1371429, 3974, 2953, 2951, 50115, -2990, 4605, 43478},
          {21, 346400000, 4828571, 13939, 41651, 41576, 408097, 4961, 28735, 202958},
          {21, 348200000, 10500000, 30155, 25002, 24735, 122484, -55204, 23052, 355556}}},
    };
    for (size_t c = 0; c < EB_COUNT(cases); c++) {
        const char *path = real_file(cases[c].file);
        if (path == NULL) {
            skip();
        }
        struct eb_series s;
        struct eb_market m;
        assert_int_equal(eb_kline_load(path, NULL, &s, NULL), EB_OK);
        assert_true(s.count >= cases[c].rows);
        eb_market_init(&m);
        for (size_t i = 0; i < cases[c].rows; i++) {
            struct eb_ev_bar bar = eb_series_bar(&s, i);
            assert_int_equal(eb_market_add(&m, &bar), EB_OK);
        }
        eb_series_deinit(&s);
        for (int frame = 0; frame < EB_TF_COUNT; frame++) {
            struct eb_features f;
            eb_market_features(&m, (enum eb_timeframe)frame, &f);
            const int64_t got[10] = {f.bars,          f.close_e8,        f.atr_e8,      f.atr_ppm,
                                     f.vol_bar_ppm,   f.vol_std_bar_ppm, f.vol_day_ppm, f.trend_ppm,
                                     f.avg_range_ppm, f.efficiency_ppm};
            assert_memory_equal(got, cases[c].want[frame], sizeof(got));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(real_months_give_the_figures_of_the_reference)};
    return cmocka_run_group_tests_name("feed/market_real", tests, NULL, NULL);
}
