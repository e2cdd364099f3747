/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong on purpose: where it strikes, whom it spares, and that nothing dangles after it. */
#include "counter.h"

#include "venue/fapi/faults_inner.h"

/* What control is asked for: "verb {...}"; its answer is in it.ws. */
static int order_hand(const char *verb, const char *json)
{
    struct eb_buffer out;
    eb_buffer_init(&out, sizeof(it.ws) - 1);
    int status = eb_fapi_control(it.f, verb, json, strlen(json), &out);
    (void)snprintf(it.ws, sizeof(it.ws), "%s", eb_buffer_str(&out));
    eb_buffer_deinit(&out);
    return status;
}

static void hand(const char *verb, const char *json)
{
    if (order_hand(verb, json) != 0) {
        fail_msg("%s %s: %s", verb, json, it.ws);
    }
}

/* ---- sockets of the WebSocket API -------------------------------------------------------------------------------- */

struct line { /* a socket: its session is over when it is closed, and must not be asked afterwards */
    struct eb_fapi_session *session;
    char text[4096];
    unsigned count, pings;
    int closed; /* code; -1 open */
};

static void line_send(void *peer, const char *text, size_t len)
{
    struct line *l = peer;
    assert_true(len < sizeof(l->text));
    memcpy(l->text, text, len);
    l->text[len] = '\0';
    l->count++;
}

static void line_ping(void *peer)
{
    ((struct line *)peer)->pings++;
}

static void line_close(void *peer, int code)
{
    struct line *l = peer;
    assert_int_equal(l->closed, -1); /* once */
    l->closed = code;
    l->session = NULL;
}

static void dial(struct line *l, const char *path)
{
    memset(l, 0, sizeof(*l));
    l->closed = -1;
    const struct eb_fapi_peer peer = {l, line_send, line_ping, line_close};
    assert_int_equal(eb_fapi_session_open(it.f, path, "", "127.0.0.1", &peer, &l->session), 0);
}

static void say(struct line *l, const char *text)
{
    assert_non_null(l->session);
    eb_fapi_session_text(l->session, text, strlen(text));
}

static void hang_up(struct line *l)
{
    if (l->session != NULL) {
        eb_fapi_session_gone(l->session);
        l->session = NULL;
    }
}

#define PLACE "{\"id\":1,\"method\":\"order.place\",\"params\":{\"apiKey\":\"" KEY_A "\"}}"

/* A socket that a fault has cut is over for the exchange as well: not pinged, not closed again. */
static void test_cut_socket_is_over(void **state)
{
    (void)state;
    struct line l;
    static const char *const faults[] = {"{\"name\":\"lose_request\"}", "{\"name\":\"lose_answer\"}",
                                         "{\"name\":\"502\"}"};
    for (size_t i = 0; i < EB_COUNT(faults); i++) {
        dial(&l, "/ws-fapi/v1");
        hand("fault", faults[i]);
        say(&l, PLACE);
        assert_int_equal(l.closed, 0);
        hand("disconnect", "{}");
        HAS(it.ws, "\"cut\":0");
        eb_fapi_run(it.f, it.f->now_ms + 200000);
        assert_int_equal(l.pings, 0);
        assert_int_equal(l.count, 0);
    }
}

/* ---- who is struck ----------------------------------------------------------------------------------------------- */

static struct {
    int status;
    char headers[512], body[65536];
    unsigned count;
} got;

static void keep(void *user, const struct eb_fapi_answer *a)
{
    (void)user;
    assert_true(a->len < sizeof(got.body));
    got.status = a->status;
    (void)snprintf(got.headers, sizeof(got.headers), "%s", a->headers);
    memcpy(got.body, a->body, a->len);
    got.body[a->len] = '\0';
    got.count++;
}

/* The same way in as a client's bytes: past the faults. Signed. */
static int over_wire(int who, const char *method, const char *path, const char *form)
{
    char query[2048], signature[EB_BINANCE_SIGNATURE_MAX + 1];
    size_t len = 0;
    int n = snprintf(query, sizeof(query), "%s%stimestamp=%" PRId64, form, form[0] != '\0' ? "&" : "",
                     eb_fapi_now_ms(it.f));
    assert_int_equal(eb_binance_sign(it.key[who], query, (size_t)n, signature, sizeof(signature) - 1, &len), EB_OK);
    signature[len] = '\0';
    (void)snprintf(query + n, sizeof(query) - (size_t)n, "&signature=%s", signature);
    const struct eb_fapi_request r = {
        .method = method, .path = path, .query = query, .body = "", .api_key = client_key[who], .peer = "127.0.0.1"};
    memset(&got, 0, sizeof(got));
    eb_fapi_http(it.f, &r, keep, &got);
    return got.status;
}

