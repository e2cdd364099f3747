/* SPDX-License-Identifier: Apache-2.0 */
/* Writes files of every packing into a temporary directory; finds real data through EXITBRAIN_DATA. */
#define _POSIX_C_SOURCE 200809L

#include "files.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <zip.h>
#include <zlib.h>

static char directory[64];

int files_setup(void **state)
{
    (void)state;
    (void)snprintf(directory, sizeof(directory), "/tmp/exitbrain-feed-XXXXXX");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

int files_teardown(void **state)
{
    (void)state;
    DIR *dir = opendir(directory);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        (void)unlink(file_path(entry->d_name));
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return rmdir(directory);
}

const char *file_path(const char *name)
{
    static char paths[4][PATH_SIZE];
    static size_t next;
    char *path = paths[next++ % EB_COUNT(paths)];
    int n = snprintf(path, PATH_SIZE, "%s/%s", directory, name);
    assert_true(n > 0 && n < PATH_SIZE);
    return path;
}

const char *file_write_bytes(const char *name, const void *data, size_t len)
{
    const char *path = file_path(name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    return path;
}

const char *file_write(const char *name, const char *text)
{
    return file_write_bytes(name, text, strlen(text));
}

const char *file_write_gzip(const char *name, const char *text)
{
    const char *path = file_path(name);
    gzFile file = gzopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(gzwrite(file, text, (unsigned)strlen(text)), (int)strlen(text));
    assert_int_equal(gzclose(file), Z_OK);
    return path;
}

void file_truncate(const char *path, size_t bytes)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_int_equal(fclose(file), 0);
    assert_true(size > (long)bytes);
    assert_int_equal(truncate(path, size - (long)bytes), 0);
}

const char *file_write_zip(const char *name, const char *text, int count, bool encrypted)
{
    const char *path = file_path(name);
    int code = 0;
    zip_t *archive = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
    assert_non_null(archive);
    assert_true(zip_dir_add(archive, "folder", 0) >= 0);
    for (int i = 0; i < count; i++) {
        char entry[16];
        (void)snprintf(entry, sizeof(entry), "%d.csv", i);
        zip_source_t *source = zip_source_buffer(archive, text, strlen(text), 0);
        zip_int64_t at = zip_file_add(archive, entry, source, 0);
        assert_true(at >= 0);
        if (encrypted) {
            assert_int_equal(zip_file_set_encryption(archive, (zip_uint64_t)at, ZIP_EM_AES_256, "secret"), 0);
        }
    }
    assert_int_equal(zip_close(archive), 0);
    return path;
}

void assert_error(const struct eb_err *err, int rc, int want, const char *one, const char *two)
{
    if (rc != want || err->code != want) {
        fail_msg("code %d, err.code %d (%s), wanted %d", rc, err->code, err->msg, want);
    }
    const char *texts[] = {one, two};
    for (size_t i = 0; i < EB_COUNT(texts); i++) {
        if (texts[i] != NULL && strstr(err->msg, texts[i]) == NULL) {
            fail_msg("message '%s' lacks '%s'", err->msg, texts[i]);
        }
    }
}

const char *real_file(const char *name)
{
    static char path[PATH_SIZE];
    const char *root = getenv("EXITBRAIN_DATA");
    int n = snprintf(path, sizeof(path), "%s/%s", root != NULL ? root : EB_TEST_ROOT "/../shared/data", name);
    if (n < 0 || (size_t)n >= sizeof(path) || access(path, R_OK) != 0) {
        print_message("SKIPPED: no %s (EXITBRAIN_DATA names the directory of real market data)\n", name);
        return NULL;
    }
    return path;
}
