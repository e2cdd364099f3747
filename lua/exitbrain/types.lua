-- SPDX-License-Identifier: Apache-2.0
-- What an editor completes from (LuaLS annotations); nothing requires this file. docs/POLICIES.md explains.
---@meta

---@alias exitbrain.Regime "UNKNOWN"|"TREND"|"RANGE"|"VOLATILE"|"CHOP"|"NORMAL"
---@alias exitbrain.Reason "new"|"cycle"|"hit"|"size"|"margin"|"mode"|"rejection"|"reload"|"adopted"|"signal"
---@alias exitbrain.Scalar boolean|number|string
---@alias exitbrain.StopKind "none"|"plan"|"ratchet"|"risk_floor"|"trail"|"protective"
---@alias exitbrain.LegState "armed"|"parked"|"resting"|"firing"|"partial"|"hit"

---@class exitbrain.Leg
---@field id integer 1..255, never given twice in an episode
---@field state exitbrain.LegState
---@field soft boolean rests as a limit order
---@field r number distance from entry in R
---@field fraction number of the leg base
---@field price number? the rounded level
---@field qty number planned quantity
---@field filled number

---@class exitbrain.Features statistics over closed bars of one time frame; figures are nil while not warm
---@field warm boolean at least 15 closed bars
---@field bars integer closed bars held, at most 21
---@field close number?
---@field atr number? mean true range of 14 bars, as a price
---@field atr_pct number? the same in percent of the last close
---@field vol_bar_pct number? root mean square return of a bar
---@field vol_std_bar_pct number? standard deviation of the same returns
---@field vol_day_pct number? vol_bar_pct scaled to a day
---@field trend_pct number? last close against the mean of 20
---@field avg_range_pct number? mean high - low
---@field efficiency number? 0 chop .. 1 straight line

---@class exitbrain.FeatureSet
---@field m1 exitbrain.Features
---@field m5 exitbrain.Features
---@field m15 exitbrain.Features
---@field h1 exitbrain.Features

---@class exitbrain.Context read-only; an amount that is not known is nil; an unknown field raises
---@field symbol string
---@field strategy_id string?
---@field profile string? as the last accepted answer named it
---@field owner string? who of the set gave the last accepted answer
---@field exit_mode "LEGACY"|"EXIT_BRAIN_V3" EXIT_MODE: who is to decide exits
---@field planned boolean an accepted plan, not the built-in one, of this very owner stands
---@field side "LONG"|"SHORT"
---@field sign 1|-1
---@field reason exitbrain.Reason why decide is asked
---@field regime exitbrain.Regime as the last accepted answer named it
---@field stop_kind exitbrain.StopKind of the stop in force
---@field episode integer
---@field plan_revision integer 0 before the first plan
---@field hits integer legs hit in this episode
---@field leg_count integer
---@field adopted boolean found open, not seen opening
---@field live boolean orders may leave
---@field r_provisional boolean R comes from the built-in plan
---@field trailing_active boolean
---@field now_ms integer
---@field opened_ms integer?
---@field age_ms integer?
---@field price_age_ms integer? of the mark
---@field next_funding_ms integer?
---@field entry number
---@field price number? by which new levels are judged
---@field mark number?
---@field last number?
---@field bid number?
---@field ask number?
---@field liquidation number?
---@field stop number? in force
---@field plan_stop number?
---@field trail_stop number?
---@field ratchet_stop number?
---@field risk_floor number?
---@field peak number? best price of the episode
---@field r number? R as a price distance, nil before the first plan
---@field qty number remaining position
---@field leg_base number? what fractions refer to
---@field first_qty number?
---@field notional number?
---@field margin number?
---@field pnl number unrealised, gross
---@field balance number?
---@field leverage number?
---@field pnl_pct number move from entry in the position's favour
---@field pnl_r number? the same in R
---@field mfe_r number?
---@field mae_r number?
---@field funding_rate_pct number
---@field fee_taker_pct number
---@field fee_maker_pct number
---@field min_stop_distance_pct number of the guard
---@field liquidation_buffer_pct number of the guard
---@field tick number?
---@field step number?
---@field min_qty number?
---@field min_notional number?
---@field legs exitbrain.Leg[]
---@field features exitbrain.FeatureSet
---@field memory table<string, exitbrain.Scalar> as the last answer left it; pairs, # and copy() work
---@field signals table<string, exitbrain.Scalar> what a host or an operator said; pairs, # and copy() work

