/* SPDX-License-Identifier: Apache-2.0 */
/* A watched directory tells every way by which editors and deployments change files, once each, and nothing else. */
#define _GNU_SOURCE

#include "rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define QUIET_MS INT64_C(20)

struct seen {
    struct rig *rig;
    struct eb_watch *w;
    int changed;
    bool closes;
};

static void on_changed(void *user)
{
    struct seen *s = user;
    s->changed++;
    if (s->closes) {
        eb_watch_close(s->w);
        s->w = NULL;
    }
}

/* A watch on "set" in the directory of the rig, with init.lua and the subdirectory lib in it. */
static void open_set(struct seen *s, struct rig *r)
{
    *s = (struct seen){.rig = r};
    (void)mkdir(rig_path(r, "set"), 0700);
    (void)mkdir(rig_path(r, "set/lib"), 0700);
    rig_write(rig_path(r, "set/init.lua"), "return 1");
    assert_int_equal(eb_watch_open(r->loop, rig_path(r, "set"), QUIET_MS, on_changed, s, &s->w, &r->err), EB_OK);
}

/* What was done before is told, and once: all of it waits in the kernel, as the loop did not run meanwhile. */
static void told_once(struct seen *s)
{
    int before = s->changed;
    rig_until(s->rig, &s->changed, before + 1);
    rig_idle(s->rig, 3 * QUIET_MS);
    assert_int_equal(s->changed, before + 1);
}

static void not_told(struct seen *s)
{
    int before = s->changed;
    rig_idle(s->rig, 4 * QUIET_MS);
    assert_int_equal(s->changed, before);
}

static void files_change(void **state)
{
    struct seen s;
    struct rig *r = *state;
    open_set(&s, r);
    not_told(&s);
    rig_write(rig_path(r, "set/init.lua"), "return 2");
    told_once(&s);
    rig_write(rig_path(r, "set/new.lua"), "return 3");
    told_once(&s);
    assert_int_equal(unlink(rig_path(r, "set/new.lua")), 0);
    told_once(&s);
    assert_int_equal(truncate(rig_path(r, "set/init.lua"), 0), 0);
    told_once(&s);
    rig_write(rig_path(r, "set/lib/a.lua"), "return 4");
    told_once(&s);
    for (int i = 0; i < 50; i++) {
        char name[32];
        (void)snprintf(name, sizeof(name), "set/many%d.lua", i);
        rig_write(rig_path(r, name), "return 5");
    }
    told_once(&s); /* several are one */
    eb_watch_close(s.w);
}

static void editors_write_a_new_file_and_rename_it(void **state)
{
    struct seen s;
    struct rig *r = *state;
    open_set(&s, r);
    for (int i = 0; i < 3; i++) { /* each time it is another inode under the old name */
        rig_write(rig_path(r, "set/.init.lua.swp"), "return 6");
        assert_int_equal(rename(rig_path(r, "set/.init.lua.swp"), rig_path(r, "set/init.lua")), 0);
        told_once(&s);
    }
    rig_write(rig_path(r, "set/init.lua"), "return 7"); /* and one that writes in place, to the new inode */
    told_once(&s);
    rig_write(rig_path(r, "outside.lua"), "return 8");
    assert_int_equal(rename(rig_path(r, "outside.lua"), rig_path(r, "set/lib/b.lua")), 0);
    told_once(&s);
    assert_int_equal(rename(rig_path(r, "set/lib/b.lua"), rig_path(r, "outside.lua")), 0);
    told_once(&s);
    eb_watch_close(s.w);
}

static void reading_is_no_change(void **state)
{
    struct seen s;
    struct rig *r = *state;
    open_set(&s, r);
    char text[64];
    for (int i = 0; i < 10; i++) {
        rig_read(rig_path(r, "set/init.lua"), text, sizeof(text));
        assert_int_equal(access(rig_path(r, "set/lib"), R_OK), 0);
        int fd = open(rig_path(r, "set/lib"), O_RDONLY | O_DIRECTORY);
        assert_true(fd >= 0);
        (void)close(fd);
    }
    rig_write(rig_path(r, "outside.lua"), "return 9");
    not_told(&s);
    eb_watch_close(s.w);
}

