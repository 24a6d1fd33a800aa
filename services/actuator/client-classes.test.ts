import { expect, test } from 'vitest';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { address, is, ruleTo } from '../../test/counterparts/edge-fixture.ts';
import { learnedEndpoint } from './api-endpoint.test-fixture.ts';
import { type ClientsKnown, clientsSelectedBy, openLearnedClients } from './client-classes.ts';

function known(more: Partial<ClientsKnown> = {}): ClientsKnown {
  const learned: { readonly [endpoint: string]: 'browser' | 'app' } = {
    'GET /shop': 'browser',
    'GET /cart': 'browser',
    'GET /api': 'app',
  };
  const scopes: { readonly [campaign: string]: readonly string[] } = {
    web: ['GET shop.example/shop', 'GET shop.example/cart via acme'],
    both: ['GET shop.example/shop', 'GET shop.example/api from AS64500'],
    site: [''],
  };
  return {
    config: { default: 'server', endpoints: { 'GET /cart': 'browser' } },
    learned: { classOf: (_site, endpoint) => learned[endpoint] ?? null },
    campaign: (id) =>
      scopes[id] === undefined
        ? null
        : { site: 'default', scopes: scopes[id].map((key) => ({ kind: 'endpoint', key })) },
    ...more,
  };
}

test('who is selected: the class of the endpoints a signature names, when it is one', () => {
  const of = (...endpoints: string[]) =>
    clientsSelectedBy(ruleTo('challenge', is('endpoint', 'in', ...endpoints)), known());
  expect([of('GET /shop', 'GET /cart'), of('GET /shop', 'GET /api'), of('GET /api'), of('GET /new')]).toEqual(
    ['browser', 'unknown', 'app', 'server'],
  );
  // It stops clients on every page.
  expect(clientsSelectedBy(ruleTo('challenge', is('user_agent', 'in', 'x')), known())).toBe('server');
});

test('what the configuration says of an endpoint comes before what was learned', () => {
  const rule = ruleTo('challenge', is('endpoint', 'in', 'GET /shop'));
  const config = { default: 'unknown', endpoints: { 'GET /shop': 'app' } } as const;
  expect(clientsSelectedBy(rule, known({ config }))).toBe('app');
});

test('an address is stopped for what it did at the endpoints of its campaigns', () => {
  const of = (...campaignIds: string[]) =>
    clientsSelectedBy({ ...address('192.0.2.1'), campaignIds }, known());
  expect([of('web'), of('both'), of('site'), of('forgotten'), of('web', 'forgotten'), of()]).toEqual([
    'browser',
    'unknown',
    'server',
    'server',
    'unknown',
    'server',
  ]);
});

test('the topic says who calls an endpoint on which host, and its newest revision counts', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  const say = async (host: string, client_class: string, revision: number): Promise<void> => {
    const value = learnedEndpoint({
      endpoint_id: `ep_${host}`,
      revision,
      host,
      endpoint: 'GET /shop',
      client_class,
    });
    await producer.send([{ topic: 'endpoints', key: value.endpoint_id, type: 'ApiEndpoint', value }]);
  };
  await say('www', 'browser', 2);
  await say('www', 'app', 1);
  await say('m', 'mixed', 1);
  const learned = await openLearnedClients(log);
  await learned.caughtUp;
  let changes = 0;
  learned.onChange(() => changes++);
  const of = (hosts: readonly string[] | null, site = 'default') => learned.classOf(site, 'GET /shop', hosts);
  expect([of(['www']), of(['m']), of(null), of(['www', 'new']), of(['new']), of(null, 'other')]).toEqual([
    'browser',
    'unknown',
    'unknown',
    'unknown',
    null,
    null,
  ]);
  await say('www', 'browser', 3);
  await say('m', 'browser', 2);
  await expect.poll(() => of(null)).toBe('browser');
  expect(changes).toBe(1);
  await say('www', 'unknown', 4);
  await expect.poll(() => of(['www'])).toBeNull();
  await learned.close();
});
