// SPDX-License-Identifier: Apache-2.0
// Binance's own connector (REST, WebSocket API, streams) against the simulated exchange. It insists on TLS.
import * as lib from '@binance/derivatives-trading-usds-futures';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { check, client, close, finish, hand, key, price, REST, refused, same, until, within, WS, yes } from './lib.mjs';

client('connector');

function connect(auth) {
  const patience = { timeout: 15000 };
  return new lib.DerivativesTradingUsdsFutures({
    configurationRestAPI: { ...auth, ...patience, basePath: REST },
    configurationWebsocketAPI: { ...auth, ...patience, wsURL: `${WS}/ws-fapi/v1` },
    configurationWebsocketStreams: { wsURL: WS },
  });
}

const hmac = ({ apiKey, secret }) => ({ apiKey, apiSecret: secret });
const one = connect(hmac(key('oneway')));
const two = connect(hmac(key('hedge')));
const signing = connect({ apiKey: key('ed25519').apiKey,
  privateKey: readFileSync(join(process.env.EB_SIM_KEYS, 'ed25519.pem'), 'utf8') });
const data = async (call) => (await call).data();
const rest = one.restAPI;
const BTC = { symbol: 'BTCUSDT' };
const held = async (x, side) => (await data(x.restAPI.positionInformationV3(BTC))).find(
  (p) => Number(p.positionAmt) !== 0 && (side === undefined || p.positionSide === side));

await price('BTCUSDT', 100000);

// ---- REST, one-way --------------------------------------------------------------------------------------------------

await check('time, symbols, book, candles, mark', async () => {
  yes(Math.abs((await data(rest.checkServerTime())).serverTime - Date.now()) < 60000, 'time');
  const info = await data(rest.exchangeInformation());
  const btc = info.symbols.find((s) => s.symbol === 'BTCUSDT');
  const filter = (type) => btc.filters.find((f) => f.filterType === type);
  same([filter('PRICE_FILTER').tickSize, filter('LOT_SIZE').stepSize].map(Number), [0.1, 0.001], 'filters');
  yes(info.rateLimits.some((l) => l.rateLimitType === 'REQUEST_WEIGHT' && l.limit === 2400), 'limits');
  const answer = await rest.symbolOrderBookTicker(BTC);
  same(Number((await answer.data()).bidPrice), 99999.9, 'bid');
  yes(answer.rateLimits.some((l) => l.rateLimitType === 'REQUEST_WEIGHT' && l.count > 0), 'weight as it is told');
  yes((await data(rest.klineCandlestickData({ ...BTC, interval: '1m', limit: 3 }))).every((k) => k.length === 12),
    'candles');
  close((await data(rest.markPrice(BTC))).markPrice, 100000, 'mark');
  same((await data(rest.orderBook({ ...BTC, limit: 5 }))).asks.length > 0, true, 'book');
});

await check('one-way: account, configuration and brackets', async () => {
  close((await data(rest.futuresAccountBalanceV3()))[0].balance, 100000, 'balance');
  const account = await data(rest.accountInformationV3());
  close(account.availableBalance, 100000, 'available');
  same((await data(rest.getCurrentPositionMode())).dualSidePosition, false, 'mode');
  same((await data(rest.getCurrentMultiAssetsMode())).multiAssetsMargin, false, 'assets');
  same((await data(rest.futuresAccountConfiguration())).canTrade, true, 'may trade');
  same((await data(rest.changeInitialLeverage({ ...BTC, leverage: 25 }))).leverage, 25, 'leverage');
  same((await data(rest.symbolConfiguration(BTC)))[0].leverage, 25, 'leverage as it is read');
  yes((await data(rest.notionalAndLeverageBrackets(BTC)))[0].brackets[0].maintMarginRatio > 0, 'brackets');
  close((await data(rest.userCommissionRate(BTC))).takerCommissionRate, 0.0004, 'commission');
  yes((await data(rest.queryUserRateLimit())).some((l) => l.interval === 'SECOND' && l.limit === 300), 'order limits');
});

