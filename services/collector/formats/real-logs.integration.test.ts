import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { formatIp } from '../../../lib/ip.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import { findEnvoy } from '../../../test/counterparts/envoy.ts';
import { freePort, until } from '../../../test/counterparts/free-port.ts';
import { findHaproxy } from '../../../test/counterparts/haproxy.ts';
import { type RunningProcess, startProcess } from '../../../test/counterparts/process.ts';
import { formatConfig } from '../config.ts';
import { detectFormat } from './catalogue.ts';

/** What real proxies write is read: the samples beside this file are only what documents say they write. */
const folder = mkdtempSync(join(tmpdir(), 'tidegate-logs-'));
const running: RunningProcess[] = [];
afterAll(async () => {
  for (const each of running) await each.stop('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

const agent = 'Mozilla/5.0 (X11; "quoted") é';
function ask(port: number, path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        headers: {
          host: 'shop.example',
          'user-agent': Buffer.from(agent).toString('latin1'),
          'x-forwarded-for': '203.0.113.9',
        },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve(response.statusCode ?? 0));
      },
    );
    sent.on('error', reject);
    sent.end();
  });
}

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
    running.push(proxy);
    const startedAt = Date.now();
    await until('haproxy answers', async () => (await ask(port, '/')) === 200);
    for (const path of ['/api/stock?sku=1', '/api/refused', '/api/slower']) await ask(port, path);
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
    const [port, adminPort] = [await freePort(), await freePort()];
    const log = join(folder, 'envoy.log');
    const type = (name: string) => `type.googleapis.com/envoy.extensions.${name}`;
    const manager = {
      '@type': type('filters.network.http_connection_manager.v3.HttpConnectionManager'),
      stat_prefix: 'web',
      use_remote_address: true,
      access_log: [
        {
          name: 'file',
          typed_config: { '@type': type('access_loggers.file.v3.FileAccessLog'), path: log },
        },
      ],
      route_config: {
        name: 'site',
        virtual_hosts: [
          {
            name: 'all',
            domains: ['*'],
            routes: [
              { match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'ok' } } },
            ],
          },
        ],
      },
      http_filters: [
        {
          name: 'envoy.filters.http.router',
          typed_config: { '@type': type('filters.http.router.v3.Router') },
        },
      ],
    };
    const socket = (at: number) => ({ socket_address: { address: '127.0.0.1', port_value: at } });
    const config = join(folder, 'envoy.json');
    writeFileSync(
      config,
      JSON.stringify({
        admin: { address: socket(adminPort) },
        static_resources: {
          listeners: [
            {
              name: 'web',
              address: socket(port),
              filter_chains: [
                {
                  filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }],
                },
              ],
            },
          ],
        },
      }),
    );
    const args = ['-c', config, '--base-id', String(port), '--concurrency', '1', '--log-level', 'warning'];
    const proxy = startProcess(findEnvoy()!, args, { cwd: folder });
    running.push(proxy);
    await until('envoy answers', async () => (await ask(port, '/')) === 200);
    await ask(port, '/api/stock?sku=1');
    await fetch(`http://127.0.0.1:${adminPort}/reopen_logs`, { method: 'POST' }); // writes out what is buffered
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
