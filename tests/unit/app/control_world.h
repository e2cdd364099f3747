/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An engine without a venue behind its control socket, for the tests of this folder that ask it: a LONG of BTCUSDT, a
 * SHORT of ETHUSDT, SOLUSDT flat; the shipped policies, a real loop, clients that are plain sockets. What app/live.c
 * does for the server is defined here, so that the tests decide when a record is durable and when the disk fails.
 *
 * Included once by each test_control*.c, with _GNU_SOURCE: everything is defined in it.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cjson/cJSON.h>
#include <cmocka.h>

#include "app/control.h"
#include "app/live.h"

#define HELPER __attribute__((unused)) static

#define T0 INT64_C(1700000100000)
#define PATIENCE_NS (60 * INT64_C(1000000000))
enum { BTC = 0, ETH = 1, SOL = 2 };

static struct {
    struct eb_live *l;
    char dir[64], path[96];
    uint64_t appended;
    uint64_t durable; /* where held */
    bool held;        /* nothing becomes durable by itself */
    bool failed;      /* the disk */
    unsigned commands;
    struct eb_ev_command last; /* that was stepped */
    uint64_t seq;              /* its record */
    struct eb_order_request order[64];
    unsigned orders;
} w;

/* ---- what app/live.c is for the server --------------------------------------------------------------------------- */

int64_t eb_live_now_ms(const struct eb_live *l)
{
    return l->now_ms;
}

struct eb_event eb_live_event(const struct eb_live *l, enum eb_event_kind kind, eb_symbol_id symbol)
{
    return (struct eb_event){
        .kind = (uint16_t)kind, .now_ns = l->now_ns, .now_ms = l->now_ms, .symbol = symbol, .position = EB_NO_POSITION};
}

int eb_live_turn(struct eb_live *l, struct eb_event *ev)
{
    return eb_turn(l->host, ev);
}

int eb_live_command(struct eb_live *l, const struct eb_ev_command *command, eb_symbol_id symbol, uint64_t *seq)
{
    uint64_t before = eb_engine_durable_count(eb_host_engine(l->host));
    struct eb_event ev = eb_live_event(l, EB_EV_COMMAND, symbol);
    ev.u.command = command;
    int rc = eb_live_turn(l, &ev);
    uint64_t after = eb_engine_durable_count(eb_host_engine(l->host));
    *seq = after > before ? after : 0;
    w.commands++;
    w.last = *command;
    w.seq = *seq;
    return rc == EB_OK ? eb_host_clock(l->host, l->now_ns, l->now_ms) : rc;
}

int eb_live_signal(struct eb_live *l, const struct eb_ev_signal *signal, eb_symbol_id symbol, uint64_t *seq)
{
    uint64_t before = eb_engine_durable_count(eb_host_engine(l->host));
    struct eb_event ev = eb_live_event(l, EB_EV_SIGNAL, symbol);
    ev.u.signal = signal;
    int rc = eb_live_turn(l, &ev);
    uint64_t after = eb_engine_durable_count(eb_host_engine(l->host));
    *seq = after > before ? after : 0;
    return rc == EB_OK ? eb_host_clock(l->host, l->now_ns, l->now_ms) : rc;
}

int eb_live_durable(const struct eb_live *l, uint64_t seq)
{
    (void)l;
    return w.failed ? -1 : !w.held || seq <= w.durable;
}

/* ---- the engine -------------------------------------------------------------------------------------------------- */

HELPER uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    (void)store;
    (void)ev;
    (void)witness;
    w.appended += durable ? 1 : 0;
    return w.appended;
}

HELPER void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct eb_live *l = user;
    eb_book_observe(&l->book, ev, actions);
    eb_reload_observe(l->reload, ev, actions);
    for (unsigned i = 0; i < actions->count; i++) {
        if (actions->action[i].kind == EB_ACT_SUBMIT && w.orders < EB_COUNT(w.order)) {
            w.order[w.orders++] = actions->action[i].u.submit;
        }
    }
}

HELPER void step(struct eb_event *ev)
{
    assert_int_equal(eb_live_turn(w.l, ev), EB_OK);
}

/* Every conditional order that was sent stands at the venue. */
HELPER void confirm_orders(void)
{
    for (unsigned i = 0; i < w.orders; i++) {
        struct eb_event ev = eb_live_event(w.l, EB_EV_ORDER, w.order[i].symbol);
        ev.u.order = (struct eb_ev_order){
            .client_id = w.order[i].client_id, .venue_order_id = 1000 + i, .state = EB_OS_NEW, .venue_ms = w.l->now_ms};
        if (w.order[i].type == EB_ORDER_STOP_MARKET) {
            step(&ev);
        }
    }
    w.orders = 0;
}

