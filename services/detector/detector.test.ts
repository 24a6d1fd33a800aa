import { describe, expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;

/** Evenly spaced requests, made by `make`. */
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

const address = (next: () => number): string =>
  `${[45, 103, 185, 201][Math.floor(next() * 4)]}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.${1 + Math.floor(next() * 250)}`;

const honest = (seed: number, minutes: number) =>
  crowd({ seed, from: start, until: start + minutes * minute, visits: () => 5 });
const attackAt = start + 4 * minute;
const attackUntil = attackAt + 1.5 * minute;

describe('the three attacks in their plain form', () => {
  it('stops credential stuffing from many addresses', { timeout: 60_000 }, async () => {
    const sketches = inOrder(
      honest(1, 6),
      every(attackAt, attackUntil, 30, 2, (at, next) => ({
        at,
        ip: address(next),
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
        label: 'attack',
      })),
    );
    const result = score(await runDetector(sketches), sketches, 'POST /login');
    expect(result.attackStopped).toBeGreaterThan(0.99);
    expect(result.honestOnTargetStopped).toBeLessThan(0.01);
    expect(result.attackLetThroughFirst).toBeLessThan(30 * 8);
  });

  it('stops a payment surge by one-time addresses with the fingerprints of people', {
    timeout: 60_000,
  }, async () => {
    const people = [...honest(99, 2)];
    const sketches = inOrder(
      honest(1, 6),
      every(attackAt, attackUntil, 40, 2, (at, next) => ({
        ...people[Math.floor(next() * people.length)]!,
        at,
        ip: address(next),
        endpoint: 'POST /api/v2/payments',
        fn: 'payment',
        status: 200,
        session: `x${next()}`,
        label: 'attack',
      })),
    );
    const run = await runDetector(sketches, { config: { good_list: true } });
    const result = score(run, sketches, 'POST /api/v2/payments');
    expect(result.attackStopped).toBeGreaterThan(0.99);
    expect(result.honestOnTargetStopped).toBeLessThan(0.01);
    expect(result.attackLetThroughFirst).toBeLessThan(40 * 7);
    expect(run.campaigns.at(-1)?.signatures[0]?.signature.except_good).toBe(true);
    // Edges that know the good by a list are told of people, from then on, and of no attacker.
    const attackers = new Set(sketches.flatMap(({ ip, label }) => (label === 'attack' ? [ip] : [])));
    expect(run.goodClients.length).toBeGreaterThan(20);
    expect(run.goodClients.filter(({ client }) => attackers.has(client))).toEqual([]);
    const fromAt = run.campaigns.at(-1)!.signatures[0]!.from_at;
    expect(Math.min(...run.goodClients.map(({ updated_at: at }) => at))).toBeGreaterThanOrEqual(fromAt);
    const [perSecond, usual] = /^([\d.]+) requests\/s on .*, ([\d.]+) are usual/
      .exec(run.campaigns.at(-1)!.reason)!
      .slice(1)
      .map(Number);
    expect(perSecond).toBeGreaterThan(5 * usual!); // of the attack, not of the quiet in which it was closed
  });

  it('stops a sweep of the stock look-up, and follows it to another endpoint', {
    timeout: 60_000,
  }, async () => {
    const sweep = (endpoint: string, from: number, until: number, seed: number) =>
      every(from, until, 60, seed, (at, next) => ({
        at,
        ip: address(next),
        endpoint,
        fn: 'inventory',
        status: next() < 0.35 ? 404 : 200,
        session: `x${next()}`,
        agent: `Chrome/${60 + Math.floor(next() * 20)}`,
        ja4: 't13d1516h2_a',
        country: 'DE',
        asn: 3320,
        browserVersion: 60 + Math.floor(next() * 20),
        plausible: next() < 0.9,
        ageDays: 2500,
        params: { sku: String(Math.floor(next() * 30000)), zip: String(Math.floor(next() * 60000)) },
        label: 'attack',
      }));
    const half = attackAt + 45_000;
    const sketches = inOrder(
      honest(1, 6),
      sweep('GET /api/stock', attackAt, half, 2),
      sweep('GET /mobile/v1/stock', half, attackUntil, 3),
    );
    const run = await runDetector(sketches);
    const result = score(run, sketches, 'GET /api/stock');
    expect(result.attackStopped).toBeGreaterThan(0.85);
    expect(result.honestOnTargetStopped).toBeLessThan(0.01);
    const acting = run.campaigns.filter((campaign) => campaign.level === 'high');
    expect(new Set(acting.map((campaign) => campaign.campaign_id)).size).toBe(1);
    expect(acting.at(-1)?.scopes.map((scope) => scope.key)).toContain('GET shop.example/mobile/v1/stock');
  });
});
