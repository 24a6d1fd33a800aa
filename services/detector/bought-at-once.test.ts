import { describe, expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, newcomer, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const launchAt = start + 6 * minute;
const until = start + 8 * minute;
const payment = { endpoint: 'POST /api/v2/payments', fn: 'payment' } as const;

/** People who come for one product: two in five have it from a button on its page, the others put it into a cart. */
function* launch(seed: number): Generator<Sketch> {
  const next = random(seed);
  for (let at = launchAt; at < until; at += 60) {
    const person = { ...newcomer(next), label: 'honest' };
    let now = at;
    const step = (): number => {
      now += 1500 + Math.floor(next() * 4000);
      return now;
    };
    yield { ...person, at: now, endpoint: 'GET /p/{number}', fn: 'content' };
    if (next() < 0.5) continue;
    if (next() < 0.6) yield { ...person, at: step(), endpoint: 'POST /api/cart', fn: 'cart' };
    yield { ...person, ...payment, at: step(), status: next() < 0.7 ? 200 : 409 };
  }
}

/** Payments that nothing came before, an address each, with people's fingerprints. */
function* hammered(seed: number): Generator<Sketch> {
  const next = random(seed);
  for (let at = launchAt + 30_000; at < until; at += 50)
    yield { ...newcomer(next), ...payment, at, label: 'attack' };
}

describe('a launch in which many pay without a cart, as hardly anybody did before', {
  timeout: 60_000,
}, () => {
  const people = () => [...crowd({ seed: 31, from: start, until, visits: () => 5 }), ...launch(32)];

  it('is a crowd', async () => {
    const run = await runDetector(inOrder(people()));
    expect(run.verdicts).toEqual([]);
  });

  it('is not stopped for an attack inside it', async () => {
    const sketches = inOrder(people(), hammered(33));
    const found = score(await runDetector(sketches), sketches, payment.endpoint);
    expect(found.attackStopped).toBeGreaterThan(0.9);
    expect(found.onTarget).toBeGreaterThan(500);
    expect(found.honestOnTargetStopped).toBeLessThan(0.01);
  });
});
