/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of a connection and what their handlers heard. */
#pragma once

#include "rig.h"

struct end {
    struct eb_stream *s;
    int opened, drained, closed;
    struct eb_err why; /* of closed */
    int bytes;         /* received */
    uint64_t hash;     /* of them, in order */
    char first[256];   /* the first of them, a string */
    bool echo;         /* writes back what it hears, pausing while that waits */
    bool leaves[4];    /* closes itself when called: enum end_call */
    bool finishes;     /* ... by eb_stream_finish() instead */
};
enum end_call { END_OPENED = 0, END_DATA, END_DRAINED, END_CLOSED };

extern const struct eb_stream_handlers end_handlers;

/* Closes e's stream, once. */
void end_close(struct end *e);

struct pair {
    struct rig *rig;
    struct eb_listener *listener;
    struct end here, there; /* who connected, who was accepted */
    int accepted;
    size_t limit; /* of either; 0: 1 MiB */
    const char *path;
};
/* Listens at "s" in the directory of the rig; the next connection becomes p->there. */
void pair_listen(struct pair *p, struct rig *r);
/* The same, and p->here connects; both ends stand. */
void pair_open(struct pair *p, struct rig *r);
void pair_close(struct pair *p);
