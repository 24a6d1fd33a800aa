import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../test/log/contract-suite.ts';
import { testTick } from '../../test/log/test-records.ts';
import { silentLogger } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import { openCheckpointDirectory } from './checkpoint-directory.ts';
import { consumeStateful, consumeStateless } from './consume.ts';
import type { Log, Outgoing } from './log.ts';
import { createMemoryLog } from './memory.ts';
import { recordsOf } from './read-topic.ts';
import { valueOfSnapshot, valueSnapshot } from './snapshot.ts';
import type { CheckpointStore, StatefulStep } from './step.ts';

const logger = silentLogger;
const group = 'tidegate.test';
let folder: string;
let checkpoints: CheckpointStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-consume-'));
  checkpoints = await openCheckpointDirectory(folder);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function deadLetters(log: Log) {
  return (await recordsOf(log, 'dead-letters')).map(({ value }) => value);
}

test('a record on which a pure step throws goes to dead-letters, the others pass', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const metrics = createMetrics();
  const producer = await log.producer('test');
  await producer.send(Array.from({ length: 1000 }, (_, time) => testTick(0, time)));
  const consumption = await consumeStateless({
    log,
    group,
    topics: ['requests.raw'],
    logger,
    metrics,
    step: {
      name: 'copy',
      process: (batch) => ({
        deadLetters: [],
        outputs: batch.records.map((record): Outgoing => {
          if (record.type === 'Tick' && record.value.time === 500) throw new Error('crafted');
          return { ...record, topic: 'requests.enriched' } as Outgoing;
        }),
      }),
    },
  });
  await until(() => log.pressure() >= 0 && consumption.ready(), 'ready');
  let ends = 0;
  while (ends < 999) {
    await new Promise((resolve) => setImmediate(resolve));
    ends = (await log.status('requests.enriched')).endOffsets[0]!;
  }
  const letters = await deadLetters(log);
  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({ reason: 'bug', position: 'requests.raw[0]@500', step: 'copy' });
  expect((await metrics.deadLetters.get()).values[0]?.value).toBe(1);
  expect((await log.committed(group, 'requests.raw'))[0]?.offset).toBe(1000);
  await consumption.close();
  await log.close();
});

test('a step that throws on everything stops instead of draining the topic into dead-letters', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  await producer.send(Array.from({ length: 1000 }, (_, time) => testTick(0, time)));
  const consumption = await consumeStateless({
    log,
    group,
    topics: ['requests.raw'],
    logger,
    metrics: createMetrics(),
    step: {
      name: 'broken',
      process: () => {
        throw new Error('always');
      },
    },
  });
  await expect(consumption.done).rejects.toThrow('broken threw on 11 of its last 1000 records');
  expect((await log.committed(group, 'requests.raw'))[0]).toBe(null);
  await consumption.close();
  await log.close();
});

/** Adds up ticks; emits the running sum as a tick, so that outputs show the state they came from. */
function summing(options: {
  readonly poison?: number;
  readonly layoutHash?: string;
  readonly seen?: number[];
}): StatefulStep<'requests.raw'> {
  return {
    name: 'sum',
    layoutHash: options.layoutHash ?? 'v1',
    open: (partition, snapshot) => {
      let sum = snapshot === null ? 0 : valueOfSnapshot<number>(snapshot);
      return {
        process: (batch) => {
          const outputs: Outgoing[] = [];
          for (const record of batch.records) {
            if (record.type !== 'Tick') continue;
            if (record.value.time === options.poison) throw new Error('poison');
            options.seen?.push(record.offset);
            sum += record.value.time;
            outputs.push({ ...testTick(partition, sum), topic: 'requests.enriched' } as Outgoing);
          }
          return { outputs, deadLetters: [] };
        },
        snapshot: () => valueSnapshot(sum),
      };
    },
  };
}

function stateful(log: Log, step: StatefulStep<'requests.raw'>, store = checkpoints, everyMs = 0) {
  return consumeStateful({
    log: { ...log, kind: 'kafka' }, // as a log that outlives the process
    group,
    topic: 'requests.raw',
    step,
    checkpoints: store,
    checkpointEveryMs: everyMs,
    instance: 'test-1',
    now: Date.now,
    logger,
    metrics: createMetrics(),
  });
}

async function lastSum(log: Log): Promise<number> {
  const last = (await recordsOf(log, 'requests.enriched')).at(-1);
  return last?.type === 'Tick' ? last.value.time : -1;
}

async function outputs(log: Log, count: number): Promise<void> {
  while ((await log.status('requests.enriched')).endOffsets[0]! < count)
    await new Promise((resolve) => setImmediate(resolve));
}

