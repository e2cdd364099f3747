/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests as they come over the socket, read strictly: what is not known is an error that names it, because a key that
 * was misspelt would otherwise be a command that does something else.
 */
#include "app/control_inner.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "feed/json.h"
#include "feed/nearest.h"

static const char area[] = "control";

enum kind { A_BOOL, A_TEXT, A_HEX, A_COUNT };
struct key {
    const char *name;
    enum kind kind;
    size_t offset;
    size_t max; /* bytes of a text; largest number */
};
#define AT(field) offsetof(struct eb_control_args, field)
static const struct key keys[EB_ARG_COUNT] = {
    [EB_ARG_COLOUR] = {"colour", A_BOOL, AT(colour), 0},
    [EB_ARG_COLUMNS] = {"columns", A_COUNT, AT(columns), 10000},
    [EB_ARG_WANT] = {"want", A_TEXT, AT(want), 8},
    [EB_ARG_SYMBOL] = {"symbol", A_TEXT, AT(symbol), EB_SYMBOL_MAX + 6},
    [EB_ARG_ALL] = {"all", A_BOOL, AT(all), 0},
    [EB_ARG_YES] = {"yes", A_BOOL, AT(yes), 0},
    [EB_ARG_ID] = {"id", A_HEX, AT(id), 16},
    [EB_ARG_WHY] = {"why", A_TEXT, AT(why), EB_REASON_MAX - 1},
    [EB_ARG_DIR] = {"dir", A_TEXT, AT(dir), EB_SHARE_PATH_MAX - 1},
    [EB_ARG_CONFIRM] = {"confirm", A_TEXT, AT(confirm), (size_t)2 * EB_HASH_SIZE},
    [EB_ARG_EXECUTOR] = {"executor", A_TEXT, AT(executor), 32},
    [EB_ARG_ROLLOUT] = {"rollout", A_TEXT, AT(rollout), 32},
    [EB_ARG_EXIT] = {"exit", A_TEXT, AT(exit), 32},
    [EB_ARG_LEDGER] = {"ledger", A_BOOL, AT(ledger), 0},
    [EB_ARG_SINCE] = {"since", A_TEXT, AT(since), 40},
    [EB_ARG_CHALLENGER] = {"challenger", A_TEXT, AT(challenger), EB_NAME_MAX - 1},
    [EB_ARG_NAME] = {"name", A_TEXT, AT(name), 64},
    [EB_ARG_VALUE] = {"value", A_TEXT, AT(value), 64},
    [EB_ARG_FOR] = {"for", A_TEXT, AT(for_how_long), 32},
    [EB_ARG_CLEAR] = {"clear", A_BOOL, AT(clear), 0},
};

static int wrong(struct eb_request *q, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static int wrong(struct eb_request *q, int code, const char *fmt, ...)
{
    char text[sizeof(q->answer.err.msg)];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    q->answer.status = EB_STATUS_USAGE;
    return eb_err_set(&q->answer.err, code, area, "%s", text);
}

static bool has_control_characters(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f) {
            return true;
        }
    }
    return false;
}

static int read_text(struct eb_request *q, const struct key *k, const char *text, const char **out)
{
    if (strlen(text) > k->max) {
        return wrong(q, EB_E_INVALID, "args.%s: %zu bytes, at most %zu are taken", k->name, strlen(text), k->max);
    }
    if (has_control_characters(text)) {
        return wrong(q, EB_E_INVALID, "args.%s: control characters (newline, tab ...) are not taken", k->name);
    }
    *out = text;
    return EB_OK;
}

static int read_hex(struct eb_request *q, const struct key *k, const char *text, uint64_t *out)
{
    uint64_t value = 0;
    bool good = strlen(text) == k->max;
    for (const char *at = text; good && *at != '\0'; at++) {
        const char *digit = strchr("0123456789abcdef", *at);
        good = digit != NULL;
        value = good ? value << 4 | (uint64_t)(digit - "0123456789abcdef") : value;
    }
    if (!good || value == 0) {
        return wrong(q, EB_E_INVALID, "args.%s: \"%.40s\" must be %zu hexadecimal digits (0-9, a-f), not all 0",
                     k->name, text, k->max);
    }
    *out = value;
    return EB_OK;
}

static int read_value(struct eb_request *q, const struct key *k, const cJSON *item)
{
    static const char *const wanted[] = {[A_BOOL] = "true or false",
                                         [A_TEXT] = "a string",
                                         [A_HEX] = "a string of hexadecimal digits",
                                         [A_COUNT] = "a whole number"};
    unsigned char *out = (unsigned char *)&q->args + k->offset;
    const char *text = cJSON_GetStringValue(item);
    switch (k->kind) {
    case A_BOOL:
        if (cJSON_IsBool(item)) {
            bool value = cJSON_IsTrue(item);
            memcpy(out, &value, sizeof(value));
            return EB_OK;
        }
        break;
    case A_COUNT: {
        int64_t value = cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= (double)k->max
                            ? (int64_t)item->valuedouble
                            : -1;
        if (value >= 0 && (double)value >= item->valuedouble) {
            memcpy(out, &value, sizeof(value));
            return EB_OK;
        }
        return wrong(q, EB_E_INVALID, "args.%s: must be %s from 0 to %zu", k->name, wanted[k->kind], k->max);
    }
    case A_TEXT:
        if (text != NULL) {
            return read_text(q, k, text, (const char **)(void *)out);
        }
        break;
    case A_HEX:
        if (text != NULL) {
            return read_hex(q, k, text, (uint64_t *)(void *)out);
        }
        break;
    }
    return wrong(q, EB_E_INVALID, "args.%s: must be %s", k->name, wanted[k->kind]);
}

