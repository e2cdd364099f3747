/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of what runs beside the owner: nothing here is trouble for a position, so none of it is BAD. */
#include "app/doctor_inner.h"

#include <inttypes.h>

static void failing(struct eb_exam *x, const struct eb_challenger_view *v)
{
    struct eb_finding *f = eb_finding_add(x, EB_NOTE, v->failure_symbol);
    EB_SAY(f->evidence, "challenger %s: %" PRIu64 " of %" PRIu64 " consults failed, quarantined %u times; last: %s",
           v->name, v->failures, v->consults, v->quarantines, v->failure);
    EB_SAY(f->cause, "its set raises, uses up its budget or answers nonsense; the owner does not notice");
    EB_SAY(f->remedy, "exitbrain check %.80s; then exitbrain reload --challenger %s", v->dir, v->name);
}

static void behind(struct eb_exam *x, const struct eb_challenger_view *v)
{
    struct eb_finding *f = eb_finding_add(x, EB_NOTE, "");
    EB_SAY(f->evidence, "challenger %s was so far behind that events were lost, %" PRIu64 " times", v->name,
           v->overflows);
    EB_SAY(f->cause, "the machine has no time left for it; its open episodes count as censored");
    EB_SAY(f->remedy, "run fewer challengers, or a cheaper set");
}

void eb_check_challengers(struct eb_exam *x)
{
    unsigned count = eb_challengers_count(x->live->challengers);
    EB_SAY(x->fine, count > 0 ? "%u challengers, all answer" : "there are no challengers", count);
    for (unsigned i = 0; i < count; i++) {
        struct eb_challenger_view v;
        eb_challengers_view(x->live->challengers, i, &v);
        if (v.failures > 0) {
            failing(x, &v);
        }
        if (v.overflows > 0) {
            behind(x, &v);
        }
    }
}

void eb_check_ledger(struct eb_exam *x)
{
    const struct eb_ledger *l = x->live->ledger;
    EB_SAY(x->fine, "what episodes came to is written");
    if (l != NULL && eb_ledger_write_failed(l)) {
        eb_find(x, EB_NOTE, "", "the disk takes nothing, or the file is not ours",
                "look at " EB_LEDGER_FILE " in the state's directory; what waits is written once that is possible",
                "%s", eb_ledger_trouble(l));
    }
}
