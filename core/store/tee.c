/* SPDX-License-Identifier: Apache-2.0 */
/* The tee: the journal first, then the tape, whose failure is remembered and no reason to stop. */
#include "store/tee.h"

#include <stdlib.h>

struct eb_tee {
    struct eb_store_port journal, tape;
    uint64_t last; /* number of the last durable record, as the journal gave it */
    bool tape_ended;
};

int eb_tee_create(struct eb_store_port journal, struct eb_store_port tape, struct eb_tee **out, struct eb_err *err)
{
    *out = NULL;
    if (journal.append == NULL || tape.append == NULL) {
        return eb_err_set(err, EB_E_INVALID, "tee.create", "%s: a port without append",
                          journal.append == NULL ? "journal" : "tape");
    }
    struct eb_tee *t = calloc(1, sizeof(*t));
    if (t == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "tee.create", "no memory for %zu bytes", sizeof(*t));
    }
    t->journal = journal;
    t->tape = tape;
    *out = t;
    return EB_OK;
}

void eb_tee_destroy(struct eb_tee *t)
{
    free(t);
}

/* A tape that lost a durable event has a hole that no reader could see, so it ends there. Of a quiet event the tape's
 * answer may be 0 because none was durable yet, and tells nothing: there its own word is asked. */
static void feed_tape(struct eb_tee *t, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    if (t->tape_ended || (!durable && !t->tape.wants_quiet)) {
        return;
    }
    uint64_t number = t->tape.append(t->tape.store, ev, witness, durable);
    t->tape_ended = (durable && number == 0) || (t->tape.failed != NULL && t->tape.failed(t->tape.store));
}

static uint64_t append(void *store, const struct eb_event *ev, const struct eb_witness *witness, bool durable)
{
    struct eb_tee *t = store;
    uint64_t number = t->last;
    if (durable || t->journal.wants_quiet) {
        number = t->journal.append(t->journal.store, ev, witness, durable);
        t->last = number != 0 ? number : t->last;
    }
    feed_tape(t, ev, witness, durable);
    return number;
}

static uint64_t durable_seq(void *store)
{
    struct eb_tee *t = store;
    return t->journal.durable_seq != NULL ? t->journal.durable_seq(t->journal.store) : UINT64_MAX;
}

static bool failed(void *store)
{
    struct eb_tee *t = store;
    return t->journal.failed != NULL && t->journal.failed(t->journal.store);
}

static void flush(void *store)
{
    struct eb_tee *t = store;
    if (t->journal.flush != NULL) {
        t->journal.flush(t->journal.store);
    }
}

struct eb_store_port eb_tee_port(struct eb_tee *t)
{
    return (struct eb_store_port){.store = t,
                                  .append = append,
                                  .durable_seq = durable_seq,
                                  .failed = failed,
                                  .flush = flush,
                                  .wants_quiet = t->journal.wants_quiet || t->tape.wants_quiet};
}

bool eb_tee_tape_ended(const struct eb_tee *t)
{
    return t->tape_ended;
}
