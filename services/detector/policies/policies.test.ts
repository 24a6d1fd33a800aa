import { describe, expect, it } from 'vitest';
import { compileCondition } from './condition.ts';
import { compilePolicy, loadPolicies, policyRequires } from './load-policies.ts';
import { problemsOf } from './problems.test-fixture.ts';

const good = `title: T
id: 0c0b6a1e-52a1-4f0e-9d0a-7b6d0e6a2f11
status: test
level: high
description: d
features:
  misses: {type: ratio, of: missing, group-by: [endpoint], timespan: 10s}
condition: 'misses > 2 * normal(misses).p50'
action: {kind: block, ttl: 1h}
`;

describe('policies', () => {
  it('ships a valid set with taxonomy', () => {
    const policies = loadPolicies('');
    expect(policies.map((policy) => policy.document.campaign.kind).sort()).toContain('stuffing');
    for (const policy of policies) expect(policy.document.tags.length).toBeGreaterThan(0);
    expect(policies.flatMap((policy) => policy.taxonomy)).toContain('OAT-008');
  });

  it('reports all problems with line and column', () => {
    const problems = problemsOf(good.replace('level: high', 'level: huge').replace('ttl: 1h', 'ttl: soon'));
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/^p\.yaml:4:\d+: level/);
    expect(problemsOf(good.replace("'misses >", "'misses > &&"))[0]).toMatch(
      /^p\.yaml:8:22: condition: Unexpected/,
    );
    expect(problemsOf(good.replace("'misses >", "'mises >"))[0]).toMatch(/no feature is called "mises"/);
    expect(problemsOf(good)).toEqual([]);
  });

  it('points into conditions, and finds everything in one go', () => {
    const text = good
      .replace('status: test', 'status: tset')
      .replace('description: d', 'description: d\nmatch: endpoint.function == "logn" && endpoint.path != ""')
      .replace(
        /condition: .*/,
        'condition: >\n  misses > 2 * nromal(misses).p50\n  && normal(misses).p95 > surprise(rate)',
      );
    expect(problemsOf(text)).toEqual([
      'p.yaml:3:9: status: Invalid option: expected one of "experimental"|"test"|"stable"',
      expect.stringMatching(/^p\.yaml:6:29: match: never "logn" \(login, payment, /),
      expect.stringMatching(/^p\.yaml:6:48: match: there is no field "path" here \(function, /),
      expect.stringMatching(/^p\.yaml:10:16: condition: no function is called nromal/),
      expect.stringMatching(/^p\.yaml:11:21: condition: there is no field "p95" here/),
      'p.yaml:11:36: condition: no feature is called "rate"',
    ]);
  });

  it('knows what exists where', () => {
    const counted = good.replace(
      /condition: .*/,
      "condition: 'peers.clients > 3 && excess(rate) > 1'\n  # no",
    );
    const withRate = counted.replace(
      'misses: {type: ratio, of: missing, group-by',
      'rate: {type: event_count, group-by',
    );
    expect(problemsOf(withRate)).toEqual([
      'p.yaml:8:13: condition: peers is not known here',
      'p.yaml:8:41: condition: excess() is defined for ratio features only',
    ]);
  });

  it('names a version by what it says: tests and comments make no new one', () => {
    const hash = (text: string) => compilePolicy('p.yaml', text).hash;
    expect(hash(`# why\n${good}tests: [{name: t, input: a.ndjson, expect: {campaigns: 0}}]\n`)).toBe(
      hash(good),
    );
    expect(hash(good.replace('> 2 *', '> 3 *'))).not.toBe(hash(good));
  });

  it('treats unknown as undecided, not as zero', () => {
    const condition = compileCondition('misses < 1 || rate > 10');
    expect(condition({ misses: null, rate: 1 })).toBe(false);
    expect(condition({ misses: null, rate: 11 })).toBe(true);
    expect(condition({ misses: 0.5, rate: 1 })).toBe(true);
  });

  it('says which field a policy lacks', () => {
    const lacking = policyRequires(loadPolicies(''), new Set(['client_ip', 'endpoint', 'status']));
    const missing = Object.fromEntries(
      lacking.map(({ policy, missing }) => [policy.document.title, missing]),
    );
    expect(missing['Credential stuffing at a login']).toEqual([]);
    expect(missing['Credential stuffing through a partner']).toEqual(['partner_id']);
  });
});