await check('one-way: market order, position, trade', async () => {
  const sent = await data(rest.newOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 0.4,
    newClientOrderId: 'connector-1' }));
  const order = await data(rest.queryOrder({ ...BTC, orderId: sent.orderId }));
  same([order.status, order.clientOrderId, Number(order.executedQty)], ['FILLED', 'connector-1', 0.4], 'order');
  close(order.avgPrice, 100000.1, 'average');
  const p = await held(one);
  same([Number(p.positionAmt), p.positionSide], [0.4, 'BOTH'], 'position');
  close(p.entryPrice, 100000.1, 'entry');
  const trades = (await data(rest.accountTradeList(BTC))).filter((t) => t.orderId === sent.orderId);
  same([trades.length, Number(trades[0].qty), trades[0].buyer], [1, 0.4, true], 'trade');
  const v2 = (await data(rest.positionInformationV2(BTC)))[0];
  same([Number(v2.leverage), Number(v2.positionAmt)], [25, 0.4], 'position as the older call has it');
});

await check('one-way: limit, edit, cancel, test, batch', async () => {
  const limit = { ...BTC, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC' };
  await data(rest.testOrder({ ...limit, quantity: 0.01, price: 98000 }));
  same((await data(rest.currentAllOpenOrders())).length, 0, 'a test places nothing');
  const sent = await data(rest.newOrder({ ...limit, quantity: 0.01, price: 98000 }));
  same([sent.status, sent.avgPrice], ['NEW', undefined], 'an answer without an average');
  const changed = await data(rest.modifyOrder({ ...BTC, side: 'BUY', orderId: sent.orderId, quantity: 0.02,
    price: 97000 }));
  same([changed.orderId, Number(changed.price), Number(changed.origQty)], [sent.orderId, 97000, 0.02], 'edited');
  same((await data(rest.queryCurrentOpenOrder({ ...BTC, orderId: sent.orderId }))).price, changed.price, 'as open');
  same((await data(rest.cancelOrder({ ...BTC, orderId: sent.orderId }))).status, 'CANCELED', 'cancelled');
  const batch = await data(rest.placeMultipleOrders({ batchOrders: [
    { ...limit, quantity: '0.01', price: '98000' }, { ...limit, quantity: '0.01', price: '150000' },
    { ...limit, quantity: '0.01', price: '97000' }] }));
  same([batch[0].status, batch[1].code, batch[2].status], ['NEW', -4016, 'NEW'], 'a batch with a refusal inside');
  const ids = [batch[0].orderId, batch[2].orderId];
  const gone = await data(rest.cancelMultipleOrders({ ...BTC, orderIdList: ids }));
  same(gone.map((o) => o.status), ['CANCELED', 'CANCELED'], 'a batch of cancels');
  await data(rest.newOrder({ ...limit, quantity: 0.01, price: 98000 }));
  same(Number((await data(rest.cancelAllOpenOrders(BTC))).code), 200, 'all cancelled');
  same((await data(rest.currentAllOpenOrders(BTC))).length, 0, 'none open');
});

await check('one-way: conditional orders of every type; one triggers, closePosition siblings expire', async () => {
  const algo = (more) => data(rest.newAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'SELL', ...more }));
  const part = { quantity: 0.1, reduceOnly: 'true' };
  const stop = await algo({ type: 'STOP_MARKET', triggerPrice: 97000, closePosition: 'true', clientAlgoId: 'c-stop',
    workingType: 'MARK_PRICE' });
  const made = [stop,
    await algo({ type: 'STOP', triggerPrice: 96000, price: 95900, ...part }),
    await algo({ type: 'TAKE_PROFIT', triggerPrice: 104000, price: 104000, ...part }),
    await algo({ type: 'TAKE_PROFIT_MARKET', triggerPrice: 106000, closePosition: 'true' }),
    await algo({ type: 'TRAILING_STOP_MARKET', activatePrice: 105000, callbackRate: 2, ...part })];
  same(made.map((o) => o.algoStatus), Array(5).fill('NEW'), 'placed');
  const listed = await data(rest.currentAllAlgoOpenOrders({}));
  same(listed.map((o) => o.algoId).sort(), made.map((o) => o.algoId).sort(), 'open conditional orders');
  const trailing = listed.find((o) => o.orderType === 'TRAILING_STOP_MARKET');
  same([trailing.activatePrice, trailing.callbackRate].map(Number), [105000, 2], 'trailing');
  same((await data(rest.currentAllOpenOrders({}))).length, 0, 'the regular list');
  const gone = await data(rest.cancelAlgoOrder({ algoId: made[1].algoId }));
  same([gone.code, gone.algoId], ['200', made[1].algoId], 'cancelled');
  await price('BTCUSDT', 96900);
  const done = await until('the trigger', async () => {
    const o = await data(rest.queryAlgoOrder({ clientAlgoId: 'c-stop' }));
    return o.algoStatus === 'FINISHED' && o;
  });
  const child = await data(rest.queryOrder({ ...BTC, orderId: BigInt(done.actualOrderId) }));
  same([child.status, Number(child.executedQty), child.side], ['FILLED', 0.4, 'SELL'], 'child');
  same(await held(one), undefined, 'flat');
  await until('its siblings', async () => (await data(rest.currentAllAlgoOpenOrders(BTC))).every(
    (o) => o.closePosition !== true));
  same((await data(rest.queryAlgoOrder({ algoId: made[3].algoId }))).algoStatus, 'EXPIRED', 'sibling');
  await data(rest.cancelAllAlgoOpenOrders(BTC));
  same((await data(rest.currentAllAlgoOpenOrders({}))).length, 0, 'all cancelled');
  yes((await data(rest.queryAllAlgoOrders(BTC))).length >= 5, 'history');
});

