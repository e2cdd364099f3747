/* SPDX-License-Identifier: Apache-2.0 */
/* eb_policy as its users see it: open, consult, rebuild after a breach, idle, close. */
#include "policy/set.h"

#include <stdio.h>
#include <string.h>

#include "base/hash.h"

static const char where[] = "policy.host";

enum { OVERRIDES_MAX = 64 };

static void *take(const struct eb_heap *heap, size_t size)
{
    void *block = heap->resize(heap->user, NULL, size);
    if (block != NULL) {
        memset(block, 0, size);
    }
    return block;
}

static char *copy_text(const struct eb_heap *heap, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = heap->resize(heap->user, NULL, size);
    if (copy != NULL) {
        memcpy(copy, text, size);
    }
    return copy;
}

static int copy_options(struct eb_policy *p, const struct eb_policy_options *opt, struct eb_err *err)
{
    static const struct eb_policy_options none = {0};
    opt = opt != NULL ? opt : &none;
    p->instructions_max = opt->instructions_max != 0 ? opt->instructions_max : 200000;
    p->load_instructions_max = opt->load_instructions_max != 0 ? opt->load_instructions_max : 20000000;
    p->memory_max = opt->memory_max != 0 ? opt->memory_max : (size_t)4 * 1024 * 1024;
    p->log = opt->log;
    p->has_trailing_stop = opt->qt_trailing_stop_enabled != NULL;
    p->trailing_stop = p->has_trailing_stop && *opt->qt_trailing_stop_enabled;
    size_t count = 0;
    while (opt->settings != NULL && opt->settings[count] != NULL) {
        count++;
    }
    if (count > OVERRIDES_MAX) {
        return eb_err_set(err, EB_E_FULL, where, "more than %d settings are overridden", OVERRIDES_MAX);
    }
    if (count > 0) {
        p->overrides = take(&p->heap, count * sizeof(*p->overrides));
    }
    for (size_t i = 0; p->overrides != NULL && i < count; i++) {
        p->overrides[i] = copy_text(&p->heap, opt->settings[i]);
        p->override_count += p->overrides[i] != NULL;
    }
    if (opt->profile != NULL) {
        p->profile = copy_text(&p->heap, opt->profile);
    }
    if (p->override_count != count || (opt->profile != NULL && p->profile == NULL)) {
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for the settings");
    }
    return eb_set_copy_functions(p, opt->functions, opt->function_count, err);
}

static int read_library(struct eb_policy *p, const char *dir, const char *lib_dir, struct eb_err *err)
{
    for (unsigned i = 0; i < p->sources.count; i++) {
        if (strncmp(p->sources.file[i].name, "exitbrain/", 10) == 0 ||
            strcmp(p->sources.file[i].name, "exitbrain.lua") == 0) {
            return eb_err_set(err, EB_E_REFUSED, where, "%s: the name exitbrain belongs to the library",
                              p->sources.file[i].name);
        }
    }
    if (lib_dir != NULL) {
        return eb_sources_read(&p->sources, lib_dir, "exitbrain", err);
    }
    /* policies/, examples/x/ and examples/x/y/ beside lua/, in a checkout as after installation */
    static const char *const beside[] = {"/../lua/exitbrain", "/../../lua/exitbrain", "/../../../lua/exitbrain"};
    for (size_t i = 0; dir != NULL && i < EB_COUNT(beside); i++) {
        char path[1024];
        int n = snprintf(path, sizeof(path), "%s%s", dir, beside[i]);
        if (n < 0 || (size_t)n >= sizeof(path)) {
            continue;
        }
        struct eb_err here;
        int code = eb_sources_read(&p->sources, path, "exitbrain", &here);
        if (code != EB_E_NOT_FOUND) {
            return code == EB_OK ? EB_OK : eb_err_set(err, code, here.where, "%s", here.msg);
        }
    }
    return EB_OK; /* a set without a library: `require "exitbrain.x"` will say so */
}

static int read_sources(struct eb_policy *p, const char *dir, const struct eb_policy_text *texts, size_t count,
                        const char *lib_dir, struct eb_err *err)
{
    int code = EB_OK;
    p->sources.heap = p->heap;
    if (dir != NULL) {
        code = eb_sources_read(&p->sources, dir, "", err);
    }
    for (size_t i = 0; dir == NULL && code == EB_OK && i < count; i++) {
        code = eb_sources_add(&p->sources, texts[i].name, texts[i].text, texts[i].len, err);
    }
    if (code == EB_OK && eb_sources_find(&p->sources, "init.lua") == NULL) {
        code = eb_err_set(err, EB_E_NOT_FOUND, where, "%s: no init.lua: that is where a policy set begins",
                          dir != NULL ? dir : "the texts");
    }
    if (code == EB_OK) {
        code = read_library(p, dir, lib_dir, err);
    }
    eb_sources_sort(&p->sources);
    return code;
}

