/* SPDX-License-Identifier: Apache-2.0 */
/* What tape.c writes and tape_reader.c reads. Private to core/store. */
#pragma once

#include "store/tape.h"
#include "base/cursor.h"

#define EB_TAPE_MAGIC "EBTAPE1\n"
#define EB_TAPE_MAGIC_LEN 8
#define EB_TAPE_VERSION 1 /* of the HEADER and END records */
#define EB_TAPE_PATH_MAX 1024

/* Writes or reads the header's fields. The schema comes first and stays first, so that any build can read it. */
void eb_cursor_tape_info(struct eb_cursor *w, struct eb_tape_info *v);
