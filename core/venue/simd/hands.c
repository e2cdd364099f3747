/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hands: what somebody else does to the account, the market or the exchange, as one line of words.
 *
 *     "open BTCUSDT LONG 1000 5" -> words -> table -> eb_sim, scene, clock -> a line of answer
 *
 * Everything is checked before anything is done; an error names the word and what was wanted.
 */
#include "venue/simd/hands.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---- answers ----------------------------------------------------------------------------------------------------- */

bool eb_hand_answer(struct hand *h, int code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    /* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): it loses sight of va_start when it inlines this */
    (void)vsnprintf(h->said->text, sizeof(h->said->text), fmt, args);
    va_end(args);
    h->said->code = code;
    return code == EB_OK;
}

bool eb_hand_wrong(struct hand *h, unsigned at, const char *wanted)
{
    return eb_hand_answer(h, EB_E_INVALID, "\"%s\": %s wanted (%s)", h->word[at], wanted, h->usage);
}

bool eb_hand_outcome(struct hand *h, int code, const struct eb_err *err, const char *done)
{
    return code == EB_OK ? eb_hand_answer(h, EB_OK, "%s", done) : eb_hand_answer(h, code, "%s", err->msg);
}

const char *eb_hand_symbol_name(const struct hand *h, eb_symbol_id symbol)
{
    return eb_scene_symbol(h->s->scene, symbol)->inst.symbol;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

bool eb_hand_is(const struct hand *h, unsigned at, const char *text)
{
    return at < h->count && strcmp(h->word[at], text) == 0;
}

bool eb_hand_symbol(struct hand *h, unsigned at, eb_symbol_id *out)
{
    for (eb_symbol_id i = 0; i < h->s->symbols; i++) {
        if (strcmp(eb_hand_symbol_name(h, i), h->word[at]) == 0) {
            *out = i;
            return true;
        }
    }
    return eb_hand_answer(h, EB_E_NOT_FOUND, "\"%s\": no such symbol, %s is one (%s)", h->word[at],
                          eb_hand_symbol_name(h, 0), h->usage);
}

/* A symbol, or * for all: from *out up to *end. */
static bool take_symbols(struct hand *h, unsigned at, eb_symbol_id *out, eb_symbol_id *end)
{
    if (eb_hand_is(h, at, "*")) {
        *out = 0;
        *end = h->s->symbols;
        return true;
    }
    bool good = eb_hand_symbol(h, at, out);
    *end = good ? *out + 1 : 0;
    return good;
}

bool eb_hand_side(struct hand *h, unsigned at, uint8_t *out)
{
    if (!eb_hand_is(h, at, "LONG") && !eb_hand_is(h, at, "SHORT")) {
        return eb_hand_wrong(h, at, "LONG or SHORT");
    }
    *out = eb_hand_is(h, at, "LONG") ? EB_LONG : EB_SHORT;
    return true;
}

/* A decimal above 0. */
bool eb_hand_amount(struct hand *h, unsigned at, int64_t *out_e8)
{
    const char *text = h->word[at];
    if (eb_decimal_parse(text, strlen(text), true, EB_ROUND_FLOOR, out_e8) != EB_OK || *out_e8 <= 0) {
        return eb_hand_wrong(h, at, "a number above 0 with at most 8 decimals");
    }
    return true;
}

bool eb_hand_times(struct hand *h, unsigned at, int64_t *out_ppm)
{
    int64_t e8;
    if (!eb_hand_amount(h, at, &e8)) {
        return false;
    }
    *out_ppm = e8 / 100;
    return e8 >= EB_E8 && e8 <= 1000 * EB_E8 && e8 % 100 == 0 ? true : eb_hand_wrong(h, at, "a leverage of 1 to 1000");
}

static bool parse_count(const char *text, uint32_t *out)
{
    uint64_t v = 0;
    size_t i = 0;
    for (; text[i] >= '0' && text[i] <= '9' && v <= UINT32_MAX; i++) {
        v = v * 10 + (uint64_t)(text[i] - '0');
    }
    *out = (uint32_t)v;
    return i > 0 && text[i] == '\0' && v <= INT32_MAX;
}

/* The position that SYMBOL [SIDE] means: with one word only it must be the only one. */
bool eb_hand_slot(struct hand *h, unsigned symbol_at, unsigned side_at, eb_position_id *out,
                  struct eb_sim_position *held)
{
    eb_symbol_id symbol = 0;
    uint8_t side = EB_LONG;
    if (!eb_hand_symbol(h, symbol_at, &symbol) || (side_at < h->count && !eb_hand_side(h, side_at, &side))) {
        return false;
    }
    struct eb_sim_position p[2];
    bool open[2] = {eb_sim_position(h->s->sim, symbol * 2, &p[0]), eb_sim_position(h->s->sim, symbol * 2 + 1, &p[1])};
    if (side_at >= h->count && open[0] && open[1]) {
        return eb_hand_answer(h, EB_E_INVALID, "%s has two positions: name LONG or SHORT at the end (%s)",
                              eb_hand_symbol_name(h, symbol), h->usage);
    }
    for (unsigned leg = 0; leg < 2; leg++) {
        if (open[leg] && (side_at >= h->count || p[leg].side == side)) {
            *out = symbol * 2 + leg;
            *held = p[leg];
            return true;
        }
    }
    return eb_hand_answer(h, EB_E_NOT_FOUND, "%s has no such position", eb_hand_symbol_name(h, symbol));
}

/* ---- the market -------------------------------------------------------------------------------------------------- */

static bool hand_price(struct hand *h)
{
    eb_symbol_id symbol = 0;
    eb_price price;
    if (!eb_hand_symbol(h, 1, &symbol) || !eb_hand_amount(h, 2, &price.e8)) {
        return false;
    }
    if (price.e8 > INT64_C(100000000) * EB_E8) {
        return eb_hand_wrong(h, 2, "a price of at most 100000000");
    }
    char text[EB_DECIMAL_TEXT_MAX];
    eb_scene_hold(h->s->scene, symbol, price);
    eb_simd_quote(h->s, symbol);
    (void)eb_decimal_format(eb_scene_symbol(h->s->scene, symbol)->price.e8, 8, text);
    return eb_hand_answer(h, EB_OK, "%s is held at %s until it is released", eb_hand_symbol_name(h, symbol), text);
}

static bool hand_release(struct hand *h)
{
    eb_symbol_id i = 0;
    eb_symbol_id end = 0;
    if (!take_symbols(h, 1, &i, &end)) {
        return false;
    }
    for (; i < end; i++) {
        eb_scene_release(h->s->scene, i);
    }
    return eb_hand_answer(h, EB_OK, "the market goes on from there");
}

static bool mute(struct hand *h, bool silent)
{
    static const struct {
        const char *name;
        uint8_t bits;
    } whats[] = {{"mark", 1u << EB_SRC_MARK},
                 {"last", 1u << EB_SRC_LAST},
                 {"book", 1u << EB_SRC_BOOK},
                 {"rest", SIMD_MUTE_REST},
                 {"all", SIMD_MUTE_ALL}};
    eb_symbol_id i = 0;
    eb_symbol_id end = 0;
    uint8_t bits = h->count < 3 ? SIMD_MUTE_ALL : 0;
    if (!take_symbols(h, 1, &i, &end)) {
        return false;
    }
    for (size_t k = 0; k < EB_COUNT(whats); k++) {
        bits = eb_hand_is(h, 2, whats[k].name) ? whats[k].bits : bits;
    }
    if (bits == 0) {
        return eb_hand_wrong(h, 2, "mark, last, book, rest (answers on request) or all");
    }
    for (; i < end; i++) {
        uint8_t *muted = &h->s->symbol[i].muted;
        *muted = silent ? (uint8_t)(*muted | bits) : (uint8_t)(*muted & ~bits);
    }
    return eb_hand_answer(h, EB_OK, silent ? "no such price is told any more" : "prices are told again");
}

static bool hand_mute(struct hand *h)
{
    return mute(h, true);
}

static bool hand_unmute(struct hand *h)
{
    return mute(h, false);
}

static bool set_trading(struct hand *h, bool trading)
{
    eb_symbol_id symbol = 0;
    struct eb_err err = {0};
    return eb_hand_symbol(h, 1, &symbol) && eb_hand_outcome(h, eb_simd_set_trading(h->s, symbol, trading, &err), &err,
                                                            trading ? "it trades again" : "it trades no more");
}

static bool hand_delist(struct hand *h)
{
    return set_trading(h, false);
}

static bool hand_list(struct hand *h)
{
    return set_trading(h, true);
}

/* ---- the exchange ------------------------------------------------------------------------------------------------ */

static bool find_fault(struct hand *h, unsigned *out)
{
    for (*out = 0; *out < EB_SIM_F_COUNT; ++*out) {
        if (eb_hand_is(h, 1, eb_sim_fault_name((enum eb_sim_fault) * out))) {
            return true;
        }
    }
    char names[EB_LINK_TEXT_MAX / 2] = "";
    size_t len = 0;
    for (unsigned i = 0; i < EB_SIM_F_COUNT; i++) {
        int n = snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? ", " : "",
                         eb_sim_fault_name((enum eb_sim_fault)i));
        len += n > 0 && (size_t)n < sizeof(names) - len ? (size_t)n : 0;
    }
    return eb_hand_answer(h, EB_E_NOT_FOUND, "\"%s\": no such fault: %s", h->word[1], names);
}

