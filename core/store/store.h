/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a store is. Two sides, each two pointers:
 *
 *     turn --struct eb_store_port--> memory | tape | journal --struct eb_record_source--> fold, explain, export
 *
 * The port (exitbrain/host.h): append copies an event and answers at once; it never waits for a disk, because the price
 * path does not. durable_seq tells later how far the records would survive a loss of power, and an order that needs a
 * record is held by the turn until then. Numbers count durable records from the creation of the engine whose events
 * they are, from 1, so that they equal its count of durable steps. A store that has refused one durable record (0) has
 * a hole: the turn then lets nothing leave but urgent orders.
 *
 * Every store keeps the same bytes, those of codec.h, so that what one has written any other can read.
 */
#pragma once

#include "store/codec.h"
#include <exitbrain/host.h>

/* Gives records in order: EB_OK with the next in out (payloads in it, valid until the next call), EB_E_END when there
 * are no more, EB_E_CORRUPT or EB_E_IO with err filled. */
struct eb_record_source {
    void *source;
    int (*next)(void *source, struct eb_decoded_event *out, struct eb_err *err);
};