await check('one-way: errors are classes of the client', async () => {
  const code = (kind, wanted) => (e) => e instanceof kind && e.code === wanted;
  const order = (more) => rest.newOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 0.01, ...more });
  await price('BTCUSDT', 100000);
  await refused('margin', () => order({ quantity: 100 }), code(lib.BadRequestError, -2019));
  await refused('reduce-only', () => order({ reduceOnly: 'true' }), code(lib.BadRequestError, -2022));
  await refused('-4120', () => order({ type: 'STOP_MARKET', stopPrice: 99000 }),
    (e) => e instanceof lib.BadRequestError && /Algo Order API/.test(e.message));
  await refused('-2013', () => rest.queryOrder({ ...BTC, orderId: 987654321 }), code(lib.BadRequestError, -2013));
  await refused('-2011', () => rest.cancelOrder({ ...BTC, orderId: 987654321 }), code(lib.BadRequestError, -2011));
  await refused('symbol', () => order({ symbol: 'NOPEUSDT' }), code(lib.BadRequestError, -1121));
  await refused('missing', () => rest.newOrder({ ...BTC, side: 'BUY', type: 'LIMIT', quantity: 1 }),
    code(lib.BadRequestError, -1102));
  await refused('key', () => connect({ apiKey: 'y'.repeat(64), apiSecret: 'z' }).restAPI.accountInformationV3(),
    (e) => e instanceof lib.UnauthorizedError && /API-key/i.test(e.message));
  await refused('secret', () => connect({ apiKey: key('oneway').apiKey, apiSecret: 'z' }).restAPI
    .accountInformationV3(), (e) => /Signature/.test(e.message));
  await refused('required', () => rest.queryOrder({}), (e) => e instanceof lib.RequiredError);
});

// ---- REST, hedge ----------------------------------------------------------------------------------------------------

