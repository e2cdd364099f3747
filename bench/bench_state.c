/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it costs to remember: a record into the journal's ring, turns while the ring fills and after it has overflown,
 * and the durable state as a whole: its hash, a clone, an image and the way back.
 *
 *     bench_state [--dir DIR] [--records N]
 *
 *     peaks that rise -> turn -> append() -> ring -> journal's thread -> disk (a neighbour writes to it, too)
 */
#include "live.h"

/* ---- a world of positions with plans and backstops --------------------------------------------------------------- */

#define TOLD_MAX 64
#define FIRST_MARK_E8 (100 * EB_E8)
#define TICK_E8 (EB_E8 / 100)

struct world {
    struct eb_host *host;
    struct eb_store_port store;
    unsigned symbols;
    int64_t now_ms, mark_e8;
    struct eb_order_request told[TOLD_MAX];
    unsigned told_count;
    struct live_samples *append; /* NULL: not measured */
};

static uint64_t store_append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct world *w = store;
    int64_t began_ns = bench_clock_ns(CLOCK_MONOTONIC);
    uint64_t seq = w->store.append(w->store.store, ev, witness, durable);
    if (w->append != NULL) {
        live_add(w->append, bench_clock_ns(CLOCK_MONOTONIC) - began_ns);
    }
    return seq;
}

static uint64_t store_durable(void *store)
{
    struct world *w = store;
    return w->store.durable_seq(w->store.store);
}

static bool store_failed(void *store)
{
    struct world *w = store;
    return w->store.failed(w->store.store);
}

static void observe(void *user, const struct eb_event *ev, const struct eb_actions *actions)
{
    struct world *w = user;
    (void)ev;
    for (unsigned i = 0; i < actions->count; i++) {
        if (actions->action[i].kind == EB_ACT_SUBMIT && w->told_count < TOLD_MAX) {
            w->told[w->told_count++] = actions->action[i].u.submit;
        }
    }
}

static void turn(struct world *w, struct eb_event *ev)
{
    ev->now_ms = ++w->now_ms;
    ev->now_ns = ev->now_ms * 1000000;
    live_must(eb_turn(w->host, ev), "turn", NULL);
}

static void tell_mark(struct world *w, eb_symbol_id symbol, int64_t e8)
{
    struct eb_event ev = bench_price(symbol, 0, e8);
    turn(w, &ev);
}

static void open_position(struct world *w, eb_symbol_id symbol)
{
    struct eb_ev_instrument inst;
    live_instrument(&inst, symbol);
    struct eb_event ev = bench_event(EB_EV_INSTRUMENT, symbol, 0);
    ev.u.instrument = &inst;
    turn(w, &ev);
    tell_mark(w, symbol, FIRST_MARK_E8);
    struct eb_ev_position p;
    memset(&p, 0, sizeof p);
    p.qty.e8 = 10 * EB_E8;
    p.entry.e8 = FIRST_MARK_E8;
    p.leverage_ppm = 10 * EB_PPM;
    ev = bench_event(EB_EV_POSITION, symbol, 0);
    ev.u.venue_position = &p;
    turn(w, &ev);
    for (unsigned i = 0; i < w->told_count; i++) { /* its backstop stands */
        ev = bench_event(EB_EV_ORDER, symbol, 0);
        ev.u.order.client_id = w->told[i].client_id;
        ev.u.order.state = EB_OS_NEW;
        turn(w, &ev);
    }
    w->told_count = 0;
}

static struct eb_engine_config engine_config(unsigned symbols)
{
    struct eb_engine_config c;
    eb_engine_config_default(&c);
    c.symbols_max = symbols;
    c.instance = 2;
    c.snapshot_ms = 0;
    c.cycle_ms = 600000;
    c.max_age_mark_ms = 60000;
    c.slots_max = 5000;
    c.mode = (struct eb_ev_config){EB_EXIT_MODE_EXIT_BRAIN_V3, true, true};
    return c;
}

