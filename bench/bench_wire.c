/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a price frame of Binance's protocol to the bytes of the order that it causes, over real sockets.
 *
 *     exitbrain sim (a process of its own) --frames--> this process: the live engine as `exitbrain run` has it
 *          ^                                                |  read() of the frame ... write() of the order
 *          |                                                |  |<------- measured ------->|
 *          +-- driver (a third process): opens positions, moves prices through stops <--+ "it is protected"
 *
 *     bench_wire --bin EXITBRAIN --keys DIR --key FILE [--orders rest|ws] [--tls] [--shots N] [--symbols N] [--json]
 *     bench_wire --load N ...    no shots: the processor's time for N symbols at ten prices a second each
 *
 * The C library's read(), write() and epoll_pwait() stand here, so that the times are those of the calls themselves:
 * from the return of the first read() of a pass of the loop (whatever else that pass brought counts, too) to the return
 * of the write() that carries the order. Nothing is built into the engine for this. Over loopback a write() delivers,
 * too: the other side's half of TCP and its wake-up are within it, and the rows say how much that is.
 */
#include "wire.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "app/live.h"
#include "app/policy_args.h"
#include "app/run_binance.h"
#include "app/run_log.h"
#include "venue/binance/inner.h"

#define SYMBOLS_MAX 190 /* each has a backstop: the account's slots without its reserve */
#define SMALL 32        /* wake-ups and pipes are shorter, frames and requests longer */
#define SETTLE_NS INT64_C(400000000)
#define REOPEN_NS INT64_C(600000000)
#define FORGOTTEN_NS INT64_C(6000000000)
#define WARM_S 15

struct options {
    const char *bin, *keys, *key, *orders, *dir;
    unsigned shots, symbols, load, seconds, gap_us;
    bool tls, json;
};

/* ---- the calls that are measured --------------------------------------------------------------------------------- */

static _Thread_local bool is_turn_thread;
static struct {
    int64_t pass_ns;     /* when the first read of this pass of the loop returned; 0: none yet */
    int64_t began_ns;    /* of the order that is waited for; 0: none is */
    long order_switched; /* its `switched` */
    int64_t tick_ns;     /* the frames of the pass had been decoded */
    int64_t asked_ns;    /* submit() was called */
    long switched;       /* times that the thread had lost its processor by then, at pass_ns */
    uint64_t reads, preempted;
    struct live_samples alone;                        /* as wrote, of orders within which it kept its processor */
    struct live_samples wrote, begun, asked, decoded; /* read to write returned, write called, submit() called, tick */
} probe;

static long switches(void)
{
    struct rusage r;
    return getrusage(RUSAGE_THREAD, &r) == 0 ? r.ru_nivcsw + r.ru_nvcsw : 0;
}

static ssize_t was_read(ssize_t n)
{
    if (is_turn_thread && n > SMALL) {
        probe.reads++;
        if (probe.pass_ns == 0) {
            probe.switched = switches();
            probe.pass_ns = bench_clock_ns(CLOCK_MONOTONIC);
        }
    }
    return n;
}

static void was_written(int64_t call_ns, ssize_t n)
{
    if (is_turn_thread && probe.began_ns != 0 && n > SMALL) {
        int64_t took_ns = bench_clock_ns(CLOCK_MONOTONIC) - probe.began_ns;
        live_add(&probe.wrote, took_ns);
        if (switches() == probe.order_switched) {
            live_add(&probe.alone, took_ns);
        } else {
            probe.preempted++;
        }
        live_add(&probe.begun, call_ns - probe.began_ns);
        live_add(&probe.asked, probe.asked_ns - probe.began_ns);
        live_add(&probe.decoded, probe.tick_ns - probe.began_ns);
        probe.began_ns = 0;
    }
}

ssize_t read(int fd, void *to, size_t len)
{
    return was_read(syscall(SYS_read, fd, to, len));
}

