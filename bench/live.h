/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands around an engine when it is live, for benches: the other end of the wire in a process of its own, a
 * process that writes to the same disk, figures, a ladder as a policy.
 *
 *     bench --wire client--> exchange (child): answers HELLO with symbols and READY, then reads and counts
 *     neighbour (child): writes and fdatasyncs blocks of 1 MiB in the same directory
 *
 * Children are forked before the bench has threads; they end with it.
 */
#pragma once

#include "bench.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/journal.h"
#include "venue/wire/client.h"
#include "venue/wire/frames.h"
#include "venue/wire/protocol.h"

static inline void live_die(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    exit(1);
}

static inline void live_must(int rc, const char *what, const struct eb_err *err)
{
    if (rc != EB_OK) {
        live_die(what, err != NULL && err->msg[0] != '\0' ? err->msg : eb_err_text(rc));
    }
}

/* ---- figures ----------------------------------------------------------------------------------------------------- */

struct live_samples {
    int64_t *ns;
    size_t count, cap;
};

static inline void live_add(struct live_samples *s, int64_t ns)
{
    if (s->count == s->cap) {
        s->cap = s->cap > 0 ? 2 * s->cap : 4096;
        s->ns = realloc(s->ns, s->cap * sizeof *s->ns);
        if (s->ns == NULL) {
            live_die("samples", "out of memory");
        }
    }
    s->ns[s->count++] = ns;
}

static inline double live_us(const struct live_samples *sorted, size_t per_mille)
{
    return sorted->count > 0 ? (double)bench_quantile(sorted->ns, sorted->count, per_mille, 1000) / 1e3 : 0;
}

static inline double live_max_us(const struct live_samples *sorted)
{
    return sorted->count > 0 ? (double)sorted->ns[sorted->count - 1] / 1e3 : 0;
}

static inline void live_sort(struct live_samples *s)
{
    if (s->count > 0) {
        qsort(s->ns, s->count, sizeof *s->ns, bench_compare_i64);
    }
}

static inline void live_print(const char *what, struct live_samples *s)
{
    live_sort(s);
    printf("  %-34s %8zu %9.1f %9.1f %9.1f %9.1f\n", what, s->count, live_us(s, 500), live_us(s, 990), live_us(s, 999),
           live_max_us(s));
}

static inline void live_print_head(const char *what)
{
    printf("%-36s %8s %9s %9s %9s %9s   us\n", what, "count", "p50", "p99", "p99.9", "max");
}

static inline void live_free(struct live_samples *s)
{
    free(s->ns);
    memset(s, 0, sizeof *s);
}

/* ---- the exchange's end of the wire ------------------------------------------------------------------------------ */

struct live_counts {
    uint64_t submits, cancels, others;
};
/* When the exchange had read each order, in their order, CLOCK_MONOTONIC; shared with it. */
struct live_reads {
    size_t cap;
    _Atomic int64_t at_ns[];
};
struct live_exchange {
    pid_t pid;
    int report; /* struct live_counts when its client is gone */
    struct live_reads *reads;
    char path[100];
};

static inline void live_write_all(int fd, const void *bytes, size_t len)
{
    for (size_t done = 0; done < len;) {
        ssize_t n = write(fd, (const char *)bytes + done, len - done);
        if (n <= 0) {
            _exit(1);
        }
        done += (size_t)n;
    }
}

static inline void live_instrument(struct eb_ev_instrument *out, unsigned number)
{
    memset(out, 0, sizeof *out);
    (void)snprintf(out->symbol, sizeof out->symbol, "SYM%05uUSDT", number);
    out->tick.e8 = EB_E8 / 100;
    out->step.e8 = EB_E8 / 1000;
    out->min_qty.e8 = EB_E8 / 1000;
    out->maintenance_ppm = 10000;
    out->trading = true;
}

