/* SPDX-License-Identifier: Apache-2.0 */
/* Two small journals as they lie on the disk, one closed properly and one whose engine died, for tests to damage. */
#pragma once

#include "journal_scene.h"

#define WRECK_RECORDS 60
#define WRECK_PAGE 4096

struct wreck_bytes {
    unsigned char *data;
    size_t len;
};

/* A small journal as it lies on the disk, and what it holds. */
struct wreck_image {
    struct wreck_bytes db, wal;
    uint64_t seq, hash;
    uint64_t *hashes;
};

struct wreck {
    char dir[SCENE_PATH_MAX];
    char path[SCENE_PATH_MAX + 16];
    struct eb_journal_options options;
    struct wreck_image clean, cut;
    struct eb_err err;
};

/* Of cmocka; *state is a struct wreck. Nothing is really synced meanwhile: thousands of files are opened. */
int wreck_set_up(void **state);
int wreck_tear_down(void **state);

struct wreck_bytes wreck_read(const char *path);
/* Makes path with this suffix; bytes without data: removes it. */
void wreck_write(const char *path, const char *suffix, struct wreck_bytes b);
bool wreck_exists(const char *path);
/* Puts file and log in their place. */
void wreck_lay_out(struct wreck *f, const struct wreck_image *image);
/* The same journal with its log in the file: cut, and nothing but pages. */
void wreck_fold_log_in(struct wreck *f, struct wreck_image *image);
void wreck_sql(const char *path, const char *sql);
/* What lies there is put aside, with this reason, and a new journal begins. */
void wreck_expect_aside(struct wreck *f, const char *why);
