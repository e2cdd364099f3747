/* SPDX-License-Identifier: Apache-2.0 */
/* What leaves the program: whole documents, complaints, and whether somebody looks at a terminal. */
#pragma once

#include <stdio.h>

#include "base/buffer.h"

/* Writes the whole buffer to a file, or to standard output for "-". EB_E_IO, EB_E_FULL when the buffer has failed. */
EB_NODISCARD int eb_output_write(const char *path, const struct eb_buffer *text, struct eb_err *err);

/* Whether eb_output_write could begin, as far as can be told without touching anything; asked before long work.
 * EB_E_IO. */
EB_NODISCARD int eb_output_probe(const char *path, struct eb_err *err);

/* Whether a stream is a terminal, and whether colours may be used on it (NO_COLOR and TERM=dumb are honoured). */
bool eb_is_terminal(FILE *stream);
bool eb_may_colour(FILE *stream);

/* "exitbrain COMMAND: message" on standard error. */
void eb_complain(const char *command, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
