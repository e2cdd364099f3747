/* SPDX-License-Identifier: Apache-2.0 */
/* The exchange's words for sides, types, states and assets, and what they are here. */
#pragma once

#include "venue/binance/codec.h"
#include "venue/binance/read.h"

/* Each reads a required word; a failure that names it when it is not known. */
uint8_t bn_word_order_side(struct bn_reader *r, struct eb_tok object, const char *key);    /* enum eb_order_side */
uint8_t bn_word_position_side(struct bn_reader *r, struct eb_tok object, const char *key); /* absent: BOTH */
/* Order states; ADL's and insurance's own words are NEW. false: not known. */
bool bn_word_order_state(struct eb_tok value, uint8_t *out);
/* States of conditional orders; FINISHED by what was executed. */
bool bn_word_algo_state(struct eb_tok value, eb_qty executed, uint8_t *out);
/* Type and time in force; nearest type of ours, and whether it is another. */
uint8_t bn_word_order_type(struct eb_tok type, struct eb_tok time_in_force, bool *other);
bool bn_is_conditional(struct eb_tok type);
/* Whether a fee in this asset is money of the symbol's margin; an absent asset is. */
bool bn_is_margin_asset(const char *symbol, const char *asset);
/* Leverage "20" or 20 as ppm. */
int64_t bn_get_leverage_ppm(struct bn_reader *r, struct eb_tok object, const char *key);

/* ---- orders, read alike wherever they stand ---- */

enum bn_order_form { BN_FORM_EVENT = 0, BN_FORM_ALGO_EVENT, BN_FORM_ANSWER, BN_FORM_ALGO_ANSWER };
/* listed: a row of a list, where a foreign order in an unknown state is taken for a working one of another type, since
 * one such order must not hide all others. */
void bn_read_order(struct bn_reader *r, struct eb_tok object, enum bn_order_form form, bool listed,
                   struct bn_order *out);
/* A signed amount as side and quantity; positions of hedge mode have their side by name. */
void bn_read_amount(struct bn_reader *r, struct eb_tok object, const char *key, uint8_t position_side, uint8_t *side,
                    eb_qty *qty);
/* A fee and its asset; the amount only where it is money of the symbol's margin. */
void bn_read_fee(struct bn_reader *r, struct eb_tok object, const char *amount, const char *asset, const char *symbol,
                 struct bn_fill *out);
/* A price, quantity or time: required and at least 0. */
int64_t bn_get_amount(struct bn_reader *r, struct eb_tok object, const char *key, bool required);
