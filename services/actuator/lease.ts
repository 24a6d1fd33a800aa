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
  /** True while this instance owns the edge of that name. */
  owns(edge: string): boolean;
  onChange(listener: () => void): void;
  close(): Promise<void>;
}

export async function takeLease(log: Log): Promise<Lease> {
  const partitions = await log.partitions('decisions');
  const owned = new Set<number>();
  const listeners: (() => void)[] = [];
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const subscription = await log.subscribe(edgesGroup, ['decisions'], {
    assigned: async (_topic, partition, committed) => {
      owned.add(partition);
      changed();
      return committed?.offset ?? 'latest';
    },
    batch: async (batch, commit) => {
      await commit(batch.nextOffset).catch((error: unknown) => {
        if (!(error instanceof PartitionLostError)) throw error;
      });
    },
    revoked: async (_topic, partition) => {
      owned.delete(partition);
      changed();
    },
  });
  return {
    done: subscription.done,
    owns: (edge) => subscription.ready() && owned.has(partitionOf(edge, partitions)),
    onChange: (listener) => {
      listeners.push(listener);
    },
    close: () => subscription.close(),
  };
}
