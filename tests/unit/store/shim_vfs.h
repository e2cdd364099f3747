/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that fails on demand, between SQLite and the real one: SQLite's default for the process once it is installed.
 * Nothing is really synced; what would have survived a loss of power is kept beside each file, as FILE.synced.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum shim_failure { SHIM_NONE = 0, SHIM_EIO, SHIM_FULL, SHIM_FSYNC };

void shim_install(void);
void shim_remove(void);
/* Counting begins anew: call number n (from 1) of write, sync, truncate and delete fails, and with forever all that
 * follow. SHIM_FSYNC fails the nth sync only. n 0: none fails. */
void shim_arm(enum shim_failure failure, uint64_t n, bool forever);
/* Calls since then. */
uint64_t shim_calls(void);
/* The armed failure has happened. */
bool shim_failed(void);
/* Keep what was synced (costs a copy per sync). */
void shim_keep_synced(bool keep);
/* As after a loss of power: path, with its log, has what was synced last and nothing else. Close it first. */
void shim_lose_power(const char *path);
