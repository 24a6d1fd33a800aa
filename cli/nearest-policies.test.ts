import { expect, test } from 'vitest';
import { compilePolicy } from '../services/detector/policies/load-policies.ts';
import { nearestPolicies, renderNearest } from './nearest-policies.ts';

const policy = compilePolicy(
  'p.yaml',
  `title: Too many refusals
id: 11111111-2222-4333-8444-555555555555
status: test
level: low
description: d
features:
  failing: {type: client, of: failing_60s, group-by: [client]}
  known: {type: client, of: known_60s, group-by: [client]}
  requests: {type: client, of: requests_20s, group-by: [client]}
  sessions: {type: client, of: sessions_60s, group-by: [client]}
condition: (failing >= 30 && failing >= 0.8 * known) || (requests >= 400 && peers.clients >= 3) || sessions >= 10
action: {kind: block, ttl: 1h}
`,
);
const minute = (failing: number, known: number, more: object = {}) => ({
  minute: `2026-11-18 02:${String(failing).padStart(2, '0')}:00`,
  requests_20s: 20,
  failing_60s: failing,
  known_60s: known,
  sessions_60s: 0,
  ...more,
});

test('names the nearest way to fire, in the minute that came nearest', () => {
  const [near] = nearestPolicies([policy], [minute(3, 40), minute(12, 12)]);
  expect(near).toMatchObject({ minute: '2026-11-18 02:12:00', nearness: 0.4, unknown: [] });
  expect(near!.comparisons).toEqual([
    { text: 'failing >= 30', observed: 12, threshold: 30, holds: false },
    { text: 'failing >= 0.8 * known', observed: 12, threshold: 9.600000000000001, holds: true },
  ]);
  expect(renderNearest([near!])).toContain(
    '40 % of the way at 2026-11-18 02:12:00\n           failing >= 30: 12 of 30\n',
  );
});

test('says what an address alone does not tell, and takes the unknown for nothing', () => {
  const [near] = nearestPolicies([policy], [minute(0, 0, { requests_20s: 390 })]);
  expect(near!.nearness).toBeCloseTo(0.975);
  expect(near!.unknown).toEqual(['peers.clients >= 3']);
  expect(renderNearest([near!])).toContain('not known from here: peers.clients >= 3');
});

test('an address that did nothing is near to nothing', () => {
  expect(nearestPolicies([policy], [])).toEqual([]);
});
