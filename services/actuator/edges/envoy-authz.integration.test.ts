import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshToken, passKey } from '../../../lib/pass/pass.test-fixture.ts';
import { partBit } from '../../../lib/signature/standing.ts';
import { type AskedProxy, askedFields, startAskedProxy } from '../../../test/counterparts/asked-proxy.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import {
  address,
  ask,
  is,
  named,
  rule,
  ruleTo,
  sparing,
  statuses,
} from '../../../test/counterparts/edge-fixture.ts';
import { findEnvoy, startEnvoy } from '../../../test/counterparts/envoy.ts';
import { freePort } from '../../../test/counterparts/free-port.ts';
import { proxyContract } from '../../../test/counterparts/proxy-contract.ts';
import { createEnvoyAuthzEdge, envoyAuthzConfig } from './envoy-authz.ts';
import { envoyAuthzFilter } from './envoy-filters.ts';

const missing = requireCounterpart('envoy', findEnvoy());

const start = (): Promise<AskedProxy> =>
  startAskedProxy(
    (dependencies) =>
      createEnvoyAuthzEdge(
        envoyAuthzConfig.parse({ kind: 'envoy-authz', client_address: { trusted_hops: 1 }, ...askedFields }),
        dependencies,
      ),
    async (port) =>
      startEnvoy({
        filters: [
          envoyAuthzFilter({
            edge: askedFields.name,
            cluster: 'tidegate',
            headers: ['x-country'],
            timeout: '5s',
          }),
        ],
        adminPort: await freePort(),
        tidegatePort: port,
      }),
  );

proxyContract({ name: 'envoy-authz', missing, start, lacks: ['http_version'] });

describe.skipIf(missing !== null)('envoy-authz, what is its own', () => {
  let proxy: AskedProxy;
  beforeAll(async () => {
    proxy = await start();
  });
  afterAll(async () => {
    await proxy?.stop();
  });

  test('of several entries around a request the strongest counts, and each action does its own', async () => {
    // Before the decisions are known nobody is refused.
    expect((await ask(proxy.port, {})).status).toBe(200);
    await proxy.bring(
      address('192.0.2.0/24', 'tag'),
      address('192.0.2.7', 'block'),
      address('198.51.100.0/24', 'challenge'),
      named('country', 'XX', 'rate_limit'),
      ruleTo('tag', is('user_agent', 'in', 'odd')),
    );
    const of = async (sample: Parameters<typeof ask>[1]) => {
      const { status, body } = await ask(proxy.port, sample);
      return status === 200 ? `200 ${body}` : String(status);
    };
    expect(await of({ ip: '192.0.2.7' })).toBe('403');
    expect(await of({ ip: '192.0.2.8' })).toBe('200 tag');
    const challenged = await ask(proxy.port, { ip: '198.51.100.9', userAgent: 'odd' });
    expect([challenged.status, challenged.headers['location']]).toEqual([
      302,
      `https://shop.example/challenge?reference=${challenged.reference}`,
    ]);
    expect(await of({ userAgent: 'odd' })).toBe('200 tag');
    expect(await of({ headers: { 'x-tidegate-action': 'tag' } })).toBe('200 ');
    expect(await of({ method: 'PROPFIND' })).toBe('200 ');
    const limited = { ip: '203.0.113.1', headers: { 'x-country': 'XX' } };
    expect(await of(limited)).toBe('200 rate_limit');
    const more = await statuses(proxy.port, ...Array.from({ length: 5 }, () => limited));
    expect(more).toEqual([200, 200, 200, 429, 429]);
    expect(await of({ ...limited, ip: '203.0.113.2' })).toBe('200 rate_limit');
  });

  test('rules that spare the good spare whom a pass speaks for', async () => {
    await proxy.bring(sparing(rule(is('endpoint', 'in', 'POST /payment')), ['cart']));
    const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0';
    const pass = (part: string, by = passKey()) => freshToken(browser, { standing: partBit(part) }, by);
    const pay = (headers: { readonly [name: string]: string }, userAgent = browser) =>
      ask(proxy.port, { method: 'POST', path: '/payment', userAgent, headers }).then(({ status }) => status);
    expect(await pay({ cookie: `a=b; tidegate_pass=${pass('cart')}` })).toBe(200);
    expect(await pay({ 'tidegate-pass': pass('cart') })).toBe(200);
    expect(await pay({})).toBe(403);
    expect(await pay({ 'tidegate-pass': pass('search') })).toBe(403);
    expect(await pay({ 'tidegate-pass': pass('cart') }, 'curl/8')).toBe(403);
    expect(await pay({ 'tidegate-pass': pass('cart', passKey('k1', 'y')) })).toBe(403);
    expect((await ask(proxy.port, { path: '/' })).status).toBe(200);
    await proxy.bring(address('192.0.2.7'));
  });

  test('without Tidegate everyone is served: failure_mode_allow', async () => {
    expect((await ask(proxy.port, { ip: '192.0.2.7' })).status).toBe(403);
    await proxy.silence();
    expect((await ask(proxy.port, { ip: '192.0.2.7' })).status).toBe(200);
  });
});
