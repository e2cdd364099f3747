/* SPDX-License-Identifier: Apache-2.0 */
/* Anonymous pages with the flags that keep them from disk: locked against swapping, left out of dumps and forks. */
#define _GNU_SOURCE
#include "venue/sign_room.h"

#include <sys/mman.h>

#include <openssl/crypto.h>

/* All keys of a process and what TLS keeps of its own; one RSA key of 4,096 bits takes about 4 KiB. */
#define HEAP_BYTES ((size_t)256 * 1024)
#define HEAP_SMALLEST ((size_t)32)

int eb_room_open(struct eb_err *err)
{
    if (CRYPTO_secure_malloc_initialized() == 1) {
        return EB_OK;
    }
    /* 2: it could not be locked or marked; a container with a low limit still gets a heap of its own. */
    if (CRYPTO_secure_malloc_init(HEAP_BYTES, HEAP_SMALLEST) == 0) {
        return eb_err_set(err, EB_E_MEMORY, "key", "no protected memory for keys: raise the limit of locked memory");
    }
    return EB_OK;
}

void *eb_room_take(size_t size)
{
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) {
        return NULL;
    }
    if (madvise(room, size, MADV_DONTDUMP) != 0 || madvise(room, size, MADV_DONTFORK) != 0) {
        (void)munmap(room, size);
        return NULL;
    }
    (void)mlock(room, size); /* swapping is the lesser evil: without keys there is no exit at all */
    return room;
}

void eb_room_give(void *room, size_t size)
{
    if (room != NULL) {
        OPENSSL_cleanse(room, size);
        (void)munmap(room, size);
    }
}

void eb_room_wipe(void *at, size_t size)
{
    OPENSSL_cleanse(at, size);
}