static void subdirectories_come_and_go(void **state)
{
    struct seen s;
    struct rig *r = *state;
    open_set(&s, r);
    assert_int_equal(mkdir(rig_path(r, "set/more"), 0700), 0);
    rig_write(rig_path(r, "set/more/c.lua"), "return 1");
    told_once(&s);
    rig_write(rig_path(r, "set/more/c.lua"), "return 2");
    told_once(&s);
    assert_int_equal(unlink(rig_path(r, "set/more/c.lua")), 0);
    assert_int_equal(rmdir(rig_path(r, "set/more")), 0);
    assert_int_equal(mkdir(rig_path(r, "set/more"), 0700), 0); /* perhaps with the same inode */
    told_once(&s);
    rig_write(rig_path(r, "set/more/c.lua"), "return 3");
    told_once(&s);
    assert_int_equal(rename(rig_path(r, "set/more"), rig_path(r, "set/other")), 0);
    told_once(&s);
    rig_write(rig_path(r, "set/other/c.lua"), "return 4");
    told_once(&s);
    assert_int_equal(rename(rig_path(r, "set/other"), rig_path(r, "away")), 0);
    told_once(&s);
    rig_write(rig_path(r, "away/c.lua"), "return 5"); /* no longer one of them */
    not_told(&s);
    eb_watch_close(s.w);
}

static void hidden_and_deeper_directories_are_not_watched(void **state)
{
    struct seen s;
    struct rig *r = *state;
    assert_int_equal(mkdir(rig_path(r, "set"), 0700), 0);
    assert_int_equal(mkdir(rig_path(r, "set/.git"), 0700), 0);
    assert_int_equal(mkdir(rig_path(r, "set/lib"), 0700), 0);
    assert_int_equal(mkdir(rig_path(r, "set/lib/deep"), 0700), 0);
    assert_int_equal(symlink("nowhere", rig_path(r, "set/dangling")), 0);
    assert_int_equal(symlink("loop", rig_path(r, "set/loop")), 0);
    open_set(&s, r);
    rig_write(rig_path(r, "set/.git/index"), "x");
    rig_write(rig_path(r, "set/lib/deep/d.lua"), "x");
    not_told(&s);
    eb_watch_close(s.w);
}

static void the_directory_itself_is_replaced(void **state)
{
    struct seen s;
    struct rig *r = *state;
    open_set(&s, r);
    for (int i = 0; i < 3; i++) {
        /* Removed and made again at once: some file systems give the same inode to it. */
        assert_int_equal(unlink(rig_path(r, "set/init.lua")), 0);
        assert_int_equal(rmdir(rig_path(r, "set/lib")), 0);
        assert_int_equal(rmdir(rig_path(r, "set")), 0);
        assert_int_equal(mkdir(rig_path(r, "set"), 0700), 0);
        assert_int_equal(mkdir(rig_path(r, "set/lib"), 0700), 0);
        rig_write(rig_path(r, "set/init.lua"), "return 1");
        told_once(&s);
        rig_write(rig_path(r, "set/init.lua"), "return 2");
        told_once(&s);
        rig_write(rig_path(r, "set/lib/a.lua"), "return 3");
        told_once(&s);
        assert_int_equal(unlink(rig_path(r, "set/lib/a.lua")), 0);
        told_once(&s);
    }
    eb_watch_close(s.w);
}

static void the_directory_is_gone_for_a_while(void **state)
{
    struct seen s;
    struct rig *r = *state;
    open_set(&s, r);
    for (int i = 0; i < 2; i++) {
        char old[16];
        (void)snprintf(old, sizeof(old), "old%d", i);
        assert_int_equal(rename(rig_path(r, "set"), rig_path(r, old)), 0);
        told_once(&s);
        rig_write(rig_path(r, i == 0 ? "old0/init.lua" : "old1/init.lua"), "return 1");
        not_told(&s);
        assert_int_equal(mkdir(rig_path(r, "set"), 0700), 0);
        int before = s.changed;
        rig_until(r, &s.changed, before + 1); /* that it is there again, found by looking */
        rig_write(rig_path(r, "set/init.lua"), "return 2");
        told_once(&s);
    }
    eb_watch_close(s.w);
}

static void a_link_to_releases(void **state)
{
    struct rig *r = *state;
    struct seen s = {.rig = r};
    assert_int_equal(mkdir(rig_path(r, "v1"), 0700), 0);
    assert_int_equal(mkdir(rig_path(r, "v2"), 0700), 0);
    assert_int_equal(symlink("v1", rig_path(r, "set")), 0);
    assert_int_equal(eb_watch_open(r->loop, rig_path(r, "set"), QUIET_MS, on_changed, &s, &s.w, &r->err), EB_OK);
    assert_int_equal(symlink("v2", rig_path(r, "next")), 0);
    assert_int_equal(rename(rig_path(r, "next"), rig_path(r, "set")), 0);
    rig_until(r, &s.changed, 1);
    rig_write(rig_path(r, "v2/init.lua"), "return 1");
    told_once(&s);
    rig_write(rig_path(r, "v1/init.lua"), "return 1");
    not_told(&s);
    eb_watch_close(s.w);
}

