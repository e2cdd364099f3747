// SPDX-License-Identifier: Apache-2.0
// ccxt (binanceusdm, REST) against the simulated exchange: base URLs, keys and options named in docs/VENUES.md.
import ccxt from 'ccxt';
import { check, client, close, finish, hand, key, price, REST, refused, same, until, yes } from './lib.mjs';

const BTC = 'BTC/USDT:USDT';
const ETH = 'ETH/USDT:USDT';

function exchange(name, more = {}) {
  const api = {};
  for (const [field, path] of [['Public', 'v1'], ['PublicV2', 'v2'], ['PublicV3', 'v3'],
    ['Private', 'v1'], ['PrivateV2', 'v2'], ['PrivateV3', 'v3']]) {
    api[`fapi${field}`] = `${REST}/fapi/${path}`;
  }
  return new ccxt.binanceusdm({
    ...key(name),
    urls: { api },
    options: { fetchCurrencies: false, warnOnFetchOpenOrdersWithoutSymbol: false },
    ...more,
  });
}

client('ccxt');
const one = exchange('oneway');
const two = exchange('hedge');
const position = async (x, symbol, side) =>
  (await x.fetchPositions([symbol])).find((p) => (side === undefined || p.side === side) && p.contracts > 0);

// ---- the market -----------------------------------------------------------------------------------------------------

await check('markets have the filters of the exchange', async () => {
  const markets = await one.loadMarkets();
  const m = markets[BTC];
  same([m.id, m.linear, m.swap, m.active, m.settle], ['BTCUSDT', true, true, true, 'USDT'], 'BTCUSDT');
  close(m.precision.price, 0.1, 'tick');
  close(m.precision.amount, 0.001, 'step');
  close(m.limits.market.max, 120, 'largest market order');
  close(m.limits.cost.min, 100, 'smallest notional');
  yes(Object.keys(markets).length >= 6, 'six symbols');
});
await two.loadMarkets();
await price('BTCUSDT', 100000);
await price('ETHUSDT', 3000);

await check('the clock is that of the exchange', async () => {
  const { now_ms } = await hand('state');
  yes(Math.abs((await one.fetchTime()) - now_ms) < 5000, 'within 5 s');
  yes(Math.abs(await one.loadTimeDifference()) < 5000, 'difference below 5 s');
});

await check('ticker, book, candles, trades, mark and funding parse', async () => {
  const ticker = await one.fetchTicker(BTC);
  close(ticker.last, 100000, 'last');
  const best = (await one.fetchBidsAsks([BTC]))[BTC];
  close(best.bid, 99999.9, 'bid');
  close(best.ask, 100000.1, 'ask');
  const book = await one.fetchOrderBook(BTC, 5);
  close(book.bids[0][0], 99999.9, 'best bid of the book');
  close(book.asks[0][0], 100000.1, 'best ask of the book');
  const candles = await one.fetchOHLCV(BTC, '1m', undefined, 5);
  yes(candles.length > 0 && candles.every((c) => c[2] >= c[3] && c[0] % 60000 === 0), 'candles');
  close(candles.at(-1)[4], 100000, 'close of the candle that runs');
  yes(Array.isArray(await one.fetchTrades(BTC, undefined, 5)), 'trades');
  close((await one.fetchMarkPrice(BTC)).markPrice, 100000, 'mark');
  const funding = await one.fetchFundingRate(BTC);
  close(funding.markPrice, 100000, 'mark of the funding rate');
  yes(funding.fundingTimestamp > Date.now() - 60000, 'next funding');
});

// ---- one-way --------------------------------------------------------------------------------------------------------

await check('one-way: balance', async () => {
  const b = await one.fetchBalance();
  close(b.USDT.total, 100000, 'wallet');
  close(b.USDT.free, 100000, 'available');
});

await check('one-way: mode, leverage and margin type', async () => {
  same((await one.fetchPositionMode()).hedged, false, 'mode');
  same(Number((await one.setLeverage(20, BTC)).leverage), 20, 'leverage that was set');
  await one.setMarginMode('cross', BTC);
  await one.setMarginMode('isolated', BTC);
  const l = await one.fetchLeverage(BTC);
  same([l.longLeverage, l.marginMode], [20, 'isolated'], 'leverage that is read');
  const tiers = await one.fetchMarketLeverageTiers(BTC).catch(async () => (await one.fetchLeverageTiers([BTC]))[BTC]);
  yes(tiers.length >= 1 && tiers[0].maintenanceMarginRate > 0, 'tiers');
});