---@class exitbrain.Level exactly one of r, pct, price; for exitbrain.decision.targets also at
---@field at exitbrain.Unit?
---@field r number?
---@field pct number?
---@field price number?
---@field fraction number of the leg base, above 0 and at most 1
---@field soft boolean?
---@field id integer? 1..255

---@class exitbrain.Step
---@field r number from this best R on
---@field callback_pct number

---@class exitbrain.Rule
---@field after_hits integer
---@field to "entry"|"first_hit"
---@field offset_pct number? of entry, towards profit

---@class exitbrain.Decision
---@field type "no_change"|"partial_close"|"move_stop"|"update_tp_limits"|"set_trailing"|"set_ratchet"|"full_exit"
---@field reason string?
---@field confidence number? 0..1
---@field fraction number? partial_close
---@field emergency boolean? partial_close, full_exit
---@field pct number? move_stop
---@field price number? move_stop
---@field risk_price number? move_stop
---@field role "plan"|"risk_floor"|nil move_stop
---@field allow_loosen boolean? move_stop
---@field levels exitbrain.Level[]? update_tp_limits
---@field activation_r number? set_trailing
---@field callback_pct number? set_trailing
---@field tighten exitbrain.Step[]? set_trailing
---@field off boolean? set_trailing
---@field rules exitbrain.Rule[]? set_ratchet

---@class exitbrain.Wake at least one of them
---@field at_ms integer?
---@field above number?
---@field below number?

---@class exitbrain.Extras
---@field memory table<string, boolean|number|string>? replaces what is remembered; at most 16 entries
---@field wake exitbrain.Wake?
---@field regime exitbrain.Regime?
---@field profile string?
---@field owner string? who of the set answers, as owner(name) says it

---@alias exitbrain.Decide fun(ctx: exitbrain.Context): exitbrain.Decision|exitbrain.Decision[]|nil, exitbrain.Extras?

---@class exitbrain.Set what init.lua returns
---@field name string at most 31 bytes
---@field version string at most 31 bytes; another one has its memories migrated
---@field decide exitbrain.Decide
---@field legacy exitbrain.Decide? asked instead of decide while EXIT_MODE is LEGACY
---@field settings table? what `--set NAME=LUA` overrides, in place, before decide is first called
---@field presets table<string, table<string, any>>? settings under a name, chosen by EXIT_BRAIN_PROFILE
---@field self_test (fun(): boolean?, string?)? raises, or returns false and why
---@field migrate (fun(memory: exitbrain.Memory, from_version: string, owner: string?): exitbrain.Memory?)?

---@alias exitbrain.Memory table<string, exitbrain.Scalar>

---A plain table with the same keys and values: of ctx.memory to be changed and given back, of ctx.signals, of a table.
---@param of table
---@return table
function copy(of) end -- luacheck: ignore

---Writes a line to the engine's log: 8 a consult, 120 a minute.
---@param text any
function log(text) end -- luacheck: ignore

---Says who of the set answers this consult; before ctx.memory and ctx.planned are read.
---@param name string 1..31 bytes
function owner(name) end -- luacheck: ignore

---The names of the modules directly below a folder of the set, sorted; only while the set is loaded.
---@param prefix string "strategies"; "" for the set itself
---@return string[] names as require takes them
function modules(prefix) end -- luacheck: ignore

---Functions of the program that embeds the engine: up to 8 numbers in, a number or nil out.
---@type table<string, fun(...: number): number?>
host = {} -- luacheck: ignore

---- the library: one class per module, which the file of the module names ---------------------------------

---@alias exitbrain.Timeframe "m1"|"m5"|"m15"|"h1"

---@class exitbrain.Unit where something lies: from entry towards profit, towards loss if negative

---@class exitbrain.Price: exitbrain.Unit a level
---@operator add(exitbrain.Price): exitbrain.Price
---@operator sub(exitbrain.Price): exitbrain.Price
---@operator mul(number): exitbrain.Price
---@operator div(number): exitbrain.Price
---@operator unm: exitbrain.Price

