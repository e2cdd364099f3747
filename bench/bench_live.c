/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a price to its order at the venue, while the journal is written and others write to the same disk.
 *
 *     bench_live [--dir DIR] [--firings N] [--symbols N] [--noise N] [--gap-us N]
 *
 *     bytes of a price -> record -> pump -> turn (engine, journal's ring) -> wire client -> the socket's buffer
 *     |<- measured: until submit() has returned, or the exchange has read the order, whichever is sooner ->|
 *
 * Engine, journal, host, pump and wire client are the real ones; the exchange is another process that reads and counts.
 * Every measured price meets a level of an accepted plan: four targets, then the stop. Between two of them fills,
 * positions, new episodes and rising peaks are fed, all of them durable, so that the journal's thread is committing
 * nearly always; then the thread of the turns sleeps, as a loop without news does.
 *
 * That nothing waits for a disk is looked at, too: fsync() and fdatasync() are counted per thread, and so are the times
 * at which the thread of the turns gave up its processor by itself during a measured price.
 */
#include "live.h"

#include <sys/resource.h>
#include <sys/syscall.h>

#include "host/pump.h"
#include "store/memory.h"

/* ---- who waits for the disk: these stand before the C library's, for SQLite as well ------------------------------ */

static _Thread_local bool is_turn_thread;
static _Atomic uint64_t syncs_of_turns, syncs_of_others;

static void count_sync(void)
{
    _Atomic uint64_t *of = is_turn_thread ? &syncs_of_turns : &syncs_of_others;
    (*of)++;
}

int fsync(int fd)
{
    count_sync();
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    count_sync();
    return (int)syscall(SYS_fdatasync, fd);
}

/* ---- the world --------------------------------------------------------------------------------------------------- */

#define SYMBOLS_MAX 190 /* each has a backstop: the account's slots without its reserve */
#define TOLD_MAX 1024
#define QTY_E8 (10 * EB_E8)
#define ENTRY_E8 (100 * EB_E8)
#define TICK_E8 (EB_E8 / 100)

struct options {
    const char *dir;
    unsigned firings, symbols, noise, gap_us;
};

struct told { /* what the port was given and the bench answers for the exchange */
    bool cancel;
    struct eb_order_request order; /* of a cancel: client_id, symbol and type only */
};

struct world {
    struct options o;
    struct eb_loop *loop;
    struct eb_wire_client *wire;
    struct eb_venue port; /* the wire's */
    struct eb_journal *journal;
    struct eb_memory_store *memory;
    struct eb_host *host;
    struct eb_pump *pump;
    struct eb_decoded_event decoded; /* of the price that is measured */
    bool ready;
    int64_t base_ns; /* monotonic time of the beginning */
    struct {
        int64_t qty_e8, mark_e8;
        unsigned fired;   /* levels of this episode, 5 with the stop; 6: to be opened anew */
        uint64_t planned; /* number of the last record when its plan was accepted */
    } symbol[SYMBOLS_MAX];
    struct told told[TOLD_MAX];
    unsigned told_count;
    uint64_t trade, submits;
    eb_symbol_id awaited; /* an exit of this symbol is measured */
    int64_t left_ns, left_cpu_ns, write_ns;
    uint64_t left_number; /* of this order, counted from the first that was handed over */
    struct fired {
        int64_t began_ns, left_ns;
        uint64_t number;
        bool stop;
    } * fired; /* owned; o.firings of them */
    unsigned fired_count;
    struct eb_store_port store;
    /* results */
    struct live_samples target, stop, all, returned, read, cpu, write, commit;
    uint64_t missed, too_new, under_way, slept, preempted, commits_seen;
};

static void set_now(const struct world *w, struct eb_event *ev)
{
    ev->now_ns = bench_clock_ns(CLOCK_MONOTONIC) - w->base_ns + BENCH_START_MS * 1000000;
    ev->now_ms = ev->now_ns / 1000000;
}

static struct eb_event event_of(const struct world *w, enum eb_event_kind kind, eb_symbol_id symbol)
{
    struct eb_event ev = bench_event(kind, symbol, 0);
    set_now(w, &ev);
    return ev;
}

static void turn(struct world *w, const struct eb_event *ev, const char *what)
{
    live_must(eb_turn(w->host, ev), what, NULL);
}

/* ---- the venue port: the wire's, watched ------------------------------------------------------------------------- */

static void note(struct world *w, bool cancel, const struct eb_order_request *order)
{
    if (w->told_count == TOLD_MAX) {
        live_die("port", "more requests in one moment than expected");
    }
    w->told[w->told_count++] = (struct told){cancel, *order};
}

static int port_submit(void *venue, const struct eb_order_request *order, struct eb_err *err)
{
    struct world *w = venue;
    bool awaited = order->symbol == w->awaited && order->type == EB_ORDER_MARKET && w->left_ns == 0;
    int64_t began_ns = awaited ? bench_clock_ns(CLOCK_MONOTONIC) : 0;
    int rc = w->port.ops->submit(w->port.venue, order, err);
    if (awaited) {
        w->left_ns = bench_clock_ns(CLOCK_MONOTONIC);
        w->left_cpu_ns = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
        w->write_ns = w->left_ns - began_ns;
        w->left_number = w->submits;
    }
    live_must(rc, "submit", err);
    w->submits++;
    note(w, false, order);
    return rc;
}

static int port_cancel(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                       struct eb_err *err)
{
    struct world *w = venue;
    const struct eb_order_request order = {.client_id = id, .symbol = symbol, .type = type};
    note(w, true, &order);
    return w->port.ops->cancel(w->port.venue, id, venue_order_id, symbol, type, err);
}

static int port_query(void *venue, eb_client_id id, uint64_t venue_order_id, eb_symbol_id symbol, uint8_t type,
                      struct eb_err *err)
{
    struct world *w = venue;
    const struct eb_order_request order = {.client_id = id, .symbol = symbol, .type = EB_ORDER_STOP_MARKET};
    note(w, false, &order); /* only backstops live long enough to be asked about: they stand */
    return w->port.ops->query(w->port.venue, id, venue_order_id, symbol, type, err);
}

static int port_snapshot(void *venue, struct eb_err *err)
{
    struct world *w = venue;
    return w->port.ops->snapshot(w->port.venue, err);
}

static int port_refresh(void *venue, eb_symbol_id symbol, struct eb_err *err)
{
    struct world *w = venue;
    return w->port.ops->refresh_price(w->port.venue, symbol, err);
}

/* ---- what the exchange would say --------------------------------------------------------------------------------- */

static void tell_order(struct world *w, const struct told *t, enum eb_order_state state)
{
    struct eb_event ev = event_of(w, EB_EV_ORDER, t->order.symbol);
    ev.u.order.client_id = t->order.client_id;
    ev.u.order.state = (uint8_t)state;
    ev.u.order.filled = state == EB_OS_FILLED ? t->order.qty : (eb_qty){0};
    ev.u.order.venue_ms = ev.now_ms;
    turn(w, &ev, "order");
}

static void tell_position(struct world *w, eb_symbol_id symbol, bool begins)
{
    struct eb_event ev = event_of(w, EB_EV_POSITION, symbol);
    struct eb_ev_position p;
    memset(&p, 0, sizeof p);
    p.qty.e8 = w->symbol[symbol].qty_e8;
    p.entry.e8 = ENTRY_E8;
    p.leverage_ppm = 10 * EB_PPM;
    p.opened_ms = begins ? ev.now_ms : 0;
    p.venue_ms = ev.now_ms;
    ev.u.venue_position = &p;
    turn(w, &ev, "position");
}

static void tell_fill(struct world *w, const struct told *t)
{
    struct eb_event ev = event_of(w, EB_EV_FILL, t->order.symbol);
    ev.u.fill = (struct eb_ev_fill){.client_id = t->order.client_id,
                                    .trade_id = ++w->trade,
                                    .price = t->order.level,
                                    .qty = t->order.qty,
                                    .order_side = t->order.order_side,
                                    .venue_ms = ev.now_ms};
    turn(w, &ev, "fill");
    tell_order(w, t, EB_OS_FILLED);
    w->symbol[t->order.symbol].qty_e8 -= t->order.qty.e8;
    tell_position(w, t->order.symbol, false);
}

/* Answers everything that was sent, and what that leads to. */
static void answer(struct world *w)
{
    for (unsigned i = 0; i < w->told_count; i++) {
        struct told t = w->told[i];
        if (t.cancel) {
            tell_order(w, &t, EB_OS_CANCELED);
        } else if (t.order.type == EB_ORDER_STOP_MARKET) {
            tell_order(w, &t, EB_OS_NEW);
        } else {
            tell_fill(w, &t);
        }
    }
    w->told_count = 0;
}

static void tell_price(struct world *w, eb_symbol_id symbol, enum eb_price_source source, int64_t e8)
{
    struct eb_event ev = bench_price(symbol, 0, e8);
    set_now(w, &ev);
    ev.u.price.source = (uint8_t)source;
    turn(w, &ev, "price");
    if (source == EB_SRC_MARK) {
        w->symbol[symbol].mark_e8 = e8;
    }
}

static void open_position(struct world *w, eb_symbol_id symbol)
{
    tell_price(w, symbol, EB_SRC_LAST, ENTRY_E8);
    tell_price(w, symbol, EB_SRC_MARK, ENTRY_E8);
    w->symbol[symbol].qty_e8 = QTY_E8;
    w->symbol[symbol].fired = 0;
    tell_position(w, symbol, true);
    w->symbol[symbol].planned = eb_engine_durable_count(eb_host_engine(w->host));
    answer(w);
}

/* ---- the wire's listener ----------------------------------------------------------------------------------------- */

static eb_symbol_id on_symbol(void *user, const char *name)
{
    struct world *w = user;
    (void)name;
    return eb_engine_symbol_count(eb_host_engine(w->host)); /* its INSTRUMENT follows at once */
}

static void on_event(void *user, const struct eb_event *told)
{
    struct world *w = user;
    struct eb_event ev = *told;
    set_now(w, &ev);
    turn(w, &ev, "instrument");
}

static void on_ready(void *user)
{
    ((struct world *)user)->ready = true;
}

static void on_lost(void *user, const struct eb_err *err)
{
    (void)user;
    live_die("exchange", err->msg);
}

static void create_wire(struct world *w, const char *path)
{
    struct eb_err err = {0};
    struct eb_wire_client_config c = {.loop = w->loop, .path = path, .name = "bench_live", .wants_events = true};
    c.symbols_max = SYMBOLS_MAX;
    c.listener = (struct eb_link_listener){.user = w, .hello = live_hello, .symbol = on_symbol, .event = on_event};
    c.listener.ready = on_ready;
    c.listener.lost = on_lost;
    live_must(eb_wire_client_create(&c, &w->wire, &err), "wire", &err);
    w->port = eb_wire_client_port(w->wire);
}

/* ---- creation ---------------------------------------------------------------------------------------------------- */

static struct eb_store_port open_store(struct world *w, bool journal)
{
    struct eb_err err = {0};
    if (!journal) {
        const struct eb_memory_store_config c = {.limit_bytes = (size_t)4 << 30};
        live_must(eb_memory_store_create(&c, &w->memory, &err), "memory store", &err);
        return eb_memory_store_port(w->memory);
    }
    w->journal = live_journal_open(w->o.dir, 0);
    return eb_journal_port(w->journal);
}

static void create_world(struct world *w, bool journal, const char *socket)
{
    static const struct eb_venue_ops ops = {port_submit, port_cancel, port_query, port_snapshot, port_refresh};
    struct eb_err err = {0};
    struct eb_host_config c;
    memset(&c, 0, sizeof c);
    eb_engine_config_default(&c.engine);
    c.engine.symbols_max = w->o.symbols;
    c.engine.instance = 2;
    c.engine.snapshot_ms = 0;
    c.engine.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    c.venue = (struct eb_venue){w, &ops};
    c.policy = (struct eb_policy_port){.consult = live_policy};
    live_must(eb_loop_create(&w->loop, &err), "loop", &err);
    create_wire(w, socket);
    w->store = open_store(w, journal);
    c.store = w->store;
    live_must(eb_host_create(&c, &w->host, &err), "host", &err);
    live_must(eb_pump_create(w->o.symbols, &w->pump, &err), "pump", &err);
    w->base_ns = bench_clock_ns(CLOCK_MONOTONIC);
    w->awaited = EB_NO_SYMBOL;
    if (journal) {
        live_must(eb_journal_begin(w->journal, eb_host_engine(w->host), &c.engine, BENCH_START_MS, &err), "journal",
                  &err);
    }
    live_must(eb_wire_client_connect(w->wire, &err), "connect", &err);
    while (!w->ready) {
        eb_loop_once(w->loop, true);
    }
    for (eb_symbol_id i = 0; i < w->o.symbols; i++) {
        open_position(w, i);
    }
}

static void destroy_world(struct world *w)
{
    if (w->journal != NULL) {
        live_journal_close(w->journal, eb_host_engine(w->host), w->o.dir);
    }
    eb_memory_store_destroy(w->memory);
    eb_host_destroy(w->host);
    eb_pump_destroy(w->pump);
    eb_wire_client_destroy(w->wire);
    eb_loop_destroy(w->loop);
    live_free(&w->target);
    live_free(&w->stop);
    live_free(&w->all);
    live_free(&w->returned);
    live_free(&w->read);
    free(w->fired);
    live_free(&w->cpu);
    live_free(&w->write);
    live_free(&w->commit);
}

/* ---- what is measured -------------------------------------------------------------------------------------------- */

/* Whether the journal's thread had something to write when the price came; how long its commits take. */
static void look_at_journal(struct world *w)
{
    struct eb_journal_stats s;
    if (w->journal == NULL) {
        return;
    }
    eb_journal_stats(w->journal, &s);
    w->under_way += s.appended > s.durable ? 1 : 0;
    if (s.commits != w->commits_seen) {
        w->commits_seen = s.commits;
        live_add(&w->commit, s.last_commit_ns);
    }
    if (s.failed) {
        live_die("journal", s.failure);
    }
}

/* A price as bytes, on its way to an order. */
static void measure(struct world *w, eb_symbol_id symbol, enum eb_price_source source, int64_t e8)
{
    unsigned char bytes[1024];
    size_t len;
    size_t used;
    struct eb_record record;
    struct rusage before;
    struct rusage after;
    struct eb_event ev = bench_price(symbol, BENCH_START_MS, e8);
    ev.u.price.source = (uint8_t)source;
    live_must(eb_encode_event(&ev, NULL, false, bytes, sizeof bytes, &len), "encode", NULL);
    w->awaited = symbol;
    w->left_ns = 0;
    look_at_journal(w);
    (void)getrusage(RUSAGE_THREAD, &before);
    int64_t cpu_ns = bench_clock_ns(CLOCK_THREAD_CPUTIME_ID);
    int64_t began_ns = bench_clock_ns(CLOCK_MONOTONIC);
    int rc = eb_record_read(bytes, len, &used, &record, NULL);
    rc = rc == EB_OK ? eb_record_event(&record, &w->decoded, NULL) : rc;
    rc = rc == EB_OK ? eb_pump_price(w->pump, w->decoded.ev.symbol, &w->decoded.ev.u.price) : rc;
    set_now(w, &ev);
    rc = rc == EB_OK ? eb_pump_drain(w->pump, w->host, ev.now_ns, ev.now_ms, SIZE_MAX) : rc;
    (void)getrusage(RUSAGE_THREAD, &after);
    live_must(rc, "price", NULL);
    w->awaited = EB_NO_SYMBOL;
    w->slept += (uint64_t)(after.ru_nvcsw - before.ru_nvcsw);
    w->preempted += (uint64_t)(after.ru_nivcsw - before.ru_nivcsw);
    if (w->left_ns == 0) {
        w->missed++;
        return;
    }
    w->fired[w->fired_count++] = (struct fired){began_ns, w->left_ns, w->left_number, source == EB_SRC_MARK};
    live_add(&w->cpu, w->left_cpu_ns - cpu_ns);
    live_add(&w->write, w->write_ns);
}

/* The next level of a symbol's plan, or its next episode. Plans are accepted minutes before their levels are met: here,
 * where it is milliseconds, a disk that takes longer is waited for. */
static void fire(struct world *w, eb_symbol_id symbol)
{
    if (w->store.durable_seq(w->store.store) < w->symbol[symbol].planned) {
        w->too_new++;
        return;
    }
    unsigned fired = w->symbol[symbol].fired++;
    if (fired < LIVE_LEGS) {
        measure(w, symbol, EB_SRC_LAST, ENTRY_E8 + (int64_t)(fired + 1) * EB_E8);
    } else if (fired == LIVE_LEGS) {
        tell_price(w, symbol, EB_SRC_MARK, ENTRY_E8 - EB_E8); /* nearer, so that the next is no jump */
        measure(w, symbol, EB_SRC_MARK, ENTRY_E8 - ENTRY_E8 / EB_PPM * LIVE_STOP_PPM - TICK_E8);
    } else {
        open_position(w, symbol);
    }
}

/* Peaks rise: durable, and nothing else happens. */
static void make_noise(struct world *w, eb_symbol_id next, unsigned records, struct eb_rng *rng)
{
    for (unsigned i = 0; i < records; i++) {
        eb_symbol_id symbol = (eb_symbol_id)eb_rng_below(rng, w->o.symbols);
        if (symbol != next && w->symbol[symbol].fired <= LIVE_LEGS) {
            tell_price(w, symbol, EB_SRC_MARK, w->symbol[symbol].mark_e8 + TICK_E8);
        }
    }
    answer(w);
}

static void rest(struct world *w)
{
    struct eb_event ev = event_of(w, EB_EV_CLOCK, EB_NO_SYMBOL);
    live_must(eb_host_clock(w->host, ev.now_ns, ev.now_ms), "clock", NULL);
    answer(w);
    eb_loop_once(w->loop, false);
    const struct timespec gap = {.tv_nsec = (long)w->o.gap_us * 1000};
    (void)nanosleep(&gap, NULL);
}

/* Handed over: submit() has returned, or the exchange has read the order, whichever was sooner. Where processors are
 * few, the exchange that the order wakes runs before submit() can return. */
static void judge(struct world *w, const struct live_reads *reads)
{
    for (unsigned i = 0; i < w->fired_count; i++) {
        const struct fired *f = &w->fired[i];
        int64_t read_ns = f->number < reads->cap ? reads->at_ns[f->number] : 0;
        int64_t at_ns = read_ns != 0 && read_ns < f->left_ns ? read_ns : f->left_ns;
        live_add(&w->all, at_ns - f->began_ns);
        live_add(f->stop ? &w->stop : &w->target, at_ns - f->began_ns);
        live_add(&w->returned, f->left_ns - f->began_ns);
        if (read_ns != 0) {
            live_add(&w->read, read_ns - f->began_ns);
        }
    }
}

static bool report(struct world *w, const char *name, double seconds, const struct live_neighbour *n)
{
    struct eb_journal_stats s;
    struct eb_turn_times times;
    memset(&s, 0, sizeof s);
    eb_host_turn_times(w->host, &times);
    live_print_head(name);
    live_print("price to order, all", &w->all);
    live_print("  targets", &w->target);
    live_print("  stops", &w->stop);
    live_print("  of it: submit()", &w->write);
    live_print("  until submit() has returned", &w->returned);
    live_print("  until the exchange has read it", &w->read);
    live_print("  in CPU of the thread", &w->cpu);
    if (w->journal != NULL) {
        eb_journal_stats(w->journal, &s);
        live_print("commit of the journal's thread", &w->commit);
        printf("  journal: %.0f records/s, %.0f commits/s, longest %.1f ms; %.0f %% of prices came while it wrote; "
               "ring at most %zu of %zu KiB\n",
               (double)s.appended / seconds, (double)s.commits / seconds, (double)s.longest_commit_ns / 1e6,
               (double)w->under_way * 100 / (double)(w->fired_count + w->missed), s.ring_used_max >> 10,
               s.ring_capacity >> 10);
    }
    if (n != NULL) {
        printf("  other process: %.0f MiB/s in blocks of 1 MiB with fdatasync, longest %.1f ms\n",
               (double)n->shared->blocks / seconds, (double)n->shared->longest_ns / 1e6);
    }
    printf("  fsync on the thread of the turns: %llu (on others: %llu); it slept %llu times within a price, was "
           "preempted %llu times\n",
           (unsigned long long)syncs_of_turns, (unsigned long long)syncs_of_others, (unsigned long long)w->slept,
           (unsigned long long)w->preempted);
    printf("  prices without their order at once: %llu (left out, their plan being too new: %llu), records lost: %llu, "
           "events refused: %llu\n",
           (unsigned long long)w->missed, (unsigned long long)w->too_new, (unsigned long long)times.lost,
           (unsigned long long)times.refused);
    return syncs_of_turns == 0 && w->missed == 0 && times.lost == 0 && w->slept == 0;
}

static bool scenario(const struct options *o, const char *name, bool journal, bool busy)
{
    static struct world w;
    struct live_exchange exchange;
    struct live_neighbour neighbour;
    struct eb_rng rng;
    memset(&w, 0, sizeof w);
    w.o = *o;
    eb_rng_seed(&rng, 1);
    w.fired = calloc(o->firings, sizeof *w.fired);
    if (w.fired == NULL) {
        live_die("firings", "out of memory");
    }
    live_exchange_start(&exchange, o->dir, o->symbols, 2 * (size_t)o->firings + 4096);
    if (busy) {
        live_neighbour_start(&neighbour, o->dir);
    }
    create_world(&w, journal, exchange.path);
    if (journal) {
        struct eb_err err = {0};
        live_must(eb_journal_sync(w.journal, 10000, &err), "journal", &err);
    }
    is_turn_thread = true;
    syncs_of_turns = syncs_of_others = 0;
    int64_t began_ns = bench_clock_ns(CLOCK_MONOTONIC);
    for (eb_symbol_id symbol = 0; w.fired_count + w.missed < o->firings; symbol = (symbol + 1) % o->symbols) {
        make_noise(&w, symbol, 2, &rng); /* the journal's thread has something to do when the price comes */
        fire(&w, symbol);
        answer(&w);
        make_noise(&w, EB_NO_SYMBOL, o->noise, &rng);
        rest(&w);
    }
    double seconds = (double)(bench_clock_ns(CLOCK_MONOTONIC) - began_ns) / 1e9;
    is_turn_thread = false;
    eb_wire_client_disconnect(w.wire);
    struct live_counts got = live_exchange_end(&exchange);
    judge(&w, exchange.reads);
    bool good = report(&w, name, seconds, busy ? &neighbour : NULL);
    printf("  orders handed over: %llu, at the exchange: %llu\n", (unsigned long long)w.submits,
           (unsigned long long)got.submits);
    good = good && got.submits == w.submits;
    destroy_world(&w);
    if (busy) {
        live_neighbour_end(&neighbour);
    }
    printf("  %s\n\n", good ? "nothing waited" : "SOMETHING WAITED OR WAS LOST: see above");
    return good;
}

int main(int argc, char **argv)
{
    struct options o = {.dir = ".", .firings = 20000, .symbols = 150, .noise = 12, .gap_us = 300};
    for (int i = 1; i + 1 < argc; i += 2) {
        unsigned *number = strcmp(argv[i], "--firings") == 0   ? &o.firings
                           : strcmp(argv[i], "--symbols") == 0 ? &o.symbols
                           : strcmp(argv[i], "--noise") == 0   ? &o.noise
                           : strcmp(argv[i], "--gap-us") == 0  ? &o.gap_us
                                                               : NULL;
        if (number != NULL) {
            *number = (unsigned)strtoul(argv[i + 1], NULL, 10);
        } else if (strcmp(argv[i], "--dir") == 0) {
            o.dir = argv[i + 1];
        } else {
            live_die(argv[i], "unknown option: --dir, --firings, --symbols, --noise, --gap-us");
        }
    }
    if (o.symbols < 2 || o.symbols > SYMBOLS_MAX || o.firings < 1 || o.gap_us > 100000) {
        live_die("options", "--symbols 2..190, --firings at least 1, --gap-us at most 100000");
    }
    printf("goal: p99 of \"price to order, all\" under 100 us in both of the last two\n\n");
    bool good = scenario(&o, "records in memory", false, false);
    good = scenario(&o, "journal busy, disk otherwise idle", true, false) && good;
    good = scenario(&o, "journal busy, disk busy", true, true) && good;
    return good ? 0 : 1;
}
