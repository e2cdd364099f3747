/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for secrets: pages of its own that are locked (as far as the system's limit allows), are left out of core
 * dumps and of children, and are wiped when they are given back. OpenSSL's copies of keys go to its secure heap, which
 * eb_room_open() sets up.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"

/* Once per process is enough, any number of times is fine. EB_E_MEMORY. */
EB_NODISCARD int eb_room_open(struct eb_err *err);
/* Zeroed; NULL when there is none, or none that stays out of core dumps. */
void *eb_room_take(size_t size);
void eb_room_give(void *room, size_t size); /* NULL is fine; size as taken */
void eb_room_wipe(void *at, size_t size);
