// SPDX-License-Identifier: Apache-2.0
// The npm package "binance" (USDMClient, WebsocketClient, WebsocketAPIClient) against the simulated exchange.
import { USDMClient, WebsocketAPIClient, WebsocketClient } from 'binance';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, client, close, finish, hand, key, price, REST, refused, same, until, within, WS, yes } from './lib.mjs';

client('binance');

const auth = ({ apiKey, secret }) => ({ api_key: apiKey, api_secret: secret });
// Its own way to sign wants a global that Node 18 does not have.
const customSignMessageFn = async (text, secret) => createHmac('sha256', secret).update(text).digest('hex');
const rest = (name, more) => new USDMClient({ ...auth(key(name)), baseUrl: REST, beautifyResponses: true,
  customSignMessageFn, ...more });
const one = rest('oneway');
const two = rest('hedge');
const BTC = { symbol: 'BTCUSDT' };
const held = async (x, side) => (await x.getPositionsV3(BTC)).find(
  (p) => Number(p.positionAmt) !== 0 && (side === undefined || p.positionSide === side));
const quiet = Object.fromEntries(['trace', 'info', 'error'].map((level) => [level, () => {}]));

await price('BTCUSDT', 100000);

// ---- REST -----------------------------------------------------------------------------------------------------------

await check('time, symbols, book, candles, mark', async () => {
  yes(Math.abs((await one.getServerTime()) - Date.now()) < 60000, 'time');
  const btc = (await one.getExchangeInfo()).symbols.find((s) => s.symbol === 'BTCUSDT');
  same(Number(btc.filters.find((f) => f.filterType === 'PRICE_FILTER').tickSize), 0.1, 'tick');
  const book = await one.getSymbolOrderBookTicker(BTC);
  close(book.bidPrice, 99999.9, 'bid');
  yes((await one.getKlines({ ...BTC, interval: '1m', limit: 3 })).every((k) => k.length === 12), 'candles');
  close((await one.getMarkPrice(BTC)).markPrice, 100000, 'mark');
  yes((await one.get24hrChangeStatistics(BTC)).lastPrice > 0, 'day');
});

await check('one-way: account and settings', async () => {
  close((await one.getBalanceV3())[0].balance, 100000, 'balance');
  close((await one.getAccountInformationV3()).availableBalance, 100000, 'available');
  same((await one.getCurrentPositionMode()).dualSidePosition, false, 'mode');
  same((await one.setLeverage({ ...BTC, leverage: 15 })).leverage, 15, 'leverage');
  await one.setMarginType({ ...BTC, marginType: 'CROSSED' }).catch((e) => same(e.code, -4046, 'margin type'));
  await one.setMarginType({ ...BTC, marginType: 'ISOLATED' });
  same((await one.getFuturesSymbolConfig?.(BTC) ?? [{ leverage: 15 }])[0].leverage, 15, 'as it is read');
});

await check('one-way: market order, position, trade', async () => {
  const sent = await one.submitNewOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 0.3,
    newOrderRespType: 'RESULT' });
  same([sent.status, Number(sent.executedQty)], ['FILLED', 0.3], 'answer');
  const order = await one.getOrder({ ...BTC, orderId: sent.orderId });
  close(order.avgPrice, 100000.1, 'average');
  yes(order.clientOrderId.startsWith('x-15PC4ZJy'), 'the client\'s own prefix');
  const p = await held(one);
  same([Number(p.positionAmt), p.positionSide], [0.3, 'BOTH'], 'position');
  close(p.entryPrice, 100000.1, 'entry');
  const trades = (await one.getAccountTrades(BTC)).filter((t) => t.orderId === sent.orderId);
  same([trades.length, Number(trades[0].qty)], [1, 0.3], 'trade');
});

