/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many signed GET /fapi/v3/positionRisk a second the simulated exchange answers, kept alive, without TLS.
 *
 *     bench_rest --bin EXITBRAIN --keys DIR [--connections N] [--seconds N] [--positions 0..6] [--json]
 *
 *     this process: sign, write to each of N connections, read N answers, again    the other: `exitbrain sim`
 *     |<- a processor of its own                                                   |<- and another
 */
#include "wire.h"

#include "venue/sign.h"

#define CONNECTIONS_MAX 64
#define GOAL 10000

struct options {
    const char *bin, *keys;
    unsigned connections, seconds, positions;
    bool json;
};

static int64_t wall_ms(void)
{
    return bench_clock_ns(CLOCK_REALTIME) / 1000000;
}

/* Each request has its own timestamp and its own signature. */
static void ask(struct wire_client *c, const struct eb_binance_key *key)
{
    char query[128], text[1024], signature[EB_BINANCE_SIGNATURE_MAX];
    size_t len = 0;
    int q = snprintf(query, sizeof query, "recvWindow=60000&timestamp=%lld", (long long)wall_ms());
    live_must(eb_binance_sign(key, query, (size_t)q, signature, sizeof signature, &len), "sign", NULL);
    int n = snprintf(text, sizeof text,
                     "GET /fapi/v3/positionRisk?%s&signature=%.*s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                     "X-MBX-APIKEY: %s\r\n\r\n",
                     query, (int)len, signature, eb_binance_key_id(key));
    wire_send(c, text, (size_t)n);
}

static void load(struct wire_client *c, unsigned connections, const struct eb_binance_key *key, int64_t until_ns,
                 struct live_samples *took, uint64_t *count)
{
    int64_t began_ns[CONNECTIONS_MAX];
    while (bench_clock_ns(CLOCK_MONOTONIC) < until_ns) {
        for (unsigned i = 0; i < connections; i++) {
            began_ns[i] = bench_clock_ns(CLOCK_MONOTONIC);
            ask(&c[i], key);
        }
        for (unsigned i = 0; i < connections; i++) {
            if (wire_answer(&c[i]) != 200) {
                live_die("positionRisk", c[i].answer);
            }
            live_add(took, bench_clock_ns(CLOCK_MONOTONIC) - began_ns[i]);
        }
        *count += connections;
    }
}

static void open_positions(struct wire_client *c, unsigned positions)
{
    static const char *const names[] = {"SOL", "XRP", "DOGE", "AVAX", "ETH", "BTC"};
    char json[160];
    for (unsigned i = 0; i < positions && i < EB_COUNT(names); i++) {
        (void)snprintf(json, sizeof json, "{\"symbol\":\"%sUSDT\",\"side\":\"LONG\",\"quantity\":\"%s\"}", names[i],
                       i < 4 ? "100" : "0.01");
        wire_hand(c, "open", json);
    }
}

static void read_options(int argc, char **argv, struct options *o)
{
    for (int i = 1; i < argc; i++) {
        unsigned *number = strcmp(argv[i], "--connections") == 0 ? &o->connections
                           : strcmp(argv[i], "--seconds") == 0   ? &o->seconds
                           : strcmp(argv[i], "--positions") == 0 ? &o->positions
                                                                 : NULL;
        const char **text = strcmp(argv[i], "--bin") == 0 ? &o->bin : strcmp(argv[i], "--keys") == 0 ? &o->keys : NULL;
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (number != NULL && i + 1 < argc) {
            *number = (unsigned)strtoul(argv[++i], NULL, 10);
        } else if (text != NULL && i + 1 < argc) {
            *text = argv[++i];
        } else {
            live_die(argv[i], "--bin, --keys, --connections, --seconds, --positions, --json");
        }
    }
    if (o->bin == NULL || o->keys == NULL || o->connections == 0 || o->connections > CONNECTIONS_MAX ||
        o->seconds == 0) {
        live_die("options", "--bin EXITBRAIN and --keys DIR are needed, --connections 1..64");
    }
}

struct result {
    uint64_t count;
    double per_second, sim_pct, client_pct;
    struct live_samples took;
};

static void measure(const struct options *o, struct wire_client *c, const struct wire_sim *sim,
                    const struct eb_binance_key *key, struct result *out)
{
    uint64_t warm = 0;
    load(c, o->connections, key, bench_clock_ns(CLOCK_MONOTONIC) + 500000000, &out->took, &warm);
    live_free(&out->took);
    int64_t began_ns = bench_clock_ns(CLOCK_MONOTONIC);
    int64_t ours_ns = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    int64_t theirs_ns = wire_cpu_ns(sim->pid);
    load(c, o->connections, key, began_ns + (int64_t)o->seconds * 1000000000, &out->took, &out->count);
    double wall = (double)(bench_clock_ns(CLOCK_MONOTONIC) - began_ns) / 1e9;
    out->client_pct = (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - ours_ns) / 1e9 / wall * 100;
    out->sim_pct = (double)(wire_cpu_ns(sim->pid) - theirs_ns) / 1e9 / wall * 100;
    out->per_second = (double)out->count / wall;
    live_sort(&out->took);
}

static void report(const struct options *o, const struct result *r)
{
    char machine[400];
    wire_machine(machine, sizeof machine);
    if (o->json) {
        printf("{\"bench\":\"rest\",\"connections\":%u,\"positions\":%u,\"requests\":%llu,\"per_second\":%.0f,"
               "\"sim_cpu_pct\":%.1f,\"client_cpu_pct\":%.1f,\"p50_us\":%.1f,\"p99_us\":%.1f,\"goal\":%d,"
               "\"machine\":\"%s\"}\n",
               o->connections, o->positions, (unsigned long long)r->count, r->per_second, r->sim_pct, r->client_pct,
               live_us(&r->took, 500), live_us(&r->took, 990), GOAL, machine);
        return;
    }
    printf("signed GET /fapi/v3/positionRisk, %u connections, %u positions: %.0f a second (goal %d)\n"
           "  exchange %.0f %% of a core (%.0f a second of its own), client %.0f %%; answered in p50 %.0f us, p99 %.0f "
           "us; %s\n",
           o->connections, o->positions, r->per_second, GOAL, r->sim_pct, r->per_second * 100 / r->sim_pct,
           r->client_pct, live_us(&r->took, 500), live_us(&r->took, 990), machine);
}

int main(int argc, char **argv)
{
    static struct wire_client client[CONNECTIONS_MAX];
    struct options o = {.connections = 8, .seconds = 10};
    struct wire_sim sim = {0};
    struct result result = {0};
    struct eb_binance_key *key = NULL;
    struct eb_err err = {0};
    char path[1024];
    const char *const more[] = {"--feed", "held", "--control", NULL};
    read_options(argc, argv, &o);
    wire_sim_start(&sim, o.bin, o.keys, more);
    (void)snprintf(path, sizeof path, "%s/paper.key", o.keys);
    live_must(eb_binance_key_load(path, &key, &err), "key", &err);
    wire_pin(1);
    for (unsigned i = 0; i < o.connections; i++) {
        wire_open(&client[i], &sim);
    }
    open_positions(&client[0], o.positions);
    measure(&o, client, &sim, key, &result);
    report(&o, &result);
    for (unsigned i = 0; i < o.connections; i++) {
        wire_close(&client[i]);
    }
    live_free(&result.took);
    eb_binance_key_free(key);
    wire_sim_end(&sim);
    return result.per_second >= GOAL ? 0 : 1;
}
