import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contains, isV4, parseIp, parseNetwork } from '../../lib/ip.ts';
import { type AddressRange, createAddressCheck, refusalOf } from './client-addresses.ts';
import { enrichedRequest } from './enriched-request.test-fixture.ts';
import { createFieldPresence } from './field-presence.ts';
import { bytes, lasted } from './figures.ts';
import { createOutcomeQueue } from './outcome-queue.ts';
import { createProtectedNetworks } from './protected-networks.ts';
import { notVisible } from './visibility.ts';

describe('outcome queue', () => {
  it('settles in input order, and only what the clock allows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(50), { maxLength: 60 }),
        fc.array(fc.nat(60), { maxLength: 20 }),
        (times, clocks) => {
          const queue = createOutcomeQueue(5);
          for (const [index, timestamp] of times.entries())
            queue.push({
              event: enrichedRequest({ timestamp, event_id: String(index) }),
              good: false,
              standing: 0,
            });
          const out: number[] = [];
          for (const clock of [...clocks].sort((a, b) => a - b))
            for (const { event } of queue.settle(clock)) {
              expect(event.request.timestamp - 5).toBeLessThanOrEqual(clock);
              out.push(Number(event.request.event_id));
            }
          for (const { event } of queue.settle(Infinity)) out.push(Number(event.request.event_id));
          expect(out).toEqual(times.map((_, index) => index));
          expect([...queue.settle(Infinity)]).toEqual([]);
        },
      ),
    );
  });
});

describe('client addresses', () => {
  const cdn: AddressRange[] = [{ network: parseNetwork('104.16.0.0/13')!, owner: 'Cloudflare' }];
  const check = (addresses: readonly string[]) => {
    const one = createAddressCheck(cdn);
    for (const address of addresses) one.note(parseIp(address)!);
    return one.result();
  };
  it('refuses a log of CDN addresses or of private ones only', () => {
    expect(refusalOf(check(['104.16.1.1', '104.17.2.2']))).toMatch(/Cloudflare/);
    expect(refusalOf(check(['10.0.0.1', '127.0.0.1', 'fd00::1']))).toMatch(/private/);
    expect(refusalOf(check(['10.0.0.1', '203.0.113.9', '104.16.1.1']))).toBeNull();
    expect(refusalOf(check([]))).toBeNull();
  });
});

describe('protected networks', () => {
  it('agrees with a plain search', () => {
    const network = fc.oneof(
      fc.tuple(fc.ipV4(), fc.integer({ min: 3, max: 32 })).map(([ip, length]) => `${ip}/${length}`),
      fc.tuple(fc.ipV6(), fc.integer({ min: 3, max: 128 })).map(([ip, length]) => `${ip}/${length}`),
    );
    fc.assert(
      fc.property(
        fc.array(network, { maxLength: 6 }),
        fc.array(fc.oneof(fc.ipV4(), fc.ipV6())),
        (texts, ips) => {
          const networks = texts.flatMap((text) => parseNetwork(text) ?? []);
          const isProtected = createProtectedNetworks(networks);
          for (const text of [...ips, ...texts.map((one) => one.split('/')[0]!)]) {
            const ip = parseIp(text);
            if (ip === null || networks.some(({ prefix, address }) => isV4(address) && prefix < 96)) continue;
            const expected = networks.some((one) => contains(one, ip) && (one.prefix >= 96 || !isV4(ip)));
            expect(isProtected(ip), text).toBe(expected);
          }
        },
      ),
    );
  });
});

describe('what an input shows', () => {
  it('names what is missing and how to log it', () => {
    const presence = createFieldPresence();
    for (let index = 0; index < 100; index++)
      presence.note(
        enrichedRequest({
          user_agent: 'x',
          session_id: 'k1.a',
          status: 200,
          params: [{ name: 'sku', hash: Buffer.alloc(8), value: null }],
        }),
      );
    const missing = notVisible(presence, 0).map(({ what }) => what);
    expect(missing).toContain('JA4 / TLS fingerprint');
    expect(missing).toContain('proxy reputation');
    expect(missing).not.toContain('session');
    expect(presence.present()).toContain('param.sku');
    expect(presence.present()).not.toContain('ja4');
  });
  it('tells how to name the host, unless the log does', () => {
    const hostOf = (host: string) => {
      const presence = createFieldPresence();
      presence.note(enrichedRequest({ host }));
      return notVisible(presence, 1).find(({ what }) => what === 'host')?.how;
    };
    expect(hostOf('unknown')).toMatch(/--host/);
    expect(hostOf('shop.example')).toBeUndefined();
  });
  it('tells that a path serves several operations, unless the log says which', () => {
    const missing = (operation: string | null) => {
      const presence = createFieldPresence();
      presence.note(enrichedRequest({}, { endpoint: 'POST /graphql', operation }));
      return notVisible(presence, 1).map(({ what }) => what);
    };
    expect(missing(null)).toContain('operation');
    expect(missing('LoginUser')).not.toContain('operation');
  });
});

it('shows durations and sizes as people say them', () => {
  expect([lasted(12_000), lasted(41 * 60_000), lasted(192 * 60_000), lasted(7 * 86_400_000)]).toEqual([
    '12 s',
    '41 m',
    '3 h 12',
    '7 d',
  ]);
  expect([bytes(0), bytes(1500), bytes(212e9)]).toEqual(['0 B', '1.5 kB', '212 GB']);
});
