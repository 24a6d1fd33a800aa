import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import type { EdgeError } from '../edge.ts';
import type { StateStore } from './request-budget.ts';
import { createVendorHttp, userAgent, type VendorClientOptions } from './vendor-http.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
const serve = async (handle: (request: IncomingMessage, response: ServerResponse) => void) => {
  const server = createServer(handle);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/base`;
};
const memoryStore = (): StateStore & { files: Map<string, Uint8Array> } => {
  const files = new Map<string, Uint8Array>();
  return {
    files,
    read: async (name) => files.get(name) ?? null,
    write: async (name, bytes) => void files.set(name, bytes),
  };
};
const token = 'a-secret-token';
let clock = 1_700_000_000_000;
const setup = (baseUrl: string, more: Partial<VendorClientOptions> = {}, store = memoryStore()) => {
  const metrics = createMetrics();
  const http = createVendorHttp({ store, metrics, logger: silentLogger, now: () => clock, random: () => 1 });
  const client = http.client({
    edge: 'e',
    vendor: 'v',
    secrets: [token],
    baseUrl,
    authorize: () => ({ authorization: `Bearer ${token}` }),
    limits: { requests: { capacity: 10, refillMs: 100_000 } },
    timeoutMs: 20_000,
    ...more,
  });
  const get = (path = '/x') => client.request({ method: 'GET', path }, new AbortController().signal);
  const fails = (path?: string) =>
    get(path).then(
      () => expect.unreachable(),
      (error: EdgeError) => error,
    );
  return { metrics, store, client, get, fails };
};

describe('one request', () => {
  test('carries credential, product and JSON, and counts its status', async () => {
    let seen: IncomingMessage | null = null;
    let body = '';
    const url = await serve((request, response) => {
      seen = request;
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => response.writeHead(202).end('{"a":1}'));
    });
    const { client, metrics } = setup(url);
    const answer = await client.request(
      { method: 'PATCH', path: '/y', query: { page: 2 }, body: { b: [1] } },
      new AbortController().signal,
    );
    expect(answer).toMatchObject({ status: 202, json: { a: 1 } });
    expect(seen!.url).toBe('/base/y?page=2');
    expect(seen!.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'user-agent': userAgent,
      'content-type': 'application/json',
    });
    expect(userAgent).toMatch(/^tidegate\/v\d+\.\d+\.\d+/);
    expect(body).toBe('{"b":[1]}');
    expect(await metrics.registry.metrics()).toContain('tidegate_edge_requests_total{edge="e",code="202"} 1');
  });

  test.each([
    [401, 'credential'],
    [403, 'credential'],
    [404, 'missing'],
    [409, 'conflict'],
    [412, 'conflict'],
    [422, 'invalid'],
    [429, 'throttled'],
    [500, 'unavailable'],
    [503, 'unavailable'],
  ])('%i means %s, in the words of the vendor and without the secret', async (status, fault) => {
    const url = await serve((_, response) =>
      response.writeHead(status).end(JSON.stringify({ message: `no, ${token} is not good` })),
    );
    const error = await setup(url).fails();
    expect(error.fault).toBe(fault);
    expect(error.message).toBe(`GET /x: ${status} no, *** is not good`);
  });

  test('silence, a cut connection, a page instead of JSON and a redirect are unavailable', async () => {
    const url = await serve((request, response) => {
      if (request.url!.endsWith('cut')) request.socket.destroy();
      else if (request.url!.endsWith('page')) response.end('<html>log in</html>');
      else if (request.url!.endsWith('moved')) response.writeHead(302, { location: 'http://x/' }).end();
    });
    const { fails } = setup(url, { timeoutMs: 300 });
    expect((await fails('/silent')).message).toMatch(/no answer within 300 ms/);
    const { fails: failsLater } = setup(url);
    for (const path of ['/cut', '/page', '/moved'])
      expect((await failsLater(path)).fault).toBe('unavailable');
  });
});

describe('budget of a credential', () => {
  const fine = () => serve((_, response) => void response.end('{}'));

  test('a used-up budget throttles, survives a restart, and fills again with time', async () => {
    const url = await fine();
    const store = memoryStore();
    const { get, fails } = setup(url, {}, store);
    for (let sent = 0; sent < 10; sent++) await get();
    expect(await fails()).toMatchObject({ fault: 'throttled', retryAfterMs: 10_000 });
    const again = setup(url, {}, store);
    expect(await again.fails()).toMatchObject({ fault: 'throttled' });
    const other = setup(url, { secrets: ['another'] }, store);
    await other.get();
    clock += 10_000;
    await again.get();
    expect([...store.files.keys()].join()).not.toContain(token);
  });

  test('Retry-After holds for the credential, also after a restart', async () => {
    let calls = 0;
    const url = await serve((_, response) => {
      if (calls++ === 0) response.writeHead(429, { 'retry-after': '30' }).end();
      else response.end('{}');
    });
    const { fails, store } = setup(url);
    expect(await fails()).toMatchObject({ fault: 'throttled', retryAfterMs: 30_000 });
    const again = setup(url, {}, store);
    expect(await again.fails()).toMatchObject({ fault: 'throttled' });
    expect(calls).toBe(1);
    clock += 30_000;
    await again.get();
  });

  test('five failures in a row open the circuit: nothing is sent, the fault stays visible, a trial closes it', async () => {
    let calls = 0;
    let status = 401;
    const url = await serve((_, response) => {
      calls++;
      response.writeHead(status).end('{"message":"no"}');
    });
    const { get, fails, metrics } = setup(url);
    for (let sent = 0; sent < 5; sent++) await fails();
    expect(await metrics.registry.metrics()).toContain('tidegate_edge_circuit_open{edge="e"} 1');
    expect(await fails()).toMatchObject({
      fault: 'credential',
      retryAfterMs: 15_000,
      message: 'GET /x: circuit open after 5 failures in a row, the last: 401 no',
    });
    expect(calls).toBe(5);
    clock += 15_000;
    status = 200;
    await get();
    await get();
  });
});
