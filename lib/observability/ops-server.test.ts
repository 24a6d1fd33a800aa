import { afterEach, expect, test } from 'vitest';
import type { RunningService } from '../lifecycle.ts';
import { createMetrics } from './metrics.ts';
import { type OpsServer, startOpsServer } from './ops-server.ts';

let server: OpsServer | undefined;
afterEach(async () => server?.close());

const service = (name: string, reason: string | null): RunningService => ({
  name,
  notReady: () => reason,
  done: new Promise(() => {}),
  stop: async () => {},
});

test('readiness names the service that is not ready; liveness does not depend on it', async () => {
  const services = [service('collector', null), service('archiver', 'ClickHouse does not answer')];
  const metrics = createMetrics();
  metrics.eventsReceived.inc({ source: 'file' }, 3);
  server = await startOpsServer({ host: '127.0.0.1', port: 0, metrics, services: () => services });
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.text()]).toEqual([503, 'archiver: ClickHouse does not answer\n']);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  expect(await (await fetch(`${server.url}/metrics`)).text()).toContain(
    'tidegate_events_received_total{source="file"} 3',
  );
  services.pop();
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});
