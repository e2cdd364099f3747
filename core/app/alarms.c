/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of alarms and the command that tells somebody.
 *
 *     raise --> entry at the front: counted, logged --> due? --> a free place of RUNNING_MAX --> child, JSON on stdin
 *                                                        ^                                          |
 *                                                        +------- the next that is due <--- exited --+
 *
 * Nothing here waits: what finds no free place runs when one is free, and a command that hangs is killed by the loop.
 */
#define _POSIX_C_SOURCE 200809L

#include "app/alarms.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "base/cut.h"

#define RUNNING_MAX 4
#define KILL_AFTER_MS 30000
#define AGAIN_MS 60000
#define ARGUMENTS_MAX 15
#define DOCUMENT_MAX 4096

static const char area[] = "alarms";

struct entry {
    struct eb_alarm alarm;
    int64_t told_ms; /* when it was last logged and the command became due */
    bool due;        /* the command is to be run for it */
};
struct running {
    struct eb_alarms *owner;
    struct eb_child *child; /* NULL: the place is free */
    struct eb_buffer document;
    char name[EB_ALARM_NAME_MAX];
    char symbol[EB_SYMBOL_MAX];
};
struct eb_alarms {
    struct eb_loop *loop;
    const struct eb_log *log;
    char *command; /* owned; its words are cut apart by zeros */
    const char *argv[ARGUMENTS_MAX + 1];
    int64_t again_ms, kill_after_ms;
    unsigned count;
    char trouble[EB_REASON_MAX]; /* of the command; "" none */
    struct running running[RUNNING_MAX];
    struct entry entry[EB_ALARMS_MAX]; /* newest first */
};

static void copy(char *to, size_t room, const char *text)
{
    (void)snprintf(to, room, "%s", text != NULL ? text : "");
}

/* ---- the command ------------------------------------------------------------------------------------------------- */

/* A path with blanks in it that is a program is one word; else blanks part program and arguments. */
static int split(struct eb_alarms *a, struct eb_err *err)
{
    unsigned n = 0;
    if (access(a->command, X_OK) == 0) {
        a->argv[0] = a->command;
        return EB_OK;
    }
    for (char *at = a->command; *at != '\0';) {
        at += strspn(at, " \t");
        size_t len = strcspn(at, " \t");
        if (len > 0 && n == ARGUMENTS_MAX) {
            return eb_err_set(err, EB_E_INVALID, area, "alarm.command: more than %d words: name a script",
                              ARGUMENTS_MAX);
        }
        if (len > 0) {
            a->argv[n++] = at;
        }
        at += len;
        if (*at != '\0') {
            *at++ = '\0';
        }
    }
    return EB_OK;
}

static void document(const struct eb_alarm *alarm, struct eb_buffer *out)
{
    eb_buffer_clear(out);
    (void)eb_buffer_text(out, "{\"alarm\":");
    (void)eb_buffer_json_string(out, alarm->name);
    (void)eb_buffer_text(out, ",\"symbol\":");
    (void)eb_buffer_json_string(out, alarm->symbol);
    (void)eb_buffer_text(out, ",\"text\":");
    (void)eb_buffer_json_string(out, alarm->text);
    (void)eb_buffer_printf(out,
                           ",\"first_ms\":%" PRId64 ",\"last_ms\":%" PRId64 ",\"count\":%" PRIu64 ",\"pid\":%ld}\n",
                           alarm->first_ms, alarm->last_ms, alarm->count, (long)getpid());
}

/* The command did not do its work: said here, in the log, and by the doctor. Never an alarm, which would run it. */
static void in_trouble(struct eb_alarms *a, const struct running *r, int status, const char *what)
{
    copy(a->trouble, sizeof(a->trouble), what);
    eb_log(a->log, EB_LOG_ERROR, "on_alarm.failed", EB_STR("alarm", r->name), EB_STR("symbol", r->symbol),
           EB_STR("command", a->argv[0]), EB_I64("status", status), EB_STR("text", what));
}

static void run_what_is_due(struct eb_alarms *a);

