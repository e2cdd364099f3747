/* SPDX-License-Identifier: Apache-2.0 */
/* The control server as a protocol: what is taken, what is refused and how, who is dropped, when answers go. */
#define _GNU_SOURCE

#include "app/control_world.h"

#include "base/rng.h"

/* ---- requests ---------------------------------------------------------------------------------------------------- */

static void a_request_is_answered_with_its_id(void **state)
{
    (void)state;
    struct client c = client();
    send_text(&c, "{\"v\":1,\"id\":\"one \\\" two\",\"cmd\":\"version\"}\n");
    cJSON *a = receive(&c);
    assert_string_equal(text_at(a, "id"), "one \" two");
    assert_int_equal(number_at(a, "v"), 1);
    assert_int_equal(number_at(a, "status"), 0);
    assert_string_equal(text_at(a, "doc.state_dir"), w.dir);
    cJSON_Delete(a);
    send_text(&c, "{\"v\":1,\"cmd\":\"version\"}\n");
    a = receive(&c);
    assert_true(cJSON_IsNull(at(a, "id")));
    cJSON_Delete(a);
    hang_up(&c);
}

static void lines_come_in_pieces_and_in_heaps(void **state)
{
    (void)state;
    static const char line[] = "{\"v\":1,\"id\":\"7\",\"cmd\":\"version\",\"args\":{}}\r\n";
    struct client c = client();
    for (const char *at = line; *at != '\0'; at++) {
        send_bytes(&c, at, 1);
    }
    cJSON *a = receive(&c);
    assert_string_equal(text_at(a, "id"), "7");
    cJSON_Delete(a);
    send_text(&c,
              "\n\n{\"v\":1,\"id\":\"a\",\"cmd\":\"version\"}\n{\"v\":1,\"id\":\"b\",\"cmd\":\"version\"}\n{\"v\":1,");
    for (const char *id = "ab"; *id != '\0'; id++) {
        a = receive(&c);
        assert_int_equal(text_at(a, "id")[0], *id);
        cJSON_Delete(a);
    }
    assert_true(is_silent(&c)); /* half a line is no request yet */
    send_text(&c, "\"id\":\"c\",\"cmd\":\"version\"}\n");
    a = receive(&c);
    assert_string_equal(text_at(a, "id"), "c");
    cJSON_Delete(a);
    hang_up(&c);
}

static void what_is_asked_for_is_made(void **state)
{
    (void)state;
    cJSON *a = ask_once("positions", "\"want\":\"text\"");
    assert_null(at(a, "doc"));
    assert_says(text_at(a, "text"), "BTCUSDT");
    assert_null(strchr(text_at(a, "text"), '\033'));
    cJSON_Delete(a);
    a = ask_once("positions", "\"want\":\"doc\",\"colour\":true");
    assert_null(at(a, "text"));
    assert_string_equal(text_at(a, "doc.positions.0.symbol"), "BTCUSDT");
    cJSON_Delete(a);
    a = ask_once("positions", "\"want\":\"both\",\"colour\":true");
    assert_non_null(at(a, "doc"));
    assert_non_null(strchr(text_at(a, "text"), '\033'));
    cJSON_Delete(a);
}

