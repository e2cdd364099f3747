/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trades of a symbol since one that is known, oldest first, each with the client id of its order.
 *
 *     ask_trades -> userTrades from `after` on, a page at a time -> orders that nobody remembers: GET order -> FILL...
 *                -> next page ... -> trades(oldest, newest)
 *
 * The page begins with `after` itself: that it is still there shows that this is the exchange that the journal knows,
 * and that nothing between is missing (ids are the market's: an account's are not consecutive). A trade that is not
 * there although later ones are, or that the latest are below of, is told so by oldest and newest.
 */
#include "venue/binance/inner.h"

#include <stdlib.h>
#include <string.h>

#include "venue/binance/words.h"

#define PAGE 1000
#define LOOKUPS 8 /* orders asked for at once */
#define REFUSALS 3
#define WEEK_MS (INT64_C(7) * 24 * 3600 * 1000)

struct bn_job {
    bool used, latest; /* latest: `after` was asked for in vain, and the latest trades are looked at */
    uint32_t symbol;
    uint64_t generation;
    uint64_t after, from, oldest, newest;
    uint32_t looking, next_row, rows;
    struct bn_trade_row *row; /* PAGE */
};

int bn_trades_create(struct eb_binance *b)
{
    b->job = calloc(BN_JOBS, sizeof(*b->job));
    return b->job != NULL ? EB_OK : EB_E_MEMORY;
}

static void drop_job(struct bn_job *j)
{
    uint64_t generation = j->generation + 1;
    free(j->row);
    memset(j, 0, sizeof(*j));
    j->generation = generation;
}

void bn_trades_forget(struct eb_binance *b)
{
    for (unsigned i = 0; i < BN_JOBS; i++) {
        drop_job(&b->job[i]);
    }
}

void bn_trades_destroy(struct eb_binance *b)
{
    if (b->job != NULL) {
        bn_trades_forget(b);
        free(b->job);
    }
}

static uint64_t tag_of(const struct eb_binance *b, const struct bn_job *j, uint32_t row)
{
    return j->generation << 24 | (uint64_t)row << 8 | (uint64_t)(j - b->job);
}

