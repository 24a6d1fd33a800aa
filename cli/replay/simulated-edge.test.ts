import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Signature } from '../../lib/contracts/generated.ts';
import { history, requiredBits } from '../../lib/signature/standing.ts';
import { type EdgePreset, edgePresets } from './edge-presets.ts';
import { decisionFor, enrichedRequest } from './enriched-request.test-fixture.ts';
import { createSimulatedEdge } from './simulated-edge.ts';

/** Nothing speaks for the client. */
const unknown = 0;

const presetOf = (name: string): EdgePreset => edgePresets.find((edge) => edge.name === name)!;
const edge = (options: { preset?: string; delayMs?: number; entries?: number } = {}) =>
  createSimulatedEdge({
    preset: presetOf(options.preset ?? 'generic'),
    delayMs: options.delayMs ?? 2000,
    entries: options.entries ?? 10_000,
    isProtected: (event) => event.bot === 'verified',
  });
const at = (timestamp: number, ip = '203.0.113.9') => enrichedRequest({ timestamp, client_ip: ip });
const sweep: Signature = {
  predicates: [
    { attribute: 'endpoint', op: 'in', values: ['GET /stock'] },
    { attribute: 'ja4', op: 'in', values: ['t13d'] },
  ],
  except_good: true,
  good_after: [],
};

