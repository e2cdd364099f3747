/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exchange's clock that goes on by itself, and our idea of it. What the exchange says is an estimate that wanders (a
 * round trip that was slow, a tick that was read late), and time within the engine must not go back. So where we are
 * behind we catch up at once, and where we are ahead our time runs slower until both agree.
 */
#include "app/live_inner.h"

#include <inttypes.h>

#define AGREES_MS 20 /* less is how late a tick is read */
#define JUMP_MS 250  /* more is no correction: one of the clocks was set */

/* Where simulated time runs faster, so does what a moment of ours amounts to. */
static int64_t scaled_ms(const struct eb_live *l, int64_t ms)
{
    return l->venue.speed_ppm > EB_PPM ? (int64_t)((eb_i128)ms * l->venue.speed_ppm / EB_PPM) : ms;
}

static void anchor(struct eb_live *l, int64_t at_ns, int64_t mono_ns, bool slow)
{
    l->anchor_ns = at_ns;
    l->anchor_mono_ns = mono_ns;
    l->clock_slow = slow;
}

/* A connection begins. Ours may be far ahead: the exchange's stood while ours went on, or was set back. Then it goes on
 * from where it is; a little is corrected like any wandering. */
void eb_live_clock_begin(struct eb_live *l, int64_t venue_ms)
{
    int64_t ahead_ms = l->now_ms > venue_ms ? l->now_ms - venue_ms : 0;
    bool wanders = !l->lockstep && ahead_ms < EB_LIVE_BEHIND_MS;
    l->said_ms = venue_ms;
    l->shift_ms = wanders ? 0 : ahead_ms;
    int64_t at_ms = l->now_ms > venue_ms ? l->now_ms : venue_ms;
    anchor(l, at_ms * EB_NS_IN_MS, eb_monotonic_ns(), wanders && ahead_ms > scaled_ms(l, AGREES_MS));
}

void eb_live_clock_hear(struct eb_live *l, int64_t venue_ms)
{
    int64_t mono_ns = eb_monotonic_ns();
    int64_t ours_ns = eb_live_clock_ns(l, mono_ns);
    int64_t ahead_ms = venue_ms + l->shift_ms - ours_ns / EB_NS_IN_MS; /* the exchange's, of ours */
    l->clock_apart_ms = ahead_ms;
    if (ahead_ms > 0) {
        anchor(l, (venue_ms + l->shift_ms) * EB_NS_IN_MS, mono_ns, false);
        if (ahead_ms > scaled_ms(l, JUMP_MS)) {
            char text[EB_REASON_MAX];
            l->clock_jumps++;
            (void)snprintf(text, sizeof(text), "the exchange's clock was %" PRId64 " ms ahead of ours: ours was set",
                           ahead_ms);
            eb_log(l->o.log, EB_LOG_WARN, "clock.jump", EB_I64("ms", ahead_ms));
            if (l->venue.speed_ppm == EB_PPM) {
                eb_alarm_raise(l->alarms, "clock_jump", "", text, venue_ms);
            }
        }
        return;
    }
    bool slow = ahead_ms < -scaled_ms(l, AGREES_MS);
    if (slow != l->clock_slow) {
        anchor(l, ours_ns, mono_ns, slow);
    }
}