static void mistakes_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *line, *says;
    } cases[] = {
        {"{\"v\":2,\"cmd\":\"status\"}", "v: this engine speaks version 1"},
        {"{\"cmd\":\"status\"}", "v: this engine speaks version 1"},
        {"{\"v\":1}", "cmd: must be a string"},
        {"{\"v\":1,\"cmd\":7}", "cmd: must be a string"},
        {"{\"v\":1,\"cmd\":\"statsu\"}", "\"statsu\": no such command: did you mean status?"},
        {"{\"v\":1,\"cmd\":\"frobnicate\"}", "\"frobnicate\": no such command"},
        {"{\"v\":1,\"cmd\":\"status\",\"args\":[]}", "args: must be an object"},
        {"{\"v\":1,\"cmd\":\"status\",\"arg\":{}}", "\"arg\": no such member"},
        {"{\"v\":1,\"cmd\":\"status\",\"cmd\":\"pause\"}", "\"cmd\": given twice"},
        {"{\"v\":1,\"id\":7,\"cmd\":\"status\"}", "id: must be a string"},
        {"{\"v\":1,\"cmd\":\"flatten\",\"args\":{\"symbl\":\"X\"}}",
         "args.symbl: flatten does not take it: did you mean symbol?"},
        {"{\"v\":1,\"cmd\":\"status\",\"args\":{\"symbol\":\"X\"}}", "args.symbol: status does not take it"},
        {"{\"v\":1,\"cmd\":\"release\",\"args\":{}}", "args.symbol: is missing: release needs it"},
        {"{\"v\":1,\"cmd\":\"release\",\"args\":{\"symbol\":7}}", "args.symbol: must be a string"},
        {"{\"v\":1,\"cmd\":\"release\",\"args\":{\"symbol\":null}}", "args.symbol: must be a string"},
        {"{\"v\":1,\"cmd\":\"flatten\",\"args\":{\"yes\":\"yes\"}}", "args.yes: must be true or false"},
        {"{\"v\":1,\"cmd\":\"flatten\",\"args\":{\"yes\":true,\"yes\":true}}", "args.yes: given twice"},
        {"{\"v\":1,\"cmd\":\"pause\",\"args\":{\"id\":\"12\"}}", "args.id: \"12\" must be 16 hexadecimal digits"},
        {"{\"v\":1,\"cmd\":\"pause\",\"args\":{\"id\":\"0000000000000000\"}}", "not all 0"},
        {"{\"v\":1,\"cmd\":\"pause\",\"args\":{\"id\":\"00000000000000G0\"}}", "hexadecimal digits"},
        {"{\"v\":1,\"cmd\":\"pause\",\"args\":{\"why\":\"a\\nb\"}}", "args.why: control characters"},
        {"{\"v\":1,\"cmd\":\"status\",\"args\":{\"columns\":-1}}",
         "args.columns: must be a whole number from 0 to 10000"},
        {"{\"v\":1,\"cmd\":\"status\",\"args\":{\"columns\":1e99}}", "args.columns: must be a whole number"},
        {"{\"v\":1,\"cmd\":\"status\",\"args\":{\"columns\":79.5}}", "args.columns: must be a whole number"},
        {"{\"v\":1,\"cmd\":\"status\",\"args\":{\"want\":\"html\"}}", "args.want: \"html\" must be text, doc or both"},
        {"{\"v\":1,\"cmd\":\"reload\",\"args\":{\"dir\":\"policies\"}}",
         "args.dir: policies: must be an absolute path"},
        {"{\"v\":1,\"cmd\":\"positions\",\"args\":{\"symbol\":\"BTCUSD\"}}",
         "BTCUSD: no such symbol: did you mean BTCUSDT?"},
        {"{\"v\":1,\"cmd\":\"explain\",\"args\":{\"symbol\":\"BTCUSDT:UP\"}}", "LONG, SHORT"},
        {"{\"v\":1,\"cmd\":\"mode\",\"args\":{\"executor\":\"live\"}}", "executor"},
    };
    struct client c = client(); /* one for all: a mistake is no reason to be dropped */
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        send_text(&c, cases[i].line);
        send_text(&c, "\n");
        cJSON *a = receive(&c);
        assert_non_null(a);
        expect_error(a, EB_STATUS_USAGE, cases[i].says);
    }
    assert_int_equal(w.commands, 0);
    hang_up(&c);
}

static void texts_have_a_limit(void **state)
{
    (void)state;
    char args[256];
    (void)snprintf(args, sizeof(args), "\"why\":\"%0*d\"", EB_REASON_MAX, 0);
    expect_error(ask_once("pause", args), EB_STATUS_USAGE, "args.why: 96 bytes, at most 95 are taken");
    (void)snprintf(args, sizeof(args), "\"why\":\"%0*d\"", EB_REASON_MAX - 1, 0);
    cJSON_Delete(expect_answer(ask_once("pause", args), 0, "paused"));
    assert_int_equal(strlen(w.last.why), EB_REASON_MAX - 1);
}

