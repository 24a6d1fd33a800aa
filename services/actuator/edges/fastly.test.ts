import { describe, expect, test } from 'vitest';
import {
  converge,
  dependenciesFor,
  edgeContract,
  entryFor,
  ip,
  other,
  planOf,
} from '../../../test/counterparts/vendors/edge-contract.ts';
import {
  aclId,
  computeAclId,
  dictionaryId,
  type FastlyStandIn,
  serviceId,
  startFastly,
} from '../../../test/counterparts/vendors/fastly.ts';
import { createFastlyEdge, fastlyConfig } from './fastly.ts';

const configFor = (standIn: FastlyStandIn, more: object) =>
  fastlyConfig.parse({
    kind: 'fastly',
    name: 'edge',
    token: standIn.token,
    service_id: serviceId,
    endpoint: standIn.server.url,
    timeout: '2s',
    ...more,
  });
const addresses = [
  '203.0.113.1',
  '203.0.113.2',
  '203.0.113.128/25',
  '2001:db8::1',
  '2001:db8:1::/64',
  '198.51.100.7',
];

for (const [name, more, targets, foreign] of [
  [
    'Fastly ACL',
    (capacity: number) => ({ acl: { id: aclId, capacity } }),
    addresses.map(ip),
    ['ip4|198.51.100.7/32', 'ip4|192.0.2.0/24'],
  ],
  [
    'Fastly Compute ACL',
    (capacity: number) => ({ compute_acl: { id: computeAclId, capacity } }),
    addresses.map(ip),
    // Without marks, what was decided once counts as ours: only what never was can be foreign.
    ['ip4|192.0.2.0/24', 'ip6|2001:db8:f::/64'],
  ],
  [
    'Fastly dictionary',
    (capacity: number) => ({ dictionary: { id: dictionaryId, capacity } }),
    [
      other('ja4', 't13d1516h2_8daaf6152771_02713d6af862'),
      other('ja4', 't13d1517h2_8daaf6152771_b0da82dd1658'),
      other('ja3', 'cd08e31494f9531f560d64c695473da9'),
      other('asn', '64500'),
      other('asn', '64501'),
      other('country', 'XK'),
    ],
    ['asn|64501', 'country|T1'],
  ],
] as const)
  edgeContract({
    name,
    async start(capacity) {
      const standIn = await startFastly({ capacity, isCompute: name === 'Fastly Compute ACL' });
      return {
        standIn,
        create: (dependencies) => createFastlyEdge(configFor(standIn, more(capacity)), dependencies),
        close: () => standIn.server.close(),
      };
    },
    targets,
    foreign,
    refusesForeign: false,
    runs: 8,
  });

describe('Fastly', () => {
  const signal = new AbortController().signal;
  const start = async (more: object = { acl: { id: aclId } }, capacity = 10_000) => {
    const standIn = await startFastly({ capacity });
    return { standIn, edge: createFastlyEdge(configFor(standIn, more), dependenciesFor()) };
  };

  test('2,500 changes are three batches, and a later decision renames its entries', async () => {
    const { standIn, edge } = await start({ acl: { id: aclId, capacity: 5000 } });
    const desired = Array.from({ length: 2500 }, (_, index) =>
      entryFor(ip(`20.0.${index >> 8}.${index & 255}`)),
    );
    const known = new Set(desired.map(({ key }) => key));
    await converge(edge, desired, known);
    const patches = () => standIn.server.calls.filter(({ method }) => method === 'PATCH');
    expect(patches().length).toBe(3);
    await converge(edge, [{ ...desired[0]!, decisionId: 'dec_later' }, ...desired.slice(1)], known);
    expect(patches()[3]!.body).toEqual({
      entries: [{ op: 'update', id: expect.any(String), comment: 'tidegate/edge/dec_later' }],
    });
    await standIn.server.close();
  });

  test('an address that somebody spared is not blocked', async () => {
    const { standIn, edge } = await start();
    standIn.negate('203.0.113.1');
    const plan = await converge(edge, [entryFor(ip('203.0.113.1'))], new Set());
    expect(plan.add).toEqual([]);
    expect(standIn.keys()).toEqual(['ip4|203.0.113.1/32']);
    await standIn.server.close();
  });

  test('a dictionary tells the VCL which action; an ACL can only block', async () => {
    const { standIn, edge } = await start({ acl: { id: aclId }, dictionary: { id: dictionaryId } });
    const challenged = entryFor(other('ja4', 'x'), { action: 'challenge' });
    const address = entryFor(ip('203.0.113.1'), { action: 'challenge' });
    const plan = await converge(edge, [challenged, address], new Set());
    expect(plan.leftOut.map(({ entry }) => entry.key)).toEqual([address.key]);
    expect([...standIn.dictionary()]).toEqual([
      ['ja4:x', `challenge tidegate/edge/${challenged.decisionId}`],
    ]);
    await standIn.server.close();
  });

  test('it stops before the hour is used up, and leaves a reserve to people', async () => {
    const { standIn, edge } = await start();
    standIn.remaining = 101;
    const plan = await planOf(edge, [entryFor(ip('203.0.113.1'))], new Set());
    await edge.apply(plan, signal);
    expect(standIn.remaining).toBe(100);
    await standIn.server.close();
  });
});
