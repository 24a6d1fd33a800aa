import { setTimeout as sleep } from 'node:timers/promises';
import type { TopicName } from '../../lib/contracts/topics.ts';
import type { Log } from '../../lib/log/log.ts';

/** Groups and the topics that they read, in the order in which one feeds the next. */
export type Chain = readonly (readonly [group: string, topic: TopicName])[];

/** Resolves when everything sent so far has gone through the chain. */
export async function drained(log: Log, chain: Chain): Promise<void> {
  while (!(await isDrained(log, chain))) await sleep(1);
}

async function isDrained(log: Log, chain: Chain): Promise<boolean> {
  for (const [group, topic] of chain) {
    const { endOffsets } = await log.status(topic);
    const committed = await log.committed(group, topic);
    if (endOffsets.some((end, partition) => (committed[partition]?.offset ?? 0) < end)) return false;
  }
  return true;
}
