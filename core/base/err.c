/* SPDX-License-Identifier: Apache-2.0 */
/* Names and texts of the error codes, from the one table in types.h; the assertion that ends the process. */
#define _POSIX_C_SOURCE 200809L

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *eb_err_name(int code)
{
    switch (code) {
    case EB_OK:
        return "OK";
#define XX(name, num, text) \
    case num:               \
        return #name;
        EB_ERR_MAP(XX)
#undef XX
    default: /* an int from anywhere, not an enum */
        return "UNKNOWN";
    }
}

const char *eb_err_text(int code)
{
    switch (code) {
    case EB_OK:
        return "no error";
#define XX(name, num, text) \
    case num:               \
        return text;
        EB_ERR_MAP(XX)
#undef XX
    default:
        return "UNKNOWN";
    }
}

int eb_err_set(struct eb_err *err, int code, const char *where, const char *fmt, ...)
{
    if (err == NULL) {
        return code;
    }
    err->code = code;
    err->where = where;
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(err->msg, sizeof(err->msg), fmt, args);
    va_end(args);
    if (n < 0) {
        err->msg[0] = '\0';
    } else if ((size_t)n >= sizeof(err->msg)) {
        memcpy(err->msg + sizeof(err->msg) - 4, "...", 4); /* a reader must see that the end is missing */
    }
    return code;
}

void eb_assert_failed(const char *what, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
    (void)fflush(stderr);
    abort();
}
