import { expect, test } from 'vitest';
import { makeCommand } from '../../lib/command.ts';
import type { GoodClient, Signature, Verdict } from '../../lib/contracts/generated.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { fingerprintOf } from '../../lib/pass/binding.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';
import { contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../test/counterparts/counterpart.ts';
import { ask, is } from '../../test/counterparts/edge-fixture.ts';
import { freePort, until } from '../../test/counterparts/free-port.ts';
import { findNginx } from '../../test/counterparts/nginx.ts';
import { startAskingNginx } from '../../test/counterparts/nginx-auth.ts';
import { actuatorConfig } from './config.ts';
import { startActuator } from './main.ts';

const missing = requireCounterpart('nginx', findNginx());
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0';

test.skipIf(missing !== null)(
  'nginx that asks challenges everyone but the good, who are known by a list, until the release',
  async () => {
    const log = createMemoryLog({ trafficPartitions: 1, encoded: true });
    const apiPort = await freePort();
    const nginx = await startAskingNginx('web', apiPort);
    const challenge = 'https://shop.example/challenge';
    const edge = { kind: 'nginx-auth', name: 'web', dry_run: false, good_list: {}, challenge };
    const clients = { default: 'browser' };
    const actuator = await startActuator(
      contextOf(log),
      actuatorConfig.parse({ api: { port: apiPort }, edges: [edge], clients }),
    );
    const pay = (ip: string, userAgent = browser) =>
      ask(nginx.port, { ip, userAgent, method: 'POST', path: '/payment' }).then(({ status }) => status);
    const becomes = (status: number, ip: string) =>
      until(`${ip} gets ${status}`, async () => (await pay(ip)) === status);
    try {
      const signature: Signature = {
        predicates: [is('endpoint', 'in', 'POST /payment')],
        except_good: true,
        good_after: ['cart'],
      };
      const target = { kind: 'signature' as const, value: canonicalSignature(signature), signature };
      const attack: Verdict = { ...verdict('203.0.113.1'), verdict_id: 'vrd_pay', target };
      const blocked = verdict('203.0.113.9');
      await say(log, { ...attack, action: { ...attack.action, kind: 'challenge' } }, blocked);
      await becomes(403, '203.0.113.9');
      // Nobody is known to be good yet, so nobody is challenged.
      expect(await pay('203.0.113.1')).toBe(200);

      const producer = await log.producer('test');
      const good: GoodClient = {
        site: 'default',
        client: '192.0.2.7',
        fingerprint: fingerprintOf([browser]),
        standing: ['cart', 'content'],
        updated_at: Date.now(),
        until_at: Date.now() + 600_000,
      };
      await producer.send([{ topic: 'good-clients', key: good.client, type: 'GoodClient', value: good }]);
      await becomes(302, '203.0.113.1');
      expect(await pay('192.0.2.7')).toBe(200);
      // The same address with another browser is a stranger.
      expect(await pay('192.0.2.7', 'curl/8')).toBe(302);
      expect((await ask(nginx.port, { ip: '203.0.113.1', userAgent: browser })).status).toBe(200);

      const release = { kind: 'release', site: 'default', target, reason: 'over', who: 'ada' } as const;
      await say(log, makeCommand({ ...release, at: Date.now() }));
      await becomes(200, '203.0.113.1');
      expect(await pay('203.0.113.9')).toBe(403);
    } finally {
      await actuator.stop();
    }
    // Nobody answers nginx any more.
    expect(await pay('203.0.113.9')).toBe(200);
    await nginx.stop();
  },
  60_000,
);