test('state and offset move together: a restart goes on from the checkpoint', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  await producer.send([1, 2, 3].map((time) => testTick(0, time)));
  const first = await stateful(log, summing({}), checkpoints, 3_600_000);
  await outputs(log, 3);
  expect((await log.committed(group, 'requests.raw'))[0]).toBe(null);
  await first.close();
  const committed = (await log.committed(group, 'requests.raw'))[0]!;
  expect(committed.offset).toBe(3);
  expect(JSON.parse(committed.metadata!)).toMatchObject({ store_id: checkpoints.storeId, layout_hash: 'v1' });

  await producer.send([4, 5].map((time) => testTick(0, time)));
  const seen: number[] = [];
  const second = await stateful(log, summing({ seen }));
  await outputs(log, 5);
  await second.close();
  expect(seen).toEqual([3, 4]);
  expect(await lastSum(log)).toBe(15);
  await log.close();
});

test('many checkpoints leave two files', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  const consumption = await stateful(log, summing({}));
  for (let time = 1; time <= 6; time++) {
    await producer.send([testTick(0, time)]);
    await outputs(log, time);
  }
  await consumption.close();
  expect(await checkpoints.list(`${group}/`)).toHaveLength(2);
  await log.close();
});

test('a record that crashes the step three times is set aside on the fourth start', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  await producer.send([1, 2, 4, 8, 16].map((time) => testTick(0, time)));
  let crashes = 0;
  for (;;) {
    const consumption = await stateful(log, summing({ poison: 4 }));
    const crashed = await Promise.race([
      consumption.done.then(
        () => false,
        () => true,
      ),
      new Promise<boolean>((resolve) => setTimeout(resolve, 300, false)),
    ]);
    await consumption.close();
    if (!crashed) break;
    expect(++crashes).toBeLessThan(10);
  }
  expect(crashes).toBe(4); // once as a batch, three times alone
  const letters = await deadLetters(log);
  expect(letters).toHaveLength(1);
  expect(letters[0]).toMatchObject({ reason: 'bug', position: 'requests.raw[0]@2' });
  expect(await lastSum(log)).toBe(1 + 2 + 8 + 16);
  expect((await log.committed(group, 'requests.raw'))[0]?.offset).toBe(5);
  expect((await checkpoints.list(`${group}/`)).filter((name) => name.includes('crash'))).toEqual([]);
  await log.close();
});

test('a checkpoint of another store is refused, one that is gone or of another layout rewinds', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  const keep = await log.tail({
    topic: 'requests.raw',
    from: 'latest',
    onBatch: () => new Promise(() => {}),
  });
  await producer.send([1, 2, 3].map((time) => testTick(0, time)));
  const first = await stateful(log, summing({}));
  await outputs(log, 3);
  await first.close();

  const elsewhere = await mkdtemp(join(tmpdir(), 'tidegate-elsewhere-'));
  const other = await stateful(log, summing({}), await openCheckpointDirectory(elsewhere));
  await expect(other.done).rejects.toThrow('give all instances the same checkpoint folder');
  await other.close();
  await rm(elsewhere, { recursive: true });

  await producer.send([testTick(0, 10)]);
  const seen: number[] = [];
  const changed = await stateful(log, summing({ layoutHash: 'v2', seen }));
  await outputs(log, 7);
  await changed.close();
  expect(seen).toEqual([0, 1, 2, 3]); // fresh state, from the rewind mark: here the beginning
  expect(await lastSum(log)).toBe(16);

  for (const name of await checkpoints.list(`${group}/`)) await checkpoints.delete(name);
  await producer.send([testTick(0, 20)]);
  const gone = await stateful(log, summing({ layoutHash: 'v2' }));
  await outputs(log, 12);
  await gone.close();
  expect(await lastSum(log)).toBe(36);
  void keep;
});

test('in the memory log it commits as it goes and writes no checkpoint', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  const consumption = await consumeStateful({
    log,
    group,
    topic: 'requests.raw',
    step: summing({}),
    checkpoints,
    checkpointEveryMs: 0,
    instance: 'test-1',
    now: Date.now,
    logger,
    metrics: createMetrics(),
  });
  await producer.send([testTick(0, 1)]);
  await outputs(log, 1);
  await new Promise((resolve) => setImmediate(resolve));
  expect((await log.committed(group, 'requests.raw'))[0]).toEqual({ offset: 1, metadata: null });
  expect(await checkpoints.list('')).toEqual([]);
  await consumption.close();
  await log.close();
});