static void exited(void *user, int status)
{
    struct running *r = user;
    struct eb_alarms *a = r->owner;
    char what[EB_REASON_MAX];
    eb_child_close(r->child);
    r->child = NULL;
    if (status == 0) {
        a->trouble[0] = '\0';
    } else if (status > 128) {
        (void)snprintf(what, sizeof(what), "ended by signal %d (9: killed, it still ran after %" PRId64 " ms)",
                       status - 128, a->kill_after_ms);
        in_trouble(a, r, status, what);
    } else {
        (void)snprintf(what, sizeof(what), "ended with status %d", status);
        in_trouble(a, r, status, what);
    }
    run_what_is_due(a);
}

static void run(struct eb_alarms *a, struct running *r, const struct eb_alarm *alarm)
{
    struct eb_err err = {0};
    copy(r->name, sizeof(r->name), alarm->name);
    copy(r->symbol, sizeof(r->symbol), alarm->symbol);
    document(alarm, &r->document);
    const struct eb_child_options o = {
        .argv = a->argv, .input = eb_buffer_str(&r->document), .quiet = true, .kill_after_ms = a->kill_after_ms};
    if (r->document.failed || eb_child_start(a->loop, &o, exited, r, &r->child, &err) != EB_OK) {
        r->child = NULL;
        in_trouble(a, r, -1, r->document.failed ? "out of memory" : err.msg);
    }
}

static struct running *free_place(struct eb_alarms *a)
{
    for (unsigned i = 0; i < RUNNING_MAX; i++) {
        if (a->running[i].child == NULL) {
            return &a->running[i];
        }
    }
    return NULL;
}

/* The oldest first: it has waited longest. */
static void run_what_is_due(struct eb_alarms *a)
{
    for (unsigned i = a->count; i > 0; i--) {
        struct entry *e = &a->entry[i - 1];
        struct running *place = e->due ? free_place(a) : NULL;
        if (place != NULL) {
            e->due = false;
            run(a, place, &e->alarm);
        }
    }
}

/* ---- the list ---------------------------------------------------------------------------------------------------- */

int eb_alarms_create(const struct eb_alarms_config *c, struct eb_alarms **out, struct eb_err *err)
{
    struct eb_alarms *a = calloc(1, sizeof(*a));
    *out = NULL;
    if (a == NULL) {
        return eb_err_set(err, EB_E_MEMORY, area, "out of memory");
    }
    a->loop = c->loop;
    a->log = c->log;
    a->again_ms = c->again_ms > 0 ? c->again_ms : AGAIN_MS;
    a->kill_after_ms = c->kill_after_ms > 0 ? c->kill_after_ms : KILL_AFTER_MS;
    for (unsigned i = 0; i < RUNNING_MAX; i++) {
        a->running[i].owner = a;
        eb_buffer_init(&a->running[i].document, DOCUMENT_MAX);
    }
    int rc = EB_OK;
    if (c->command != NULL && c->command[0] != '\0') {
        size_t size = strlen(c->command) + 1;
        a->command = malloc(size);
        if (a->command == NULL) {
            rc = eb_err_set(err, EB_E_MEMORY, area, "out of memory");
        } else {
            memcpy(a->command, c->command, size);
            rc = split(a, err);
        }
    }
    if (rc != EB_OK) {
        eb_alarms_destroy(a);
        return rc;
    }
    *out = a;
    return EB_OK;
}

void eb_alarms_destroy(struct eb_alarms *a)
{
    if (a == NULL) {
        return;
    }
    for (unsigned i = 0; i < RUNNING_MAX; i++) {
        eb_child_close(a->running[i].child); /* it goes on and tells what it was to tell */
        eb_buffer_deinit(&a->running[i].document);
    }
    free(a->command);
    free(a);
}

static unsigned find(const struct eb_alarms *a, const char *name, const char *symbol)
{
    unsigned i = 0;
    while (i < a->count && (strncmp(a->entry[i].alarm.name, name, EB_ALARM_NAME_MAX - 1) != 0 ||
                            strncmp(a->entry[i].alarm.symbol, symbol, EB_SYMBOL_MAX - 1) != 0)) {
        i++;
    }
    return i;
}

