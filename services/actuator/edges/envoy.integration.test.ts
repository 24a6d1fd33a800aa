import type { AddressInfo } from 'node:net';
import fastify from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import {
  address,
  ask,
  bringEdge,
  dependenciesFor,
  is,
  named,
  type ProxyFixture,
  planFor,
  rule,
  ruleTo,
  statuses,
} from '../../../test/counterparts/edge-fixture.ts';
import { findEnvoy, type RunningEnvoy, startEnvoy } from '../../../test/counterparts/envoy.ts';
import { freePort, until } from '../../../test/counterparts/free-port.ts';
import { proxyContract } from '../../../test/counterparts/proxy-contract.ts';
import { createEnvoyEdge, envoyConfig } from './envoy.ts';
import { envoyFilters } from './envoy-filters.ts';

const missing = requireCounterpart('envoy', findEnvoy());
const parts = 3;

interface EnvoyFixture extends ProxyFixture {
  readonly envoy: RunningEnvoy;
}

async function startEnvoyFixture(): Promise<EnvoyFixture> {
  const adminPort = await freePort();
  const config = envoyConfig.parse({
    kind: 'envoy',
    name: 'edge',
    parts,
    actions: ['tag', 'block'],
    headers: { country: 'x-country' },
    taken_within: '15s',
    admin: [`http://127.0.0.1:${adminPort}`],
  });
  const edge = createEnvoyEdge(
    config,
    dependenciesFor(() => fixture.exempt),
  );
  const app = fastify({ forceCloseConnections: true });
  edge.register!(app);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const envoy = await startEnvoy({
    filters: envoyFilters({ edge: 'edge', parts, cluster: 'tidegate', tags: true, refresh: '0.05s' }),
    adminPort,
    tidegatePort: (app.server.address() as AddressInfo).port,
    requestHeaders: [
      {
        header: {
          key: 'x-tidegate-action',
          value: '%DYNAMIC_METADATA(envoy.filters.http.rbac:tidegate_shadow_effective_policy_id)%',
        },
      },
    ],
  });
  const fixture: EnvoyFixture = {
    edge,
    envoy,
    port: envoy.port,
    exempt: [],
    bring: (...desired) => bringEdge(edge, desired),
    async restart() {
      await envoy.restart();
      const runs = async () =>
        /extension_config_discovery.*version_text: "[0-9a-f]{16}"/.test(await envoy.admin('/stats'));
      await until('envoy has fetched its filters', runs);
      await until(
        'the attacker of the test is refused',
        async () => (await ask(envoy.port, { userAgent: 'evil' })).status === 403,
      );
    },
    async stop() {
      await envoy.stop();
      await app.close();
    },
  };
  return fixture;
}

proxyContract({
  name: 'envoy',
  missing,
  start: startEnvoyFixture,
  hasReferences: false,
  lacks: ['http_version'],
  rounds: 10,
});

describe.skipIf(missing !== null)('envoy, what is its own', () => {
  const signal = new AbortController().signal;
  let proxy: EnvoyFixture;
  beforeAll(async () => {
    proxy = await startEnvoyFixture();
  });
  afterAll(async () => {
    await proxy?.stop();
  });

  test('a rule is refused under the name of its decision, a tag only marks', async () => {
    const evil = rule(is('user_agent', 'in', 'evil'));
    const odd = ruleTo('tag', is('user_agent', 'in', 'odd'));
    await proxy.bring(evil, odd, named('country', 'XX'), address('203.0.113.9', 'tag'));
    const refused = await ask(proxy.port, { userAgent: 'evil' });
    expect([refused.status, refused.headers['x-refused']]).toEqual([
      403,
      `rbac_access_denied_matched_policy[${evil.decisionId}]`,
    ]);
    const marked = await ask(proxy.port, { userAgent: 'odd' });
    expect([marked.status, marked.body]).toEqual([200, odd.decisionId]);
    expect((await ask(proxy.port, { ip: '203.0.113.9' })).body).toBe('tidegate_address');
    expect((await ask(proxy.port, { headers: { 'x-country': 'XX' } })).status).toBe(403);
    expect((await ask(proxy.port, {})).body).toBe('none');
  });

  test('what Envoy refuses is noticed, the rest goes on, and the next change is taken', async () => {
    await proxy.bring(address('203.0.113.7'));
    const plan = await planFor(proxy.edge, [address('203.0.113.7'), rule(is('method', 'in', 'PUT'))]);
    // Without its length: something that we let through and Envoy does not.
    const odd = { ...address('203.0.113.8'), value: '203.0.113.8' };
    await expect(proxy.edge.apply({ ...plan, add: [odd] }, signal)).rejects.toMatchObject({
      fault: 'rejected',
      message: expect.stringContaining('does not take tidegate.edge.addresses-'),
    });
    expect(await proxy.envoy.admin('/stats?filter=update_rejected')).toMatch(/update_rejected: [1-9]/);
    expect(await statuses(proxy.port, { ip: '203.0.113.7' }, { method: 'PUT' })).toEqual([403, 200]);
    const garbage = { ...address('203.0.113.8'), value: 'garbage/32' };
    await expect(proxy.edge.apply({ ...plan, add: [garbage] }, signal)).rejects.toMatchObject({
      fault: 'invalid',
    });
    await proxy.bring(address('203.0.113.7'), rule(is('method', 'in', 'PUT')));
    expect(await statuses(proxy.port, { ip: '203.0.113.7' }, { method: 'PUT' })).toEqual([403, 403]);
  });

  test('only the parts that change are sent', async () => {
    const versions = async () =>
      (await proxy.envoy.admin('/stats?filter=addresses.*version_text'))
        .split('\n')
        .filter((line) => line !== '');
    const many = Array.from({ length: 300 }, (_, index) => address(`20.0.${index >> 8}.${index & 255}`));
    await proxy.bring(...many);
    const before = await versions();
    await proxy.bring(...many, address('203.0.113.7'));
    const after = await versions();
    expect(after.length).toBe(parts);
    expect(after.filter((line, index) => line !== before[index]).length).toBe(1);
    expect(
      await statuses(proxy.port, { ip: '20.0.1.43' }, { ip: '203.0.113.7' }, { ip: '20.0.1.44' }),
    ).toEqual([403, 403, 200]);
  });

  test('without an Envoy that asks, or that asks for every filter, the edge says so', async () => {
    const lonely = createEnvoyEdge(
      envoyConfig.parse({ kind: 'envoy', name: 'lonely', taken_within: '100ms' }),
      dependenciesFor(() => []),
    );
    const plan = await planFor(lonely, [address('203.0.113.7')]);
    await expect(lonely.apply(plan, signal)).rejects.toMatchObject({ fault: 'missing' });
    expect((await lonely.observe(signal)).damaged).toBe('not yet served');
  });
});
