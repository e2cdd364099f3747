/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may be sent now: weight per minute and orders per 10 s and minute, in the exchange's fixed windows. Pure: time
 * is given, nothing is asked.
 *
 *     book() before a call leaves -> told() with what its answer says is used -> settle() when it is over
 *
 * What counts as used is what the exchange last said, plus what is under way and may not be in that.
 */
#pragma once

#include "base/err.h"

#define BN_NOT_TOLD UINT32_MAX

struct bn_window {
    int64_t length_ms, index; /* index: time / length of the window that the counts are of */
    uint32_t limit, used;     /* used: includes under_way */
    uint32_t under_way;
};
struct bn_budget {
    struct bn_window weight, orders_10s, orders_1m;
    uint32_t weight_share_pct, orders_share_pct;
};
void bn_budget_init(struct bn_budget *b, uint32_t weight_share_pct, uint32_t orders_share_pct);
/* Limits; 0 keeps what is. */
void bn_budget_limits(struct bn_budget *b, uint32_t weight_1m, uint32_t orders_10s, uint32_t orders_1m);
/* How much of a window a call may use up: the configured share, all of it, or half of the share. */
enum bn_share { BN_SHARE_PART = 0, BN_SHARE_ALL, BN_SHARE_HALF };
/* ms until a call of this cost may leave; 0: now. share: enum bn_share. Never more than a window's length; what costs
 * nothing waits for nothing. */
int64_t bn_budget_wait_ms(struct bn_budget *b, int64_t now_ms, uint8_t share, uint32_t weight, uint32_t orders);
void bn_budget_book(struct bn_budget *b, int64_t now_ms, uint32_t weight, uint32_t orders);
void bn_budget_settle(struct bn_budget *b, uint32_t weight, uint32_t orders);
/* What an answer to a call sent at sent_ms says is used, BN_NOT_TOLD where it does not; of a window that has passed it
 * says nothing. After settle() of that call. */
void bn_budget_told(struct bn_budget *b, int64_t now_ms, int64_t sent_ms, uint32_t weight, uint32_t orders_10s,
                    uint32_t orders_1m);
/* The exchange refused an order for the count (-1015): no more in this window of 10 s. */
void bn_budget_orders_full(struct bn_budget *b, int64_t now_ms);
