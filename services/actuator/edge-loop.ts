import type { Logger } from '../../lib/observability/logger.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import type { ClientClass } from './action-table.ts';
import type { Arming, EdgeMode } from './arming.ts';
import type { Audit } from './audit.ts';
import type { CapacityOptions } from './choose-entries.ts';
import type { Desired } from './desired.ts';
import { type Edge, EdgeError, type Entry, type ObservedEntry } from './edge.ts';
import { createEdgeBoard, type EdgeStatus } from './edge-status.ts';
import { countsOf, type KnownEdge, knownEdge } from './known-edge.ts';
import { changesOf, heldBackOf, isEmpty, type Plan, type ReconcileOptions, reconcile } from './reconcile.ts';
import { createWaker } from './waker.ts';
import { createWrittenLately } from './written-lately.ts';

export interface EdgeLoopOptions {
  readonly name: string;
  readonly edge: Edge;
  /** What the edge may do now. */
  readonly arming: () => Arming;
  readonly adopt: boolean;
  readonly maxUnexplainedShare: number;
  readonly desired: (at: number) => Desired;
  readonly known: (key: string) => boolean;
  /** Whether something says that an entry, which is not desired, may go. */
  readonly explains: (entry: ObservedEntry) => boolean;
  /** Whether a person has lifted the guard on unexplained removals for now. */
  readonly letsGo: () => boolean;
  /** Who sends the requests that an entry selects. */
  readonly clientsOf: (entry: Entry) => ClientClass;
  /** Aborted when this instance may no longer write the edge; null: another instance writes it. */
  readonly hold: () => AbortSignal | null;
  /** True when nothing says what the edge stops. */
  readonly isBlind: () => boolean;
  /** What the planner weighs now; the guard on collateral is its budget. */
  readonly capacity: () => CapacityOptions;
  /** Why an addition must wait now; null: it need not. */
  readonly holdAddition: (entry: Entry) => string | null;
  readonly audit: Audit;
  readonly verifyEveryMs: number;
  readonly backoffMs: { readonly base: number; readonly cap: number };
  readonly now: () => number;
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface EdgeLoop {
  readonly done: Promise<void>;
  status(): EdgeStatus;
  /** What would change now, without changing it. Throws EdgeError when the edge can not be read. */
  plan(): Promise<Plan>;
  /** What is wanted may have changed: reconcile soon. */
  wake(): void;
  /** So may anything else: reconcile soon, and look at everything. */
  lookAnew(): void;
  /** Ends after the running call, and never fails. The content of the edge stays. */
  close(): Promise<void>;
}

const attemptsPerRound = 4;
const defaultApplyWithinMs = 60_000;
/** How often an edge is looked at while what was written is not visible there. */
const visibleStepMs = 1000;

/**
 * Keeps one edge in step: observe, plan, apply, and observe again to see that it is so. One call at a time. Faults are
 * answered with full jitter, never faster than the edge asked for; conflicts at once, with a fresh look.
 */
export function startEdgeLoop(options: EdgeLoopOptions): EdgeLoop {
  const { name, edge, metrics, now, audit } = options;
  const { descriptor } = edge;
  const logger = options.logger.child({ labels: { edge: name } });
  const stop = new AbortController();
  const waker = createWaker();
  const board = createEdgeBoard(name, descriptor, { ...options, logger });
  const { status, become } = board;
  let busy: Promise<unknown> = Promise.resolve();
  /** What it holds, as long as nobody doubts it. */
  let known: { readonly edge: KnownEdge; readonly version: number; readonly untilAt: number } | null = null;
  let isDoubted = false;
  let heldBefore: ReadonlySet<string> = new Set();
  const written = createWrittenLately(descriptor.visibleWithinMs ?? 0, now);

  const counted = async <T>(call: Promise<T>): Promise<T> => {
    try {
      const value = await call;
      if (edge.countsRequests !== true) metrics.edgeRequests.inc({ edge: name, code: 'ok' });
      return value;
    } catch (error) {
      const fault = faultOf(error);
      if (edge.countsRequests !== true) metrics.edgeRequests.inc({ edge: name, code: fault.fault });
      throw fault;
    }
  };
  const rulesOf = (mode: EdgeMode): ReconcileOptions => ({
    adopt: options.adopt,
    known: options.known,
    explains: options.explains,
    heldBefore,
    inexpressible: (entry) => edge.inexpressible?.(entry) ?? null,
    // Who purges an edge wants everything of ours gone, explained or not.
    maxUnexplainedShare: mode === 'purging' || options.letsGo() ? 1 : options.maxUnexplainedShare,
    windingDown: mode === 'winding_down' || mode === 'purging',
    capacity: options.capacity(),
    holdAddition: options.holdAddition,
    clientsOf: options.clientsOf,
  });
  const look = async (desired: Desired): Promise<{ plan: Plan; learn: () => void }> => {
    const arming = options.arming();
    const { mode } = arming;
    const wanted = mode === 'purging' ? [] : desired.entries;
    const observed = await counted(edge.observe(stop.signal, wanted));
    const rules = rulesOf(mode);
    const plan = reconcile(wanted, observed, descriptor, rules);
    heldBefore = new Set(heldBackOf(plan).map(({ key }) => key));
    board.counted(countsOf(plan, observed), changesOf(plan), arming, options.isBlind);
    return {
      plan,
      learn: () => {
        if (edge.isAsKnown === undefined || desired.changes === undefined || mode !== 'armed') return;
        const found = knownEdge(plan, observed, descriptor, rules.capacity);
        if (found === null) return;
        known = { edge: found, version: desired.changes.version, untilAt: now() + options.verifyEveryMs };
      },
    };
  };
  const apply = async (plan: Plan, lost: AbortSignal): Promise<void> => {
    const startedAt = performance.now();
    const withinMs = descriptor.applyWithinMs ?? defaultApplyWithinMs;
    const tooLong = AbortSignal.timeout(withinMs);
    const details = (error: string | null) => ({
      error,
      durationMs: performance.now() - startedAt,
      at: now(),
    });
    try {
      await counted(edge.apply(plan, AbortSignal.any([stop.signal, lost, tooLong])));
    } catch (caught) {
      const error = tooLong.aborted
        ? new EdgeError('unavailable', `not done within ${withinMs} ms`, { cause: caught })
        : caught;
      await audit.record(plan, 'failed', details(faultOf(error).message));
      throw error;
    }
    written.add(plan);
    await audit.record(plan, 'applied', details(null));
    for (const entry of plan.add)
      metrics.edgePropagation.observe({ edge: name }, Math.max(0, now() - entry.updatedAt) / 1000);
    logger.info(
      { plan: plan.planId, added: plan.add.length, updated: plan.update.length, removed: plan.remove.length },
      'edge change applied',
    );
  };
  const standBy = (): number => {
    known = null;
    become({ state: 'standby', detail: 'another instance writes this edge' });
    return options.verifyEveryMs;
  };
  /**
   * What has changed since the edge was known, and nothing else: the plan of a whole look, restricted to these keys.
   * Answers when to look again; null: only a look at everything can tell. Throws EdgeError.
   */
  const changedRound = async ({ changes }: Desired): Promise<number | null> => {
    const trusted = isDoubted ? null : known;
    isDoubted = false;
    // Whatever ends this before its end leaves nothing known.
    known = null;
    if (trusted === null || changes === undefined || now() >= trusted.untilAt) return null;
    const arming = options.arming();
    if (arming.mode !== 'armed') return null;
    if (changes.since(trusted.version)?.size !== 0 && !(await counted(edge.isAsKnown!(stop.signal))))
      return null;
    const keys = changes.since(trusted.version);
    const part = keys === null ? null : trusted.edge.planFor(keys, changes.entry, rulesOf(arming.mode));
    if (part === null) return null;
    if (!isEmpty(part.plan)) {
      const lost = options.hold();
      if (lost === null) return standBy();
      try {
        await apply(part.plan, lost);
      } catch (error) {
        if (lost.aborted) return standBy();
        if (faultOf(error).fault === 'conflict') return null;
        throw error;
      }
    }
    part.applied();
    board.counted(trusted.edge.counts(), 0, arming, options.isBlind);
    board.settled(part.plan);
    known = { ...trusted, version: changes.version };
    return trusted.untilAt - now();
  };
  /** Ends in step, standing by or in dry run, and answers when to look again; throws EdgeError. */
  const wholeRound = async (desired: Desired): Promise<number> => {
    for (let attempt = 1; ; attempt++) {
      const { plan: whole, learn } = await look(desired);
      const { mode } = status().arming;
      if (mode === 'dry_run') {
        await audit.record(whole, 'planned', { error: null, durationMs: 0, at: now() });
        become({ state: 'dry_run', detail: whole.refused, consecutiveFailures: 0, lastSuccessAt: now() });
        return options.verifyEveryMs;
      }
      if (isEmpty(whole)) {
        written.clear();
        board.settled(whole);
        learn();
        return Math.min(options.verifyEveryMs, whole.pending?.lookAgainMs ?? Number.POSITIVE_INFINITY);
      }
      const plan = written.without(whole);
      if (isEmpty(plan)) {
        become({ state: 'pending', detail: 'written, not visible yet', consecutiveFailures: 0 });
        return Math.min(visibleStepMs, (descriptor.visibleWithinMs ?? 0) / 4);
      }
      if (attempt > attemptsPerRound)
        throw new EdgeError(
          'unverified',
          `${changesOf(plan)} changes are not there after ${attemptsPerRound} attempts`,
        );
      const lost = options.hold();
      if (lost === null) return standBy();
      try {
        await apply(plan, lost);
      } catch (error) {
        if (lost.aborted) return standBy();
        if (faultOf(error).fault !== 'conflict' || attempt === attemptsPerRound) throw error;
      }
    }
  };
  /** Answers when to look again, and how long a burst of changes is to be gathered before that. */
  const round = async (desired: Desired): Promise<{ readonly waitMs: number; readonly gatherMs: number }> => {
    const startedAt = performance.now();
    const paceMs = descriptor.paceMs ?? 0;
    const waitMs = (await changedRound(desired)) ?? (await wholeRound(desired));
    const tookMs = performance.now() - startedAt;
    // A large edge takes its time to look at: changes that come meanwhile are applied together.
    return { waitMs, gatherMs: known === null ? Math.max(tookMs, paceMs - tookMs) : paceMs - tookMs };
  };
  const backoff = (error: EdgeError): number => {
    const failures = status().consecutiveFailures + 1;
    const ceiling = Math.min(options.backoffMs.cap, options.backoffMs.base * 2 ** (failures - 1));
    const waitMs = Math.max(error.retryAfterMs ?? 0, Math.ceil(options.random() * ceiling));
    board.failed(error);
    logger.warn({ fault: error.fault, error: error.message, waitMs, failures }, 'edge call failed');
    return waitMs;
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      let waitMs = options.verifyEveryMs;
      let gatherMs = descriptor.coalesceMs;
      let hurry = true;
      if (options.hold() === null) standBy();
      else {
        const desired = options.desired(now());
        const work = round(desired);
        busy = work.then(
          () => {},
          () => {},
        );
        try {
          const next = await work;
          waitMs = Math.min(next.waitMs, desired.nextChangeAt - now());
          gatherMs = Math.max(gatherMs, next.gatherMs);
        } catch (error) {
          if (stop.signal.aborted) return;
          if (!(error instanceof EdgeError)) throw error;
          waitMs = backoff(error);
          hurry = false; // a change of mind does not shorten the back-off
        }
      }
      const endedAt = performance.now();
      await waker.wait(Math.max(1, waitMs), stop.signal, hurry);
      if (!hurry || stop.signal.aborted) continue;
      const restMs = gatherMs - (performance.now() - endedAt);
      await waker.pause(Math.max(descriptor.coalesceMs, restMs), stop.signal);
    }
  };
  const done = run();
  done.catch(() => {});
  return {
    done,
    status,
    plan: async () => {
      await busy;
      return (await look(options.desired(now()))).plan;
    },
    wake: () => waker.wake(),
    lookAnew: () => {
      isDoubted = true;
      waker.wake();
    },
    close: async () => {
      stop.abort();
      await done.catch(() => {});
      // Whoever closes the loop has more to let go of, the right to write this edge among it.
      await edge.close().catch((error: unknown) => {
        logger.warn({ error: faultOf(error).message }, 'edge not closed cleanly');
      });
    },
  };
}

function faultOf(error: unknown): EdgeError {
  if (error instanceof EdgeError) return error;
  return new EdgeError('unavailable', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
