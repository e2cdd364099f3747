/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection to an exchange as the live engine uses it: the venue port, the exchange's events and its time.
 *
 *     connect() -> hello, INSTRUMENT..., ACCOUNT, BAR... (history), FUNDING..., ready
 *     ask_trades(), port.snapshot(), port.submit() ... -> event ... and tick: what has come may be acted upon
 *
 * Made by venue/wire (the record protocol of a simulated exchange in another process) and by venue/binance. One
 * connection at a time; a lost one is told once (lost) and begun anew by connect(), the caller's choice of when. While
 * there is none every port function refuses with EB_E_IO: definitely not sent.
 */
#pragma once

#include <exitbrain/engine.h>
#include <exitbrain/venue.h>

#include "base/err.h"

/* What an exchange can do, told with its greeting; 0 and false: it cannot. Legs are NET (one-way) or LONG and SHORT. */
#define EB_CAN_ONE_WAY 1u
#define EB_CAN_HEDGE 2u
struct eb_link_can {
    bool market_orders;
    bool conditional_orders; /* stops that rest there */
    bool close_position;     /* ... for a whole leg, without a quantity */
    bool amend_conditional;  /* else they are replaced, behind a bridge */
    bool trailing;           /* trailing stops of its own, of these callbacks */
    bool stream_snapshot;    /* its account stream begins with a picture */
    int64_t trailing_min_ppm, trailing_max_ppm;
    uint8_t trigger_sources;  /* of conditional orders: 1 << enum eb_price_source */
    uint8_t modes;            /* EB_CAN_ONE_WAY, EB_CAN_HEDGE */
    uint8_t batch_max;        /* orders in one request */
    uint8_t client_id_max;    /* characters of a client order id */
    uint32_t conditional_max; /* orders of an account; 0: no limit is told */
};
/* Whether an engine of this configuration can keep positions safe there. EB_E_REFUSED names what is missing, and the
 * setting by which the engine does without where it can. */
EB_NODISCARD int eb_link_suits(const struct eb_link_can *can, const struct eb_engine_config *c, struct eb_err *err);

struct eb_link_hello {
    bool lockstep;          /* the exchange waits for our ack() */
    bool settled;           /* what an earlier connection has sent has arrived or never will: absent is absent */
    bool can_trade;         /* the key may place orders */
    bool talkative;         /* it says something every few seconds, an answer to ask_view at least: silence is a loss.
                                * Else the link notices by itself what is silent (trouble, lost) */
    bool multi_assets;      /* margin of several assets: figures of risk are not those of one wallet */
    char name[EB_NAME_MAX]; /* of the exchange or its program, for the log */
    char account[EB_NAME_MAX]; /* which account this is, the same for as long as it exists */
    struct eb_link_can can;
    int64_t now_ms;    /* the exchange's time */
    int64_t speed_ppm; /* its time per wall time; 0: as fast as it can (lockstep) */
};
struct eb_link_tick {
    uint64_t number;
    int64_t now_ms; /* the exchange's time */
    int64_t due_ns; /* CLOCK_MONOTONIC at which what was told since the last tick was due, or was read from the wire */
};
struct eb_link_trades {
    eb_symbol_id symbol;
    uint64_t after;  /* trade id: later ones were told */
    uint64_t oldest; /* the oldest trade id that the exchange still knows of this symbol, 0 none */
    uint64_t newest; /* the newest, 0 none */
};
struct eb_link_view {
    eb_money wallet, pnl, fees, funding;
    uint64_t rejected, orders, trades;
};
#define EB_LINK_TEXT_MAX 480
struct eb_link_said {
    int32_t code; /* EB_OK or an error code */
    char text[EB_LINK_TEXT_MAX];
};
/* A standing trouble of the connection that a person should know of, by a stable name ("stream.user.silent",
 * "rate_limited", "clock.skew", "key.refused", "margin.multi_assets" ...); over when raised is false. */
struct eb_link_trouble {
    const char *name;
    const char *subject; /* a symbol or stream; "" none */
    const char *text;    /* what it is, and what to do */
    bool raised;
};
/* One figure of the connection's health, for status, doctor and preflight. */
struct eb_link_fact {
    const char *name;  /* "clock.offset_ms", "weight.used_1m", "stream.market.age_ms" ... */
    const char *value; /* as shown */
    const char *note;  /* "" or why it is not well, and what to do */
    bool well;
};

/* Each may end the connection or begin another, none may destroy the link. hello, symbol, event and lost must be there,
 * others may be NULL. */
struct eb_link_listener {
    void *user;
    /* The exchange introduced itself; before anything else. false refuses it: lost follows with err as filled here. */
    bool (*hello)(void *user, const struct eb_link_hello *hello, struct eb_err *err);
    /* Its name for a symbol -> the engine's id, EB_NO_SYMBOL to leave the symbol out (its events are dropped). Asked
     * once per connection and symbol; the INSTRUMENT event follows at once. Symbols may come later than ready too. */
    eb_symbol_id (*symbol)(void *user, const char *name);
    /* Name of a symbol that the engine knows of before, by its id; NULL beyond the last. May be NULL: it knows none.
     * Asked when a port function or ask_trades() names a symbol that this connection has not introduced. Borrowed. */
    const char *(*name)(void *user, eb_symbol_id id);
    /* An event with the engine's symbol ids, at the exchange's time when it was told; payloads borrowed. */
    void (*event)(void *user, const struct eb_event *ev);
    void (*ready)(void *user);
    void (*tick)(void *user, const struct eb_link_tick *tick);
    void (*trades)(void *user, const struct eb_link_trades *told); /* symbol is the engine's; answers ask_trades */
    void (*view)(void *user, const struct eb_link_view *view);
    void (*said)(void *user, const struct eb_link_said *said);
    /* News of the account may have been missed (its stream was cut): trades since the last one known, and a complete
     * picture, are to be asked for; `settled` is not implied. */
    void (*gap)(void *user, const char *why);
    void (*trouble)(void *user, const struct eb_link_trouble *t);
    void (*lost)(void *user, const struct eb_err *err); /* the connection ended; err says why */
};

struct eb_link_ops {
    /* hello or lost follows, never within the call. EB_E_INVALID when there is a connection already. */
    int (*connect)(void *link, struct eb_err *err);
    void (*disconnect)(void *link); /* without a word; lost is not called */
    bool (*connected)(const void *link);
    struct eb_venue (*port)(void *link);
    /* Each: EB_OK, EB_E_IO when there is no connection (then lost follows), EB_E_REFUSED where there is no such thing.
     */
    int (*ack)(void *link, uint64_t tick, int64_t next_deadline_ms);
    int (*ask_trades)(void *link, eb_symbol_id symbol, uint64_t after);
    int (*ask_view)(void *link);
    int (*hand)(void *link, const char *text);
    /* Calls fact for each figure; may be NULL: there are none. */
    void (*facts)(const void *link, void (*fact)(void *user, const struct eb_link_fact *f), void *user);
};
struct eb_link {
    void *link;
    const struct eb_link_ops *ops;
};
