import { randomUUID } from 'node:crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { isEmbeddedAvailable } from '../../lib/clickhouse/embedded.ts';
import { requireCounterpart } from '../counterparts/counterpart.ts';
import { localKafkaMissing } from '../counterparts/kafka.ts';
import { goodEvent } from './harness/bad-lines.ts';
import { sqlOf } from './harness/console-client.ts';
import { untilNoneMarked } from './harness/marked-processes.ts';
import { killLeftovers } from './harness/tidegate.ts';
import { until } from './harness/until.ts';
import { anyPorts, startUp } from './harness/up.ts';
import { createWorkspace } from './harness/workspace.ts';

/** A machine without brokers: `up` brings a real Kafka of its own, and takes it away again. */
const missing =
  (await localKafkaMissing()) ??
  requireCounterpart('chdb', await isEmbeddedAvailable(), 'run npm install chdb');
const workspace = createWorkspace('local');
afterAll(async () => {
  await killLeftovers();
  workspace.remove();
});

describe.skipIf(missing !== null)('up without brokers', () => {
  test('runs on a local Kafka, keeps its data over a restart, and leaves no process', async () => {
    const mark = randomUUID();
    const config = workspace.config('tidegate.yaml', {
      ...anyPorts,
      data_dir: workspace.path('state'),
      log: { traffic_partitions: 2 },
      collector: { http: { port: 0 } },
      archiver: { batch_interval: '100ms' },
      actuator: { api: { port: 0 } },
    });
    for (const run of [1, 2]) {
      const up = await startUp(config, [], { TIDEGATE_TEST_MARK: mark });
      const [, description] = await up.process.line(/✓ event log\s+(.*)/);
      expect(description).toMatch(/^Apache Kafka .*local/);
      const sent = await fetch(up.eventsUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/x-ndjson' },
        body: JSON.stringify(goodEvent(Date.now(), run)),
      });
      expect(sent.status).toBe(202);
      let rows: unknown;
      await until(
        'the event is archived, beside those of earlier runs',
        async () => {
          [rows] = await sqlOf(
            up.consoleUrl,
            'SELECT count() AS rows, uniqExact(event_id) AS ids FROM requests',
          );
          return JSON.stringify(rows) === JSON.stringify({ rows: run, ids: run });
        },
        { withinMs: 60_000, watch: [up.process] },
        () => rows,
      );
      expect(await up.process.stop()).toBe(0);
      await untilNoneMarked(mark);
    }
  }, 200_000);
});