ssize_t recv(int fd, void *to, size_t len, int flags)
{
    return was_read(syscall(SYS_recvfrom, fd, to, len, flags, NULL, NULL));
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    int64_t call_ns = probe.began_ns != 0 ? bench_clock_ns(CLOCK_MONOTONIC) : 0;
    ssize_t n = syscall(SYS_write, fd, bytes, len);
    was_written(call_ns, n);
    return n;
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
    int64_t call_ns = probe.began_ns != 0 ? bench_clock_ns(CLOCK_MONOTONIC) : 0;
    ssize_t n = syscall(SYS_sendto, fd, bytes, len, flags, NULL, 0);
    was_written(call_ns, n);
    return n;
}

int epoll_pwait(int epfd, struct epoll_event *events, int max, int timeout, const sigset_t *mask)
{
    int n = (int)syscall(SYS_epoll_pwait, epfd, events, max, timeout, mask, (size_t)8);
    probe.pass_ns = is_turn_thread ? 0 : probe.pass_ns;
    return n;
}

int epoll_wait(int epfd, struct epoll_event *events, int max, int timeout)
{
    return epoll_pwait(epfd, events, max, timeout, NULL);
}

/* ---- the driver -------------------------------------------------------------------------------------------------- */

struct order { /* to the driver: the position of this symbol is protected */
    uint32_t symbol;
};

enum what { NOTHING = 0, FIRE, OPEN };

struct driver {
    struct wire_client client;
    unsigned symbols, gap_us;
    char account[64]; /* the key's name */
    struct {
        int64_t due_ns;
        enum what what;
    } next[SYMBOLS_MAX];
};

static void move(struct driver *d, unsigned symbol, const char *price)
{
    char json[160];
    (void)snprintf(json, sizeof json, "{\"symbol\":\"SYM%05uUSDT\",\"price\":\"%s\"}", symbol, price);
    wire_hand(&d->client, "price", json);
}

static void act(struct driver *d, unsigned symbol)
{
    char json[256];
    int64_t now_ns = bench_clock_ns(CLOCK_MONOTONIC);
    if (d->next[symbol].what == FIRE) {
        move(d, symbol, "98.4"); /* the stop is at 98.5 of 100, the backstop below 98.2 */
        d->next[symbol].what = OPEN;
        d->next[symbol].due_ns = now_ns + REOPEN_NS;
        (void)usleep(d->gap_us);
        return;
    }
    move(d, symbol, "100");
    (void)snprintf(json, sizeof json,
                   "{\"account\":\"%s\",\"symbol\":\"SYM%05uUSDT\",\"side\":\"LONG\",\"quantity\":\"10\"}", d->account,
                   symbol);
    wire_hand(&d->client, "open", json);
    d->next[symbol].what = OPEN; /* unless it is heard of */
    d->next[symbol].due_ns = now_ns + FORGOTTEN_NS;
}

static void drive(struct driver *d, int from)
{
    for (;;) {
        struct pollfd p = {.fd = from, .events = POLLIN};
        struct order o;
        int64_t now_ns = bench_clock_ns(CLOCK_MONOTONIC);
        while (poll(&p, 1, 0) > 0) {
            if (read(from, &o, sizeof o) != (ssize_t)sizeof o) {
                _exit(0);
            }
            d->next[o.symbol].what = FIRE;
            d->next[o.symbol].due_ns = now_ns + SETTLE_NS;
        }
        for (unsigned i = 0; i < d->symbols; i++) {
            if (d->next[i].what != NOTHING && d->next[i].due_ns <= bench_clock_ns(CLOCK_MONOTONIC)) {
                act(d, i);
            }
        }
        (void)usleep(1000);
    }
}

/* DIR/NAME.key: NAME. */
static void key_name(const struct options *o, char *out, size_t cap)
{
    const char *slash = strrchr(o->key, '/');
    const char *name = slash != NULL ? slash + 1 : o->key;
    (void)snprintf(out, cap, "%.*s", (int)strcspn(name, "."), name);
}

