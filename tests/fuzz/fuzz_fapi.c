/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any lines as what clients and hands send to the simulated exchange, over an hour of virtual time:
 *
 *     GET|POST|PUT|DELETE PATH?QUERY[ BODY]    signed where the line begins with "+", with a known key where with "-"
 *     C VERB JSON       /sim/VERB              W JSON, M JSON     to a socket of the API, of market streams
 *     L                 a listen key and its socket               T N     N ms go by
 *
 * The exchange must answer each with a status and JSON, and its books must still add up (eb_sim_check).
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "venue/fapi/fapi.h"
#include "venue/sign.h"
#include "venue/tokens.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define T0 INT64_C(1591702614000)
#define TOKENS_MAX 65536
#define LINES_MAX 64
#define LINE_MAX 4096

static struct {
    struct eb_fapi *f;
    struct eb_binance_key *key;
    struct eb_fapi_session *session[3]; /* api, market, user */
} it;

static struct eb_token room[TOKENS_MAX];

static void is_json(const char *text, size_t len)
{
    struct eb_tokens tokens;
    struct eb_err err = {0};
    EB_ASSERT(eb_tokens_parse(&tokens, "answer", text, len, room, TOKENS_MAX, &err) != EB_E_INVALID);
}

/* ---- sockets ----------------------------------------------------------------------------------------------------- */

static void hear(void *peer, const char *text, size_t len)
{
    (void)peer;
    is_json(text, len);
}

static void feel(void *peer)
{
    (void)peer;
}

static void lose(void *peer, int code)
{
    struct eb_fapi_session **s = peer;
    (void)code;
    *s = NULL;
}

static void open_socket(unsigned which, const char *path)
{
    struct eb_fapi_peer peer = {&it.session[which], hear, feel, lose};
    if (it.session[which] == NULL) {
        struct eb_fapi_session *s = NULL;
        if (eb_fapi_session_open(it.f, path, "", "127.0.0.1", &peer, &s) == 0) {
            it.session[which] = s;
        }
    }
}

static void say(unsigned which, const char *path, const char *text)
{
    open_socket(which, path);
    if (it.session[which] != NULL) {
        eb_fapi_session_text(it.session[which], text, strlen(text));
    }
}

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void done(void *user, const struct eb_fapi_answer *a)
{
    char *listen_key = user;
    if (a->cut) {
        return;
    }
    EB_ASSERT(a->status >= 200 && a->status <= 599 && a->body != NULL);
    if (listen_key != NULL && a->status == 200) {
        const char *key = strstr(a->body, ":\"");
        (void)snprintf(listen_key, 96, "/private/ws/%.64s", key != NULL ? key + 2 : "");
    }
}

static void ask(const char *method, const char *path, const char *query, const char *body, bool known, char *listen_key)
{
    const struct eb_fapi_request r = {.method = method,
                                      .path = path,
                                      .query = query,
                                      .body = body,
                                      .body_len = strlen(body),
                                      .api_key = known ? "fuzz" : "",
                                      .peer = "127.0.0.1"};
    eb_fapi_http(it.f, &r, done, listen_key);
    if (listen_key != NULL) {
        eb_fapi_http_gone(it.f, listen_key);
    }
}

static void sign(char *query, size_t cap, const char *body)
{
    char payload[2 * LINE_MAX];
    char signature[EB_BINANCE_SIGNATURE_MAX + 1];
    size_t len = 0;
    size_t n = strlen(query);
    (void)snprintf(query + n, cap - n, "%stimestamp=%" PRId64, n > 0 ? "&" : "", eb_fapi_now_ms(it.f));
    (void)snprintf(payload, sizeof(payload), "%s%s", query, body);
    EB_ASSERT(eb_binance_sign(it.key, payload, strlen(payload), signature, sizeof(signature) - 1, &len) == EB_OK);
    signature[len] = '\0';
    n = strlen(query);
    (void)snprintf(query + n, cap - n, "&signature=%s", signature);
}

