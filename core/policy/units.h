/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module exitbrain.unit: a price, a multiple of R, of an ATR or a percentage, each a value of its own type, so that
 * two rulers cannot be mixed by accident.
 *
 *     pct(1.5) + pct(0.5) -> pct(2)      pct(1.5) + r(1) -> error "cannot add percent and R"
 *
 * A unit says where something lies: from entry towards profit, towards loss if negative; a price is a price. Only the
 * conversions, which are given ctx, turn one ruler into another. Immutable userdata without references.
 */
#pragma once

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

/* Pushes the module's table. charged: each call costs instructions of the sandbox that the state belongs to; false
 * in a stock Lua, which has none. */
void eb_units_push(lua_State *L, bool charged);

/* The value at index as a person reads it, "1.5 %", without calling Lua; false when it is no unit. */
bool eb_unit_text(lua_State *L, int index, char *out, size_t size);
