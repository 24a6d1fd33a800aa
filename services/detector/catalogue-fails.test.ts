import { expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const failsAt = start + 6 * minute;
const until = start + 8 * minute;
const lookUp = 'GET /api/stock';

/** People, whose look-ups of stock are all answered with 404 for two minutes; each asks four to eight times. */
function* people(fails: boolean): Generator<Sketch> {
  const next = random(42);
  for (const sketch of crowd({ seed: 41, from: start, until, visits: () => 4 })) {
    if (!fails || sketch.endpoint !== lookUp || sketch.at < failsAt) {
      yield sketch;
      continue;
    }
    for (let again = 0; again < 4 + Math.floor(next() * 5); again++)
      yield { ...sketch, at: sketch.at + again * 3000, status: 404 };
  }
}

/** A sweep in between, of which nine in ten do not exist, by clients that looked at a page first. */
function* sweep(): Generator<Sketch> {
  const next = random(43);
  const below = (limit: number): number => Math.floor(next() * limit);
  for (let at = failsAt; at < until; at += 20) {
    const bot = {
      ip: `45.${below(250)}.${below(250)}.${below(250)}`,
      session: `x${below(1e9)}`,
      agent: 'Chrome/120',
      ja4: 't13d0000_bot',
      country: 'ID',
      asn: 70000,
      browserVersion: 120,
      label: 'attack',
    };
    yield { ...bot, at: at - 2000, endpoint: 'GET /p/{number}', fn: 'content' };
    yield {
      ...bot,
      at,
      endpoint: lookUp,
      fn: 'inventory',
      status: next() < 0.9 ? 404 : 200,
      params: { sku: `${below(1e6)}`, zip: `${below(1e5)}` },
    };
  }
}

it('a catalogue in which nothing is found any more is not swept', { timeout: 60_000 }, async () => {
  const run = await runDetector(inOrder(people(true)));
  expect(run.verdicts).toEqual([]);
  const enforced = run.campaigns.filter(({ mode }) => mode === 'enforce');
  expect(enforced.filter(({ kind }) => kind === 'enumeration')).toEqual([]);
});

it('a sweep of what does not exist is, while people find what they ask for', {
  timeout: 60_000,
}, async () => {
  const sketches = inOrder(people(false), sweep());
  const found = score(await runDetector(sketches), sketches, lookUp);
  expect(found.attackStopped).toBeGreaterThan(0.9);
  expect(found.honestStopped).toBe(0);
});