static inline void live_greet(int fd, unsigned symbols)
{
    unsigned char record[EB_RECORD_MAX];
    size_t len;
    struct eb_wire_message m = {.kind = EB_WIRE_HELLO};
    m.u.hello = (struct eb_wire_hello){.protocol = EB_WIRE_PROTOCOL, .name = "bench", .account = "bench"};
    m.u.hello.now_ms = BENCH_START_MS;
    m.u.hello.speed_ppm = EB_PPM;
    live_must(eb_wire_encode(&m, record, sizeof record, &len), "hello", NULL);
    live_write_all(fd, record, len);
    for (unsigned i = 0; i < symbols; i++) {
        struct eb_ev_instrument inst;
        live_instrument(&inst, i);
        struct eb_event ev = bench_event(EB_EV_INSTRUMENT, i, BENCH_START_MS);
        ev.u.instrument = &inst;
        live_must(eb_encode_event(&ev, NULL, true, record, sizeof record, &len), "instrument", NULL);
        live_write_all(fd, record, len);
    }
    m.kind = EB_WIRE_READY;
    live_must(eb_wire_encode(&m, record, sizeof record, &len), "ready", NULL);
    live_write_all(fd, record, len);
}

static inline void live_count(struct live_counts *c, const struct eb_record *record, int64_t read_ns,
                              struct live_reads *reads)
{
    if (record->kind == EB_WIRE_SUBMIT) {
        if (c->submits < reads->cap) {
            reads->at_ns[c->submits] = read_ns;
        }
        c->submits++;
    } else if (record->kind == EB_WIRE_CANCEL) {
        c->cancels++;
    } else {
        c->others++;
    }
}

/* Serves one client until it is gone. */
static inline void live_exchange_main(int listener, int report, unsigned symbols, struct live_reads *reads)
{
    static struct eb_frames frames;
    static char buffer[1 << 16];
    struct live_counts counts = {0, 0, 0};
    int fd = accept(listener, NULL, NULL);
    bool greeted = false;
    ssize_t n;
    while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0) {
        int64_t read_ns = bench_clock_ns(CLOCK_MONOTONIC);
        const char *at = buffer;
        size_t left = (size_t)n;
        struct eb_record record;
        while (eb_frames_next(&frames, &at, &left, &record, NULL) == EB_OK) {
            if (!greeted) {
                greeted = true;
                live_greet(fd, symbols);
            } else {
                live_count(&counts, &record, read_ns, reads);
            }
        }
    }
    live_write_all(report, &counts, sizeof counts);
    _exit(0);
}

/* A child that does not outlive this process. */
static inline pid_t live_fork(void)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0) {
        live_die("fork", "failed");
    }
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return pid;
}

static inline void live_exchange_start(struct live_exchange *x, const char *dir, unsigned symbols, size_t orders_max)
{
    size_t bytes = sizeof *x->reads + orders_max * sizeof x->reads->at_ns[0];
    x->reads = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (x->reads == MAP_FAILED) {
        live_die("exchange", "out of memory");
    }
    x->reads->cap = orders_max;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int ends[2];
    int n = snprintf(x->path, sizeof x->path, "%s/bench_live.sock", dir);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (n >= (int)sizeof x->path || fd < 0 || pipe(ends) != 0) {
        live_die(dir, "no socket (a shorter --dir?)");
    }
    memcpy(address.sun_path, x->path, (size_t)n + 1);
    (void)unlink(x->path);
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 1) != 0) {
        live_die(x->path, "cannot listen");
    }
    x->pid = live_fork();
    if (x->pid == 0) {
        close(ends[0]);
        live_exchange_main(fd, ends[1], symbols, x->reads);
    }
    close(fd);
    close(ends[1]);
    x->report = ends[0];
}

/* After the client has disconnected: what the exchange got. Its reads stay. */
static inline struct live_counts live_exchange_end(struct live_exchange *x)
{
    struct live_counts counts = {0, 0, 0};
    if (read(x->report, &counts, sizeof counts) != (ssize_t)sizeof counts) {
        live_die("exchange", "ended without its counts");
    }
    close(x->report);
    (void)waitpid(x->pid, NULL, 0);
    (void)unlink(x->path);
    return counts;
}

/* What a client has to hear of an exchange that only greets. */
static inline bool live_hello(void *user, const struct eb_link_hello *hello, struct eb_err *err)
{
    (void)user;
    (void)hello;
    (void)err;
    return true;
}

/* ---- a journal in a directory ------------------------------------------------------------------------------------ */

static inline void live_journal_remove(const char *path)
{
    static const char *const suffix[] = {"", "-wal", "-shm", ".lock"};
    char name[600];
    for (size_t i = 0; i < sizeof suffix / sizeof suffix[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, suffix[i]);
        (void)unlink(name);
    }
}