await check('hedge: both sides, a stop for one of them, refusals', async () => {
  const r = two.restAPI;
  same((await data(r.changePositionMode({ dualSidePosition: 'true' }))).code, 200, 'mode');
  await data(r.newOrder({ ...BTC, side: 'BUY', positionSide: 'LONG', type: 'MARKET', quantity: 0.3 }));
  await data(r.newOrder({ ...BTC, side: 'SELL', positionSide: 'SHORT', type: 'MARKET', quantity: 0.2 }));
  same([Number((await held(two, 'LONG')).positionAmt), Number((await held(two, 'SHORT')).positionAmt)], [0.3, -0.2],
    'positions');
  await data(r.newAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'BUY', positionSide: 'SHORT',
    type: 'STOP_MARKET', triggerPrice: 102000, closePosition: 'true' }));
  await refused('-1106', () => r.newOrder({ ...BTC, side: 'SELL', positionSide: 'LONG', type: 'MARKET', quantity: 0.1,
    reduceOnly: 'true' }), (e) => /reduceonly/i.test(e.message));
  await refused('-4061', () => r.newOrder({ ...BTC, side: 'SELL', type: 'MARKET', quantity: 0.1 }),
    (e) => e instanceof lib.BadRequestError && /position side/i.test(e.message));
  await price('BTCUSDT', 102100);
  await until('the short side is closed', async () => (await held(two, 'SHORT')) === undefined);
  same(Number((await held(two, 'LONG')).positionAmt), 0.3, 'the long side stays');
  await data(r.newOrder({ ...BTC, side: 'SELL', positionSide: 'LONG', type: 'MARKET', quantity: 0.3 }));
  same(await held(two, 'LONG'), undefined, 'flat');
});

// ---- WebSocket API --------------------------------------------------------------------------------------------------

async function ordersBySocket(x) {
  const api = await within('a connection', x.websocketAPI.connect());
  const ask = async (call) => (await within('an answer', call)).data;
  await price('BTCUSDT', 100000);
  const bought = await ask(api.newOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 0.1 }));
  same((await ask(api.queryOrder({ ...BTC, orderId: bought.orderId }))).status, 'FILLED', 'market order');
  const limit = await ask(api.newOrder({ ...BTC, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: 0.01,
    price: 98000 }));
  const changed = await ask(api.modifyOrder({ ...BTC, side: 'BUY', orderId: limit.orderId, quantity: 0.02,
    price: 97000 }));
  same(Number(changed.price), 97000, 'edited');
  same((await ask(api.cancelOrder({ ...BTC, orderId: limit.orderId }))).status, 'CANCELED', 'cancelled');
  const stop = await ask(api.newAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'SELL', type: 'STOP_MARKET',
    triggerPrice: 95000, quantity: 0.1, reduceOnly: 'true' }));
  same((await data(x.restAPI.currentAllAlgoOpenOrders({})))[0].algoId, stop.algoId, 'conditional order');
  await ask(api.cancelAlgoOrder({ algoId: stop.algoId }));
  const position = (await ask(api.positionInformationV2(BTC))).find((p) => Number(p.positionAmt) !== 0);
  same(Number(position.positionAmt), 0.1, 'position');
  yes(Number((await ask(api.futuresAccountBalanceV2()))[0].balance) > 90000, 'balance');
  await refused('margin', () => ask(api.newOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 100 })),
    (e) => (e.code ?? e.error?.code) === -2019 || /insufficient/i.test(e.message ?? JSON.stringify(e)));
  await ask(api.newOrder({ ...BTC, side: 'SELL', type: 'MARKET', quantity: 0.1, reduceOnly: 'true' }));
  same(await held(x), undefined, 'flat');
  await api.disconnect();
}

