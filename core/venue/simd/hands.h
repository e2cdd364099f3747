/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One hand: its words, and what the files of hands share. Readers of words and the hands themselves answer by
 * themselves when something is wrong, and return false then.
 */
#pragma once

#include "venue/simd/inner.h"

#define HAND_WORDS_MAX 8
#define HAND_WORD_MAX 48

struct hand {
    struct eb_simd *s;
    struct eb_link_said *said;
    char word[HAND_WORDS_MAX][HAND_WORD_MAX];
    unsigned count;
    const char *usage;
};

/* The answer; true for EB_OK. */
bool eb_hand_answer(struct hand *h, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* That a word is not what was wanted. */
bool eb_hand_wrong(struct hand *h, unsigned at, const char *wanted);
bool eb_hand_outcome(struct hand *h, int code, const struct eb_err *err, const char *done);
const char *eb_hand_symbol_name(const struct hand *h, eb_symbol_id symbol);

/* Whether word `at` is there and is text. */
bool eb_hand_is(const struct hand *h, unsigned at, const char *text);
bool eb_hand_symbol(struct hand *h, unsigned at, eb_symbol_id *out);
bool eb_hand_side(struct hand *h, unsigned at, uint8_t *out);
/* A decimal above 0. */
bool eb_hand_amount(struct hand *h, unsigned at, int64_t *out_e8);
/* A leverage, 1 to 1,000. */
bool eb_hand_times(struct hand *h, unsigned at, int64_t *out_ppm);
/* The open position that SYMBOL [SIDE] means; without SIDE it must be the only one. */
bool eb_hand_slot(struct hand *h, unsigned symbol_at, unsigned side_at, eb_position_id *out,
                  struct eb_sim_position *held);

/* ---- hands_account.c --------------------------------------------------------------------------------------------- */

bool eb_hand_open(struct hand *h);
bool eb_hand_add(struct hand *h);
bool eb_hand_reduce(struct hand *h);
bool eb_hand_deleverage(struct hand *h);
bool eb_hand_leverage(struct hand *h);
bool eb_hand_funding(struct hand *h);
bool eb_hand_stop(struct hand *h);
bool eb_hand_limit(struct hand *h);
bool eb_hand_cancel(struct hand *h);
