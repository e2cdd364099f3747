/* SPDX-License-Identifier: Apache-2.0 */
/* What decide returned -> eb_verdict: strict, every complaint with its path. The only reader of a script's answer. */
#pragma once

#include "policy/sandbox.h"

/* Reads the two results of decide at index and index + 1 (inside a run). true: out holds OK or KEEP (out->keep).
 * false: err says "decision[2].levels[1].price: expected number > 0, got nan". Scalars are read without coercion. */
bool eb_verdict_read(lua_State *L, int index, struct eb_verdict *out, struct eb_err *err);

/* Reads the value at the top of the stack, a table or nil, as a memory; `of` begins the paths in err. */
bool eb_memory_read(lua_State *L, const char *of, struct eb_memory *out, struct eb_err *err);
