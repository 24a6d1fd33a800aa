import { expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { browser, crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const sentAt = start + 6 * minute;
const until = start + 9 * minute;
const lookUp = 'GET /api/stock';

/**
 * Who comes straight to a look-up, each for something else: ten a second after a minute, then forty. `goOn`: the share of
 * them that reads a page some seconds later.
 */
function* comers(goOn: number, label?: string): Generator<Sketch> {
  const next = random(44);
  const below = (limit: number): number => Math.floor(next() * limit);
  for (let at = sentAt; at < until; at += at < sentAt + minute ? 100 : 25) {
    const who = {
      ip: `84.${below(60)}.${below(250)}.${below(250)}`,
      session: `m${below(1e9)}`,
      ...browser(next),
      country: 'DE',
      asn: 3320,
      ...(label === undefined ? {} : { label }),
    };
    const params = { sku: `${below(4000)}`, zip: `${below(5000)}` };
    yield { ...who, at, endpoint: lookUp, fn: 'inventory', params };
    const later = at + 2000 + below(8000);
    if (next() < goOn) yield { ...who, at: later, endpoint: 'GET /p/{number}', fn: 'content' };
  }
}

const people = () => crowd({ seed: 45, from: start, until, visits: () => 4 });

it('a crowd that a link leads straight to a look-up, from where half of it goes on, passes', {
  timeout: 60_000,
}, async () => {
  const run = await runDetector(inOrder(people(), comers(0.5)));
  expect(run.verdicts).toEqual([]);
  expect(run.campaigns.filter(({ mode, kind }) => mode === 'enforce' && kind === 'enumeration')).toEqual([]);
});

it('those who look up what exists, and never go on, do not', { timeout: 60_000 }, async () => {
  const sketches = inOrder(people(), comers(0, 'attack'));
  const found = score(await runDetector(sketches), sketches, lookUp);
  expect(found.attackStopped).toBeGreaterThan(0.8);
  expect(found.honestStopped).toBeLessThan(0.005);
});
