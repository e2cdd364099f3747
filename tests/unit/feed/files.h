/* SPDX-License-Identifier: Apache-2.0 */
/* What the feed tests share: files in a directory of their own, error texts, real data where there is some. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define PATH_SIZE 512

/* cmocka group fixtures: a temporary directory, and its removal with everything in it. */
int files_setup(void **state);
int files_teardown(void **state);

/* Path of `name` in the temporary directory; one of four static buffers, used in turn. */
const char *file_path(const char *name);
/* Writes a file there, as it is or packed by gzip, and returns its path. */
const char *file_write(const char *name, const char *text);
const char *file_write_bytes(const char *name, const void *data, size_t len);
const char *file_write_gzip(const char *name, const char *text);
/* Cuts the last `bytes` off a file written before. */
void file_truncate(const char *path, size_t bytes);
/* A zip archive of `count` files named "0.csv", "1.csv" ... with this text; encrypted with AES when asked. */
const char *file_write_zip(const char *name, const char *text, int count, bool encrypted);

/* rc is an error, err says the same code, and its message contains each of the texts (NULL: none). */
void assert_error(const struct eb_err *err, int rc, int want, const char *one, const char *two);

/* Path of a file of the real data set, or NULL after printing SKIPPED: the test then calls skip(). */
const char *real_file(const char *name);
