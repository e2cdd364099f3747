/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reload beside a small live engine: a policy set in a directory of its own, open positions made by turns, a loop
 * that runs until what is waited for has happened.
 *
 * Positions: AUSDT LONG, BUSDT SHORT, CUSDT LONG ... of 10 at 100, price 100. The first set has its stop 2 % away
 * (R = 2) and targets at 1 R and 2 R, half of the position each; it repeats that whenever it is asked about a reload.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/reload.h"

#define RELOAD_WORLD_MAX 8

struct reload_world_options {
    unsigned positions; /* 0: 2 */
    bool shadow, watch, adopted, no_engine;
    const char *settings; /* settings.lua of the first set; NULL: as above */
    const char *decide;   /* body of decide(ctx) of the first set; NULL: as above */
};

struct reload_world {
    struct reload_world_options o;
    char root[64], dir[128], lib[128];
    struct eb_policy_choice choice;
    struct eb_loop *loop;
    struct eb_host *host;
    struct eb_reload *reload;
    struct eb_log log;
    int64_t now_ms;
    int64_t price_e8;
    bool live;
    unsigned swaps, told, answers, alerts[EB_ALERT_COUNT], told_of[EB_RELOAD_OUTCOME_COUNT];
    eb_client_id backstop[RELOAD_WORLD_MAX]; /* the last that was sent for each */
    struct eb_reload_report report;          /* the last that was told */
    struct eb_reload_report answer;          /* the last that somebody waited for */
    struct eb_plan_view view;                /* of plans that are asked for: text in 100 columns */
    struct eb_buffer page;                   /* the last report that was told, for people */
    char lines[16384];                       /* of the log */
};

/* Opens everything, positions included, with their first plans accepted. */
void reload_world_open(struct reload_world *w, const struct reload_world_options *o);
void reload_world_close(struct reload_world *w);
/* A file of the set, written in place. */
void reload_world_write(const struct reload_world *w, const char *name, const char *text);
/* The same as editors do it: another file, then renamed. */
void reload_world_save(const struct reload_world *w, const char *name, const char *text);
/* settings.lua with these values; decide(ctx) with this body, after `local S = require "settings"`. */
void reload_world_settings(const struct reload_world *w, const char *stop_pct, const char *first_r);
void reload_world_decide(const struct reload_world *w, const char *body);
extern const char reload_world_body[]; /* of the first set */

/* Time passes, with fresh prices each second. */
void reload_world_wait(struct reload_world *w, int64_t ms);
/* Time passes without any. */
void reload_world_silence(struct reload_world *w, int64_t ms);
/* All prices move there. */
void reload_world_price(struct reload_world *w, int64_t price_e8);
/* The venue says that every backstop stands. */
void reload_world_protect(struct reload_world *w);
void reload_world_command(struct reload_world *w, enum eb_command verb);

/* Begins a request with everything; does not wait. */
void reload_world_ask(struct reload_world *w, enum eb_reload_cause cause, const char *dir, const char *confirm);
/* Runs the loop until this many reports were told, or fails the test. */
void reload_world_until_told(struct reload_world *w, unsigned told);
/* The reload command, and its report. */
const struct eb_reload_report *reload_world_try(struct reload_world *w, enum eb_reload_cause cause,
                                                const char *confirm);
struct eb_evidence reload_world_evidence(const struct reload_world *w, unsigned position);
/* The set in force, every step and every durable bit of the live engine: what a trial must leave alone. */
struct reload_still {
    uint64_t hash, steps;
    struct eb_policy *policy;
};
struct reload_still reload_world_still(const struct reload_world *w);
void reload_world_expect_still(const struct reload_world *w, const struct reload_still *before);
/* Stop in force. */
int64_t reload_world_stop(const struct reload_world *w, unsigned position);
/* Fails the test unless text holds part. */
void reload_world_holds(const char *text, const char *part);
void reload_world_expect(const struct eb_reload_report *p, enum eb_reload_outcome outcome);
