/** A started part of Tidegate. `up` runs all of them in one process, production one per process. */
export interface RunningService {
  readonly name: string;
  /** null when ready, else why not, in a few words (shown by /readyz). */
  notReady(): string | null;
  /** Rejects when the service can not go on; the process then stops with exit code 1. */
  readonly done: Promise<void>;
  /** Finishes what was accepted, closes everything it opened. Idempotent. */
  stop(): Promise<void>;
}

/** Rejects as `done` does, and never resolves: for a race with what only goes on while that does. */
export function failureOf(done: Promise<unknown>): Promise<never> {
  return done.then(() => new Promise<never>(() => {}));
}
