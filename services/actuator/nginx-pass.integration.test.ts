import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCommand } from '../../lib/command.ts';
import type { Signature, Verdict } from '../../lib/contracts/generated.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { packageRoot } from '../../lib/package-root.ts';
import { fingerprintOf } from '../../lib/pass/binding.ts';
import { fastifyPass } from '../../lib/pass/fastify-pass.ts';
import { createKeyRing, type PassKey } from '../../lib/pass/key-ring.ts';
import { freshPass, passKey } from '../../lib/pass/pass.test-fixture.ts';
import { type Pass, signPass, verifyPass } from '../../lib/pass/token.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';
import { contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../test/counterparts/counterpart.ts';
import { freePort, until } from '../../test/counterparts/free-port.ts';
import {
  findNginx,
  findNginxModule,
  type NginxWithInclude,
  startNginxWithInclude,
} from '../../test/counterparts/nginx.ts';
import { actuatorConfig } from './config.ts';
import { type RunningActuator, startActuator } from './main.ts';

const njs = findNginxModule('ngx_http_js_module.so');
const missing = requireCounterpart('nginx with njs', findNginx() === null ? null : njs);
const browser = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0';
const phone =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Version/18.5 Safari/604.1';

/** The site: a small shop whose pages give passes. */
async function startShop(keys: readonly PassKey[], port: number): Promise<FastifyInstance> {
  const app = fastify({ trustProxy: true });
  app.register(fastifyPass({ keys }));
  app.get('/', () => 'welcome');
  app.get('/products/:id', () => 'a product');
  app.post('/cart', () => 'in the cart');
  app.post('/payment', () => 'paid');
  await app.listen({ port, host: '127.0.0.1' });
  return app;
}

describe.skipIf(missing !== null)(
  'attackers who look like people, at a real nginx that checks passes',
  () => {
    const dir = mkdtempSync(join(tmpdir(), 'tidegate-pass-'));
    const log = createMemoryLog({ trafficPartitions: 2, encoded: true });
    const ring = [passKey('k1')];
    let sitePort: number;
    let shop: FastifyInstance;
    let nginx: NginxWithInclude;
    let actuator: RunningActuator;
    const keysFile = join(dir, 'keys.conf');
    const writeKeys = (keys: readonly PassKey[]): void =>
      writeFileSync(
        keysFile,
        `map "" $tidegate_pass_keys { default "${keys.map(({ kid, secret }) => `${kid}:${secret}`).join(' ')}"; }\n`,
      );

    beforeAll(async () => {
      const deployed = join(packageRoot, 'deploy/nginx');
      writeKeys(ring);
      const passConf = join(dir, 'tidegate-pass.conf');
      writeFileSync(
        passConf,
        readFileSync(join(deployed, 'tidegate-pass.conf'), 'utf8').replace('/etc/nginx', deployed),
      );
      sitePort = await freePort();
      shop = await startShop(ring, sitePort);
      nginx = await startNginxWithInclude({
        main: `load_module ${njs};`,
        http: `  include ${keysFile};
  include ${passConf};
  limit_req_zone $tidegate_pass_id zone=tidegate_pass:1m rate=1r/m;
  limit_req_status 429;`,
        server: `    if ($tidegate_block) { return 403; }
    proxy_set_header X-Forwarded-For $remote_addr;
    location = /payment {
      limit_req zone=tidegate_pass burst=4 nodelay;
      proxy_pass http://127.0.0.1:${sitePort};
    }
    location = /checked { return 200 $tidegate_pass_checked; }
    location / { proxy_pass http://127.0.0.1:${sitePort}; }`,
      });
      const edge = { ...nginx.edge, name: 'web', dry_run: false, pass: {} };
      actuator = await startActuator(
        contextOf(log),
        actuatorConfig.parse({ api: { port: 0 }, edges: [edge] }),
      );
    });
    afterAll(async () => {
      await actuator?.stop();
      await nginx?.stop();
      await shop?.close();
      rmSync(dir, { recursive: true, force: true });
    });

    /** A client with a browser's cookie jar. */
    function client(ip: string, userAgent = browser, token?: string) {
      let pass = token;
      return {
        pass: () => pass!,
        async ask(method: string, path: string): Promise<number> {
          const response = await fetch(nginx.url + path, {
            method,
            headers: {
              'x-forwarded-for': ip,
              'user-agent': userAgent,
              cookie: pass === undefined ? 'lang=en' : `lang=en; tidegate_pass=${pass}`,
            },
          });
          await response.arrayBuffer();
          for (const cookie of response.headers.getSetCookie())
            pass = /^tidegate_pass=([^;]+)/.exec(cookie)?.[1] ?? pass;
          return response.status;
        },
      };
    }
    const pay = (ip: string, userAgent?: string, token?: string) =>
      client(ip, userAgent, token).ask('POST', '/payment');
    /** Looks at a product, puts it into the cart, pays. */
    async function shopper(ip: string, userAgent?: string) {
      const person = client(ip, userAgent);
      await person.ask('GET', '/products/7');
      await person.ask('POST', '/cart');
      return person;
    }
    const now = Math.floor(Date.now() / 1000);
    const claims = (more: Partial<Pass> = {}) => freshPass(browser, more);

    const signature: Signature = {
      predicates: [{ attribute: 'endpoint', op: 'in', values: ['POST /payment'] }],
      except_good: true,
      good_after: ['cart'],
    };
    const target = { kind: 'signature' as const, value: canonicalSignature(signature), signature };

    test('nginx believes what we believe, and for the same reasons', async () => {
      const keys = createKeyRing(ring);
      const good = signPass(claims(), keys);
      const [, body, mac] = good.split('.');
      const header = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const resigned = (text: string) =>
        `${text}.${createHmac('sha256', passKey('k1').secret).update(text).digest('base64url')}`;
      const tokens = [
        good,
        signPass(claims({ standing: 0 }), keys),
        signPass(claims({ issuedAt: now - 1000, expiresAt: now - 100 }), keys),
        signPass(claims({ issuedAt: now + 3600, expiresAt: now + 4000 }), keys),
        signPass(claims({ fingerprint: fingerprintOf(['curl']) }), keys),
        signPass(claims(), createKeyRing([passKey('k2')])),
        signPass(claims(), createKeyRing([{ kid: 'k1', secret: 'other'.repeat(9) }])),
        `${header({ alg: 'none', kid: 'k1' })}.${body}.`,
        `${header({ alg: 'HS256', kid: 'k1:' })}.${body}.${mac}`,
        resigned(`${header({ alg: 'HS256', kid: 'k1' })}.${header({ iss: 'shop', fp: 'x' })}`),
        resigned(`${header({ alg: 'HS256', kid: 'k1' })}.bm8`),
        resigned(`${header([])}.${body}`),
        // The last character has two bits that decoders do not look at.
        good.slice(0, -1) + String.fromCharCode(good.charCodeAt(good.length - 1) + 1),
        `${good}.x`,
        'x'.repeat(1200),
        'a.b.c',
        'rubbish',
      ];
      const holder = { fingerprint: fingerprintOf([browser]), network: null };
      for (const token of tokens) {
        const ours = verifyPass(token, keys, holder, Date.now());
        const response = await fetch(`${nginx.url}/checked`, {
          headers: { 'user-agent': browser, cookie: `tidegate_pass=${token}` },
        });
        const theirs = await response.text();
        expect(theirs.startsWith('!') ? theirs : 'believed', token).toBe(
          'refused' in ours ? `!${ours.refused}` : 'believed',
        );
      }
      // Bytes that are no ASCII, in UTF-8 or not, and an app's header instead of the cookie.
      for (const userAgent of ['F\u00e4x', Buffer.from('Fäx').toString('latin1')]) {
        const token = signPass(claims({ fingerprint: fingerprintOf([userAgent]) }), keys);
        const response = await fetch(`${nginx.url}/checked`, {
          headers: { 'user-agent': userAgent, 'tidegate-pass': token },
        });
        expect(await response.text()).toBe(`${claims().id} |cart|content|`);
      }
    });

    test('honest clients are served, attackers with genuine browsers are not', async () => {
      const regular = await shopper('198.51.100.1');
      expect(await pay('203.0.113.1')).toBe(200);
      await say(log, { ...verdict('203.0.113.1'), verdict_id: 'vrd_pass', target } satisfies Verdict);
      await until('the attack is refused', async () => (await pay('203.0.113.2')) === 403);

      // Who was there before, and who comes in the middle of it.
      expect(await regular.ask('POST', '/payment')).toBe(200);
      for (let index = 2; index < 12; index++) {
        const person = await shopper(`198.51.100.${index}`, index % 2 === 0 ? browser : phone);
        expect(await person.ask('POST', '/payment')).toBe(200);
      }

      // One request an address, the same browsers: without a pass, or with one that lacks the cart.
      for (let index = 10; index < 20; index++) {
        expect(await pay(`203.0.113.${index}`)).toBe(403);
        const reader = client(`203.0.113.${index}`, phone);
        expect([await reader.ask('GET', '/'), await reader.ask('GET', '/products/9')]).toEqual([200, 200]);
        expect(await reader.ask('POST', '/payment')).toBe(403);
      }
      // Stolen by another browser, forged, out of date.
      const stolen = (await shopper('198.51.100.40')).pass();
      expect(await pay('203.0.113.30', phone, stolen)).toBe(403);
      expect(await pay('203.0.113.31', browser, signPass(claims(), createKeyRing([passKey('k9')])))).toBe(
        403,
      );
      const old = signPass(claims({ issuedAt: now - 2000, expiresAt: now - 1000 }), createKeyRing(ring));
      expect(await pay('203.0.113.32', browser, old)).toBe(403);
    });

    test('one pass that many share is worth one client', async () => {
      const bought = (await shopper('203.0.113.50')).pass();
      const statuses: number[] = [];
      for (let index = 0; index < 30; index++)
        statuses.push(await pay(`203.0.113.${100 + index}`, browser, bought));
      expect(statuses.slice(0, 5)).toEqual([200, 200, 200, 200, 200]);
      // One more a minute.
      expect(statuses.slice(5).filter((status) => status === 429).length).toBeGreaterThanOrEqual(23);
      expect(await (await shopper('198.51.100.60')).ask('POST', '/payment')).toBe(200);
    });

    test('keys are changed under way, and no honest client notices', async () => {
      const person = await shopper('198.51.100.70');
      const before = person.pass();
      const reload = async (...keys: PassKey[]): Promise<void> => {
        writeKeys(keys);
        const [program, ...args] = nginx.edge.reload;
        await promisify(execFile)(program!, args);
      };
      const isBelieved = async (token: string): Promise<boolean> => {
        const headers = { 'user-agent': browser, 'tidegate-pass': token };
        return !(await (await fetch(`${nginx.url}/checked`, { headers })).text()).startsWith('!');
      };
      const young = signPass(claims(), createKeyRing([passKey('k2')]));
      expect(await isBelieved(young)).toBe(false);
      await reload(passKey('k1'), passKey('k2'));
      await until('nginx knows the new key', () => isBelieved(young));
      await shop.close();
      shop = await startShop([passKey('k2'), passKey('k1')], sitePort);
      expect(await person.ask('POST', '/payment')).toBe(200);
      const after = person.pass();
      expect(JSON.parse(Buffer.from(after.split('.')[0]!, 'base64url').toString())).toMatchObject({
        kid: 'k2',
      });
      await reload(passKey('k2'));
      await until('the old key is gone', async () => !(await isBelieved(before)));
      expect(await pay('203.0.113.70', browser, before)).toBe(403);
      expect(await person.ask('POST', '/payment')).toBe(200);
    });

    test('after the release everybody is served', async () => {
      expect(await pay('203.0.113.3')).toBe(403);
      const released = { kind: 'release', site: 'default', target, reason: 'over', who: 'ada' } as const;
      await say(log, makeCommand({ ...released, at: Date.now() }));
      await until('the rule is gone', async () => (await pay('203.0.113.4')) === 200);
      expect(await pay('203.0.113.5', 'curl/8.0')).toBe(200);
    });
  },
);
