/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what remembers: the recovery, the journal, the disk below it, the tape. */
#include "app/doctor_inner.h"

#include <inttypes.h>

#include "app/answer_words.h"

#define FREE_BAD ((uint64_t)64 << 20)
#define FREE_LOW ((uint64_t)512 << 20)
#define COMMIT_SLOW_NS (500 * INT64_C(1000000))
#define HELD_MS 100 /* many group commits */
#define OWN_MAX 32

/* False when there is no journal (tests): then there is nothing to say. */
static bool stats_of(struct eb_exam *x, struct eb_journal_stats *s)
{
    if (x->live->journal == NULL) {
        EB_SAY(x->fine, "no journal is kept");
        return false;
    }
    eb_journal_stats(x->live->journal, s);
    return true;
}

void eb_check_protect_only(struct eb_exam *x)
{
    const struct eb_recovery *r = &x->live->recovery;
    static const char *const found[] = {[EB_JOURNAL_NEW] = "no journal was there before",
                                        [EB_JOURNAL_CLEAN] = "the journal was closed properly",
                                        [EB_JOURNAL_CUT] = "the journal's engine was cut off, its state was folded",
                                        [EB_JOURNAL_CORRUPT] = "the journal was damaged, a new one began"};
    EB_SAY(x->fine, "%s; %" PRIu64 " records folded", r->found < EB_COUNT(found) ? found[r->found] : "?", r->folded);
    if (r->why[0] != '\0') {
        struct eb_finding *f = eb_finding_add(x, x->paused ? EB_BAD : EB_NOTE, "");
        EB_SAY(f->evidence, "%s; %" PRIu64 " folded records differed%s%s", r->why, r->differed,
               r->aside[0] != '\0' ? "; the damaged file is " : "", r->aside);
        EB_SAY(f->cause, "%s",
               x->paused ? "what was remembered is not certain: stops and backstops work, nothing else "
                           "until a person has looked"
                         : "the start was protect-only; somebody has resumed it since");
        EB_SAY(f->remedy, "%s",
               x->paused ? "compare `exitbrain positions` and `exitbrain orders` with the exchange, then "
                           "`exitbrain resume`"
                         : "nothing more; keep the damaged file if its cause is to be found");
    }
}

void eb_check_journal_failed(struct eb_exam *x)
{
    struct eb_journal_stats s = {0};
    if (stats_of(x, &s)) {
        EB_SAY(x->fine, "%" PRIu64 " records, %" PRIu64 " durable, %s, %" PRIu64 " commits", s.appended, s.durable,
               EB_SIZE(s.file_bytes), s.commits);
    }
    if (s.failed || x->times.lost > 0) {
        eb_find(x, EB_BAD, "", "the disk or the database failed: only stops, backstops and flatten still leave",
                "repair the disk (`df -h`, `dmesg`), then restart the engine: what the journal lacks is read from the "
                "exchange",
                "%s%s%" PRIu64 " durable records lost, the last durable one is %" PRIu64 " of %" PRIu64, s.failure,
                s.failure[0] != '\0' ? "; " : "", x->times.lost, s.durable, s.appended);
    }
}

/* The longest time for which an order waits to be sent. */
static int64_t longest_wait_ms(const struct eb_exam *x)
{
    int64_t longest_ms = 0;
    for (eb_position_id position = 0; position < eb_engine_symbol_count(x->engine) * 2; position++) {
        struct eb_own_order own[OWN_MAX];
        uint32_t n = eb_engine_orders(x->engine, position, own, OWN_MAX);
        for (uint32_t i = 0; i < n && i < OWN_MAX; i++) {
            int64_t age_ms = own[i].state == EB_OS_PENDING ? x->now_ms - own[i].sent_ms : 0;
            longest_ms = age_ms > longest_ms ? age_ms : longest_ms;
        }
    }
    return longest_ms;
}

