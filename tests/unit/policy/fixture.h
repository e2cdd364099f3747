/* SPDX-License-Identifier: Apache-2.0 */
/* Policy sets from text, a context to ask them with, and memory that can run out, for the tests of core/policy. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "policy/set.h"

/* A heap that counts what is in use and can fail the n-th request for more. */
struct fail_heap {
    size_t blocks;
    uint64_t requests;
    uint64_t fail_at; /* 0 never; from 1 */
    bool for_ever;    /* and every one after it */
    bool pooled;      /* as in production: few requests, for chunks; else one for each block */
};
struct eb_heap fixture_heap(struct fail_heap *f);

/* A LONG of 1 at 100, price 101, two legs, warm 15-minute features, three memory entries. */
void fixture_context(struct eb_context *ctx);

/* A set of one file; NULL and err when it is refused. */
struct eb_policy *fixture_try(const char *init, const struct eb_policy_options *opt, struct eb_err *err);
/* The same where body is that of decide(ctx); fails the test when it is refused. */
struct eb_policy *fixture_decide(const char *body);

/* One consult of a set whose decide has this body. */
enum eb_policy_result fixture_ask(const char *body, struct eb_verdict *out, struct eb_err *err);

/* Fails the test unless text holds part. */
void fixture_holds(const char *text, const char *part);

/* A directory of its own under TMPDIR, files in it, and its end. */
struct fixture_dir {
    char path[256];
};
void fixture_dir_make(struct fixture_dir *d);
void fixture_dir_write(const struct fixture_dir *d, const char *name, const char *text, size_t len);
void fixture_dir_remove(const struct fixture_dir *d);