/* Forked while there are no threads. Returns where it is told. */
static int start_driver(const struct wire_sim *sim, const struct options *o)
{
    static struct driver d;
    int ends[2];
    if (pipe(ends) != 0) {
        live_die("driver", "no pipe");
    }
    if (live_fork() == 0) {
        close(ends[1]);
        wire_pin(0);
        d.symbols = o->symbols;
        d.gap_us = o->gap_us;
        key_name(o, d.account, sizeof d.account);
        wire_open(&d.client, sim);
        for (unsigned i = 0; i < d.symbols; i++) {
            d.next[i].what = OPEN;
            d.next[i].due_ns = bench_clock_ns(CLOCK_MONOTONIC) + 2 * INT64_C(1000000000) + i * INT64_C(8000000);
        }
        drive(&d, ends[0]);
    }
    close(ends[0]);
    return ends[1];
}

/* ---- the link, watched ------------------------------------------------------------------------------------------- */

static struct {
    struct options o;
    struct eb_live *live;
    struct eb_live_venue venue; /* the real one */
    struct eb_link_listener listener;
    struct eb_link link;
    struct eb_link_ops link_ops;
    struct eb_venue port;
    struct eb_venue_ops port_ops;
    struct eb_binance *binance;
    struct eb_venue_binance *v;
    uint32_t number[SYMBOLS_MAX + 1000]; /* SYM%05u by the engine's id */
    bool placed[SYMBOLS_MAX + 1000];     /* its backstop is on the way */
    int driver;
    uint64_t prices, told;
    int64_t load_ns, cpu_ns, end_ns;
    uint64_t load_prices, load_reads;
    double load_share, load_rate;
} tap;

static int port_submit(void *venue, const struct eb_order_request *order, struct eb_err *err)
{
    if (order->type == EB_ORDER_MARKET && probe.pass_ns != 0) {
        probe.began_ns = probe.pass_ns;
        probe.order_switched = probe.switched;
        probe.asked_ns = bench_clock_ns(CLOCK_MONOTONIC);
    }
    if (order->type == EB_ORDER_STOP_MARKET) {
        tap.placed[order->symbol] = true;
    }
    return tap.port.ops->submit(venue, order, err);
}

static struct eb_venue link_port(void *link)
{
    (void)link;
    return (struct eb_venue){tap.port.venue, &tap.port_ops};
}

static eb_symbol_id on_symbol(void *user, const char *name)
{
    eb_symbol_id id = tap.listener.symbol(user, name);
    if (id < EB_COUNT(tap.number) && strncmp(name, "SYM", 3) == 0) {
        tap.number[id] = (uint32_t)strtoul(name + 3, NULL, 10);
    }
    return id;
}

/* Limits are those of an exchange that has none: what is measured is the way, not how often it may be gone. */
static void lift_limits(void)
{
    bn_rest_limits(tap.v->binance->rest, UINT32_MAX / 100, UINT32_MAX / 100, UINT32_MAX / 100);
}

static void measure_load(void)
{
    int64_t now_ns = bench_clock_ns(CLOCK_MONOTONIC);
    if (tap.load_ns == 0 && now_ns >= tap.end_ns - (int64_t)tap.o.seconds * 1000000000) {
        tap.load_ns = now_ns;
        tap.cpu_ns = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
        tap.load_prices = tap.prices;
        tap.load_reads = probe.reads;
    }
    if (now_ns >= tap.end_ns) {
        double wall = (double)(now_ns - tap.load_ns) / 1e9;
        tap.load_share = (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - tap.cpu_ns) / 1e9 / wall * 100;
        tap.load_rate = (double)(tap.prices - tap.load_prices) / wall;
        tap.load_reads = (uint64_t)((double)(probe.reads - tap.load_reads) / wall);
        eb_live_stop(tap.live);
    }
}

static void on_event(void *user, const struct eb_event *ev)
{
    bool rests = ev->kind == EB_EV_ORDER && ev->u.order.state == EB_OS_NEW && tap.placed[ev->symbol];
    struct order o = {.symbol = rests ? tap.number[ev->symbol] : 0};
    if (rests) {
        tap.placed[ev->symbol] = false;
    }
    tap.prices += ev->kind == EB_EV_PRICE ? 1 : 0;
    tap.listener.event(user, ev);
    if (rests && tap.o.load == 0 && write(tap.driver, &o, sizeof o) != (ssize_t)sizeof o) {
        live_die("driver", "is gone");
    }
    if (tap.o.load == 0 && probe.wrote.count >= tap.o.shots) {
        eb_live_stop(tap.live);
    }
    if (tap.o.load > 0 && ev->kind == EB_EV_PRICE && tap.prices % 64 == 0) {
        measure_load();
    }
}

