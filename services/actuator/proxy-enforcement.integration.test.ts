import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Signature, Verdict } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { canonicalSignature } from '../../lib/signature/signature.ts';
import { command, contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { requireCounterpart } from '../../test/counterparts/counterpart.ts';
import { ask, is, type Sample } from '../../test/counterparts/edge-fixture.ts';
import { findEnvoy, startEnvoy } from '../../test/counterparts/envoy.ts';
import { freePort, until } from '../../test/counterparts/free-port.ts';
import { findHaproxy, startHaproxyFixture } from '../../test/counterparts/haproxy.ts';
import { findNginx, startNginxWithInclude } from '../../test/counterparts/nginx.ts';
import { startAskingNginx } from '../../test/counterparts/nginx-auth.ts';
import { actuatorConfig } from './config.ts';
import { envoyAuthzFilter, envoyFilters } from './edges/envoy-filters.ts';
import { type RunningActuator, startActuator } from './main.ts';

const missing =
  requireCounterpart('nginx', findNginx()) ??
  requireCounterpart('haproxy', findHaproxy()) ??
  requireCounterpart('envoy', findEnvoy());

describe.skipIf(missing !== null)('from verdict to real proxies, all at once', () => {
  const log: Log = createMemoryLog({ trafficPartitions: 2, encoded: true });
  const stops: (() => Promise<void>)[] = [];
  const ports: { [edge: string]: number } = {};
  let actuator: RunningActuator;

  beforeAll(async () => {
    const apiPort = await freePort();
    const nginx = await startNginxWithInclude({
      server: `    if ($tidegate_block) { return 403; }
    add_header X-Reference-Id $tidegate_decision always;
    location / { return 200 "ok"; }`,
    });
    stops.push(nginx.stop);
    const haproxy = await startHaproxyFixture();
    stops.push(haproxy.stop);
    const envoyWith = async (filters: readonly object[]) => {
      const envoy = await startEnvoy({ filters, adminPort: await freePort(), tidegatePort: apiPort });
      stops.push(envoy.stop);
      return envoy.port;
    };
    ports['nginx'] = nginx.port;
    ports['haproxy'] = haproxy.port;
    ports['envoy'] = await envoyWith(
      envoyFilters({ edge: 'envoy', parts: 2, cluster: 'tidegate', tags: false, refresh: '0.1s' }),
    );
    ports['envoy-authz'] = await envoyWith([
      envoyAuthzFilter({ edge: 'envoy-authz', cluster: 'tidegate', headers: [], timeout: '5s' }),
    ]);
    const asking = await startAskingNginx('nginx-auth', apiPort);
    stops.push(asking.stop);
    ports['nginx-auth'] = asking.port;
    const edges = [
      nginx.edge,
      { kind: 'nginx-auth' },
      { kind: 'haproxy', socket: haproxy.socket, directory: haproxy.directory },
      { kind: 'envoy', parts: 2 },
      { kind: 'envoy-authz', client_address: { trusted_hops: 1 } },
    ].map((edge) => ({ ...edge, name: edge.kind, dry_run: false }));
    actuator = await startActuator(contextOf(log), actuatorConfig.parse({ api: { port: apiPort }, edges }));
  });
  afterAll(async () => {
    await actuator?.stop();
    for (const stop of stops) await stop();
  });
  const statusAt = (sample: Partial<Sample>) =>
    Promise.all(
      Object.entries(ports).map(async ([edge, port]) => `${edge} ${(await ask(port, sample)).status}`),
    );
  const everywhere = (status: number) => Object.keys(ports).map((edge) => `${edge} ${status}`);
  /** What was told to change is not asked once: while nginx reloads, a worker of before may still answer. */
  const becomes = async (status: number, sample: Partial<Sample>) => {
    let last: string[] = [];
    await until(`${JSON.stringify(sample)} gets ${status} everywhere`, async () => {
      last = await statusAt(sample);
      return last.join() === everywhere(status).join();
    }).catch((error: unknown) => {
      throw new Error(`${last.join(', ')}: ${JSON.stringify(actuator.edges())}`, { cause: error });
    });
  };

  test('the attacker is refused and everyone else served; release and end of time serve again', async () => {
    await say(log, verdict('203.0.113.7'), verdict('203.0.113.8', 8000));
    await becomes(403, { ip: '203.0.113.7' });
    await becomes(403, { ip: '203.0.113.8' });
    expect(await statusAt({ ip: '203.0.113.9' })).toEqual(everywhere(200));
    await say(log, command('release', '203.0.113.7'));
    await becomes(200, { ip: '203.0.113.7' });
    await becomes(200, { ip: '203.0.113.8' });
  });

  test('an allow entry that comes later serves again', async () => {
    await say(log, verdict('203.0.113.20'), verdict('203.0.113.21'));
    await becomes(403, { ip: '203.0.113.20' });
    await say(log, command('allow', '203.0.113.20'));
    await becomes(200, { ip: '203.0.113.20' });
    await becomes(403, { ip: '203.0.113.21' });
  });

  test('a campaign is stopped by its signature alone, whatever address it comes from', async () => {
    const signature: Signature = {
      predicates: [is('endpoint', 'in', 'GET /stores/{number}/stock'), is('has_cookie', 'in', 'no')],
      except_good: false,
      good_after: [],
    };
    const target = { kind: 'signature', value: canonicalSignature(signature), signature };
    await say(log, { ...verdict('203.0.113.1'), verdict_id: 'vrd_signature', target } satisfies Verdict);
    await becomes(403, { ip: '198.51.100.3', path: '/stores/123/stock' });
    await becomes(403, { ip: '198.51.100.4', path: '/stores/99/stock' });
    expect(await statusAt({ ip: '198.51.100.4', path: '/stores/99/stock', cookie: true })).toEqual(
      everywhere(200),
    );
    expect(await statusAt({ ip: '198.51.100.4', path: '/stores' })).toEqual(everywhere(200));
  });
});
