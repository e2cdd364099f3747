/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When virtual time moves, and by how much.
 *
 *     next step = earliest of: tick of the market, something due at the exchange, the owner's deadline
 *     lockstep: a step, TICK, and no further until its ACK; while the clock is nobody's it stands
 *
 * A step that could not be made when it was due, because an ACK was late, still counts as due then: who measures delay
 * by due_ns omits nothing. That this process woke late is not the client's doing: it is excused, also for the steps
 * that are made up for after it. A free clock never waits for its clients, so that none of them makes it late.
 */
#include "venue/simd/inner.h"

#define BEHIND_MAX_NS INT64_C(5000000000) /* further behind, pacing begins anew: something was stopped, not slow */
#define OVER_PATIENCE_MS 60000            /* for what does not become flat */

static bool is_lockstep(const struct eb_simd *s)
{
    return !s->c.free_clock;
}

static bool may_move(const struct eb_simd *s)
{
    return !s->done && !s->halted && (!is_lockstep(s) || (s->owner != NULL && !s->waiting));
}

const char *eb_simd_clock_state(const struct eb_simd *s)
{
    if (s->halted) {
        return "halted";
    }
    if (is_lockstep(s) && s->owner == NULL) {
        return "unowned";
    }
    return is_lockstep(s) && s->waiting ? "waiting" : "running";
}

static int64_t next_step(const struct eb_simd *s)
{
    int64_t at_ms = eb_simd_market_next(s);
    if (s->owner != NULL && s->deadline_ms < at_ms) {
        at_ms = s->deadline_ms > s->now_ms ? s->deadline_ms : s->now_ms + 1; /* or it would never move again */
    }
    return at_ms < s->now_ms ? s->now_ms : at_ms;
}

static int64_t due_of(const struct eb_simd *s, int64_t at_ms)
{
    int64_t virtual_ns = (at_ms - s->anchor_ms) * SIMD_NS_PER_MS;
    return s->anchor_ns + (int64_t)((eb_i128)virtual_ns * EB_PPM / s->c.speed_ppm);
}

static void end_when_over(struct eb_simd *s)
{
    struct eb_sim_account_view a;
    bool busy = s->c.scene == EB_SCENE_BUSY;
    bool over = busy ? eb_scene_over(s->scene) : s->now_ms - s->c.start_ms >= s->c.length_ms;
    if (!s->c.ends || s->c.length_ms == 0 || !over) {
        return;
    }
    eb_sim_account(s->sim, &a);
    s->end_ms = s->end_ms > 0 ? s->end_ms : s->now_ms + OVER_PATIENCE_MS;
    if (!busy || a.open_positions == 0 || s->now_ms >= s->end_ms) {
        eb_log(eb_simd_log(s), EB_LOG_INFO, "sim.over", EB_I64("venue_ms", s->now_ms),
               EB_I64("open_positions", a.open_positions));
        s->done = true;
        eb_loop_stop(s->loop);
    }
}

/* due_ns: when the client let it be late, else 0. */
static void step(struct eb_simd *s, int64_t at_ms, int64_t due_ns)
{
    int64_t now_ns = eb_monotonic_ns();
    bool late = due_ns > 0 && due_ns + s->excuse_ns < now_ns;
    eb_simd_market_run(s, at_ms);
    s->waiting = is_lockstep(s) && s->owner != NULL;
    eb_simd_tell_tick(s, NULL, ++s->tick, late ? due_ns + s->excuse_ns : now_ns);
    end_when_over(s);
}

static void anchor(struct eb_simd *s, int64_t now_ns)
{
    s->anchored = true;
    s->anchor_ms = s->now_ms;
    s->anchor_ns = now_ns;
}

void eb_simd_clock_go(struct eb_simd *s)
{
    eb_timer_stop(s->pace);
    if (!may_move(s)) {
        return;
    }
    int64_t at_ms = next_step(s);
    if (s->c.speed_ppm == 0) {
        step(s, at_ms, 0); /* lockstep: the next one waits for its ACK */
        return;
    }
    int64_t now_ns = eb_monotonic_ns();
    if (!s->anchored || now_ns - due_of(s, at_ms) > BEHIND_MAX_NS) {
        anchor(s, now_ns);
    }
    s->due_ms = at_ms;
    s->due_ns = due_of(s, at_ms);
    if (s->due_ns > now_ns) {
        eb_timer_set(s->pace, s->due_ns - now_ns);
    } else if (is_lockstep(s)) {
        step(s, at_ms, s->due_ns);
    } else {
        eb_timer_set(s->pace, 0); /* one step a pass: others want to be heard, too */
    }
}

void eb_simd_clock_fired(void *user)
{
    struct eb_simd *s = user;
    if (may_move(s)) {
        int64_t at_ms = next_step(s); /* a request may have brought something nearer since the timer was set */
        s->excuse_ns = eb_monotonic_ns() - s->due_ns;
        step(s, at_ms < s->due_ms ? at_ms : s->due_ms, 0);
        if (!is_lockstep(s)) {
            eb_simd_clock_go(s);
        }
    }
    eb_simd_reap(s);
}

void eb_simd_clock_ack(struct eb_simd *s, const struct eb_wire_ack *ack)
{
    if (s->waiting && ack->number == s->tick) {
        s->waiting = false;
        s->deadline_ms = ack->next_deadline_ms;
        eb_simd_clock_go(s);
    }
}

void eb_simd_clock_give(struct eb_simd *s, struct simd_client *owner)
{
    s->owner = owner;
    s->waiting = owner != NULL;
    s->anchored = false;
    s->deadline_ms = SIMD_NEVER;
    eb_timer_stop(s->pace);
}

void eb_simd_clock_arrive(struct eb_simd *s)
{
    while (is_lockstep(s) && s->owner == NULL && s->now_ms < s->arrive_ms) {
        int64_t at_ms = eb_simd_market_next(s);
        eb_simd_market_run(s, at_ms < s->arrive_ms ? at_ms : s->arrive_ms);
        eb_simd_tell_tick(s, NULL, ++s->tick, eb_monotonic_ns());
    }
}
