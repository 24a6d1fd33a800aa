import { afterEach, expect, test } from 'vitest';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { contextOf, say, verdict } from '../../../test/counterparts/actuator-input.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import { accountId, ipList, startCloudflare } from '../../../test/counterparts/vendors/cloudflare.ts';
import { aclId, serviceId, startFastly } from '../../../test/counterparts/vendors/fastly.ts';
import { actuatorConfig } from '../config.ts';
import { type RunningActuator, startActuator } from '../main.ts';

/** Changes are collected for seconds before they are sent. */
const patienceMs = 60_000;
let actuator: RunningActuator | null = null;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await actuator?.stop();
  for (const close of closers.splice(0)) await close();
});

test('a wrong credential, a full list and a list that is gone are states of their edges; the others go on', async () => {
  const [good, full] = [await startFastly({ capacity: 100 }), await startFastly({ capacity: 2 })];
  const gone = await startCloudflare({ capacity: 100 });
  gone.vanish();
  closers.push(good.server.close, full.server.close, gone.server.close);
  const fastly = (name: string, standIn: typeof good, more: object = {}) => ({
    kind: 'fastly',
    name,
    dry_run: false,
    token: standIn.token,
    service_id: serviceId,
    acl: { id: aclId },
    endpoint: standIn.server.url,
    ...more,
  });
  const log = createMemoryLog({ trafficPartitions: 2 });
  const context = contextOf(log);
  actuator = await startActuator(
    context,
    actuatorConfig.parse({
      api: { port: 0 },
      loop: { backoff_base: '20ms', backoff_cap: '100ms', verify_every: '1s' },
      edges: [
        fastly('good', good),
        fastly('wrong', good, { token: 'not-the-token' }),
        fastly('full', full),
        {
          kind: 'cloudflare',
          name: 'gone',
          dry_run: false,
          account_id: accountId,
          token: gone.token,
          ip_list: ipList,
          endpoint: gone.server.url,
        },
      ],
    }),
  );
  await say(log, verdict('203.0.113.1'), verdict('203.0.113.2'), verdict('203.0.113.3'));
  const edge = (name: string) => actuator!.edges().find((status) => status.name === name)!;
  await until(
    'the good one is in step',
    () => good.keys().length === 3 && edge('good').state === 'in_step',
    patienceMs,
  );
  await until('the wrong credential shows', () => edge('wrong').state === 'credential', patienceMs);
  await until('the full list shows', () => edge('full').state === 'full', patienceMs);
  await until('the list that is gone shows', () => edge('gone').state === 'missing', patienceMs);
  expect(edge('wrong').detail).toMatch(/401 Provided credentials are missing or invalid/);
  expect(edge('full').detail).toMatch(/max number of ACL entries/);
  expect(edge('gone').detail).toMatch(/could not find list/);
  expect(full.keys()).toEqual([]);
  const metrics = async () => context.metrics.registry.metrics();
  await until(
    'the circuit of the wrong credential opens',
    async () => (await metrics()).includes('tidegate_edge_circuit_open{edge="wrong"} 1'),
    patienceMs,
  );
  expect(await metrics()).toContain('tidegate_edge_circuit_open{edge="good"} 0');
  expect(await metrics()).toMatch(/tidegate_edge_requests_total\{edge="wrong",code="401"\} ([5-9]|\d\d)/);
  await say(log, verdict('203.0.113.4'));
  await until('the good one goes on', () => good.keys().length === 4, patienceMs);
}, 120_000);
