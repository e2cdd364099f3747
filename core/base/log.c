/* SPDX-License-Identifier: Apache-2.0 */
/* Structured logs: keys and values go into one line on the stack, which is handed to the sink. No allocation. */
#include "base/log.h"

#include <string.h>

#include "base/buffer.h"
#include "base/decimal.h"

#define CUT_TAIL ",\"cut\":true}"
#define BODY_MAX (EB_LOG_LINE_MAX + 1 - sizeof("\"" CUT_TAIL)) /* a cut string's quote and the tail always fit */

struct line {
    char data[EB_LOG_LINE_MAX + 1];
    size_t len;
    bool cut;
};

const char *eb_log_level_name(enum eb_log_level level)
{
    switch (level) {
    case EB_LOG_DEBUG:
        return "debug";
    case EB_LOG_INFO:
        return "info";
    case EB_LOG_WARN:
        return "warn";
    case EB_LOG_ERROR:
        return "error";
    case EB_LOG_ALARM:
        return "alarm";
    }
    return "unknown";
}

static void put(struct line *l, const char *text, size_t len)
{
    if (l->cut || l->len + len > BODY_MAX) {
        l->cut = true;
        return;
    }
    memcpy(l->data + l->len, text, len);
    l->len += len;
}

static void put_text(struct line *l, const char *text)
{
    put(l, text, strlen(text));
}

/* A string that does not fit keeps its beginning and its closing quote: what the room behind BODY_MAX is for. */
static void put_string(struct line *l, const char *text)
{
    put(l, "\"", 1);
    if (l->cut) {
        return;
    }
    while (*text != '\0' && !l->cut) {
        char escaped[EB_JSON_ESCAPE_MAX];
        size_t len;
        text += eb_json_escape(text, escaped, &len);
        put(l, escaped, len);
    }
    l->data[l->len++] = '"';
}

static void put_decimal(struct line *l, int64_t value, int scale)
{
    char text[EB_DECIMAL_TEXT_MAX];
    put(l, text, eb_decimal_format(value, scale, text));
}

static void put_value(struct line *l, const struct eb_kv *kv)
{
    switch (kv->kind) {
    case EB_KV_END:
        return;
    case EB_KV_STR:
        if (kv->str == NULL) {
            put_text(l, "null");
        } else {
            put_string(l, kv->str);
        }
        return;
    case EB_KV_I64:
        put_decimal(l, kv->i64, 0);
        return;
    case EB_KV_DEC:
        put_text(l, "\"");
        put_decimal(l, kv->i64, kv->scale);
        put_text(l, "\"");
        return;
    case EB_KV_BOOL:
        put_text(l, kv->i64 != 0 ? "true" : "false");
        return;
    case EB_KV_SECRET:
        put_text(l, "\"***\""); /* not even whether there is one, or how long */
        return;
    }
}

/* Only a string may be left incomplete: any other pair that does not fit is taken back. */
static void put_pair(struct line *l, const struct eb_kv *kv)
{
    size_t before = l->len;
    put(l, ",", 1);
    put_string(l, kv->key);
    put_text(l, ":");
    bool cut_in_key = l->cut;
    size_t at_value = l->len;
    put_value(l, kv);
    bool partial_string = kv->kind == EB_KV_STR && kv->str != NULL && l->len > at_value;
    if (cut_in_key || (l->cut && !partial_string)) {
        l->len = before;
    }
}

void eb_log_write(const struct eb_log *log, enum eb_log_level level, const char *event, const struct eb_kv *kvs)
{
    if (log == NULL || log->sink == NULL || level < log->min_level) {
        return;
    }
    struct line l;
    l.len = 0;
    l.cut = false;
    put_text(&l, "{\"ts\":");
    put_decimal(&l, log->now_ms, 0);
    put_text(&l, ",\"level\":\"");
    put_text(&l, eb_log_level_name(level));
    put_text(&l, "\",\"event\":");
    put_string(&l, event);
    for (const struct eb_kv *kv = kvs; kv->kind != EB_KV_END && !l.cut; kv++) {
        put_pair(&l, kv);
    }
    const char *tail = l.cut ? CUT_TAIL : "}";
    memcpy(l.data + l.len, tail, strlen(tail) + 1);
    log->sink(log->user, level, l.data);
}
