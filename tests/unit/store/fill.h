/* SPDX-License-Identifier: Apache-2.0 */
/* Random events of every kind, each field by its name and independently of the codec's own walk over them. */
#pragma once

#include "base/rng.h"
#include "store/codec.h"

/* Fills all of out (padding stays 0) with an event of this kind whose pointers lead into out. */
void fill_event(struct eb_rng *r, enum eb_event_kind kind, struct eb_decoded_event *out);
void fill_engine_config(struct eb_rng *r, struct eb_engine_config *out);
