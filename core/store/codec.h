/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as bytes, field by field, little-endian: what every store keeps.
 *
 *     record = u32 length of payload | u16 kind | u16 version | payload | u32 CRC-32C of all before it
 *     payload of an event = now_ns, now_ms, symbol, position, flags, [witness], the fields of its kind
 *
 * Kinds below EB_REC_FIRST are those of enum eb_event_kind. A struct that changes gets a new version of its kind here;
 * a build reads its own versions only and says so, because a fold under other rules would be a different past.
 */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include <exitbrain/engine.h>

enum eb_record_kind {
    EB_REC_FIRST = 0x100,
    EB_REC_HEADER = EB_REC_FIRST, /* of a tape or segment: build, configuration, policy */
    EB_REC_END,                   /* of a tape that was closed: how many records there are */
};

#define EB_RECORD_OVERHEAD 12 /* bytes around a payload */
#define EB_RECORD_MAX 16384   /* bytes of a whole record; a longer one is corrupt */
#define EB_EVENT_VERSION 3    /* of the payload of every kind of event */
#define EB_CODEC_SCHEMA 3     /* of all versions together: what `--version` names */

/* An event with room for everything that it may point at. Large: allocate one and reuse it. */
struct eb_decoded_event {
    struct eb_event ev; /* pointers into this struct; ev.witness NULL when the record has none */
    bool durable;
    struct eb_witness witness;
    struct eb_ev_instrument instrument;
    struct eb_ev_position position;
    struct eb_ev_command command;
    struct eb_ev_policy policy;
    struct eb_ev_signal signal;
    struct eb_ev_policy_failed failed;
    struct eb_context ctx;
    struct eb_verdict verdict;
};

/* Writes one event, with its witness unless NULL, as a whole record; *len its bytes. EB_E_FULL when cap is too small
 * (EB_RECORD_MAX never is), EB_E_INVALID for an event that is none: a kind, enum or count beyond range, a payload
 * missing, a text without end. ev->witness is not looked at. */
EB_NODISCARD int eb_encode_event(const struct eb_event *ev, const struct eb_witness *witness, bool durable,
                                 unsigned char *out, size_t cap, size_t *len);

/* Reads the record at in, of which avail bytes are there. EB_OK with *used its bytes; EB_E_END when it is not all there
 * (*used: bytes needed to know more, always above avail); EB_E_CORRUPT with the cause and remedy in err. */
EB_NODISCARD int eb_decode_event(const unsigned char *in, size_t avail, size_t *used, struct eb_decoded_event *out,
                                 struct eb_err *err);

/* ---- Records of any kind ---------------------------------------------------------------------------------------- */

struct eb_record {
    uint16_t kind, version;
    const unsigned char *payload; /* borrowed */
    size_t len;
};
/* Finds the record at in and checks its CRC: codes as eb_decode_event. */
EB_NODISCARD int eb_record_read(const unsigned char *in, size_t avail, size_t *used, struct eb_record *out,
                                struct eb_err *err);
/* Decodes a record of an event kind: EB_OK or EB_E_CORRUPT. */
EB_NODISCARD int eb_record_event(const struct eb_record *record, struct eb_decoded_event *out, struct eb_err *err);
/* Puts head and CRC around the len payload bytes at out + EB_RECORD_HEAD; returns the bytes of the record. */
#define EB_RECORD_HEAD 8
size_t eb_record_seal(unsigned char *out, uint16_t kind, uint16_t version, size_t len);

/* ---- Walks, shared by the codec's files; each writes or reads one struct ---------------------------------------- */

struct eb_cursor;
void eb_cursor_memory_entry(struct eb_cursor *w, struct eb_memory_entry *v);
void eb_cursor_context(struct eb_cursor *w, struct eb_context *v);
void eb_cursor_verdict(struct eb_cursor *w, struct eb_verdict *v);
void eb_cursor_config(struct eb_cursor *w, struct eb_ev_config *v);
void eb_cursor_engine_config(struct eb_cursor *w, struct eb_engine_config *v);
