import type kafkajs from 'kafkajs';
import type { Codecs } from '../contracts/codecs.ts';
import type { TopicName } from '../contracts/topics.ts';
import type { Logger } from '../observability/logger.ts';
import { createAssigner } from './kafka-assigner.ts';
import { createLease, type Lease, type StartingPoint } from './kafka-lease.ts';
import type { GroupHandler, Subscription } from './log.ts';

/** Waiting time of a fetch that finds nothing: also how fast a resumed partition is fetched again. */
const fetchWaitMs = 100;
const partitionFetchBytes = 1024 * 1024;
const fetchBytes = 8 * 1024 * 1024;
const rebalanceTimeoutMs = 60_000;
/** How long a closing member waits for a join under way, to commit what it has done. */
const joinPatienceMs = 10_000;

export interface KafkaSubscriptionOptions<T extends TopicName> {
  readonly kafka: kafkajs.Kafka;
  readonly group: string;
  readonly topics: readonly T[];
  readonly topicPrefix: string;
  readonly instance: string;
  readonly sessionTimeoutMs: number;
  readonly handler: GroupHandler<T>;
  readonly codecs: Codecs;
  readonly logger: Logger;
  /** Committed offsets and ends of a topic, one entry a partition. */
  readonly startingPoints: (topic: T) => Promise<readonly StartingPoint[]>;
}

/**
 * Membership in a consumer group. kafkajs fetches, heartbeats and rejoins; what was fetched waits in leases, one a
 * partition, so that a long batch delays neither heartbeats nor a rebalance. Ownership is derived by comparing the
 * assignments of successive joins, since kafkajs does not announce what is taken away.
 */
export async function createKafkaSubscription<T extends TopicName>(
  options: KafkaSubscriptionOptions<T>,
): Promise<Subscription> {
  const { group, handler, codecs, logger, topicPrefix } = options;
  const leases = new Map<string, Lease>();
  const endings = new Map<string, Promise<void>>();
  let memberId: string | null = null;
  let state: 'joining' | 'joined' | 'closing' | 'failed' = 'joining';
  let resolveDone = () => {};
  let rejectDone = (_error: unknown) => {};
  const done = new Promise<void>((resolve, reject) => {
    resolveDone = resolve;
    rejectDone = reject;
  });
  done.catch(() => {});

  // While a join is under way no commit is sent: the broker checks the generation, not who owns the partition.
  let settled: Promise<void> = Promise.resolve();
  let settle = () => {};
  const joinBegins = (): void => {
    if (state === 'joined') state = 'joining';
    settle();
    settled = new Promise((resolve) => {
      settle = resolve;
    });
  };

  const consumer = options.kafka.consumer({
    groupId: group,
    partitionAssigners: [createAssigner(options.instance, joinBegins)],
    sessionTimeout: options.sessionTimeoutMs,
    rebalanceTimeout: rebalanceTimeoutMs,
    heartbeatInterval: Math.floor(options.sessionTimeoutMs / 5),
    maxWaitTimeInMs: fetchWaitMs,
    maxBytesPerPartition: partitionFetchBytes,
    maxBytes: fetchBytes,
    allowAutoTopicCreation: false,
  });
  const fail = (error: unknown): void => {
    if (state === 'failed' || state === 'closing') return;
    state = 'failed';
    rejectDone(error);
    shutDown().catch((failure: unknown) => logger.debug({ error: failure }, 'closing after a failure'));
  };
  const shutDown = async (): Promise<void> => {
    // Commits of running batches wait for a join under way; where none will come any more they must fail instead.
    if (state === 'failed') settle();
    const impatience = setTimeout(() => settle(), joinPatienceMs);
    await Promise.all([...leases.values()].map((lease) => lease.finish()));
    await Promise.all(endings.values());
    clearTimeout(impatience);
    settle();
    await consumer.disconnect();
  };

  const revoke = (key: string, lease: Lease): void => {
    leases.delete(key);
    const ending = lease.revoke().catch(fail);
    endings.set(key, ending);
    void ending.then(() => {
      if (endings.get(key) === ending) endings.delete(key);
    });
  };
  const grant = (
    key: string,
    topicOnBroker: string,
    partition: number,
    points: (topic: T) => Promise<readonly StartingPoint[]>,
  ): void => {
    const topic = topicOnBroker.slice(topicPrefix.length) as T;
    const place = [{ topic: topicOnBroker, partitions: [partition] }];
    leases.set(
      key,
      createLease<T>({
        topic,
        partition,
        handler,
        codecs,
        logger,
        previous: endings.get(key) ?? Promise.resolve(),
        startingPoint: async () => (await points(topic))[partition]!,
        settled: () => settled,
        seek: (offset) => consumer.seek({ topic: topicOnBroker, partition, offset: String(offset) }),
        pause: () => consumer.pause(place),
        resume: () => {
          if (leases.has(key) && (state === 'joined' || state === 'joining')) consumer.resume(place);
        },
        topicOnBroker,
        fail,
      }),
    );
  };
  /** Runs in one go with the end of the join, before anything can be fetched. */
  const onJoin = (event: kafkajs.ConsumerGroupJoinEvent): void => {
    const { memberAssignment } = event.payload;
    // With another member id this member was thrown out in between: others may have owned its partitions.
    const sameMember = memberId === event.payload.memberId;
    memberId = event.payload.memberId;
    const assigned = new Map<string, { readonly topic: string; readonly partition: number }>();
    for (const [topic, partitions] of Object.entries(memberAssignment))
      for (const partition of partitions) assigned.set(`${topic}/${partition}`, { topic, partition });
    for (const [key, lease] of [...leases]) {
      const position = lease.fetchPosition();
      if (!sameMember || !assigned.has(key)) revoke(key, lease);
      else if (position !== null)
        consumer.seek({
          topic: topicPrefix + lease.topic,
          partition: lease.partition,
          offset: String(position),
        });
    }
    if (state === 'joining' || state === 'joined') {
      const cache = new Map<T, Promise<readonly StartingPoint[]>>();
      const points = (topic: T): Promise<readonly StartingPoint[]> => {
        const known = cache.get(topic) ?? options.startingPoints(topic);
        cache.set(topic, known);
        return known;
      };
      for (const [key, { topic, partition }] of assigned)
        if (!leases.has(key)) grant(key, topic, partition, points);
      state = 'joined';
    }
    settle();
  };
  consumer.on(consumer.events.GROUP_JOIN, onJoin);
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) fail(payload.error);
    else logger.warn({ group, error: payload.error.message }, 'group membership failed, joining again');
  });

  await consumer.connect();
  await consumer.subscribe({
    topics: options.topics.map((topic) => topicPrefix + topic),
    fromBeginning: true,
  });
  await consumer.run({
    autoCommit: false,
    partitionsConsumedConcurrently: 1,
    eachBatch: async ({ batch, commitOffsetsIfNecessary }) => {
      leases.get(`${batch.topic}/${batch.partition}`)?.push(batch, commitOffsetsIfNecessary);
    },
  });
  return {
    done,
    ready: () => state === 'joined' && [...leases.values()].every((lease) => lease.fetchPosition() !== null),
    close: async () => {
      if (state === 'failed') return;
      state = 'closing';
      await shutDown();
      resolveDone();
    },
  };
}
