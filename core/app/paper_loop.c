/* SPDX-License-Identifier: Apache-2.0 */
/* A loop of its own, with one signal flag and one sleep. */
#define _POSIX_C_SOURCE 200809L

#include "app/paper_loop.h"

#include "app/output.h"

#include <signal.h>
#include <string.h>
#include <time.h>

#include "app/clock.h"

#define NS_PER_MS INT64_C(1000000)
#define SLEEP_MIN_NS (5 * NS_PER_MS)
#define SLEEP_MAX_NS (EB_PAPER_TICK_MS * NS_PER_MS)
#define DRAW_NS (200 * NS_PER_MS)
#define FLUSH_NS (1000 * NS_PER_MS)
#define CHUNK_MS 1000 /* of simulated time between two looks at the signal */

static volatile sig_atomic_t stop;

static void on_signal(int number)
{
    (void)number;
    stop = 1;
}

#define SIGNALS 3
static const int signals[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

static void listen_to_signals(struct sigaction old[SIGNALS])
{
    struct sigaction act;
    memset(&act, 0, sizeof(act));
    act.sa_handler = on_signal;
    act.sa_flags = (int)SA_RESETHAND; /* whoever asks twice means it */
    stop = 0;
    for (unsigned i = 0; i < SIGNALS; i++) {
        (void)sigaction(signals[i], &act, &old[i]);
        if (signals[i] == SIGHUP && old[i].sa_handler == SIG_IGN) { /* nohup */
            (void)sigaction(SIGHUP, &old[i], NULL);
        }
    }
}

static void sleep_ns(int64_t ns)
{
    const struct timespec t = {.tv_sec = ns / 1000000000, .tv_nsec = ns % 1000000000};
    (void)nanosleep(&t, NULL); /* a signal wakes it */
}

static int64_t simulated_ms(const struct eb_paper *p, int64_t wall_ns, int64_t speed_ppm)
{
    return p->o.start_ms + (int64_t)((eb_i128)wall_ns * speed_ppm / EB_PPM / NS_PER_MS);
}

int eb_paper_loop(struct eb_paper *p, struct eb_view *view, int64_t for_ms, int64_t speed_ppm, int64_t *ran_ms,
                  struct eb_err *err)
{
    struct sigaction old[SIGNALS];
    int64_t began_ns = eb_clock_monotonic_ns();
    int64_t drawn_ns = 0;
    int64_t flushed_ns = began_ns;
    int64_t end_ns = for_ms > 0 ? for_ms * NS_PER_MS : INT64_MAX;
    int64_t pause_ns = (int64_t)((eb_i128)SLEEP_MAX_NS * EB_PPM / speed_ppm);
    pause_ns = pause_ns < SLEEP_MIN_NS ? SLEEP_MIN_NS : pause_ns > SLEEP_MAX_NS ? SLEEP_MAX_NS : pause_ns;
    int rc = EB_OK;
    listen_to_signals(old);
    for (bool over = false; rc == EB_OK && !over && stop == 0;) {
        int64_t now_ns = eb_clock_monotonic_ns();
        int64_t wall_ns = now_ns - began_ns < end_ns ? now_ns - began_ns : end_ns;
        int64_t to_ms = simulated_ms(p, wall_ns, speed_ppm);
        over = wall_ns == end_ns && to_ms - p->now_ms <= CHUNK_MS;
        bool behind = to_ms - p->now_ms > CHUNK_MS;
        rc = eb_paper_advance(p, behind ? p->now_ms + CHUNK_MS : to_ms, err);
        if (rc == EB_OK && now_ns - flushed_ns >= FLUSH_NS && p->tape != NULL) {
            bool kept = eb_tape_flush(p->tape, err) == EB_OK;
            flushed_ns = kept ? now_ns : INT64_MAX / 2; /* a disk that failed once is not asked again */
            if (!kept) {
                eb_complain("run", "the record ends here, the engine goes on with stops and backstops only: %s",
                            err->msg);
            }
        }
        if (now_ns - drawn_ns >= DRAW_NS || over) {
            eb_view_draw(view, p);
            drawn_ns = now_ns;
        }
        if (!behind && !over && stop == 0) {
            sleep_ns(pause_ns);
        }
    }
    *ran_ms = (eb_clock_monotonic_ns() - began_ns) / NS_PER_MS;
    for (unsigned i = 0; i < SIGNALS; i++) {
        (void)sigaction(signals[i], &old[i], NULL);
    }
    return rc == EB_OK ? eb_paper_settle(p, err) : rc;
}