/* The place that is given up when the list is full: the oldest that is over, else the oldest. */
static unsigned dispensable(const struct eb_alarms *a)
{
    for (unsigned i = a->count; i > 0; i--) {
        if (a->entry[i - 1].alarm.over && !a->entry[i - 1].due) {
            return i - 1;
        }
    }
    return a->count - 1;
}

/* Brings an entry to the front, keeping the order of the others. */
static struct entry *to_front(struct eb_alarms *a, unsigned at)
{
    struct entry e = a->entry[at];
    memmove(&a->entry[1], &a->entry[0], at * sizeof(a->entry[0]));
    a->entry[0] = e;
    return &a->entry[0];
}

static struct entry *entry_for(struct eb_alarms *a, const char *name, const char *symbol, int64_t now_ms)
{
    unsigned at = find(a, name, symbol);
    if (at < a->count) {
        return to_front(a, at);
    }
    if (a->count < EB_ALARMS_MAX) {
        at = a->count++;
    } else {
        at = dispensable(a);
    }
    memset(&a->entry[at], 0, sizeof(a->entry[at]));
    struct entry *e = to_front(a, at);
    copy(e->alarm.name, sizeof(e->alarm.name), name);
    copy(e->alarm.symbol, sizeof(e->alarm.symbol), symbol);
    e->alarm.first_ms = now_ms;
    return e;
}

void eb_alarm_raise(struct eb_alarms *a, const char *name, const char *symbol, const char *text, int64_t now_ms)
{
    char event[EB_ALARM_NAME_MAX + 8];
    char fits[EB_ALARM_TEXT_MAX];
    struct entry *e = entry_for(a, name, symbol, now_ms);
    struct eb_alarm *alarm = &e->alarm;
    bool again = alarm->count == 0 || now_ms - e->told_ms >= a->again_ms;
    eb_text_cut(fits, sizeof(fits), text);
    bool news = again || alarm->over || strcmp(alarm->text, fits) != 0;
    alarm->count++;
    alarm->last_ms = now_ms;
    alarm->over = false;
    memcpy(alarm->text, fits, sizeof(alarm->text));
    if (news) {
        (void)snprintf(event, sizeof(event), "alarm.%s", alarm->name);
        eb_log(a->log, EB_LOG_ALARM, event, EB_STR("symbol", alarm->symbol), EB_STR("text", alarm->text),
               EB_I64("count", (int64_t)alarm->count), EB_I64("first_ms", alarm->first_ms));
    }
    if (again) {
        e->told_ms = now_ms;
        e->due = a->command != NULL && a->argv[0] != NULL;
        run_what_is_due(a);
    }
}

static void end(struct eb_alarms *a, struct eb_alarm *alarm, int64_t now_ms)
{
    if (!alarm->over) {
        alarm->over = true;
        eb_log(a->log, EB_LOG_INFO, "alarm.over", EB_STR("alarm", alarm->name), EB_STR("symbol", alarm->symbol),
               EB_I64("count", (int64_t)alarm->count), EB_I64("stood_ms", now_ms - alarm->first_ms));
    }
}

void eb_alarm_end(struct eb_alarms *a, const char *name, const char *symbol, int64_t now_ms)
{
    unsigned at = find(a, name, symbol);
    if (at < a->count) {
        end(a, &a->entry[at].alarm, now_ms);
    }
}

unsigned eb_alarms_count(const struct eb_alarms *a)
{
    return a != NULL ? a->count : 0;
}

const struct eb_alarm *eb_alarms_at(const struct eb_alarms *a, unsigned index)
{
    EB_ASSERT(index < eb_alarms_count(a));
    return &a->entry[index].alarm;
}

unsigned eb_alarms_standing(const struct eb_alarms *a)
{
    unsigned n = 0;
    for (unsigned i = 0; i < eb_alarms_count(a); i++) {
        n += a->entry[i].alarm.over ? 0 : 1;
    }
    return n;
}

const char *eb_alarms_trouble(const struct eb_alarms *a)
{
    return a != NULL ? a->trouble : "";
}
