/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and printing the configuration; what there is to configure is in config_keys.c. */
#include "app/config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "feed/nearest.h"
#include "feed/text_source.h"
#include "policy/policy.h"

#define PREFIX "EXITBRAIN_"
#define WHAT_MAX 200

static const char where[] = "config";

/* Variables of that prefix that are not keys: where tests find market data. */
static const char *const other_variables[] = {PREFIX "DATA"};

/* ---- fields ------------------------------------------------------------------------------------------------------ */

static int64_t get(const struct eb_config *c, const struct eb_config_key *k)
{
    const char *at = (const char *)c + k->offset;
    int64_t wide;
    uint32_t word;
    switch (k->size) {
    case sizeof(uint8_t):
        return *(const uint8_t *)at;
    case sizeof(uint32_t):
        memcpy(&word, at, sizeof(word));
        return word;
    case sizeof(int64_t):
        memcpy(&wide, at, sizeof(wide));
        return wide;
    default:
        break;
    }
    EB_ASSERT(false); /* a field of the table has another width */
}

static void put(struct eb_config *c, const struct eb_config_key *k, int64_t v)
{
    char *at = (char *)c + k->offset;
    uint32_t word = (uint32_t)v;
    switch (k->size) {
    case sizeof(uint8_t):
        *(uint8_t *)at = (uint8_t)v;
        return;
    case sizeof(uint32_t):
        memcpy(at, &word, sizeof(word));
        return;
    case sizeof(int64_t):
        memcpy(at, &v, sizeof(v));
        return;
    default:
        break;
    }
    EB_ASSERT(false);
}

static const struct eb_config_key *find(const char *name, unsigned *index)
{
    unsigned count;
    const struct eb_config_key *key = eb_config_keys(&count);
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(key[i].name, name) == 0) {
            *index = i;
            return &key[i];
        }
    }
    return NULL;
}

static int set_text(struct eb_config *c, const struct eb_config_key *k, const char *what, const char *text,
                    struct eb_err *err)
{
    size_t len = strlen(text);
    if (len >= k->size) {
        return eb_err_set(err, EB_E_INVALID, where, "%s: \"%.40s...\" is longer than %zu bytes", what, text,
                          k->size - 1);
    }
    memcpy((char *)c + k->offset, text, len + 1);
    return EB_OK;
}

static int set(struct eb_config *c, unsigned index, const char *what, const char *text, enum eb_config_source source,
               struct eb_err *err)
{
    static const char *const booleans[] = {"false", "true", NULL};
    unsigned count;
    const struct eb_config_key *k = &eb_config_keys(&count)[index];
    int64_t v = 0;
    int rc = EB_E_INVALID;
    switch (k->kind) {
    case EB_KEY_CHOICE:
        rc = eb_value_choice(what, text, k->choices, &v, err);
        break;
    case EB_KEY_BOOL:
        rc = eb_value_choice(what, text, booleans, &v, err);
        break;
    case EB_KEY_RATIO:
        rc = eb_value_ratio(what, text, k->unit, k->min, k->max, &v, err);
        break;
    case EB_KEY_DURATION:
        rc = eb_value_duration(what, text, k->min, k->max, &v, err);
        break;
    case EB_KEY_INTEGER:
        rc = eb_value_integer(what, text, k->min, k->max, &v, err);
        break;
    case EB_KEY_DECIMAL:
        rc = eb_value_decimal(what, text, k->min, k->max, &v, err);
        break;
    case EB_KEY_TEXT:
        rc = set_text(c, k, what, text, err);
        break;
    }
    if (rc == EB_OK) {
        c->source[index] = (uint8_t)source;
        if (k->kind != EB_KEY_TEXT) {
            put(c, k, v);
        }
    }
    return rc;
}

int eb_config_set(struct eb_config *c, const char *name, const char *what, const char *text,
                  enum eb_config_source source, struct eb_err *err)
{
    unsigned index = 0;
    EB_ASSERT(find(name, &index) != NULL);
    return set(c, index, what, text, source, err);
}

