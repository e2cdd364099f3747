/* SPDX-License-Identifier: Apache-2.0 */
/* See fixture.h. */
#define _XOPEN_SOURCE 700

#include "fixture.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void *fail_resize(void *user, void *block, size_t size)
{
    struct fail_heap *f = user;
    if (size == 0) {
        f->blocks -= block != NULL;
        free(block);
        return NULL;
    }
    f->requests++;
    if (f->fail_at != 0 && (f->requests == f->fail_at || (f->for_ever && f->requests > f->fail_at))) {
        return NULL;
    }
    void *out = realloc(block, size);
    f->blocks += block == NULL && out != NULL;
    return out;
}

struct eb_heap fixture_heap(struct fail_heap *f)
{
    return (struct eb_heap){fail_resize, f, f->pooled};
}

static void set_leg(struct eb_leg_view *leg, uint8_t id, uint8_t state, int64_t r_ppm, int64_t price_e8)
{
    *leg = (struct eb_leg_view){.id = id, .state = state, .r_ppm = r_ppm, .fraction_ppm = 350000};
    leg->price.e8 = price_e8;
    leg->qty.e8 = 35000000;
}

static void set_entry(struct eb_memory *m, const char *key, uint8_t kind, double number, const char *text)
{
    struct eb_memory_entry *e = &m->entry[m->count++];
    e->kind = kind;
    e->number = number;
    (void)snprintf(e->key, sizeof(e->key), "%s", key);
    (void)snprintf(e->text, sizeof(e->text), "%s", text);
}

void fixture_context(struct eb_context *c)
{
    memset(c, 0, sizeof(*c));
    c->consult_id = 1;
    c->episode = 7;
    c->plan_revision = 2;
    c->side = EB_LONG;
    c->reason = EB_CONSULT_HIT;
    c->regime = EB_REGIME_TREND;
    c->stop_kind = EB_STOP_TRAIL;
    c->hits = 1;
    c->leg_count = 2;
    c->live = true;
    (void)snprintf(c->symbol, sizeof(c->symbol), "BTCUSDT");
    c->now_ms = INT64_C(1700000060000);
    c->opened_ms = INT64_C(1700000000000);
    c->price_age_ms = 250;
    c->entry.e8 = 100 * EB_E8;
    c->price.e8 = c->mark.e8 = 101 * EB_E8;
    c->bid.e8 = INT64_C(10099000000);
    c->stop.e8 = c->trail_stop.e8 = INT64_C(9925000000);
    c->plan_stop.e8 = INT64_C(9850000000);
    c->peak.e8 = 102 * EB_E8;
    c->r.e8 = INT64_C(150000000);
    c->qty.e8 = INT64_C(65000000);
    c->leg_base.e8 = c->first_qty.e8 = EB_E8;
    c->pnl.e8 = INT64_C(65000000);
    c->leverage_ppm = 10 * EB_PPM;
    c->pnl_ppm = 10000;
    c->pnl_r_ppm = 666667;
    c->mfe_r_ppm = 1333333;
    c->mae_r_ppm = -250000;
    c->funding_rate_ppm8 = -10000; /* -0.01 % */
    c->fee_taker_ppm = 400;
    c->min_stop_distance_ppm = 2000;
    c->tick.e8 = EB_E8 / 100;
    set_leg(&c->legs[0], 1, EB_LEG_HIT, 400000, INT64_C(10060000000));
    set_leg(&c->legs[1], 2, EB_LEG_ARMED, 800000, INT64_C(10120000000));
    c->features[EB_TF_15M] = (struct eb_features){.bars = 21,
                                                  .warm = true,
                                                  .close_e8 = 101 * EB_E8,
                                                  .atr_e8 = EB_E8 / 2,
                                                  .atr_ppm = 4950,
                                                  .trend_ppm = -1500,
                                                  .efficiency_ppm = 420000};
    c->features[EB_TF_1H].bars = 3;
    set_entry(&c->memory, "count", EB_MEM_NUMBER, 3.0, "");
    set_entry(&c->memory, "done", EB_MEM_BOOL, 1.0, "");
    set_entry(&c->memory, "plan", EB_MEM_TEXT, 0.0, "runner");
    c->exit_mode = EB_EXIT_MODE_EXIT_BRAIN_V3;
    c->planned = true;
    (void)snprintf(c->owner, sizeof(c->owner), "t");
    set_entry(&c->signals, "confidence", EB_MEM_NUMBER, 0.75, "");
    set_entry(&c->signals, "risk_mode", EB_MEM_TEXT, 0.0, "CRITICAL");
}

struct eb_policy *fixture_try(const char *init, const struct eb_policy_options *opt, struct eb_err *err)
{
    struct eb_policy_text text = {"init.lua", init, strlen(init)};
    struct eb_policy *p = NULL;
    err->msg[0] = '\0';
    int code = eb_policy_open_with(&eb_heap_libc, NULL, &text, 1, opt, &p, err);
    assert_true((code == EB_OK) == (p != NULL));
    return p;
}

static const char *wrap(const char *body)
{
    static char text[70000];
    int n = snprintf(text, sizeof(text),
                     "local up = {}\nreturn { name = 't', version = '1', decide = function(ctx)\n%s\nend }", body);
    assert_true(n > 0 && (size_t)n < sizeof(text));
    return text;
}

struct eb_policy *fixture_decide(const char *body)
{
    struct eb_err err;
    struct eb_policy *p = fixture_try(wrap(body), NULL, &err);
    if (p == NULL) {
        fail_msg("%s\nrefused: %s", body, err.msg);
    }
    return p;
}

enum eb_policy_result fixture_ask(const char *body, struct eb_verdict *out, struct eb_err *err)
{
    struct eb_context ctx;
    fixture_context(&ctx);
    struct eb_policy *p = fixture_decide(body);
    err->msg[0] = '\0';
    enum eb_policy_result result = eb_policy_consult(p, &ctx, out, err);
    eb_policy_close(p);
    return result;
}

void fixture_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        fail_msg("\"%s\" does not hold \"%s\"", text, part);
    }
}

void fixture_dir_make(struct fixture_dir *d)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(d->path, sizeof(d->path), "%s/ebpolicyXXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(d->path));
}

void fixture_dir_write(const struct fixture_dir *d, const char *name, const char *text, size_t len)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/%s", d->path, name);
    for (char *slash = strchr(path + strlen(d->path) + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0755);
        *slash = '/';
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_true(write(fd, text, len) == (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

void fixture_dir_remove(const struct fixture_dir *d)
{
    assert_int_equal(nftw(d->path, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}
