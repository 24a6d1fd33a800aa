import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GoodClient, Signature, Verdict } from '../../lib/contracts/generated.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { fingerprintOf } from '../../lib/pass/binding.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';
import { contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../test/counterparts/counterpart.ts';
import { ask, is } from '../../test/counterparts/edge-fixture.ts';
import { findEnvoy, startEnvoy } from '../../test/counterparts/envoy.ts';
import { freePort, until } from '../../test/counterparts/free-port.ts';
import { findHaproxy, type HaproxyFixture, startHaproxyFixture } from '../../test/counterparts/haproxy.ts';
import { actuatorConfig } from './config.ts';
import { envoyAuthzFilter } from './edges/envoy-filters.ts';
import { createGoodList } from './good-list.ts';
import { type RunningActuator, startActuator } from './main.ts';

const missing = requireCounterpart('haproxy', findHaproxy()) ?? requireCounterpart('envoy', findEnvoy());
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0';
const unheardOf = 'Brows\u00e9r/1';

describe.skipIf(missing !== null)('everyone but the good, at real proxies that know them by a list', () => {
  const log = createMemoryLog({ trafficPartitions: 1, encoded: true });
  const ports: { [edge: string]: number } = {};
  const stops: (() => Promise<void>)[] = [];
  let haproxy: HaproxyFixture;
  let actuator: RunningActuator;
  beforeAll(async () => {
    const apiPort = await freePort();
    haproxy = await startHaproxyFixture({ good: createGoodList([], 1, Date.now) });
    stops.push(haproxy.stop);
    const envoy = await startEnvoy({
      filters: [envoyAuthzFilter({ edge: 'envoy-authz', cluster: 'tidegate', headers: [], timeout: '5s' })],
      adminPort: await freePort(),
      tidegatePort: apiPort,
    });
    stops.push(envoy.stop);
    ports['haproxy'] = haproxy.port;
    ports['envoy-authz'] = envoy.port;
    const edges = [
      { kind: 'haproxy', socket: haproxy.socket, directory: haproxy.directory },
      { kind: 'envoy-authz', client_address: { trusted_hops: 1 } },
    ].map((edge) => ({ ...edge, name: edge.kind, dry_run: false, good_list: {} }));
    actuator = await startActuator(contextOf(log), actuatorConfig.parse({ api: { port: apiPort }, edges }));
  });
  afterAll(async () => {
    await actuator?.stop();
    for (const stop of stops) await stop();
  });

  const pay = (ip: string, userAgent = browser) =>
    Promise.all(
      Object.values(ports).map(
        async (port) => (await ask(port, { ip, userAgent, method: 'POST', path: '/payment' })).status,
      ),
    );
  const becomes = (status: number, ip: string, userAgent?: string) =>
    until(`${ip} gets ${status}`, async () => (await pay(ip, userAgent)).every((each) => each === status));
  const isGood = async (client: string, standing: readonly string[], more: Partial<GoodClient> = {}) => {
    const producer = await log.producer('test');
    const value = {
      site: 'default',
      client,
      fingerprint: fingerprintOf([browser]),
      standing,
      updated_at: Date.now(),
      until_at: Date.now() + 600_000,
      ...more,
    };
    await producer.send([{ topic: 'good-clients', key: client, type: 'GoodClient', value }]);
  };

  test('until somebody is listed nobody is stopped; then who was at the cart pays, and strangers do not', async () => {
    const signature: Signature = {
      predicates: [is('endpoint', 'in', 'POST /payment')],
      except_good: true,
      good_after: ['cart'],
    };
    const target = { kind: 'signature', value: canonicalSignature(signature), signature };
    await say(log, { ...verdict('203.0.113.1'), verdict_id: 'vrd_pay', target } satisfies Verdict);
    await expect
      .poll(async () => (await actuator.planEdge('haproxy')).leftOut.map(({ detail }) => detail), {
        timeout: 15_000,
      })
      .toEqual(['nobody was said to be good yet: detector.good_list']);
    expect(await pay('198.51.100.1')).toEqual([200, 200]);

    await isGood('192.0.2.7', ['cart', 'content']);
    await becomes(403, '198.51.100.1');
    await becomes(200, '192.0.2.7');
    // The same address with another browser, and whose visit says something else.
    expect(await pay('192.0.2.7', 'curl/8')).toEqual([403, 403]);
    await isGood('192.0.2.8', ['content', 'search']);
    await isGood('192.0.2.9', ['history']);
    await becomes(200, '192.0.2.9');
    expect(await pay('192.0.2.8')).toEqual([403, 403]);
    // A client of IPv6 is its /64, and a header may hold more than ASCII.
    const agent = Buffer.from(unheardOf, 'utf8').toString('latin1');
    await isGood('2001:db8:0:1::', ['cart'], { fingerprint: fingerprintOf([agent]) });
    await becomes(200, '2001:db8:0:1:2:3:4:5', unheardOf);
    expect(await pay('2001:db8:0:2::5', unheardOf)).toEqual([403, 403]);
  }, 60_000);

  test('who is not said again is a stranger when its time is over; a HAProxy that starts anew is told', async () => {
    await isGood('192.0.2.20', ['cart'], { until_at: Date.now() + 2000 });
    await becomes(200, '192.0.2.20');
    await becomes(403, '192.0.2.20');
    await haproxy.restart();
    await becomes(200, '192.0.2.7');
    await becomes(403, '198.51.100.1');
  }, 60_000);
});