/* Every file of the set, those of the library that it uses, and the settings in force. */
static void hash_set(struct eb_policy *p)
{
    struct eb_sha256 sha;
    eb_sha256_init(&sha);
    for (unsigned i = 0; i < p->sources.count; i++) {
        const struct eb_source *f = &p->sources.file[i];
        if (!f->used && strncmp(f->name, "exitbrain/", 10) == 0) {
            continue;
        }
        uint8_t len[8];
        for (size_t b = 0; b < sizeof(len); b++) {
            len[b] = (uint8_t)((uint64_t)f->len >> (8 * b));
        }
        eb_sha256_add(&sha, f->name, strlen(f->name) + 1);
        eb_sha256_add(&sha, len, sizeof(len));
        eb_sha256_add(&sha, f->text, f->len);
    }
    eb_sha256_add(&sha, "settings", sizeof("settings"));
    eb_sha256_add(&sha, eb_buffer_str(&p->settings), p->settings.len);
    eb_sha256_final(&sha, p->hash);
    eb_hex(p->hash, sizeof(p->hash), p->hash_text);
}

static int build_first(struct eb_policy *p, struct eb_err *err)
{
    int code = eb_set_build(p, &p->box, true, err);
    if (code == EB_OK && p->has_self_test) {
        /* What the self test left behind in the files' variables must not reach a decision. */
        eb_sandbox_close(&p->box);
        code = eb_set_build(p, &p->box, false, err);
    }
    if (code == EB_OK) {
        hash_set(p);
    } else if (err != NULL) {
        eb_set_place(p, err);
    }
    return code;
}

int eb_policy_open_with(const struct eb_heap *heap, const char *dir, const struct eb_policy_text *texts, size_t count,
                        const struct eb_policy_options *opt, struct eb_policy **out, struct eb_err *err)
{
    *out = NULL;
    struct eb_policy *p = take(heap, sizeof(*p));
    if (p == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for a policy set");
    }
    p->heap = *heap;
    eb_buffer_init(&p->settings, EB_SETTINGS_TEXT_MAX);
    int code = copy_options(p, opt, err);
    if (code == EB_OK) {
        code = read_sources(p, dir, texts, count, opt != NULL ? opt->lib_dir : NULL, err);
    }
    if (code == EB_OK) {
        code = build_first(p, err);
    }
    if (code != EB_OK) {
        eb_policy_close(p);
        return code;
    }
    *out = p;
    return EB_OK;
}

static int copy_sources(const struct eb_sources *from, struct eb_sources *to, struct eb_err *err)
{
    int code = EB_OK;
    for (unsigned i = 0; code == EB_OK && i < from->count; i++) {
        const struct eb_source *f = &from->file[i];
        code = eb_sources_add(to, f->name, f->text, f->len, err);
    }
    return code;
}

int eb_policy_copy(const struct eb_policy *p, struct eb_policy **out, struct eb_err *err)
{
    *out = NULL;
    struct eb_policy *copy = take(&p->heap, sizeof(*copy));
    if (copy == NULL) {
        return eb_err_set(err, EB_E_MEMORY, where, "no memory for a copy of the policy set");
    }
    copy->heap = p->heap;
    copy->sources.heap = p->heap;
    eb_buffer_init(&copy->settings, EB_SETTINGS_TEXT_MAX);
    const char *overrides[OVERRIDES_MAX + 1] = {NULL};
    for (size_t i = 0; i < p->override_count; i++) {
        overrides[i] = p->overrides[i];
    }
    const struct eb_policy_options opt = {.settings = overrides,
                                          .profile = p->profile,
                                          .qt_trailing_stop_enabled = p->has_trailing_stop ? &p->trailing_stop : NULL,
                                          .instructions_max = p->instructions_max,
                                          .load_instructions_max = p->load_instructions_max,
                                          .memory_max = p->memory_max,
                                          .functions = p->functions,
                                          .function_count = p->function_count};
    int code = copy_options(copy, &opt, err);
    if (code == EB_OK) {
        code = copy_sources(&p->sources, &copy->sources, err);
    }
    if (code != EB_OK) {
        eb_policy_close(copy);
        return code;
    }
    *out = copy;
    return EB_OK;
}