/* ---- those who are dropped --------------------------------------------------------------------------------------- */

static void garbage_is_told_so_once_and_dropped(void **state)
{
    (void)state;
    static const char nul[] = "{\"v\":1,\"cmd\":\"status\"}\0\n";
    static const struct {
        const char *bytes;
        size_t len;
    } cases[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 25}, {"[1,2]\n", 6},        {"\"status\"\n", 9},    {"{\"v\":1\n", 7},
        {"{\"v\":1,\"cmd\":\"status\"} x\n", 26},  {"\xff\xfe\x00\n", 4}, {nul, sizeof(nul) - 1},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        struct client c = client();
        send_bytes(&c, cases[i].bytes, cases[i].len);
        cJSON *a = receive(&c);
        assert_non_null(a);
        expect_error(a, EB_STATUS_USAGE, "this is no request");
        assert_null(receive(&c));
        hang_up(&c);
    }
    cJSON_Delete(expect_answer(ask_once("version", ""), 0, "exitbrain")); /* others are not harmed */
}

/* Whatever comes, the server is there afterwards, and every whole line has had one answer or ended its connection. */
static void bytes_by_chance_do_no_harm(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "{\"v\":1,\"id\":\"1\",\"cmd\":\"positions\",\"args\":{\"symbol\":\"BTCUSDT\",\"columns\":80}}\n",
        "{\"v\":1,\"cmd\":\"flatten\",\"args\":{\"symbol\":\"ETHUSDT\",\"yes\":true,\"id\":\"00000000000000aa\"}}\n",
        "{\"v\":1,\"cmd\":\"mode\",\"args\":{\"executor\":\"LIVE\",\"why\":\"\\u0041\\n\"}}\n",
        "{\"v\":1,\"cmd\":\"explain\",\"args\":{\"symbol\":\"ETHUSDT:SHORT\"}}\n",
    };
    struct eb_rng rng;
    eb_rng_seed(&rng, 7);
    for (unsigned i = 0; i < 400; i++) {
        char line[256];
        size_t len = strlen(lines[i % EB_COUNT(lines)]);
        memcpy(line, lines[i % EB_COUNT(lines)], len);
        for (unsigned k = 0; k < 1 + i % 3; k++) { /* the newline stays */
            line[eb_rng_below(&rng, len - 1)] = (char)eb_rng_below(&rng, 256);
        }
        struct client c = client();
        send_bytes(&c, line, len);
        cJSON *a = receive(&c);
        assert_non_null(a);
        assert_true(cJSON_IsBool(at(a, "ok")) && cJSON_IsNumber(at(a, "status")));
        cJSON_Delete(a);
        hang_up(&c);
    }
    cJSON_Delete(expect_answer(ask_once("version", ""), 0, "exitbrain"));
}

static void a_line_without_end_is_dropped(void **state)
{
    (void)state;
    static char much[EB_CONTROL_REQUEST_MAX + 2];
    struct client c = client();
    memset(much, 'x', sizeof(much) - 1);
    send_bytes(&c, much, EB_CONTROL_REQUEST_MAX);
    assert_true(is_silent(&c));
    send_bytes(&c, much, 1);
    cJSON *a = receive(&c);
    assert_non_null(a);
    expect_error(a, EB_STATUS_USAGE, "at most 65536 bytes");
    assert_null(receive(&c));
    hang_up(&c);
}

static void one_that_never_reads_is_dropped(void **state)
{
    (void)state;
    struct client deaf = client();
    struct client other = client();
    static const char request[] = "{\"v\":1,\"id\":\"1\",\"cmd\":\"positions\"}\n";
    bool gone = false;
    int64_t until = eb_monotonic_ns() + PATIENCE_NS;
    while (!gone && eb_monotonic_ns() < until) {
        ssize_t n = send(deaf.fd, request, sizeof(request) - 1, MSG_NOSIGNAL);
        gone = n < 0 && errno != EAGAIN;
        eb_loop_once(w.l->loop, false);
    }
    assert_true(gone);
    cJSON_Delete(expect_answer(ask(&other, "version", ""), 0, "exitbrain"));
    hang_up(&deaf);
    hang_up(&other);
}

