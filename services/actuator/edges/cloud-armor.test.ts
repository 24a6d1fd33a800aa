import { describe, expect, test } from 'vitest';
import { parseNetwork } from '../../../lib/ip.ts';
import {
  converge,
  dependenciesFor,
  edgeContract,
  entryFor,
  ip,
  other,
  planOf,
  signatureTarget,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import {
  type GoogleStandIn,
  groups,
  policy,
  startGoogle,
} from '../../../test/counterparts/vendors/google.ts';
import { createRuleNames } from '../rules/entry-condition.ts';
import { cloudArmorConfig, createCloudArmorEdge } from './cloud-armor.ts';

const configFor = (standIn: GoogleStandIn, more: object) =>
  cloudArmorConfig.parse({
    kind: 'cloud-armor',
    name: 'edge',
    metadata_url: standIn.metadataUrl,
    ipv4_group: groups.ip4,
    ipv6_group: groups.ip6,
    network_security_endpoint: standIn.server.url,
    compute_endpoint: standIn.server.url,
    timeout: '2s',
    poll_every: '1ms',
    operation_timeout: '2s',
    ...more,
  });

edgeContract({
  name: 'Cloud Armor address groups',
  async start(capacity) {
    const standIn = await startGoogle({ capacity });
    return {
      standIn,
      create: (dependencies) => {
        const edge = createCloudArmorEdge(configFor(standIn, { capacity }), dependencies);
        return edge;
      },
      close: () => standIn.server.close(),
    };
  },
  targets: [
    '203.0.113.1',
    '203.0.113.2',
    '203.0.113.128/25',
    '2001:db8::1',
    '2001:db8:1::/64',
    '198.51.100.7',
  ].map(ip),
  foreign: ['ip4|192.0.2.0/24', 'ip6|2001:db8:f::/64'],
  refusesForeign: false,
  runs: 8,
});

const stores = signatureTarget(['endpoint', 'in', 'GET /stores/{number}/stock'], ['ja4', 'in', 't13d']);
const ruleTargets = [
  ip('203.0.113.1'),
  stores,
  signatureTarget(['user_agent', 'in', 'curl/8.5.0']),
  other('asn', '64500'),
  other('country', 'XK'),
  other('ja4', 't13d1516h2_8daaf6152771_02713d6af862'),
];
const names = createRuleNames('edge');
const withRules = (standIn: GoogleStandIn, capacity = 20) =>
  configFor(standIn, {
    capacity: 100,
    rules: {
      policy,
      first_priority: 1000,
      capacity,
      exempt_ipv4_group: groups.exempt4,
      exempt_ipv6_group: groups.exempt6,
    },
  });

edgeContract({
  name: 'Cloud Armor rules',
  async start(capacity) {
    names.learn(ruleTargets.map((target) => entryFor(target)));
    const keyOfRule = (description: string) =>
      description.startsWith('tidegate:') ? names.nameOf(description.split(':')[2]!).key : null;
    const standIn = await startGoogle({ capacity: 100, keyOfRule });
    return {
      standIn,
      create: (dependencies) => createCloudArmorEdge(withRules(standIn, capacity), dependencies),
      close: () => standIn.server.close(),
    };
  },
  targets: ruleTargets,
  foreign: ['signature|rule 1001', 'ip4|192.0.2.0/24'],
  refusesForeign: false,
  runs: 4,
});

describe('Cloud Armor', () => {
  test('rules lie in their range of priorities, and spare the networks that are to be spared', async () => {
    const standIn = await startGoogle({ capacity: 100 });
    const exempt = ['198.51.100.0/24', '2001:db8::1/128', '224.0.0.0/4'].map((text) => parseNetwork(text)!);
    const edge = createCloudArmorEdge(withRules(standIn), dependenciesFor({ exempt: () => exempt }));
    await converge(edge, [entryFor(stores)], new Set());
    expect(standIn.items('exempt4')).toEqual(['198.51.100.0/24', '224.0.0.0/4']);
    expect(standIn.items('exempt6')).toEqual(['2001:db8::1']);
    const rule = standIn.rules().find(({ priority }) => priority === 1000)!;
    expect(rule.action).toBe('deny(403)');
    expect(rule.match.expr.expression).toBe(
      "!evaluateAddressGroup('tidegate-exempt-v4', origin.ip) && " +
        "!evaluateAddressGroup('tidegate-exempt-v6', origin.ip) && (request.method == 'GET' && " +
        "request.path.urlDecode().matches('^/+stores(?:;[^/]*)?/+[-+]?[0-9]+(?:\\\\x2e[0-9]+)?(?:;[^/]*)?/+stock(?:;[^/]*)?/*$') && " +
        "origin.tls_ja4_fingerprint == 't13d')",
    );
    await standIn.server.close();
  });

  const signal = new AbortController().signal;

  test('a service account key is exchanged for a token, once an hour', async () => {
    const standIn = await startGoogle({ capacity: 1000 });
    const config = configFor(standIn, { service_account_key: standIn.keyFile });
    let clock = Date.now();
    const edge = createCloudArmorEdge(config, { ...dependenciesFor(), now: () => clock });
    await converge(edge, [entryFor(ip('203.0.113.1'))], new Set());
    expect(standIn.items('ip4')).toEqual(['203.0.113.1']);
    expect(standIn.tokensGiven()).toBe(1);
    clock += 3_500_000;
    await planOf(edge, [], new Set());
    expect(standIn.tokensGiven()).toBe(2);
    await standIn.server.close();
  });

  test('a key that is none is refused with the configuration', () => {
    const config = { kind: 'cloud-armor', name: 'e', ipv4_group: groups.ip4 };
    const parsed = cloudArmorConfig.safeParse({ ...config, service_account_key: '{"client_email":"x"}' });
    expect(parsed.error?.issues[0]?.message).toBe('not the JSON of a service account key');
  });

  test('a lost answer is asked for again under the same id; there and back are different ones', async () => {
    const standIn = await startGoogle({ capacity: 1000 });
    const edge = createCloudArmorEdge(configFor(standIn, {}), dependenciesFor());
    const entry = entryFor(ip('203.0.113.1'));
    const plan = await planOf(edge, [entry], new Set());
    standIn.server.mishap = (call) =>
      call.path.endsWith(':addItems') && standIn.items('ip4').length === 0 && cuts-- > 0 ? 'cut_after' : null;
    let cuts = 1;
    await expect(edge.apply(plan, signal)).rejects.toMatchObject({ fault: 'unavailable' });
    await edge.apply(plan, signal);
    const known = new Set([entry.key]);
    await converge(edge, [], known);
    await converge(edge, [entry], known);
    const ids = standIn.server.calls
      .filter(({ path }) => path.endsWith(':addItems'))
      .map(({ body }) => (body as { requestId: string }).requestId);
    expect(ids.length).toBe(3);
    expect(ids[0]).toBe(ids[1]);
    expect(ids[2]).not.toBe(ids[0]);
    expect(standIn.items('ip4')).toEqual(['203.0.113.1']);
    await standIn.server.close();
  });

  test('a group smaller than the configured capacity is told at once', async () => {
    const standIn = await startGoogle({ capacity: 10 });
    const edge = createCloudArmorEdge(configFor(standIn, { capacity: 100 }), dependenciesFor());
    await expect(planOf(edge, [], new Set())).rejects.toMatchObject({
      fault: 'invalid',
      message: 'address group tidegate-v4 was created for 10 items: set capacity to that',
    });
    await standIn.server.close();
  });
});
