/* SPDX-License-Identifier: Apache-2.0 */
/* reload, plan and rollback through the control socket: answers that wait for a trial, and for the disk. */
#define _GNU_SOURCE

#include "app/control_world.h"

/* A set whose decide(ctx) is this text. Its directory is given back; good until the next call. */
static const char *write_set(const char *name, const char *decide)
{
    static char dir[128];
    char path[160];
    (void)snprintf(dir, sizeof(dir), "%s/%s", w.dir, name);
    (void)snprintf(path, sizeof(path), "%s/init.lua", dir);
    assert_true(mkdir(dir, 0700) == 0 || errno == EEXIST);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fprintf(f,
                        "local d = require \"exitbrain.decision\"\n"
                        "return { name = \"%s\", version = \"2\", decide = function(ctx)\n%s\nend }\n",
                        name, decide) > 0);
    assert_int_equal(fclose(f), 0);
    return dir;
}

static const char *args_of(const char *dir, const char *more)
{
    static char args[512];
    (void)snprintf(args, sizeof(args), "\"dir\":\"%s\"%s", dir, more);
    return args;
}

static const char harmless[] = "return nil";
static const char tighter[] = "return { d.stop_pct(0.5) }";

static void a_plan_changes_nothing(void **state)
{
    (void)state;
    uint64_t before = w.appended;
    cJSON *a = expect_answer(ask_once("plan", args_of(write_set("harmless", harmless), "")), 0, "planned");
    assert_string_equal(text_at(a, "doc.outcome"), "planned");
    cJSON_Delete(a);
    a = expect_answer(ask_once("plan", args_of(write_set("tighter", tighter), "")), 1, "BTCUSDT");
    assert_non_null(at(a, "doc.changes"));
    assert_string_equal(text_at(a, "doc.plan.differences.0.name"), "init.lua");
    assert_string_equal(text_at(a, "doc.plan.causes.0.how"), "together");
    cJSON_Delete(a);
    a = expect_answer(ask_once("plan", args_of(write_set("tighter", tighter), ",\"all\":true,\"want\":\"text\"")), 1,
                      "more files (--json): 2 levels of 2 positions, together");
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("plan", ""), 0, "unchanged")); /* what lies there is in force */
    assert_int_equal(w.appended, before);
}

static void a_harmless_set_is_swapped_and_answered_when_durable(void **state)
{
    (void)state;
    struct client c = client();
    char line[1024];
    w.held = true;
    w.durable = w.appended;
    (void)snprintf(line, sizeof(line), "{\"v\":1,\"id\":\"r\",\"cmd\":\"reload\",\"args\":{%s}}\n",
                   args_of(write_set("harmless", harmless), ",\"why\":\"tuesday\""));
    send_text(&c, line);
    struct eb_ev_policy policy;
    int64_t until = eb_monotonic_ns() + PATIENCE_NS;
    do { /* until it is in force */
        eb_loop_once(w.l->loop, false);
        eb_reload_event(w.l->reload, &policy);
    } while (strcmp(policy.name, "harmless") != 0 && eb_monotonic_ns() < until);
    assert_string_equal(policy.name, "harmless");
    assert_string_equal(policy.why, "tuesday");
    assert_true(is_silent(&c));
    w.durable = w.appended;
    eb_control_progress(w.l->control);
    cJSON *a = expect_answer(receive(&c), 0, "swapped");
    assert_string_equal(text_at(a, "doc.outcome"), "swapped");
    cJSON_Delete(a);
    w.held = false;
    a = expect_answer(ask(&c, "rollback", "\"why\":\"wednesday\""), 0, "rolled_back");
    cJSON_Delete(a);
    eb_reload_event(w.l->reload, &policy);
    assert_string_equal(policy.name, "exit-brain");
    hang_up(&c);
}

