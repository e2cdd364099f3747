/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The standard contexts that `check` asks a policy set about, on an engine of its own that sends nothing:
 *
 *     sides x sizes x leverages x instruments x position modes x markets, first plans and a walk of the price
 *         -> whatever the engine asks, and what becomes of the answer -> eb_scene_seen
 */
#pragma once

#include "domain/instrument.h"
#include "policy/policy.h"

/* One answer. ctx and verdict are borrowed for the call. */
struct eb_scene_answer {
    const struct eb_context *ctx;
    const struct eb_verdict *verdict; /* NULL: the script failed */
    const struct eb_instrument *inst;
    const char *refused; /* what the script or the engine said; NULL: taken */
    const char *market;  /* "TREND": what the bars were made to look like */
};
typedef void (*eb_scene_seen)(void *user, const struct eb_scene_answer *a);

/* Plays every scene. Ends early where no answer is any good (a set that fails each time). *contexts: how many were
 * asked. EB_OK, or what the host could not do. */
int eb_scene_play(struct eb_policy *policy, eb_scene_seen seen, void *user, unsigned *contexts, struct eb_err *err);

/* "LONG 8 at 250, 20x, hedge, TREND" */
void eb_scene_words(const struct eb_context *ctx, const char *market, char *out, size_t size);
