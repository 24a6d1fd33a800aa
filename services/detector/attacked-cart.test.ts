import { expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, newcomer, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 6 * minute;
const until = start + 9 * minute;
const cart = { endpoint: 'POST /api/cart', fn: 'cart' } as const;
const payment = { endpoint: 'POST /api/v2/payments', fn: 'payment' } as const;

/** People who order again what they always order, from a widget of an app that they are signed in to: a cart, and it is paid. */
function* widgets(seed: number): Generator<Sketch> {
  const next = random(seed);
  for (let at = start; at < until; at += 5000) {
    const person = { ...newcomer(next), account: `a${Math.floor(next() * 20_000)}`, label: 'honest' };
    yield { ...person, ...cart, at };
    yield { ...person, ...payment, at: at + 1500 };
  }
}

/** Cards are tried, each in a cart of its own; every request comes through another exit. */
function* testing(seed: number): Generator<Sketch> {
  const next = random(seed);
  for (let at = attackAt; at < until; at += 40) {
    yield { ...newcomer(next), ...cart, at, label: 'attack' };
    yield { ...newcomer(next), ...payment, at: at + 500, status: next() < 0.1 ? 200 : 402, label: 'attack' };
  }
}

it('an attack that fills a cart before it pays does not stop people whose only page is the cart', async () => {
  const people = crowd({ seed: 41, from: start, until, visits: () => 8 });
  const sketches = inOrder(people, widgets(42), testing(43));
  const found = score(await runDetector(sketches), sketches, payment.endpoint);
  expect(found.attackStopped).toBeGreaterThan(0.9);
  expect(found.onTarget).toBeGreaterThan(300);
  expect(found.honestOnTargetStopped).toBeLessThan(0.02);
}, 60_000);
