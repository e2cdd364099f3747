/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text of a file that may be plain, gzip or a zip archive of one file: told apart by content, not by name.
 *
 *     file -> (zlib | libzip | as it is) -> block -> lines, numbered from 1
 *
 * A file that ends too early (truncated gzip or zip, failed checksum) is an error, never a silent end.
 */
#pragma once

#include <stddef.h>

#include "base/buffer.h"

#define EB_TEXT_LINE_MAX 16384               /* bytes of a line without its end */
#define EB_TEXT_WHOLE_MAX ((size_t)64 << 20) /* bytes that eb_text_read_all() takes: exchangeInfo is about 1.3 MB */
#define EB_PATH_SHOWN 120                    /* bytes of a path that messages show, from its end */

struct eb_text_source;

/* Opens path. *out is owned by the caller. EB_E_IO when it cannot be read; EB_E_INVALID when it is named .gz or .zip
 * and is not, or is a zip archive that is empty, encrypted, damaged or holds several files; EB_E_MEMORY. */
EB_NODISCARD int eb_text_open(const char *path, struct eb_text_source **out, struct eb_err *err);
/* Closes and frees (NULL is fine). */
void eb_text_close(struct eb_text_source *s);

/* The next line without its LF or CRLF, valid until the next call, not zero-terminated. EB_OK; EB_E_END after the last
 * line; EB_E_INVALID for a line beyond EB_TEXT_LINE_MAX; EB_E_IO for a truncated or damaged file. A byte order mark at
 * the beginning is dropped. */
EB_NODISCARD int eb_text_next(struct eb_text_source *s, const char **line, size_t *len, struct eb_err *err);
/* Number of the line that eb_text_next() gave last, from 1; 0 before the first. */
size_t eb_text_line(const struct eb_text_source *s);
/* True when the line given last was the file's last and had no line end: a row cut off looks like this. */
bool eb_text_unended(const struct eb_text_source *s);
/* The end of its path, as messages show it. */
const char *eb_text_name(const struct eb_text_source *s);

/* The whole text without a byte order mark into *out, which the caller deinits after EB_OK; errors as above, EB_E_FULL
 * beyond EB_TEXT_WHOLE_MAX. */
EB_NODISCARD int eb_text_read_all(const char *path, struct eb_buffer *out, struct eb_err *err);

/* The last EB_PATH_SHOWN bytes of path: the part that tells files apart. Borrowed from it. */
const char *eb_path_shown(const char *path);
/* What follows the last '/'. Borrowed. */
const char *eb_path_base(const char *path);
