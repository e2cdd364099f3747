/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A simulated exchange in a process of its own, and a client of it that waits for each answer: for benches of the wire.
 *
 *     wire_sim_start(exec `exitbrain sim`) -> port, key file        wire_open -> wire_call (plain or TLS, kept alive)
 */
#pragma once

#include "live.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <sys/resource.h>

#define WIRE_ANSWER_MAX (1 << 20)

/* ---- processors ------------------------------------------------------------------------------------------------ */

/* What is measured has a processor to itself where there are two. */
static inline void wire_pin(unsigned processor)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
        (void)sched_setaffinity(0, sizeof set, &set);
    }
}

/* CPU time of another process in ns. */
static inline int64_t wire_cpu_ns(pid_t pid)
{
    clockid_t clock;
    return clock_getcpuclockid(pid, &clock) == 0 ? bench_clock_ns(clock) : 0;
}

/* ---- the exchange ---------------------------------------------------------------------------------------------- */

struct wire_sim {
    pid_t pid;
    unsigned port;
    bool tls;
};

/* bin sim --listen 127.0.0.1:0 --keys KEYS more..., pinned to processor 0; until it says where it listens. */
static inline void wire_sim_start(struct wire_sim *s, const char *bin, const char *keys, const char *const *more)
{
    const char *argv[32] = {bin, "sim", "--listen", "127.0.0.1:0", "--keys", keys, "--latency", "0ms", "--no-limits"};
    char line[4096] = "";
    int ends[2];
    for (unsigned i = 9; *more != NULL && i < 31; more++) {
        s->tls = s->tls || strcmp(*more, "--tls") == 0;
        argv[i++] = *more;
    }
    if (pipe(ends) != 0) {
        live_die("sim", "no pipe");
    }
    s->pid = live_fork();
    if (s->pid == 0) {
        wire_pin(0);
        (void)dup2(ends[1], 1);
        close(ends[0]);
        close(ends[1]);
        execv(bin, (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    close(ends[1]);
    for (size_t len = 0; len + 1 < sizeof line && strchr(line, '\n') == NULL;) {
        ssize_t n = read(ends[0], line + len, sizeof line - 1 - len);
        if (n <= 0) {
            live_die(bin, "the simulated exchange did not start");
        }
        len += (size_t)n;
        line[len] = '\0';
    }
    close(ends[0]);
    const char *at = strstr(line, "://127.0.0.1:");
    s->port = at != NULL ? (unsigned)strtoul(at + 13, NULL, 10) : 0;
}

static inline void wire_sim_end(struct wire_sim *s)
{
    (void)kill(s->pid, SIGTERM);
    (void)waitpid(s->pid, NULL, 0);
}

/* ---- a client -------------------------------------------------------------------------------------------------- */

struct wire_client {
    int fd;
    SSL *ssl;
    char *answer; /* of the last call: head and body, zero-terminated */
    size_t len;   /* read so far */
};

static inline void wire_open(struct wire_client *c, const struct wire_sim *s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
    int one = 1;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    c->answer = malloc(WIRE_ANSWER_MAX);
    c->len = 0;
    c->ssl = NULL;
    if (c->fd < 0 || c->answer == NULL || connect(c->fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        live_die("client", "cannot connect");
    }
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (s->tls) {
        static SSL_CTX *ctx; /* loopback, and a certificate made a moment ago: not verified here */
        ctx = ctx != NULL ? ctx : SSL_CTX_new(TLS_client_method());
        c->ssl = SSL_new(ctx);
        if (c->ssl == NULL || SSL_set_fd(c->ssl, c->fd) != 1 || SSL_connect(c->ssl) != 1) {
            live_die("client", "no TLS");
        }
    }
}

static inline void wire_close(struct wire_client *c)
{
    SSL_free(c->ssl);
    close(c->fd);
    free(c->answer);
}

static inline void wire_send(struct wire_client *c, const char *text, size_t len)
{
    ssize_t n = c->ssl != NULL ? SSL_write(c->ssl, text, (int)len) : send(c->fd, text, len, MSG_NOSIGNAL);
    if (n != (ssize_t)len) {
        live_die("client", "the exchange hung up");
    }
    c->len = 0;
}

/* The whole answer of what was sent; its HTTP status. */
static inline int wire_answer(struct wire_client *c)
{
    const char *body = NULL;
    size_t want = 0;
    while (body == NULL || c->len < want) {
        size_t room = WIRE_ANSWER_MAX - 1 - c->len;
        char *to = c->answer + c->len;
        ssize_t n = c->ssl != NULL ? SSL_read(c->ssl, to, (int)room) : recv(c->fd, to, room, 0);
        if (n <= 0) {
            live_die("client", "an answer was cut off");
        }
        c->len += (size_t)n;
        c->answer[c->len] = '\0';
        if (body == NULL && (body = strstr(c->answer, "\r\n\r\n")) != NULL) {
            const char *length = strcasestr(c->answer, "content-length:");
            body += 4;
            want = (size_t)(body - c->answer) + (length != NULL ? strtoul(length + 15, NULL, 10) : 0);
        }
    }
    return (int)strtol(c->answer + 9, NULL, 10);
}

/* POST /sim/VERB; dies where it is refused. */
static inline void wire_hand(struct wire_client *c, const char *verb, const char *json)
{
    char text[1024];
    int n = snprintf(text, sizeof text,
                     "POST /sim/%s HTTP/1.1\r\nHost: sim\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                     "\r\n%s",
                     verb, strlen(json), json);
    wire_send(c, text, (size_t)n);
    if (wire_answer(c) != 200) {
        live_die(verb, c->answer);
    }
}

/* ---- figures --------------------------------------------------------------------------------------------------- */

/* Model of the processor and release of the kernel, for the head of a table. */
static inline void wire_machine(char *out, size_t cap)
{
    char line[256], model[128] = "?", release[128] = "?";
    FILE *f = fopen("/proc/cpuinfo", "re");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        const char *at = strncmp(line, "model name", 10) == 0 ? strchr(line, ':') : NULL;
        if (at != NULL) {
            (void)snprintf(model, sizeof model, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
            break;
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    f = fopen("/proc/sys/kernel/osrelease", "re");
    if (f != NULL && fgets(line, sizeof line, f) != NULL) {
        (void)snprintf(release, sizeof release, "%.*s", (int)strcspn(line, "\n"), line);
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    (void)snprintf(out, cap, "%s, %ld processors, Linux %s", model, sysconf(_SC_NPROCESSORS_ONLN), release);
}
