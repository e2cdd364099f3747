/* SPDX-License-Identifier: Apache-2.0 */
/* One bar for the whole program: it does one long thing at a time. */
#include "app/progress.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

#include "app/clock.h"
#include "app/output.h"

#define PATIENCE_NS INT64_C(2000000000)
#define REDRAW_NS INT64_C(100000000)
#define WIDTH 40

static struct {
    int64_t began_ns, drawn_ns; /* 0: not yet */
} bar;

static void draw(uint64_t done, uint64_t total)
{
    if (total == 0) {
        fprintf(stderr, "\r%" PRIu64 " done", done);
    } else {
        int filled = (int)(done < total ? done * WIDTH / total : WIDTH);
        fprintf(stderr, "\r[%.*s%*s] %3d %%", filled, "########################################", WIDTH - filled, "",
                (int)(done < total ? done * 100 / total : 100));
    }
    fflush(stderr);
}

void eb_progress(uint64_t done, uint64_t total)
{
    int64_t now_ns = eb_clock_monotonic_ns();
    if (bar.began_ns == 0) {
        bar.began_ns = now_ns;
    }
    if (now_ns - bar.began_ns >= PATIENCE_NS && now_ns - bar.drawn_ns >= REDRAW_NS && eb_is_terminal(stderr)) {
        draw(done, total);
        bar.drawn_ns = now_ns;
    }
}

void eb_progress_end(void)
{
    if (bar.drawn_ns != 0) {
        fprintf(stderr, "\r%*s\r", WIDTH + 10, "");
        fflush(stderr);
    }
    bar.began_ns = bar.drawn_ns = 0;
}
