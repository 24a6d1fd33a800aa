import { describe, expect, test } from 'vitest';
import { inPackage } from '../../lib/package-root.ts';
import { compilePolicy, readPolicyFiles } from '../../services/detector/policies/load-policies.ts';
import { holds, type PolicyTest } from '../../services/detector/policies/test-schema.ts';
import { runPolicyTest } from './run-policy-test.ts';
import { testTraffic } from './test-traffic.ts';

const policiesOf = (...folder: string[]) =>
  readPolicyFiles(inPackage(...folder)).map(({ path, policy }) => ({ path, policy: policy! }));
/** What is shipped, and for each behaviour a policy in which it alone decides. */
const shipped = [...policiesOf('policies'), ...policiesOf('policies', 'behaviours')];
/** A test expects something to be found when some count must not be zero. */
const finds = ({ campaigns, verdicts }: PolicyTest['expect']): boolean =>
  [campaigns, verdicts].some((bound) => bound !== undefined && !holds(bound, 0));

describe.each(shipped)('$policy.document.title', ({ path, policy }) => {
  const { tests } = policy.document;
  test('ships with traffic that it must find and a look-alike that it must leave alone', () => {
    expect(tests.filter(({ expect }) => finds(expect)).length).toBeGreaterThan(0);
    expect(tests.filter(({ expect }) => !finds(expect)).length).toBeGreaterThan(0);
  });
  test.each(tests)('$name', { timeout: 180_000 }, async (one) => {
    expect((await runPolicyTest(policy, path, one)).failures).toEqual([]);
  });
});

const scratch = (mode: string, tests: string) =>
  compilePolicy(
    'scratch.yaml',
    `title: Refusals from one place
id: 11111111-2222-4333-8444-555555555555
status: experimental
level: low
description: for this test
mode: ${mode}
features: {failing: {type: client, of: failing_60s, group-by: [client]}}
condition: failing >= 20
campaign: {signature: none}
action: {kind: block, ttl: 1h}
${tests}`,
  );
const flow = `tests:
  - name: found
    input:
      generate: calm-day
      minutes: 1
      rate: 2
      add: [{from: 10s, until: 50s, per_second: 2, request: {client_ip: 203.0.113.9, status: 401}}]
    expect: EXPECT`;

describe('running tests', () => {
  test('a policy is tested as if enforced, whatever its mode', async () => {
    const policy = scratch('simulate', flow.replace('EXPECT', '{verdicts: 1, attack_stopped: "> 0%"}'));
    const result = await runPolicyTest(policy, 'scratch.yaml', policy.document.tests[0]!);
    expect(result).toMatchObject({ passed: true, failures: [] });
  });

  test('says which expectation does not hold and what was found', async () => {
    const policy = scratch(
      'enforce',
      flow.replace('EXPECT', '{verdicts: 0, campaigns: ">= 1", reason: nothing}'),
    );
    const { failures } = await runPolicyTest(policy, 'scratch.yaml', policy.document.tests[0]!);
    expect(failures).toEqual([
      'campaigns: expected >= 1, got 0',
      'verdicts: expected 0, got 1',
      'reason: none says "nothing"',
    ]);
  });

  test('written requests come from the whole of their network, numbered', () => {
    const { input } = scratch(
      'enforce',
      flow
        .replace('203.0.113.9', '"2001:db8::/48"')
        .replace('status: 401', 'path: "/p/{n%3}", params: {sku: "s{n}"}')
        .replace('EXPECT', '{}'),
    ).document.tests[0]!;
    const made = testTraffic(input as Exclude<typeof input, string>).filter(({ attack }) => attack);
    expect(made).toHaveLength(80);
    expect(made[4]?.event).toMatchObject({ path: '/p/1', params: { sku: 's4' } });
    expect(new Set(made.map(({ event }) => (event as { client_ip: string }).client_ip)).size).toBe(80);
  });
});
