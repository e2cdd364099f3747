// SPDX-License-Identifier: Apache-2.0
// ccxt.pro (binanceusdm: streams, user data, WebSocket API) against the simulated exchange.
import ccxt from 'ccxt';
import { check, client, close, finish, hand, key, price, REST, same, until, within, WS, yes } from './lib.mjs';

const BTC = 'BTC/USDT:USDT';
const ETH = 'ETH/USDT:USDT';

function exchange(name) {
  const api = { ws: { future: `${WS}/ws`, 'ws-api': { future: `${WS}/ws-fapi/v1` } } };
  for (const [field, path] of [['Public', 'v1'], ['PublicV2', 'v2'], ['PublicV3', 'v3'],
    ['Private', 'v1'], ['PrivateV2', 'v2'], ['PrivateV3', 'v3']]) {
    api[`fapi${field}`] = `${REST}/fapi/${path}`;
  }
  return new ccxt.pro.binanceusdm({ ...key(name), urls: { api }, options: { fetchCurrencies: false } });
}

client('ccxt.pro');
const x = exchange('oneway');
await x.loadMarkets();
await price('BTCUSDT', 100000);
await price('ETHUSDT', 3000);

// What a watch...() says from now on, until `enough` gives something true.
function watching(what, watch, enough) {
  const loop = async () => {
    for (;;) {
      const found = enough(await watch());
      if (found) return found;
    }
  };
  const promise = within(what, loop());
  promise.catch(() => {}); // told where it is awaited
  return promise;
}

// Until sockets of that path are open and every stream asked for is confirmed.
const open = (part) => until(`a socket of ${part}`, () => {
  const found = Object.values(x.clients).filter((c) => c.url.includes(part));
  return found.length > 0 && found.every((c) => c.connection !== undefined && c.isOpen());
});

// Moves the price up and down until the promise is kept: streams speak of changes.
async function moved(promise, symbol, from) {
  let done = false;
  const end = () => { done = true; };
  promise.then(end, end);
  for (let i = 1; !done; i++) {
    await price(symbol, from + (i % 10));
    await Promise.race([promise.catch(() => {}), new Promise((r) => setTimeout(r, 100))]);
  }
  return promise;
}

// ---- public streams -------------------------------------------------------------------------------------------------

await check('mark price', async () => {
  const mark = await moved(watching('mark prices', () => x.watchMarkPrice(BTC), (m) => m.markPrice >= 100002 && m),
    'BTCUSDT', 100000);
  same([mark.symbol, mark.info.e], [BTC, 'markPriceUpdate'], 'event');
  yes(mark.indexPrice > 0 && mark.timestamp > Date.now() - 60000, 'index and time');
});

await check('best bid and ask', async () => {
  const best = await moved(watching('bids and asks', () => x.watchBidsAsks([BTC]), (t) => t[BTC]?.bid > 0 && t[BTC]),
    'BTCUSDT', 100000);
  close(best.ask - best.bid, 0.2, 'spread', 1e-6);
  yes(best.bidVolume > 0 && best.askVolume > 0, 'volumes');
});

await check('candles', async () => {
  const candles = await moved(watching('candles', () => x.watchOHLCV(BTC, '1m'), (c) => c.at(-1)[4] >= 100002 && c),
    'BTCUSDT', 100000);
  const [time, first, high, low, last] = candles.at(-1);
  yes(time % 60000 === 0 && high >= last && low <= last && first > 0, 'a candle');
});

await check('ticker', async () => {
  const t = await moved(watching('tickers', () => x.watchTicker(BTC), (v) => v.last >= 100002 && v), 'BTCUSDT', 100000);
  same(t.symbol, BTC, 'symbol');
  yes(t.high >= t.last && t.low <= t.last, 'range');
});

await check('trades', async () => {
  const kept = watching('trades', () => x.watchTrades(BTC), (t) => t.length > 0 && t.at(-1));
  const trade = await moved(kept, 'BTCUSDT', 100000);
  same(trade.symbol, BTC, 'symbol');
  yes(trade.price > 99000 && trade.amount > 0 && ['buy', 'sell'].includes(trade.side), 'a trade');
});

await check('order book', async () => {
  const book = await moved(watching('books', () => x.watchOrderBook(BTC, 20),
    (b) => b.bids.length > 0 && b.asks.length > 0 && b), 'BTCUSDT', 100000);
  yes(book.bids[0][0] < book.asks[0][0] && book.nonce > 0, 'best bid below best ask');
});

// ---- user stream ----------------------------------------------------------------------------------------------------

