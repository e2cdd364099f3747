/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A paper run: the engine live against a simulated account and exchange, in simulated time.
 *
 *     paper_market (prices, entries of others) -> sim -> host (engine, policy, tape) -> paper_book (what came of it)
 *     paper_loop (wall clock) -> eb_paper_advance(simulated time)
 *
 * Everything that happens is a function of configuration, seed and start time; the wall clock only decides how far.
 */
#pragma once

#include "app/config.h"
#include "app/book.h"
#include "app/paper_market.h"
#include "app/policy_args.h"
#include "host/pump.h"
#include "store/tape.h"
#include "venue/sim/sim.h"

/* Hears of what happens, for the terminal; line has no newline. */
typedef void (*eb_paper_listener)(void *user, int64_t now_ms, const char *line);

struct eb_paper_options {
    struct eb_config config;
    struct eb_policy_choice choice;
    const char *tape;  /* path; NULL: nothing is recorded */
    int64_t start_ms;  /* simulated epoch time, a multiple of 15 minutes */
    int64_t length_ms; /* simulated; 0: until stopped */
    eb_paper_listener listener;
    void *listener_user;
};

struct eb_paper {
    struct eb_paper_options o;
    struct eb_paper_market market;
    struct eb_book book;
    struct eb_sim *sim;
    struct eb_policy *policy;
    struct eb_host *host;
    struct eb_tape *tape;
    int64_t now_ms; /* simulated epoch time */
    uint64_t ticks;
};

/* Creates everything and steps the beginning: policy, account, symbols, history, first prices, a picture of the
 * account. Large; the caller has it on the heap. eb_paper_close() in every case. */
EB_NODISCARD int eb_paper_open(struct eb_paper *p, const struct eb_paper_options *o, struct eb_err *err);
/* Runs everything that is due up to to_ms, each thing at its own time. */
EB_NODISCARD int eb_paper_advance(struct eb_paper *p, int64_t to_ms, struct eb_err *err);
/* The end: what is under way to or from the exchange arrives, the market stands still; the books are brought up to
 * date. */
EB_NODISCARD int eb_paper_settle(struct eb_paper *p, struct eb_err *err);
/* Closes the tape and frees; EB_E_IO when the tape is not whole. */
EB_NODISCARD int eb_paper_close(struct eb_paper *p, struct eb_err *err);