void eb_config_default(struct eb_config *c)
{
    memset(c, 0, sizeof(*c));
    eb_engine_config_default(&c->engine);
    c->engine.instance = 0; /* the journal's */
    c->legacy_trailing = true;
    c->watch = true;
    c->watch_quiet_ms = 200;
    c->journal_keep_ms = INT64_C(7) * 24 * 3600 * 1000;
    c->journal_image_every = 20000;
    c->journal_hash_every = 2000;
    c->log_level = EB_LOG_INFO;
    c->binance = (struct eb_config_binance){
        .environment = EB_BINANCE_DEMO,
        .recv_window_ms = 5000,
        .timeout_ms = 10000,
        .history_wait_ms = 1500,
        .keep_alive_ms = INT64_C(20) * 60 * 1000,
        .rollover_ms = INT64_C(23) * 3600 * 1000,
        .silent_market_ms = 10000,
        .silent_user_ms = INT64_C(6) * 60 * 1000,
        .account_every_ms = 60000,
        .filters_every_ms = INT64_C(3600) * 1000,
        .weight_share_pct = 80,
        .orders_share_pct = 80,
        .history_bars = 1320, /* 21 closed bars of the longest frame, an hour, however it began */
    };
    c->paper.balance.e8 = 10000 * EB_E8;
    c->paper.latency_ms = 15;
    c->paper.seed = 1;
    c->paper.speed_ppm = EB_PPM;
}

/* ---- file -------------------------------------------------------------------------------------------------------- */

struct reading {
    struct eb_config *c;
    const char *name;
};

static int unknown_key(const char *what, const char *path, struct eb_err *err)
{
    struct eb_nearest near = {0};
    char hint[EB_NEAREST_TEXT_MAX];
    unsigned count;
    const struct eb_config_key *key = eb_config_keys(&count);
    size_t len = strlen(path);
    for (unsigned i = 0; i < count; i++) {
        if (strncmp(key[i].name, path, len) == 0 && (len == 0 || key[i].name[len] == '.')) { /* all of it, a section */
            return eb_err_set(err, EB_E_INVALID, where, "%s%sa table is wanted here: %s{ %s = ... }", what,
                              len > 0 ? ": " : "", len > 0 ? "" : "return ", len > 0 ? key[i].name + len + 1 : "mode");
        }
        eb_nearest_offer(&near, path, key[i].name);
        const char *last = strchr(key[i].name, '.') + 1; /* the key was right, its section was left out */
        if (strcmp(last, path) == 0) {
            near = (struct eb_nearest){key[i].name, 0};
        }
    }
    return eb_err_set(err, EB_E_INVALID, where, "%s: no such key%s", what, eb_nearest_text(&near, hint));
}

/* A number as the text that a person would have written, so that every source meets the same reader. */
static const char *number_text(double x, char out[EB_DECIMAL_TEXT_MAX])
{
    int64_t e8;
    if (!eb_from_double(x, 8, &e8)) {
        return NULL;
    }
    (void)eb_decimal_format(e8, 8, out);
    return out;
}

static int wrong_kind(const char *what, const char *wanted, struct eb_err *err)
{
    return eb_err_set(err, EB_E_INVALID, where, "%s: %s is wanted here", what, wanted);
}

static int visit(void *user, const struct eb_lua_value *v, struct eb_err *err)
{
    const struct reading *r = user;
    char what[WHAT_MAX];
    char number[EB_DECIMAL_TEXT_MAX];
    unsigned index = 0;
    char line[16] = "";
    if (v->line > 0) {
        (void)snprintf(line, sizeof(line), ":%d", v->line);
    }
    (void)snprintf(what, sizeof(what), "%s%s: %s", r->name, line, v->path);
    const struct eb_config_key *k = find(v->path, &index);
    if (k == NULL) {
        return unknown_key(what, v->path, err);
    }
    const char *text = v->text;
    if (k->kind == EB_KEY_BOOL) {
        if (v->kind != EB_LV_BOOL) {
            return wrong_kind(what, "true or false", err);
        }
        text = v->number != 0 ? "true" : "false";
    } else if (k->kind == EB_KEY_RATIO || k->kind == EB_KEY_INTEGER || k->kind == EB_KEY_DECIMAL) {
        text = v->kind == EB_LV_NUMBER ? number_text(v->number, number) : NULL;
        if (text == NULL) {
            return wrong_kind(what, "a number", err);
        }
    } else if (k->kind == EB_KEY_DURATION && v->kind == EB_LV_NUMBER) {
        return wrong_kind(what, "a text with a unit (\"10s\", \"500ms\", \"5m\")", err);
    } else if (v->kind != EB_LV_TEXT) {
        return wrong_kind(what, "a text", err);
    }
    return set(r->c, index, what, text, EB_FROM_FILE, err);
}

