/* SPDX-License-Identifier: Apache-2.0 */
/* The walks over configuration: under which settings a tape's events were decided. */
#include "store/codec.h"

#include "base/cursor.h"

#define U8(f) eb_cursor_u8(w, &(f))
#define U32(f) eb_cursor_u32(w, &(f))
#define I64(f) eb_cursor_i64(w, &(f))
#define BOOL(f) eb_cursor_bool(w, &(f))
#define BELOW(f, count) eb_cursor_below(w, &(f), (count), #f)

void eb_cursor_config(struct eb_cursor *w, struct eb_ev_config *v)
{
    BELOW(v->exit_mode, EB_EXIT_MODE_COUNT);
    BOOL(v->executor_live);
    BOOL(v->rollout_enabled);
}

static void wire_guard(struct eb_cursor *w, struct eb_engine_config *v)
{
    BELOW(v->stop_source, EB_SRC_COUNT);
    BELOW(v->target_source, EB_TARGET_MARK + 1);
    BELOW(v->on_no_legal_stop, EB_NO_STOP_CLOSE + 1);
    BOOL(v->allow_loosen);
    BOOL(v->act_on_adopted);
    I64(v->min_stop_distance_ppm);
    I64(v->liquidation_buffer_ppm);
    I64(v->max_loss_ppm);
    I64(v->builtin_stop_ppm);
    I64(v->maintenance_ppm);
    I64(v->max_jump_ppm);
    I64(v->max_age_mark_ms);
    I64(v->max_age_last_ms);
}

static void wire_times(struct eb_cursor *w, struct eb_engine_config *v)
{
    I64(v->cycle_ms);
    I64(v->consult_max_ms);
    U32(v->failures_max);
    I64(v->quarantine_ms);
    I64(v->protect_ms);
    I64(v->confirm_ms);
    I64(v->triggering_ms);
    I64(v->unknown_query_ms);
    I64(v->absent_after_ms);
    I64(v->full_close_ms);
    I64(v->soft_fallback_ms);
    U32(v->orders_per_minute_max);
    I64(v->snapshot_ms);
    I64(v->fee_taker_ppm);
    I64(v->fee_maker_ppm);
}

void eb_cursor_engine_config(struct eb_cursor *w, struct eb_engine_config *v)
{
    U32(v->symbols_max);
    U32(v->instance);
    eb_cursor_config(w, &v->mode);
    BOOL(v->bars);
    BOOL(v->hedge);
    wire_guard(w, v);
    wire_times(w, v);
    BOOL(v->backstop);
    I64(v->backstop_r_ppm);
    I64(v->backstop_min_ppm);
    I64(v->backstop_renew_r_ppm);
    I64(v->backstop_renew_ms);
    U32(v->slots_max);
    U32(v->slots_reserve);
}