---@class exitbrain.R: exitbrain.Unit multiples of the distance from entry to the first stop
---@operator add(exitbrain.R): exitbrain.R
---@operator sub(exitbrain.R): exitbrain.R
---@operator mul(number): exitbrain.R
---@operator div(number): exitbrain.R
---@operator unm: exitbrain.R

---@class exitbrain.Atr: exitbrain.Unit multiples of the mean true range of a time frame
---@operator add(exitbrain.Atr): exitbrain.Atr
---@operator sub(exitbrain.Atr): exitbrain.Atr
---@operator mul(number): exitbrain.Atr
---@operator div(number): exitbrain.Atr
---@operator unm: exitbrain.Atr

---@class exitbrain.Pct: exitbrain.Unit percent of entry
---@operator add(exitbrain.Pct): exitbrain.Pct
---@operator sub(exitbrain.Pct): exitbrain.Pct
---@operator mul(number): exitbrain.Pct
---@operator div(number): exitbrain.Pct
---@operator unm: exitbrain.Pct

---@class exitbrain.lib.unit
---@field price fun(x: number): exitbrain.Price
---@field r fun(x: number): exitbrain.R
---@field atr fun(x: number, timeframe?: exitbrain.Timeframe): exitbrain.Atr of m15 if left out
---@field pct fun(x: number): exitbrain.Pct
---@field kind fun(u: any): "price"|"r"|"atr"|"pct"|nil, exitbrain.Timeframe? nil: not a unit
---@field value fun(u: exitbrain.Unit): number
---@field to_price fun(u: exitbrain.Unit, ctx: exitbrain.Context, r?: number): number?, string? nil and why: not known
---@field to_pct fun(u: exitbrain.Unit, ctx: exitbrain.Context, r?: number): number?, string?
---@field to_r fun(u: exitbrain.Unit, ctx: exitbrain.Context, r?: number): number?, string?
---@field first fun(ctx: exitbrain.Context, ...: exitbrain.Unit): exitbrain.Unit? the first that is known

---@class exitbrain.TrailRule percent and R, or units as from and by
---@field activation_r number?
---@field callback_pct number?
---@field from exitbrain.Unit?
---@field by exitbrain.Unit?
---@field tighten table[]? steps of the same fields, r in the place of activation_r

---@alias exitbrain.MakeTrailing
---| fun(rule?: exitbrain.TrailRule|false, reason?: string, ctx?: exitbrain.Context, r?: number): exitbrain.Decision

---@class exitbrain.lib.decision
---@field no_change fun(reason?: string): exitbrain.Decision
---@field partial_close fun(fraction: number, reason?: string): exitbrain.Decision
---@field stop_pct fun(pct: number, reason?: string): exitbrain.Decision on the loss side
---@field stop_at fun(price: number, reason?: string, risk_price?: number): exitbrain.Decision
---@field stop fun(at: exitbrain.Unit, ctx: exitbrain.Context, why?: string, risk?: exitbrain.Unit): exitbrain.Decision
---@field risk_floor fun(at: number|exitbrain.Unit, reason?: string, ctx?: exitbrain.Context): exitbrain.Decision
---@field targets fun(levels: exitbrain.Level[], reason?: string, ctx?: exitbrain.Context): exitbrain.Decision
---@field trailing exitbrain.MakeTrailing
---@field ratchet fun(rules: exitbrain.Rule[], reason?: string): exitbrain.Decision
---@field full_exit fun(reason?: string): exitbrain.Decision
---@field emergency_exit fun(reason?: string): exitbrain.Decision

---@class exitbrain.lib.ladder
---@field build fun(list: table): exitbrain.Level[] { { unit, fraction, soft = }, ..., runner = true }
---@field in_r fun(levels: exitbrain.Level[], ctx: exitbrain.Context, r?: number): exitbrain.Level[], string?
---@field from_percent fun(legs: table[]): exitbrain.Level[] { { r, percent, soft }, ... }
---@field sum fun(levels: exitbrain.Level[]): number
---@field taken fun(ctx: exitbrain.Context): number, number?, boolean fraction, furthest in percent, one is on its way
---@field ahead fun(levels: exitbrain.Level[], beyond_r: number?, free: number): exitbrain.Level[]
---@field at_least fun(levels: exitbrain.Level[], least_r: number, apart_r: number?): exitbrain.Level[]

