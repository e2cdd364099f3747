/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Accounts, feed, certificate and faults from the command line, then the exchange behind its sockets.
 *
 *     --keys DIR, --feed, --tls, --faults -> eb_fapi_create() -> eb_fapi_serve_open() -> one line on standard output
 */
#include "app/sim_serve.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/clock.h"
#include "app/output.h"
#include "app/sim_accounts.h"
#include "app/state_dir.h"
#include "base/decimal.h"
#include "net/certificate.h"
#include "net/loop.h"
#include "venue/fapi/fapi.h"
#include "venue/simd/simd.h"

#define FILES_MAX 64
#define PATH_SIZE 1024
#define CERTIFICATE_DAYS 825
#define TRADES_MAX ((size_t)1 << 30)
#define FAULTS_MAX ((size_t)1 << 20)
#define IDS_AFTER_MAX INT64_C(1000000000000000000)

static const char area[] = "sim";

struct serving {
    const struct eb_sim_serve *s;
    struct eb_fapi_config c;
    struct eb_sim_accounts accounts;
    struct eb_fapi *f;
    struct eb_loop *loop;
    struct eb_fapi_server *server;
    struct eb_timer *end;
    struct eb_fapi_serve serve;
    char address[80], keys[PATH_SIZE], certificate[PATH_SIZE], key[PATH_SIZE];
    char feed[4096];
    const char *file[FILES_MAX];
    size_t files;
};

/* ---- options ----------------------------------------------------------------------------------------------------- */

static int read_listen(struct serving *v, struct eb_err *err)
{
    const char *listen = v->s->listen;
    const char *colon = strrchr(listen, ':');
    int64_t port = 0;
    if (colon == NULL || colon == listen || (size_t)(colon - listen) >= sizeof(v->address) ||
        eb_value_integer("--listen", colon + 1, 0, UINT16_MAX, &port, err) != EB_OK) {
        return eb_err_set(err, EB_E_INVALID, area,
                          "--listen %.100s: unix:PATH, or ADDR:PORT as in 127.0.0.1:8090 (port 0: any that is free)",
                          listen);
    }
    size_t skip = listen[0] == '[' ? 1 : 0; /* [::1]:8090 */
    (void)snprintf(v->address, sizeof(v->address), "%.*s", (int)((size_t)(colon - listen) - 2 * skip), listen + skip);
    v->serve.address = v->address;
    v->serve.port = (uint16_t)port;
    return EB_OK;
}

static int read_feed(struct serving *v, struct eb_err *err)
{
    const char *feed = eb_args_text(v->s->args, "feed");
    feed = feed != NULL ? feed : "scene";
    bool klines = strncmp(feed, "klines:", 7) == 0;
    if (strcmp(feed, "scene") == 0 || strcmp(feed, "held") == 0) {
        v->c.feed = feed[0] == 's' ? EB_FAPI_FEED_SCENE : EB_FAPI_FEED_HELD;
        return EB_OK;
    }
    if ((!klines && strncmp(feed, "ticks:", 6) != 0) || strlen(feed) >= sizeof(v->feed)) {
        return eb_err_set(err, EB_E_INVALID, area, "--feed %.60s: scene, klines:FILE[,FILE...], ticks:FILE or held",
                          feed);
    }
    v->c.feed = klines ? EB_FAPI_FEED_KLINES : EB_FAPI_FEED_TICKS;
    (void)snprintf(v->feed, sizeof(v->feed), "%s", strchr(feed, ':') + 1);
    for (char *at = v->feed; at != NULL && v->files < FILES_MAX;) {
        v->file[v->files++] = at;
        at = klines ? strchr(at, ',') : NULL;
        if (at != NULL) {
            *at++ = '\0';
        }
    }
    v->c.files = v->file;
    v->c.file_count = v->files;
    return EB_OK;
}

static int read_keys(struct serving *v, struct eb_err *err)
{
    const char *dir = eb_args_text(v->s->args, "keys");
    char named[EB_STATE_PATH_MAX];
    int rc = dir != NULL ? EB_OK : eb_state_named("sim-keys", named, err);
    if (rc != EB_OK) {
        return rc;
    }
    (void)snprintf(v->keys, sizeof(v->keys), "%s", dir != NULL ? dir : named);
    rc = eb_sim_accounts_load(v->keys, &v->accounts, err);
    for (size_t i = 0; i < v->accounts.count; i++) {
        v->accounts.account[i].balance = v->s->balance;
        v->accounts.account[i].hedge = v->s->hedge;
        v->accounts.account[i].cross = eb_args_has(v->s->args, "cross");
    }
    v->c.account = v->accounts.account;
    v->c.accounts = v->accounts.count;
    return rc;
}

