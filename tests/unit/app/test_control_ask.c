/* SPDX-License-Identifier: Apache-2.0 */
/* The command line's side: which engine it finds, what it prints where, its exit status, and what a person is asked. */
#define _GNU_SOURCE

#include "app/control_world.h"

#include <poll.h>
#include <sys/wait.h>
#include <termios.h>

#include "app/commands.h"
#include "app/state_dir.h"

static struct {
    char out[65536], err[65536];
} said;

static void slurp(const char *name, char *out, size_t room)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", w.dir, name);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(out, 1, room - 1, f);
    out[n] = '\0';
    assert_int_equal(fclose(f), 0);
}

static void redirect(const char *name, int fd)
{
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", w.dir, name);
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0 || dup2(to, fd) < 0) {
        _exit(99);
    }
}

static void child(const struct eb_subcommand *command, int argc, char **argv, int terminal)
{
    struct eb_args args;
    struct eb_err err = {0};
    redirect("out", STDOUT_FILENO);
    if (terminal >= 0) {
        (void)dup2(terminal, STDIN_FILENO);
        (void)dup2(terminal, STDERR_FILENO);
    } else {
        redirect("err", STDERR_FILENO);
        (void)dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
    }
    if (eb_args_parse(command, argc, argv, &args, &err) != EB_OK) {
        _exit(98);
    }
    int status = (int)command->run(&args);
    (void)fflush(stdout);
    _exit(status);
}

/* Runs the command in a process of its own while this one is the engine; its exit status. */
static int run(const struct eb_subcommand *command, int terminal, const char *const *argv)
{
    char *copy[16] = {NULL};
    int argc = 0;
    int status = 0;
    int64_t until = eb_monotonic_ns() + PATIENCE_NS;
    for (; argv[argc] != NULL; argc++) {
        copy[argc] = strdup(argv[argc]);
    }
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        child(command, argc, copy, terminal);
    }
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (eb_monotonic_ns() > until) {
            (void)kill(pid, SIGKILL);
        }
        eb_loop_once(w.l->loop, false);
        (void)poll(NULL, 0, 1);
    }
    for (int i = 0; i < 5; i++) {
        eb_loop_once(w.l->loop, false); /* what it had sent before it gave up */
    }
    for (int i = 0; i < argc; i++) {
        free(copy[i]);
    }
    assert_true(WIFEXITED(status));
    slurp("out", said.out, sizeof(said.out));
    if (terminal < 0) {
        slurp("err", said.err, sizeof(said.err));
    }
    return WEXITSTATUS(status);
}
#define RUN(command, ...) run(&(command), -1, (const char *const[]){__VA_ARGS__, NULL})

static int setup(void **state)
{
    struct eb_err err;
    (void)state;
    open_world(true);
    return setenv("XDG_STATE_HOME", w.dir, 1) == 0 && unsetenv("NO_COLOR") == 0 &&
                   eb_state_announce(w.dir, w.path, &err) == EB_OK
               ? 0
               : -1;
}

static void the_engine_is_found(void **state)
{
    (void)state;
    assert_int_equal(RUN(eb_cmd_status, "--state", w.dir), 0);
    assert_says(said.out, "LIVE: orders are sent");
    assert_string_equal(said.err, "");
    assert_int_equal(RUN(eb_cmd_status, "--socket", w.path), 0);
    assert_says(said.out, "LIVE: orders are sent");
    assert_int_equal(RUN(eb_cmd_status, "--timeout", "20s"), 0); /* the one that was started last */
    assert_null(strchr(said.out, '\033'));                       /* nobody looks at a terminal */
}

static void without_an_engine_it_is_3_and_says_what_to_do(void **state)
{
    (void)state;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s/nobody.sock", w.dir);
    assert_int_equal(RUN(eb_cmd_status, "--socket", path), 3);
    assert_says(said.err, path);
    assert_says(said.err, "start it with `exitbrain run`");
    assert_string_equal(said.out, "");
    (void)snprintf(path, sizeof(path), "%s/none", w.dir);
    assert_int_equal(RUN(eb_cmd_positions, "--state", path), 3);
    assert_says(said.err, path);
    eb_state_withdraw(w.dir);
    assert_int_equal(RUN(eb_cmd_pause, "--state", w.dir), 3);
    assert_says(said.err, "no engine runs with its state in");
    assert_int_equal(w.commands, 0);
}

static void one_that_does_not_answer_is_3_in_time(void **state)
{
    (void)state;
    w.held = true;
    assert_int_equal(RUN(eb_cmd_pause, "--timeout", "50ms"), 3);
    assert_says(said.err, "does not answer in time");
    assert_says(said.err, "may still be done");
    assert_true(eb_engine_paused(eb_host_engine(w.l->host)));
}

static void json_is_the_document_alone(void **state)
{
    (void)state;
    assert_int_equal(RUN(eb_cmd_positions, "--json"), 0);
    cJSON *root = cJSON_Parse(said.out);
    assert_non_null(root);
    assert_string_equal(text_at(root, "positions.0.symbol"), "BTCUSDT");
    assert_null(at(root, "ok"));
    cJSON_Delete(root);
    assert_int_equal(RUN(eb_cmd_positions, "ETHUSDT", "--json", "--all"), 0);
    root = cJSON_Parse(said.out);
    assert_int_equal(cJSON_GetArraySize(at(root, "positions")), 1);
    assert_non_null(at(root, "ended"));
    cJSON_Delete(root);
    assert_int_equal(RUN(eb_cmd_release, "SOLUSDT", "--json"), 1);
    assert_string_equal(said.out, "");
    assert_says(said.err, "exitbrain release: SOLUSDT: no position is open");
}