await check('one-way: a market order makes the position, its trade and its fee', async () => {
  const sent = await one.createOrder(BTC, 'market', 'buy', 0.5, undefined, { newClientOrderId: 'entry-1' });
  const order = await one.fetchOrder(sent.id, BTC);
  same([order.status, order.filled, order.clientOrderId], ['closed', 0.5, 'entry-1'], 'order');
  close(order.average, 100000.1, 'average');
  const p = await position(one, BTC);
  same([p.side, p.contracts, p.hedged, p.marginMode], ['long', 0.5, false, 'isolated'], 'position');
  close(p.entryPrice, 100000.1, 'entry');
  close(p.markPrice, 100000, 'mark');
  yes(p.liquidationPrice > 90000 && p.liquidationPrice < 100000, `liquidation price ${p.liquidationPrice}`);
  const trades = (await one.fetchMyTrades(BTC)).filter((t) => t.order === sent.id);
  same([trades.length, trades[0].amount, trades[0].side], [1, 0.5, 'buy'], 'trade');
  close(trades[0].fee.cost, 100000.1 * 0.5 * 0.0004, 'fee');
  const b = await one.fetchBalance();
  close(b.USDT.total, 100000 - 20.00002, 'wallet after the fee', 1e-6);
});

await check('one-way: a limit order rests, is edited, is cancelled', async () => {
  const sent = await one.createOrder(BTC, 'limit', 'buy', 0.01, 98000);
  same(sent.status, 'open', 'status');
  const open = await one.fetchOpenOrders(BTC);
  same(open.map((o) => [o.id, o.price, o.amount]), [[sent.id, 98000, 0.01]], 'open orders');
  const edited = await one.editOrder(sent.id, BTC, 'limit', 'buy', 0.02, 97500.5);
  same([edited.id, edited.price, edited.amount], [sent.id, 97500.5, 0.02], 'edited');
  same((await one.fetchOpenOrder(sent.id, BTC)).price, 97500.5, 'as it is open');
  same((await one.cancelOrder(sent.id, BTC)).status, 'canceled', 'cancelled');
  same((await one.fetchOrder(sent.id, BTC)).status, 'canceled', 'as it is kept');
  same((await one.fetchOpenOrders(BTC)).length, 0, 'open orders afterwards');
  yes((await one.fetchOrders(BTC)).some((o) => o.id === sent.id && o.status === 'canceled'), 'among all orders');
});

await check('one-way: a limit order fills when the price comes', async () => {
  const sent = await one.createOrder(ETH, 'limit', 'buy', 1, 2990, { timeInForce: 'GTC' });
  await price('ETHUSDT', 2985);
  const order = await until('the fill', async () => {
    const o = await one.fetchOrder(sent.id, ETH);
    return o.status === 'closed' && o;
  });
  same(order.filled, 1, 'filled');
  close((await position(one, ETH)).entryPrice, order.average, 'entry');
  const sold = await one.createOrder(ETH, 'market', 'sell', 1, undefined, { reduceOnly: true });
  same((await one.fetchOrder(sold.id, ETH)).reduceOnly, true, 'reduce-only');
  same(await position(one, ETH), undefined, 'flat');
});