static inline struct eb_journal *live_journal_open(const char *dir, size_t ring_bytes)
{
    char path[512];
    struct eb_err err = {0};
    struct eb_recovery found;
    struct eb_engine *state;
    struct eb_journal *out;
    const struct eb_journal_options o = {.path = path, .account = "bench", .build = "bench", .ring_bytes = ring_bytes};
    (void)snprintf(path, sizeof path, "%s/bench_live.db", dir);
    live_journal_remove(path);
    live_must(eb_journal_open(&o, &out, &found, &state, &err), path, &err);
    return out;
}

static inline void live_journal_close(struct eb_journal *j, struct eb_engine *engine, const char *dir)
{
    char path[512];
    struct eb_err err = {0};
    (void)snprintf(path, sizeof path, "%s/bench_live.db", dir);
    live_must(eb_journal_close(j, engine, BENCH_START_MS, &err), path, &err);
    live_journal_remove(path);
}

/* ---- the neighbour on the disk ----------------------------------------------------------------------------------- */

#define LIVE_BLOCK ((size_t)1 << 20)
#define LIVE_BLOCKS_OF_FILE 256

struct live_neighbour {
    pid_t pid;
    char path[512];
    struct live_neighbour_figures {
        _Atomic uint64_t blocks;
        _Atomic int64_t longest_ns;
    } * shared;
};

static inline void live_neighbour_main(int fd, struct live_neighbour_figures *shared)
{
    char *block = malloc(LIVE_BLOCK);
    memset(block, 'x', LIVE_BLOCK);
    for (off_t i = 0;; i = (i + 1) % LIVE_BLOCKS_OF_FILE) {
        int64_t began = bench_clock_ns(CLOCK_MONOTONIC);
        if (pwrite(fd, block, LIVE_BLOCK, i * (off_t)LIVE_BLOCK) != (ssize_t)LIVE_BLOCK || fdatasync(fd) != 0) {
            _exit(1);
        }
        int64_t took = bench_clock_ns(CLOCK_MONOTONIC) - began;
        shared->longest_ns = took > shared->longest_ns ? took : shared->longest_ns;
        shared->blocks++;
    }
}

static inline void live_neighbour_start(struct live_neighbour *w, const char *dir)
{
    (void)snprintf(w->path, sizeof w->path, "%s/bench_live.neighbour", dir);
    int fd = open(w->path, O_CREAT | O_RDWR | O_TRUNC, 0600);
    w->shared = mmap(NULL, sizeof *w->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fd < 0 || w->shared == MAP_FAILED) {
        live_die(w->path, "cannot be written");
    }
    w->pid = live_fork();
    if (w->pid == 0) {
        live_neighbour_main(fd, w->shared);
    }
    close(fd);
}

static inline void live_neighbour_end(struct live_neighbour *w)
{
    (void)kill(w->pid, SIGKILL);
    (void)waitpid(w->pid, NULL, 0);
    (void)unlink(w->path);
}

/* ---- a ladder ---------------------------------------------------------------------------------------------------- */

#define LIVE_LEGS 4
#define LIVE_STOP_PPM 20000 /* 2 % of the entry of 100: R is 2 */

/* Stop 2 %, four legs of 20 % every half R, the rest to the stop; once, later it keeps the plan. The trail is too wide
 * to matter, but its peak is followed, and each new one is journaled. */
static inline enum eb_policy_result live_policy(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                                struct eb_err *err)
{
    (void)policy;
    (void)err;
    out->wake = (struct eb_wake){.set = true, .at_ms = INT64_MAX / 2};
    if (ctx->plan_revision != 0) {
        out->keep = true;
        return EB_POLICY_KEEP;
    }
    out->count = 3;
    out->decision[0].kind = EB_MOVE_STOP;
    out->decision[0].u.stop.pct_ppm = LIVE_STOP_PPM;
    out->decision[1].kind = EB_UPDATE_TP_LIMITS;
    out->decision[1].u.targets.count = LIVE_LEGS;
    for (unsigned i = 0; i < LIVE_LEGS; i++) {
        out->decision[1].u.targets.leg[i].r_ppm = (int64_t)(i + 1) * EB_PPM / 2;
        out->decision[1].u.targets.leg[i].fraction_ppm = 200000;
    }
    out->decision[2].kind = EB_SET_TRAILING;
    out->decision[2].u.trailing.activation_r_ppm = 0;
    out->decision[2].u.trailing.callback_ppm = EB_PPM / 2;
    return EB_POLICY_OK;
}
