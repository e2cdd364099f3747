/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of user streams: one of an account, for an hour since it was last asked for. */
#include "venue/fapi/api.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 64
#define VALID_MS INT64_C(3600000)

struct entry {
    struct fapi_account *account; /* NULL: free */
    int64_t until_ms;
    char text[FAPI_LISTEN_KEY + 1];
};
struct fapi_listen_keys {
    struct eb_rng rng;
    struct entry entry[KEYS];
    size_t count;
};

int fapi_listen_keys_create(uint64_t seed, struct fapi_listen_keys **out, struct eb_err *err)
{
    *out = calloc(1, sizeof(**out));
    if (*out == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "sim", "out of memory");
    }
    eb_rng_seed(&(*out)->rng, seed ^ UINT64_C(0x6c6b));
    return EB_OK;
}

void fapi_listen_keys_destroy(struct fapi_listen_keys *k)
{
    free(k);
}

static struct entry *entry_of(struct eb_fapi *f, const struct fapi_account *a)
{
    struct fapi_listen_keys *k = fapi_api_of(f)->keys;
    for (size_t i = 0; i < k->count; i++) {
        if (k->entry[i].account == a) {
            return &k->entry[i];
        }
    }
    return NULL;
}

static void make_text(struct fapi_listen_keys *k, char out[FAPI_LISTEN_KEY + 1])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    for (size_t i = 0; i < FAPI_LISTEN_KEY; i++) {
        out[i] = letters[eb_rng_below(&k->rng, sizeof(letters) - 1)];
    }
    out[FAPI_LISTEN_KEY] = '\0';
}

const char *fapi_listen_key_start(struct eb_fapi *f, struct fapi_account *a)
{
    struct fapi_listen_keys *k = fapi_api_of(f)->keys;
    struct entry *e = entry_of(f, a);
    if (e == NULL) {
        e = entry_of(f, NULL);
        if (e == NULL) {
            if (k->count == KEYS) {
                return NULL;
            }
            e = &k->entry[k->count++];
        }
        e->account = a;
        make_text(k, e->text);
    }
    e->until_ms = f->now_ms + VALID_MS;
    return e->text;
}

const char *fapi_listen_key_ping(struct eb_fapi *f, struct fapi_account *a)
{
    struct entry *e = entry_of(f, a);
    if (e == NULL) {
        return NULL;
    }
    e->until_ms = f->now_ms + VALID_MS;
    return e->text;
}

static void end(struct eb_fapi *f, struct entry *e, bool expired)
{
    struct fapi_account *a = e->account;
    e->account = NULL;
    fapi_listen_key_ended(f, a, e->text, expired);
}

void fapi_listen_key_stop(struct eb_fapi *f, struct fapi_account *a)
{
    struct entry *e = entry_of(f, a);
    if (e != NULL) {
        end(f, e, false);
    }
}

void fapi_listen_key_expire(struct eb_fapi *f, struct fapi_account *a)
{
    struct entry *e = entry_of(f, a);
    if (e != NULL) {
        end(f, e, true);
    }
}

struct fapi_account *fapi_listen_key_account(struct eb_fapi *f, const char *listen_key)
{
    struct fapi_listen_keys *k = fapi_api_of(f)->keys;
    for (size_t i = 0; i < k->count; i++) {
        if (k->entry[i].account != NULL && strcmp(k->entry[i].text, listen_key) == 0) {
            return k->entry[i].account;
        }
    }
    return NULL;
}

void fapi_listen_keys_run(struct eb_fapi *f)
{
    struct fapi_listen_keys *k = fapi_api_of(f)->keys;
    for (size_t i = 0; i < k->count; i++) {
        if (k->entry[i].account != NULL && k->entry[i].until_ms <= f->now_ms) {
            end(f, &k->entry[i], true);
        }
    }
    fapi_countdowns_run(f);
}

int64_t fapi_listen_keys_next_ms(const struct eb_fapi *f)
{
    const struct fapi_listen_keys *k = fapi_api_of(f)->keys;
    int64_t next_ms = fapi_countdowns_next_ms(f);
    for (size_t i = 0; i < k->count; i++) {
        if (k->entry[i].account != NULL && k->entry[i].until_ms < next_ms) {
            next_ms = k->entry[i].until_ms;
        }
    }
    return next_ms;
}