int eb_policy_build(struct eb_policy *p, struct eb_err *err)
{
    EB_ASSERT(p->box.L == NULL);
    return build_first(p, err);
}

int eb_policy_renew(struct eb_policy *p, struct eb_err *err)
{
    eb_sandbox_close(&p->box);
    p->consults = p->failures = p->rebuilds = p->last_instructions = 0;
    return eb_set_build(p, &p->box, false, err);
}

void eb_policy_set_log(struct eb_policy *p, const struct eb_log *log)
{
    p->log = log;
    p->box.log = log;
}

int eb_policy_open(const char *dir, const struct eb_policy_options *opt, struct eb_policy **out, struct eb_err *err)
{
    EB_ASSERT(dir != NULL);
    return eb_policy_open_with(&eb_heap_libc, dir, NULL, 0, opt, out, err);
}

void eb_policy_close(struct eb_policy *p)
{
    if (p == NULL) {
        return;
    }
    struct eb_heap heap = p->heap;
    eb_sandbox_close(&p->box);
    eb_sources_free(&p->sources);
    for (size_t i = 0; i < p->override_count; i++) {
        (void)heap.resize(heap.user, p->overrides[i], 0);
    }
    (void)heap.resize(heap.user, p->overrides, 0);
    (void)heap.resize(heap.user, p->profile, 0);
    eb_buffer_deinit(&p->settings);
    (void)heap.resize(heap.user, p, 0);
}

static bool rebuild(struct eb_policy *p, struct eb_err *err)
{
    eb_sandbox_close(&p->box);
    p->rebuilds++;
    return eb_set_build(p, &p->box, false, err) == EB_OK;
}

enum eb_policy_result eb_policy_consult(struct eb_policy *p, const struct eb_context *ctx, struct eb_verdict *out,
                                        struct eb_err *err)
{
    p->consults++;
    if (p->box.L == NULL && !rebuild(p, err)) {
        p->failures++;
        return EB_POLICY_MEMORY; /* it loaded once from the same bytes: what is missing is memory */
    }
    eb_sandbox_make_room(&p->box, eb_set_consult_quota(p));
    enum eb_policy_result result = eb_set_ask(p, &p->box, ctx, out, err);
    if (result != EB_POLICY_OK && result != EB_POLICY_KEEP) {
        p->failures++;
    }
    if (p->box.breach != EB_BREACH_NONE) {
        (void)rebuild(p, NULL); /* a failure here is tried again at the next consult */
    }
    return result;
}

enum eb_policy_result eb_policy_consult_fresh(struct eb_policy *p, const struct eb_context *ctx, struct eb_verdict *out,
                                              struct eb_err *err)
{
    struct eb_sandbox box;
    if (eb_set_build(p, &box, false, err) != EB_OK) {
        return EB_POLICY_MEMORY;
    }
    uint64_t instructions = p->last_instructions;
    enum eb_policy_result result = eb_set_ask(p, &box, ctx, out, err);
    p->last_instructions = instructions;
    eb_sandbox_close(&box);
    return result;
}

void eb_policy_idle(struct eb_policy *p)
{
    eb_sandbox_idle(&p->box);
}

void eb_policy_info(const struct eb_policy *p, struct eb_policy_info *out)
{
    *out = (struct eb_policy_info){
        .name = p->name,
        .version = p->version,
        .profile = p->profile_in_force,
        .files = p->sources.count,
        .legacy = p->has_legacy,
        .consults = p->consults,
        .failures = p->failures,
        .rebuilds = p->rebuilds,
        .memory_used = p->box.used,
        .last_instructions = p->last_instructions,
    };
    memcpy(out->hash, p->hash, sizeof(out->hash));
    memcpy(out->hash_text, p->hash_text, sizeof(out->hash_text));
}

int eb_policy_settings(const struct eb_policy *p, struct eb_buffer *out)
{
    return eb_buffer_add(out, eb_buffer_str(&p->settings), p->settings.len);
}

static enum eb_policy_result port_consult(void *policy, const struct eb_context *ctx, struct eb_verdict *out,
                                          struct eb_err *err)
{
    return eb_policy_consult(policy, ctx, out, err);
}

static void port_idle(void *policy)
{
    eb_policy_idle(policy);
}

struct eb_policy_port eb_policy_as_port(struct eb_policy *p)
{
    return (struct eb_policy_port){.policy = p, .consult = port_consult, .idle = port_idle};
}
