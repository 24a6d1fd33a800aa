import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import kafkajs from 'kafkajs';
import { createCodecs, localSchemaIds } from '../contracts/codecs.ts';
import type { TopicName } from '../contracts/topics.ts';
import { type Logger, silentLogger } from '../observability/logger.ts';
import type { LogConfig } from './config.ts';
import { createKafkaClient } from './kafka-client.ts';
import type { StartingPoint } from './kafka-lease.ts';
import { createKafkaProducer } from './kafka-producer.ts';
import { createRegistrySchemaIds } from './kafka-schema-ids.ts';
import { createKafkaSubscription } from './kafka-subscription.ts';
import { createKafkaTail } from './kafka-tail.ts';
import { createKafkaTopics, planKafkaTopics, readPartitionCounts } from './kafka-topics.ts';
import type { CommittedOffset, GroupHandler, LogProducer, Subscription } from './log.ts';
import type { ManagedLog, TopicPlanRow } from './topic-plan.ts';

export interface KafkaLogOptions {
  readonly config: LogConfig;
  /** Name of this instance in group assignments. Default: the host name. */
  readonly instance?: string;
  readonly logger?: Logger;
  /** One line for people. Default: the brokers. */
  readonly description?: string;
}

const retryForMs = 15_000;
const retryEveryMs = 100;

/** A new topic is not known everywhere at once and has no leader for a moment; a moving partition neither. */
async function whileRetriable<T>(call: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + retryForMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if ((error as { retriable?: boolean }).retriable !== true || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryEveryMs));
    }
  }
}