static void tables_are_narrow_or_wide(void **state)
{
    (void)state;
    assert_int_equal(RUN(eb_cmd_positions, "BTCUSDT"), 0);
    assert_null(strstr(said.out, "profile"));
    assert_int_equal(RUN(eb_cmd_positions, "--wide"), 0);
    assert_says(said.out, "profile");
}

static void statuses_are_the_answers(void **state)
{
    (void)state;
    assert_int_equal(RUN(eb_cmd_doctor, "--all"), 1);
    assert_int_equal(RUN(eb_cmd_orders, "BTCUSD"), 2);
    assert_says(said.err, "exitbrain orders: BTCUSD: no such symbol: did you mean BTCUSDT?");
    assert_int_equal(RUN(eb_cmd_owners, "--timeout", "soon"), 2);
    assert_int_equal(RUN(eb_cmd_plan, "/nowhere/at/all"), 2);
    assert_says(said.err, "/nowhere/at/all");
    assert_int_equal(RUN(eb_cmd_plan, EB_TEST_ROOT "/policies/../policies"), 0);
    assert_int_equal(RUN(eb_cmd_explain, "BTCUSDT"), 0);
    assert_says(said.out, "BTCUSDT LONG");
    assert_int_equal(RUN(eb_cmd_explain, "SOLUSDT"), 1);
    assert_int_equal(RUN(eb_cmd_explain, "BTCUSDT:UP"), 2);
    assert_int_equal(RUN(eb_cmd_mode, "--exit", "LEGACY"), 2);
    assert_says(said.err, "--yes");
}

static void what_was_given_arrives(void **state)
{
    (void)state;
    assert_int_equal(RUN(eb_cmd_pause, "--why", "a \"quoted\" reason", "--id", "00000000000000ff"), 0);
    assert_string_equal(w.last.why, "a \"quoted\" reason");
    assert_int_equal(w.last.id, 255);
    assert_int_equal(RUN(eb_cmd_pause, "--id", "00000000000000ff"), 0);
    assert_int_equal(w.commands, 1);
    assert_int_equal(RUN(eb_cmd_mode, "--executor", "SHADOW", "--rollout", "DISABLED", "--yes"), 0);
    assert_false(w.last.mode.executor_live || w.last.mode.rollout_enabled);
    assert_int_equal(RUN(eb_cmd_rearm, "ETHUSDT"), 0);
    assert_int_equal(w.last.verb, EB_CMD_REARM);
    assert_int_equal(RUN(eb_cmd_confirm, "ETHUSDT"), 0);
    assert_int_equal(w.last.verb, EB_CMD_CONFIRM);
}

static void flatten_without_a_terminal_needs_yes(void **state)
{
    (void)state;
    assert_int_equal(RUN(eb_cmd_flatten, "BTCUSDT"), 2);
    assert_says(said.err, "closes 1 position at market: BTCUSDT LONG 10");
    assert_says(said.err, "--yes");
    assert_int_equal(w.commands, 0);
    assert_int_equal(RUN(eb_cmd_flatten, "BTCUSDT", "--yes"), 0);
    assert_says(said.out, "closing 1 position");
    assert_int_equal(w.commands, 1);
}

/* A terminal of which the other end is ours: what is typed, and what was shown. */
static int with_terminal(const struct eb_subcommand *command, const char *typed, const char *const *argv)
{
    int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (ours < 0) {
        skip(); /* a bare chroot has no terminals */
    }
    assert_true(ours >= 0 && grantpt(ours) == 0 && unlockpt(ours) == 0);
    int theirs = open(ptsname(ours), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(theirs >= 0);
    assert_int_equal(write(ours, typed, strlen(typed)), (ssize_t)strlen(typed));
    int status = run(command, theirs, argv);
    size_t len = 0;
    struct pollfd waits = {.fd = ours, .events = POLLIN};
    while (poll(&waits, 1, len == 0 ? 5000 : 200) > 0) { /* a terminal gives on what it gets in its own time */
        ssize_t n = read(ours, said.err + len, sizeof(said.err) - 1 - len);
        if (n <= 0) {
            break;
        }
        len += (size_t)n;
    }
    said.err[len] = '\0';
    (void)close(theirs);
    (void)close(ours);
    return status;
}

static void a_person_types_the_word(void **state)
{
    (void)state;
    static const char *const one[] = {"BTCUSDT", NULL};
    static const char *const all[] = {NULL};
    assert_int_equal(with_terminal(&eb_cmd_flatten, "yes\n", one), 2);
    assert_says(said.err, "type BTCUSDT to do it");
    assert_says(said.err, "not confirmed: nothing was done");
    assert_int_equal(with_terminal(&eb_cmd_flatten, "\n", all), 2);
    assert_says(said.err, "type ALL to do it");
    assert_int_equal(w.commands, 0);
    assert_int_equal(with_terminal(&eb_cmd_flatten, "BTCUSDT\n", one), 0);
    assert_says(said.err, "closes 1 position at market: BTCUSDT LONG 10");
    assert_says(said.out, "closing 1 position");
    assert_int_equal(w.commands, 1);
    static const char *const shadow[] = {"--executor", "SHADOW", NULL};
    assert_int_equal(with_terminal(&eb_cmd_mode, "SHADOW\n", shadow), 0);
    assert_says(said.out, "LIVE -> SHADOW");
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(the_engine_is_found),
        CASE(without_an_engine_it_is_3_and_says_what_to_do),
        CASE(one_that_does_not_answer_is_3_in_time),
        CASE(json_is_the_document_alone),
        CASE(tables_are_narrow_or_wide),
        CASE(statuses_are_the_answers),
        CASE(what_was_given_arrives),
        CASE(flatten_without_a_terminal_needs_yes),
        CASE(a_person_types_the_word),
    };
    return cmocka_run_group_tests_name("app/control_ask", tests, NULL, NULL);
}