static void request(char *line)
{
    char query[LINE_MAX + 256];
    bool has_key = line[0] == '+' || line[0] == '-';
    bool is_signed = line[0] == '+';
    line += has_key ? 1 : 0;
    char *path = strchr(line, ' ');
    if (path == NULL) {
        return;
    }
    *path++ = '\0';
    char *body = strchr(path, ' ');
    if (body != NULL) {
        *body++ = '\0';
    }
    char *asked = strchr(path, '?');
    if (asked != NULL) {
        *asked++ = '\0';
    }
    (void)snprintf(query, sizeof(query), "%s", asked != NULL ? asked : "");
    if (is_signed) {
        sign(query, sizeof(query), body != NULL ? body : "");
    }
    ask(line, path, query, body != NULL ? body : "", has_key, NULL);
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static void control(char *line)
{
    struct eb_buffer out;
    char *json = strchr(line, ' ');
    if (json != NULL) {
        *json++ = '\0';
    }
    eb_buffer_init(&out, (size_t)1 << 20);
    (void)eb_fapi_control(it.f, line, json != NULL ? json : "{}", json != NULL ? strlen(json) : 2, &out);
    eb_buffer_deinit(&out);
}

static void act(char *line)
{
    static char listen_key[96];
    if (strncmp(line, "C ", 2) == 0) {
        control(line + 2);
    } else if (strncmp(line, "W ", 2) == 0) {
        say(0, "/ws-fapi/v1", line + 2);
    } else if (strncmp(line, "M ", 2) == 0) {
        say(1, "/market/stream", line + 2);
    } else if (line[0] == 'L') {
        listen_key[0] = '\0';
        ask("POST", "/fapi/v1/listenKey", "", "", true, listen_key);
        open_socket(2, listen_key);
    } else if (strncmp(line, "T ", 2) == 0) {
        eb_fapi_run(it.f, eb_fapi_now_ms(it.f) + (int64_t)(strtoull(line + 2, NULL, 10) % 60000));
    } else {
        request(line);
    }
}

static void begin(void)
{
    static const struct eb_fapi_account account = {
        .name = "fuzz", .api_key = "fuzz", .secret = "secret", .balance = {100000 * EB_E8}, .can_trade = true};
    struct eb_fapi_config c;
    struct eb_err err = {0};
    eb_fapi_config_default(&c);
    c.start_ms = T0;
    c.feed = EB_FAPI_FEED_HELD;
    c.account = &account;
    c.accounts = 1;
    c.limits_off = true;
    c.control = true;
    EB_ASSERT(eb_fapi_create(&c, &it.f, &err) == EB_OK);
    EB_ASSERT(eb_binance_key_make("fuzz", "secret", &it.key, &err) == EB_OK);
    eb_fapi_run(it.f, T0);
}

static void end(void)
{
    struct eb_err err = {0};
    EB_ASSERT(eb_sim_check(eb_fapi_sim(it.f, "fuzz"), &err) == EB_OK);
    for (size_t i = 0; i < EB_COUNT(it.session); i++) {
        if (it.session[i] != NULL) {
            eb_fapi_session_gone(it.session[i]);
            it.session[i] = NULL;
        }
    }
    eb_binance_key_free(it.key);
    eb_fapi_destroy(it.f);
    memset(&it, 0, sizeof(it));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char line[LINE_MAX];
    size_t at = 0;
    begin();
    for (unsigned n = 0; n < LINES_MAX && at < size; n++) {
        const uint8_t *stop = memchr(data + at, '\n', size - at);
        size_t len = stop != NULL ? (size_t)(stop - data) - at : size - at;
        if (len < sizeof(line) && len > 0) {
            memcpy(line, data + at, len);
            line[len] = '\0';
            act(line);
        }
        at += len + 1;
    }
    eb_fapi_run(it.f, eb_fapi_now_ms(it.f) + 1000);
    end();
    return 0;
}