HELPER void mark(eb_symbol_id symbol, int64_t e8)
{
    struct eb_event ev = eb_live_event(w.l, EB_EV_PRICE, symbol);
    eb_price at = {e8};
    ev.u.price = (struct eb_ev_price){.source = EB_SRC_MARK, .price = at, .ask = at, .min = at, .max = at};
    step(&ev);
}

HELPER void introduce(eb_symbol_id symbol, const char *name)
{
    struct eb_ev_instrument inst = {.tick.e8 = EB_E8 / 100,
                                    .step.e8 = EB_E8 / 1000,
                                    .min_qty.e8 = EB_E8 / 1000,
                                    .min_notional.e8 = 5 * EB_E8,
                                    .maintenance_ppm = 5000,
                                    .trading = true};
    (void)snprintf(inst.symbol, sizeof(inst.symbol), "%s", name);
    struct eb_event ev = eb_live_event(w.l, EB_EV_INSTRUMENT, symbol);
    ev.u.instrument = &inst;
    step(&ev);
    for (int64_t i = 0; i < 30; i++) {
        int64_t sway = (i % 3 - 1) * EB_E8 / 4;
        ev = eb_live_event(w.l, EB_EV_BAR, symbol);
        ev.u.bar = (struct eb_ev_bar){T0 - (30 - i) * 900000, 900000,       {100 * EB_E8},
                                      {101 * EB_E8},          {99 * EB_E8}, {100 * EB_E8 + sway}};
        step(&ev);
    }
    mark(symbol, 100 * EB_E8);
}

HELPER void position(eb_symbol_id symbol, enum eb_side side, int64_t qty_e8, bool adopted)
{
    struct eb_ev_position p = {.side = (uint8_t)side,
                               .adopted = adopted,
                               .qty.e8 = qty_e8,
                               .entry.e8 = 100 * EB_E8,
                               .leverage_ppm = 10 * EB_PPM,
                               .opened_ms = T0};
    (void)snprintf(p.strategy_id, sizeof(p.strategy_id), "signals");
    struct eb_event ev = eb_live_event(w.l, EB_EV_POSITION, symbol);
    ev.u.venue_position = &p;
    step(&ev);
}

HELPER const struct eb_engine *engine_of(void *user)
{
    return eb_host_engine(((struct eb_live *)user)->host);
}

HELPER bool orders_leave(void *user)
{
    struct eb_ev_config mode = eb_engine_mode(engine_of(user));
    return mode.executor_live && mode.rollout_enabled;
}

HELPER int64_t now_of(void *user)
{
    return ((struct eb_live *)user)->now_ms;
}