static void a_long_quiet_time_does_not_keep_it_from_looking(void **state)
{
    struct rig *r = *state;
    struct seen s = {.rig = r};
    assert_int_equal(mkdir(rig_path(r, "set"), 0700), 0);
    assert_int_equal(eb_watch_open(r->loop, rig_path(r, "set"), 1200, on_changed, &s, &s.w, &r->err), EB_OK);
    assert_int_equal(rename(rig_path(r, "set"), rig_path(r, "old")), 0);
    rig_until(r, &s.changed, 1);
    assert_int_equal(mkdir(rig_path(r, "set"), 0700), 0);
    rig_until(r, &s.changed, 2); /* it is looked at more often than it has to be quiet */
    eb_watch_close(s.w);
}

static void what_cannot_be_watched(void **state)
{
    struct rig *r = *state;
    struct eb_watch *w = NULL;
    const char *path = rig_path(r, "missing");
    assert_int_equal(eb_watch_open(r->loop, path, QUIET_MS, on_changed, NULL, &w, &r->err), EB_E_IO);
    assert_non_null(strstr(r->err.msg, path));
    assert_non_null(strstr(r->err.msg, "no such file"));
    path = rig_path(r, "file");
    rig_write(path, "x");
    assert_int_equal(eb_watch_open(r->loop, path, QUIET_MS, on_changed, NULL, &w, &r->err), EB_E_IO);
    assert_non_null(strstr(r->err.msg, path));
    assert_non_null(strstr(r->err.msg, "not a directory"));
    assert_int_equal(eb_watch_open(r->loop, "", QUIET_MS, on_changed, NULL, &w, &r->err), EB_E_INVALID);
    assert_int_equal(eb_watch_open(r->loop, r->dir, -1, on_changed, NULL, &w, &r->err), EB_E_INVALID);
    assert_null(w);
}

static void closed_by_its_callback_or_with_changes_waiting(void **state)
{
    struct seen s;
    struct rig *r = *state;
    open_set(&s, r);
    s.closes = true;
    rig_write(rig_path(r, "set/init.lua"), "return 2");
    rig_until(r, &s.changed, 1);
    rig_write(rig_path(r, "set/init.lua"), "return 3");
    not_told(&s);
    assert_null(s.w);
    open_set(&s, r);
    rig_write(rig_path(r, "set/init.lua"), "return 4");
    eb_loop_once(r->loop, false);
    eb_watch_close(s.w);
    eb_watch_close(NULL);
    not_told(&s);
}

static void two_watches_of_one_directory(void **state)
{
    struct seen s;
    struct seen t;
    struct rig *r = *state;
    open_set(&s, r);
    open_set(&t, r);
    rig_write(rig_path(r, "set/lib/a.lua"), "return 1");
    told_once(&s);
    assert_int_equal(t.changed, 1);
    eb_watch_close(s.w);
    rig_write(rig_path(r, "set/lib/a.lua"), "return 2");
    told_once(&t);
    assert_int_equal(s.changed, 1);
    eb_watch_close(t.w);
}

static void no_descriptor_is_lost(void **state)
{
    struct rig *r = *state;
    int before = 0;
    for (int i = 0; i < 201; i++) {
        struct seen s;
        open_set(&s, r);
        eb_loop_once(r->loop, false);
        eb_watch_close(s.w);
        assert_int_equal(eb_watch_open(r->loop, rig_path(r, "no"), QUIET_MS, on_changed, &s, &s.w, NULL), EB_E_IO);
        before = i == 0 ? rig_descriptors() : before;
    }
    assert_int_equal(rig_descriptors(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_CASE(files_change),
        RIG_CASE(editors_write_a_new_file_and_rename_it),
        RIG_CASE(reading_is_no_change),
        RIG_CASE(subdirectories_come_and_go),
        RIG_CASE(hidden_and_deeper_directories_are_not_watched),
        RIG_CASE(the_directory_itself_is_replaced),
        RIG_CASE(the_directory_is_gone_for_a_while),
        RIG_CASE(a_link_to_releases),
        RIG_CASE(a_long_quiet_time_does_not_keep_it_from_looking),
        RIG_CASE(what_cannot_be_watched),
        RIG_CASE(closed_by_its_callback_or_with_changes_waiting),
        RIG_CASE(two_watches_of_one_directory),
        RIG_CASE(no_descriptor_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