static bool set_rate(struct hand *h, unsigned fault)
{
    struct eb_sim_chance chance = {0};
    char *slash = strchr(h->word[3], '/');
    if (slash != NULL) {
        *slash = '\0';
        bool good = parse_count(h->word[3], &chance.num) && parse_count(slash + 1, &chance.den);
        *slash = '/';
        if (good && chance.den > 0 && chance.num <= chance.den) {
            h->s->faults.rate[fault] = chance;
            eb_sim_set_faults(h->s->sim, &h->s->faults);
            return eb_hand_answer(h, EB_OK, "%s strikes with chance %s", h->word[1], h->word[3]);
        }
    }
    return eb_hand_wrong(h, 3, "NUM/DEN, at most 1");
}

static bool hand_fault(struct hand *h)
{
    unsigned fault = 0;
    uint32_t n;
    uint32_t code = 0;
    if (!find_fault(h, &fault)) {
        return false;
    }
    if (eb_hand_is(h, 2, "rate")) {
        return h->count == 4 ? set_rate(h, fault) : eb_hand_wrong(h, h->count - 1, "rate NUM/DEN");
    }
    if (!parse_count(h->word[2], &n)) {
        return eb_hand_wrong(h, 2, "how many times, or rate NUM/DEN");
    }
    const char *refusal = h->count > 3 ? h->word[3] : "";
    if (h->count > 3 && (fault != EB_SIM_F_REJECT || !parse_count(refusal[0] == '-' ? refusal + 1 : refusal, &code))) {
        return eb_hand_wrong(h, 3, "a refusal's code (2022), of the fault reject only,");
    }
    if (fault == EB_SIM_F_SNAPSHOT) {
        h->s->snapshot_faults = n; /* the first picture of a connection is not the exchange's own */
    } else {
        eb_sim_fault_next(h->s->sim, (enum eb_sim_fault)fault, n, -(int32_t)code);
    }
    return eb_hand_answer(h, EB_OK, "%s strikes the next %u times", h->word[1], n);
}