void eb_check_journal_held(struct eb_exam *x)
{
    struct eb_journal_stats s = {0};
    bool known = x->live->journal != NULL;
    EB_SAY(x->fine, "no order waits for the disk");
    if (x->times.held == 0) {
        return;
    }
    if (known) {
        eb_journal_stats(x->live->journal, &s);
    }
    int64_t wait_ms = longest_wait_ms(x);
    EB_SAY(x->fine, "%" PRIu64 " orders wait for a commit under way", x->times.held);
    if (wait_ms > HELD_MS && !s.failed && x->times.lost == 0) {
        eb_find(x, EB_BAD, "", "orders leave only when the decision behind them is durable, and the disk takes long",
                "see disk.slow: a faster disk for state.dir, or less of others' writing on it",
                "%" PRIu64 " orders wait for the disk, the longest for %s; the last commit took %s", x->times.held,
                EB_AGE(wait_ms), EB_DELAY(s.last_commit_ns));
    }
}

void eb_check_journal_differs(struct eb_exam *x)
{
    struct eb_journal_stats s = {0};
    if (stats_of(x, &s)) {
        EB_SAY(x->fine, "%" PRIu64 " hashes of the live state compared with a fold, all equal", s.hashes);
    }
    if (s.disagree > 0) {
        eb_find(x, EB_BAD, "", "the journal, folded, gives another state than the engine has: a restart may go astray",
                "keep the journal (`exitbrain journal check`), restart the engine: it starts protect-only and says why",
                "%" PRIu64 " of %" PRIu64 " hashes differ", s.disagree, s.hashes);
    }
}

void eb_check_journal_images(struct eb_exam *x)
{
    struct eb_journal_stats s = {0};
    if (stats_of(x, &s)) {
        EB_SAY(x->fine, "%" PRIu64 " images made since the start", s.images);
    }
    if (s.why[0] != '\0') {
        eb_find(x, EB_NOTE, "", "images of the state, or the removal of old records, do not go on: starts take longer",
                "`exitbrain journal check`, and look at the disk", "%s; the file has %s", s.why, EB_SIZE(s.file_bytes));
    }
}

void eb_check_disk_full(struct eb_exam *x)
{
    struct eb_journal_stats s = {0};
    if (!stats_of(x, &s)) {
        return;
    }
    EB_SAY(x->fine, "%s free for a journal of %s", EB_SIZE(s.free_bytes), EB_SIZE(s.file_bytes));
    if (s.free_bytes < FREE_LOW) {
        bool bad = s.free_bytes < FREE_BAD;
        eb_find(x, bad ? EB_BAD : EB_NOTE, "",
                bad ? "once it is full no decision becomes durable: only stops, backstops and flatten leave"
                    : "the disk of the journal is filling up",
                "free some space there, or shorten journal.keep; `exitbrain journal ls` shows what is kept",
                "%s free on the disk of the journal, which has %s", EB_SIZE(s.free_bytes), EB_SIZE(s.file_bytes));
    }
}

void eb_check_disk_slow(struct eb_exam *x)
{
    struct eb_journal_stats s = {0};
    if (!stats_of(x, &s)) {
        return;
    }
    bool crowded = s.ring_capacity > 0 && s.ring_used > s.ring_capacity / 2;
    bool slow = s.last_commit_ns >= COMMIT_SLOW_NS;
    EB_SAY(x->fine, "commits take %s, the longest took %s; %zu of %zu bytes wait", EB_DELAY(s.last_commit_ns),
           EB_DELAY(s.longest_commit_ns), s.ring_used, s.ring_capacity);
    if (crowded || slow || s.longest_commit_ns >= COMMIT_SLOW_NS) {
        struct eb_finding *f = eb_finding_add(x, crowded || slow ? EB_BAD : EB_NOTE, "");
        EB_SAY(f->evidence, "%s", x->fine);
        EB_SAY(f->cause,
               "the disk of the journal is slow or busy with others; first plans and their orders wait for it");
        EB_SAY(f->remedy,
               "put state.dir on a local disk that nobody else writes to; stops and moved levels do not wait");
    }
}

void eb_check_tape(struct eb_exam *x)
{
    EB_SAY(x->fine, "%s", x->live->tape != NULL ? "the tape goes on" : "no tape is recorded");
    if (x->live->tape_failed) {
        eb_find(x, EB_NOTE, "", "the tape could not be written: it ends there, the engine and its journal go on",
                "free some space, and start again with another --out to record anew",
                "the tape has ended: see tape.failed "
                "in the log");
    }
}
