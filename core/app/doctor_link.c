/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checks of the connection by what it says of itself: figures (link.h: facts), by the first word of their names.
 *
 *     "clock.offset_ms" -> venue.clock     "stream.market.age_ms" -> venue.streams     "weight.used_1m" -> venue.limits
 */
#include "app/doctor_inner.h"

#include <stdio.h>
#include <string.h>

enum group { CLOCK = 0, LIMITS, REQUESTS, KEY, STREAMS, WS_API, REST_OF_IT };
static const struct {
    const char *word;
    uint8_t group;
} words[] = {{"clock.", CLOCK},   {"weight.", LIMITS},  {"orders.", LIMITS},   {"rest.", REQUESTS},
             {"key.", KEY},       {"stream.", STREAMS}, {"streams.", STREAMS}, {"listen_key.", STREAMS},
             {"ws_api.", WS_API}, {"wsapi.", WS_API}};

static uint8_t group_of(const char *name)
{
    for (size_t i = 0; i < EB_COUNT(words); i++) {
        if (strncmp(name, words[i].word, strlen(words[i].word)) == 0) {
            return words[i].group;
        }
    }
    return REST_OF_IT;
}

struct look {
    struct eb_exam *x;
    uint8_t group;
    size_t used; /* of what is fine */
};

static void take(void *user, const struct eb_link_fact *f)
{
    struct look *k = user;
    struct eb_exam *x = k->x;
    if (group_of(f->name) != k->group) {
        return;
    }
    if (!f->well) {
        struct eb_finding *found = eb_finding_add(x, EB_BAD, "");
        EB_SAY(found->evidence, "%s is %s", f->name, f->value);
        EB_SAY(found->cause, "the connection says of itself that this is not well");
        EB_SAY(found->remedy, "%s", f->note[0] != '\0' ? f->note : "look for venue. in the log");
    }
    int n =
        snprintf(x->fine + k->used, sizeof(x->fine) - k->used, "%s%s %s", k->used > 0 ? ", " : "", f->name, f->value);
    k->used = n > 0 && k->used + (size_t)n < sizeof(x->fine) ? k->used + (size_t)n : sizeof(x->fine) - 1;
}

static void examine(struct eb_exam *x, enum group group)
{
    const struct eb_link *link = &x->live->link;
    struct look k = {.x = x, .group = (uint8_t)group};
    if (x->running && link->ops != NULL && link->ops->facts != NULL) {
        link->ops->facts(link->link, take, &k);
    }
    if (k.used == 0) {
        EB_SAY(x->fine, "%s", !x->running ? "not judged now" : "this exchange says nothing of it");
    }
}

void eb_check_venue_clock(struct eb_exam *x)
{
    examine(x, CLOCK);
}

void eb_check_venue_limits(struct eb_exam *x)
{
    examine(x, LIMITS);
}

void eb_check_venue_requests(struct eb_exam *x)
{
    examine(x, REQUESTS);
}

void eb_check_venue_key(struct eb_exam *x)
{
    examine(x, KEY);
}

void eb_check_venue_streams(struct eb_exam *x)
{
    examine(x, STREAMS);
}

void eb_check_venue_ws_api(struct eb_exam *x)
{
    examine(x, WS_API);
}

void eb_check_venue_rest(struct eb_exam *x)
{
    examine(x, REST_OF_IT);
}
