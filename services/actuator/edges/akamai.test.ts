import { describe, expect, test } from 'vitest';
import { type AkamaiStandIn, listIds, startAkamai } from '../../../test/counterparts/vendors/akamai.ts';
import {
  converge,
  dependenciesFor,
  edgeContract,
  entryFor,
  ip,
  other,
  planOf,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import { akamaiConfig, createAkamaiEdge } from './akamai.ts';

const configFor = (standIn: AkamaiStandIn, more: object) =>
  akamaiConfig.parse({
    kind: 'akamai',
    name: 'edge',
    host: 'akab.luna.akamaiapis.net',
    ...standIn.credential,
    endpoint: standIn.server.url,
    timeout: '2s',
    ...more,
  });
const allLists = (capacity = 100) => ({
  ip_list: { id: listIds.IP, capacity },
  geo_list: { id: listIds.GEO, capacity },
  asn_list: { id: listIds.ASN, capacity },
  tls_list: { id: listIds.TLS_FINGERPRINT, capacity, holds: 'ja4' },
});

for (const [name, more, targets, foreign] of [
  [
    'Akamai IP list',
    (capacity: number) => ({ ip_list: { id: listIds.IP, capacity }, networks: ['STAGING', 'PRODUCTION'] }),
    ['203.0.113.1', '203.0.113.2', '203.0.113.128/25', '2001:db8::1', '2001:db8:1::/64', '198.51.100.7'].map(
      ip,
    ),
    ['ip4|198.51.100.7/32', 'ip4|192.0.2.0/24'],
  ],
  [
    'Akamai lists of every type',
    allLists,
    [
      ip('203.0.113.1'),
      other('country', 'XK'),
      other('asn', '64500'),
      other('asn', '64501'),
      other('ja4', 't13d1516h2_8daaf6152771_02713d6af862'),
      other('ja4', 't13d1517h2_8daaf6152771_b0da82dd1658'),
    ],
    ['asn|64501', 'country|T1'],
  ],
] as const)
  edgeContract({
    name,
    async start(capacity) {
      const standIn = await startAkamai({ capacity });
      return {
        standIn,
        create: (dependencies) => createAkamaiEdge(configFor(standIn, more(capacity)), dependencies),
        close: () => standIn.server.close(),
      };
    },
    targets,
    foreign,
    refusesForeign: false,
    runs: 8,
  });

describe('Akamai', () => {
  const signal = new AbortController().signal;
  const start = async (more: object = { ip_list: { id: listIds.IP } }) => {
    const standIn = await startAkamai({ capacity: 10_000 });
    return { standIn, edge: createAkamaiEdge(configFor(standIn, more), dependenciesFor()) };
  };

  test('a change holds when its activation is done; until then the edge is pending', async () => {
    const { standIn, edge } = await start();
    const wanted = [entryFor(ip('203.0.113.1'))];
    await edge.apply(await planOf(edge, wanted, new Set()), signal);
    const plan = await planOf(edge, wanted, new Set());
    expect(plan).toMatchObject({ add: [], rewrite: false, pending: { lookAgainMs: 30_000 } });
    expect(plan.pending!.what).toBe(`list ${listIds.IP} is being activated on PRODUCTION`);
    expect(standIn.active('IP')).toEqual([]);
    await converge(edge, wanted, new Set());
    expect(standIn.active('IP')).toEqual(['203.0.113.1']);
    expect(standIn.activations()).toBe(1);
    await standIn.server.close();
  });

  test('what is wanted while an activation runs is activated after it', async () => {
    const { standIn, edge } = await start();
    const first = [entryFor(ip('203.0.113.1'))];
    await edge.apply(await planOf(edge, first, new Set()), signal);
    const both = [...first, entryFor(ip('203.0.113.2'))];
    await edge.apply(await planOf(edge, both, new Set()), signal);
    await converge(edge, both, new Set());
    expect(standIn.active('IP')).toEqual(['203.0.113.1', '203.0.113.2']);
    expect(standIn.activations()).toBe(2);
    await standIn.server.close();
  });

  test('a failed activation is made again', async () => {
    const { standIn, edge } = await start();
    standIn.failNextActivation();
    await converge(edge, [entryFor(ip('203.0.113.1'))], new Set());
    expect(standIn.active('IP')).toEqual(['203.0.113.1']);
    expect(standIn.activations()).toBe(2);
    await standIn.server.close();
  });

  test('items end an hour after the decision, and only a longer one renews them', async () => {
    const { standIn, edge } = await start();
    const expiresAt = Date.UTC(2030, 0, 1, 10, 20);
    const entry = entryFor(ip('203.0.113.1'), { expiresAt });
    await converge(edge, [entry], new Set());
    expect(standIn.itemsOf('IP').get('203.0.113.1')).toEqual({
      value: '203.0.113.1',
      description: `tidegate/edge/${entry.decisionId}`,
      tags: ['tidegate'],
      expirationDate: '2030-01-01T12:00:00+00:00',
    });
    const later = { ...entry, expiresAt: expiresAt + 3_600_000 };
    expect((await planOf(edge, [later], new Set())).update).toEqual([]);
    await converge(edge, [{ ...entry, expiresAt: expiresAt + 2 * 3_600_000 }], new Set());
    expect(standIn.itemsOf('IP').get('203.0.113.1')!.expirationDate).toBe('2030-01-01T14:00:00+00:00');
    await standIn.server.close();
  });

  test('a list that its owner has not switched on stays off while nothing of ours is in it', async () => {
    const { standIn, edge } = await start();
    standIn.plant(['ip4|192.0.2.1/32']);
    await converge(edge, [], new Set());
    expect(standIn.activations()).toBe(0);
    await standIn.server.close();
  });

  test('a list of another type is named', async () => {
    const { standIn, edge } = await start({ asn_list: { id: listIds.IP } });
    await expect(planOf(edge, [], new Set())).rejects.toMatchObject({
      fault: 'invalid',
      message: `list ${listIds.IP} is of type IP, not ASN`,
    });
    await standIn.server.close();
  });
});