static struct bn_job *job_of(struct eb_binance *b, uint64_t tag)
{
    struct bn_job *j = &b->job[tag & 0xff];
    return j->used && j->generation == tag >> 24 ? j : NULL;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static void finish(struct eb_binance *b, struct bn_job *j)
{
    const struct bn_symbol *s = &b->symbol[j->symbol];
    const struct eb_link_trades told = {.symbol = s->id, .after = j->after, .oldest = j->oldest, .newest = j->newest};
    uint64_t epoch = b->epoch;
    drop_job(j);
    if (b->c.listener.trades != NULL && told.symbol != EB_NO_SYMBOL) {
        b->c.listener.trades(b->c.listener.user, &told);
    }
    if (epoch == b->epoch) {
        bn_trades_second(b);
    }
}

static void later(struct eb_binance *b, struct bn_job *j)
{
    struct bn_symbol *s = &b->symbol[j->symbol];
    s->trades_wanted = true;
    s->trades_after = j->after;
    drop_job(j);
}

/* Once more, in a second: without them nothing goes on. What the exchange will not answer however often it is asked is
 * left to the picture, with a trouble: one symbol must not keep the others waiting. */
static void failed(struct eb_binance *b, struct bn_job *j, bool for_good, const char *why)
{
    struct bn_symbol *s = &b->symbol[j->symbol];
    uint64_t after = j->after;
    uint64_t epoch = b->epoch;
    eb_log(b->c.log, EB_LOG_WARN, "trades.unread", EB_STR("symbol", s->name), EB_STR("why", why));
    if (for_good && ++s->trades_refusals >= REFUSALS) {
        bn_trouble(b, "trades.unread", s->name, true,
                   "%s: its trades cannot be read, what was missed is told by positions only: %s", s->name, why);
        if (epoch == b->epoch) {
            j->oldest = j->newest = after;
            finish(b, j);
        }
        return;
    }
    later(b, j);
}

static bool for_good(const struct bn_result *r)
{
    return r->outcome == BN_REJECTED && r->reject != EB_REJ_RETRY && r->reject != EB_REJ_CLOCK;
}

/* ---- telling a page ---------------------------------------------------------------------------------------------- */

static void ask_page(struct eb_binance *b, struct bn_job *j);

static void tell_page(struct eb_binance *b, struct bn_job *j)
{
    struct bn_symbol *s = &b->symbol[j->symbol];
    uint64_t epoch = b->epoch;
    for (uint32_t i = 0; i < j->rows && epoch == b->epoch; i++) {
        const struct bn_trade_row *row = &j->row[i];
        struct bn_record *r = bn_record_by_child(b, row->order_id);
        r = r != NULL ? r : bn_record_by_venue(b, row->order_id, false);
        j->newest = row->fill.trade_id > j->newest ? row->fill.trade_id : j->newest;
        bool known = row->fill.trade_id <= j->after;
        if (!known && s->id != EB_NO_SYMBOL) {
            bn_fill_tell(b, s, r, row->order_id, row->order_side, row->position_side, &row->fill);
        }
    }
    if (epoch != b->epoch) {
        return;
    }
    bool full = j->rows == PAGE && !j->latest && j->from != 0;
    if (full) {
        j->from = j->row[j->rows - 1].fill.trade_id + 1;
        ask_page(b, j);
        return;
    }
    bool told = s->trades_refusals >= REFUSALS;
    s->trades_refusals = 0;
    if (told) {
        bn_trouble(b, "trades.unread", s->name, false, "%s: its trades can be read", s->name);
    }
    if (epoch == b->epoch) {
        finish(b, j);
    }
}

/* ---- whose orders they were -------------------------------------------------------------------------------------- */

static void look_up(struct eb_binance *b, struct bn_job *j);

static void order_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_job *j = job_of(b, tag);
    struct bn_order o;
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    if (j == NULL) {
        return;
    }
    j->looking--;
    struct bn_symbol *s = &b->symbol[j->symbol];
    struct bn_trade_row *row = &j->row[tag >> 8 & 0xffff];
    if (r->outcome == BN_ACCEPTED && bn_decode_order(r->body, r->len, false, &o, &err) == EB_OK) {
        struct bn_record *record = bn_record_of(b, s, &o);
        if (record != NULL && !record->algo && record->state == EB_OS_NONE) {
            bn_record_state(b, record, o.state);
        }
        row->fill.liquidation = row->fill.liquidation || bn_is_autoclose(o.client_text);
    } else if (!(r->outcome == BN_REJECTED && r->reject == EB_REJ_GONE)) {
        failed(b, j, for_good(r), r->outcome == BN_ACCEPTED ? err.msg : r->msg);
        return;
    }
    look_up(b, j);
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

static bool unknown_order(struct eb_binance *b, const struct bn_job *j, uint32_t at)
{
    uint64_t order_id = j->row[at].order_id;
    if (j->row[at].fill.trade_id <= j->after || bn_record_by_child(b, order_id) != NULL ||
        bn_record_by_venue(b, order_id, false) != NULL) {
        return false;
    }
    const struct bn_trade_row *before = at > 0 ? &j->row[at - 1] : NULL; /* trades of one order follow each other */
    return before == NULL || before->order_id != order_id || before->fill.trade_id <= j->after;
}

static void look_up(struct eb_binance *b, struct bn_job *j)
{
    struct bn_params p;
    while (j->next_row < j->rows && j->looking < LOOKUPS) {
        uint32_t at = j->next_row++;
        if (!unknown_order(b, j, at)) {
            continue;
        }
        bn_params_init(&p);
        bn_param_text(&p, "symbol", b->symbol[j->symbol].name);
        bn_param_u64(&p, "orderId", j->row[at].order_id);
        if (bn_read(b, "/fapi/v1/order", &p, 1, BN_PRIORITY_READ, order_came, tag_of(b, j, at)) != EB_OK) {
            failed(b, j, false, "an order could not be asked for");
            return;
        }
        j->looking++;
    }
    if (j->looking == 0 && j->next_row == j->rows) {
        tell_page(b, j);
    }
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

static int take_row(void *user, const struct bn_trade_row *row)
{
    struct bn_job *j = user;
    if (j->rows < PAGE) {
        j->row[j->rows++] = *row;
    }
    return EB_OK;
}

static int by_trade_id(const void *x, const void *y)
{
    uint64_t a = ((const struct bn_trade_row *)x)->fill.trade_id;
    uint64_t b = ((const struct bn_trade_row *)y)->fill.trade_id;
    return a < b ? -1 : a > b ? 1 : 0;
}

/* What the first page says of the trade that is known. */
static bool judge_first(struct eb_binance *b, struct bn_job *j)
{
    uint64_t first = j->rows > 0 ? j->row[0].fill.trade_id : 0;
    if (j->latest) { /* `after` and all later ones are unknown here */
        j->newest = j->rows > 0 ? j->row[j->rows - 1].fill.trade_id : j->after; /* nothing lately: no contradiction */
        j->oldest = j->rows > 0 ? first : j->after;
        j->rows = 0;
        return true;
    }
    if (j->after != 0 && j->rows == 0) {
        j->latest = true;
        ask_page(b, j);
        return false;
    }
    j->oldest = j->oldest != 0 ? j->oldest : first;
    return true;
}

static void page_came(void *user, uint64_t tag, const struct bn_result *r)
{
    struct eb_binance *b = user;
    struct bn_job *j = job_of(b, tag);
    struct eb_err err = {0};
    uint64_t epoch = b->epoch;
    if (j == NULL) {
        return;
    }
    j->rows = j->next_row = 0;
    int rc = r->outcome == BN_ACCEPTED ? bn_decode_trades(r->body, r->len, take_row, j, &err) : EB_E_IO;
    if (rc != EB_OK) {
        failed(b, j, for_good(r), r->outcome == BN_ACCEPTED ? err.msg : r->msg);
        return;
    }
    qsort(j->row, j->rows, sizeof(*j->row), by_trade_id);
    bool first = j->oldest == 0;
    if (!first || judge_first(b, j)) {
        look_up(b, j);
    }
    if (epoch == b->epoch) {
        bn_flush(b);
    }
}

static void ask_page(struct eb_binance *b, struct bn_job *j)
{
    struct bn_params p;
    bn_params_init(&p);
    bn_param_text(&p, "symbol", b->symbol[j->symbol].name);
    if (j->latest || j->from == 0) {
        bn_param_i64(&p, "startTime", bn_rest_now_ms(b->rest) - WEEK_MS + BN_MINUTE_MS);
    } else {
        bn_param_u64(&p, "fromId", j->from);
    }
    bn_param_i64(&p, "limit", PAGE);
    if (bn_read(b, "/fapi/v1/userTrades", &p, 5, BN_PRIORITY_READ, page_came, tag_of(b, j, 0)) != EB_OK) {
        eb_log(b->c.log, EB_LOG_WARN, "trades.unread", EB_STR("symbol", b->symbol[j->symbol].name),
               EB_STR("why", "they could not be asked for"));
        later(b, j);
    }
}

static bool start(struct eb_binance *b, struct bn_symbol *s)
{
    for (unsigned i = 0; i < BN_JOBS; i++) {
        struct bn_job *j = &b->job[i];
        if (j->used) {
            continue;
        }
        j->row = malloc(PAGE * sizeof(*j->row));
        if (j->row == NULL) {
            return false;
        }
        j->used = true;
        j->symbol = bn_symbol_index(b, s);
        j->after = j->from = s->trades_after;
        s->trades_wanted = false;
        ask_page(b, j);
        return true;
    }
    return false;
}

void bn_trades_second(struct eb_binance *b)
{
    for (uint32_t i = 0; i < b->c.symbols_max; i++) {
        struct bn_symbol *s = b->by_id[i] != BN_NO_RECORD ? &b->symbol[b->by_id[i]] : NULL;
        if (s != NULL && s->trades_wanted && !start(b, s)) {
            return;
        }
    }
}

int bn_ask_trades(void *link, eb_symbol_id symbol, uint64_t after)
{
    struct eb_binance *b = link;
    if (b->stage < BN_GREETED) {
        return EB_E_IO;
    }
    struct bn_symbol *s = bn_symbol_of(b, symbol);
    if (s == NULL) {
        return EB_E_NOT_FOUND;
    }
    s->trades_wanted = true;
    s->trades_after = after;
    (void)start(b, s);
    return EB_OK;
}
