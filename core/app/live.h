/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live engine: everything that `exitbrain run` wires together, in one struct, on one loop.
 *
 *     simulated exchange --wire--> live_wire.c: pump, turns --> host (engine, policy, journal) --> wire
 *                                      |  observer: live_watch.c (log, book, alarms, reload's watch)
 *     operator --control socket--> control.c --> eb_live_command() / reload / answers from evidence
 *
 * Start (live_start.c): journal -> fold -> connect -> instruments, history, missed trades -> START, picture -> prices.
 * Everything runs on the loop's thread; the journal's thread and trials of policies are the only others.
 */
#pragma once

#include "app/alarms.h"
#include "app/book.h"
#include "app/challengers.h"
#include "app/config.h"
#include "app/delay.h"
#include "app/ledger.h"
#include "app/policy_args.h"
#include "app/reload.h"
#include "app/tally.h"
#include "app/trail.h"
#include "host/pump.h"
#include "net/loop.h"
#include "store/journal.h"
#include "store/tape.h"
#include "store/tee.h"
#include "venue/link.h"

#define EB_LIVE_PATH_MAX 1024

/* Hears of what happens, for the terminal; line has no newline. */
typedef void (*eb_live_listener)(void *user, int64_t now_ms, const char *line);

/* Who makes the link to an exchange: venue_wire.h, venue_binance.h. */
struct eb_live_venue {
    void *user;
    /* *out is valid until close; the listener is the live engine's. */
    int (*open)(void *user, struct eb_loop *loop, const struct eb_link_listener *listener, struct eb_link *out,
                struct eb_err *err);
    void (*close)(void *user); /* also where open failed */
};

struct eb_live_options {
    struct eb_config config;
    struct eb_policy_choice choice;
    const char *state_dir; /* of journal and socket; exists */
    const char *control;   /* path of the control socket; NULL: none */
    const char *venue;     /* how the exchange is called in messages: "unix:PATH", an environment */
    struct eb_live_venue open_venue;
    const char *tape; /* path; NULL: quiet events are not recorded */
    /* Asked before orders may leave, at the start and by `exitbrain mode`: EB_OK, or why not; NULL: they may. */
    int (*may_trade)(void *user, struct eb_err *err);
    void *may_trade_user;
    bool allow_multi_assets; /* LIVE also where margin comes from several assets */
    const bool *venue_ended; /* with own_venue: whether its process has; NULL: it has when the connection is lost */
    bool own_venue;          /* the exchange is ours alone: when it is gone, so are we */
    int64_t for_ms;          /* wall time (the venue's, where it is not paced); 0: until stopped */
    bool on_terminal;        /* standard error is one: a hangup that finds it gone ends the run, any other reloads */
    struct eb_log *log;      /* its time is set here */
    eb_live_listener listener;
    void *listener_user;
};

enum eb_live_stage {
    EB_LIVE_OFFLINE = 0, /* no connection to the venue: tried again */
    EB_LIVE_GREETED,     /* instruments and history are coming */
    EB_LIVE_TRADES,      /* trades that were missed are asked for */
    EB_LIVE_RUNNING,     /* prices are taken */
    EB_LIVE_SETTLING,    /* the time is over: the exchange's books are asked for */
    EB_LIVE_STOPPING,
};

/* An order that stands at the venue, by the last complete picture. */
struct eb_seen_order {
    eb_symbol_id symbol;
    bool ours;
    bool known; /* by the engine, when the picture was taken */
    struct eb_ev_open_order order;
};
struct eb_seen_orders {
    struct eb_seen_order *order; /* owned */
    size_t count, cap;
    size_t counting; /* of the picture under way, behind count */
    int64_t at_ms;   /* of the last complete picture; 0 none yet */
};

#define EB_LIVE_SIGNALS 3

/* What the exchange told at the beginning that the journal did not know: how far an engine that was killed had come. */
struct eb_live_missed {
    uint32_t unanswered;     /* orders that were handed out and of which no answer is remembered */
    uint32_t fills;          /* of orders that are remembered */
    uint32_t trades_ours;    /* of orders of ours that are not */
    uint32_t trades_foreign; /* of others */
    uint32_t orders;         /* of ours that stand there and were not remembered */
};

struct eb_control;
struct eb_live {
    struct eb_live_options o;
    struct eb_loop *loop;
    struct eb_link link;
    bool linked; /* the link was opened */
    struct eb_journal *journal;
    void (*journal_progress)(void *user); /* from its thread */
    struct eb_recovery recovery;
    struct eb_tape *tape;
    struct eb_tee *tee; /* feeds both */
    bool tape_failed;
    struct eb_host *host; /* NULL until the exchange has introduced itself */
    struct eb_pump *pump;
    struct eb_reload *reload; /* owns the policy sets */
    struct eb_ledger *ledger; /* what episodes came to: the owner's by tally, and the challengers' */
    struct eb_tally *tally;
    struct eb_challengers *challengers; /* NULL: there are none */
    struct eb_control *control;
    struct eb_alarms *alarms;
    struct eb_book book;
    struct eb_seen_orders seen;
    struct eb_trail trail;
    int64_t *bar_ms;             /* per symbol: when the last bar that was taken began; owned */
    struct eb_delay price_delay; /* from when a price was due to the end of its turns */
    struct eb_delay order_delay; /* from an event's beginning to its order being with the system */
    struct eb_timer *deadline, *reconnect, *beat;
    struct eb_wake *progress; /* from the journal's thread */
    struct eb_signal *signal[EB_LIVE_SIGNALS];

    struct eb_link_hello venue; /* the exchange's, once greeted */
    struct eb_link_view view;   /* of the account, as last told */
    uint8_t stage;              /* enum eb_live_stage */
    uint32_t trades_due;        /* answers to what was asked about missed trades */
    struct eb_live_missed missed;
    bool pictured;             /* the picture that START asked for is complete */
    bool gap;                  /* news of the account may be missing: asked for once prices are taken */
    bool viewed;               /* the exchange has told its view of the account */
    int64_t settle_ns;         /* monotonic: when SETTLING began */
    int64_t cut_ms;            /* venue time as of which the books are compared, where its clock does not wait; 0 end */
    struct eb_trail late;      /* trades after it that were told before SETTLING */
    bool answered;             /* ... or was refused: it is asked for again, and time goes on meanwhile */
    bool begun;                /* modes were announced, and START was stepped, once in this process */
    bool protect_told;         /* why it is protect-only was acted upon */
    uint32_t symbols_left_out; /* of the exchange's: there is no room for them */
    bool lockstep;             /* the exchange waits for our ACK */
    bool ack_due;
    uint64_t ack_tick;
    int64_t now_ms, now_ns;            /* of the last turn: venue time */
    int64_t anchor_ns, anchor_mono_ns; /* venue time at a moment of our clock; 0 unknown */
    bool clock_slow;                   /* ours was ahead: it runs slower until both agree */
    int64_t clock_apart_ms;            /* how far the exchange's was ahead of ours when it last said so */
    uint64_t clock_jumps;              /* it was far ahead */
    int64_t said_ms;                   /* what the exchange last said of its time */
    int64_t shift_ms;                  /* added to that: our time does not go back where its does */
    int64_t event_mono_ns;             /* when the event under way began */
    int64_t began_wall_ns, ran_ms;     /* wall time of the run */
    int64_t started_ms;                /* venue time at which this run began; 0 not yet */
    int64_t ready_ms;                  /* venue time at which the beginning was over; 0 not yet */
    int64_t offline_since_ns;          /* monotonic; 0 connected */
    int64_t greeted_ns, heard_ns;      /* monotonic: of this connection's greeting, of what came last */
    bool silent;                       /* nothing has come for long: an alarm stands */
    char offline_why[EB_REASON_MAX];
    unsigned tries;                      /* to connect, since a connection last stood for a while */
    char journal_failure[EB_REASON_MAX]; /* once it has failed */

    int64_t wall_offset_ms; /* wall clock minus venue time since they were first compared, where wall_known */
    int64_t wall_base_ms;
    bool wall_known, wall_based;
    int64_t last_beat_ns, longest_gap_ns; /* CLOCK_BOOTTIME: a time in which the loop did not run */
    int64_t last_gap_ms;                  /* venue time of the last long one */
    uint64_t gaps;                        /* of them longer than 5 s */
    uint64_t beats, ticks, prices, connects;
    uint32_t prices_of_tick;
    bool yields;           /* another engine was seen: SHADOW until restart */
    uint32_t other_engine; /* its instance; 0 none */
    uint32_t predecessor;  /* instance of an earlier journal of this directory that has orders; 0 none */
    bool stop_asked;
    int rc; /* why the loop was stopped */
    struct eb_err err;
};

/* Creates what needs no venue: policies, alarms, timers, the wire. Large: on the heap. eb_live_close() it always. */
EB_NODISCARD int eb_live_open(struct eb_live *l, struct eb_loop *loop, const struct eb_live_options *o,
                              struct eb_err *err);
/* Connects, recovers, and runs until it is stopped (signal, for_ms, own venue gone) or cannot go on; while it runs the
 * venue may go and come back. EB_E_NOT_FOUND: the venue could not be reached in the beginning; else what failed. */
EB_NODISCARD int eb_live_run(struct eb_live *l, struct eb_err *err);
void eb_live_stop(struct eb_live *l);
/* Writes what is left, closes everything. EB_E_IO when journal or tape is not whole. */
EB_NODISCARD int eb_live_close(struct eb_live *l, struct eb_err *err);

/* Whether orders may leave on this exchange, once it has been connected. EB_OK; EB_E_REFUSED: why not, what to do. */
EB_NODISCARD int eb_live_may_trade(const struct eb_live *l, struct eb_err *err);
/* An operator's command, journaled with who and why; symbol EB_NO_SYMBOL: the account. *seq is the number of the record
 * that must be durable before it may be called done (0: it changed nothing). Codes of eb_turn. */
int eb_live_command(struct eb_live *l, const struct eb_ev_command *command, eb_symbol_id symbol, uint64_t *seq);
/* The same of a signal. */
int eb_live_signal(struct eb_live *l, const struct eb_ev_signal *signal, eb_symbol_id symbol, uint64_t *seq);
/* Whether record seq is durable; -1: it never will be, the disk has failed. */
int eb_live_durable(const struct eb_live *l, uint64_t seq);
/* Venue time at a moment of the monotonic clock, where it runs freely; in ns. */
int64_t eb_live_clock_ns(const struct eb_live *l, int64_t mono_ns);
/* Venue time now. */
int64_t eb_live_now_ms(const struct eb_live *l);
/* An event of the engine's own kinds at the current time, run as a turn. */
struct eb_event eb_live_event(const struct eb_live *l, enum eb_event_kind kind, eb_symbol_id symbol);
int eb_live_turn(struct eb_live *l, struct eb_event *ev);
