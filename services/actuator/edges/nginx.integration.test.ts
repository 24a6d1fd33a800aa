import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseNetwork } from '../../../lib/ip.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import { findNginx } from '../../../test/counterparts/nginx.ts';
import {
  address,
  decision,
  is,
  type NginxFixture,
  rule,
  startNginxFixture,
} from '../../../test/counterparts/nginx-edge.ts';
import { EdgeError } from '../edge.ts';

const missing = requireCounterpart('nginx', findNginx());

describe.skipIf(missing !== null)('nginx', () => {
  let nginx: NginxFixture;

  beforeAll(async () => {
    nginx = await startNginxFixture();
  });
  afterAll(async () => {
    await nginx?.stop();
  });

  test('an address is refused with its reference, the others are served, and removal serves again', async () => {
    await nginx.bring(address('203.0.113.7'), address('2001:db8:7::/48'));
    expect(await nginx.ask({ ip: '203.0.113.7' })).toEqual({
      status: 403,
      reference: decision('203.0.113.7'),
    });
    expect(await nginx.ask({ ip: '203.0.113.8' })).toEqual({ status: 200, reference: undefined });
    expect(await nginx.status({ ip: '2001:db8:7:1::9' })).toBe(403);
    expect(await nginx.status({ ip: '2001:db8:8::9' })).toBe(200);
    await nginx.bring();
    expect(await nginx.status({ ip: '203.0.113.7' })).toBe(200);
  });

  test('a signature stops an attack with no address in any list', async () => {
    await nginx.bring(
      rule(is('endpoint', 'in', 'GET /stores/{number}/stock'), is('has_accept_language', 'in', 'no')),
      rule(is('user_agent', 'in', 'evil "bot"; } \\ $http_host {"')),
    );
    const sweep = { path: '/stores/12345/stock?zip=1', language: null };
    expect(await nginx.status(sweep)).toBe(403);
    expect(await nginx.status({ ...sweep, path: '/stores//12345/stock/' })).toBe(403);
    expect(await nginx.status({ ...sweep, path: '/stores/12345;x=1/%73tock' })).toBe(403);
    expect(await nginx.status({ ...sweep, language: 'de' })).toBe(200);
    expect(await nginx.status({ ...sweep, method: 'POST' })).toBe(200);
    expect(await nginx.status({ ...sweep, path: '/stores/nearby/stock' })).toBe(200);
    expect(await nginx.status({ userAgent: 'evil "bot"; } \\ $http_host {"' })).toBe(403);
    expect(await nginx.status({ userAgent: 'EVIL "bot"; } \\ $http_host {"' })).toBe(200);
  });

  test('old browser versions are compared as numbers', async () => {
    const chrome = (version: number) => ({
      userAgent: `Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${version}.0.0.0 Safari/537.36`,
    });
    await nginx.bring(rule(is('browser', 'in', 'chrome'), is('browser_version', 'lte', '88')));
    expect([
      await nginx.status(chrome(88)),
      await nginx.status(chrome(9)),
      await nginx.status(chrome(89)),
      await nginx.status(chrome(120)),
    ]).toEqual([403, 403, 200, 200]);
    expect(await nginx.status({ userAgent: null })).toBe(200);
  });

  test('a hand-edited file is noticed and written anew; a foreign file is refused', async () => {
    const signal = new AbortController().signal;
    await nginx.bring(address('203.0.113.7'));
    writeFileSync(nginx.file, nginx.read().replace('203.0.113.7', '203.0.113.9'));
    expect((await nginx.edge.observe(signal)).damaged).toBe('changed by someone else');
    await nginx.bring(address('203.0.113.7'));
    expect([await nginx.status({ ip: '203.0.113.7' }), await nginx.status({ ip: '203.0.113.9' })]).toEqual([
      403, 200,
    ]);
    const ours = nginx.read();
    writeFileSync(nginx.file, 'deny all;\n');
    await expect(nginx.edge.observe(signal)).rejects.toThrow(/not written by Tidegate/);
    writeFileSync(nginx.file, ours);
  });

  test('a configuration that nginx refuses leaves the old file and the old rules', async () => {
    const signal = new AbortController().signal;
    await nginx.bring(address('203.0.113.7'));
    const before = nginx.read();
    const garbage = { ...address('203.0.113.8'), value: 'garbage' };
    const plan = await nginx.plan();
    await expect(nginx.edge.apply({ ...plan, content: [garbage] }, signal)).rejects.toThrow(EdgeError);
    expect(nginx.read()).toBe(before);
    expect([await nginx.status({ ip: '203.0.113.7' }), await nginx.status({ ip: '203.0.113.8' })]).toEqual([
      403, 200,
    ]);
  });

  test('exempt networks pass every rule, whatever it says', async () => {
    nginx.exempt = [parseNetwork('203.0.113.64/26')!];
    await nginx.bring(rule(is('method', 'in', 'GET')));
    expect([await nginx.status({ ip: '203.0.113.65' }), await nginx.status({ ip: '203.0.113.1' })]).toEqual([
      200, 403,
    ]);
    nginx.exempt = [];
  });

  test('20,000 addresses are in force within seconds', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) =>
      address(`20.${(index >> 8) & 255}.${index & 255}.1`),
    );
    await nginx.bring(...many);
    await until(
      'the last of many addresses is refused',
      async () => (await nginx.status({ ip: '20.78.31.1' })) === 403,
    );
    expect(await nginx.status({ ip: '20.0.0.2' })).toBe(200);
    await nginx.bring();
  });
});
