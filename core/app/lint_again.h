/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Standard contexts that `check` asks about once more, for what the first answers cannot show:
 *
 *     some contexts -> as an engine that has just started has them: no bars, no balance, no age -> does it fail?
 *                   -> in a Lua state that has decided nothing yet                              -> the same answer?
 */
#pragma once

#include "app/lint_scene.h"

struct eb_again;
struct eb_again *eb_again_new(void); /* NULL: no memory */
void eb_again_free(struct eb_again *g);

/* Keeps this answer for later, if it is one of those: the first two, then fewer and fewer. */
void eb_again_take(struct eb_again *g, const struct eb_scene_answer *a);

/* impure: a fresh state answers otherwise, else it fails. words: the context, and what was changed in it. The texts
 * are valid during the call only. */
typedef void (*eb_again_bad)(void *user, bool impure, const struct eb_context *ctx, const char *words,
                             const char *text);
/* Asks; what is bad is told once for each kind. */
void eb_again_ask(const struct eb_again *g, struct eb_policy *policy, eb_again_bad bad, void *user);
