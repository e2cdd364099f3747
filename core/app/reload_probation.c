/* SPDX-License-Identifier: Apache-2.0 */
/* The first consults after a swap: failures are counted, a few are enough. Part of the turn: nothing is allocated. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/reload_inner.h"

#define EXCUSED UINT8_MAX

void eb_probation_end(struct eb_probation *p)
{
    free(p->asked);
    memset(p, 0, sizeof(*p));
}

void eb_probation_begin(struct eb_probation *p, const struct eb_reload_job *j, uint32_t symbols, unsigned limit,
                        int64_t now_ms)
{
    eb_probation_end(p);
    p->on = true;
    p->limit = limit;
    p->until_ms = now_ms + EB_RELOAD_WATCH_MS;
    p->asked = calloc((size_t)symbols * 2 + 1, 1);
    p->slots = p->asked != NULL ? symbols * 2 : 0;
    for (unsigned i = 0; i < j->excused_count; i++) {
        if (j->excused[i] < p->slots) {
            p->asked[j->excused[i]] = EXCUSED;
        }
    }
}

/* Whether this answer of a position still counts. */
static bool counts(struct eb_probation *p, eb_position_id id)
{
    if (id >= p->slots) {
        return true;
    }
    if (p->asked[id] >= EB_RELOAD_WATCHED_ASKS) {
        return false;
    }
    p->asked[id]++;
    return true;
}

static const char *failure(const struct eb_event *ev, const struct eb_actions *actions)
{
    if (ev->kind == EB_EV_POLICY_FAILED) {
        return ev->u.policy_failed->message;
    }
    for (uint16_t i = 0; i < actions->count; i++) {
        const struct eb_action *a = &actions->action[i];
        if (a->kind == EB_ACT_ALERT && a->u.alert.kind == EB_ALERT_VERDICT_REFUSED) {
            return a->u.alert.text;
        }
    }
    return NULL;
}

static void note_first(struct eb_probation *p, const struct eb_engine *e, const struct eb_event *ev, const char *text)
{
    enum eb_side side = EB_LONG;
    bool known = e != NULL && eb_engine_open_side(e, ev->position, &side);
    (void)snprintf(p->first, sizeof(p->first), "%s%s%s%s%s", known ? eb_engine_symbol_name(e, ev->symbol) : "",
                   known ? " " : "", known ? eb_side_name(side) : "", known ? ": " : "", text);
}

bool eb_probation_hear(struct eb_probation *p, const struct eb_engine *e, const struct eb_event *ev,
                       const struct eb_actions *actions)
{
    if (!p->on || (ev->kind != EB_EV_VERDICT && ev->kind != EB_EV_POLICY_FAILED)) {
        return false;
    }
    if (ev->now_ms > p->until_ms) {
        p->on = false;
        return false;
    }
    const char *text = failure(ev, actions);
    if (!counts(p, ev->position) || text == NULL) {
        return false;
    }
    if (p->failures++ == 0) {
        note_first(p, e, ev, text);
    }
    if (p->failures < p->limit) {
        return false;
    }
    p->on = false;
    p->failed = true;
    return true;
}