static void a_client_may_leave_at_any_moment(void **state)
{
    (void)state;
    struct client c = client();
    send_text(&c, "{\"v\":1,\"id\":\"1\",\"cmd\":\"pos");
    hang_up(&c);
    w.held = true;
    c = client();
    send_text(&c, "{\"v\":1,\"id\":\"1\",\"cmd\":\"pause\"}\n");
    assert_true(is_silent(&c));
    assert_int_equal(w.commands, 1);
    hang_up(&c); /* before it was answered: done all the same */
    w.durable = UINT64_MAX;
    eb_control_progress(w.l->control);
    assert_true(eb_engine_paused(eb_host_engine(w.l->host)));
    /* one that only stops sending still gets what was answered */
    c = client();
    send_text(&c, "{\"v\":1,\"id\":\"1\",\"cmd\":\"positions\"}\n");
    assert_int_equal(shutdown(c.fd, SHUT_WR), 0);
    cJSON *a = receive(&c);
    assert_non_null(a);
    cJSON_Delete(expect_answer(a, 0, "BTCUSDT"));
    hang_up(&c);
}

static void an_operator_gets_in_whoever_else_is_there(void **state)
{
    (void)state;
    struct client c[EB_CONTROL_CLIENTS_MAX];
    for (size_t i = 0; i < EB_COUNT(c); i++) {
        c[i] = client();
        eb_loop_once(w.l->loop, false);
    }
    cJSON_Delete(expect_answer(ask(&c[0], "version", ""), 0, "exitbrain")); /* now the second is silent for longest */
    cJSON_Delete(expect_answer(ask_once("version", ""), 0, "exitbrain"));
    cJSON *a = receive(&c[1]);
    assert_non_null(a);
    expect_error(a, EB_STATUS_USAGE, "too many connections");
    assert_null(receive(&c[1]));
    cJSON_Delete(expect_answer(ask(&c[0], "version", ""), 0, "exitbrain"));
    for (size_t i = 0; i < EB_COUNT(c); i++) {
        hang_up(&c[i]);
    }
}

/* ---- when answers go --------------------------------------------------------------------------------------------- */

static void a_change_is_answered_when_it_is_durable(void **state)
{
    (void)state;
    struct client c = client();
    struct client other = client();
    w.held = true;
    send_text(&c, "{\"v\":1,\"id\":\"p\",\"cmd\":\"pause\",\"args\":{\"why\":\"lunch\"}}\n");
    assert_true(is_silent(&c));
    assert_true(eb_engine_paused(eb_host_engine(w.l->host))); /* in force at once, told later */
    cJSON_Delete(expect_answer(ask(&other, "status", ""), 0, "PAUSED"));
    w.durable = w.seq - 1;
    eb_control_progress(w.l->control);
    assert_true(is_silent(&c));
    w.durable = w.seq;
    eb_control_progress(w.l->control);
    cJSON *a = expect_answer(receive(&c), 0, "paused");
    assert_string_equal(text_at(a, "doc.command"), "pause");
    assert_int_equal(number_at(a, "doc.record"), (int)w.seq);
    assert_string_equal(w.last.why, "lunch");
    assert_string_equal(w.last.who, text_at(a, "doc.who"));
    assert_true(w.last.who[0] != '\0' && w.last.id != 0);
    cJSON_Delete(a);
    hang_up(&c);
    hang_up(&other);
}

static void a_disk_that_fails_is_told(void **state)
{
    (void)state;
    struct client c = client();
    w.held = true;
    send_text(&c, "{\"v\":1,\"id\":\"p\",\"cmd\":\"pause\"}\n");
    assert_true(is_silent(&c));
    w.failed = true;
    eb_control_progress(w.l->control);
    expect_error(receive(&c), EB_STATUS_BAD_NEWS, "pause: done in memory, but the journal has failed");
    hang_up(&c);
}

