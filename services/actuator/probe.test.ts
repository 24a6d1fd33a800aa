import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from './edge.ts';
import { withProbes } from './probe.ts';

const entry = (
  kind: Entry['kind'],
  value: string,
  campaign: string | null,
  more: Partial<Entry> = {},
): Entry => ({
  key: `${kind}|${value}`,
  kind,
  value,
  target: { kind, value, signature: null },
  action: 'block',
  decisionId: 'dec_1',
  site: 'default',
  level: 'high',
  reason: '',
  requests: 1,
  campaignIds: campaign === null ? [] : [campaign],
  decidedAt: 0,
  updatedAt: 0,
  expiresAt: 1e15,
  ...more,
});
const options = { everyMs: 600_000, forMs: 5000 };

test('each campaign is let through once in a window, for a moment: its rule, else one of its addresses', () => {
  const entries = [
    entry('signature', 'sig', 'a'),
    entry('ip4', '203.0.113.1/32', 'a'),
    ...[1, 2, 3].map((host) => entry('ip4', `198.51.100.${host}/32`, 'b')),
    entry('ip4', '192.0.2.1/32', 'c', { byHand: true }),
    entry('ip4', '192.0.2.2/32', null),
  ];
  const seen = new Map<string, number>();
  let at = 0;
  while (at < options.everyMs) {
    const probed = withProbes(entries, at, options, 'secret');
    for (const { value, campaignIds } of probed.released) {
      const length = probed.nextChangeAt - at;
      seen.set(`${campaignIds[0]} ${value}`, (seen.get(`${campaignIds[0]} ${value}`) ?? 0) + length);
    }
    expect(probed.entries).toHaveLength(entries.length - probed.released.length);
    expect(probed.nextChangeAt).toBeGreaterThan(at);
    at = probed.nextChangeAt;
  }
  expect([...seen.values()]).toEqual([options.forMs, options.forMs]);
  expect([...seen.keys()].map((key) => key.slice(0, 3)).sort()).toEqual(['a s', 'b 1']);
});

test('the answer holds until it says, and does not depend on the order', () => {
  const entries = ['a', 'b', 'c'].flatMap((campaign) =>
    [1, 2].map((host) => entry('ip4', `203.0.113.${host}${campaign.charCodeAt(0)}/32`, campaign)),
  );
  fc.assert(
    fc.property(fc.nat(5_000_000), fc.double({ min: 0, max: 0.999, noNaN: true }), (at, part) => {
      const now = withProbes(entries, at, options, 's');
      const later = withProbes(
        [...entries].reverse(),
        at + Math.floor((now.nextChangeAt - at) * part),
        options,
        's',
      );
      expect(later.released.map(({ key }) => key).sort()).toEqual(now.released.map(({ key }) => key).sort());
    }),
  );
});
