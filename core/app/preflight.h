/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The preflight of an exchange: what was found before orders may leave, kept in the directory of the state, and looked
 * for when they are to.
 *
 *     doctor --venue --> findings --> DIR/preflight.json          run, mode LIVE --> eb_preflight_check(DIR, who)
 */
#pragma once

#include "app/doc.h"
#include "app/state_dir.h"

#define EB_PREFLIGHT_FILE "preflight.json"
#define EB_PREFLIGHT_MAX 64
#define EB_PREFLIGHT_DAYS 30 /* so long it is good */

/* Which account, by which key, where: what it was made of, and what it is asked for. */
struct eb_preflight_of {
    const char *environment, *rest, *account, *key; /* key: its name, which may be shown */
};
struct eb_preflight_finding {
    char name[40], text[240], remedy[240];
    uint8_t severity; /* 0 well, 1 notice, 2 refused */
};
struct eb_preflight {
    struct eb_preflight_of of;
    int64_t at_ms; /* wall clock */
    int worst;     /* of the severities, once it is over; -1 not yet */
    struct eb_preflight_finding finding[EB_PREFLIGHT_MAX];
    unsigned count, left_out;
};
void eb_preflight_add(struct eb_preflight *p, const char *name, uint8_t severity, const char *text, const char *remedy);
/* What is refused first, then notices, then what is well; one JSON document. */
void eb_preflight_text(const struct eb_preflight *p, bool colour, struct eb_buffer *out);
void eb_preflight_json(const struct eb_preflight *p, struct eb_buffer *out);
/* Replaces the file as a whole, for its owner alone. EB_E_IO. */
EB_NODISCARD int eb_preflight_write(const char *dir, const struct eb_preflight *p, struct eb_err *err);
/* EB_OK when one is there that is good now: of the same account, key and exchange, not older than EB_PREFLIGHT_DAYS,
 * and with nothing refused. Else EB_E_REFUSED: why it is not, and what to do. */
EB_NODISCARD int eb_preflight_check(const char *dir, const struct eb_preflight_of *of, int64_t now_ms,
                                    struct eb_err *err);
