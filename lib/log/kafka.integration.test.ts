import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { localKafkaMissing, startTestKafka, testCacheDir } from '../../test/counterparts/kafka.ts';
import { logContractSuite, until } from '../../test/log/contract-suite.ts';
import { testTick } from '../../test/log/test-records.ts';
import { findJava } from '../engines/java.ts';
import { kafkaVersion } from '../engines/local-kafka.ts';
import { startLocalRegistry } from '../engines/local-registry.ts';
import { silentLogger } from '../observability/logger.ts';
import { createMetrics } from '../observability/metrics.ts';
import { openCheckpointDirectory } from './checkpoint-directory.ts';
import { type LogConfig, logConfig } from './config.ts';
import { consumeStateful } from './consume.ts';
import type { Log, Outgoing } from './log.ts';
import { openLog } from './open.ts';
import { recordsOf } from './read-topic.ts';
import { valueOfSnapshot, valueSnapshot } from './snapshot.ts';
import type { StatefulStep } from './step.ts';

const missing = await localKafkaMissing();

describe.skipIf(missing !== null)('Kafka', () => {
  let kafka: Awaited<ReturnType<typeof startTestKafka>>;
  let folder: string;
  beforeAll(async () => {
    kafka = await startTestKafka();
    folder = await mkdtemp(join(tmpdir(), 'tidegate-kafka-test-'));
  });
  afterAll(async () => {
    await kafka?.stop();
    await rm(folder, { recursive: true, force: true });
  });
  const configure = (more: object): LogConfig =>
    logConfig.parse({ brokers: kafka.brokers, traffic_partitions: 4, session_timeout: '6s', ...more });

  logContractSuite('Kafka', async () => {
    const log = await openLog(configure({}));
    return { log, close: () => log.close() };
  });

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'what is written with %s is read again',
    async (compression) => {
      const log = await openLog(configure({ compression, topic_prefix: `${compression}.` }));
      await log.ensureTopics();
      const producer = await log.producer('test');
      await producer.send(Array.from({ length: 3000 }, (_, time) => testTick(time & 3, time)));
      const times = await readTimes(log);
      expect(times).toHaveLength(3000);
      expect(new Set(times).size).toBe(3000);
      await log.close();
    },
  );

  test('what the Java producer writes with every codec is read, and set aside when it is not ours', async () => {
    const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'];
    const logs = await Promise.all(
      codecs.map(async (codec) => {
        const log = await openLog(configure({ topic_prefix: `java.${codec}.` }));
        await log.ensureTopics();
        return log;
      }),
    );
    const java = (await findJava(process.env))!;
    const source = join(folder, 'Produce.java');
    await writeFile(source, javaProducer);
    await promisify(execFile)(java.path, [
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      '-cp',
      join(testCacheDir, `kafka-${kafkaVersion}`, '*'),
      source,
      kafka.brokers[0]!,
      ...codecs,
    ]);
    for (const log of logs) {
      const details: string[] = [];
      const tail = await log.tail({
        topic: 'commands',
        from: 'earliest',
        onBatch: (batch) => {
          for (const { detail, bytes } of batch.undecodable) details.push(`${detail}: ${bytes.toString()}`);
        },
      });
      await tail.caughtUp;
      expect(details).toHaveLength(2000);
      expect(new Set(details).size).toBe(2000);
      expect(details[0]).toMatch(/no magic byte.*: line \d+ of text that compresses well/);
      await log.close();
    }
  });

  test('a send larger than a request is cut, and a record that can never fit is an error', async () => {
    const log = await openLog(configure({ compression: 'none', topic_prefix: 'large.' }));
    await log.ensureTopics();
    const producer = await log.producer('test');
    const letter = (length: number): Outgoing => ({
      topic: 'dead-letters',
      key: 'x',
      type: 'DeadLetter',
      value: {
        dead_letter_id: 'dlq_x',
        at: 1,
        step: 'test',
        site: 'default',
        source_id: 'x',
        position: '0',
        reason: 'malformed',
        detail: '',
        original: 'x'.repeat(length),
        original_bytes: length,
      },
    });
    await producer.send(Array.from({ length: 40 }, () => letter(200_000)));
    expect((await log.status('dead-letters')).endOffsets).toEqual([40]);
    await expect(producer.send([letter(1_000_000)])).rejects.toThrow('too large');
    await log.close();
  });

  test('two members, a crash and a restart: every tick is in exactly one state', async () => {
    const config = configure({ topic_prefix: 'state.' });
    const log = await openLog(config);
    await log.ensureTopics();
    const checkpoints = await openCheckpointDirectory(join(folder, 'checkpoints'));
    const producer = await log.producer('test');
    const member = (instance: string, memberLog: Log, crashAt: number | null) =>
      consumeStateful({
        log: memberLog,
        group: 'tidegate.state',
        topic: 'requests.raw',
        step: summing(crashAt),
        checkpoints,
        checkpointEveryMs: 50,
        instance,
        now: Date.now,
        logger: silentLogger,
        metrics: createMetrics(),
      });
    let next = 1;
    const expected = [0, 0, 0, 0];
    const sendSome = async (): Promise<void> => {
      for (let round = 0; round < 20; round++) {
        await producer.send(
          [0, 1, 2, 3].map((partition) => {
            expected[partition]! += next;
            return testTick(partition, next++);
          }),
        );
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    };
    const firstLog = await openLog(config, { instance: 'first' });
    const secondLog = await openLog(config, { instance: 'second' });
    const first = await member('first', firstLog, 150);
    const crashed = first.done.then(
      () => false,
      () => true,
    );
    await sendSome(); // 1 to 80
    const second = await member('second', secondLog, null);
    await sendSome(); // 81 to 160: the first member crashes on 150 if it owns that partition
    await until(() => second.ready(), 'the second member is ready');
    await sendSome();
    const outcome = await Promise.race([
      crashed,
      new Promise((resolve) => setTimeout(resolve, 500, 'alive')),
    ]);
    if (outcome === 'alive') await first.close();
    await firstLog.close();
    const third = await member('first', await openLog(config, { instance: 'first' }), null);
    await sendSome();
    const ends = (await log.status('requests.raw')).endOffsets;
    // The last output of each partition is the sum of everything sent to it.
    let sums: readonly number[] = [];
    for (let attempt = 0; attempt < 60 && sums.join() !== expected.join(); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 250));
      sums = await largestSums(log);
    }
    expect(sums).toEqual(expected);
    await third.close();
    await second.close();
    const committed = await log.committed('tidegate.state', 'requests.raw');
    expect(committed.map((entry) => entry?.offset)).toEqual(ends);
    for (const entry of committed) {
      const name = (JSON.parse(entry!.metadata!) as { checkpoint: string }).checkpoint;
      expect(await checkpoints.read(name)).not.toBe(null);
    }
    await secondLog.close();
    await log.close();
  });

  test('topics: the plan says what is missing and what does not fit', async () => {
    const log = await openLog(configure({ topic_prefix: 'plan.', traffic_partitions: 2 }));
    expect((await log.planTopics()).every(({ action }) => action === 'create')).toBe(true);
    await log.ensureTopics();
    expect((await log.planTopics()).every(({ action }) => action === 'ok')).toBe(true);
    await log.close();
    const other = await openLog(configure({ topic_prefix: 'plan.', traffic_partitions: 3 }));
    const rows = await other.planTopics();
    expect(
      rows.filter(({ action }) => action === 'mismatch').map(({ topic, detail }) => [topic, detail]),
    ).toEqual([
      ['plan.requests.raw', 'has 2 partitions, configured are 3'],
      ['plan.requests.enriched', 'has 2 partitions, configured are 3'],
    ]);
    await expect(other.ensureTopics()).rejects.toThrow('has 2 partitions, configured are 3');
    await other.close();
  });

  test('with a real registry: ids come from it, a second process reads by them, apply is repeatable', async () => {
    const registry = await startLocalRegistry({
      dataDir: join(folder, 'registry'),
      cacheDir: testCacheDir,
      env: process.env,
    });
    const config = configure({ topic_prefix: 'registry.', registry: { url: registry.url } });
    const log = await openLog(config);
    const plan = await log.applyTopics();
    expect(plan.some(({ topic }) => topic === 'subject registry.requests.raw-io.tidegate.RequestEvent')).toBe(
      true,
    );
    expect((await log.planTopics()).every(({ action }) => action === 'ok')).toBe(true);
    await log.ensureTopics();
    const producer = await log.producer('test');
    await producer.send([1, 2, 3].map((time) => testTick(0, time)));
    const reader = await openLog(config);
    expect(await readTimes(reader)).toEqual([1, 2, 3]);
    const compatibility = await fetch(`${registry.url}/config/registry.requests.raw-io.tidegate.Tick`);
    expect(await compatibility.json()).toMatchObject({ compatibilityLevel: 'FULL_TRANSITIVE' });
    await reader.close();
    await log.close();
    await registry.stop();
  });
});