await check('one-way: conditional orders of every type are in the other list', async () => {
  const stop = await one.createOrder(BTC, 'market', 'sell', 0.1, undefined, { stopLossPrice: 95000, reduceOnly: true });
  const stopLimit = await one.createOrder(BTC, 'limit', 'sell', 0.1, 94900, { triggerPrice: 95000, reduceOnly: true });
  const target = await one.createOrder(BTC, 'market', 'sell', 0.1, undefined, { takeProfitPrice: 105000,
    reduceOnly: true });
  const targetLimit = await one.createOrder(BTC, 'limit', 'sell', 0.1, 105100, { takeProfitPrice: 105000,
    reduceOnly: true });
  const trailing = await one.createOrder(BTC, 'market', 'sell', 0.1, undefined, { trailingPercent: 1,
    activatePrice: 104000, reduceOnly: true });
  const all = await one.createOrder(BTC, 'STOP_MARKET', 'sell', undefined, undefined, { stopLossPrice: 93000,
    closePosition: true, workingType: 'MARK_PRICE' });
  const open = await one.fetchOpenOrders(BTC, undefined, undefined, { trigger: true });
  const of = (sent) => open.find((o) => o.id === sent.id);
  same(open.length, 6, 'conditional orders');
  same([of(stop).info.orderType, of(stop).triggerPrice, of(stop).amount, of(stop).reduceOnly, of(stop).status],
    ['STOP_MARKET', 95000, 0.1, true, 'open'], 'stop');
  same([of(stopLimit).info.orderType, of(stopLimit).price], ['STOP', 94900], 'stop with a limit');
  same([of(target).info.orderType, of(target).triggerPrice], ['TAKE_PROFIT_MARKET', 105000], 'target');
  same([of(targetLimit).info.orderType, of(targetLimit).price], ['TAKE_PROFIT', 105100], 'target with a limit');
  same(of(trailing).info.orderType, 'TRAILING_STOP_MARKET', 'trailing');
  close(of(trailing).info.callbackRate, 1, 'callback rate');
  close(of(trailing).info.activatePrice, 104000, 'price that activates');
  same([of(all).info.closePosition, of(all).info.workingType, of(all).triggerPrice], [true, 'MARK_PRICE', 93000],
    'closePosition');
  same((await one.fetchOpenOrders(BTC)).length, 0, 'the regular list');
  const asked = await one.fetchOrder(trailing.id, BTC, { trigger: true });
  same([asked.id, asked.status], [trailing.id, 'open'], 'query by id');
  await one.cancelOrder(stopLimit.id, BTC, { trigger: true });
  same((await one.fetchOrder(stopLimit.id, BTC, { trigger: true })).status, 'canceled', 'cancelled');
  same((await one.fetchOpenOrders(undefined, undefined, undefined, { trigger: true })).length, 5, 'after a cancel');
  await one.cancelAllOrders(BTC, { trigger: true });
  same((await one.fetchOpenOrders(BTC, undefined, undefined, { trigger: true })).length, 0, 'after cancelling all');
});

await check('one-way: a stop triggers, its child is a regular order, closePosition siblings expire', async () => {
  const stop = await one.createOrder(BTC, 'STOP_MARKET', 'sell', undefined, undefined, { stopLossPrice: 97000,
    closePosition: true, clientAlgoId: 'the-stop' });
  const target = await one.createOrder(BTC, 'TAKE_PROFIT_MARKET', 'sell', undefined, undefined, {
    takeProfitPrice: 105000, closePosition: true });
  await price('BTCUSDT', 96900);
  const done = await until('the trigger', async () => {
    const o = await one.fetchOrder(stop.id, BTC, { trigger: true });
    return o.info.algoStatus === 'FINISHED' && o;
  });
  same(done.clientOrderId, 'the-stop', 'client id');
  const child = await one.fetchOrder(done.info.actualOrderId, BTC);
  same([child.status, child.filled, child.side], ['closed', 0.5, 'sell'], 'child');
  yes(done.info.actualOrderId !== stop.id, 'an id of its own');
  same(await position(one, BTC), undefined, 'flat');
  const gone = await until('the sibling', async () => {
    const o = await one.fetchOrder(target.id, BTC, { trigger: true });
    return o.status !== 'open' && o;
  });
  same(gone.status, 'expired', 'sibling');
  yes((await one.fetchMyTrades(BTC)).some((t) => t.order === child.id), 'trade of the child');
});

await check('one-way: a trailing stop follows and closes', async () => {
  await price('BTCUSDT', 100000);
  await one.createOrder(BTC, 'market', 'buy', 0.1);
  const trailing = await one.createOrder(BTC, 'market', 'sell', 0.1, undefined, { trailingPercent: 1,
    reduceOnly: true });
  for (const p of [101000, 103000, 102500]) await price('BTCUSDT', p);
  same((await one.fetchOrder(trailing.id, BTC, { trigger: true })).status, 'open', 'while it follows');
  await price('BTCUSDT', 101900);
  await until('the trigger', async () => (await position(one, BTC)) === undefined);
});