static int unknown_key(struct eb_request *q, const char *name)
{
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    for (unsigned i = 0; i < EB_ARG_COUNT; i++) {
        if ((q->command->takes & 1u << i) != 0) {
            eb_nearest_offer(&near, name, keys[i].name);
        }
    }
    return wrong(q, EB_E_INVALID, "args.%.40s: %s does not take it%s", name, q->command->name,
                 eb_nearest_text(&near, hint));
}

static int read_args(struct eb_request *q, const cJSON *args)
{
    unsigned given = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, args)
    {
        unsigned i = 0;
        while (i < EB_ARG_COUNT && ((q->command->takes & 1u << i) == 0 || strcmp(keys[i].name, item->string) != 0)) {
            i++;
        }
        if (i == EB_ARG_COUNT) {
            return unknown_key(q, item->string);
        }
        if ((given & 1u << i) != 0) {
            return wrong(q, EB_E_INVALID, "args.%s: given twice", keys[i].name);
        }
        given |= 1u << i;
        int rc = read_value(q, &keys[i], item);
        if (rc != EB_OK) {
            return rc;
        }
    }
    for (unsigned i = 0; i < EB_ARG_COUNT; i++) {
        if ((q->command->needs & ~given & 1u << i) != 0) {
            return wrong(q, EB_E_INVALID, "args.%s: is missing: %s needs it", keys[i].name, q->command->name);
        }
    }
    return EB_OK;
}

static int read_command(struct eb_request *q, const char *name)
{
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    for (unsigned i = 0; i < eb_control_command_count; i++) {
        if (strcmp(eb_control_commands[i].name, name) == 0) {
            q->command = &eb_control_commands[i];
            return EB_OK;
        }
        eb_nearest_offer(&near, name, eb_control_commands[i].name);
    }
    return wrong(q, EB_E_INVALID, "\"%.40s\": no such command%s", name, eb_nearest_text(&near, hint));
}

/* v, id, cmd and args, each once, and nothing else. */
static int check_members(struct eb_request *q)
{
    static const char *const names[] = {"v", "id", "cmd", "args"};
    unsigned seen = 0;
    const cJSON *item;
    cJSON_ArrayForEach(item, q->root)
    {
        unsigned i = 0;
        while (i < EB_COUNT(names) && strcmp(names[i], item->string) != 0) {
            i++;
        }
        if (i == EB_COUNT(names) || (seen & 1u << i) != 0) {
            return wrong(q, EB_E_INVALID, "\"%.40s\": %s (v, id, cmd, args)", item->string,
                         i < EB_COUNT(names) ? "given twice" : "no such member of a request");
        }
        seen |= 1u << i;
    }
    return EB_OK;
}

static int read_id(struct eb_request *q)
{
    const cJSON *id = cJSON_GetObjectItemCaseSensitive(q->root, "id");
    const char *text = cJSON_GetStringValue(id);
    if (id == NULL) {
        return EB_OK;
    }
    if (text == NULL || strlen(text) >= sizeof(q->id)) {
        return wrong(q, EB_E_INVALID, "id: must be a string of at most %zu bytes", sizeof(q->id) - 1);
    }
    memcpy(q->id, text, strlen(text) + 1);
    q->has_id = true;
    return EB_OK;
}

static int read_want(struct eb_request *q)
{
    const char *want = q->args.want;
    q->answer.no_text = want != NULL && strcmp(want, "doc") == 0;
    q->answer.no_doc = want != NULL && strcmp(want, "text") == 0;
    if (want != NULL && !q->answer.no_text && !q->answer.no_doc && strcmp(want, "both") != 0) {
        return wrong(q, EB_E_INVALID, "args.want: \"%.8s\" must be text, doc or both", want);
    }
    q->answer.colour = q->args.colour;
    q->answer.columns = (unsigned)q->args.columns;
    return EB_OK;
}

int eb_request_read(struct eb_request *q, const char *line, size_t len)
{
    struct eb_err err;
    if (memchr(line, '\0', len) != NULL || eb_json_parse("request", line, len, &q->root, &err) != EB_OK ||
        !cJSON_IsObject(q->root)) {
        return wrong(q, EB_E_CORRUPT,
                     "this is no request: one JSON object a line is, "
                     "{\"v\":1,\"id\":\"1\",\"cmd\":\"status\",\"args\":{}}");
    }
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(q->root, "v");
    const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(q->root, "cmd"));
    const cJSON *args = cJSON_GetObjectItemCaseSensitive(q->root, "args");
    int rc = read_id(q);
    rc = rc == EB_OK ? check_members(q) : rc;
    if (rc != EB_OK) {
        return rc;
    }
    if (!cJSON_IsNumber(version) || version->valueint != EB_CONTROL_VERSION) {
        return wrong(q, EB_E_INVALID, "v: this engine speaks version %d: use the program that it was started with",
                     EB_CONTROL_VERSION);
    }
    if (name == NULL) {
        return wrong(q, EB_E_INVALID, "cmd: must be a string, the name of a command");
    }
    if (args != NULL && !cJSON_IsObject(args)) {
        return wrong(q, EB_E_INVALID, "args: must be an object");
    }
    rc = read_command(q, name);
    rc = rc == EB_OK ? read_args(q, args) : rc;
    return rc == EB_OK ? read_want(q) : rc;
}

enum eb_control_when eb_request_refuse(struct eb_request *q, enum eb_status status, const char *fmt, ...)
{
    char text[sizeof(q->answer.err.msg)];
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    q->answer.status = (uint8_t)status;
    (void)eb_err_set(&q->answer.err, EB_E_REFUSED, area, "%s", text);
    return EB_ANSWER_NOW;
}