describe('simulated edge', () => {
  it('stops from the decision plus the delay until it runs out', () => {
    const one = edge();
    one.learn(decisionFor({ kind: 'ip', value: '203.0.113.9' }, { at: 10_000, until: 20_000 }));
    const outcomes = [9_000, 11_999, 12_000, 19_999, 20_000].map(
      (time) => one.judge(at(time), unknown).outcome,
    );
    expect(outcomes).toEqual(['allowed', 'allowed', 'blocked', 'blocked', 'allowed']);
    expect(one.judge(at(12_000, '203.0.113.10'), unknown).outcome).toBe('allowed');
  });

  it('judges a request that comes out of order by what held at its own time', () => {
    const one = edge();
    one.learn(decisionFor({ kind: 'ip', value: '203.0.113.9' }, { at: 10_000, until: 20_000 }));
    expect(one.judge(at(15_000), unknown).outcome).toBe('blocked');
    expect(one.judge(at(11_000), unknown).outcome).toBe('allowed');
  });

  it('keeps the former revision in force until the next takes effect', () => {
    const one = edge();
    const target = { kind: 'ip', value: '203.0.113.9' };
    one.learn(decisionFor(target, { at: 0, until: 60_000 }, { action: 'challenge' }));
    one.learn(decisionFor(target, { at: 30_000, until: 90_000 }, { revision: 2 }));
    expect(one.judge(at(40_000), unknown).outcome).toBe('blocked');
    expect(one.judge(at(31_000), unknown).outcome).toBe('challenged');
    expect(one.judge(at(80_000), unknown).outcome).toBe('blocked');
  });

  it('takes a release back', () => {
    const one = edge();
    const target = { kind: 'ip', value: '203.0.113.9' };
    one.learn(decisionFor(target, { at: 0, until: 60_000 }));
    one.learn(decisionFor(target, { at: 10_000, until: 10_000 }, { revision: 2, state: 'released' }));
    expect(one.judge(at(5_000), unknown).outcome).toBe('blocked');
    expect(one.judge(at(13_000), unknown).outcome).toBe('allowed');
  });

  it('matches networks, AS numbers, fingerprints and sessions', () => {
    const one = edge({ delayMs: 0 });
    for (const [kind, value] of [
      ['cidr', '198.51.100.0/24'],
      ['cidr', '2001:db8::/48'],
      ['asn', '64500'],
      ['ja4', 't13d'],
      ['session', 'k1.abc'],
    ] as const)
      one.learn(decisionFor({ kind, value }, { at: 0, until: 9000 }));
    const stopped = (event: Parameters<typeof one.judge>[0]) =>
      one.judge(event, unknown).outcome !== 'allowed';
    expect(stopped(at(1, '198.51.100.77'))).toBe(true);
    expect(stopped(at(1, '198.51.101.77'))).toBe(false);
    expect(stopped(at(1, '2001:db8:0:5::1'))).toBe(true);
    expect(stopped(at(1, '2001:db9::1'))).toBe(false);
    expect(stopped(enrichedRequest({ timestamp: 1 }, { asn: 64500 }))).toBe(true);
    expect(stopped(enrichedRequest({ timestamp: 1, ja4: 't13d' }))).toBe(true);
    expect(stopped(enrichedRequest({ timestamp: 1, session_id: 'k1.abc' }))).toBe(true);
  });

  it('applies signatures at their endpoint, and spares the good and the verified where told to', () => {
    const one = edge({ delayMs: 0 });
    one.learn(
      decisionFor(
        { kind: 'signature', value: 'sweep', signature: sweep },
        { at: 0, until: 9000 },
        { action: 'challenge' },
      ),
    );
    const event = enrichedRequest({ timestamp: 5, ja4: 't13d' }, { endpoint: 'GET /stock' });
    expect(one.judge(event, unknown).outcome).toBe('challenged');
    expect(one.judge(event, history).outcome).toBe('allowed');
    expect(one.judge({ ...event, bot: 'verified' }, unknown).outcome).toBe('allowed');
    expect(one.judge({ ...event, endpoint: 'GET /' }, unknown).outcome).toBe('allowed');
  });

  it('holds a rule for everybody where the edge does not know those whom it would spare', () => {
    const signature = { ...sweep, except_good: false, good_after: ['any'] };
    const event = enrichedRequest({ timestamp: 5, ja4: 't13d' }, { endpoint: 'GET /stock' });
    const outcomeAt = (preset: string, standing: number) => {
      const one = edge({ delayMs: 0, preset });
      one.learn(decisionFor({ kind: 'signature', value: 'sweep', signature }, { at: 0, until: 9000 }));
      return one.judge(event, standing).outcome;
    };
    const cart = requiredBits(['cart']);
    expect([unknown, cart].map((standing) => outcomeAt('generic', standing))).toEqual(['blocked', 'allowed']);
    expect(outcomeAt('cloudflare', cart)).toBe('blocked');
  });

  it('takes the strongest of several, and never a simulated or observed one', () => {
    const one = edge({ delayMs: 0 });
    one.learn(
      decisionFor({ kind: 'ip', value: '203.0.113.9' }, { at: 0, until: 9000 }, { action: 'rate_limit' }),
    );
    one.learn(
      decisionFor(
        { kind: 'cidr', value: '203.0.113.0/24' },
        { at: 0, until: 9000 },
        { action: 'block', mode: 'simulate' },
      ),
    );
    one.learn(decisionFor({ kind: 'country', value: 'DE' }, { at: 0, until: 9000 }, { action: 'observe' }));
    expect(one.judge(at(1), unknown).outcome).toBe('throttled');
    one.learn(decisionFor({ kind: 'cidr', value: '203.0.112.0/23' }, { at: 0, until: 9000 }));
    expect(one.judge(at(1), unknown).outcome).toBe('blocked');
  });

  it('leaves out what the edge can not say, and counts it', () => {
    const nginx = edge({ preset: 'nginx', delayMs: 0 });
    nginx.learn(decisionFor({ kind: 'ja4', value: 't13d' }, { at: 0, until: 9000 }));
    nginx.learn(decisionFor({ kind: 'signature', value: 'sweep', signature: sweep }, { at: 0, until: 9000 }));
    const event = enrichedRequest({ timestamp: 5, ja4: 't13d' }, { endpoint: 'GET /stock' });
    expect(nginx.judge(event, unknown).outcome).toBe('allowed');
    expect(nginx.report().unsupported).toEqual({ ja4: 1, signature: 1 });
  });

  it('never holds more than its slots, and gives them to what weighs most', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ weight: fc.nat(1000), start: fc.nat(5000) }), { minLength: 1, maxLength: 60 }),
        (plan) => {
          const one = edge({ delayMs: 0, entries: 10 });
          const sorted = plan.map((item, index) => ({ ...item, index })).sort((a, b) => a.start - b.start);
          for (const { weight, start, index } of sorted)
            one.learn(
              decisionFor(
                { kind: 'ip', value: `10.0.0.${index}` },
                { at: start, until: 100_000 },
                { requests: weight },
              ),
            );
          one.judge(at(6000), unknown);
          expect(one.report().peakEntries).toBeLessThanOrEqual(10);
          const heaviest = Math.max(...plan.map(({ weight }) => weight));
          const kept = sorted.filter(
            ({ index }) => one.judge(at(6000, `10.0.0.${index}`), unknown).outcome === 'blocked',
          );
          expect(kept.length).toBe(Math.min(10, plan.length));
          expect(kept.some(({ weight }) => weight === heaviest)).toBe(true);
        },
      ),
    );
  });

  it('agrees with a plain search over all decisions', () => {
    const octet = fc.integer({ min: 0, max: 3 });
    const target = fc.oneof(
      octet.map((value) => ({ kind: 'ip', value: `10.0.0.${value}` })),
      octet.map((value) => ({ kind: 'cidr', value: `10.0.${value}.0/24` })),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(target, fc.nat(100), fc.integer({ min: 1, max: 100 })), { maxLength: 8 }),
        fc.array(fc.tuple(octet, octet, fc.nat(300)), { maxLength: 30 }),
        (plan, requests) => {
          const one = edge({ delayMs: 20 });
          const decisions = new Map(
            plan.map(([what, from, length]) => [
              what.value,
              decisionFor(what, { at: from, until: from + length }),
            ]),
          );
          for (const decision of decisions.values()) one.learn(decision);
          for (const [c, d, time] of requests.sort((a, b) => a[2] - b[2])) {
            const expected = [...decisions.values()].some(
              ({ target: { value }, decided_at, expires_at }) =>
                (value === `10.0.${c}.${d}` || value === `10.0.${c}.0/24`) &&
                time >= decided_at + 20 &&
                time < expires_at,
            );
            expect(one.judge(at(time, `10.0.${c}.${d}`), unknown).outcome).toBe(
              expected ? 'blocked' : 'allowed',
            );
          }
        },
      ),
    );
  });
});