---@class exitbrain.lib.curve
---@field from_pairs fun(points?: table[]): exitbrain.Step[] { { r, callback_pct }, ... }
---@field of_units fun(points: table[], ctx: exitbrain.Context, r?: number): exitbrain.Step[]?, string?
---@field by_atr fun(multiples: table[], ctx: exitbrain.Context, timeframe?: string): exitbrain.Step[]?, string?
---@field callback fun(rule: exitbrain.TrailRule, r: number): number?
---@field between fun(points: table[], x: number): any

---@class exitbrain.lib.side
---@field price fun(ctx: exitbrain.Context, pct: number): number
---@field pct fun(ctx: exitbrain.Context, price: number): number
---@field tighter fun(ctx: exitbrain.Context, a: number, b?: number): boolean
---@field on_grid fun(ctx: exitbrain.Context, price: number): number
---@field callback_pct fun(ctx: exitbrain.Context, by: exitbrain.Unit, r?: number): number?, string?

---@class exitbrain.lib.stop
---@field first fun(ctx: exitbrain.Context, wanted_pct: number, why?: string): exitbrain.Decision, number
---@field next fun(ctx: exitbrain.Context, wanted_pct: number, why?: string): exitbrain.Decision, number
---@field ratchet_next fun(ctx: exitbrain.Context, rules: exitbrain.Rule[]): exitbrain.Rule[]
---@field room_pct fun(ctx: exitbrain.Context): number?

---@class exitbrain.lib.regime
---@field BAR_MS integer
---@field NAMES string[]
---@field LIMITS table<string, number[]>
---@field of fun(ctx: exitbrain.Context, limits?: table): exitbrain.Regime
---@field classify fun(f: exitbrain.Features, current?: exitbrain.Regime, limits?: table): exitbrain.Regime

---@class exitbrain.lib.wake
---@field bar_end fun(now_ms: integer, bar_ms: integer): integer
---@field at fun(ctx: exitbrain.Context, times: integer[], prices: number[]): exitbrain.Wake

---@class exitbrain.lib.check each raises "path: expected what, got value"
---@field fail fun(path: string, expected: string, value: any, remedy?: string)
---@field number fun(path: string, value: any, low: number, high: number)
---@field integer fun(path: string, value: any, low: integer, high: integer)
---@field boolean fun(path: string, value: any)
---@field text fun(path: string, value: any, max: integer)
---@field func fun(path: string, value: any)
---@field one_of fun(path: string, value: any, names: string[])
---@field keys fun(path: string, value: any, names: string[])
---@field list fun(path: string, value: any, low: integer, high: integer, each: fun(path: string, element: any))
---@field unit fun(path: string, value: any, kinds: string[], low: number, high: number)
---@field rising fun(path: string, steps: table[])
---@field levels fun(path: string, levels: any)
---@field trailing fun(path: string, rule: any)
---@field ratchet fun(path: string, rules: any)

---@class exitbrain.RuleTable a rule of exitbrain.rules; rules/combine.lua says what each field does
---@field name string
---@field slot "targets"|"trailing"|"ratchet"|nil
---@field figures string?
---@field memory string[]?
---@field keys table<string, string>? filled in when the rules are combined
---@field risk (fun(ctx: exitbrain.Context): number?)?
---@field plan (fun(ctx: exitbrain.Context, draft: table, why: string): exitbrain.Decision?)?
---@field keep (fun(ctx: exitbrain.Context, draft: table): exitbrain.Decision?)?
---@field close (fun(ctx: exitbrain.Context, draft: table): string?, number?, boolean?)?

---@class exitbrain.lib.draft
---@field new fun(ctx: exitbrain.Context): table
---@field is_tighter fun(draft: table, stop: number, step?: number): boolean
---@field tighten fun(draft: table, stop: number, why: string, step?: number)
---@field wake_at fun(draft: table, ms: integer)
---@field wake_level fun(draft: table, price: number)
---@field reached fun(draft: table, at: exitbrain.Unit): boolean?
---@field is_old fun(draft: table, ms: integer): boolean
---@field remember fun(draft: table, key: string, value: exitbrain.Scalar)
---@field regime fun(draft: table): exitbrain.Regime

