/* SPDX-License-Identifier: Apache-2.0 */
/* Texts cut at words. */
#define _POSIX_C_SOURCE 200809L

#include "base/cut.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"

#define MORE "..."

static bool goes_on(char c) /* a character of UTF-8 that began before */
{
    return ((unsigned char)c & 0xc0u) == 0x80u;
}

void eb_text_cut(char *dst, size_t cap, const char *src)
{
    EB_ASSERT(cap >= sizeof(MORE));
    size_t len = strnlen(src, cap);
    memset(dst, 0, cap);
    if (len < cap) {
        memcpy(dst, src, len);
        return;
    }
    size_t room = cap - sizeof(MORE);
    while (room > 0 && goes_on(src[room])) {
        room--;
    }
    size_t word = room;
    while (word > 0 && src[word] != ' ') {
        word--;
    }
    word = word > room / 2 ? word : room; /* a word so long that little would be left */
    while (word > 0 && src[word - 1] == ' ') {
        word--;
    }
    memcpy(dst, src, word);
    memcpy(dst + word, MORE, sizeof(MORE) - 1);
}