static void on_tick(void *user, const struct eb_link_tick *t)
{
    probe.tick_ns = bench_clock_ns(CLOCK_MONOTONIC);
    tap.listener.tick(user, t);
}

/* The thread of the turns has a processor to itself; the journal's goes where there is room. */
static void on_ready(void *user)
{
    wire_pin(1);
    lift_limits();
    tap.listener.ready(user);
}

static int open_link(void *user, struct eb_loop *loop, const struct eb_link_listener *listener, struct eb_link *out,
                     struct eb_err *err)
{
    (void)user;
    tap.listener = *listener;
    struct eb_link_listener mine = *listener;
    mine.symbol = on_symbol;
    mine.event = on_event;
    mine.ready = on_ready;
    mine.tick = on_tick;
    int rc = tap.venue.open(tap.venue.user, loop, &mine, &tap.link, err);
    if (rc == EB_OK) {
        tap.port = tap.link.ops->port(tap.link.link);
        tap.port_ops = *tap.port.ops;
        tap.port_ops.submit = port_submit;
        tap.link_ops = *tap.link.ops;
        tap.link_ops.port = link_port;
        *out = (struct eb_link){tap.link.link, &tap.link_ops};
        lift_limits();
    }
    return rc;
}

static void close_link(void *user)
{
    (void)user;
    tap.venue.close(tap.venue.user);
}

/* ---- the world --------------------------------------------------------------------------------------------------- */

static void write_symbols(const char *path, unsigned symbols)
{
    FILE *f = fopen(path, "we");
    if (f == NULL) {
        live_die(path, "cannot be written");
    }
    fputs("{\"symbols\":[", f);
    for (unsigned i = 0; i < symbols; i++) {
        fprintf(
            f,
            "%s{\"symbol\":\"SYM%05uUSDT\",\"pair\":\"SYM%05uUSDT\",\"contractType\":\"PERPETUAL\",\"status\":"
            "\"TRADING\",\"baseAsset\":\"SYM%05u\",\"quoteAsset\":\"USDT\",\"marginAsset\":\"USDT\","
            "\"pricePrecision\":2,\"quantityPrecision\":3,\"maintMarginPercent\":\"2.5\",\"filters\":["
            "{\"filterType\":\"PRICE_FILTER\",\"minPrice\":\"0.01\",\"maxPrice\":\"100000\",\"tickSize\":\"0.01\"},"
            "{\"filterType\":\"LOT_SIZE\",\"stepSize\":\"0.001\",\"minQty\":\"0.001\",\"maxQty\":\"100000\"},{"
            "\"filterType\":\"MARKET_LOT_SIZE\",\"stepSize\":\"0.001\",\"minQty\":\"0.001\",\"maxQty\":\"10000\"},"
            "{\"filterType\":\"MIN_NOTIONAL\",\"notional\":\"5\"},{\"filterType\":\"MAX_NUM_ORDERS\",\"limit\":200},"
            "{\"filterType\":\"PERCENT_PRICE\",\"multiplierUp\":\"1.1500\",\"multiplierDown\":\"0.8500\"}]}",
            i > 0 ? "," : "", i, i, i);
    }
    fputs("]}\n", f);
    (void)fclose(f);
}

static void start_sim(struct wire_sim *sim, const struct options *o)
{
    static char names[1024], scene[32];
    const char *more[16] = {"--control", "--balance", "1000000"};
    unsigned n = 3;
    if (o->load > 0) {
        (void)snprintf(scene, sizeof scene, "still:%u", o->load);
        const char *const rest[] = {"--scene", scene, "--slots", "2000"};
        memcpy(more + n, rest, sizeof rest);
        n += 4;
    } else {
        (void)snprintf(names, sizeof names, "%s/symbols.json", o->dir);
        write_symbols(names, o->symbols);
        const char *const rest[] = {"--feed", "held", "--instruments", names};
        memcpy(more + n, rest, sizeof rest);
        n += 4;
    }
    more[n] = o->tls ? "--tls" : NULL;
    wire_sim_start(sim, o->bin, o->keys, more);
}

