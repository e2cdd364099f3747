/* SPDX-License-Identifier: Apache-2.0 */
/* `exitbrain sim --listen ADDR:PORT`: the simulated exchange behind Binance's protocol, as the command line has it. */
#pragma once

#include "app/options.h"
#include "base/log.h"
#include "venue/simd/scene.h"

/* What both kinds of `sim` read alike from the command line. */
struct eb_sim_serve {
    const struct eb_args *args;
    const char *listen; /* ADDR:PORT */
    uint8_t scene;      /* enum eb_scene_kind */
    uint32_t count;
    uint64_t seed;
    int64_t start_ms, length_ms, speed_ppm, latency_ms;
    eb_money balance;
    int64_t fee_taker_ppm, fee_maker_ppm;
    uint32_t slots_max;
    bool hedge;
    const char *trades; /* NULL: not written */
    struct eb_log *log;
};
/* Serves until it is told to end, or length_ms is over. Says where it listens, as a line of JSON on standard output. */
enum eb_status eb_sim_serve(const struct eb_sim_serve *s, struct eb_err *err);
