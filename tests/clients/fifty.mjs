// SPDX-License-Identifier: Apache-2.0
// Fifty positions through ccxt while an engine manages the account, and when each one's first stop rested, by the clock
// of the exchange. Prints figures; the caller knows what the engine made of them.
import ccxt from 'ccxt';
import { check, client, finish, key, REST, same, until, yes } from './lib.mjs';

const COUNT = 50;
const WITHIN_MS = 2000;
const NOTIONAL = 2000;

client('fifty');
const api = {};
for (const [field, path] of [['Public', 'v1'], ['PublicV2', 'v2'], ['PublicV3', 'v3'],
  ['Private', 'v1'], ['PrivateV2', 'v2'], ['PrivateV3', 'v3']]) {
  api[`fapi${field}`] = `${REST}/fapi/${path}`;
}
const x = new ccxt.binanceusdm({ ...key('oneway'), urls: { api },
  options: { fetchCurrencies: false, warnOnFetchOpenOrdersWithoutSymbol: false } });
const markets = Object.values(await x.loadMarkets()).slice(0, COUNT);
const tickers = await x.fetchBidsAsks();
const sent = new Map();

await check(`${COUNT} positions are opened at once`, async () => {
  same(markets.length, COUNT, 'symbols');
  x.enableRateLimit = false; // all at once: the hardest moment for who manages them
  await Promise.all(markets.map(async (m, i) => {
    const amount = Number(x.amountToPrecision(m.symbol, NOTIONAL / tickers[m.symbol].ask));
    sent.set(m.id, await x.createOrder(m.symbol, 'market', i % 2 === 0 ? 'buy' : 'sell', amount));
  }));
  x.enableRateLimit = true;
  const held = await x.fetchPositions();
  same(held.filter((p) => p.contracts > 0).length, COUNT, 'positions');
});

// Conditional orders that protect, by symbol: of the closing side, for all of the position.
async function stops() {
  const found = new Map();
  for (const o of await x.fapiPrivateGetOpenAlgoOrders()) {
    const whole = o.closePosition === true || Number(o.quantity) >= (sent.get(o.symbol)?.amount ?? Infinity);
    const closing = sent.get(o.symbol)?.side === 'buy' ? 'SELL' : 'BUY';
    if (o.algoStatus === 'NEW' && o.side === closing && whole) found.set(o.symbol, o);
  }
  return found;
}

await check('each has a stop that rests', async () => {
  await until('the stops', async () => (await stops()).size === COUNT);
});

await check(`each first stop rested within ${WITHIN_MS} ms of the fill`, async () => {
  const took = [];
  for (const m of markets) {
    const fill = (await x.fapiPrivateGetUserTrades({ symbol: m.id })).find(
      (t) => String(t.orderId) === sent.get(m.id).id);
    const rested = (await x.fapiPrivateGetAllAlgoOrders({ symbol: m.id })).map((o) => Number(o.createTime));
    took.push(Math.min(...rested) - Number(fill.time));
  }
  took.sort((a, b) => a - b);
  const at = (share) => took[Math.min(took.length - 1, Math.floor(share * took.length))];
  console.log(`# fill to first stop NEW, ${took.length} positions: p50 ${at(0.5)} ms, p90 ${at(0.9)} ms, ` +
    `max ${took.at(-1)} ms`);
  same(took.length, COUNT, 'positions');
  yes(took[0] >= 0 && took.at(-1) <= WITHIN_MS, `max ${took.at(-1)} ms`);
});

finish();