await check('user stream: order, trade, position and balance of a market order', async () => {
  const orders = watching('the order', () => x.watchOrders(BTC), (list) =>
    list.find((o) => o.clientOrderId === 'pro-entry' && o.status === 'closed'));
  const trades = watching('the trade', () => x.watchMyTrades(BTC), (list) => list.at(-1));
  const positions = watching('the position', () => x.watchPositions([BTC]), (list) =>
    list.find((p) => p.contracts === 0.2));
  const balance = watching('the balance', () => x.watchBalance(), (b) => b.USDT?.total < 100000 && b.USDT);
  await open('/private/ws');
  await price('BTCUSDT', 100000);
  const sent = await x.createOrder(BTC, 'market', 'buy', 0.2, undefined, { newClientOrderId: 'pro-entry' });
  const order = await orders;
  same([order.id, order.filled, order.side, order.status], [sent.id, 0.2, 'buy', 'closed'], 'order');
  close(order.average, 100000.1, 'average');
  const trade = await trades;
  same([trade.order, trade.amount, trade.fee.currency], [sent.id, 0.2, 'USDT'], 'trade');
  close(trade.price, 100000.1, 'its price');
  const position = await positions;
  same([position.symbol, position.side, position.contracts], [BTC, 'long', 0.2], 'position');
  close(position.entryPrice, 100000.1, 'entry');
  close((await balance).total, 100000 - 100000.1 * 0.2 * 0.0004, 'balance', 1e-6);
});

await check('user stream: a conditional order, its trigger and its child', async () => {
  const sent = await x.createOrder(BTC, 'STOP_MARKET', 'sell', undefined, undefined, { stopLossPrice: 98000,
    closePosition: true, clientAlgoId: 'pro-stop' });
  const finished = watching('the end of the stop', () => x.watchOrders(), (list) =>
    list.find((o) => o.info.X === 'FINISHED' || o.info.algoStatus === 'FINISHED'));
  const child = watching('the child', () => x.watchOrders(BTC), (list) =>
    list.find((o) => o.info.i !== undefined && o.side === 'sell' && o.status === 'closed'));
  await price('BTCUSDT', 97900);
  const filled = await child;
  same([filled.filled, filled.clientOrderId], [0.2, 'pro-stop'], 'child');
  const end = await finished;
  same([String(end.info.ai), String(end.info.aid)], [filled.id, sent.id], 'ids');
});

await check('user stream: a limit order that is cancelled', async () => {
  const cancelled = watching('the cancel', () => x.watchOrders(ETH), (list) =>
    list.find((o) => o.clientOrderId === 'pro-limit' && o.status === 'canceled'));
  const sent = await x.createOrder(ETH, 'limit', 'buy', 1, 2900, { newClientOrderId: 'pro-limit' });
  await x.cancelOrder(sent.id, ETH);
  same((await cancelled).id, sent.id, 'id');
});

await check('user stream: a socket that broke is opened again', async () => {
  const broken = x.watchOrders(ETH).then(() => undefined, (e) => e);
  await hand('disconnect', { class: 'private' });
  yes((await within('the break', broken)) instanceof ccxt.NetworkError, 'the client says so');
  const seen = watching('an order after it', () => x.watchOrders(ETH), (list) => list.at(-1));
  await open('/private/ws');
  const sent = await x.createOrder(ETH, 'limit', 'buy', 1, 2900);
  same((await seen).id, sent.id, 'order');
  await x.cancelOrder(sent.id, ETH);
});

// ---- WebSocket API --------------------------------------------------------------------------------------------------

await check('WebSocket API: market, limit, edit, query, cancel', async () => {
  await price('BTCUSDT', 100000);
  const bought = await x.createOrderWs(BTC, 'market', 'buy', 0.1);
  same([bought.amount, bought.status], [0.1, 'closed'], 'market order');
  const limit = await x.createOrderWs(BTC, 'limit', 'buy', 0.01, 98000);
  same([limit.price, limit.status], [98000, 'open'], 'limit order');
  const edited = await x.editOrderWs(limit.id, BTC, 'limit', 'buy', 0.02, 97000);
  same([edited.id, edited.price, edited.amount], [limit.id, 97000, 0.02], 'edited');
  same((await x.fetchOrderWs(limit.id, BTC)).price, 97000, 'queried');
  same((await x.cancelOrderWs(limit.id, BTC)).status, 'canceled', 'cancelled');
});

await check('WebSocket API: conditional order, position and balance', async () => {
  const stop = await x.createOrderWs(BTC, 'market', 'sell', 0.1, undefined, { stopLossPrice: 96000, reduceOnly: true });
  const listed = await x.fetchOpenOrders(BTC, undefined, undefined, { trigger: true });
  same(listed.map((o) => [o.id, o.triggerPrice]), [[stop.id, 96000]], 'conditional order');
  const position = (await x.fetchPositionsWs([BTC])).find((p) => p.contracts > 0);
  same([position.side, position.contracts], ['long', 0.1], 'position');
  yes((await x.fetchBalanceWs()).USDT.total > 90000, 'balance');
  await x.cancelOrderWs(stop.id, BTC, { trigger: true });
  same((await x.fetchOpenOrders(BTC, undefined, undefined, { trigger: true })).length, 0, 'cancelled');
});

await check('WebSocket API: refusals', async () => {
  let error;
  await x.createOrderWs(BTC, 'market', 'buy', 100).catch((e) => { error = e; });
  yes(error instanceof ccxt.BaseError && error.message.includes('-2019'), `margin: ${error?.message}`);
  error = undefined;
  await x.cancelOrderWs('987654321', BTC).catch((e) => { error = e; });
  yes(error instanceof ccxt.OrderNotFound, `no such order: ${error?.constructor?.name} ${error?.message}`);
});

finish();