await check('WebSocket API: orders signed one by one', () => ordersBySocket(one));
await check('WebSocket API: an Ed25519 key', () => ordersBySocket(signing));
await check('an Ed25519 key over REST', async () => {
  yes(Number((await data(signing.restAPI.accountInformationV3())).totalWalletBalance) > 90000, 'account');
});

// ---- streams --------------------------------------------------------------------------------------------------------

await check('streams of the market', async () => {
  const streams = await within('connections', one.websocketStreams.connect());
  const got = {};
  const listen = (name, handle) => handle.on('message', (m) => { got[name] = m; });
  listen('mark', streams.markPriceStream({ ...BTC, updateSpeed: '1s' }));
  listen('kline', streams.klineCandlestickStreams({ ...BTC, interval: '1m' }));
  listen('trade', streams.aggregateTradeStreams(BTC));
  listen('book', streams.individualSymbolBookTickerStreams(BTC));
  listen('depth', streams.partialBookDepthStreams({ ...BTC, levels: '5' }));
  listen('ticker', streams.individualSymbolTickerStreams(BTC));
  let at = 0;
  await until('one of each', async () => {
    await price('BTCUSDT', 100000 + (at++ % 10));
    return Object.keys(got).length === 6;
  });
  same([got.mark.e, got.kline.e, got.kline.k.i, got.trade.e, got.book.e, got.depth.e, got.ticker.e],
    ['markPriceUpdate', 'kline', '1m', 'aggTrade', 'bookTicker', 'depthUpdate', '24hrTicker'], 'events');
  yes(Number(got.book.b) < Number(got.book.a) && Number(got.mark.p) >= 100000, 'values');
  await streams.disconnect();
});

await check('user stream: order, position, conditional order', async () => {
  await price('BTCUSDT', 100000);
  const { listenKey } = await data(rest.startUserDataStream());
  await data(rest.keepaliveUserDataStream());
  const streams = await within('connections', one.websocketStreams.connect());
  const got = [];
  streams.userData(listenKey).on('message', (m) => got.push(m));
  const event = (what, good) => until(what, () => got.find(good));
  const leverage = async () => {
    await data(rest.changeInitialLeverage({ ...BTC, leverage: got.length % 2 === 0 ? 10 : 20 }));
    return got.some((m) => m.e === 'ACCOUNT_CONFIG_UPDATE' && m.ac.s === 'BTCUSDT');
  };
  await until('a change of leverage', leverage);
  const sent = await data(rest.newOrder({ ...BTC, side: 'BUY', type: 'MARKET', quantity: 0.2 }));
  const filled = await event('the fill', (m) => m.e === 'ORDER_TRADE_UPDATE' && m.o.X === 'FILLED');
  same([filled.o.i, Number(filled.o.z), filled.o.S], [sent.orderId, 0.2, 'BUY'], 'fill');
  const account = await event('the position', (m) => m.e === 'ACCOUNT_UPDATE' && m.a.m === 'ORDER');
  same([Number(account.a.P[0].pa), account.a.P[0].ps], [0.2, 'BOTH'], 'position');
  const stop = await data(rest.newAlgoOrder({ ...BTC, algoType: 'CONDITIONAL', side: 'SELL', type: 'STOP_MARKET',
    triggerPrice: 99000, closePosition: 'true' }));
  await event('the stop', (m) => m.e === 'ALGO_UPDATE' && m.o.X === 'NEW' && m.o.aid === stop.algoId);
  await price('BTCUSDT', 98900);
  const end = await event('its end', (m) => m.e === 'ALGO_UPDATE' && m.o.X === 'FINISHED');
  const child = await event('its child', (m) => m.e === 'ORDER_TRADE_UPDATE' && m.o.X === 'FILLED' && m.o.S === 'SELL');
  same(String(end.o.ai), String(child.o.i), 'id of the child');
  await hand('expire_listen_key', { account: 'oneway' });
  await event('the end of the key', (m) => m.e === 'listenKeyExpired');
  await streams.disconnect();
});

finish();
