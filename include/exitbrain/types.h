/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words that every part of Exit Brain shares: amounts, sides, results, identities.
 *
 * Amounts are int64 counts of 1e-8 in distinct struct types, so that the compiler refuses to add a price to a
 * quantity. Ratios (fractions, r, callbacks, percentages as fractions of 1) are int64 counts of 1e-6: `_ppm`.
 * Times are `*_ms` (venue epoch, milliseconds) or `*_ns` (monotonic, nanoseconds).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define EB_E8 INT64_C(100000000) /* units of one whole price, coin or dollar */
#define EB_PPM INT64_C(1000000)  /* units of one whole ratio */

typedef struct eb_price {
    int64_t e8; /* quote per base, 1e-8 */
} eb_price;
typedef struct eb_qty {
    int64_t e8; /* base asset, 1e-8, never negative: the side carries the sign */
} eb_qty;
typedef struct eb_money {
    int64_t e8; /* quote asset, 1e-8, signed */
} eb_money;

_Static_assert(sizeof(eb_price) == 8 && sizeof(eb_qty) == 8 && sizeof(eb_money) == 8, "journaled as 8 bytes each");

/* One table, three consumers: enum, name, text. Functions return EB_OK (0) or one of these negative codes. */
#define EB_ERR_MAP(XX)                                             \
    XX(INVALID, -1, "invalid argument or malformed input")         \
    XX(OVERFLOW, -2, "arithmetic left the representable range")    \
    XX(FULL, -3, "a fixed capacity is exhausted")                  \
    XX(IO, -4, "reading or writing failed")                        \
    XX(REFUSED, -5, "a rule or the venue said no")                 \
    XX(NOT_FOUND, -6, "no such thing")                             \
    XX(MEMORY, -7, "out of memory")                                \
    XX(BUDGET, -8, "an instruction or time budget was used up")    \
    XX(STALE, -9, "no longer current")                             \
    XX(SCRIPT, -10, "a Lua script failed")                         \
    XX(CORRUPT, -11, "stored data fail their checksum or version") \
    XX(END, -12, "no more input")

enum eb_code {
    EB_OK = 0,
#define XX(name, num, text) EB_E_##name = (num),
    EB_ERR_MAP(XX)
#undef XX
};

/* What went wrong, where, and what to do: filled by the function that failed; `where` is a static string. */
struct eb_err {
    int code;
    const char *where;
    char msg[480];
};

enum eb_side { EB_LONG = 0, EB_SHORT = 1 };

/* How the venue keys a position: BOTH in one-way mode, LONG or SHORT in hedge mode. */
enum eb_position_side { EB_PS_BOTH = 0, EB_PS_LONG = 1, EB_PS_SHORT = 2 };

/* Regimes of Exit Brain V3, one vocabulary everywhere (defect B4). UNKNOWN before a policy has named one. */
enum eb_regime {
    EB_REGIME_UNKNOWN = 0,
    EB_REGIME_TREND,
    EB_REGIME_RANGE,
    EB_REGIME_VOLATILE,
    EB_REGIME_CHOP,
    EB_REGIME_NORMAL,
    EB_REGIME_COUNT
};

/* Why an exit happened, as reports name it (docs/SEMANTICS.md, backtest). */
enum eb_exit_reason {
    EB_EXIT_TARGET = 0,
    EB_EXIT_STOP,
    EB_EXIT_TRAILING,
    EB_EXIT_POLICY,
    EB_EXIT_EMERGENCY,
    EB_EXIT_LIQUIDATION,
    EB_EXIT_END_OF_DATA,
    EB_EXIT_EXTERNAL,
    EB_EXIT_FLATTEN,
    EB_EXIT_REASON_COUNT
};

#define EB_SYMBOL_MAX 24      /* bytes of a symbol name with its final zero */
#define EB_NAME_MAX 32        /* bytes of a profile, strategy or owner name with its final zero */
#define EB_REASON_MAX 96      /* bytes of a policy's reason with its final zero */
#define EB_LEGS_MAX 12        /* legs of an episode, hit ones included */
#define EB_CURVE_MAX 6        /* thresholds of a tightening curve */
#define EB_MEMORY_MAX 16      /* scalars of policy memory per position */
#define EB_MEMORY_KEY_MAX 24  /* bytes of a memory key with its final zero */
#define EB_MEMORY_TEXT_MAX 32 /* bytes of a memory string with its final zero */
#define EB_HASH_SIZE 32       /* SHA-256 */

typedef uint32_t eb_symbol_id;   /* index of a symbol: the order in which INSTRUMENT events introduced them, from 0 */
typedef uint32_t eb_position_id; /* index of a position slot: 2 * symbol + (1 for the SHORT leg of hedge mode) */
#define EB_NO_SYMBOL UINT32_MAX
#define EB_NO_POSITION UINT32_MAX

/* Why an order exists. Purposes are priorities too: a lower value goes first in every budget (semantics 5). */
enum eb_purpose {
    EB_PURPOSE_STOP = 0,
    EB_PURPOSE_FULL_EXIT,
    EB_PURPOSE_FLATTEN,
    EB_PURPOSE_BACKSTOP,
    EB_PURPOSE_BRIDGE,
    EB_PURPOSE_TARGET,
    EB_PURPOSE_PARTIAL,
    EB_PURPOSE_SOFT,
    EB_PURPOSE_COUNT
};

/*
 * A client order id, derived and never random, so that the same intent always has the same id (semantics 9).
 * Written on the wire as text by eb_client_id_format(). All zero means "not ours".
 */
typedef struct eb_client_id {
    uint32_t instance; /* epoch of the engine instance, from 1 */
    uint32_t episode;  /* serial of the episode on this instance, from 1 */
    uint32_t attempt;  /* from 0, new for each firing or retry; a start of the engine begins at another 65,536 */
    uint8_t purpose;   /* enum eb_purpose */
    uint8_t leg;       /* leg id, 0 where none */
    uint8_t slice;     /* from 0, orders of one intent split by the market lot size */
    uint8_t pad;       /* zero, so that ids compare and hash as bytes */
} eb_client_id;
_Static_assert(sizeof(eb_client_id) == 16, "compared and hashed as bytes");
#define EB_CLIENT_ID_TEXT_MAX 37 /* 36 characters and a zero: the venue's limit */
