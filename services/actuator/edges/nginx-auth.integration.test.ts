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
  type Sample,
  sparing,
  statuses,
} from '../../../test/counterparts/edge-fixture.ts';
import { findNginx } from '../../../test/counterparts/nginx.ts';
import { startAskingNginx } from '../../../test/counterparts/nginx-auth.ts';
import { proxyContract } from '../../../test/counterparts/proxy-contract.ts';
import { createNginxAuthEdge, nginxAuthConfig } from './nginx-auth.ts';

const missing = requireCounterpart('nginx', findNginx());

const start = (): Promise<AskedProxy> =>
  startAskedProxy(
    (dependencies) =>
      createNginxAuthEdge(nginxAuthConfig.parse({ kind: 'nginx-auth', ...askedFields }), dependencies),
    (port) => startAskingNginx(askedFields.name, port),
  );

proxyContract({ name: 'nginx-auth', missing, start, lacks: ['http_version'] });

describe.skipIf(missing !== null)('nginx-auth, what is its own', () => {
  let proxy: AskedProxy;
  beforeAll(async () => {
    proxy = await start();
  });
  afterAll(async () => {
    await proxy?.stop();
  });
  const of = async (sample: Partial<Sample>) => {
    const { status, body } = await ask(proxy.port, sample);
    return status === 200 ? `200 ${body}` : String(status);
  };

  test('of several entries around a request the strongest counts, and each action does its own', async () => {
    // Before the decisions are known nobody is refused.
    expect(await of({})).toBe('200 ');
    await proxy.bring(
      address('192.0.2.0/24', 'tag'),
      address('192.0.2.7', 'block'),
      address('198.51.100.0/24', 'challenge'),
      named('country', 'XX', 'rate_limit'),
      ruleTo('tag', is('user_agent', 'in', 'odd')),
    );
    const blocked = await ask(proxy.port, { ip: '192.0.2.7' });
    expect([blocked.status, blocked.body]).toEqual([403, `Refused. Reference: ${blocked.reference}\n`]);
    expect(await of({ ip: '192.0.2.8' })).toBe('200 tag');
    const page = { ip: '198.51.100.9', userAgent: 'odd' };
    const challenged = await ask(proxy.port, page);
    expect([challenged.status, challenged.headers['location']]).toEqual([
      302,
      `https://shop.example/challenge?reference=${challenged.reference}`,
    ]);
    expect(await of({ ...page, path: '/challenge' })).toMatch(/^200/);
    expect(await of({ userAgent: 'odd' })).toBe('200 tag');
    expect(await of({ headers: { 'x-tidegate-action': 'tag' } })).toBe('200 ');
    const limited = { ip: '203.0.113.1', headers: { 'x-country': 'XX' } };
    expect(await of(limited)).toBe('200 rate_limit');
    expect(await statuses(proxy.port, ...Array.from({ length: 5 }, () => limited))).toEqual([
      200, 200, 200, 429, 429,
    ]);
    const slowed = await ask(proxy.port, limited);
    expect(slowed.headers['retry-after']).toBe('900');
    expect(slowed.reference).toMatch(/^dec_/);
    expect(await of({ ...limited, ip: '203.0.113.2' })).toBe('200 rate_limit');
  });

  test('methods are those of the request, whatever it carries, and a 403 of the site stays what it is', async () => {
    await proxy.bring(ruleTo('block', is('method', 'in', 'POST', 'PROPFIND')));
    const methods = ['GET', 'HEAD', 'PUT', 'POST', 'PROPFIND', 'OPTIONS'];
    const headers = { 'content-type': 'application/json', 'content-length': '0' };
    expect(await statuses(proxy.port, ...methods.map((method) => ({ method, headers })))).toEqual([
      200, 200, 200, 403, 403, 200,
    ]);
    const closed = await ask(proxy.port, { path: '/closed' });
    expect([closed.status, closed.reference]).toEqual([403, undefined]);
  });

  test('nobody asks the check but nginx, and no spelling of a path gets past a rule', async () => {
    expect((await ask(proxy.port, { path: '/tidegate-check' })).status).toBe(404);
    await proxy.bring(ruleTo('block', is('endpoint', 'in', 'GET /login')));
    const paths = ['/login', '/x/../login', '/%6cogin?a=b', '//login/', '/./login', '/x/%2e%2e/login'];
    expect(await statuses(proxy.port, ...paths.map((path) => ({ path })))).toEqual(paths.map(() => 403));
    expect(await statuses(proxy.port, { path: '/' }, { path: '/login/x' })).toEqual([200, 200]);
  });

  test('rules that spare the good spare whom a pass speaks for', async () => {
    await proxy.bring(sparing(rule(is('endpoint', 'in', 'POST /payment')), ['cart']));
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0';
    const pay = (headers: Sample['headers']) =>
      ask(proxy.port, { method: 'POST', path: '/payment', userAgent, headers }).then(({ status }) => status);
    const pass = (part: string) => freshToken(userAgent, { standing: partBit(part) }, passKey());
    expect(await pay({ cookie: `a=b; tidegate_pass=${pass('cart')}` })).toBe(200);
    expect(await pay({ 'tidegate-pass': pass('cart') })).toBe(200);
    expect(await pay({ 'tidegate-pass': pass('search') })).toBe(403);
    expect(await pay({})).toBe(403);
  });

  test('a head that is too large for the check is no way around it', async () => {
    await proxy.bring(address('192.0.2.7'));
    const headers = { cookie: `a=${'b'.repeat(8000)}`, referer: `https://x/${'y'.repeat(8000)}` };
    const userAgent = 'z'.repeat(2000);
    expect((await ask(proxy.port, { ip: '192.0.2.7', userAgent, headers })).status).toBe(500);
  });

  test('while Tidegate does not answer, or is away, everyone is served', async () => {
    await proxy.bring(address('192.0.2.7'));
    expect((await ask(proxy.port, { ip: '192.0.2.7' })).status).toBe(403);
    proxy.hang();
    const startedAt = performance.now();
    expect((await ask(proxy.port, { ip: '192.0.2.7' })).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(2000);
    await proxy.silence();
    expect((await ask(proxy.port, { ip: '192.0.2.7' })).status).toBe(200);
  });
});
