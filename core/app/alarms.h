/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Alarms: what a person should know now. Each is a log line `alarm.*`, a line in `status`, a finding of `doctor`, and
 * the configured command run with JSON on its standard input.
 *
 *     eb_alert of the engine, or the live engine's own --> eb_alarm_raise --> list, log, command
 */
#pragma once

#include "base/log.h"
#include "net/loop.h"
#include <exitbrain/action.h>

#define EB_ALARMS_MAX 64 /* kept: the newest; the same kind about the same symbol is one with a count */
#define EB_ALARM_NAME_MAX 32
#define EB_ALARM_TEXT_MAX 192 /* what is longer is cut at a word */
struct eb_alarm {
    char name[EB_ALARM_NAME_MAX]; /* "unprotected": as eb_alert_name(), or the live engine's own */
    char symbol[EB_SYMBOL_MAX];   /* "" the account */
    char text[EB_ALARM_TEXT_MAX];
    int64_t first_ms, last_ms; /* venue time */
    uint64_t count;
    bool over; /* what it was about has ended: kept for reading */
};
struct eb_alarms;
struct eb_alarms_config {
    struct eb_loop *loop;
    const struct eb_log *log; /* may be NULL */
    /* alarm.command: a program, and words for it parted by blanks, run with the alarm as JSON on its standard input
     * (alarm, symbol, text, first_ms, last_ms, count, pid); "" none. At most 4 at a time, the others wait their turn;
     * one that fails, or is killed because it still runs, is a log line on_alarm.failed. Copied. */
    const char *command;
    int64_t again_ms;      /* the same alarm is logged, and runs the command, again after this; 0: 60 s */
    int64_t kill_after_ms; /* how long the command may run; 0: 30 s */
};
/* EB_E_INVALID (a command of too many words), EB_E_MEMORY. */
EB_NODISCARD int eb_alarms_create(const struct eb_alarms_config *c, struct eb_alarms **out, struct eb_err *err);
void eb_alarms_destroy(struct eb_alarms *a);
/* symbol and text are copied, "" for none. Every one is counted; logged (`alarm.<name>`) is what is new: the first,
 * one that was over, another text, or the same after again_ms. */
void eb_alarm_raise(struct eb_alarms *a, const char *name, const char *symbol, const char *text, int64_t now_ms);
/* What it was about has ended (symbol "": the account's). Nothing when there is none. */
void eb_alarm_end(struct eb_alarms *a, const char *name, const char *symbol, int64_t now_ms);
/* Newest first; index < eb_alarms_count(). Valid until the next call that changes them. */
unsigned eb_alarms_count(const struct eb_alarms *a);
const struct eb_alarm *eb_alarms_at(const struct eb_alarms *a, unsigned index);
unsigned eb_alarms_standing(const struct eb_alarms *a); /* not over */
/* Why the command did not do its work when it last ran; "" when it did. */
const char *eb_alarms_trouble(const struct eb_alarms *a);