/** Connects to the brokers; rejects when none answers. Topics need not exist yet (`ensureTopics`). */
export async function openKafkaLog(options: KafkaLogOptions): Promise<ManagedLog> {
  const { config, logger = silentLogger, instance = hostname() } = options;
  const prefix = config.topic_prefix;
  const kafka = createKafkaClient(config, logger);
  const admin = kafka.admin();
  await admin.connect();
  const { url } = config.registry;
  const registry =
    url === undefined ? null : createRegistrySchemaIds({ ...config.registry, url }, config.client_id, prefix);
  const codecs = createCodecs(registry ?? localSchemaIds());
  const opened = new Set<{ close(): Promise<void> }>();
  let counts = await whileRetriable(() => readPartitionCounts(admin, prefix));
  let schemasKnown: Promise<void> | null = null;

  const keep = <T extends { close(): Promise<void> }>(entry: T): T => {
    const { close } = entry;
    const kept = {
      ...entry,
      close: async () => {
        opened.delete(kept);
        await close();
      },
    };
    opened.add(kept);
    return kept;
  };
  const partitions = async (topic: TopicName): Promise<number> => {
    if (!counts.has(topic)) counts = await whileRetriable(() => readPartitionCounts(admin, prefix));
    const count = counts.get(topic);
    if (count === undefined)
      throw new Error(`topic ${prefix}${topic} does not exist: run tidegate topics apply`);
    return count;
  };
  /** Ids of the schemas this build writes; those missing fail when they are first used. */
  const findSchemas = async (): Promise<void> => {
    await Promise.all((registry?.subjects ?? []).map((subject) => registry!.find(subject)));
  };
  const committed = async (group: string, topic: TopicName): Promise<readonly (CommittedOffset | null)[]> => {
    const count = await partitions(topic);
    const [found] = await admin.fetchOffsets({ groupId: group, topics: [prefix + topic] });
    return Array.from({ length: count }, (_, partition) => {
      const entry = found?.partitions.find((candidate) => candidate.partition === partition);
      const offset = Number(entry?.offset ?? -1);
      return offset < 0 ? null : { offset, metadata: entry?.metadata || null };
    });
  };
  const ends = async (topic: TopicName) => {
    const found = await whileRetriable(() => admin.fetchTopicOffsets(prefix + topic));
    return found
      .map(({ partition, low, high }) => ({ partition, earliest: Number(low), latest: Number(high) }))
      .sort((a, b) => a.partition - b.partition);
  };
  const subscribe = async <T extends TopicName>(
    group: string,
    topics: readonly T[],
    handler: GroupHandler<T>,
    from: 'committed' | 'none',
  ): Promise<Subscription> =>
    createKafkaSubscription<T>({
      kafka,
      group,
      topics,
      topicPrefix: prefix,
      instance,
      sessionTimeoutMs: config.session_timeout,
      handler,
      codecs,
      logger,
      startingPoints: async (topic): Promise<readonly StartingPoint[]> => {
        const [offsets, range] = await Promise.all([
          from === 'none' ? [] : committed(group, topic),
          ends(topic),
        ]);
        return range.map(({ partition, earliest, latest }) => ({
          committed: offsets[partition] ?? null,
          earliest,
          latest,
        }));
      },
    });

  const plan = async (): Promise<TopicPlanRow[]> => {
    const rows = await whileRetriable(() => planKafkaTopics(admin, config));
    if (registry === null) return rows;
    const subjects = await Promise.all(
      registry.subjects.map(async (subject): Promise<TopicPlanRow> => {
        const known = await registry.find(subject);
        return {
          topic: `subject ${subject.name}`,
          action: known ? 'ok' : 'create',
          detail: known ? `id ${registry.writerId(subject.record)}` : 'FULL_TRANSITIVE',
        };
      }),
    );
    return [...rows, ...subjects];
  };
  const apply = async (): Promise<readonly TopicPlanRow[]> => {
    const rows = await plan();
    await whileRetriable(() => createKafkaTopics(admin, config, rows));
    counts = await whileRetriable(() => readPartitionCounts(admin, prefix));
    // Leaders take a moment; the client repeats a whole request when one partition of it has none yet.
    await Promise.all([...counts.keys()].map(ends));
    for (const subject of registry?.subjects ?? [])
      if (rows.some((row) => row.action === 'create' && row.topic === `subject ${subject.name}`))
        await registry!.register(subject);
    return rows;
  };

  return {
    kind: 'kafka',
    description: options.description ?? `Kafka at ${config.brokers.join(', ')}`,
    producer: async (clientId): Promise<LogProducer> => {
      schemasKnown ??= findSchemas();
      await schemasKnown;
      counts = await whileRetriable(() => readPartitionCounts(admin, prefix));
      const producer = kafka.producer({
        allowAutoTopicCreation: false,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
        retry: { initialRetryTime: 100, maxRetryTime: 5000, retries: 12 },
      });
      producer.on(producer.events.DISCONNECT, () => logger.debug({ clientId }, 'producer disconnected'));
      await producer.connect();
      return keep(
        createKafkaProducer({
          producer,
          codecs,
          compression: config.compression,
          topicPrefix: prefix,
          partitions: counts,
        }),
      );
    },
    subscribe: async (group, topics, handler) => keep(await subscribe(group, topics, handler, 'committed')),
    tail: async (tailOptions) => {
      const group = `${prefix}tail.${instance}.${randomUUID()}`;
      const tail = await createKafkaTail({
        ...tailOptions,
        ends: await ends(tailOptions.topic),
        subscribe: (handler) => subscribe(group, [tailOptions.topic], handler, 'none'),
        deleteGroup: async () => {
          await admin.deleteGroups([group]);
        },
      });
      return keep(tail);
    },
    partitions,
    status: async (topic) => {
      const range = await ends(topic);
      return { topic, partitions: range.length, endOffsets: range.map(({ latest }) => latest) };
    },
    committed,
    ensureTopics: async () => {
      const rows = await apply();
      const wrong = rows.filter((row) => row.action === 'mismatch');
      if (wrong.length > 0)
        throw new Error(
          wrong.map((row) => `topic ${row.topic}: ${row.detail}`).join('\n') +
            '\nuse another log.topic_prefix, or bring configuration and brokers in line',
        );
    },
    pressure: () => 0,
    planTopics: plan,
    applyTopics: apply,
    close: async () => {
      await Promise.all([...opened].map((entry) => entry.close()));
      await admin.disconnect();
    },
  };
}
