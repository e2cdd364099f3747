/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a policy set and its library: read once, bounded, from then on only in memory. */
#pragma once

#include "policy/sandbox.h"

#define EB_SOURCE_NAME_MAX 96                    /* "legacy/hybrid.lua" with its zero */
#define EB_SOURCE_BYTES_MAX ((size_t)128 * 1024) /* of one file */
#define EB_SOURCES_MAX 96                        /* of the set and the library together */
#define EB_SOURCES_BYTES_MAX ((size_t)1024 * 1024)
#define EB_SOURCE_DEPTH_MAX 4 /* folders below the set */

/* One Lua file. Files of the library have names that begin with "exitbrain/". */
struct eb_source {
    char name[EB_SOURCE_NAME_MAX];
    char *text; /* owned; not zero-terminated */
    size_t len;
    bool used; /* was loaded by the last build */
};
struct eb_sources {
    struct eb_heap heap;
    struct eb_source file[EB_SOURCES_MAX]; /* sorted by name once complete */
    unsigned count;
    size_t bytes;
    unsigned entries; /* directory entries looked at */
};

/* Adds every .lua file below dir under prefix. Refused: symbolic links, anything but regular files, what others may
 * write, precompiled chunks, names that require cannot say, more than the bounds. Hidden files and other endings are
 * passed over. */
int eb_sources_read(struct eb_sources *s, const char *dir, const char *prefix, struct eb_err *err);
/* Adds a copy of one text. */
int eb_sources_add(struct eb_sources *s, const char *name, const char *text, size_t len, struct eb_err *err);
void eb_sources_sort(struct eb_sources *s);
struct eb_source *eb_sources_find(struct eb_sources *s, const char *name);
void eb_sources_free(struct eb_sources *s);