int eb_config_read_text(struct eb_config *c, const char *name, const char *text, size_t len, struct eb_err *err)
{
    struct reading r = {c, name};
    return eb_lua_table_read(name, text, len, visit, &r, err);
}

int eb_config_read(struct eb_config *c, const char *path, struct eb_err *err)
{
    struct eb_buffer text;
    int rc = eb_text_read_all(path, &text, err);
    if (rc == EB_OK) {
        rc = eb_config_read_text(c, eb_path_shown(path), eb_buffer_str(&text), text.len, err);
        eb_buffer_deinit(&text);
    }
    return rc;
}

/* ---- environment ------------------------------------------------------------------------------------------------- */

const char *eb_config_variable(const struct eb_config_key *key, char out[EB_CONFIG_NAME_MAX])
{
    if (key->environment != NULL) {
        return key->environment;
    }
    size_t at = (size_t)snprintf(out, EB_CONFIG_NAME_MAX, PREFIX "%s", key->name);
    EB_ASSERT(at < EB_CONFIG_NAME_MAX);
    for (char *p = out; *p != '\0'; p++) {
        *p = *p == '.' ? '_' : *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
    }
    return out;
}

static int unknown_variable(const char *name, struct eb_err *err)
{
    char variable[EB_CONFIG_KEYS_MAX][EB_CONFIG_NAME_MAX];
    char hint[EB_NEAREST_TEXT_MAX];
    struct eb_nearest near = {0};
    unsigned count;
    const struct eb_config_key *key = eb_config_keys(&count);
    for (unsigned i = 0; i < count; i++) {
        eb_nearest_offer(&near, name, eb_config_variable(&key[i], variable[i]));
    }
    return eb_err_set(err, EB_E_INVALID, where, "%s: no such configuration variable%s", name,
                      eb_nearest_text(&near, hint));
}

static int take_variable(struct eb_config *c, const char *name, const char *value, bool modes, struct eb_err *err)
{
    char own[EB_CONFIG_NAME_MAX];
    unsigned count;
    const struct eb_config_key *key = eb_config_keys(&count);
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(eb_config_variable(&key[i], own), name) == 0) {
            bool wanted = value[0] != '\0' && (modes || strncmp(key[i].name, "mode.", 5) != 0);
            return wanted ? set(c, i, name, value, EB_FROM_ENVIRONMENT, err) : EB_OK;
        }
    }
    bool ours = strncmp(name, PREFIX, strlen(PREFIX)) == 0;
    for (size_t i = 0; i < EB_COUNT(other_variables); i++) {
        ours = ours && strcmp(name, other_variables[i]) != 0;
    }
    return ours ? unknown_variable(name, err) : EB_OK;
}

int eb_config_environment(struct eb_config *c, char *const *environment, bool modes, struct eb_err *err)
{
    int rc = EB_OK;
    for (; rc == EB_OK && environment != NULL && *environment != NULL; environment++) {
        char name[EB_CONFIG_NAME_MAX];
        size_t len = strcspn(*environment, "=");
        if (len < sizeof(name) && (*environment)[len] == '=') {
            memcpy(name, *environment, len);
            name[len] = '\0';
            rc = take_variable(c, name, *environment + len + 1, modes, err);
        }
    }
    return rc;
}

/* ---- printing ---------------------------------------------------------------------------------------------------- */

