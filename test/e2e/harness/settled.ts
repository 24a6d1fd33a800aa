import type { TopicName } from '../../../lib/contracts/topics.ts';
import type { Log } from '../../../lib/log/log.ts';
import { type UntilOptions, until } from './until.ts';

/** Records on a topic, over all partitions. */
export async function lengthOf(log: Log, topic: TopicName): Promise<number> {
  const { endOffsets } = await log.status(topic);
  return endOffsets.reduce((sum, end) => sum + end, 0);
}

/** How far a group has committed, over all partitions. */
export async function committedOf(log: Log, group: string, topic: TopicName): Promise<number> {
  const offsets = await log.committed(group, topic);
  return offsets.reduce((sum, entry) => sum + (entry?.offset ?? 0), 0);
}

/** Waits until the groups have committed everything that stands on the topic now. What comes later does not matter. */
export async function untilRead(
  log: Log,
  topic: TopicName,
  groups: readonly string[],
  options: UntilOptions,
): Promise<void> {
  const { endOffsets } = await log.status(topic);
  const behind = new Map<string, number>();
  await until(
    `${groups.join(', ')} read what stands on ${topic}`,
    async () => {
      for (const group of groups) {
        const offsets = await log.committed(group, topic);
        behind.set(
          group,
          endOffsets.reduce(
            (sum, end, partition) => sum + Math.max(0, end - (offsets[partition]?.offset ?? 0)),
            0,
          ),
        );
      }
      return [...behind.values()].every((records) => records === 0);
    },
    options,
    () => Object.fromEntries(behind),
  );
}

/** Waits until every event up to `endMs` has been judged, decided about, and archived. */
export async function untilSettled(log: Log, endMs: number, options: UntilOptions): Promise<void> {
  let clock = Number.NEGATIVE_INFINITY;
  const tail = await log.tail({
    topic: 'campaigns',
    from: 'earliest',
    onBatch: ({ records }) => {
      for (const record of records)
        if (record.type === 'CampaignTick') clock = Math.max(clock, record.value.clock_at);
    },
  });
  try {
    await until(
      'the campaign clock passes the end of the input',
      () => clock > endMs,
      options,
      () => (Number.isFinite(clock) ? new Date(clock).toISOString() : 'no tick yet'),
    );
  } finally {
    await tail.close();
  }
  // In the order of the flow: what one step wrote before it caught up is what the next has to catch up with.
  await untilRead(
    log,
    'requests.enriched',
    ['tidegate.detector.combine', 'tidegate.detector.match'],
    options,
  );
  await untilRead(log, 'aggregates', ['tidegate.detector.reduce'], options);
  await untilRead(log, 'verdicts', ['tidegate.decider'], options);
  for (const topic of ['requests.enriched', 'verdicts', 'campaigns', 'decisions'] as const)
    await untilRead(log, topic, ['tidegate.archiver'], options);
}
