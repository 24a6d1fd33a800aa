import kafkajs from 'kafkajs';
import { type TopicName, topicNames, topics } from '../contracts/topics.ts';
import type { LogConfig } from './config.ts';
import type { TopicPlanRow } from './topic-plan.ts';

/** What a topic would be created with. */
function wanted(topic: TopicName, config: LogConfig) {
  const definition = topics[topic];
  return {
    partitions: definition.partitions === 'traffic' ? config.traffic_partitions : definition.partitions,
    settings: {
      'cleanup.policy': definition.cleanup,
      'retention.ms': String(definition.retentionHours * 3_600_000),
      ...(config.replication_factor >= 3 ? { 'min.insync.replicas': '2' } : {}),
    },
  };
}

/** Partition counts of those of our topics that exist. */
export async function readPartitionCounts(
  admin: kafkajs.Admin,
  prefix: string,
): Promise<Map<TopicName, number>> {
  const existing = new Set(await admin.listTopics());
  const ours = topicNames.filter((topic) => existing.has(prefix + topic));
  if (ours.length === 0) return new Map();
  const { topics: found } = await admin.fetchTopicMetadata({ topics: ours.map((topic) => prefix + topic) });
  return new Map(
    found.map(({ name, partitions }) => [name.slice(prefix.length) as TopicName, partitions.length]),
  );
}

function sortedPolicy(policy: string): string {
  return policy
    .split(',')
    .map((part) => part.trim())
    .sort()
    .join(',');
}

/** Compares what stands on the brokers with the topics table. */
export async function planKafkaTopics(admin: kafkajs.Admin, config: LogConfig): Promise<TopicPlanRow[]> {
  const prefix = config.topic_prefix;
  const counts = await readPartitionCounts(admin, prefix);
  const existing = [...counts.keys()];
  const { resources } =
    existing.length === 0
      ? { resources: [] }
      : await admin.describeConfigs({
          includeSynonyms: false,
          resources: existing.map((topic) => ({
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name: prefix + topic,
            configNames: ['cleanup.policy', 'retention.ms'],
          })),
        });
  return topicNames.map((topic): TopicPlanRow => {
    const { partitions, settings } = wanted(topic, config);
    const count = counts.get(topic);
    if (count === undefined)
      return { topic: prefix + topic, action: 'create', detail: `${partitions} partitions` };
    const entries =
      resources.find(({ resourceName }) => resourceName === prefix + topic)?.configEntries ?? [];
    const value = (name: string) => entries.find(({ configName }) => configName === name)?.configValue;
    const problems: string[] = [];
    const notes: string[] = [];
    if (count !== partitions) problems.push(`has ${count} partitions, configured are ${partitions}`);
    const policy = value('cleanup.policy');
    if (policy !== undefined && sortedPolicy(policy) !== sortedPolicy(settings['cleanup.policy']))
      problems.push(`cleanup.policy is ${policy}, expected ${settings['cleanup.policy']}`);
    const retention = Number(value('retention.ms') ?? -1);
    if (retention >= 0 && retention < minimumRetentionMs(topic))
      problems.push(
        `retention.ms is ${retention}, at least ${minimumRetentionMs(topic)} is needed to rebuild the windows`,
      );
    else if (retention >= 0 && retention < Number(settings['retention.ms']))
      notes.push(`retention.ms is ${retention}, the default is ${settings['retention.ms']}`);
    if (problems.length > 0)
      return { topic: prefix + topic, action: 'mismatch', detail: problems.join('; ') };
    return { topic: prefix + topic, action: 'ok', detail: [`${count} partitions`, ...notes].join('; ') };
  });
}

/** Topics that state is rebuilt from must reach back over the longest window and two checkpoint ages. */
function minimumRetentionMs(topic: TopicName): number {
  return topic === 'requests.enriched' || topic === 'aggregates' ? 2 * 3_600_000 : 0;
}

/** Creates what the plan says is missing. */
export async function createKafkaTopics(
  admin: kafkajs.Admin,
  config: LogConfig,
  plan: readonly TopicPlanRow[],
): Promise<void> {
  const missing = topicNames.filter((topic) =>
    plan.some((row) => row.action === 'create' && row.topic === config.topic_prefix + topic),
  );
  if (missing.length === 0) return;
  await admin.createTopics({
    waitForLeaders: true,
    topics: missing.map((topic) => {
      const { partitions, settings } = wanted(topic, config);
      return {
        topic: config.topic_prefix + topic,
        numPartitions: partitions,
        replicationFactor: config.replication_factor,
        configEntries: Object.entries(settings).map(([name, value]) => ({ name, value })),
      };
    }),
  });
}
