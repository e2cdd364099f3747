/* SPDX-License-Identifier: Apache-2.0 */
/* Plans beside a small live engine. */
#include "plan_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void plan_world_open(struct plan_world *p, const struct reload_world_options *o)
{
    memset(p, 0, sizeof(*p));
    atomic_init(&p->stop, false);
    reload_world_open(&p->w, o);
}

static void forget(struct plan_world *p)
{
    eb_plan_free(p->plan);
    p->plan = NULL;
    eb_dry_close(&p->dry);
    eb_policy_close(p->twin);
    eb_policy_close(p->candidate);
    eb_engine_destroy(p->ground);
    p->twin = p->candidate = NULL;
    p->ground = NULL;
}

void plan_world_close(struct plan_world *p)
{
    forget(p);
    reload_world_close(&p->w);
}

static void must(int rc, const struct eb_err *err)
{
    if (rc != EB_OK) {
        fail_msg("%s", err->msg);
    }
}

void plan_world_make(struct plan_world *p)
{
    struct eb_err err = {.msg = ""};
    struct eb_engine *clone[2];
    const struct eb_engine *live = eb_host_engine(p->w.host);
    atomic_bool go_on;
    atomic_init(&go_on, false);
    forget(p);
    must(eb_policy_open_choice(&p->w.choice, NULL, NULL, &p->candidate, &err), &err);
    must(eb_policy_copy(eb_reload_policy(p->w.reload), &p->twin, &err), &err);
    must(eb_policy_build(p->twin, &err), &err);
    must(eb_engine_clone(live, &p->ground, &err), &err);
    must(eb_engine_clone(live, &clone[0], &err), &err);
    must(eb_engine_clone(live, &clone[1], &err), &err);
    must(eb_dry_open(&p->dry, live, p->w.now_ms, &err), &err);
    must(eb_dry_run(&p->dry, clone[0], p->twin, false, NULL, &go_on, &err), &err);
    must(eb_dry_run(&p->dry, clone[1], p->candidate, true, NULL, &go_on, &err), &err);
    p->plan = calloc(1, sizeof(*p->plan));
    assert_non_null(p->plan);
    must(eb_plan_rows(p->plan, &p->dry, &err), &err);
    must(eb_plan_causes(p->plan, &p->dry, p->ground, p->twin, p->candidate, &p->stop, &err), &err);
}

static const struct eb_plan_row *find(const struct plan_world *p, unsigned position, bool whole, unsigned kind,
                                      unsigned leg)
{
    assert_true(position < p->plan->count);
    const struct eb_plan_position *at = &p->plan->position[position];
    for (unsigned i = 0; i < at->rows; i++) {
        const struct eb_plan_row *r = &p->plan->row[at->first + i];
        if (r->whole == whole && r->key.kind == kind && r->key.leg == leg) {
            return r;
        }
    }
    fail_msg("position %u has no level of kind %u, leg %u", position, kind, leg);
    return NULL;
}

const struct eb_plan_row *plan_world_row(const struct plan_world *p, unsigned position, enum eb_stop_kind kind,
                                         unsigned leg)
{
    return find(p, position, false, (unsigned)kind, leg);
}

const struct eb_plan_row *plan_world_whole(const struct plan_world *p, unsigned position)
{
    return find(p, position, true, EB_STOP_NONE, 0);
}

const char *plan_world_cause(const struct plan_world *p, const struct eb_plan_row *row)
{
    static char text[2048];
    static const char *const how[] = {
        [EB_PLAN_ALONE] = "alone", [EB_PLAN_TOGETHER] = "together", [EB_PLAN_EITHER] = "either"};
    text[0] = '\0';
    if (row->cause == EB_PLAN_NO_CAUSE) {
        return text;
    }
    const struct eb_plan_cause *c = &p->plan->cause[row->cause];
    const char *before = ": ";
    size_t used = (size_t)snprintf(text, sizeof(text), "%s", how[c->how]);
    for (unsigned i = 0; i < p->plan->difference.count; i++) {
        if ((c->parts >> i & 1) != 0) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", before, p->plan->difference.at[i].name);
            assert_true(used < sizeof(text));
            before = ", ";
        }
    }
    return text;
}

const char *plan_world_page(const struct plan_world *p, bool all)
{
    static char page[1 << 18];
    struct eb_buffer out;
    const struct eb_plan_view view = {.all = all, .columns = 100};
    eb_buffer_init(&out, sizeof(page) - 1);
    eb_plan_text(p->plan, &view, &out);
    assert_false(out.failed);
    memcpy(page, eb_buffer_str(&out), out.len + 1);
    eb_buffer_deinit(&out);
    for (const char *line = page; *line != '\0'; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") > 100) {
            fail_msg("longer than 100: %.*s", (int)strcspn(line, "\n"), line);
        }
    }
    return page;
}