HELPER void swap(void *user, struct eb_policy *policy, const struct eb_ev_policy *event)
{
    struct eb_live *l = user;
    eb_host_set_policy(l->host, eb_policy_as_port(policy));
    struct eb_event ev = eb_live_event(l, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = event;
    assert_int_equal(eb_live_turn(l, &ev), EB_OK);
}

HELPER void told(void *user, const struct eb_reload_report *r)
{
    (void)user;
    (void)r;
}

HELPER void make_host(bool live)
{
    struct eb_err err;
    struct eb_live *l = w.l;
    const struct eb_reload_config rc = {.loop = l->loop,
                                        .choice = &l->o.choice,
                                        .user = l,
                                        .engine = engine_of,
                                        .live = orders_leave,
                                        .now_ms = now_of,
                                        .swap = swap,
                                        .told = told};
    const struct eb_alarms_config ac = {.loop = l->loop, .command = ""};
    assert_int_equal(eb_policy_choose(NULL, &l->o.choice, &err), EB_OK);
    assert_int_equal(eb_reload_create(&rc, &l->reload, &err), EB_OK);
    assert_int_equal(eb_alarms_create(&ac, &l->alarms, &err), EB_OK);
    struct eb_host_config c;
    memset(&c, 0, sizeof(c));
    c.engine = l->o.config.engine;
    c.engine.mode.executor_live = live;
    l->o.config.engine = c.engine;
    c.policy = eb_policy_as_port(eb_reload_policy(l->reload));
    c.store = (struct eb_store_port){.append = append};
    c.observer = observe;
    c.observer_user = l;
    assert_int_equal(eb_host_create(&c, &l->host, &err), EB_OK);
    l->book.engine = eb_host_engine(l->host);
}

HELPER void make_journal(void)
{
    static char path[128];
    struct eb_err err;
    struct eb_engine *state = NULL;
    struct eb_journal_options o;
    memset(&o, 0, sizeof(o));
    (void)snprintf(path, sizeof(path), "%s/journal.db", w.dir);
    o.path = path;
    o.account = "paper";
    assert_int_equal(eb_journal_open(&o, &w.l->journal, &w.l->recovery, &state, &err), EB_OK);
    assert_null(state);
    assert_int_equal(
        eb_journal_begin(w.l->journal, eb_host_engine(w.l->host), &w.l->o.config.engine, w.l->now_ms, &err), EB_OK);
}

HELPER void open_world(bool live)
{
    struct eb_err err = {0};
    memset(&w, 0, sizeof(w));
    (void)snprintf(w.dir, sizeof(w.dir), "/tmp/eb_control.XXXXXX");
    assert_non_null(mkdtemp(w.dir));
    (void)snprintf(w.path, sizeof(w.path), "%s/control.sock", w.dir);
    struct eb_live *l = w.l = calloc(1, sizeof(*l));
    assert_non_null(l);
    assert_int_equal(eb_loop_create(&l->loop, &err), EB_OK);
    eb_config_default(&l->o.config);
    l->o.config.engine.symbols_max = 4;
    l->o.config.engine.instance = 1;
    l->o.config.engine.snapshot_ms = 0;
    l->o.config.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, live, true};
    l->o.state_dir = w.dir;
    l->lockstep = true;
    l->now_ms = T0;
    l->now_ns = T0 * 1000000;
    l->started_ms = l->ready_ms = T0;
    l->began_wall_ns = eb_monotonic_ns();
    l->stage = EB_LIVE_RUNNING;
    l->connects = 1;
    l->venue.can_trade = true;
    (void)snprintf(l->venue.name, sizeof(l->venue.name), "exitbrain sim");
    (void)snprintf(l->venue.account, sizeof(l->venue.account), "paper-1");
    make_host(live);
    make_journal();
    struct eb_event ev = eb_live_event(l, EB_EV_ACCOUNT, EB_NO_SYMBOL);
    ev.u.account.balance.e8 = 10000 * EB_E8;
    step(&ev);
    struct eb_ev_policy policy;
    eb_reload_event(l->reload, &policy);
    ev = eb_live_event(l, EB_EV_POLICY, EB_NO_SYMBOL);
    ev.u.policy = &policy;
    step(&ev);
    introduce(BTC, "BTCUSDT");
    introduce(ETH, "ETHUSDT");
    introduce(SOL, "SOLUSDT");
    position(BTC, EB_LONG, 10 * EB_E8, false);
    position(ETH, EB_SHORT, 5 * EB_E8, true);
    confirm_orders();
    assert_int_equal(eb_control_open(l, w.path, &l->control, &err), EB_OK);
}

HELPER int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    (void)st;
    (void)kind;
    (void)ftw;
    return remove(path);
}

