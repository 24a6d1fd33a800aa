import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Log, LogBatch, Outgoing } from '../../lib/log/log.ts';

/** What both adapters promise, run against each of them. The log has 4 traffic partitions and fresh topics. */
export interface SuiteTarget {
  readonly log: Log;
  close(): Promise<void>;
}

function tick(partition: number | undefined, time: number): Outgoing<'requests.raw'> {
  return {
    topic: 'requests.raw',
    key: null,
    ...(partition === undefined ? {} : { partition }),
    type: 'Tick',
    value: {
      site: 'default',
      collector_id: 'suite',
      source_class: 'live',
      time,
      watermark_at: time,
      closing: false,
    },
  };
}

function command(key: string, reason: string): Outgoing<'commands'> {
  return {
    topic: 'commands',
    key,
    type: 'Command',
    value: {
      command_id: 'cmd_1',
      kind: 'release',
      site: 'default',
      target: { kind: 'ip', value: '192.0.2.1', signature: null },
      decision_id: null,
      action: null,
      scope: null,
      reason,
      who: 'suite',
      at: 1_700_000_000_000,
      until_at: null,
      edge: null,
    },
  };
}

export async function until(condition: () => boolean, what: string, timeoutMs = 30_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`timed out: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export function logContractSuite(name: string, open: () => Promise<SuiteTarget>): void {
  describe(`log contract: ${name}`, () => {
    let target: SuiteTarget;
    let log: Log;
    beforeAll(async () => {
      target = await open();
      log = target.log;
      await log.ensureTopics();
    });
    afterAll(async () => {
      await target.close();
    });

    test('creating topics twice is harmless, and they have the counts of the table', async () => {
      await log.ensureTopics();
      expect(await log.partitions('requests.raw')).toBe(4);
      expect(await log.partitions('campaigns')).toBe(1);
      expect((await log.status('aggregates')).endOffsets).toEqual([0, 0, 0, 0]);
    });

    test('a record comes back as it was sent, where its key belongs, in order', async () => {
      const producer = await log.producer('suite');
      const sent = ['a', 'b', 'c', 'a', 'b', 'a', 'ünï'].map((key, index) => command(key, `${index}`));
      await producer.send(sent);
      const got: { key: string | null; reason: string; partition: number; offset: number }[] = [];
      const tail = await log.tail({
        topic: 'commands',
        from: 'earliest',
        onBatch: (batch) => {
          expect(batch.records.length).toBeGreaterThan(0);
          for (const record of batch.records) {
            expect(record.type).toBe('Command');
            expect(record.value.target).toEqual({ kind: 'ip', value: '192.0.2.1', signature: null });
            expect(record.value.at).toBe(1_700_000_000_000);
            got.push({
              key: record.key,
              reason: record.value.reason,
              partition: record.partition,
              offset: record.offset,
            });
          }
        },
      });
      await tail.caughtUp;
      expect(got).toHaveLength(7);
      // murmur2 of the key modulo 4, as the Java client has it
      expect(Object.fromEntries(got.map(({ key, partition }) => [key, partition]))).toEqual({
        a: 0,
        b: 0,
        c: 2,
        ünï: 3,
      });
      for (const partition of [0, 1, 2, 3]) {
        const here = got.filter((record) => record.partition === partition);
        expect(here.map(({ offset }) => offset)).toEqual(here.map((_, index) => index));
      }
      expect(got.filter(({ key }) => key === 'a').map(({ reason }) => reason)).toEqual(['0', '3', '5']);
      await tail.close();
      await tail.done;
      await producer.close();
    });

    test('a tail from the end sees only what comes after, and is caught up at once', async () => {
      const producer = await log.producer('suite');
      await producer.send([command('a', 'before')]);
      const got: string[] = [];
      const tail = await log.tail({
        topic: 'commands',
        from: 'latest',
        onBatch: (batch) => {
          for (const record of batch.records) got.push(record.value.reason);
        },
      });
      await tail.caughtUp;
      await producer.send([command('a', 'after')]);
      await until(() => got.length > 0, 'the record after');
      expect(got).toEqual(['after']);
      await tail.close();
      await producer.close();
    });

    test('explicit partitions are kept; sends without waiting stay in order', async () => {
      const producer = await log.producer('suite');
      const before = (await log.status('requests.raw')).endOffsets;
      const sends: Promise<void>[] = [];
      for (let time = 1; time <= 50; time++) sends.push(producer.send([tick(2, time), tick(1, time)]));
      await Promise.all(sends);
      const after = (await log.status('requests.raw')).endOffsets;
      expect(after.map((end, index) => end - before[index]!)).toEqual([0, 50, 50, 0]);
      const times = new Map<number, number[]>([
        [1, []],
        [2, []],
      ]);
      const tail = await log.tail({
        topic: 'requests.raw',
        from: 'earliest',
        onBatch: (batch) => {
          for (const record of batch.records)
            if (record.type === 'Tick' && record.offset >= before[batch.partition]!)
              times.get(batch.partition)!.push(record.value.time);
        },
      });
      await tail.caughtUp;
      const expected = Array.from({ length: 50 }, (_, index) => index + 1);
      expect(times.get(1)).toEqual(expected);
      expect(times.get(2)).toEqual(expected);
      await tail.close();
      await producer.close();
    });

    test('what can not be appended is an error: no such partition, no key on a compacted topic', async () => {
      const producer = await log.producer('suite');
      await expect(producer.send([tick(99, 1)])).rejects.toThrow('no partition 99');
      await expect(
        producer.send([
          {
            topic: 'campaigns',
            key: null,
            type: 'CampaignTick',
            value: { reducer: 0, reducers: 1, clock_at: 1, closing: false },
          },
        ]),
      ).rejects.toThrow('need a key');
      await producer.close();
    });

    test('a group goes on at its committed offset and gets the metadata back', async () => {
      const producer = await log.producer('suite');
      await producer.send([0, 1, 2, 3].map((partition) => tick(partition, 1000 + partition)));
      const group = 'tidegate.suite.commit';
      const given: (number | null)[] = [];
      const read = async (): Promise<LogBatch<'requests.raw'>[]> => {
        const batches: LogBatch<'requests.raw'>[] = [];
        const ends = (await log.status('requests.raw')).endOffsets;
        const reached = new Set<number>();
        const subscription = await log.subscribe(group, ['requests.raw'], {
          assigned: async (_topic, partition, committed) => {
            given.push(committed?.offset ?? null);
            if (committed !== null) {
              expect(committed.metadata).toBe(`state of ${partition}`);
              if (committed.offset >= ends[partition]!) reached.add(partition);
            }
            return committed?.offset ?? 'earliest';
          },
          batch: async (batch, commit) => {
            batches.push(batch);
            await commit(batch.nextOffset, `state of ${batch.partition}`);
            if (batch.nextOffset >= ends[batch.partition]!) reached.add(batch.partition);
          },
          revoked: async () => {},
        });
        await until(() => reached.size === 4, 'all partitions read');
        expect(subscription.ready()).toBe(true);
        await subscription.close();
        await subscription.done;
        return batches;
      };
      const first = await read();
      const ends = (await log.status('requests.raw')).endOffsets;
      expect(given).toEqual([null, null, null, null]);
      expect(first.reduce((total, batch) => total + batch.records.length, 0)).toBe(
        ends.reduce((total, end) => total + end, 0),
      );
      expect((await log.committed(group, 'requests.raw')).map((entry) => entry?.offset)).toEqual(ends);
      await producer.send([tick(3, 5000)]);
      given.length = 0;
      const second = await read();
      expect([...given].sort()).toEqual([...ends].sort());
      expect(second.flatMap((batch) => batch.records).map((record) => record.offset)).toEqual([ends[3]]);
      await producer.close();
    });

    test('a rejected batch stops the subscription and commits nothing', async () => {
      const producer = await log.producer('suite');
      await producer.send([tick(0, 1)]);
      const group = 'tidegate.suite.fail';
      const subscription = await log.subscribe(group, ['requests.raw'], {
        assigned: async () => 'earliest',
        batch: async () => {
          throw new Error('broken on purpose');
        },
        revoked: async () => {},
      });
      await expect(subscription.done).rejects.toThrow('broken on purpose');
      expect(subscription.ready()).toBe(false);
      expect(await log.committed(group, 'requests.raw')).toEqual([null, null, null, null]);
      await subscription.close();
      await producer.close();
    });

    test('a second member takes its share, nothing is lost, and a member that leaves gives it back', async () => {
      const producer = await log.producer('suite');
      const group = 'tidegate.suite.share';
      const seen = new Map<string, number>(); // partition@offset -> times
      const owner = new Map<number, string>();
      const revoked: string[] = [];
      const start = (await log.status('requests.raw')).endOffsets;
      const member = (name: string) =>
        log.subscribe(group, ['requests.raw'], {
          assigned: async (_topic, partition, committed) => {
            owner.set(partition, name);
            return committed?.offset ?? start[partition]!;
          },
          batch: async (batch, commit) => {
            for (const record of batch.records) {
              const id = `${batch.partition}@${record.offset}`;
              seen.set(id, (seen.get(id) ?? 0) + 1);
            }
            await commit(batch.nextOffset);
          },
          revoked: async (_topic, partition) => {
            revoked.push(`${name} ${partition}`);
          },
        });
      let sent = 0;
      const sendSome = async (): Promise<void> => {
        for (let round = 0; round < 5; round++) {
          await producer.send([0, 1, 2, 3].map((partition) => tick(partition, sent)));
          sent += 4;
        }
      };
      const a = await member('a');
      await sendSome();
      await until(() => seen.size === sent, 'a reads everything');
      const b = await member('b');
      await until(() => new Set(owner.values()).size === 2, 'b gets partitions');
      await until(() => a.ready() && b.ready(), 'both are ready');
      expect([...owner.values()].filter((name) => name === 'b')).toHaveLength(2);
      expect(revoked).toHaveLength(2);
      expect(revoked.every((entry) => entry.startsWith('a '))).toBe(true);
      await sendSome();
      await until(() => seen.size === sent, 'both read everything');
      await a.close();
      await until(() => [...owner.values()].every((name) => name === 'b'), 'b gets all of it');
      await sendSome();
      await until(() => seen.size === sent, 'b reads everything');
      await b.close();
      await producer.close();
    });
  });
}
