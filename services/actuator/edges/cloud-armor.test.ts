import { describe, expect, test } from 'vitest';
import {
  converge,
  dependenciesFor,
  edgeContract,
  entryFor,
  ip,
  planOf,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import { type GoogleStandIn, groups, startGoogle } from '../../../test/counterparts/vendors/google.ts';
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
    timeout: '150ms',
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

describe('Cloud Armor', () => {
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
