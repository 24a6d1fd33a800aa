import { describe, expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { browser, crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 10 * minute;
const until = attackAt + 5 * minute;
const people = () => crowd({ seed: 41, from: start, until, visits: () => 4 });

interface Hammering {
  readonly seed: number;
  readonly endpoint: string;
  readonly fn: string;
  /** Asks whether it may, as browsers do, before each request. */
  readonly preflight?: boolean;
  /** Time over which it swells to twenty requests a second, ms. */
  readonly swells: number;
}

/** From an address each, by one agent that nobody else has. */
function* hammering({ seed, endpoint, fn, preflight = false, swells }: Hammering): Generator<Sketch> {
  const next = random(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  const path = endpoint.slice(endpoint.indexOf(' ') + 1);
  for (let at = attackAt; at < until; at += 50) {
    if (next() * swells >= at - attackAt) continue;
    const bot = {
      ...browser(next),
      agent: 'Chrome/131',
      ja4: 't13d_bot',
      ip: `${84 + 7 * below(2)}.${below(250)}.${below(250)}.${below(250)}`,
      country: 'DE',
      asn: 3320,
      language: 'de-DE',
      label: 'attack',
    };
    if (preflight) yield { ...bot, endpoint: `OPTIONS ${path}`, fn, at: at - 40, status: 204 };
    yield { ...bot, endpoint, fn, at };
  }
}

async function run(attack: Hammering) {
  const sketches = inOrder(people(), hammering(attack));
  return score(await runDetector(sketches), sketches, attack.endpoint);
}

describe('a hammered payment', { timeout: 120_000 }, () => {
  it('that nobody called before does not learn those as its people whose number swells over minutes', async () => {
    const found = await run({
      seed: 42,
      endpoint: 'POST /api/v0/payments/authorize',
      fn: 'payment',
      swells: 3 * minute,
    });
    expect(found.attackStopped).toBeGreaterThan(0.8);
    expect(found.honestStopped).toBe(0);
  });

  it('is found by what came before its requests, which a preflight is not', async () => {
    const found = await run({
      seed: 43,
      endpoint: 'POST /api/v0/payments',
      fn: 'payment',
      preflight: true,
      swells: 0,
    });
    expect(found.attackStopped).toBeGreaterThan(0.9);
    expect(found.honestStopped).toBe(0);
  });
});
