/* SPDX-License-Identifier: Apache-2.0 */
/* Asking again. Two verdicts are equal when their records are, but for the hash of the set that gave them. */
#include "app/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/journal_words.h"
#include "app/policy_args.h"
#include "base/cursor.h"

#define SHOWN_MAX 10

struct difference {
    uint64_t seq;
    char symbol[EB_SYMBOL_MAX];
    char then[EB_LINE_MAX], now[EB_LINE_MAX];
};

struct eb_verify {
    struct eb_policy *policy;
    struct eb_policy_info info;
    uint64_t asked, equal, other_set; /* answers; of them given by a set of another hash */
    unsigned shown;
    struct difference difference[SHOWN_MAX];
    struct eb_decoded_event now; /* what is answered now, as a record */
    unsigned char a[EB_RECORD_MAX], b[EB_RECORD_MAX];
};

int eb_verify_open(const struct eb_args *args, struct eb_verify **out, struct eb_err *err)
{
    struct eb_policy_choice choice;
    const char *const *settings = NULL;
    unsigned count = 0;
    struct eb_verify *v = calloc(1, sizeof(*v));
    *out = v;
    if (v == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "verify", "out of memory");
    }
    int rc = eb_policy_choose(eb_args_text(args, "policies"), &choice, err);
    rc = rc == EB_OK ? eb_args_list(args, "set", &settings, &count, err) : rc;
    rc = rc == EB_OK ? eb_policy_open_choice(&choice, settings, NULL, &v->policy, err) : rc;
    if (rc == EB_OK) {
        eb_policy_info(v->policy, &v->info);
    }
    free((void *)settings);
    return rc;
}

void eb_verify_close(struct eb_verify *v)
{
    if (v != NULL) {
        eb_policy_close(v->policy);
        free(v);
    }
}

static size_t bytes_of(const struct eb_verdict *verdict, unsigned char out[EB_RECORD_MAX])
{
    struct eb_verdict copy = *verdict;
    memset(copy.policy_hash, 0, sizeof(copy.policy_hash));
    struct eb_cursor w = eb_cursor_writer(out, EB_RECORD_MAX);
    eb_cursor_verdict(&w, &copy);
    return w.code == EB_OK ? w.at : 0;
}

/* What the set answers now, as the turn would have made a record of it. */
static void ask(struct eb_verify *v, const struct eb_context *ctx)
{
    struct eb_err err = {.msg = ""};
    struct eb_decoded_event *now = &v->now;
    memset(&now->verdict, 0, sizeof(now->verdict));
    memset(&now->failed, 0, sizeof(now->failed));
    now->ctx = *ctx;
    enum eb_policy_result result = eb_policy_consult(v->policy, ctx, &now->verdict, &err);
    bool good = result == EB_POLICY_OK || result == EB_POLICY_KEEP;
    now->verdict.keep = now->verdict.keep || result == EB_POLICY_KEEP;
    now->ev.kind = good ? EB_EV_VERDICT : EB_EV_POLICY_FAILED;
    now->failed.result = (uint8_t)result;
    (void)snprintf(now->failed.message, sizeof(now->failed.message), "%.*s", EB_REASON_MAX - 1, err.msg);
    eb_policy_idle(v->policy);
}

static bool is_same(struct eb_verify *v, const struct eb_decoded_event *then)
{
    if (then->ev.kind != v->now.ev.kind) {
        return false;
    }
    if (then->ev.kind == EB_EV_POLICY_FAILED) {
        return then->failed.result == v->now.failed.result;
    }
    size_t a = bytes_of(&then->verdict, v->a);
    size_t b = bytes_of(&v->now.verdict, v->b);
    return a == b && a > 0 && memcmp(v->a, v->b, a) == 0;
}

void eb_verify_record(struct eb_verify *v, uint64_t seq, const struct eb_decoded_event *record)
{
    if (record->ev.kind != EB_EV_VERDICT && record->ev.kind != EB_EV_POLICY_FAILED) {
        return;
    }
    if (record->ev.kind == EB_EV_POLICY_FAILED && record->failed.result == EB_POLICY_NONE) {
        return; /* there was nobody to ask */
    }
    ask(v, &record->ctx);
    v->asked++;
    v->other_set += record->ev.kind == EB_EV_VERDICT &&
                    memcmp(record->verdict.policy_hash, v->info.hash, sizeof(v->info.hash)) != 0;
    if (is_same(v, record)) {
        v->equal++;
    } else if (v->shown < SHOWN_MAX) {
        struct difference *d = &v->difference[v->shown++];
        d->seq = seq;
        memcpy(d->symbol, record->ctx.symbol, sizeof(d->symbol));
        eb_record_line(record, d->then);
        eb_record_line(&v->now, d->now);
    }
}

bool eb_verify_good(const struct eb_verify *v)
{
    return v->asked == v->equal;
}

void eb_verify_text(const struct eb_verify *v, struct eb_buffer *out)
{
    (void)eb_buffer_printf(
        out, "  %" PRIu64 " answers asked again of %s %s (%.12s): %" PRIu64 " equal, %" PRIu64 " different\n", v->asked,
        v->info.name, v->info.version, v->info.hash_text, v->equal, v->asked - v->equal);
    if (v->other_set > 0) {
        (void)eb_buffer_printf(out, "  %" PRIu64 " of them were given by another set or other settings\n",
                               v->other_set);
    }
    for (unsigned i = 0; i < v->shown; i++) {
        const struct difference *d = &v->difference[i];
        (void)eb_buffer_printf(out, "  %" PRIu64 " %s\n    then: %s\n    now:  %s\n", d->seq, d->symbol, d->then,
                               d->now);
    }
}

void eb_verify_doc(const struct eb_verify *v, struct eb_doc *d)
{
    eb_doc_begin(d, "verify", '{');
    eb_doc_text(d, "policy", v->info.name);
    eb_doc_text(d, "version", v->info.version);
    eb_doc_text(d, "hash", v->info.hash_text);
    eb_doc_int(d, "asked", (int64_t)v->asked);
    eb_doc_int(d, "equal", (int64_t)v->equal);
    eb_doc_int(d, "different", (int64_t)(v->asked - v->equal));
    eb_doc_int(d, "other_set", (int64_t)v->other_set);
    eb_doc_begin(d, "differences", '[');
    for (unsigned i = 0; i < v->shown; i++) {
        eb_doc_begin(d, NULL, '{');
        eb_doc_int(d, "seq", (int64_t)v->difference[i].seq);
        eb_doc_text(d, "symbol", v->difference[i].symbol);
        eb_doc_text(d, "then", v->difference[i].then);
        eb_doc_text(d, "now", v->difference[i].now);
        eb_doc_end(d, '}');
    }
    eb_doc_end(d, ']');
    eb_doc_end(d, '}');
}