static bool hand_faults(struct hand *h)
{
    if (!eb_hand_is(h, 1, "off")) {
        return eb_hand_wrong(h, 1, "off");
    }
    h->s->faults = (struct eb_sim_faults){0};
    h->s->snapshot_faults = 0;
    eb_sim_set_faults(h->s->sim, &h->s->faults);
    for (unsigned i = 0; i < EB_SIM_F_COUNT; i++) {
        eb_sim_fault_next(h->s->sim, (enum eb_sim_fault)i, 0, 0);
    }
    return eb_hand_answer(h, EB_OK, "no more faults");
}

static bool hand_halt(struct hand *h)
{
    h->s->halted = true;
    eb_timer_stop(h->s->pace);
    return eb_hand_answer(h, EB_OK, "the clock is halted");
}

static bool hand_go(struct hand *h)
{
    h->s->anchored = h->s->anchored && !h->s->halted; /* it does not make up for the time that it was halted */
    h->s->halted = false;
    eb_simd_clock_go(h->s);
    return eb_hand_answer(h, EB_OK, "the clock is %s", eb_simd_clock_state(h->s));
}

static bool hand_drop(struct hand *h)
{
    unsigned count = 0;
    for (struct simd_client *c = h->s->clients; c != NULL; c = c->next) {
        if (c->stream != NULL && c->greeted && c->hello.wants_events) {
            eb_simd_drop(c, "dropped by a hand");
            count++;
        }
    }
    return eb_hand_answer(h, EB_OK, "%u clients dropped", count);
}

static bool hand_status(struct hand *h)
{
    struct eb_simd *s = h->s;
    struct eb_sim_account_view a;
    struct eb_sim_stats t;
    char wallet[EB_DECIMAL_TEXT_MAX];
    eb_sim_account(s->sim, &a);
    eb_sim_stats(s->sim, &t);
    (void)eb_decimal_format(a.wallet.e8, 8, wallet);
    return eb_hand_answer(h, EB_OK,
                          "now_ms=%" PRId64 " clock=%s symbols=%u positions=%u orders=%u conditional=%u trades=%" PRIu64
                          " rejected=%" PRIu64 " wallet=%s clients=%u tick=%" PRIu64 " over=%s",
                          s->now_ms, eb_simd_clock_state(s), s->symbols, a.open_positions, a.open_orders,
                          a.conditional_orders, t.trades, t.rejected, wallet, s->client_count, s->tick,
                          eb_scene_over(s->scene) ? "yes" : "no");
}

