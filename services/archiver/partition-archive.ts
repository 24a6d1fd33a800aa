import type { LogBatch, LogRecord } from '../../lib/log/log.ts';
import type { ArchivedTopic } from './destinations.ts';
import type { Ownership } from './ownership.ts';

/** Writes records of one partition, in order; calls do not overlap. Resolves when all of them are stored. */
export interface Store<T extends ArchivedTopic> {
  store(records: readonly LogRecord<T>[]): Promise<void>;
}

/** Gathers the batches of one partition until they are worth an insert, stores them, then commits. */
export interface PartitionArchive<T extends ArchivedTopic> {
  /** Takes a batch; waits while a full one is being stored (this is the back-pressure). Rejects on a fatal error. */
  add(batch: LogBatch<T>, commit: (offset: number) => Promise<void>): Promise<void>;
  /** Stores what is gathered. */
  flush(): Promise<void>;
  /** Offset after the last record taken. */
  taken(): number;
  /** Forgets what is gathered, waits for a running insert to end. */
  drop(): Promise<void>;
}

export function createPartitionArchive<T extends ArchivedTopic>(options: {
  readonly store: Store<T>;
  readonly batchRows: number;
  readonly intervalMs: number;
  readonly ownership: Ownership;
  /** The offset up to which everything is stored, and the end of the partition as last seen. */
  stored(nextOffset: number, highWatermark: number): void;
  /** A commit only moves the start of the next reader; a failed one costs nothing but reading again. */
  commitFailed(error: unknown): void;
  fatal(error: unknown): void;
}): PartitionArchive<T> {
  let records: LogRecord<T>[] = [];
  let last: { nextOffset: number; highWatermark: number; commit: (offset: number) => Promise<void> } | null =
    null;
  let timer: NodeJS.Timeout | null = null;
  let flushing: Promise<void> = Promise.resolve();
  let taken = -1;
  let failed: { readonly error: unknown } | null = null;

  const storeGathered = async (): Promise<void> => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (last === null || options.ownership.signal.aborted) return;
    const { nextOffset, highWatermark, commit } = last;
    const cut = records;
    options.ownership.storing(cut[0]?.offset ?? nextOffset, commit);
    records = [];
    last = null;
    await options.store.store(cut);
    options.stored(nextOffset, highWatermark);
    await commit(nextOffset).catch(options.commitFailed);
  };
  const flush = (): Promise<void> => {
    flushing = flushing.then(storeGathered).catch((error: unknown) => {
      if (options.ownership.signal.aborted) return;
      failed = { error };
      options.fatal(error);
      throw error;
    });
    return flushing;
  };

  return {
    add: async (batch, commit) => {
      if (failed !== null) throw failed.error;
      if (options.ownership.signal.aborted) return;
      for (const record of batch.records) records.push(record);
      last = { nextOffset: batch.nextOffset, highWatermark: batch.highWatermark, commit };
      taken = batch.nextOffset;
      if (records.length >= options.batchRows) await flush();
      else timer ??= setTimeout(() => flush().catch(() => {}), options.intervalMs);
    },
    flush,
    taken: () => taken,
    drop: async () => {
      options.ownership.abort();
      if (timer !== null) clearTimeout(timer);
      records = [];
      last = null;
      await flushing.catch(() => {});
    },
  };
}
