import { expect, test } from 'vitest';
import { loadPolicies, type Policy } from './policies/load-policies.ts';
import { runDetector } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);

function stuffing(): Sketch[] {
  const next = random(3);
  const sketches: Sketch[] = [];
  for (let at = start + 150_000; at < start + 210_000; at += 50)
    sketches.push({
      at,
      ip: `185.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.9`,
      endpoint: 'POST /login',
      fn: 'login',
      status: 401,
      session: `x${next()}`,
      account: `v${Math.floor(next() * 1e6)}`,
      agent: 'Chrome/120',
      ja4: 't13d0000_bot',
      country: 'VN',
      asn: 70001,
    });
  return sketches;
}

test('what a policy simulates is marked, and changes nothing for those that enforce', {
  timeout: 60_000,
}, async () => {
  const sketches = inOrder(
    crowd({ seed: 1, from: start, until: start + 210_000, visits: () => 4 }),
    stuffing(),
  );
  const shipped = loadPolicies('').filter(({ document }) => document.mode === 'enforce');
  const eager = shipped
    .filter(({ document }) => document.campaign.kind === 'stuffing')
    .map(
      (policy, index): Policy => ({
        ...policy,
        document: {
          ...policy.document,
          id: `00000000-0000-4000-8000-00000000000${index}`,
          mode: 'simulate',
          level: 'critical',
        },
        condition: () => true,
      }),
    );
  const alone = await runDetector(sketches, { policies: shipped });
  const beside = await runDetector(sketches, { policies: [...eager, ...shipped] });
  const enforced = <T extends { readonly mode: string }>(of: readonly T[]): T[] =>
    of.filter(({ mode }) => mode === 'enforce');

  expect(alone.verdicts.length).toBeGreaterThan(0);
  expect(enforced(beside.verdicts)).toEqual(alone.verdicts);
  expect(enforced(beside.campaigns)).toEqual(alone.campaigns);
  const simulated = beside.campaigns.filter(({ mode }) => mode === 'simulate');
  expect(simulated.length).toBeGreaterThan(0);
  expect(beside.verdicts.some(({ mode }) => mode === 'simulate')).toBe(true);
  expect(new Set(simulated.map(({ campaign_id }) => campaign_id))).not.toContain(
    alone.campaigns[0]!.campaign_id,
  );
});
