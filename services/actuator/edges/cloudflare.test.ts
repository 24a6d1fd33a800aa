import { describe, expect, test } from 'vitest';
import {
  accountId,
  asnList,
  type CloudflareStandIn,
  ipList,
  startCloudflare,
} from '../../../test/counterparts/vendors/cloudflare.ts';
import {
  converge,
  dependenciesFor,
  edgeContract,
  entryFor,
  ip,
  other,
  planOf,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import { cloudflareConfig, createCloudflareEdge } from './cloudflare.ts';

const configFor = (standIn: CloudflareStandIn, more: object = {}) =>
  cloudflareConfig.parse({
    kind: 'cloudflare',
    name: 'edge',
    account_id: accountId,
    token: standIn.token,
    ip_list: ipList,
    endpoint: standIn.server.url,
    timeout: '2s',
    poll_every: '1ms',
    operation_timeout: '2s',
    ...more,
  });

edgeContract({
  name: 'Cloudflare lists',
  async start(capacity) {
    const standIn = await startCloudflare({ capacity });
    return {
      standIn,
      create: (dependencies) => createCloudflareEdge(configFor(standIn, { capacity }), dependencies),
      close: () => standIn.server.close(),
    };
  },
  targets: [
    ip('203.0.113.1'),
    ip('203.0.113.2'),
    ip('203.0.113.128/25'),
    ip('198.51.100.0/24'),
    ip('2001:db8:1::/64'),
    ip('2001:db8:2::/48'),
    ip('203.0.113.77'),
  ],
  foreign: ['ip4|203.0.113.77/32', 'ip4|192.0.2.0/24', 'ip6|2001:db8:ffff::/64'],
  refusesForeign: false,
});

edgeContract({
  name: 'Cloudflare ASN list and access rules',
  async start() {
    const standIn = await startCloudflare({ capacity: 100 });
    return {
      standIn,
      create: (dependencies) =>
        createCloudflareEdge(
          configFor(standIn, {
            asn_list: asnList,
            access_rules: { kinds: ['country', 'ip6'], capacity: 100 },
          }),
          dependencies,
        ),
      close: () => standIn.server.close(),
    };
  },
  targets: [
    ip('203.0.113.1'),
    ip('2001:db8::1'),
    ip('2001:db8:9::/48'),
    other('asn', '64500'),
    other('asn', '64501'),
    other('country', 'XK'),
    other('country', 'T1'),
  ],
  foreign: ['asn|64501', 'ip4|192.0.2.0/24'],
  refusesForeign: false,
  runs: 6,
});

describe('Cloudflare', () => {
  const start = async (more: object = {}, capacity = 10_000) => {
    const standIn = await startCloudflare({ capacity });
    return { standIn, edge: createCloudflareEdge(configFor(standIn, more), dependenciesFor()) };
  };

  test('single IPv6 addresses and too wide networks are left out of lists, with the reason', async () => {
    const { standIn, edge } = await start();
    const desired = ['2001:db8::1', '3000::/8', '0.0.0.0/4'].map((value) => entryFor(ip(value)));
    const plan = await planOf(edge, desired, new Set());
    expect(plan.leftOut.map(({ detail }) => detail).sort()).toEqual([
      'IPv4 only from /8',
      'IPv6 only from /12',
      'IPv6 only up to /64',
    ]);
    await standIn.server.close();
  });

  test('2,500 items are three operations, read in pages of 500, and go again by id', async () => {
    const { standIn, edge } = await start();
    const desired = Array.from({ length: 2500 }, (_, index) =>
      entryFor(ip(`20.0.${index >> 8}.${index & 255}`)),
    );
    const known = new Set(desired.map(({ key }) => key));
    await converge(edge, desired, known);
    const writes = (method: string) =>
      standIn.server.calls.filter((call) => call.method === method && call.path.endsWith('/items'));
    expect(writes('POST').length).toBe(3);
    expect(standIn.items(ipList)[0]!.comment).toBe(`tidegate/edge/${desired[0]!.decisionId}`);
    await converge(edge, [], known);
    expect(standIn.items(ipList)).toEqual([]);
    expect(writes('DELETE').length).toBe(3);
    expect(standIn.violations).toEqual([]);
    await standIn.server.close();
  });

  test('a full account and a list of another kind are faults of their own', async () => {
    const { standIn, edge } = await start({ capacity: 50 }, 3);
    const desired = Array.from({ length: 5 }, (_, index) => entryFor(ip(`20.0.0.${index}`)));
    const plan = await planOf(edge, desired, new Set());
    await expect(edge.apply(plan, new AbortController().signal)).rejects.toMatchObject({ fault: 'full' });
    const wrong = createCloudflareEdge(configFor(standIn, { ip_list: asnList }), dependenciesFor());
    await expect(planOf(wrong, [], new Set())).rejects.toMatchObject({
      fault: 'invalid',
      message: expect.stringContaining('is of kind asn'),
    });
    await standIn.server.close();
  });
});