#define BUY "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.5"

/* Throttling by the system spares orders that only reduce, where it is told to be as the exchange is. */
static void test_throttled_spares_exits(void **state)
{
    (void)state;
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/order", BUY), 200);
    assert_int_equal(over_wire(B, "POST", "/fapi/v1/order", BUY "&positionSide=LONG"), 200);
    hand("fault", "{\"name\":\"503_throttled\",\"count\":-1,\"exempt\":true}");
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/order", BUY), 503);
    HAS(got.body, "-1008");
    assert_int_equal(
        over_wire(A, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1&reduceOnly=true"),
        200);
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/algoOrder",
                               "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&triggerPrice=9000&"
                               "closePosition=true"),
                     200);
    assert_int_equal(
        over_wire(B, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1&positionSide=LONG"),
        200);
    assert_int_equal(
        over_wire(B, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1&positionSide=SHORT"),
        503);
    hand("state", "{}");
    HAS(it.ws, "\"struck\":{\"503_throttled\":2}");
    hand("clear", "{}");
    hand("fault", "{\"name\":\"503_throttled\"}"); /* all are struck else */
    assert_int_equal(
        over_wire(A, "POST", "/fapi/v1/order", "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=0.1&reduceOnly=true"),
        503);
}

/* A ban and a refused key close the WebSocket API as well. */
static void test_ban_on_both_ways(void **state)
{
    (void)state;
    struct line l;
    dial(&l, "/ws-fapi/v1");
    hand("fault", "{\"name\":\"ban\",\"ms\":5000}");
    say(&l, PLACE);
    HAS(l.text, "{\"id\":1,\"status\":418,\"error\":{\"code\":-1003,", "\"data\":{\"serverTime\":1591702614000,",
        "\"retryAfter\":1591702619000}}}");
    eb_fapi_run(it.f, T0 + 5000);
    hand("fault", "{\"name\":\"key_refused\",\"ms\":1000}");
    say(&l, PLACE);
    HAS(l.text, "{\"id\":1,\"status\":401,\"error\":{\"code\":-2015,");
    eb_fapi_run(it.f, T0 + 7000);
    say(&l, PLACE);
    HAS(l.text, "\"code\":-1102"); /* as without a fault */
    hang_up(&l);
}

/* ---- events ------------------------------------------------------------------------------------------------------ */

static const char *nth_event(unsigned i)
{
    static char name[48];
    assert_true(i < it.count);
    assert_memory_equal(it.heard[i], "{\"e\":\"", 6);
    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(it.heard[i] + 6, "\""), it.heard[i] + 6);
    return name;
}

/* One kind of event late, the others not: orders after the account, an order after what it was triggered by. */
static void test_one_kind_of_event(void **state)
{
    (void)state;
    listen_to(A);
    hand("fault", "{\"name\":\"delay_events\",\"event\":\"ORDER_TRADE_UPDATE\",\"ms\":300,\"count\":-1}");
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/order", BUY), 200);
    eb_fapi_run(it.f, T0 + 299);
    assert_int_equal(it.count, 2);
    assert_string_equal(nth_event(0), "TRADE_LITE");
    assert_string_equal(nth_event(1), "ACCOUNT_UPDATE");
    eb_fapi_run(it.f, T0 + 300);
    assert_int_equal(it.count, 4);
    assert_string_equal(nth_event(2), "ORDER_TRADE_UPDATE");
    hand("clear", "{}");
    hand("fault", "{\"name\":\"drop_events\",\"event\":\"ACCOUNT_UPDATE\"}");
    it.count = 0;
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/order", BUY), 200);
    for (unsigned i = 0; i < it.count; i++) {
        assert_string_not_equal(nth_event(i), "ACCOUNT_UPDATE");
    }
    assert_int_equal(it.count, 3);
}

/* ---- JSON as it may come ----------------------------------------------------------------------------------------- */

