/* SPDX-License-Identifier: Apache-2.0 */
/* Errors as codes with context, and assertions that stay on in production (the process dies, start is recovery). */
#pragma once

#include <exitbrain/text.h>

/* Fills err (which may be NULL) with code, the static string where, and a printf message; returns code. */
int eb_err_set(struct eb_err *err, int code, const char *where, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Programmer error: prints file:line and the expression to stderr and aborts. Never disabled. */
#define EB_ASSERT(cond) ((cond) ? (void)0 : eb_assert_failed(#cond, __FILE__, __LINE__))
_Noreturn void eb_assert_failed(const char *what, const char *file, int line);

#define EB_NODISCARD __attribute__((warn_unused_result))
#define EB_COUNT(array) (sizeof(array) / sizeof((array)[0]))
