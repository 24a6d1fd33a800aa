import type { Log } from '../../lib/log/log.ts';
import { PartitionLostError } from '../../lib/log/partition-lost.ts';
import { partitionOf } from '../../lib/log/partitioner.ts';

export const edgesGroup = 'tidegate.edges';

/**
 * Who writes an edge that several instances share. The lease of an edge is a partition of a consumer group, so Kafka
 * elects the owner and notices when it dies; the records themselves are read elsewhere.
 */
export interface Lease {
  readonly done: Promise<void>;
  /**
   * While this instance owns the edge: a signal that is aborted when it does no longer. null: another one owns it, or
   * an apply of the one before could still be running. `lock`: whether the edge itself would turn that away.
   */
  hold(edge: string, lock: 'none' | 'token'): AbortSignal | null;
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export async function takeLease(
  log: Log,
  options: {
    /** How long a new owner waits at an edge without a lock: until an aborted apply of the old one has ended. */
    readonly takeoverWaitMs: number;
    readonly now: () => number;
  },
): Promise<Lease> {
  const partitions = await log.partitions('decisions');
  const owned = new Map<number, { readonly sinceAt: number; readonly lost: AbortController }>();
  const listeners: (() => void)[] = [];
  const timers = new Set<NodeJS.Timeout>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const subscription = await log.subscribe(edgesGroup, ['decisions'], {
    assigned: async (_topic, partition, committed) => {
      owned.set(partition, { sinceAt: options.now(), lost: new AbortController() });
      changed();
      const timer = setTimeout(() => {
        timers.delete(timer);
        changed();
      }, options.takeoverWaitMs + 1);
      timers.add(timer);
      return committed?.offset ?? 'latest';
    },
    batch: async (batch, commit) => {
      await commit(batch.nextOffset).catch((error: unknown) => {
        if (!(error instanceof PartitionLostError)) throw error;
      });
    },
    revoked: async (_topic, partition) => {
      owned.get(partition)?.lost.abort();
      owned.delete(partition);
      changed();
    },
  });
  return {
    done: subscription.done,
    hold(edge, lock) {
      if (!subscription.ready()) return null;
      const held = owned.get(partitionOf(edge, partitions));
      if (held === undefined) return null;
      const isSafe = lock === 'token' || options.now() - held.sinceAt >= options.takeoverWaitMs;
      return isSafe ? held.lost.signal : null;
    },
    onChange: (listener) => {
      listeners.push(listener);
    },
    async close() {
      for (const timer of timers) clearTimeout(timer);
      for (const { lost } of owned.values()) lost.abort();
      await subscription.close();
    },
  };
}