/* "u {...}": what becomes of it by unknown keys (u), strangers (s), quoted (q) or bare (b) numbers. */
static const char *oddly(const char *text)
{
    struct eb_buffer out;
    static struct eb_token room[512];
    struct eb_tokens tokens;
    eb_buffer_init(&out, sizeof(it.ws) - 1);
    unsigned kind = text[0] == 'u'   ? FAULT_ODD_UNKNOWN
                    : text[0] == 's' ? FAULT_ODD_STRANGERS
                    : text[0] == 'q' ? FAULT_ODD_QUOTED
                                     : FAULT_ODD_BARE;
    assert_true(fapi_json_odd(&out, text + 2, strlen(text + 2), kind));
    (void)snprintf(it.ws, sizeof(it.ws), "%s", eb_buffer_str(&out));
    eb_buffer_deinit(&out);
    struct eb_err err = {0};
    if (eb_tokens_parse(&tokens, "odd", it.ws, strlen(it.ws), room, EB_COUNT(room), &err) != EB_OK) {
        fail_msg("%s: %s", it.ws, err.msg);
    }
    return it.ws;
}

#define NEW "\"_new\":{\"of\":[1,null,\"x\",{\"y\":2.50}]}"

static void test_oddities(void **state)
{
    (void)state;
    assert_string_equal(oddly("u {\"a\":{},\"b\":[{\"c\":1}]}"), "{" NEW ",\"a\":{" NEW "},\"b\":[{" NEW ",\"c\":1}]}");
    assert_string_equal(oddly("q {\"code\":-1,\"a\":[{\"b\":-1.50,\"c\":\"2\",\"d\":true}]}"),
                        "{\"code\":-1,\"a\":[{\"b\":\"-1.50\",\"c\":\"2\",\"d\":true}]}");
    assert_string_equal(oddly("b {\"7\":\"0.10\",\"b\":\"007\",\"c\":\"\",\"d\":\"a\\\"1\",\"e\":\"-5\",\"f\":\"1.\"}"),
                        "{\"7\":0.10,\"b\":\"007\",\"c\":\"\",\"d\":\"a\\\"1\",\"e\":-5,\"f\":\"1.\"}");
    assert_string_equal(oddly("s [{\"symbol\":\"ETHUSDT\",\"orderId\":5,\"clientOrderId\":\"x\"}]"),
                        "[{\"symbol\":\"ETHUSDT\",\"orderId\":5,\"clientOrderId\":\"x\"},"
                        "{\"symbol\":\"BTCUSD_PERP\",\"orderId\":5,\"clientOrderId\":\"cm\"}]");
    assert_string_equal(oddly("s [{\"s\":\"ETHUSDT\",\"st\":1}]"),
                        "[{\"s\":\"ETHUSDT\",\"st\":1},{\"s\":\"BTCUSD_PERP\",\"st\":2}]");
    assert_string_equal(oddly("s {\"a\":[{\"b\":1}],\"c\":[],\"d\":[1]}"), "{\"a\":[{\"b\":1}],\"c\":[],\"d\":[1]}");
    struct eb_buffer out;
    eb_buffer_init(&out, 4096);
    assert_false(fapi_json_odd(&out, "{\"a\":[1", 7, 15));
    eb_buffer_clear(&out);
    assert_false(fapi_json_odd(&out, "]", 1, 15));
    char deep[200];
    memset(deep, '[', sizeof(deep));
    assert_false(fapi_json_odd(&out, deep, sizeof(deep), 15));
    eb_buffer_deinit(&out);
}

/* In answers, but not where they say what there is; and on the user stream. */
static void test_strangers_in_answers(void **state)
{
    (void)state;
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/order", BUY), 200);
    listen_to(A);
    hand("fault", "{\"name\":\"cm_symbols\",\"ms\":1000}");
    assert_int_equal(over_wire(A, "GET", "/fapi/v3/positionRisk", ""), 200);
    HAS(got.body, "[{\"symbol\":\"BTCUSDT\"", "},{\"symbol\":\"BTCUSD_PERP\"", "}]");
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/order", BUY), 200);
    assert_null(strstr(got.body, "PERP"));
    bool heard = false;
    for (unsigned i = 0; i < it.count; i++) {
        heard = heard || (strstr(it.heard[i], "ORDER_TRADE_UPDATE") != NULL &&
                          strstr(it.heard[i], "\"s\":\"BTCUSD_PERP\",\"c\":\"cm\"") != NULL);
    }
    assert_true(heard);
    eb_fapi_run(it.f, T0 + 1000);
    assert_int_equal(over_wire(A, "GET", "/fapi/v3/positionRisk", ""), 200);
    assert_null(strstr(got.body, "PERP"));
}

