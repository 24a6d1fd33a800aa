import { z } from 'zod';
import { EdgeError, type EdgeFault } from '../edge.ts';

/** Small files that outlive the process. */
export interface StateStore {
  /** null when there is none of that name. */
  read(name: string): Promise<Uint8Array | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
}

/** A token bucket: at most `capacity` at once, and that much in `refillMs` in the long run. */
export interface BucketLimit {
  readonly capacity: number;
  readonly refillMs: number;
}

export type Cost = { readonly [bucket: string]: number };

/**
 * What one credential may still send. Vendors count per account or user, so edges with the same credential share it. It
 * is written down before a request leaves: a process that is killed and restarted in a loop can not spend twice.
 */
export interface RequestBudget {
  /**
   * Takes the cost, or throws EdgeError with the time until it can be paid. While the circuit is open it throws the
   * fault that opened it; after that time a request goes through as a trial.
   */
  take(cost: Cost): Promise<void>;
  succeeded(): void;
  /** A fault that is not about one request: a credential, a server that is down. */
  failed(fault: EdgeFault, reason: string): Promise<void>;
  /** The server said to wait. */
  pause(ms: number): Promise<void>;
  /** The server said how much is left of a bucket. */
  left(bucket: string, tokens: number): void;
  /** True while requests are held back because the last ones failed. */
  readonly isOpen: boolean;
}

export interface BudgetOptions {
  readonly store: StateStore;
  readonly name: string;
  readonly limits: { readonly [bucket: string]: BucketLimit };
  readonly now: () => number;
  /** 0 to 1; spreads the trials of several instances (full jitter). */
  readonly random: () => number;
  /** The state can not be written. Enforcement and releases go on: the vendor still counts. */
  readonly onStoreError: (error: unknown) => void;
}

const opensAfter = 5;
const openMs = { base: 15_000, cap: 10 * 60_000 };
/** Waits shorter than this are waited, not reported. */
const patienceMs = 2000;

const savedSchema = z.object({
  levels: z.record(z.string(), z.number()),
  at: z.number(),
  pausedUntil: z.number(),
  failures: z.number(),
  openUntil: z.number(),
  fault: z.string().nullable(),
  reason: z.string(),
});

export async function openRequestBudget(options: BudgetOptions): Promise<RequestBudget> {
  const { store, name, limits, now, random } = options;
  const saved = await readSaved(options);
  const levels = new Map(
    Object.entries(limits).map(([bucket, { capacity }]) => [
      bucket,
      Math.min(capacity, saved?.levels[bucket] ?? capacity),
    ]),
  );
  // A clock that was set back must not stop everything for years.
  let filledAt = Math.min(saved?.at ?? now(), now());
  let pausedUntil = Math.min(saved?.pausedUntil ?? 0, now() + 24 * 3_600_000);
  let failures = saved?.failures ?? 0;
  let openUntil = Math.min(saved?.openUntil ?? 0, now() + openMs.cap);
  let fault = (saved?.fault ?? null) as EdgeFault | null;
  let reason = saved?.reason ?? '';

  const refill = (): void => {
    const at = now();
    const passedMs = Math.max(0, at - filledAt);
    filledAt = at;
    for (const [bucket, { capacity, refillMs }] of Object.entries(limits))
      levels.set(bucket, Math.min(capacity, levels.get(bucket)! + (passedMs * capacity) / refillMs));
  };
  const save = (): Promise<void> => {
    const state: z.output<typeof savedSchema> = {
      levels: Object.fromEntries(levels),
      at: filledAt,
      pausedUntil,
      failures,
      openUntil,
      fault,
      reason,
    };
    return store.write(name, Buffer.from(JSON.stringify(state))).catch(options.onStoreError);
  };
  /** ms until the cost can be paid, and by what it is held up. */
  const shortage = (cost: Cost): { ms: number; bucket: string } => {
    let worst = { ms: 0, bucket: '' };
    for (const [bucket, amount] of Object.entries(cost)) {
      const limit = limits[bucket];
      if (limit === undefined) throw new Error(`no bucket ${bucket}`);
      // A single request may cost more than the bucket holds: a full bucket has to do.
      const missing = Math.min(amount, limit.capacity) - levels.get(bucket)!;
      const ms = Math.ceil((missing * limit.refillMs) / limit.capacity);
      if (ms > worst.ms) worst = { ms, bucket };
    }
    return worst;
  };

  return {
    async take(cost) {
      refill();
      const waitMs = Math.max(openUntil, pausedUntil) - now();
      if (openUntil > now())
        throw new EdgeError(
          fault ?? 'unavailable',
          `circuit open after ${failures} failures in a row, the last: ${reason}`,
          {
            retryAfterMs: waitMs,
          },
        );
      if (pausedUntil > now())
        throw new EdgeError('throttled', 'the server asked to wait', { retryAfterMs: waitMs });
      const short = shortage(cost);
      if (short.ms > patienceMs)
        throw new EdgeError('throttled', `the budget of ${short.bucket} is used up`, {
          retryAfterMs: short.ms,
        });
      for (const [bucket, amount] of Object.entries(cost)) levels.set(bucket, levels.get(bucket)! - amount);
      await save();
      if (short.ms > 0) await new Promise((resolve) => setTimeout(resolve, short.ms));
    },
    succeeded() {
      failures = 0;
      openUntil = 0;
      fault = null;
    },
    failed(what, why) {
      failures++;
      fault = what;
      reason = why;
      if (failures >= opensAfter) {
        const ceiling = Math.min(openMs.cap, openMs.base * 2 ** Math.min(20, failures - opensAfter));
        openUntil = now() + Math.ceil(ceiling * random());
      }
      return save();
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, now() + ms);
      return save();
    },
    left(bucket, tokens) {
      refill();
      const level = levels.get(bucket);
      if (level !== undefined) levels.set(bucket, Math.min(level, tokens));
    },
    get isOpen() {
      return openUntil > now();
    },
  };
}

/** A file that can not be read is as good as none: the vendor still counts. */
async function readSaved({
  store,
  name,
  onStoreError,
}: BudgetOptions): Promise<z.output<typeof savedSchema> | undefined> {
  try {
    const bytes = await store.read(name);
    if (bytes === null) return undefined;
    return savedSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8'))).data;
  } catch (error) {
    onStoreError(error);
    return undefined;
  }
}
