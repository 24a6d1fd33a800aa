import type { Records } from './generated.ts';

export type RecordName = keyof Records;

interface TopicDefinition {
  /** Record types that may stand on the topic. */
  readonly records: readonly RecordName[];
  /** What the key is made of; the key decides the partition unless a partition is given. */
  readonly key: string;
  /** `traffic` topics share one partition count (8 local, 32 in production); the others are fixed. */
  readonly partitions: 'traffic' | number;
  /** `compact`: the newest record of each key stays for good; `compact,delete`: until its retention ends. */
  readonly cleanup: 'delete' | 'compact,delete' | 'compact';
  readonly retentionHours: number;
  /** Registry compatibility of the subjects of this topic. */
  readonly compatibility: 'FULL_TRANSITIVE';
  readonly producers: readonly string[];
  readonly consumers: readonly string[];
}

/** The wiring of Tidegate in one table. Names are without the configured prefix (`tidegate.`). */
export const topics = {
  'requests.raw': {
    records: ['RequestEvent', 'Tick'],
    key: 'site + client network (/24 or /48); ticks go to every partition',
    partitions: 'traffic',
    cleanup: 'delete',
    retentionHours: 72,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['collector'],
    consumers: ['enricher'],
  },
  'requests.enriched': {
    records: ['EnrichedRequest', 'Tick'],
    key: 'as requests.raw, same partition number',
    partitions: 'traffic',
    cleanup: 'delete',
    retentionHours: 168,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['enricher'],
    consumers: ['detector.combine', 'detector.match', 'archiver'],
  },
  aggregates: {
    records: ['PaneFrame'],
    key: 'explicit partition: hash(site) mod partitions, so that one reducer sees all groups of a site',
    partitions: 4,
    cleanup: 'delete',
    retentionHours: 24,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['detector.combine'],
    consumers: ['detector.reduce'],
  },
  keyed: {
    records: ['KeyedFrame'],
    key: 'explicit partition: hash(site + key) mod partitions, so that one reader sees all requests of an account',
    partitions: 4,
    cleanup: 'delete',
    retentionHours: 24,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['detector.combine'],
    consumers: ['detector.keyed'],
  },
  campaigns: {
    records: ['Campaign', 'CampaignTick'],
    key: 'campaign_id; ticks: explicit partition',
    partitions: 1,
    cleanup: 'compact,delete',
    retentionHours: 4320,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['detector.reduce'],
    consumers: ['detector.match', 'actuator.edges', 'archiver'],
  },
  verdicts: {
    records: ['Verdict'],
    key: 'site + target',
    partitions: 4,
    cleanup: 'delete',
    retentionHours: 720,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['detector.reduce', 'detector.keyed', 'detector.match'],
    consumers: ['actuator.decider', 'archiver'],
  },
  commands: {
    records: ['Command'],
    key: 'site + target',
    partitions: 4,
    cleanup: 'delete',
    retentionHours: 9600,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['cli', 'console'],
    consumers: ['actuator.decider', 'actuator.edges', 'archiver'],
  },
  decisions: {
    records: ['Decision'],
    key: 'site + target',
    partitions: 4,
    cleanup: 'compact,delete',
    retentionHours: 4320,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['actuator.decider'],
    consumers: ['actuator.edges', 'archiver'],
  },
  endpoints: {
    records: ['ApiEndpoint', 'EndpointAlias', 'EndpointNotice'],
    key: 'endpoint_id, alias_id or notice_id',
    partitions: 1,
    cleanup: 'compact,delete',
    retentionHours: 9600,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['detector.reduce'],
    consumers: ['actuator.edges', 'archiver'],
  },
  'good-clients': {
    records: ['GoodClient'],
    key: 'site + client + fingerprint',
    partitions: 4,
    cleanup: 'compact,delete',
    retentionHours: 4,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['detector.match'],
    consumers: ['actuator.edges'],
  },
  policies: {
    records: ['PolicySet'],
    key: 'set_id',
    partitions: 1,
    cleanup: 'compact',
    retentionHours: 9600,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['cli'],
    consumers: ['detector'],
  },
  'edge-actions': {
    records: ['EdgeAction'],
    key: 'edge',
    partitions: 1,
    cleanup: 'delete',
    retentionHours: 9600,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['actuator.edges'],
    consumers: ['archiver'],
  },
  'dead-letters': {
    records: ['DeadLetter'],
    key: 'source',
    partitions: 1,
    cleanup: 'delete',
    retentionHours: 168,
    compatibility: 'FULL_TRANSITIVE',
    producers: ['collector', 'enricher', 'detector', 'archiver'],
    consumers: ['cli', 'archiver'],
  },
} as const satisfies { [name: string]: TopicDefinition };

export type TopicName = keyof typeof topics;
export const topicNames = Object.keys(topics) as TopicName[];

/** Whether the topic keeps the newest record of each key: its records need one. */
export function isCompacted(topic: TopicName): boolean {
  return topics[topic].cleanup !== 'delete';
}

/** A value on a topic with the name of its record type: a closed union per topic. */
export type TopicValue<T extends TopicName = TopicName> = T extends TopicName
  ? {
      [N in (typeof topics)[T]['records'][number]]: { readonly type: N; readonly value: Records[N] };
    }[(typeof topics)[T]['records'][number]]
  : never;
