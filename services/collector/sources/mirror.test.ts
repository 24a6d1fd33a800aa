import { request as send } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { formatIp } from '../../../lib/ip.ts';
import { collectorConfig } from '../config.ts';
import { type RunningCollector, startCollector } from '../main.ts';
import { eventsOf, testContext } from '../test-context.test-suite.ts';

let collector: RunningCollector;
afterEach(() => collector.stop());

async function start(mirror: object = {}) {
  const context = testContext();
  const config = collectorConfig.parse({ http: { port: 0 }, mirror: { enabled: true, ...mirror } });
  collector = await startCollector(context, config);
  return context;
}

function call(path: string, method: string, headers: Record<string, string>, body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = send(`${collector.url}${path}`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', reject);
    request.end(body);
  });
}

test('a mirrored request is an event: its own method, URI, headers, and the client the proxy names', async () => {
  const context = await start({
    fields: { session_id: { cookie: 'sid' }, api_key_id: { header: 'x-api-key' } },
  });
  const status = await call(
    '/mirror/api/login?user=jane',
    'POST',
    {
      host: 'shop.example-shadow',
      'x-forwarded-for': '192.0.2.66, 203.0.113.9',
      'user-agent': 'ua/1',
      cookie: 'sid=s1; b=2',
      'x-api-key': 'secret-key',
      'content-type': 'application/json',
      'sec-fetch-site': 'same-origin',
    },
    '{"broken": ',
  );
  expect(status).toBe(204);
  await expect.poll(async () => (await eventsOf(context.log)).length).toBe(1);
  const event = (await eventsOf(context.log))[0]!;
  expect(event).toMatchObject({
    source_id: 'mirror',
    method: 'POST',
    host: 'shop.example',
    path: '/api/login',
    user_agent: 'ua/1',
    cookie_count: 2,
    status: null,
    http_version: '1.1',
  });
  expect(formatIp(event.client_ip)).toBe('203.0.113.9');
  expect(event.params[0]).toMatchObject({ name: 'user', value: null });
  expect([event.session_id, event.api_key_id].every((id) => id?.startsWith('k1.'))).toBe(true);
  expect(event.headers).toEqual({ 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' });
});

test('what the proxy cannot keep it says in headers; any method, a large body, no path', async () => {
  const context = await start();
  expect(
    await call(
      '/mirror',
      'POST',
      { 'x-original-uri': '/a/b?c=1', 'x-original-method': 'DELETE' },
      'x'.repeat(1_000_000),
    ),
  ).toBe(204);
  expect(await call('/mirror/', 'PROPFIND', {})).toBe(204);
  await expect.poll(async () => (await eventsOf(context.log)).length).toBe(2);
  const seen = (await eventsOf(context.log)).map(({ method, path }) => `${method} ${path}`).sort();
  expect(seen).toEqual(['DELETE /a/b', 'PROPFIND /']);
});

test('only proxies that are named may mirror', async () => {
  const context = await start({ from: ['10.0.0.0/8'] });
  expect(await call('/mirror/a', 'GET', {})).toBe(403);
  expect(await context.metrics.registry.metrics()).toContain(
    'tidegate_events_rejected_total{source="mirror",reason="foreign"} 1',
  );
});
