/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured logs: a stable dotted event name and typed keys, one JSON object a line to a sink.
 *     eb_log(log, EB_LOG_INFO, "order.submitted", EB_STR("symbol", s), EB_DEC8("price", p));
 *     {"ts":1700000000000,"level":"info","event":"order.submitted","symbol":"BTCUSDT","price":"42000.1"}
 * Secrets have a type of their own that prints ***. Decimals are strings, as everywhere in this program's JSON.
 */
#pragma once

#include "base/err.h"

enum eb_log_level { EB_LOG_DEBUG = 0, EB_LOG_INFO, EB_LOG_WARN, EB_LOG_ERROR, EB_LOG_ALARM };

enum eb_log_kind { EB_KV_END = 0, EB_KV_STR, EB_KV_I64, EB_KV_DEC, EB_KV_BOOL, EB_KV_SECRET };
struct eb_kv {
    enum eb_log_kind kind;
    const char *key;
    const char *str;
    int64_t i64;
    int scale; /* decimals of an EB_KV_DEC */
};
#define EB_STR(k, v) ((struct eb_kv){.kind = EB_KV_STR, .key = (k), .str = (v)})
#define EB_I64(k, v) ((struct eb_kv){.kind = EB_KV_I64, .key = (k), .i64 = (int64_t)(v)})
#define EB_DEC8(k, v) ((struct eb_kv){.kind = EB_KV_DEC, .key = (k), .i64 = (v).e8, .scale = 8})
#define EB_PPM6(k, v) ((struct eb_kv){.kind = EB_KV_DEC, .key = (k), .i64 = (v), .scale = 6})
#define EB_BOOL(k, v) ((struct eb_kv){.kind = EB_KV_BOOL, .key = (k), .i64 = (v) ? 1 : 0})
#define EB_SECRET(k, v) ((struct eb_kv){.kind = EB_KV_SECRET, .key = (k), .str = (v)})
#define EB_KEND ((struct eb_kv){.kind = EB_KV_END})

/* Receives one finished line without its newline; valid during the call only. */
typedef void (*eb_log_sink)(void *user, enum eb_log_level level, const char *line);

struct eb_log {
    eb_log_sink sink; /* NULL: nothing is logged */
    void *user;
    enum eb_log_level min_level;
    int64_t now_ms; /* set by the host before each turn: the log has no clock of its own */
};
/* Name of a level in lower case ("info"). Static string. */
const char *eb_log_level_name(enum eb_log_level level);

/* Writes one line if log is not NULL, has a sink, and level is at least its min_level. kvs is an array closed by
 * EB_KEND. A line never exceeds EB_LOG_LINE_MAX bytes and is always whole JSON: a string that does not fit is cut,
 * what follows it is left out, and the line ends with "cut":true. */
#define EB_LOG_LINE_MAX 2000
void eb_log_write(const struct eb_log *log, enum eb_log_level level, const char *event, const struct eb_kv *kvs);
#define eb_log(log, level, event, ...) \
    eb_log_write((log), (level), (event), (const struct eb_kv[]){__VA_ARGS__, EB_KEND})