await check('one-way: limit, edit, cancel, batch', async () => {
  const limit = { ...BTC, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC' };
  const sent = await one.submitNewOrder({ ...limit, quantity: 0.01, price: 98000 });
  const changed = await one.modifyOrder({ ...BTC, orderId: sent.orderId, side: 'BUY', quantity: 0.02, price: 97000 });
  same([changed.orderId, Number(changed.price), Number(changed.origQty)], [sent.orderId, 97000, 0.02], 'edited');
  same((await one.getAllOpenOrders(BTC)).map((o) => o.orderId), [sent.orderId], 'open orders');
  same((await one.cancelOrder({ ...BTC, orderId: sent.orderId })).status, 'CANCELED', 'cancelled');
  const batch = await one.submitMultipleOrders([{ ...limit, quantity: '0.01', price: '98000' },
    { ...limit, quantity: '0.0001', price: '98000' }]);
  same([batch[0].status, batch[1].code < 0], ['NEW', true], 'a batch with a refusal inside');
  same((await one.cancelMultipleOrders({ ...BTC, orderIdList: [batch[0].orderId] }))[0].status,
    'CANCELED', 'a batch of cancels');
  await one.cancelAllOpenOrders(BTC);
  same((await one.getAllOpenOrders()).length, 0, 'none open');
});

await check('one-way: conditional orders of every type; one triggers, closePosition siblings expire', async () => {
  const algo = (more) => one.submitNewAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'SELL', ...more });
  const part = { quantity: '0.1', reduceOnly: 'true' };
  const stop = await algo({ type: 'STOP_MARKET', triggerPrice: '97000', closePosition: 'true' });
  const stopLimit = await algo({ type: 'STOP', triggerPrice: '96000', price: '95900', ...part });
  const targetLimit = await algo({ type: 'TAKE_PROFIT', triggerPrice: '104000', price: '104000', ...part });
  const target = await algo({ type: 'TAKE_PROFIT_MARKET', triggerPrice: '106000', closePosition: 'true' });
  const trailing = await algo({ type: 'TRAILING_STOP_MARKET', activatePrice: '105000', callbackRate: '2', ...part });
  const open = await one.getOpenAlgoOrders();
  same(open.map((o) => [o.algoId, o.orderType, o.algoStatus]).sort(), [[stop, 'STOP_MARKET'], [stopLimit, 'STOP'],
    [targetLimit, 'TAKE_PROFIT'], [target, 'TAKE_PROFIT_MARKET'], [trailing, 'TRAILING_STOP_MARKET']].map(
    ([o, type]) => [o.algoId, type, 'NEW']).sort(), 'open conditional orders');
  same((await one.getAllOpenOrders()).length, 0, 'the regular list');
  await one.cancelAlgoOrder({ algoId: trailing.algoId });
  same((await one.getAlgoOrder({ algoId: trailing.algoId })).algoStatus, 'CANCELED', 'cancelled');
  await price('BTCUSDT', 96900);
  const done = await until('the trigger', async () => {
    const o = await one.getAlgoOrder({ clientAlgoId: stop.clientAlgoId });
    return o.algoStatus === 'FINISHED' && o;
  });
  const child = await one.getOrder({ ...BTC, orderId: Number(done.actualOrderId) });
  same([child.status, Number(child.executedQty)], ['FILLED', 0.3], 'child');
  same(await held(one), undefined, 'flat');
  await until('the sibling', async () => (await one.getAlgoOrder({ algoId: target.algoId })).algoStatus === 'EXPIRED');
  await one.cancelAllAlgoOpenOrders(BTC);
  same((await one.getOpenAlgoOrders()).length, 0, 'all cancelled');
  yes((await one.getAllAlgoOrders(BTC)).length >= 5, 'history');
});

await check('one-way: errors carry code and text', async () => {
  const code = (wanted) => (e) => e.code === wanted && e.message.length > 0;
  const order = (more, x = one) => x.submitNewOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 0.01, ...more });
  await price('BTCUSDT', 100000);
  await refused('margin', () => order({ quantity: 100 }), code(-2019));
  await refused('reduce-only', () => order({ reduceOnly: 'true' }), code(-2022));
  await refused('the old place of stops', () => order({ type: 'STOP_MARKET', stopPrice: 99000 }), code(-4120));
  await refused('notional', () => order({ symbol: 'ETHUSDT', quantity: 0.001 }), code(-4164));
  await refused('no such order', () => one.getOrder({ ...BTC, orderId: 987654321 }), code(-2013));
  await refused('cancel of none', () => one.cancelOrder({ ...BTC, orderId: 987654321 }), code(-2011));
  await refused('symbol', () => order({ symbol: 'NOPEUSDT' }), code(-1121));
  await refused('trigger at once', () => one.submitNewAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'SELL',
    type: 'STOP_MARKET', triggerPrice: '101000', quantity: '0.1' }), code(-2021));
  await refused('key', () => order({}, rest('oneway', { api_key: 'y'.repeat(64) })), code(-2015));
  await refused('secret', () => order({}, rest('oneway', { api_secret: 'z' })), code(-1022));
});

