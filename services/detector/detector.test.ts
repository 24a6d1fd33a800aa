import { describe, expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minutes = 60_000;

function* every(
  from: number,
  until: number,
  perSecond: number,
  seed: number,
  make: (at: number, next: () => number) => Sketch,
): Generator<Sketch> {
  const next = random(seed);
  for (let at = from; at < until; at += 1000 / perSecond) yield make(Math.floor(at + next() * 5), next);
}
const foreignIp = (next: () => number): string =>
  `${[45, 103, 185, 201][Math.floor(next() * 4)]}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.${1 + Math.floor(next() * 250)}`;

const honest = (seed: number, until: number) =>
  crowd({ seed, from: start, until: start + until, visits: () => 8 });

describe('the three attacks, plain', () => {
  it('A: credential stuffing from many addresses', async () => {
    const attackAt = start + 5 * minutes;
    const sketches = inOrder(
      honest(1, 8 * minutes),
      every(attackAt, attackAt + 3 * minutes, 40, 2, (at, next) => ({
        at,
        ip: foreignIp(next),
        endpoint: 'POST /login',
        fn: 'login',
        status: next() < 0.98 ? 401 : 200,
        session: `x${next()}`,
        account: `v${Math.floor(next() * 1e6)}`,
        agent: 'Chrome/120',
        ja4: 't13d0000_bot',
        country: ['ID', 'VN', 'RU', 'BR'][Math.floor(next() * 4)]!,
        asn: 70000 + Math.floor(next() * 300),
        browserVersion: 120,
        plausible: true,
        ageDays: 800,
        label: 'attack',
      })),
    );
    const run = await runDetector(sketches);
    const result = score(run, sketches, 'POST /login');
    console.log(
      'A',
      result,
      run.campaigns
        .map((c) => [
          c.state,
          c.revision,
          c.title,
          c.reason,
          JSON.stringify(c.signatures.map((s) => [s.signature, s.coverage, s.collateral_upper])),
        ])
        .slice(0, 3),
      run.verdicts.length,
    );
    expect(result.attackStopped).toBeGreaterThan(0.99);
  });

  it('B: a payment endpoint hammered from new addresses with the fingerprints of people', async () => {
    const attackAt = start + 5 * minutes;
    const people = [...honest(99, 2 * minutes)];
    const sketches = inOrder(
      honest(1, 8 * minutes),
      every(attackAt, attackAt + 3 * minutes, 60, 2, (at, next) => ({
        ...people[Math.floor(next() * people.length)]!,
        at,
        ip: foreignIp(next),
        endpoint: 'POST /api/v2/payments',
        fn: 'payment',
        status: 200,
        session: `x${next()}`,
        label: 'attack',
      })),
    );
    const run = await runDetector(sketches);
    const result = score(run, sketches, 'POST /api/v2/payments');
    console.log(
      'B',
      result,
      run.campaigns
        .map((c) => [
          c.state,
          c.revision,
          c.title,
          c.reason,
          JSON.stringify(c.signatures.map((s) => [s.signature, s.coverage, s.collateral_upper])),
        ])
        .slice(0, 3),
      run.verdicts.length,
    );
    expect(result.attackStopped).toBeGreaterThan(0.99);
  });

  it('C: a sweep of the stock look-up', async () => {
    const attackAt = start + 5 * minutes;
    const sketches = inOrder(
      honest(1, 8 * minutes),
      every(attackAt, attackAt + 3 * minutes, 150, 2, (at, next) => ({
        at,
        ip: foreignIp(next),
        endpoint: 'GET /api/stock',
        fn: 'inventory',
        status: next() < 0.35 ? 404 : 200,
        session: `x${next()}`,
        agent: `Chrome/${60 + Math.floor(next() * 20)}`,
        ja4: 't13d1516h2_a',
        country: ['US', 'DE', 'FR'][Math.floor(next() * 3)]!,
        asn: 70000 + Math.floor(next() * 300),
        browserVersion: 60 + Math.floor(next() * 20),
        plausible: next() < 0.9,
        ageDays: 2500,
        params: { sku: String(Math.floor(next() * 30000)), zip: String(Math.floor(next() * 60000)) },
        label: 'attack',
      })),
    );
    const run = await runDetector(sketches);
    const result = score(run, sketches, 'GET /api/stock');
    console.log(
      'C',
      result,
      run.campaigns
        .map((c) => [
          c.state,
          c.revision,
          c.title,
          c.reason,
          JSON.stringify(c.signatures.map((s) => [s.signature, s.coverage, s.collateral_upper])),
        ])
        .slice(0, 3),
      run.verdicts.length,
    );
    expect(result.attackStopped).toBeGreaterThan(0.99);
  });
});
