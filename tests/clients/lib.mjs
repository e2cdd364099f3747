// SPDX-License-Identifier: Apache-2.0
// What the clients' scripts share: cases and their result lines, waiting, the exchange's hands, keys of accounts.
//
//     EB_SIM_REST, EB_SIM_WS: where the exchange listens   EB_SIM_KEYS: the directory of NAME.key
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const REST = process.env.EB_SIM_REST;
export const WS = process.env.EB_SIM_WS;

const PATIENCE_MS = 20_000;
let prefix = '';
let failed = 0;

export function client(name) {
  prefix = name;
}

/** Runs one case and prints its result line; a case that fails does not stop the next. */
export async function check(name, fn) {
  try {
    await fn();
    console.log(`ok ${prefix}: ${name}`);
  } catch (e) {
    failed++;
    const text = String(e?.stack ?? `${e?.code} ${e?.message}`).split('\n').slice(0, 12);
    console.log(text.map((line) => `#   ${line.slice(0, 300)}`).join('\n'));
    console.log(`not ok ${prefix}: ${name}`);
  }
}

/** Sockets and timers of clients may live on: the process ends here. */
export function finish() {
  process.exit(failed > 0 ? 1 : 0);
}

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits until `fn` gives something true, and gives that back. */
export async function until(what, fn) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await fn();
    if (value) return value;
    if (Date.now() > end) throw new Error(`still waiting for: ${what}`);
    await sleep(25);
  }
}

/** The promise, or an error that says what did not come. */
export function within(what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`did not come: ${what}`)), PATIENCE_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function same(actual, wanted, what) {
  assert.deepEqual(actual, wanted, `${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
}

export function yes(condition, what) {
  assert.ok(condition, what);
}

/** Decimals as clients have them: texts or numbers, with or without trailing zeros. */
export function close(actual, wanted, what, tolerance = 1e-9) {
  const off = Math.abs(Number(actual) - Number(wanted));
  assert.ok(off <= tolerance * Math.max(1, Math.abs(Number(wanted))), `${what}: ${actual} instead of ${wanted}`);
}

/** That `fn` is refused; `good` looks at the error. */
export async function refused(what, fn, good) {
  let error;
  try {
    await fn();
  } catch (e) {
    error = e;
  }
  assert.ok(error !== undefined, `${what}: was not refused`);
  const said = `${error?.constructor?.name} ${error?.code ?? ''} ${error?.message ?? JSON.stringify(error)}`;
  assert.ok(good(error), `${what}: refused otherwise: ${said}`);
}

/** The exchange's hands: /sim/VERB. */
export async function hand(verb, args = {}) {
  const answer = await fetch(`${REST}/sim/${verb}`, { method: 'POST', body: JSON.stringify(args) });
  const body = await answer.json();
  if (body.ok !== true) throw new Error(`/sim/${verb}: ${body.error}`);
  return body;
}

export const price = (symbol, value) => hand('price', { symbol, price: String(value) });

/** apiKey and secret of an account. */
export function key(name) {
  const text = readFileSync(join(process.env.EB_SIM_KEYS, `${name}.key`), 'utf8');
  const value = (field) => text.match(new RegExp(`^${field}\\s*=\\s*(\\S+)`, 'm'))?.[1];
  return { apiKey: value('api_key'), secret: value('secret') };
}