await check('hedge: both sides, a stop for one of them, refusals', async () => {
  await two.setPositionMode({ dualSidePosition: 'true' });
  same((await two.getCurrentPositionMode()).dualSidePosition, true, 'mode');
  const market = (side, positionSide, quantity) =>
    two.submitNewOrder({ ...BTC, side, positionSide, type: 'MARKET', quantity });
  await market('BUY', 'LONG', 0.3);
  await market('SELL', 'SHORT', 0.2);
  same([Number((await held(two, 'LONG')).positionAmt), Number((await held(two, 'SHORT')).positionAmt)], [0.3, -0.2],
    'positions');
  await two.submitNewAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'SELL', positionSide: 'LONG',
    type: 'STOP_MARKET', triggerPrice: '98000', closePosition: 'true' });
  await refused('-1106', () => two.submitNewOrder({ ...BTC, side: 'SELL', positionSide: 'LONG', type: 'MARKET',
    quantity: 0.1, reduceOnly: 'true' }), (e) => e.code === -1106);
  await refused('-4061', () => market('SELL', 'BOTH', 0.1), (e) => e.code === -4061);
  await price('BTCUSDT', 97900);
  await until('the long side is closed', async () => (await held(two, 'LONG')) === undefined);
  same(Number((await held(two, 'SHORT')).positionAmt), -0.2, 'the short side stays');
  await market('BUY', 'SHORT', 0.2);
  same(await held(two, 'SHORT'), undefined, 'flat');
});

// ---- streams --------------------------------------------------------------------------------------------------------

function streams(name) {
  const got = [];
  const ws = new WebsocketClient({ ...auth(key(name)), beautify: true, wsUrl: WS,
    restOptions: { baseUrl: REST, customSignMessageFn } }, quiet);
  ws.on('formattedMessage', (m) => got.push(...[m].flat()));
  ws.on('exception', (e) => console.log(`# exception: ${e?.error ?? e?.message ?? JSON.stringify(e)}`));
  return { ws, got, event: (what, good) => until(what, () => got.find(good)) };
}

await check('streams of the market, beautified by the client', async () => {
  const { ws, got } = streams('oneway');
  within('subscriptions', ws.subscribe(['btcusdt@markPrice@1s', 'btcusdt@kline_1m', 'btcusdt@aggTrade',
    'btcusdt@bookTicker', 'btcusdt@ticker'], 'usdm')).catch(() => {});
  const of = (type) => got.find((m) => m.eventType === type);
  let at = 0;
  await until('one of each', async () => {
    await price('BTCUSDT', 100000 + (at++ % 10));
    return ['markPriceUpdate', 'kline', 'trade', 'bookTicker', '24hrTicker'].every(
      (type) => of(type) ?? (type === 'trade' && of('aggTrade')));
  });
  yes(of('markPriceUpdate').markPrice >= 100000 && of('markPriceUpdate').symbol === 'BTCUSDT', 'mark');
  same([of('kline').kline.interval, of('kline').kline.symbol], ['1m', 'BTCUSDT'], 'candle');
  yes(of('kline').kline.high >= of('kline').kline.low, 'candle\'s range');
  ws.closeAll(true);
});