static void answers_of_several_wait_for_their_own_records(void **state)
{
    (void)state;
    struct client a = client();
    struct client b = client();
    w.held = true;
    send_text(&a, "{\"v\":1,\"id\":\"1\",\"cmd\":\"pause\"}\n");
    assert_true(is_silent(&a));
    uint64_t first = w.seq;
    send_text(&b, "{\"v\":1,\"id\":\"2\",\"cmd\":\"release\",\"args\":{\"symbol\":\"BTCUSDT\"}}\n");
    assert_true(is_silent(&b));
    w.durable = first;
    eb_control_progress(w.l->control);
    cJSON_Delete(expect_answer(receive(&a), 0, "paused"));
    assert_true(is_silent(&b));
    w.durable = w.appended;
    eb_control_progress(w.l->control);
    cJSON_Delete(expect_answer(receive(&b), 0, "BTCUSDT is released"));
    hang_up(&a);
    hang_up(&b);
}

static void what_waits_at_the_end_is_told(void **state)
{
    (void)state;
    struct client c = client();
    w.held = true;
    send_text(&c, "{\"v\":1,\"id\":\"p\",\"cmd\":\"pause\"}\n");
    assert_true(is_silent(&c));
    eb_control_close(w.l->control);
    w.l->control = NULL;
    expect_error(receive(&c), EB_STATUS_UNREACHABLE, "the engine stops");
    assert_null(receive(&c));
    hang_up(&c);
}

static void the_same_id_is_the_same_command(void **state)
{
    (void)state;
    static const char id[] = "\"id\":\"00000000deadbeef\"";
    cJSON *a = expect_answer(ask_once("pause", id), 0, "paused");
    int record = number_at(a, "doc.record");
    assert_false(flag_at(a, "doc.again"));
    assert_string_equal(text_at(a, "doc.id"), "00000000deadbeef");
    assert_int_equal(w.last.id, 0xdeadbeef);
    cJSON_Delete(a);
    cJSON_Delete(ask_once("resume", ""));
    assert_int_equal(w.commands, 2);
    a = expect_answer(ask_once("pause", id), 0, "pause");
    assert_true(flag_at(a, "doc.again"));
    assert_int_equal(number_at(a, "doc.record"), record);
    assert_int_equal(w.commands, 2);
    assert_false(eb_engine_paused(eb_host_engine(w.l->host))); /* it was done once, before the resume */
    cJSON_Delete(a);
    expect_error(ask_once("resume", id), EB_STATUS_USAGE, "args.id: 00000000deadbeef was another command's");
    expect_error(ask_once("release", "\"symbol\":\"BTCUSDT\",\"id\":\"00000000deadbeef\""), EB_STATUS_USAGE,
                 "was another command's");
    cJSON *one = ask_once("pause", "");
    cJSON *two = ask_once("pause", "");
    assert_string_not_equal(text_at(one, "doc.id"), text_at(two, "doc.id"));
    cJSON_Delete(one);
    cJSON_Delete(two);
}

static void the_socket_is_its_own_users(void **state)
{
    (void)state;
    struct stat st;
    struct eb_err err;
    struct eb_control *second = NULL;
    assert_int_equal(stat(w.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(eb_control_open(w.l, w.path, &second, &err), EB_E_REFUSED);
    assert_says(err.msg, "in use");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup_live, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_request_is_answered_with_its_id),
        CASE(lines_come_in_pieces_and_in_heaps),
        CASE(what_is_asked_for_is_made),
        CASE(mistakes_are_named),
        CASE(texts_have_a_limit),
        CASE(garbage_is_told_so_once_and_dropped),
        CASE(bytes_by_chance_do_no_harm),
        CASE(a_line_without_end_is_dropped),
        CASE(one_that_never_reads_is_dropped),
        CASE(a_client_may_leave_at_any_moment),
        CASE(an_operator_gets_in_whoever_else_is_there),
        CASE(a_change_is_answered_when_it_is_durable),
        CASE(a_disk_that_fails_is_told),
        CASE(answers_of_several_wait_for_their_own_records),
        CASE(what_waits_at_the_end_is_told),
        CASE(the_same_id_is_the_same_command),
        CASE(the_socket_is_its_own_users),
    };
    return cmocka_run_group_tests_name("app/control", tests, NULL, NULL);
}
