import { expect, test } from 'vitest';
import { inPackage } from '../../../lib/package-root.ts';
import { loadPolicies } from '../policies/load-policies.ts';
import { runDetector, withoutPlaces } from '../run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from '../traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);

/** A little of everything: failing log-ins of one operator, sessions that rotate, a /48, an account under attack. */
function trouble(): Sketch[] {
  const next = random(5);
  const any = (limit: number): number => Math.floor(next() * limit);
  const sketches: Sketch[] = [];
  for (let at = start + 100_000; at < start + 170_000; at += 500) {
    sketches.push(
      {
        at,
        ip: `185.9.${any(250)}.${any(250)}`,
        endpoint: 'POST /login',
        fn: 'login',
        status: 401,
        account: any(3) === 0 ? 'victim' : `v${any(9999)}`,
        agent: 'Chrome/120',
        ja4: 't13d_bot',
        country: 'VN',
        asn: 70_001,
      },
      {
        at: at + 1,
        ip: '84.7.7.7',
        endpoint: 'GET /',
        fn: 'content',
        session: `r${any(1e9)}`,
        agent: 'Chrome/157',
      },
      {
        at: at + 2,
        ip: `2a02:3100:7:${any(65_000).toString(16)}::1`,
        endpoint: 'GET /api/stock',
        fn: 'inventory',
        status: 404,
        agent: 'Chrome/60',
        ageDays: 3000,
        params: { sku: String(any(99_999)) },
      },
    );
  }
  return sketches;
}

test('what behaviours find does not depend on how traffic is spread over partitions', {
  timeout: 180_000,
}, async () => {
  const policies = loadPolicies(inPackage('policies', 'behaviours'));
  const sketches = inOrder(
    crowd({ seed: 8, from: start, until: start + 175_000, visits: () => 3 }),
    trouble(),
  );
  const one = await runDetector(sketches, { partitions: 1, policies });
  const four = await runDetector(sketches, { partitions: 4, policies });
  const byId = (of: readonly { verdict_id: string; revision: number }[]) =>
    of.map(({ verdict_id, revision }) => `${verdict_id} ${revision}`).sort();
  expect(byId(four.verdicts)).toEqual(byId(one.verdicts));
  expect(withoutPlaces(four.campaigns)).toEqual(withoutPlaces(one.campaigns));
  // each class of groups is among what was found
  const titles = new Set([
    ...one.verdicts.map((v) => v.policy_title),
    ...one.campaigns.map((c) => c.title.split(':')[0]),
  ]);
  for (const title of [
    'A new session for nearly every request',
    'Rotation of IPv6 addresses',
    'Low-and-slow tries on an account',
    'Log-in failures of one network operator',
    'Values that do not exist',
  ])
    expect([...titles]).toContain(title);
});
