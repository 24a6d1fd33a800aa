import type { Command, Decision } from '../../../lib/contracts/generated.ts';
import { createDelivery } from '../../../lib/log/batch-delivery.ts';
import type { LogBatch, Outgoing } from '../../../lib/log/log.ts';
import { PartitionLostError } from '../../../lib/log/partition-lost.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import { targetKey } from '../../../lib/target.ts';
import type { DeciderConfig } from '../config.ts';
import type { CommandBook } from './command-book.ts';
import { decisionLimits } from './next-decision.ts';
import { createPartitionDecisions, type PartitionDecisions } from './partition-decisions.ts';
import type { Protection, Refusal } from './protection.ts';

export const deciderGroup = 'tidegate.decider';

export interface RunningDecider {
  readonly done: Promise<void>;
  ready(): boolean;
  /** To be called for every command read; resolves when what follows from it is acknowledged. */
  onCommand(command: Command, partition: number): Promise<void>;
  /** Applies all commands of the book to all partitions; those that had their effect change nothing. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

interface Owned {
  readonly decisions: PartitionDecisions;
  /** Work on a partition is done one after the other: batches of verdicts, and commands. */
  last: Promise<void>;
}

/**
 * The one writer of decisions. A partition of verdicts belongs to one member of the group, and with it the decisions of
 * its targets: on assignment they are read back from the topic, so nothing but the log has to survive. Commands reach
 * every member, because an allow entry or a purge concerns all partitions; each applies them to the partitions it owns.
 *
 * It reads with its own handler instead of consume.ts because its memory is an output topic rather than a checkpoint.
 * The order is the same: process, acknowledge, commit.
 */
export async function runDecider(
  context: ServiceContext,
  config: DeciderConfig,
  book: CommandBook,
  protection: Protection,
): Promise<RunningDecider> {
  const { log, logger, metrics } = context;
  const producer = await log.producer('decider');
  const delivery = createDelivery({
    producer,
    step: 'decider',
    group: deciderGroup,
    metrics,
    now: context.now,
  });
  const owned = new Map<number, Owned>();

  const alone = <T>(entry: Owned, work: () => Promise<T>): Promise<T> => {
    const result = entry.last.then(work);
    entry.last = result.then(
      () => {},
      () => {},
    );
    return result;
  };
  const outgoing = (decisions: readonly Decision[], partition: number): Outgoing[] =>
    decisions.map((value) => ({
      topic: 'decisions',
      key: targetKey(value.site, value.target),
      partition,
      type: 'Decision',
      value,
    }));
  const refused = (refusal: Refusal | null, cause: string): void => {
    if (refusal === null) return;
    metrics.guardTripped.inc({ guard: refusal.reason });
    logger.info({ guard: refusal.reason, cause }, 'not decided: the target is protected');
  };
  const observeDelay = (decision: Decision, firstSeenAt: number): void => {
    if (decision.revision === 1) metrics.detectionDelay.observe((decision.decided_at - firstSeenAt) / 1000);
  };

  /** Reads back what was decided so far, then applies the commands that came since. */
  const open = async (partition: number): Promise<void> => {
    const decisions = createPartitionDecisions({
      book,
      protection,
      limits: decisionLimits(config),
      maxTargets: config.max_targets,
      onEvicted: (count) => metrics.stateEvictions.inc({ table: 'decider_targets' }, count),
    });
    const tail = await log.tail({
      topic: 'decisions',
      from: 'earliest',
      onBatch: (batch) => {
        if (batch.partition !== partition) return;
        for (const record of batch.records) decisions.restore(record.value);
      },
    });
    try {
      await tail.caughtUp;
    } finally {
      await tail.close();
    }
    const entry: Owned = { decisions, last: Promise.resolve() };
    owned.set(partition, entry);
    await catchUp(partition, entry);
  };
  const catchUp = (partition: number, entry: Owned): Promise<void> =>
    alone(entry, async () => {
      const late = entry.decisions.catchUp(book, partition, context.now());
      if (late.length > 0) await producer.send(outgoing(late, partition));
    });

  const process = async (
    entry: Owned,
    batch: LogBatch<'verdicts'>,
    commit: (offset: number) => Promise<void>,
  ): Promise<void> => {
    const outputs: Outgoing[] = [];
    for (const { value: verdict } of batch.records) {
      const { decisions, refusal } = entry.decisions.onVerdict(verdict);
      refused(refusal, verdict.verdict_id);
      for (const decision of decisions) observeDelay(decision, verdict.first_seen_at);
      outputs.push(...outgoing(decisions, batch.partition));
    }
    await delivery.deliver(batch, { outputs, deadLetters: [] });
    await commit(batch.nextOffset).catch((error: unknown) => {
      if (!(error instanceof PartitionLostError)) throw error;
    });
    metrics.stateEntries.set(
      { table: 'decider_targets' },
      [...owned.values()].reduce((sum, { decisions }) => sum + decisions.size, 0),
    );
  };

  metrics.stateLimit.set({ table: 'decider_targets' }, config.max_targets);
  const subscription = await log.subscribe(deciderGroup, ['verdicts'], {
    assigned: async (_topic, partition, committed) => {
      await open(partition);
      return committed?.offset ?? 'earliest';
    },
    batch: async (batch, commit) => {
      const entry = owned.get(batch.partition);
      if (entry === undefined) throw new Error(`verdicts[${batch.partition}] came before its assignment`);
      await alone(entry, () => process(entry, batch, commit));
    },
    revoked: async (_topic, partition) => {
      const entry = owned.get(partition);
      owned.delete(partition);
      await entry?.last;
    },
  });

  return {
    done: subscription.done,
    ready: () => subscription.ready(),
    async onCommand(command, from) {
      for (const [partition, entry] of owned) {
        await alone(entry, async () => {
          if (owned.get(partition) !== entry) return;
          const { decisions, refusal } = entry.decisions.onCommand(command, partition === from);
          refused(refusal, command.command_id);
          if (decisions.length > 0) await producer.send(outgoing(decisions, partition));
        });
      }
    },
    catchUp: async () => {
      await Promise.all([...owned].map(([partition, entry]) => catchUp(partition, entry)));
    },
    async close() {
      await subscription.close();
      await Promise.all([...owned.values()].map((entry) => entry.last));
      await producer.close();
    },
  };
}