static void configure(const struct options *o, const struct wire_sim *sim, struct eb_config *c)
{
    const char *s = sim->tls ? "s" : "";
    struct eb_config_binance *b = &c->binance;
    eb_config_default(c);
    c->engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    c->engine.stop_source = EB_SRC_LAST; /* marks come once a second, all at once: each price is to be alone */
    c->engine.slots_max = o->load > 0 ? 2000 : c->engine.slots_max;
    b->environment = EB_BINANCE_CUSTOM;
    (void)snprintf(b->rest, sizeof b->rest, "http%s://127.0.0.1:%u", s, sim->port);
    (void)snprintf(b->ws_public, sizeof b->ws_public, "ws%s://127.0.0.1:%u/public", s, sim->port);
    (void)snprintf(b->ws_market, sizeof b->ws_market, "ws%s://127.0.0.1:%u/market", s, sim->port);
    (void)snprintf(b->ws_private, sizeof b->ws_private, "ws%s://127.0.0.1:%u/private", s, sim->port);
    (void)snprintf(b->ws_api, sizeof b->ws_api, "ws%s://127.0.0.1:%u/ws-fapi/v1", s, sim->port);
    (void)snprintf(b->key_file, sizeof b->key_file, "%s", o->key);
    (void)snprintf(b->account, sizeof b->account, "bench");
    b->orders_by = strcmp(o->orders, "rest") == 0 ? EB_BINANCE_ORDERS_REST : EB_BINANCE_ORDERS_WS;
    b->loopback_unsafe = sim->tls; /* a certificate made a moment ago */
    b->history_bars = 0;
}