await check('user stream, beautified by the client', async () => {
  const { ws, got, event } = streams('oneway');
  await within('the user stream', ws.subscribeUsdFuturesUserDataStream());
  await price('BTCUSDT', 100000);
  let leverage = 10;
  await until('a change of leverage', async () => {
    leverage = 30 - leverage;
    await one.setLeverage({ ...BTC, leverage });
    return got.some((m) => m.eventType === 'ACCOUNT_CONFIG_UPDATE');
  });
  const sent = await one.submitNewOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 0.2 });
  const fill = await event('the fill', (m) => m.eventType === 'ORDER_TRADE_UPDATE' && m.order.orderStatus === 'FILLED');
  same([fill.order.orderId, fill.order.orderFilledAccumulatedQuantity, fill.order.orderSide], [sent.orderId, 0.2,
    'BUY'], 'fill');
  close(fill.order.averagePrice, 100000.1, 'average');
  const account = await event('the position', (m) => m.eventType === 'ACCOUNT_UPDATE' &&
    m.updateData.updateEventType === 'ORDER');
  same([account.updateData.updatedPositions[0].symbol, account.updateData.updatedPositions[0].positionAmount],
    ['BTCUSDT', 0.2], 'position');
  const stop = await one.submitNewAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'SELL', type: 'STOP_MARKET',
    triggerPrice: '99000', closePosition: 'true' });
  const ids = (m) => JSON.stringify(m).includes(String(stop.algoId));
  await event('the stop', (m) => m.eventType === 'ALGO_UPDATE' && ids(m));
  await price('BTCUSDT', 98900);
  await event('its child', (m) => m.eventType === 'ORDER_TRADE_UPDATE' && m.order.orderSide === 'SELL' &&
    m.order.orderStatus === 'FILLED');
  await event('its end', (m) => m.eventType === 'ALGO_UPDATE' && JSON.stringify(m).includes('FINISHED'));
  got.length = 0;
  await hand('disconnect', { class: 'private' }); // the client takes a key and connects again, by itself
  await until('a fill after a break', async () => {
    await one.submitNewOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 0.002 });
    return got.some((m) => m.eventType === 'ORDER_TRADE_UPDATE');
  });
  await one.submitNewOrder({ ...BTC, side: 'SELL', type: 'MARKET', quantity: 100, reduceOnly: 'true' });
  same(await held(one), undefined, 'flat');
  ws.closeAll(true);
});

// ---- WebSocket API --------------------------------------------------------------------------------------------------

async function ordersBySocket(options) {
  const api = new WebsocketAPIClient({ ...options, wsUrl: WS, attachEventListeners: false }, quiet);
  const ask = async (call) => (await within('an answer', call)).result;
  await price('BTCUSDT', 100000);
  const bought = await ask(api.submitNewFuturesOrder('usdm', { ...BTC, side: 'BUY', type: 'MARKET', quantity: '0.1',
    timestamp: Date.now() }));
  const order = await ask(api.getFuturesOrderStatus('usdm', { ...BTC, orderId: bought.orderId,
    timestamp: Date.now() }));
  same([order.status, Number(order.executedQty)], ['FILLED', 0.1], 'market order');
  const limit = await ask(api.submitNewFuturesOrder('usdm', { ...BTC, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC',
    quantity: '0.01', price: '98000', timestamp: Date.now() }));
  const changed = await ask(api.modifyFuturesOrder('usdm', { ...BTC, orderId: limit.orderId, side: 'BUY',
    quantity: '0.02', price: '97000', origType: 'LIMIT', timestamp: Date.now() }));
  same(Number(changed.price), 97000, 'edited');
  same((await ask(api.cancelFuturesOrder('usdm', { ...BTC, orderId: limit.orderId, timestamp: Date.now() }))).status,
    'CANCELED', 'cancelled');
  const stop = await ask(api.submitNewFuturesAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'SELL',
    type: 'STOP_MARKET', triggerPrice: '95000', quantity: '0.1', reduceOnly: 'true', timestamp: Date.now() }));
  yes(stop.algoId > 0 && stop.algoStatus === 'NEW', 'conditional order');
  await ask(api.cancelFuturesAlgoOrder({ algoId: stop.algoId, timestamp: Date.now() }));
  const position = (await ask(api.getFuturesPositionV2({ ...BTC, timestamp: Date.now() }))).find(
    (p) => Number(p.positionAmt) !== 0);
  same(Number(position.positionAmt), 0.1, 'position');
  yes(Number((await ask(api.getFuturesAccountBalanceV2({ timestamp: Date.now() })))[0].balance) > 90000, 'balance');
  await refused('margin', () => ask(api.submitNewFuturesOrder('usdm', { ...BTC, side: 'BUY', type: 'MARKET',
    quantity: '100', timestamp: Date.now() })), (e) => JSON.stringify(e).includes('-2019'));
  await ask(api.submitNewFuturesOrder('usdm', { ...BTC, side: 'SELL', type: 'MARKET', quantity: '0.1',
    reduceOnly: 'true', timestamp: Date.now() }));
  await api.disconnectAll();
}

await check('WebSocket API: HMAC', () => ordersBySocket(auth(key('oneway'))));
await check('WebSocket API: session.logon with an Ed25519 key', () => ordersBySocket({
  api_key: key('ed25519').apiKey,
  api_secret: readFileSync(join(process.env.EB_SIM_KEYS, 'ed25519.pem'), 'utf8') }));

finish();
