/* SPDX-License-Identifier: Apache-2.0 */
/* Making a life and taking it through its phases. */
#include "town.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "exitbrain/policy.h"

#define LATENCY_MS 5
#define STILL_MS 12000 /* at the end: what is under way arrives */

int64_t town_clock_ms(const struct town *t)
{
    return eb_fapi_twin_now_ns(t->twin) / TOWN_NS_IN_MS;
}

void town_fail(struct town *t, const char *fmt, ...)
{
    char text[sizeof(t->figures.verdict)];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    town_say(t, "VIOLATION: %s", text);
    if (t->figures.verdict[0] == '\0') {
        memcpy(t->figures.verdict, text, sizeof(text));
    }
}

void town_say(const struct town *t, const char *fmt, ...)
{
    if (t->o.verbose) {
        va_list args;
        va_start(args, fmt);
        printf("%9.3f ", (double)(town_clock_ms(t) - TOWN_START_MS) / 1000.0);
        (void)vprintf(fmt, args);
        (void)putchar('\n');
        va_end(args);
    }
}

int town_control(struct town *t, const char *verb, const char *fmt, ...)
{
    char json[512];
    struct eb_buffer out;
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(json, sizeof(json), fmt, args);
    va_end(args);
    eb_buffer_init(&out, 1 << 16);
    int rc = eb_fapi_control(t->exchange, verb, json, strlen(json), &out);
    if (rc == 400 && strcmp(verb, "fault") == 0 && strstr(eb_buffer_str(&out), "faults stand") == NULL) {
        town_fail(t, "%s %s: %s", verb, json, eb_buffer_str(&out)); /* a trouble that is none */
    }
    town_say(t, "control: %s %s -> %d", verb, json, rc);
    eb_buffer_deinit(&out);
    return rc;
}

struct eb_web_timer *town_timer(struct town *t, void (*fire)(void *user), void *user)
{
    struct eb_web_timer *timer;
    struct eb_err err = {0};
    EB_ASSERT(t->web.ops->timer_open(t->web.web, fire, user, &timer, &err) == EB_OK);
    return timer;
}

void town_timer_set(const struct town *t, struct eb_web_timer *timer, int64_t after_ms)
{
    t->web.ops->timer_set(timer, after_ms * TOWN_NS_IN_MS);
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    town_books_step(user, ev, actions);
}

static bool make_exchange(struct town *t, struct eb_err *err)
{
    static const char key[] = "key-of-the-town-0123456789";
    static const char secret[] = "secret-of-the-town-0123456789";
    const struct eb_fapi_account account = {.name = "town",
                                            .api_key = key,
                                            .secret = secret,
                                            .balance = {1000000 * EB_E8},
                                            .hedge = eb_rng_below(&t->hands_rng, 2) == 0,
                                            .can_trade = true,
                                            .cross = eb_rng_below(&t->hands_rng, 2) == 0};
    struct eb_fapi_config c;
    eb_fapi_config_default(&c);
    c.account = &account;
    c.accounts = 1;
    c.start_ms = TOWN_START_MS;
    c.feed = EB_FAPI_FEED_HELD;
    c.seed = t->o.seed;
    c.control = true;
    if (eb_fapi_create(&c, &t->exchange, err) != EB_OK ||
        eb_fapi_twin_create(t->exchange, LATENCY_MS, &t->twin, err) != EB_OK ||
        eb_binance_key_make(key, secret, &t->key, err) != EB_OK) {
        return false;
    }
    t->account = fapi_account_at(t->exchange, 0);
    t->web = eb_fapi_twin_port(t->twin);
    return true;
}

static bool make_policy(struct town *t, struct eb_err *err)
{
    if (t->o.policy == NULL) {
        return true;
    }
    const struct eb_policy_options o = {.lib_dir = t->o.lib};
    return eb_policy_open(t->o.policy, &o, &t->set, err) == EB_OK;
}

static bool make_engine(struct town *t, struct eb_err *err)
{
    const struct eb_memory_store_config store = {.limit_bytes = 0};
    struct eb_host_config c;
    memset(&c, 0, sizeof(c));
    eb_engine_config_default(&c.engine);
    c.engine.symbols_max = 16;
    c.engine.instance = 1;
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    c.venue = town_port(t);
    c.policy = t->set != NULL ? eb_policy_as_port(t->set) : town_policy(t);
    c.observer = observe;
    c.observer_user = t;
    if (eb_memory_store_create(&store, &t->store, err) != EB_OK) {
        return false;
    }
    c.store = eb_memory_store_port(t->store);
    return eb_host_create(&c, &t->host, err) == EB_OK && eb_pump_create(c.engine.symbols_max, &t->pump, err) == EB_OK;
}

static void destroy(struct town *t)
{
    if (t->link.ops != NULL) {
        t->link.ops->disconnect(t->link.link);
    }
    eb_binance_destroy(t->binance);
    struct eb_web_timer *const timers[] = {t->deadline,   t->reconnect,        t->market_timer,    t->hands_timer,
                                           t->look_timer, t->trouble_timer[0], t->trouble_timer[1]};
    for (size_t i = 0; i < EB_COUNT(timers); i++) {
        if (timers[i] != NULL) {
            t->web.ops->timer_close(timers[i]);
        }
    }
    eb_host_destroy(t->host);
    eb_pump_destroy(t->pump);
    eb_memory_store_destroy(t->store);
    eb_policy_close(t->set);
    eb_fapi_twin_destroy(t->twin);
    eb_fapi_destroy(t->exchange);
    eb_binance_key_free(t->key);
}

/* ---- phases ------------------------------------------------------------------------------------------------------ */

static void run(struct town *t, int64_t ms)
{
    eb_fapi_twin_run(t->twin, town_clock_ms(t) + ms);
}

static void live(struct town *t)
{
    town_hands_begin(t);
    t->look_timer = town_timer(t, town_look, t);
    town_timer_set(t, t->look_timer, 200);
    town_link_begin(t);
    town_troubles_begin(t);
    run(t, t->o.troubled_ms);
    town_say(t, "all is mended");
    t->calm = true;
    town_troubles_end(t);
    town_command(t, EB_CMD_RESUME, EB_NO_SYMBOL);
    run(t, t->o.calm_ms - STILL_MS);
    t->still = true;
    run(t, STILL_MS);
    town_judge(t);
}

void town_live(struct town *t, const struct town_options *o, struct town_figures *out)
{
    struct eb_err err = {0};
    struct eb_rng seed;
    memset(t, 0, sizeof(*t));
    t->o = *o;
    eb_rng_seed(&seed, o->seed);
    t->market_rng = eb_rng_split(&seed);
    t->hands_rng = eb_rng_split(&seed);
    t->trouble_rng = eb_rng_split(&seed);
    t->policy_rng = eb_rng_split(&seed);
    t->now_ms = TOWN_START_MS;
    if (make_exchange(t, &err) && make_policy(t, &err) && make_engine(t, &err) && town_link_open(t, &err)) {
        live(t);
    } else {
        (void)snprintf(t->figures.verdict, sizeof(t->figures.verdict), "%s", err.msg);
    }
    *out = t->figures;
    destroy(t);
}
