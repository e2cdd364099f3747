/* SPDX-License-Identifier: Apache-2.0 */
/* What lstat says of a key file; its contents are read by whoever connects to an exchange. */
#define _POSIX_C_SOURCE 200809L

#include "app/key_file.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char area[] = "key";

#define OF_OTHERS 077

static int check(const char *path, bool dir, struct eb_err *err)
{
    struct stat st;
    const char *wanted = dir ? "directory" : "file";
    if (lstat(path, &st) != 0) {
        return eb_err_set(err, errno == ENOENT ? EB_E_NOT_FOUND : EB_E_IO, area, "%s: %s", path, strerror(errno));
    }
    if (S_ISLNK(st.st_mode)) {
        return eb_err_set(err, EB_E_REFUSED, area, "%s: is a symbolic link: put the %s itself there", path, wanted);
    }
    if (dir ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode)) {
        return eb_err_set(err, EB_E_REFUSED, area, "%s: is no %s: move it away", path, wanted);
    }
    if (st.st_uid != geteuid()) {
        return eb_err_set(err, EB_E_REFUSED, area, "%s: belongs to user %lu, and this is user %lu: chown %lu %s", path,
                          (unsigned long)st.st_uid, (unsigned long)geteuid(), (unsigned long)geteuid(), path);
    }
    if ((st.st_mode & OF_OTHERS) != 0) {
        return eb_err_set(err, EB_E_REFUSED, area, "%s: mode %03o lets others at it: chmod %s %s", path,
                          (unsigned)(st.st_mode & 0777), dir ? "700" : "600", path);
    }
    return EB_OK;
}

int eb_key_file_check(const char *path, struct eb_err *err)
{
    return check(path, false, err);
}

int eb_key_dir_check(const char *path, struct eb_err *err)
{
    return check(path, true, err);
}

int eb_key_credential_check(const char *path, struct eb_err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0) {
        return eb_err_set(err, errno == ENOENT ? EB_E_NOT_FOUND : EB_E_IO, area, "%s: %s", path, strerror(errno));
    }
    bool owned = st.st_uid == geteuid() || st.st_uid == 0;
    if (!S_ISREG(st.st_mode) || !owned || (st.st_mode & 027) != 0) {
        return eb_err_set(err, EB_E_REFUSED, area,
                          "%s: a credential is a file of root or of this user that others cannot read (mode %03o)",
                          path, (unsigned)(st.st_mode & 0777));
    }
    return EB_OK;
}
