import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatIp } from '../../../lib/ip.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import { ask, type Sample } from '../../../test/counterparts/edge-fixture.ts';
import { findEnvoy, startEnvoy } from '../../../test/counterparts/envoy.ts';
import { freePort, until } from '../../../test/counterparts/free-port.ts';
import { findHaproxy } from '../../../test/counterparts/haproxy.ts';
import { startProcess } from '../../../test/counterparts/process.ts';
import { formatConfig } from '../config.ts';
import { detectFormat } from './catalogue.ts';

/** What real proxies write is read: the samples beside this file are only what documents say they write. */
const folder = mkdtempSync(join(tmpdir(), 'tidegate-logs-'));
const stops: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const stop of stops) await stop();
  rmSync(folder, { recursive: true, force: true });
});

const agent = 'Mozilla/5.0 (X11; "quoted") é';
const askAt = (port: number, path: string, more: Partial<Sample> = {}) =>
  ask(port, { path, ip: '203.0.113.9', userAgent: agent, ...more });

function requestsOf(text: string, name: string, captured: string[] = []) {
  const lines = text.split('\n').filter((line) => line.includes('/api/'));
  const format = detectFormat(lines, formatConfig.parse({ captured_headers: captured }), name);
  expect(format.name).toBe(name);
  return lines.map((line) => {
    const outcome = format.parse(line);
    if (outcome.kind === 'reject') throw new Error(`${outcome.detail}: ${line}`);
    return outcome.value;
  });
}

const withoutHaproxy = requireCounterpart('haproxy', findHaproxy());
describe.skipIf(withoutHaproxy !== null)('HAProxy', () => {
  test('option httplog with captured headers, a refusal and a rate limit', async () => {
    const port = await freePort();
    const config = join(folder, 'haproxy.cfg');
    writeFileSync(
      config,
      `global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend web
    bind 127.0.0.1:${port}
    capture request header Host len 64
    capture request header User-Agent len 200
    capture request header X-Forwarded-For len 64
    http-request deny deny_status 403 if { path /api/refused }
    http-request deny deny_status 429 if { path /api/slower }
    http-request return status 200 content-type text/plain string "ok"
`,
    );
    const proxy = startProcess(findHaproxy()!, ['-db', '-f', config], { cwd: folder });
    stops.push(() => proxy.stop('SIGKILL'));
    const startedAt = Date.now();
    await until('haproxy answers', async () => (await askAt(port, '/')).status === 200);
    for (const path of ['/api/stock?sku=1', '/api/refused', '/api/slower']) await askAt(port, path);
    await until('it logs', () => proxy.output().includes('/api/slower'));
    const [good, refused, slower] = requestsOf(proxy.output(), 'haproxy', [
      'Host',
      'User-Agent',
      'X-Forwarded-For',
    ]);
    expect(good).toMatchObject({
      method: 'GET',
      path: '/api/stock',
      query: 'sku=1',
      status: 200,
      host: 'shop.example',
      http_version: '1.1',
      forwarded: ['203.0.113.9'],
      edge_action: null,
      user_agent: agent,
    });
    expect(formatIp(good!.client_ip)).toBe('127.0.0.1');
    expect(Math.abs(good!.timestamp - startedAt + new Date().getTimezoneOffset() * 60_000)).toBeLessThan(
      60_000,
    );
    expect(refused).toMatchObject({ status: 403, edge_action: 'block' });
    expect(slower).toMatchObject({ status: 429, edge_action: 'rate_limit' });
  });
});

const withoutEnvoy = requireCounterpart('envoy', findEnvoy());
describe.skipIf(withoutEnvoy !== null)('Envoy', () => {
  test('its default text, behind a proxy that it trusts', async () => {
    const log = join(folder, 'envoy.log');
    const [adminPort, tidegatePort] = [await freePort(), await freePort()];
    const proxy = await startEnvoy({ filters: [], adminPort, tidegatePort, accessLog: log });
    stops.push(proxy.stop);
    await askAt(proxy.port, '/api/stock?sku=1', { headers: { 'x-tidegate-action': 'ok' } });
    await proxy.admin('/reopen_logs', 'POST'); // writes out what is buffered
    await until('it logs', () => readFileSync(log, 'utf8').includes('/api/stock'));
    const [request] = requestsOf(readFileSync(log, 'utf8'), 'envoy');
    expect(request).toMatchObject({
      method: 'GET',
      path: '/api/stock',
      query: 'sku=1',
      status: 200,
      response_bytes: 2,
      host: 'shop.example',
      http_version: '1.1',
      forwarded: ['203.0.113.9'],
      user_agent: agent,
    });
    // of a peer on loopback Envoy writes the address of the machine
    expect(formatIp(request!.client_ip)).not.toBe('203.0.113.9');
  });
});
