import { PartitionLostError } from '../../lib/log/partition-lost.ts';

type Commit = (offset: number) => Promise<void>;

/** Whether this instance may still insert for a partition. */
export interface Ownership {
  /** Aborted once the partition is lost, or the archiver stops. */
  readonly signal: AbortSignal;
  /**
   * Asked before every retry: an insert tried again long after the partition went to another instance would double
   * what that one has read and inserted. Commits what is stored already, which only an owner can; a refused commit
   * aborts the signal.
   */
  confirm(): Promise<void>;
  /** What `confirm` commits from now on. */
  storing(offset: number, commit: Commit): void;
  abort(): void;
}

export function createOwnership(): Ownership {
  const controller = new AbortController();
  let current: { readonly offset: number; readonly commit: Commit } | null = null;
  return {
    signal: controller.signal,
    confirm: async () => {
      try {
        await current?.commit(current.offset);
      } catch (error) {
        // Any other failure says nothing about who owns the partition.
        if (error instanceof PartitionLostError) controller.abort();
      }
    },
    storing: (offset, commit) => {
      current = { offset, commit };
    },
    abort: () => controller.abort(),
  };
}