static void run(const struct options *o, const struct wire_sim *sim)
{
    static struct eb_config config;
    static struct eb_run_binance binance;
    static struct eb_run_log log;
    static struct eb_live live;
    struct eb_live_options lo = {.state_dir = o->dir, .venue = "bench"};
    struct eb_loop *loop = NULL;
    struct eb_err err = {0};
    char path[1024];
    configure(o, sim, &config);
    (void)snprintf(path, sizeof path, "%s/engine.log", o->dir);
    live_must(eb_run_log_open(&log, path, EB_LOG_WARN, &err), "log", &err);
    live_must(eb_loop_create(&loop, &err), "loop", &err);
    live_must(eb_run_binance_prepare(&binance, &config, o->dir, &err), "binance", &err);
    live_must(eb_policy_choose(o->load > 0 ? NULL : EB_TEST_ROOT "/examples/fixed_ladder", &lo.choice, &err), "policy",
              &err);
    lo.config = config;
    lo.log = &log.log;
    lo.choice.legacy_trailing = true;
    binance.venue.log = &log.log;
    tap.v = &binance.venue;
    tap.venue = eb_venue_binance(&binance.venue);
    tap.live = &live;
    lo.open_venue = (struct eb_live_venue){.user = NULL, .open = open_link, .close = close_link};
    tap.end_ns = bench_clock_ns(CLOCK_MONOTONIC) + (int64_t)(WARM_S + o->seconds) * 1000000000;
    live_must(eb_live_open(&live, loop, &lo, &err), "engine", &err);
    is_turn_thread = true;
    live_must(eb_live_run(&live, &err), "engine", &err);
    is_turn_thread = false;
    live_must(eb_live_close(&live, &err), "engine", &err);
    eb_loop_destroy(loop);
    eb_run_log_close(&log);
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

static void print_row(const char *what, struct live_samples *s, bool json)
{
    live_sort(s);
    if (json) {
        printf(
            ",\"%s\":{\"count\":%zu,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f}",
            what, s->count, live_us(s, 500), live_us(s, 900), live_us(s, 990), live_us(s, 999), live_max_us(s));
    } else {
        printf("  %-28s %8zu %9.1f %9.1f %9.1f %9.1f %9.1f\n", what, s->count, live_us(s, 500), live_us(s, 900),
               live_us(s, 990), live_us(s, 999), live_max_us(s));
    }
}

static void report(const struct options *o, const char *name)
{
    char machine[400];
    wire_machine(machine, sizeof machine);
    if (o->load > 0) {
        printf(o->json ? "{\"bench\":\"wire_load\",\"symbols\":%u,\"prices_per_second\":%.0f,"
                         "\"reads_per_second\":%llu,"
                         "\"cpu_pct\":%.1f,\"goal_pct\":15,\"machine\":\"%s\"}\n"
                       : "%u symbols: %.0f prices a second in %llu reads, %.1f %% of a core (goal: ten a second each "
                         "under 15 %%); %s\n",
               o->load, tap.load_rate, (unsigned long long)tap.load_reads, tap.load_share, machine);
        return;
    }
    printf(
        o->json
            ? "{\"bench\":\"wire\",\"transport\":\"%s\",\"tls\":%s,\"machine\":\"%s\""
            : "%s%s; %s\n  us                              count       p50       p90       p99     p99.9       max\n",
        name, o->json ? (o->tls ? "true" : "false") : (o->tls ? ", TLS" : ", plain"), machine);
    print_row("frame read to order written", &probe.wrote, o->json);
    print_row("  keeping its processor", &probe.alone, o->json);
    print_row("  until write() was called", &probe.begun, o->json);
    print_row("  until submit() was called", &probe.asked, o->json);
    print_row("  until frames were decoded", &probe.decoded, o->json);
    printf(o->json ? "}\n" : "");
}

/* p50 under 60 us and p99 under 300 us, of orders within which nothing else took the processor; the load under 15 %. */
static bool met(const struct options *o)
{
    if (o->load > 0) {
        return tap.load_rate >= 10.0 * o->load && tap.load_share < 15;
    }
    return probe.wrote.count >= o->shots && live_us(&probe.alone, 500) < 60 && live_us(&probe.alone, 990) < 300;
}

static void read_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        unsigned *number = strcmp(argv[i], "--shots") == 0     ? &o->shots
                           : strcmp(argv[i], "--symbols") == 0 ? &o->symbols
                           : strcmp(argv[i], "--load") == 0    ? &o->load
                           : strcmp(argv[i], "--seconds") == 0 ? &o->seconds
                           : strcmp(argv[i], "--gap-us") == 0  ? &o->gap_us
                                                               : NULL;
        const char **text = strcmp(argv[i], "--bin") == 0      ? &o->bin
                            : strcmp(argv[i], "--keys") == 0   ? &o->keys
                            : strcmp(argv[i], "--key") == 0    ? &o->key
                            : strcmp(argv[i], "--orders") == 0 ? &o->orders
                            : strcmp(argv[i], "--dir") == 0    ? &o->dir
                                                               : NULL;
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (strcmp(argv[i], "--tls") == 0) {
            o->tls = true;
        } else if (number != NULL && i + 1 < argc) {
            *number = (unsigned)strtoul(argv[++i], NULL, 10);
        } else if (text != NULL && i + 1 < argc) {
            *text = argv[++i];
        } else {
            live_die(argv[i], "unknown option: see the head of bench_wire.c");
        }
    }
    if (o->bin == NULL || o->keys == NULL || o->key == NULL || o->dir == NULL || o->symbols > SYMBOLS_MAX ||
        o->symbols == 0 || o->load > 1000) {
        live_die("options", "--bin, --keys, --key and --dir are needed, --symbols 1..190, --load at most 1000");
    }
}

int main(int argc, char **argv)
{
    struct wire_sim sim = {0};
    char name[200];
    tap.o = (struct options){.orders = "ws", .shots = 2000, .symbols = 150, .seconds = 20, .gap_us = 2000};
    read_options(argc, argv, &tap.o);
    start_sim(&sim, &tap.o);
    tap.driver = tap.o.load == 0 ? start_driver(&sim, &tap.o) : -1;
    run(&tap.o, &sim);
    char key[64];
    key_name(&tap.o, key, sizeof key);
    (void)snprintf(name, sizeof name, "%s %s", strcmp(tap.o.orders, "rest") == 0 ? "REST" : "WebSocket API", key);
    report(&tap.o, name);
    wire_sim_end(&sim);
    return met(&tap.o) ? 0 : 1;
}
