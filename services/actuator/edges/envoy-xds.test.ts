import fastify from 'fastify';
import { expect, test } from 'vitest';
import { address, dependenciesFor, is, planFor, rule } from '../../../test/counterparts/edge-fixture.ts';
import { createEnvoyEdge, envoyConfig } from './envoy.ts';
import { forgetAfterMs } from './envoy-xds.ts';

const signal = new AbortController().signal;

/** Edges of these names on one API, and a way to ask as Envoy does. */
function start(names: readonly string[], armed = true) {
  let at = 1_000_000;
  const app = fastify();
  const edges = names.map((name) => {
    const config = envoyConfig.parse({ kind: 'envoy', name, parts: 2, taken_within: '20ms' });
    const edge = createEnvoyEdge(config, {
      ...dependenciesFor(() => []),
      name,
      isArmed: () => armed,
      now: () => at++,
    });
    edge.register!(app);
    return edge;
  });
  const asks = async (resource: string, version = '', node = 'n1') => {
    const response = await app.inject({
      method: 'POST',
      url: '/v3/discovery:extension_configs',
      payload: { version_info: version, node: { id: node }, resource_names: [resource] },
    });
    return {
      status: response.statusCode,
      version: response.statusCode === 200 ? (response.json().version_info as string) : version,
      filter: response.statusCode === 200 ? response.json().resources[0] : null,
    };
  };
  const pass = (ms: number): void => {
    at += ms;
  };
  return { edges, asks, pass };
}

test('until the decisions are read an Envoy keeps what it has; not armed, it is told that there is nothing', async () => {
  expect((await start(['web']).asks('tidegate.web.rules')).status).toBe(503);
  const off = await start(['web'], false).asks('tidegate.web.rules');
  expect([off.status, off.filter.name, Object.keys(off.filter.typed_config)]).toEqual([
    200,
    'tidegate.web.rules',
    ['@type'],
  ]);
});

test('edges share the route, each with its own resources', async () => {
  const { edges, asks } = start(['web', 'api']);
  const plan = await planFor(edges[0]!, [rule(is('method', 'in', 'PUT'))]);
  await expect(edges[0]!.apply(plan, signal)).rejects.toMatchObject({ fault: 'missing' });
  expect(JSON.stringify((await asks('tidegate.web.rules')).filter)).toContain('PUT');
  expect((await asks('tidegate.api.rules')).status).toBe(503);
  expect((await asks('tidegate.web.other')).status).toBe(404);
  expect((await asks('somebody.else')).status).toBe(404);
});

test('a change is there when every Envoy that asks has got every filter', async () => {
  const { edges, asks, pass } = start(['web']);
  const edge = edges[0]!;
  const all = ['rules', 'addresses-0', 'addresses-1'].map((part) => `tidegate.web.${part}`);
  const versions = new Map<string, string>();
  const askFor = async (names: readonly string[], node: string) => {
    for (const name of names) {
      const key = `${node} ${name}`;
      versions.set(key, (await asks(name, versions.get(key), node)).version);
    }
  };
  const wanted = [address('203.0.113.7')];
  const apply = async () => edge.apply(await planFor(edge, wanted), signal);
  await expect(apply()).rejects.toMatchObject({ fault: 'missing' });
  for (let round = 0; round < 2; round++) {
    await askFor(all, 'n1');
    await askFor(all.slice(0, 2), 'n2');
  }
  await expect(apply()).rejects.toMatchObject({
    fault: 'unverified',
    message: 'Envoy n2 does not get the last tidegate.web.addresses-1',
  });
  // One that is gone does not hold the others up.
  pass(forgetAfterMs);
  await askFor(all, 'n1');
  await apply();
  expect(await edge.observe(signal)).toMatchObject({ damaged: null, pending: null });
  pass(forgetAfterMs);
  expect((await edge.observe(signal)).damaged).toBe('no Envoy asks');
});