static bool hand_trades(struct hand *h)
{
    size_t count;
    (void)eb_sim_trades(h->s->sim, &count);
    return eb_hand_answer(h, EB_OK, "%zu", count);
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static const struct {
    const char *name, *usage;
    unsigned min, max; /* words, the first included */
    bool (*run)(struct hand *h);
} hands[] = {
    {"open", "open SYMBOL LONG|SHORT NOTIONAL [LEVERAGE]", 4, 5, eb_hand_open},
    {"add", "add SYMBOL NOTIONAL [LONG|SHORT]", 3, 4, eb_hand_add},
    {"reduce", "reduce SYMBOL QUANTITY|all [LONG|SHORT]", 3, 4, eb_hand_reduce},
    {"close", "close SYMBOL QUANTITY|all [LONG|SHORT]", 3, 4, eb_hand_reduce},
    {"deleverage", "deleverage SYMBOL QUANTITY|all [LONG|SHORT]", 3, 4, eb_hand_deleverage},
    {"leverage", "leverage SYMBOL X", 3, 3, eb_hand_leverage},
    {"funding", "funding", 1, 1, eb_hand_funding},
    {"stop", "stop SYMBOL LONG|SHORT TRIGGER [QUANTITY]", 4, 5, eb_hand_stop},
    {"limit", "limit SYMBOL LONG|SHORT QUANTITY PRICE", 5, 5, eb_hand_limit},
    {"cancel", "cancel SYMBOL ours|all-foreign|all", 3, 3, eb_hand_cancel},
    {"price", "price SYMBOL PRICE", 3, 3, hand_price},
    {"release", "release SYMBOL|*", 2, 2, hand_release},
    {"mute", "mute SYMBOL|* [mark|last|book|rest|all]", 2, 3, hand_mute},
    {"unmute", "unmute SYMBOL|* [mark|last|book|rest|all]", 2, 3, hand_unmute},
    {"delist", "delist SYMBOL", 2, 2, hand_delist},
    {"list", "list SYMBOL", 2, 2, hand_list},
    {"fault", "fault NAME N [CODE] | fault NAME rate NUM/DEN", 3, 4, hand_fault},
    {"faults", "faults off", 2, 2, hand_faults},
    {"halt", "halt", 1, 1, hand_halt},
    {"go", "go", 1, 1, hand_go},
    {"drop", "drop", 1, 1, hand_drop},
    {"status", "status", 1, 1, hand_status},
    {"trades", "trades", 1, 1, hand_trades},
};

/* Words between blanks; false when there are too many, or one is too long. */
static bool split(struct hand *h, const char *text)
{
    const char *at = text + strspn(text, " ");
    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        if (h->count == HAND_WORDS_MAX || len >= HAND_WORD_MAX) {
            return eb_hand_answer(h, EB_E_INVALID, "\"%.40s\": too many words, or too long a one", at);
        }
        memcpy(h->word[h->count], at, len);
        h->word[h->count++][len] = '\0';
        at += len;
        at += strspn(at, " ");
    }
    return h->count > 0 ? true : eb_hand_answer(h, EB_E_INVALID, "nothing was said");
}

void eb_simd_hand(struct eb_simd *s, const char *text, struct eb_link_said *said)
{
    struct hand h = {.s = s, .said = said};
    if (!split(&h, text)) {
        return;
    }
    for (size_t i = 0; i < EB_COUNT(hands); i++) {
        if (!eb_hand_is(&h, 0, hands[i].name)) {
            continue;
        }
        h.usage = hands[i].usage;
        if (h.count < hands[i].min || h.count > hands[i].max) {
            (void)eb_hand_answer(&h, EB_E_INVALID, "%u words are too %s: %s", h.count,
                                 h.count < hands[i].min ? "few" : "many", hands[i].usage);
            return;
        }
        (void)hands[i].run(&h);
        return;
    }
    char names[256] = "";
    size_t len = 0;
    for (size_t i = 0; i < EB_COUNT(hands); i++) {
        int n = snprintf(names + len, sizeof(names) - len, "%s%s", i > 0 ? ", " : "", hands[i].name);
        len += n > 0 && (size_t)n < sizeof(names) - len ? (size_t)n : 0;
    }
    (void)eb_hand_answer(&h, EB_E_NOT_FOUND, "\"%s\": no such hand: %s", h.word[0], names);
}
