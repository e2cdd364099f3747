/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small market for an engine in shadow mode, without host or venue: positions come and go, prices walk, a policy in C
 * answers, operators speak. What is durable goes into a store, as the turn does it. Same seed, same events.
 */
#pragma once

#include "base/rng.h"
#include "store/journal.h"

#define SCENE_SYMBOLS 3
#define SCENE_START_MS INT64_C(1700000000000)

struct scene {
    struct eb_engine *engine;
    struct eb_store_port port; /* append NULL: nothing is remembered */
    struct eb_rng rng;
    struct eb_actions *actions;
    int64_t now_ms;
    int64_t price_e8[SCENE_SYMBOLS];
    int64_t qty_e8[SCENE_SYMBOLS];
    uint64_t durable; /* durable steps of this process */
    uint64_t lost;    /* of them not taken by the store */
    uint64_t last;    /* number that the store gave last */
    uint64_t exits;
    uint64_t *hash; /* after each durable step, by the engine's count; owned */
    size_t hash_cap;
};

void scene_config(struct eb_engine_config *c);
/* Begins with a new engine of the caller, and introduces its symbols. */
void scene_open(struct scene *s, uint64_t seed, struct eb_engine *engine, struct eb_store_port port);
/* The same with an engine that knows them already. */
void scene_resume(struct scene *s, uint64_t seed, struct eb_engine *engine, struct eb_store_port port);
void scene_close(struct scene *s);
/* n steps of 200 ms. */
void scene_run(struct scene *s, int n);
/* Until the engine has taken this many durable steps. */
void scene_run_to(struct scene *s, uint64_t durable_count);

/* ---- with a journal ---------------------------------------------------------------------------------------------- */

#define SCENE_PATH_MAX 128
/* A new directory, and removing it with its files. */
void scene_place(char out[SCENE_PATH_MAX]);
void scene_remove(const char *dir);
/* Names FILE "journal.db" in dir, with small intervals. */
struct eb_journal_options scene_options(const char *dir, char path[SCENE_PATH_MAX + 16]);

/* An engine with its journal, opened and begun: what was there goes on. */
struct scene_life {
    struct eb_journal *journal;
    struct eb_engine *engine;
    struct eb_recovery found;
};
/* Codes of opening and beginning; on an error there is nothing to end. */
int scene_begin(struct scene_life *l, const struct eb_journal_options *o, struct eb_err *err);
/* Closes properly, or as if the engine had died there. */
int scene_end(struct scene_life *l, bool properly, struct eb_err *err);
/* What a journal recovers to: the hash of its state, and what was found. Nothing is begun. */
int scene_recover(const struct eb_journal_options *o, struct eb_recovery *found, uint64_t *hash, struct eb_err *err);
