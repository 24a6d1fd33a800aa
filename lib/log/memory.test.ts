import { expect, test } from 'vitest';
import type { PaneFrame, RequestEvent } from '../contracts/generated.ts';
import { createLogger } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import { consumeStateful } from './consume.ts';
import type { Outgoing } from './log.ts';
import { createMemoryLog } from './memory.ts';
import type { CheckpointStore, StatefulStep } from './step.ts';

function tick(partition: number, time: number): Outgoing<'requests.raw'> {
  return {
    topic: 'requests.raw',
    key: null,
    partition,
    type: 'Tick',
    value: {
      site: 'default',
      collector_id: 'c',
      source_class: 'live',
      time,
      watermark_at: time,
      closing: false,
    },
  };
}

test('values are passed by reference in large batches, without waiting in between', async () => {
  const log = createMemoryLog({ trafficPartitions: 4 });
  const producer = await log.producer('test');
  const total = 400_000;
  const value = { event_id: 'x' } as RequestEvent;
  let seen = 0;
  let done = () => {};
  const finished = new Promise<void>((resolve) => {
    done = resolve;
  });
  const subscription = await log.subscribe('group', ['requests.raw'], {
    assigned: async (_topic, _partition, committed) => committed?.offset ?? 'earliest',
    batch: async (batch, commit) => {
      seen += batch.records.length;
      if (batch.records[0]!.value !== value) throw new Error('a copy');
      await commit(batch.nextOffset);
      if (seen === total) done();
    },
    revoked: async () => {},
  });
  for (let sent = 0; sent < total; sent += 2000) {
    const records: Outgoing[] = [];
    for (let index = 0; index < 2000; index++)
      records.push({
        topic: 'requests.raw',
        key: `default|10.0.${index & 255}`,
        type: 'RequestEvent',
        value,
      });
    await producer.send(records);
  }
  await finished;
  expect(log.pressure()).toBeLessThan(4 * 2048 * 1500);
  await subscription.close();
  await log.close();
});

test('what everybody has passed is dropped, what one reader has yet to read is not', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  const fast: number[] = [];
  const slow: number[] = [];
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const reader = (into: number[], wait: Promise<void> | null) => ({
    assigned: async () => 'earliest' as const,
    batch: async (
      batch: { records: readonly { offset: number }[]; nextOffset: number },
      commit: (offset: number) => Promise<void>,
    ) => {
      if (wait !== null) await wait;
      for (const record of batch.records) into.push(record.offset);
      await commit(batch.nextOffset);
    },
    revoked: async () => {},
  });
  await log.subscribe('fast', ['requests.raw'], reader(fast, null));
  await log.subscribe('slow', ['requests.raw'], reader(slow, gate));
  for (let round = 0; round < 10; round++)
    await producer.send(Array.from({ length: 1000 }, (_, index) => tick(0, index)));
  const held = log.pressure();
  expect(held).toBeGreaterThan(0);
  release();
  while (slow.length < 10_000) await new Promise((resolve) => setImmediate(resolve));
  expect(fast).toEqual(slow);
  expect(log.pressure()).toBeLessThan(held / 2);
  await log.close();
});

test('a compacted topic keeps the last value of each key and refuses records without one', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  const campaignTick = (key: string | null, time: number): Outgoing<'campaigns'> => ({
    topic: 'campaigns',
    key,
    type: 'CampaignTick',
    value: { reducer: 0, reducers: 1, clock_at: time, closing: false },
  });
  await expect(producer.send([campaignTick(null, 1)])).rejects.toThrow('need a key');
  const tail = await log.tail({ topic: 'campaigns', from: 'earliest', onBatch: () => {} });
  for (let round = 0; round < 100; round++) {
    await producer.send(Array.from({ length: 500 }, (_, index) => campaignTick(`k${index % 7}`, index)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  let read = 0;
  const again = await log.tail({
    topic: 'campaigns',
    from: 'earliest',
    onBatch: (batch) => {
      read += batch.records.length;
    },
  });
  await again.caughtUp;
  expect(read).toBeLessThan(20_000);
  expect(read).toBeGreaterThan(7);
  await tail.close();
  await again.close();
  await log.close();
});

test('what every reader has passed is no pressure, however large the last segment is', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const tail = await log.tail({ topic: 'aggregates', from: 'earliest', onBatch: () => {} });
  const producer = await log.producer('test');
  const group = { site: 's', kind: 'endpoint', key: 'GET /', counts: [], sketches: [], samples: [] };
  const frame = { groups: new Array(200).fill(group) } as unknown as PaneFrame;
  await producer.send(
    Array.from({ length: 20 }, () => ({
      topic: 'aggregates',
      key: null,
      partition: 0,
      type: 'PaneFrame',
      value: frame,
    })),
  );
  const after = await log.tail({ topic: 'aggregates', from: 'earliest', onBatch: () => {} });
  await Promise.all([tail.caughtUp, after.caughtUp]);
  expect(log.pressure()).toBe(0);
  await log.close();
});

test('what only waits for another topic keeps no input out', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  let goOn = () => {};
  const clock = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let handled = 0;
  const step = (name: string, wait: Promise<void> | null): StatefulStep<'requests.raw'> => ({
    name,
    layoutHash: '1',
    open: () => ({
      process: (batch) => {
        const done = () => {
          handled += batch.records.length;
          return { outputs: [], deadLetters: [] };
        };
        return wait === null ? done() : wait.then(done);
      },
      snapshot: () => new Map(),
    }),
  });
  const common = {
    log,
    topic: 'requests.raw',
    checkpoints: null as unknown as CheckpointStore,
    checkpointEveryMs: 1000,
    instance: 'test',
    now: Date.now,
    logger: createLogger({ service: 'test', version: '0', level: 'silent' }),
    metrics: createMetrics(),
  } as const;
  const combine = await consumeStateful({ ...common, group: 'combine', step: step('combine', null) });
  const match = await consumeStateful({ ...common, group: 'match', step: step('match', clock) });
  const sent = producer.send(Array.from({ length: 1000 }, (_, index) => tick(0, index)));
  expect(log.pressure()).toBeGreaterThan(0);
  await sent;
  while (handled < 1000) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  // only match has something to read, and it waits for what may never come without further input
  expect(log.pressure()).toBe(0);
  goOn();
  while (handled < 2000) await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([combine.close(), match.close()]);
  await log.close();
});

test('who waits for a tail to catch up learns that reading has failed', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  await producer.send([tick(0, 1)]);
  const broken = await log.tail({
    topic: 'requests.raw',
    from: 'earliest',
    onBatch: async () => {
      throw new Error('broken on purpose');
    },
  });
  await new Promise((resolve) => setImmediate(resolve)); // nobody looks yet: that is no unhandled rejection
  await expect(broken.caughtUp).rejects.toThrow('broken on purpose');
  await broken.close();
  await log.close();
});
