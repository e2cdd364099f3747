/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the image share; private to core/engine. */
#pragma once

#include "base/cursor.h"
#include "engine/state.h"

/* One slot: all that is durable of it, and the evidence that is worth keeping. Writes or reads. */
void eb_image_slot(struct eb_cursor *w, struct eb_slot *s);