/* journal NULL: nothing is remembered. */
static void create_world(struct world *w, unsigned symbols, struct eb_journal *journal)
{
    struct eb_err err = {0};
    struct eb_host_config c;
    memset(w, 0, sizeof *w);
    memset(&c, 0, sizeof c);
    c.engine = engine_config(symbols);
    c.policy = (struct eb_policy_port){.consult = live_policy};
    c.observer = observe;
    c.observer_user = w;
    if (journal != NULL) {
        w->store = eb_journal_port(journal);
        c.store = (struct eb_store_port){
            .store = w, .append = store_append, .durable_seq = store_durable, .failed = store_failed};
    }
    live_must(eb_host_create(&c, &w->host, &err), "host", &err);
    if (journal != NULL) {
        live_must(eb_journal_begin(journal, eb_host_engine(w->host), &c.engine, BENCH_START_MS, &err), "journal", &err);
    }
    w->symbols = symbols;
    w->now_ms = BENCH_START_MS;
    w->mark_e8 = FIRST_MARK_E8;
    for (eb_symbol_id i = 0; i < symbols; i++) {
        open_position(w, i);
    }
}

/* One durable turn: a peak that rises. Its wall time. */
static int64_t remember(struct world *w, uint64_t number)
{
    eb_symbol_id symbol = (eb_symbol_id)(number % w->symbols);
    w->mark_e8 += symbol == 0 ? TICK_E8 : 0;
    if (w->mark_e8 > FIRST_MARK_E8 * 19 / 10) {
        live_die("records", "prices have risen as far as the plan bears: a smaller --records");
    }
    int64_t began_ns = bench_clock_ns(CLOCK_MONOTONIC);
    tell_mark(w, symbol, w->mark_e8);
    return bench_clock_ns(CLOCK_MONOTONIC) - began_ns;
}

static void nap(long us)
{
    const struct timespec gap = {.tv_nsec = us * 1000};
    (void)nanosleep(&gap, NULL);
}

/* ---- append ------------------------------------------------------------------------------------------------------ */

static void bench_append(const char *dir, unsigned records)
{
    static struct world w;
    struct live_samples asleep = {0};
    struct live_samples awake = {0};
    struct eb_journal *j = live_journal_open(dir, 0);
    create_world(&w, 150, j);
    uint64_t n = 0;
    w.append = &asleep; /* the journal's thread has to be woken */
    while (asleep.count < records / 10) {
        (void)remember(&w, n++);
        nap(1000);
    }
    w.append = &awake;
    while (awake.count < records) {
        for (unsigned i = 0; i < 50; i++) {
            (void)remember(&w, n++);
        }
        nap(500);
    }
    w.append = NULL;
    live_print_head("append(), encoded, into the ring");
    live_print("the journal's thread sleeps", &asleep);
    live_print("it is at work, mostly", &awake);
    live_journal_close(j, eb_host_engine(w.host), dir);
    eb_host_destroy(w.host);
    live_free(&asleep);
    live_free(&awake);
}

/* ---- a ring that fills ------------------------------------------------------------------------------------------- */

#define SMALL_RING ((size_t)1 << 20)

/* As fast as turns run, until nothing more is taken; then as many turns again. */
static void bench_pressure(const char *dir, unsigned records)
{
    static struct world w;
    static const char *const name[] = {"ring less than half full", "half full and more", "nine tenths and more",
                                       "after it has overflown"};
    struct live_samples taken[4] = {{0}, {0}, {0}, {0}};
    struct live_neighbour neighbour;
    struct eb_journal_stats s;
    struct eb_turn_times times;
    live_neighbour_start(&neighbour, dir);
    struct eb_journal *j = live_journal_open(dir, SMALL_RING);
    create_world(&w, 150, j);
    uint64_t n = 0;
    memset(&times, 0, sizeof times);
    for (; n < 15 * (uint64_t)records && taken[3].count < records; n++) {
        eb_journal_stats(j, &s);
        unsigned in = times.lost > 0                            ? 3
                      : s.ring_used * 10 >= s.ring_capacity * 9 ? 2
                      : s.ring_used * 2 >= s.ring_capacity      ? 1
                                                                : 0;
        live_add(&taken[in], remember(&w, n));
        eb_host_turn_times(w.host, &times);
    }
    printf("\n");
    live_print_head("a durable turn, ring of 1 MiB");
    for (size_t i = 0; i < 4; i++) {
        live_print(name[i], &taken[i]);
        live_free(&taken[i]);
    }
    eb_journal_stats(j, &s);
    printf("  %s; %llu records not taken, %.0f %% of the ring used at most\n",
           s.failed ? s.failure : "the journal kept up", (unsigned long long)times.lost,
           (double)s.ring_used_max * 100 / (double)s.ring_capacity);
    int closed = eb_journal_close(j, NULL, BENCH_START_MS, NULL);
    if (closed != EB_OK && times.lost == 0) {
        live_die("journal", "failed without having lost anything");
    }
    eb_host_destroy(w.host);
    live_neighbour_end(&neighbour);
}

