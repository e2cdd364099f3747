/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Contexts and verdicts as plain tables of a stock Lua, for specs: a table of ctx fields -> eb_context -> the real
 * view, and eb_verdict -> a table in the words of decisions. Nothing here runs in a sandbox: it raises as libraries do.
 */
#pragma once

#include "policy/sandbox.h"

/* Fills out from the table at index: names and units as ctx has them. Literally, where an absent field is unknown; or
 * filled, where it gets a default or follows from what is given (price from entry, pnl from price, margin from leverage
 * ...). Raises for an unknown field or a wrong type. */
void eb_plain_context(lua_State *L, int index, bool fill, struct eb_context *out);

/* Pushes the table that reads back literally as c. */
void eb_plain_context_push(lua_State *L, const struct eb_context *c);

/* Pushes { decisions = {...}, memory =, wake =, regime =, profile =, owner = }: what was not given is nil. */
void eb_plain_verdict_push(lua_State *L, const struct eb_verdict *v);