await check('one-way: errors are classes of the client', async () => {
  const is = (kind, code) => (e) => e instanceof kind && (code === undefined || String(e.message).includes(code));
  await price('BTCUSDT', 100000);
  await refused('too large', () => one.createOrder(BTC, 'market', 'buy', 100), is(ccxt.BaseError, '-2019'));
  await refused('below the notional', () => one.createOrder(ETH, 'market', 'buy', 0.001), is(ccxt.BaseError, '-4164'));
  await refused('no such order', () => one.fetchOrder('987654321', BTC), is(ccxt.OrderNotFound));
  await refused('cancel of none', () => one.cancelOrder('987654321', BTC), is(ccxt.OrderNotFound));
  await refused('cancel of no stop', () => one.cancelOrder('987654321', BTC, { trigger: true }),
    is(ccxt.OrderNotFound));
  await refused('a stop at the old place', () => one.fapiPrivatePostOrder({ symbol: 'BTCUSDT', side: 'SELL',
    type: 'STOP_MARKET', stopPrice: 95000, quantity: 0.01 }), is(ccxt.BaseError, '-4120'));
  await refused('post only that would take', () => one.createOrder(BTC, 'limit', 'buy', 0.01, 101000,
    { postOnly: true }), is(ccxt.InvalidOrder, '-5022'));
  await refused('far from the mark', () => one.createOrder(BTC, 'limit', 'buy', 0.01, 150000), is(ccxt.BaseError,
    '-4016'));
  await refused('side of a mode that is not on', () => one.createOrder(BTC, 'market', 'buy', 0.01, undefined,
    { positionSide: 'LONG' }), is(ccxt.BaseError, '-4061'));
  await refused('off the tick', () => one.fapiPrivatePostOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT',
    timeInForce: 'GTC', quantity: '0.01', price: '99000.05' }), is(ccxt.BaseError, '-1111'));
  await refused('no such symbol', () => one.fapiPrivatePostOrder({ symbol: 'NOPEUSDT', side: 'BUY', type: 'MARKET',
    quantity: '1' }), is(ccxt.BadSymbol, '-1121'));
  const open = await one.createOrder(BTC, 'limit', 'buy', 0.01, 98000, { newClientOrderId: 'twice' });
  await refused('an id that is open', () => one.createOrder(BTC, 'limit', 'buy', 0.01, 98000,
    { newClientOrderId: 'twice' }), is(ccxt.BaseError, '-4116'));
  await one.cancelOrder(open.id, BTC);
  await refused('a wrong key', () => exchange('oneway', { apiKey: 'x'.repeat(64) }).fetchBalance(),
    is(ccxt.AuthenticationError));
  await refused('a wrong secret', () => exchange('oneway', { secret: 'wrong' }).fetchBalance(),
    is(ccxt.AuthenticationError, '-1022'));
  await refused('an old timestamp', () => one.fapiPrivateV3GetAccount({ timestamp: Date.now() - 60000 }),
    is(ccxt.InvalidNonce, '-1021'));
});

// ccxt finds its table of futures' errors by the exchange's own host names only; at another address it is told of them.
await check('one-way: errors are classes of the client, with its table for futures', async () => {
  const told = exchange('oneway', { exceptions: { exact: one.exceptions.linear.exact } });
  const is = (kind) => (e) => e.constructor === kind;
  const order = (type, amount, params) => told.createOrder(BTC, type, 'sell', amount, 95000, params);
  await refused('too large for the wallet', () => order('market', 100), is(ccxt.InsufficientFunds));
  await refused('nothing to reduce', () => order('market', 0.01, { reduceOnly: true }), is(ccxt.InvalidOrder));
  await refused('would trigger at once', () => order('market', 0.01, { stopLossPrice: 105000 }),
    is(ccxt.OrderImmediatelyFillable));
  await refused('a limit order that would take', () => order('limit', 0.01, { postOnly: true }),
    is(ccxt.OrderNotFillable));
});

await check('one-way: batches', async () => {
  const made = await one.createOrders([
    { symbol: BTC, type: 'limit', side: 'buy', amount: 0.01, price: 98000 },
    { symbol: BTC, type: 'limit', side: 'buy', amount: 0.01, price: 97000 }]);
  same(made.map((o) => o.status), ['open', 'open'], 'both');
  const gone = await one.cancelOrders(made.map((o) => o.id), BTC);
  same(gone.map((o) => o.status), ['canceled', 'canceled'], 'cancelled');
  await one.createOrder(BTC, 'limit', 'buy', 0.01, 98000);
  await one.cancelAllOrders(BTC);
  same((await one.fetchOpenOrders()).length, 0, 'all cancelled');
});