static void a_risky_set_is_staged_until_confirmed(void **state)
{
    (void)state;
    char hash[65];
    char more[128];
    const char *dir = write_set("tighter", tighter);
    cJSON *a = expect_answer(ask_once("reload", args_of(dir, "")), 1, "staged");
    (void)snprintf(hash, sizeof(hash), "%s", text_at(a, "doc.hash"));
    cJSON_Delete(a);
    a = expect_answer(ask_once("status", ""), 0, "STAGED");
    assert_string_equal(text_at(a, "doc.policy.staged"), hash);
    cJSON_Delete(a);
    (void)snprintf(more, sizeof(more), ",\"confirm\":\"%.8s\"", hash);
    a = expect_answer(ask_once("reload", args_of(dir, more)), 0, "swapped");
    cJSON_Delete(a);
    struct eb_ev_policy policy;
    eb_reload_event(w.l->reload, &policy);
    assert_string_equal(policy.name, "tighter");
}

static void a_broken_set_is_refused_with_its_place(void **state)
{
    (void)state;
    cJSON *a = expect_answer(ask_once("reload", args_of(write_set("broken", "return return"), "")), 1, "init.lua:3");
    assert_string_equal(text_at(a, "doc.outcome"), "refused");
    cJSON_Delete(a);
    a = expect_answer(ask_once("plan", "\"dir\":\"/nowhere/at/all\""), 1, "/nowhere/at/all");
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask_once("rollback", ""), 1, "no set before"));
}

static void others_are_answered_meanwhile(void **state)
{
    (void)state;
    struct client slow = client();
    struct client quick = client();
    char line[1024];
    (void)snprintf(line, sizeof(line), "{\"v\":1,\"id\":\"slow\",\"cmd\":\"plan\",\"args\":{%s}}\n",
                   args_of(write_set("harmless", harmless), ""));
    send_text(&slow, line);
    send_text(&slow, "{\"v\":1,\"id\":\"late\",\"cmd\":\"version\"}\n");
    cJSON *a = receive(&slow); /* the later request has its answer first */
    assert_string_equal(text_at(a, "id"), "late");
    cJSON_Delete(a);
    cJSON_Delete(expect_answer(ask(&quick, "positions", ""), 0, "BTCUSDT"));
    a = receive(&slow);
    assert_string_equal(text_at(a, "id"), "slow");
    cJSON_Delete(a);
    hang_up(&slow);
    hang_up(&quick);
}

/* Nobody is there any more when the trial is over; nor the server. */
static void a_trial_may_outlive_who_asked(void **state)
{
    (void)state;
    char line[1024];
    (void)snprintf(line, sizeof(line), "{\"v\":1,\"id\":\"r\",\"cmd\":\"reload\",\"args\":{%s}}\n",
                   args_of(write_set("harmless", harmless), ""));
    struct client c = client();
    send_text(&c, line);
    hang_up(&c);
    struct eb_ev_policy policy;
    int64_t until = eb_monotonic_ns() + PATIENCE_NS;
    do {
        eb_loop_once(w.l->loop, false);
        eb_reload_event(w.l->reload, &policy);
    } while (strcmp(policy.name, "harmless") != 0 && eb_monotonic_ns() < until);
    assert_string_equal(policy.name, "harmless"); /* it is done all the same */
    c = client();
    (void)snprintf(line, sizeof(line), "{\"v\":1,\"id\":\"r\",\"cmd\":\"plan\",\"args\":{%s}}\n",
                   args_of(write_set("tighter", tighter), ""));
    send_text(&c, line);
    while (!eb_reload_busy(w.l->reload) && eb_monotonic_ns() < until) {
        eb_loop_once(w.l->loop, false);
    }
    assert_true(eb_reload_busy(w.l->reload));
    eb_control_close(w.l->control);
    w.l->control = NULL;
    hang_up(&c);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_live, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_plan_changes_nothing),
        CASE(a_harmless_set_is_swapped_and_answered_when_durable),
        CASE(a_risky_set_is_staged_until_confirmed),
        CASE(a_broken_set_is_refused_with_its_place),
        CASE(others_are_answered_meanwhile),
        CASE(a_trial_may_outlive_who_asked),
    };
    return cmocka_run_group_tests_name("app/control_policy", tests, NULL, NULL);
}
