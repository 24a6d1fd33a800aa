import { describe, expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { browser, crowd, homes, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const attackAt = start + 600_000;
const until = attackAt + 180_000;
const endpoint = 'POST /api/v0/payments/confirm';

/** People on their lines, who do one thing without an earlier page. */
function* direct(seed: number, at: string, from: number, everyMs: number, label: string): Generator<Sketch> {
  const next = random(seed);
  const below = (limit: number): number => Math.floor(next() * limit);
  for (let now = from; now < until; now += everyMs) {
    const [country, asn] = homes[below(homes.length)]!;
    yield {
      ...browser(next),
      ip: `${84 + 7 * below(2)}.${below(250)}.${below(250)}.${below(250)}`,
      country,
      asn,
      language: next() < 0.97 ? 'de-DE' : null,
      ageDays: next() < 0.02 ? 900 : 30,
      label,
      endpoint: at,
      fn: 'payment',
      at: now,
      status: label === 'attack' ? 402 : 200,
    };
  }
}

/** The attack on an endpoint that nobody called before, at a site where another payment is begun from a link so often. */
async function run(linkEveryMs: number) {
  const sketches = inOrder(
    crowd({ seed: 51, from: start, until, visits: () => 8 }),
    direct(52, 'POST /api/v2/payments', start, linkEveryMs, 'honest'),
    direct(53, endpoint, attackAt, 60, 'attack'),
  );
  const found = await runDetector(sketches);
  return { ...score(found, sketches, endpoint), reason: found.campaigns.at(-1)!.reason };
}

describe('a payment that hardly anybody called', { timeout: 120_000 }, () => {
  it('is protected, though more of what is like it comes directly than may be stopped where people are', async () => {
    const found = await run(6000);
    expect(found.reason).toContain('6.8 % is usual');
    expect(found.attackStopped).toBeGreaterThan(0.99);
    expect(found.honestStopped).toBe(0);
  });

  it('is not, where a large part of what is like it comes directly', async () => {
    const found = await run(2000);
    expect(found.reason).toContain('not stopped');
    expect(found.attackStopped).toBe(0);
  });
});