/* ---- the whole state --------------------------------------------------------------------------------------------- */

static void measure_image(const struct eb_engine *e, unsigned symbols, struct live_samples *make,
                          struct live_samples *load, size_t *bytes, unsigned *parts)
{
    static unsigned char part[EB_IMAGE_PART_MAX];
    struct eb_engine_config c = engine_config(symbols);
    struct eb_engine *twin;
    struct eb_err err = {0};
    int64_t making_ns = 0;
    int64_t loading_ns = 0;
    uint32_t cursor = 0;
    live_must(eb_engine_create(&c, &twin, &err), "engine", &err);
    *bytes = *parts = 0;
    for (;;) {
        size_t len;
        int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
        int rc = eb_engine_image_part(e, &cursor, part, sizeof part, &len);
        int64_t t1 = bench_clock_ns(CLOCK_MONOTONIC);
        making_ns += t1 - t0;
        if (rc == EB_E_END) {
            break;
        }
        live_must(rc, "image", NULL);
        live_must(eb_engine_image_load(twin, part, len, &err), "load", &err);
        loading_ns += bench_clock_ns(CLOCK_MONOTONIC) - t1;
        *bytes += len;
        ++*parts;
    }
    int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
    live_must(eb_engine_image_done(twin, BENCH_START_MS * 1000000, BENCH_START_MS, &err), "done", &err);
    loading_ns += bench_clock_ns(CLOCK_MONOTONIC) - t0;
    if (eb_engine_durable_hash(twin) != eb_engine_durable_hash(e)) {
        live_die("image", "its state is another");
    }
    eb_engine_destroy(twin);
    live_add(make, making_ns);
    live_add(load, loading_ns);
}

static void bench_whole(unsigned symbols)
{
    static struct world w;
    static volatile uint64_t sink;
    struct live_samples clone = {0};
    struct live_samples hash = {0};
    struct live_samples make = {0};
    struct live_samples load = {0};
    size_t bytes = 0;
    unsigned parts = 0;
    create_world(&w, symbols, NULL);
    const struct eb_engine *e = eb_host_engine(w.host);
    for (unsigned i = 0; i < 100; i++) {
        struct eb_engine *twin;
        struct eb_err err = {0};
        int64_t t0 = bench_clock_ns(CLOCK_MONOTONIC);
        live_must(eb_engine_clone(e, &twin, &err), "clone", &err);
        int64_t t1 = bench_clock_ns(CLOCK_MONOTONIC);
        eb_engine_destroy(twin);
        live_add(&clone, t1 - t0);
        t0 = bench_clock_ns(CLOCK_MONOTONIC);
        sink = eb_engine_durable_hash(e);
        live_add(&hash, bench_clock_ns(CLOCK_MONOTONIC) - t0);
        measure_image(e, symbols, &make, &load, &bytes, &parts);
    }
    char title[64];
    struct eb_engine_stats s;
    eb_engine_stats(e, &s);
    (void)snprintf(title, sizeof title, "%u positions, %u orders", s.open_positions, s.working_orders);
    live_print_head(title);
    live_print("hash of the durable state", &hash);
    live_print("clone", &clone);
    live_print("image made", &make);
    live_print("image taken in", &load);
    printf("  image: %zu KiB in %u parts\n", bytes >> 10, parts);
    (void)sink;
    eb_host_destroy(w.host);
    live_free(&clone);
    live_free(&hash);
    live_free(&make);
    live_free(&load);
}

int main(int argc, char **argv)
{
    const char *dir = ".";
    unsigned records = 10000;
    for (int i = 1; i < argc; i++) {
        if (i + 1 < argc && strcmp(argv[i], "--dir") == 0) {
            dir = argv[++i];
        } else if (i + 1 < argc && strcmp(argv[i], "--records") == 0) {
            records = (unsigned)strtoul(argv[++i], NULL, 10);
        } else {
            live_die(argv[i], "unknown option: --dir DIR, --records N");
        }
    }
    if (records < 100 || records > 100000) {
        live_die("options", "--records 100..100000");
    }
    bench_append(dir, records);
    bench_pressure(dir, records);
    printf("\n");
    bench_whole(12);
    bench_whole(150);
    bench_whole(1000);
    return 0;
}