await check('one-way: income and commission', async () => {
  const fees = await one.fetchTradingFee(BTC);
  same([fees.maker, fees.taker], [0.0002, 0.0004], 'commission');
  const ledger = await one.fetchLedger('USDT');
  yes(ledger.some((e) => e.type === 'fee' || e.info.incomeType === 'COMMISSION'), 'a commission');
  yes(ledger.some((e) => e.info.incomeType === 'REALIZED_PNL'), 'a realized profit or loss');
});

// ---- hedge ----------------------------------------------------------------------------------------------------------

await check('hedge: both sides of one symbol', async () => {
  await two.setPositionMode(true);
  same((await two.fetchPositionMode()).hedged, true, 'mode');
  await two.setLeverage(10, BTC);
  await two.createOrder(BTC, 'market', 'buy', 0.3, undefined, { hedged: true });
  await two.createOrder(BTC, 'market', 'sell', 0.2, undefined, { positionSide: 'SHORT' });
  const long = await position(two, BTC, 'long');
  const short = await position(two, BTC, 'short');
  same([long.contracts, long.hedged, short.contracts, short.hedged], [0.3, true, 0.2, true], 'positions');
  close(long.entryPrice, 100000.1, 'entry of the long side');
  close(short.entryPrice, 99999.9, 'entry of the short side');
  same(long.leverage ?? 10, 10, 'leverage');
});

await check('hedge: a stop for each side; one triggers, the other stays', async () => {
  const long = await two.createOrder(BTC, 'STOP_MARKET', 'sell', undefined, undefined, { stopLossPrice: 98000,
    closePosition: true, positionSide: 'LONG' });
  const short = await two.createOrder(BTC, 'STOP_MARKET', 'buy', undefined, undefined, { stopLossPrice: 103000,
    closePosition: true, positionSide: 'SHORT' });
  const target = await two.createOrder(BTC, 'market', 'buy', 0.1, undefined, { takeProfitPrice: 97000,
    positionSide: 'SHORT' });
  same((await two.fetchOpenOrders(BTC, undefined, undefined, { trigger: true })).length, 3, 'conditional orders');
  await price('BTCUSDT', 97900);
  await until('the long side is closed', async () => (await position(two, BTC, 'long')) === undefined);
  same((await position(two, BTC, 'short')).contracts, 0.2, 'the short side stays');
  const left = await two.fetchOpenOrders(BTC, undefined, undefined, { trigger: true });
  same(left.map((o) => o.id).sort(), [short.id, target.id].sort(), 'its orders stay');
  yes((await two.fetchOrder(long.id, BTC, { trigger: true })).info.actualOrderId !== '', 'child of the long stop');
  await price('BTCUSDT', 96900);
  await until('a part of the short side', async () => (await position(two, BTC, 'short'))?.contracts === 0.1);
});

await check('hedge: errors', async () => {
  await refused('reduceOnly in hedge mode', () => two.fapiPrivatePostOrder({ symbol: 'BTCUSDT', side: 'BUY',
    positionSide: 'SHORT', type: 'MARKET', quantity: '0.05', reduceOnly: 'true' }),
  (e) => String(e.message).includes('-1106'));
  await refused('no side', () => two.fapiPrivatePostOrder({ symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET',
    quantity: '0.05' }), (e) => String(e.message).includes('-4061'));
  await refused('a mode that cannot change', () => two.setPositionMode(false),
    (e) => /-4067|-4068/.test(String(e.message)));
  await refused('the mode that is on', () => two.setPositionMode(true), (e) => /-4059/.test(String(e.message)));
});

await check('hedge: flat again', async () => {
  await two.cancelAllOrders(BTC, { trigger: true });
  await two.createOrder(BTC, 'market', 'buy', 0.1, undefined, { positionSide: 'SHORT' });
  same(await position(two, BTC), undefined, 'flat');
  await two.setPositionMode(false);
  same((await two.fetchPositionMode()).hedged, false, 'mode');
});

finish();