---@alias exitbrain.Ask fun(ctx: exitbrain.Context): boolean|string|nil true, or a text that is the reason

---@class exitbrain.lib.rules
---@field draft exitbrain.lib.draft
---@field strategy fun(spec: table): exitbrain.Set { name, version, settings, rules = function() return { ... } end }
---@field decide fun(rules: exitbrain.RuleTable[]|fun(): exitbrain.RuleTable[]): exitbrain.Decide, fun()
---@field initial_stop fun(...: exitbrain.Unit): exitbrain.RuleTable
---@field max_loss fun(limit: { margin_pct?: number, balance_pct?: number }): exitbrain.RuleTable
---@field scale_out fun(ladder: table): exitbrain.RuleTable
---@field ratchet fun(list?: table): exitbrain.RuleTable
---@field trail_pct fun(by: exitbrain.Pct, options?: { from?: exitbrain.Unit, tighten?: table[] }): exitbrain.RuleTable
---@field trail_atr fun(mult: number, options?: table): exitbrain.RuleTable from, timeframe, otherwise, renew
---@field breakeven_after fun(at: exitbrain.Unit, options?: table): exitbrain.RuleTable offset, fees
---@field lock_steps fun(steps: exitbrain.Unit[][]): exitbrain.RuleTable
---@field tighten_on_regime fun(names: string|string[], at: exitbrain.Unit, options?: table): exitbrain.RuleTable step
---@field time_decay fun(options: table): exitbrain.RuleTable from, to, over_ms, after_ms, step
---@field loss_guard fun(at: exitbrain.Pct): exitbrain.RuleTable
---@field time_stop fun(options: { after_ms: integer, below?: exitbrain.Unit }): exitbrain.RuleTable
---@field no_progress fun(options: { within_ms: integer, reach: exitbrain.Unit }): exitbrain.RuleTable
---@field stalled fun(options: { for_ms: integer, by?: exitbrain.Unit }): exitbrain.RuleTable
---@field funding_guard fun(options: { max_pct: number, before_ms?: integer }): exitbrain.RuleTable
---@field session_close fun(options: { hour: integer, minute?: integer, days?: integer[] }): exitbrain.RuleTable
---@field exit_when fun(ask: exitbrain.Ask, reason: string, options?: table): exitbrain.RuleTable every_ms, emergency
---@field reduce_when fun(ask: exitbrain.Ask, fraction: number, reason: string, options?: table): exitbrain.RuleTable

---@class exitbrain.Answer what testing.ask gives
---@field result "ok"|"keep"|"error"|"budget"|"memory"|"invalid"
---@field err string?
---@field decisions exitbrain.Decision[]
---@field memory exitbrain.Memory?
---@field wake exitbrain.Wake?
---@field regime string?
---@field profile string?
---@field owner string?

---@class exitbrain.lib.testing for specs in a stock Lua, not for the sandbox
---@field NOON integer
---@field HOUR integer
---@field MARKET table<string, table>
---@field open fun(dir: string, options?: table): table
---@field set fun(files: string|table<string, string>, options?: table): table
---@field refusal fun(files: string|table<string, string>, options?: table): string
---@field features fun(over?: table): table
---@field long fun(over?: table): table
---@field short fun(over?: table): table
---@field ask fun(policy: table, ctx: table): exitbrain.Answer
---@field find fun(answer: exitbrain.Answer, kind: string, role?: string): exitbrain.Decision?
---@field stop_price fun(ctx: table, decision: exitbrain.Decision): number
---@field level_price fun(ctx: table, level: exitbrain.Level): number
---@field after fun(ctx: table, answer: exitbrain.Answer, over?: table): table
---@field hit fun(ctx: table, count: integer): table
---@field has_stop_at fun(ctx: table, answer: exitbrain.Answer, price: number, tolerance?: number)
---@field has_targets fun(ctx: table, answer: exitbrain.Answer, targets: number[][], tolerance?: number)
---@field exits fun(answer: exitbrain.Answer, words?: string, emergency?: boolean)
---@field keeps fun(policy: table, ctx: table): exitbrain.Answer
---@field answers fun(policy: table, ctx: table): exitbrain.Answer
