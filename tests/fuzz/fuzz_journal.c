/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damage to a journal: each four bytes of input are a place in the stored journal and what is flipped there; the first
 * byte says how it is looked at. It recovers to the state that it holds, or to a shorter one with a reason, or it is
 * put aside or refused; a check that finds nothing wrong means that the fold is the state that it was.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STORED EB_TEST_ROOT "/tests/unit/store/journal-1.db"
#define BYTES_MAX 262144

static unsigned char stored[BYTES_MAX], changed[BYTES_MAX];
static size_t stored_len;
static uint64_t stored_hash, stored_seq;
static bool readable; /* by this build */
static char dir[64], path[128];

static void remove_files(void)
{
    static const char *const suffix[] = {"", "-wal", "-shm", "-journal", ".lock"};
    char name[160];
    for (size_t i = 0; i < EB_COUNT(suffix); i++) {
        (void)snprintf(name, sizeof(name), "%s%s", path, suffix[i]);
        (void)unlink(name);
    }
}

static void leave(void)
{
    remove_files();
    (void)rmdir(dir);
}

static void lay_out(const unsigned char *bytes)
{
    remove_files();
    FILE *f = fopen(path, "wb");
    EB_ASSERT(f != NULL && fwrite(bytes, 1, stored_len, f) == stored_len && fclose(f) == 0);
}

/* What opening as an engine would gives. */
static int open_journal(struct eb_recovery *found, uint64_t *hash)
{
    const struct eb_journal_options o = {.path = path, .account = "", .build = "fuzz"};
    struct eb_journal *j = NULL;
    struct eb_engine *state = NULL;
    struct eb_err err;
    int rc = eb_journal_open(&o, &j, found, &state, &err);
    *hash = state != NULL ? eb_engine_durable_hash(state) : 0;
    eb_engine_destroy(state);
    if (j != NULL) {
        EB_ASSERT(eb_journal_close(j, NULL, 0, &err) == EB_OK);
    }
    if (rc == EB_OK && found->found == EB_JOURNAL_CORRUPT) {
        EB_ASSERT(found->why[0] != '\0' && unlink(found->aside) == 0);
    }
    return rc;
}

static void begin(void)
{
    struct eb_recovery found;
    (void)snprintf(dir, sizeof(dir), "%s/eb_fuzz_XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    EB_ASSERT(mkdtemp(dir) != NULL);
    (void)snprintf(path, sizeof(path), "%s/journal.db", dir);
    (void)atexit(leave);
    FILE *f = fopen(STORED, "rb");
    EB_ASSERT(f != NULL);
    stored_len = fread(stored, 1, sizeof(stored), f);
    (void)fclose(f);
    lay_out(stored);
    readable = open_journal(&found, &stored_hash) == EB_OK;
    stored_seq = found.seq;
}

static void recover(void)
{
    struct eb_recovery found;
    uint64_t hash;
    int rc = open_journal(&found, &hash);
    EB_ASSERT(rc == EB_OK || rc == EB_E_REFUSED || rc == EB_E_IO || rc == EB_E_MEMORY);
    if (readable && rc == EB_OK && found.found != EB_JOURNAL_CORRUPT && found.why[0] == '\0') {
        EB_ASSERT(hash == stored_hash && found.seq == stored_seq);
    }
}

static void look(void)
{
    struct eb_journal_reader *r = NULL;
    struct eb_engine *e = NULL;
    struct eb_fold_result result;
    struct eb_err err;
    int rc = eb_journal_reader_open(path, &r, &err);
    rc = rc == EB_OK ? eb_journal_check(r, NULL, NULL, &err) : rc;
    if (rc == EB_OK && eb_journal_fold(r, INT64_MAX, true, NULL, NULL, &e, &result, &err) == EB_OK &&
        result.disagree == 0 && result.replay.differed == 0) {
        EB_ASSERT(eb_engine_durable_hash(e) == stored_hash);
    }
    eb_engine_destroy(e);
    eb_journal_reader_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (stored_len == 0) {
        begin();
    }
    if (size < 1) {
        return 0;
    }
    memcpy(changed, stored, stored_len);
    for (size_t i = 1; i + 4 <= size; i += 4) {
        size_t at = ((size_t)data[i] << 16 | (size_t)data[i + 1] << 8 | data[i + 2]) % stored_len;
        changed[at] ^= data[i + 3];
    }
    lay_out(changed);
    (data[0] % 2 == 0 ? recover : look)();
    return 0;
}