async function readTimes(log: Log): Promise<number[]> {
  const times = (await recordsOf(log, 'requests.raw')).flatMap((record) =>
    record.type === 'Tick' ? [record.value.time] : [],
  );
  return times.sort((a, b) => a - b);
}

/** Sums of a partition only grow, so the largest is the newest. */
async function largestSums(log: Log): Promise<number[]> {
  const sums = [0, 0, 0, 0];
  for (const record of await recordsOf(log, 'requests.enriched'))
    if (record.type === 'Tick') sums[record.partition] = Math.max(sums[record.partition]!, record.value.time);
  return sums;
}

function summing(crashAt: number | null): StatefulStep<'requests.raw'> {
  return {
    name: 'sum',
    layoutHash: 'v1',
    open: (partition, snapshot) => {
      let sum = snapshot === null ? 0 : valueOfSnapshot<number>(snapshot);
      return {
        process: (batch) => ({
          deadLetters: [],
          outputs: batch.records.flatMap((record) => {
            if (record.type !== 'Tick') return [];
            if (crashAt !== null && record.value.time >= crashAt) throw new Error('crashed on purpose');
            sum += record.value.time;
            return [{ ...testTick(partition, sum), topic: 'requests.enriched' } as Outgoing];
          }),
        }),
        snapshot: () => valueSnapshot(sum),
      };
    },
  };
}

const javaProducer = `
import java.util.Properties;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.StringSerializer;
public class Produce {
  public static void main(String[] args) throws Exception {
    for (int codec = 1; codec < args.length; codec++) {
      Properties p = new Properties();
      p.put("bootstrap.servers", args[0]);
      p.put("compression.type", args[codec]);
      p.put("linger.ms", "50");
      String topic = "java." + args[codec] + ".commands";
      StringSerializer text = new StringSerializer();
      try (KafkaProducer<String, String> producer = new KafkaProducer<>(p, text, text)) {
        for (int i = 0; i < 2000; i++)
          producer.send(new ProducerRecord<>(topic, i % 4, "key", "line " + i + " of text that compresses well"));
        producer.flush();
      }
    }
  }
}
`;