HELPER void close_world(void)
{
    struct eb_live *l = w.l;
    struct eb_err err;
    eb_control_close(l->control);
    eb_reload_destroy(l->reload);
    assert_int_equal(eb_journal_close(l->journal, NULL, l->now_ms, &err), EB_OK);
    eb_host_destroy(l->host);
    eb_alarms_destroy(l->alarms);
    eb_book_deinit(&l->book);
    free(l->seen.order);
    eb_loop_destroy(l->loop);
    free(l);
    assert_int_equal(access(w.path, F_OK), -1); /* the socket goes with the server */
    assert_int_equal(nftw(w.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

HELPER int setup_live(void **state)
{
    (void)state;
    open_world(true);
    return 0;
}

HELPER int setup_shadow(void **state)
{
    (void)state;
    open_world(false);
    return 0;
}

HELPER int teardown(void **state)
{
    (void)state;
    close_world();
    return 0;
}

/* ---- clients ----------------------------------------------------------------------------------------------------- */

struct client {
    int fd;
    char *in; /* what was read and not yet taken */
    size_t len;
};

HELPER struct client client(void)
{
    struct client c = {.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    (void)snprintf(a.sun_path, sizeof(a.sun_path), "%s", w.path);
    assert_true(c.fd >= 0);
    assert_int_equal(connect(c.fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return c;
}

HELPER void hang_up(struct client *c)
{
    (void)close(c->fd);
    free(c->in);
    *c = (struct client){.fd = -1};
    for (int i = 0; i < 5; i++) {
        eb_loop_once(w.l->loop, false);
    }
}

HELPER void send_bytes(struct client *c, const char *bytes, size_t len)
{
    int64_t until = eb_monotonic_ns() + PATIENCE_NS;
    while (len > 0 && eb_monotonic_ns() < until) {
        ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL);
        if (n > 0) {
            bytes += n;
            len -= (size_t)n;
        } else if (errno != EAGAIN) {
            return; /* it was dropped */
        }
        eb_loop_once(w.l->loop, false);
    }
    assert_int_equal(len, 0);
}

HELPER void send_text(struct client *c, const char *text)
{
    send_bytes(c, text, strlen(text));
}

/* Reads what is there; false when the other side has closed. */
HELPER bool read_some(struct client *c)
{
    char part[65536];
    ssize_t n = recv(c->fd, part, sizeof(part), 0);
    if (n <= 0) {
        return n < 0 && errno == EAGAIN;
    }
    c->in = realloc(c->in, c->len + (size_t)n + 1);
    assert_non_null(c->in);
    memcpy(c->in + c->len, part, (size_t)n);
    c->len += (size_t)n;
    c->in[c->len] = '\0';
    return true;
}

/* The next line of the server, parsed; NULL when it closed first. cJSON_Delete() it. */
HELPER cJSON *receive(struct client *c)
{
    int64_t until = eb_monotonic_ns() + PATIENCE_NS;
    bool open = true;
    while (eb_monotonic_ns() < until) {
        char *end = c->in != NULL ? memchr(c->in, '\n', c->len) : NULL;
        if (end != NULL) {
            size_t line = (size_t)(end - c->in) + 1;
            cJSON *root = cJSON_ParseWithLength(c->in, line);
            assert_non_null(root);
            memmove(c->in, c->in + line, c->len - line + 1);
            c->len -= line;
            return root;
        }
        if (!open) {
            return NULL;
        }
        struct pollfd p = {.fd = c->fd, .events = POLLIN};
        eb_loop_once(w.l->loop, false);
        open = poll(&p, 1, 1) <= 0 || read_some(c);
    }
    fail_msg("no answer in time");
    return NULL;
}

/* Whether nothing comes for a while, though the loop runs. */
HELPER bool is_silent(struct client *c)
{
    for (int i = 0; i < 20; i++) {
        eb_loop_once(w.l->loop, false);
        (void)read_some(c);
    }
    return c->in == NULL || memchr(c->in, '\n', c->len) == NULL;
}

HELPER cJSON *ask(struct client *c, const char *cmd, const char *args)
{
    char line[2048];
    (void)snprintf(line, sizeof(line), "{\"v\":1,\"id\":\"q\",\"cmd\":\"%s\",\"args\":{%s}}\n", cmd, args);
    send_text(c, line);
    cJSON *answer = receive(c);
    assert_non_null(answer);
    return answer;
}

/* Asks on a connection of its own. */
HELPER cJSON *ask_once(const char *cmd, const char *args)
{
    struct client c = client();
    cJSON *answer = ask(&c, cmd, args);
    hang_up(&c);
    return answer;
}

/* "doc.positions.0.symbol" */
HELPER const cJSON *at(const cJSON *root, const char *path)
{
    char key[64];
    while (*path != '\0' && root != NULL) {
        size_t len = strcspn(path, ".");
        (void)snprintf(key, sizeof(key), "%.*s", (int)len, path);
        root = key[0] >= '0' && key[0] <= '9' ? cJSON_GetArrayItem(root, (int)strtol(key, NULL, 10))
                                              : cJSON_GetObjectItemCaseSensitive(root, key);
        path += len + (path[len] == '.' ? 1 : 0);
    }
    return root;
}

HELPER const char *text_at(const cJSON *root, const char *path)
{
    const char *text = cJSON_GetStringValue(at(root, path));
    if (text == NULL) {
        fail_msg("%s is no text", path);
    }
    return text;
}

HELPER int number_at(const cJSON *root, const char *path)
{
    const cJSON *item = at(root, path);
    if (!cJSON_IsNumber(item)) {
        fail_msg("%s is no number", path);
        return 0;
    }
    return item->valueint;
}

HELPER bool flag_at(const cJSON *root, const char *path)
{
    const cJSON *item = at(root, path);
    if (!cJSON_IsBool(item)) {
        fail_msg("%s is no flag", path);
    }
    return cJSON_IsTrue(item);
}

HELPER void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("does not say \"%s\": %s", part, text);
    }
}

/* An answer: its status, and what its text says; given back. */
HELPER cJSON *expect_answer(cJSON *answer, int status, const char *says)
{
    if (!flag_at(answer, "ok")) {
        fail_msg("%s", text_at(answer, "error"));
    }
    assert_int_equal(number_at(answer, "status"), status);
    assert_says(text_at(answer, "text"), says);
    return answer;
}

/* An error: its status, and what it says. */
HELPER void expect_error(cJSON *answer, int status, const char *says)
{
    assert_false(flag_at(answer, "ok"));
    assert_int_equal(number_at(answer, "status"), status);
    assert_says(text_at(answer, "error"), says);
    cJSON_Delete(answer);
}