/* An old answer is one to the same question. */
static void test_stale_by_question(void **state)
{
    (void)state;
    it.f->c.control = true;
    assert_int_equal(over_wire(A, "GET", "/fapi/v3/positionRisk", "symbol=ETHUSDT"), 200);
    assert_int_equal(over_wire(A, "GET", "/fapi/v3/positionRisk", "symbol=BTCUSDT"), 200);
    assert_string_equal(got.body, "[]");
    for (int i = 0; i < 3; i++) { /* other questions do not push it out */
        (void)over_wire(A, "GET",
                        i == 0   ? "/fapi/v2/balance"
                        : i == 1 ? "/fapi/v1/openOrders"
                                 : "/fapi/v3/account",
                        "");
    }
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/order", BUY), 200);
    hand("fault", "{\"name\":\"stale_answer\",\"path\":\"/fapi/v3/positionRisk\"}");
    assert_int_equal(over_wire(A, "GET", "/fapi/v3/positionRisk", "symbol=BTCUSDT"), 200);
    assert_string_equal(got.body, "[]");
    assert_int_equal(over_wire(A, "GET", "/fapi/v3/positionRisk", "symbol=BTCUSDT"), 200);
    HAS(got.body, "\"positionAmt\":\"0.500\"");
}

/* ---- hands ------------------------------------------------------------------------------------------------------- */

/* What another client or a person does is told as the exchange would tell it. */
static void test_hands_are_told(void **state)
{
    (void)state;
    listen_to(A);
    hand("open", "{\"symbol\":\"BTCUSDT\",\"side\":\"LONG\",\"quantity\":\"0.5\",\"leverage\":\"7\"}");
    assert_string_equal(nth_event(0), "ACCOUNT_CONFIG_UPDATE");
    HAS(it.heard[0], "\"ac\":{\"s\":\"BTCUSDT\",\"l\":7}");
    assert_string_equal(nth_event(it.count - 1), "ACCOUNT_UPDATE");
    it.count = 0;
    hand("open", "{\"symbol\":\"BTCUSDT\",\"side\":\"LONG\",\"quantity\":\"0.5\",\"leverage\":\"7\"}");
    assert_string_not_equal(nth_event(0), "ACCOUNT_CONFIG_UPDATE"); /* it is 7 already */
    it.count = 0;
    hand("leverage", "{\"symbol\":\"BTCUSDT\",\"leverage\":\"9\"}");
    assert_int_equal(it.count, 1);
    HAS(it.heard[0], "\"ac\":{\"s\":\"BTCUSDT\",\"l\":9}");
    assert_int_equal(order_hand("leverage", "{\"symbol\":\"BTCUSDT\",\"cross\":false}"), 409);
    HAS(it.ws, "-4048");
    it.count = 0;
    hand("transfer", "{\"amount\":\"-250.5\"}");
    HAS(it.heard[0], "\"m\":\"WITHDRAW\",\"B\":[{\"a\":\"USDT\"", "\"bc\":\"-250.50000000\"", "\"P\":[]");
    it.count = 0;
    hand("liquidate", "{\"symbol\":\"BTCUSDT\"}");
    bool closed = false;
    for (unsigned i = 0; i < it.count; i++) {
        closed = closed || strstr(it.heard[i], "\"c\":\"autoclose-") != NULL;
    }
    assert_true(closed);
}

/* Ids that a double cannot hold, everywhere. */
static void test_long_ids(void **state)
{
    (void)state;
    hand("ids", "{\"order\":9007199254740993,\"algo\":3000000000003505,\"trade\":9007199254740995}");
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/order", BUY), 200);
    HAS(got.body, "\"orderId\":9007199254740993,");
    assert_int_equal(over_wire(A, "GET", "/fapi/v1/order", "symbol=BTCUSDT&orderId=9007199254740993"), 200);
    assert_int_equal(over_wire(A, "GET", "/fapi/v1/userTrades", "symbol=BTCUSDT"), 200);
    HAS(got.body, "\"id\":9007199254740995,", "\"orderId\":9007199254740993,");
    assert_int_equal(over_wire(A, "POST", "/fapi/v1/algoOrder",
                               "algoType=CONDITIONAL&symbol=BTCUSDT&side=SELL&type=STOP_MARKET&triggerPrice=9000&"
                               "closePosition=true"),
                     200);
    HAS(got.body, "\"algoId\":3000000000003505,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_cut_socket_is_over, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_throttled_spares_exits, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_ban_on_both_ways, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_one_kind_of_event, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_oddities, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_strangers_in_answers, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_stale_by_question, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_hands_are_told, open_plain, close_exchange),
        cmocka_unit_test_setup_teardown(test_long_ids, open_plain, close_exchange),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