static void quoted(const char *text, struct eb_buffer *out)
{
    (void)eb_buffer_text(out, "\"");
    for (; *text != '\0'; text++) {
        bool plain = (unsigned char)*text >= 0x20u && *text != '"' && *text != '\\';
        (void)(plain ? eb_buffer_add(out, text, 1) : eb_buffer_printf(out, "\\%03d", (unsigned char)*text));
    }
    (void)eb_buffer_text(out, "\"");
}

static int scale_of(const struct eb_config_key *k)
{
    return k->kind == EB_KEY_DECIMAL ? 8 : k->unit == EB_IN_BPS ? 2 : k->unit == EB_IN_PERCENT ? 4 : 6;
}

static void print_value(const struct eb_config *c, const struct eb_config_key *k, struct eb_buffer *out)
{
    char text[EB_DURATION_TEXT_MAX] = "";
    int64_t v = k->kind != EB_KEY_TEXT ? get(c, k) : 0;
    switch (k->kind) {
    case EB_KEY_CHOICE:
        quoted(k->choices[v], out);
        return;
    case EB_KEY_BOOL:
        (void)eb_buffer_text(out, v != 0 ? "true" : "false");
        return;
    case EB_KEY_RATIO:
    case EB_KEY_DECIMAL:
        (void)eb_decimal_format(v, scale_of(k), text);
        (void)eb_buffer_text(out, text);
        return;
    case EB_KEY_DURATION:
        quoted(eb_duration_text(v, text), out);
        return;
    case EB_KEY_INTEGER:
        (void)eb_buffer_printf(out, "%" PRId64, v);
        return;
    case EB_KEY_TEXT:
        quoted((const char *)c + k->offset, out);
        return;
    }
}

/* What is allowed, as a comment. */
static void print_range(const struct eb_config_key *k, struct eb_buffer *out)
{
    char low[EB_DURATION_TEXT_MAX];
    char high[EB_DURATION_TEXT_MAX];
    switch (k->kind) {
    case EB_KEY_CHOICE:
        for (size_t i = 0; k->choices[i] != NULL; i++) {
            (void)eb_buffer_printf(out, "%s%s", i > 0 ? "|" : "", k->choices[i]);
        }
        break;
    case EB_KEY_BOOL:
        (void)eb_buffer_text(out, "true|false");
        break;
    case EB_KEY_RATIO:
    case EB_KEY_DECIMAL:
    case EB_KEY_INTEGER:
        (void)eb_decimal_format(k->min, k->kind == EB_KEY_INTEGER ? 0 : scale_of(k), low);
        (void)eb_decimal_format(k->max, k->kind == EB_KEY_INTEGER ? 0 : scale_of(k), high);
        (void)eb_buffer_printf(out, "%s .. %s", low, high);
        break;
    case EB_KEY_DURATION:
        (void)eb_buffer_printf(out, "%s .. %s", eb_duration_text(k->min, low), eb_duration_text(k->max, high));
        break;
    case EB_KEY_TEXT:
        (void)eb_buffer_text(out, "text");
        break;
    }
}

void eb_config_print(const struct eb_config *c, struct eb_buffer *out)
{
    static const char *const sources[] = {"", " -- from the file", " -- from the environment",
                                          " -- from the command line"};
    unsigned count;
    const struct eb_config_key *key = eb_config_keys(&count);
    const char *section = "";
    size_t section_len = 0;
    (void)eb_buffer_text(out, "return {\n");
    for (unsigned i = 0; i < count; i++) {
        size_t len = strcspn(key[i].name, ".");
        if (len != section_len || strncmp(section, key[i].name, len) != 0) {
            (void)eb_buffer_printf(out, "%s  %.*s = {\n", i > 0 ? "  },\n" : "", (int)len, key[i].name);
            section = key[i].name;
            section_len = len;
        }
        char variable[EB_CONFIG_NAME_MAX];
        (void)eb_buffer_printf(out, "    -- %s (", key[i].help);
        print_range(&key[i], out);
        (void)eb_buffer_printf(out, "; %s)\n    %s = ", eb_config_variable(&key[i], variable), key[i].name + len + 1);
        print_value(c, &key[i], out);
        (void)eb_buffer_printf(out, ",%s\n", sources[c->source[i]]);
    }
    (void)eb_buffer_text(out, "  },\n}\n");
}