static int read_tls(struct serving *v, struct eb_err *err)
{
    if (!eb_args_has(v->s->args, "tls")) {
        return EB_OK;
    }
    char names[160];
    int a = snprintf(v->certificate, sizeof(v->certificate), "%s/tls.crt", v->keys);
    int b = snprintf(v->key, sizeof(v->key), "%s/tls.key", v->keys);
    if (a < 0 || b < 0 || (size_t)b >= sizeof(v->key)) {
        return eb_err_set(err, EB_E_INVALID, area, "--keys: the path is too long");
    }
    (void)snprintf(names, sizeof(names), "DNS:localhost,IP:127.0.0.1,IP:::1,IP:%s", v->address);
    v->serve.certificate = v->certificate;
    v->serve.key = v->key;
    return eb_certificate_make(v->certificate, v->key, names, CERTIFICATE_DAYS, err);
}

static int read_options(struct serving *v, struct eb_err *err)
{
    const struct eb_sim_serve *s = v->s;
    eb_fapi_config_default(&v->c);
    v->c.start_ms = s->start_ms;
    v->c.scene = s->scene;
    v->c.scene_count = s->count;
    v->c.seed = s->seed;
    v->c.scene_length_ms = s->length_ms;
    v->c.instruments = eb_args_text(s->args, "instruments");
    v->c.fee_taker_ppm = s->fee_taker_ppm;
    v->c.fee_maker_ppm = s->fee_maker_ppm;
    v->c.slots_max = s->slots_max;
    v->c.control = eb_args_has(s->args, "control");
    v->c.limits_off = eb_args_has(s->args, "no-limits");
    v->c.classes_strict = !eb_args_has(s->args, "any-class");
    v->c.log = s->log;
    v->serve.speed_ppm = s->speed_ppm;
    int64_t ids_after = 0;
    int rc = read_listen(v, err);
    rc = rc == EB_OK ? eb_args_integer(s->args, "ids-after", 0, IDS_AFTER_MAX, &ids_after, err) : rc;
    v->c.ids_after = (uint64_t)ids_after;
    rc = rc == EB_OK ? read_feed(v, err) : rc;
    rc = rc == EB_OK ? read_keys(v, err) : rc;
    return rc == EB_OK ? read_tls(v, err) : rc;
}

/* ---- faults ------------------------------------------------------------------------------------------------------ */

static int control(struct serving *v, const char *verb, const char *json, size_t len, struct eb_err *err)
{
    struct eb_buffer out;
    eb_buffer_init(&out, FAULTS_MAX);
    int status = eb_fapi_control(v->f, verb, json, len, &out);
    int rc = status == 0 ? EB_OK
                         : eb_err_set(err, EB_E_INVALID, area, "%.20s %.60s: %.200s", verb, json, eb_buffer_str(&out));
    eb_buffer_deinit(&out);
    return rc;
}

