/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the loop share: a loop that is waited on with a generous limit, a directory of its own, counts. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/loop.h"

struct rig {
    struct eb_loop *loop;
    struct eb_err err;
    char dir[64];  /* a temporary directory, removed with all that is in it */
    int taken[64]; /* descriptors that are only in the way */
    size_t taken_count;
    uint64_t limit; /* of descriptors, before */
};

/* Setup and teardown of a case: *state is a struct rig. The case ends by SIGALRM when it hangs. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* Path of name in the directory of the rig; one of eight buffers in turn. */
const char *rig_path(struct rig *r, const char *name);
/* Runs the loop until *flag is at least want; fails the test when 60 s have not been enough. */
void rig_until(struct rig *r, const int *flag, int want);
/* Runs the loop for ms: only to show that something does not happen. Returns how many passes that were. */
int rig_idle(struct rig *r, int64_t ms);
/* Takes every descriptor of this process but `spare` of them, and gives them back. */
void rig_exhaust(struct rig *r, size_t spare);
void rig_relieve(struct rig *r);
/* Open descriptors of this process. */
int rig_descriptors(void);
/* Writes text to path, anew. */
void rig_write(const char *path, const char *text);
/* Reads path into out (a string; "" when there is none). */
void rig_read(const char *path, char *out, size_t cap);
/* A plain client: a connected, blocking socket; -1 with errno. */
int rig_client(const char *path);
/* A number in a file, once it is there; the loop runs meanwhile when r is not NULL. */
int rig_number(struct rig *r, const char *path);
/* True when there is no process pid, or only what is left of one that ended. */
bool rig_process_ended(int pid);

#define RIG_CASE(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
