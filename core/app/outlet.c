/* SPDX-License-Identifier: Apache-2.0 */
/* A terminal or a pipe is opened a second time, since O_NONBLOCK belongs to the open file, and that is shared with the
 * shell and everybody else who has it. A socket cannot be opened again, and need not. */
#define _GNU_SOURCE

#include "app/outlet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

void eb_outlet_open(struct eb_outlet *o, int fd)
{
    struct stat st;
    char path[40];
    *o = (struct eb_outlet){.fd = fd};
    if (fstat(fd, &st) != 0 || S_ISREG(st.st_mode)) {
        return;
    }
    o->is_socket = S_ISSOCK(st.st_mode);
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int again = o->is_socket ? -1 : open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (again >= 0) {
        o->fd = again;
        o->owned = true;
    }
}

bool eb_outlet_write(struct eb_outlet *o, const char *bytes, size_t len)
{
    while (len > 0 && o->fd >= 0) {
        ssize_t n = o->is_socket ? send(o->fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) : write(o->fd, bytes, len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        bytes += n;
        len -= (size_t)n;
    }
    return len == 0;
}

void eb_outlet_close(struct eb_outlet *o)
{
    if (o->owned) {
        (void)close(o->fd);
    }
    *o = (struct eb_outlet){.fd = -1};
}