/* One {"verb": {...}} a line, or {...} for a fault. */
static int read_faults(struct serving *v, struct eb_err *err)
{
    const char *path = eb_args_text(v->s->args, "faults");
    char line[2048];
    unsigned number = 0;
    int rc = EB_OK;
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    if (path != NULL && file == NULL) {
        return eb_err_set(err, EB_E_IO, area, "--faults %.200s: it cannot be read", path);
    }
    while (rc == EB_OK && file != NULL && fgets(line, sizeof(line), file) != NULL) {
        size_t len = strcspn(line, "\r\n");
        line[len] = '\0';
        number++;
        if (len == 0 || line[0] == '#') {
            continue;
        }
        struct eb_err why = {0};
        char verb[24] = "fault";
        size_t word = strcspn(line, " {");
        if (word > 0 && word < sizeof(verb)) { /* VERB {...} */
            (void)snprintf(verb, sizeof(verb), "%.*s", (int)word, line);
        }
        const char *json = line + strcspn(line, "{");
        if (control(v, verb, json, strlen(json), &why) != EB_OK) {
            rc = eb_err_set(err, EB_E_INVALID, area, "--faults %.100s:%u: %.300s", path, number, why.msg);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return rc;
}

static int set_latency(struct serving *v, struct eb_err *err)
{
    char json[160];
    int n =
        snprintf(json, sizeof(json), "{\"request_ms\":%" PRId64 ",\"answer_ms\":%" PRId64 ",\"event_ms\":%" PRId64 "}",
                 v->s->latency_ms, v->s->latency_ms, v->s->latency_ms);
    return v->s->latency_ms > 0 ? control(v, "latency", json, (size_t)n, err) : EB_OK;
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

static void stop(void *user, int number)
{
    (void)number;
    eb_loop_stop(((struct serving *)user)->loop);
}

static void over(void *user)
{
    eb_loop_stop(((struct serving *)user)->loop);
}

static void announce(struct serving *v)
{
    struct eb_buffer out;
    char key[PATH_SIZE + 80];
    const char *s = v->serve.certificate != NULL ? "s" : "";
    const char *open = strchr(v->address, ':') != NULL ? "[" : "";
    const char *shut = open[0] != '\0' ? "]" : "";
    unsigned port = eb_fapi_serve_port(v->server);
    eb_buffer_init(&out, 8192);
    (void)eb_buffer_printf(&out, "{\"listening\":{\"rest\":\"http%s://%s%s%s:%u\",\"ws\":\"ws%s://%s%s%s:%u\"}", s,
                           open, v->address, shut, port, s, open, v->address, shut, port);
    (void)eb_buffer_printf(&out, ",\"control\":%s,\"now_ms\":%" PRId64 ",\"ca_file\":", v->c.control ? "true" : "false",
                           eb_fapi_now_ms(v->f));
    if (v->serve.certificate != NULL) {
        (void)eb_buffer_json_string(&out, v->certificate);
    } else {
        (void)eb_buffer_text(&out, "null");
    }
    (void)eb_buffer_text(&out, ",\"accounts\":[");
    for (size_t i = 0; i < v->accounts.count; i++) {
        (void)snprintf(key, sizeof(key), "%s/%s.key", v->keys, v->accounts.account[i].name);
        (void)eb_buffer_text(&out, i > 0 ? ",{\"name\":" : "{\"name\":");
        (void)eb_buffer_json_string(&out, v->accounts.account[i].name);
        (void)eb_buffer_text(&out, ",\"key_file\":");
        (void)eb_buffer_json_string(&out, key);
        (void)eb_buffer_text(&out, "}");
    }
    (void)eb_buffer_text(&out, "]}");
    printf("%s\n", eb_buffer_str(&out));
    (void)fflush(stdout);
    eb_buffer_deinit(&out);
    eb_log(v->s->log, EB_LOG_INFO, "sim.listening", EB_STR("address", v->address), EB_I64("port", port),
           EB_BOOL("tls", v->serve.certificate != NULL), EB_I64("accounts", v->accounts.count),
           EB_I64("symbols", eb_fapi_symbols(v->f)));
}

static const char *name_of(void *user, eb_symbol_id symbol)
{
    return eb_fapi_symbol_name(user, symbol);
}

static int write_trades(struct serving *v, struct eb_err *err)
{
    struct eb_buffer csv;
    eb_buffer_init(&csv, TRADES_MAX);
    int rc = eb_simd_csv(eb_fapi_sim(v->f, v->accounts.account[0].name), name_of, v->f, &csv);
    rc = rc == EB_OK ? eb_output_write(v->s->trades, &csv, err)
                     : eb_err_set(err, rc, area, "the trades are too many to be written: %s", eb_err_text(rc));
    eb_buffer_deinit(&csv);
    return rc;
}

static int serve(struct serving *v, struct eb_err *err)
{
    static const int numbers[] = {SIGINT, SIGTERM};
    struct eb_signal *signals[EB_COUNT(numbers)] = {NULL};
    int rc = eb_fapi_serve_open(v->loop, v->f, &v->serve, &v->server, err);
    rc = rc == EB_OK ? eb_timer_open(v->loop, over, v, &v->end, err) : rc;
    for (size_t i = 0; rc == EB_OK && i < EB_COUNT(numbers); i++) {
        rc = eb_signal_open(v->loop, numbers[i], stop, v, &signals[i], err);
    }
    if (rc == EB_OK) {
        bool ends = v->s->length_ms > 0 && !eb_args_has(v->s->args, "leave-with-client");
        if (ends) {
            eb_timer_set(v->end, (int64_t)((eb_i128)v->s->length_ms * 1000000 * EB_PPM / v->s->speed_ppm));
        }
        announce(v);
        eb_loop_run(v->loop);
        rc = v->s->trades != NULL ? write_trades(v, err) : EB_OK;
    }
    for (size_t i = 0; i < EB_COUNT(numbers); i++) {
        eb_signal_close(signals[i]);
    }
    eb_timer_close(v->end);
    eb_fapi_serve_close(v->server);
    return rc;
}

enum eb_status eb_sim_serve(const struct eb_sim_serve *s, struct eb_err *err)
{
    struct serving *v = calloc(1, sizeof(*v));
    int rc = EB_OK;
    if (v == NULL) {
        (void)eb_err_set(err, EB_E_MEMORY, area, "out of memory");
        return EB_STATUS_USAGE;
    }
    if (s->speed_ppm <= 0) {
        rc = eb_err_set(err, EB_E_INVALID, area, "--speed max: clients of this protocol live at wall time");
    }
    if (rc == EB_OK) {
        v->s = s;
        rc = read_options(v, err);
    }
    rc = rc == EB_OK ? eb_fapi_create(&v->c, &v->f, err) : rc;
    rc = rc == EB_OK ? set_latency(v, err) : rc;
    rc = rc == EB_OK ? read_faults(v, err) : rc;
    rc = rc == EB_OK ? eb_loop_create(&v->loop, err) : rc;
    rc = rc == EB_OK ? serve(v, err) : rc;
    eb_loop_destroy(v->loop);
    eb_fapi_destroy(v->f);
    eb_sim_accounts_deinit(&v->accounts);
    free(v);
    return rc == EB_OK ? EB_STATUS_DONE : EB_STATUS_USAGE;
}
