import type { Logger } from '../../lib/observability/logger.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import type { ClientClass } from './action-table.ts';
import type { Arming } from './arming.ts';
import type { Audit } from './audit.ts';
import type { CapacityOptions } from './choose-entries.ts';
import type { Desired } from './desired.ts';
import { type Edge, EdgeError, type Entry } from './edge.ts';
import { type EdgeState, settledState } from './edge-state.ts';
import { changesOf, isEmpty, type Plan, reconcile } from './reconcile.ts';
import { createWaker } from './waker.ts';
import { createWrittenLately } from './written-lately.ts';

/** How an edge stands: shown by `tidegate edges list`, /readyz and the console. */
export interface EdgeStatus {
  readonly name: string;
  readonly kind: string;
  readonly armed: boolean;
  /** What it may do, and who or what said so. */
  readonly arming: Arming;
  readonly state: EdgeState;
  /** It stops traffic, and nothing says what: neither the logs nor probes. Whether an attack goes on is not known. */
  readonly blind: boolean;
  readonly detail: string | null;
  readonly desired: number;
  readonly observed: number;
  readonly foreign: number;
  readonly capacity: number;
  /** Wanted entries that did not fit or can not be said there; covered ones are not counted. */
  readonly leftOut: number;
  /** Changes not yet made. */
  readonly drift: number;
  readonly consecutiveFailures: number;
  /** Epoch ms; null: never yet. */
  readonly lastSuccessAt: number | null;
}

export interface EdgeLoopOptions {
  readonly name: string;
  readonly edge: Edge;
  /** What the edge may do now. */
  readonly arming: () => Arming;
  readonly adopt: boolean;
  readonly maxUnexplainedShare: number;
  readonly desired: (at: number) => Desired;
  readonly known: (key: string) => boolean;
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
  /** Something may have changed: reconcile soon. */
  wake(): void;
  /** Ends after the running call. The content of the edge stays. */
  close(): Promise<void>;
}

/** Failures in a row after which the circuit counts as open; calls then go on at the longest back-off. */
export const circuitOpensAfter = 5;
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
  const capacity = descriptor.pools.reduce((sum, pool) => sum + pool.capacity, 0);
  let status: EdgeStatus = {
    name,
    kind: descriptor.kind,
    armed: options.arming().mode === 'armed',
    arming: options.arming(),
    state: 'starting',
    blind: false,
    detail: null,
    desired: 0,
    observed: 0,
    foreign: 0,
    capacity,
    leftOut: 0,
    drift: 0,
    consecutiveFailures: 0,
    lastSuccessAt: null,
  };
  let busy: Promise<unknown> = Promise.resolve();
  metrics.edgeCapacity.set({ edge: name }, capacity);
  metrics.enforcementArmed.set({ edge: name }, status.armed ? 1 : 0);
  const written = createWrittenLately(descriptor.visibleWithinMs ?? 0, now);
  metrics.edgeCircuitOpen.set({ edge: name }, 0);

  const become = (changes: Partial<EdgeStatus>): void => {
    if (changes.state !== undefined && (changes.state !== status.state || changes.detail !== status.detail))
      logger.info({ state: changes.state, detail: changes.detail ?? null }, 'edge state');
    status = { ...status, ...changes };
  };
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
  const look = async (desired: Desired): Promise<Plan> => {
    const arming = options.arming();
    const { mode } = arming;
    const wanted = mode === 'purging' ? [] : desired.entries;
    const observed = await counted(edge.observe(stop.signal, wanted));
    const plan = reconcile(wanted, observed, descriptor, {
      adopt: options.adopt,
      known: options.known,
      inexpressible: (entry) => edge.inexpressible?.(entry) ?? null,
      // Who purges an edge wants everything of ours gone, explained or not.
      maxUnexplainedShare: mode === 'purging' ? 1 : options.maxUnexplainedShare,
      windingDown: mode === 'winding_down' || mode === 'purging',
      capacity: options.capacity(),
      holdAddition: options.holdAddition,
      clientsOf: options.clientsOf,
    });
    const left = plan.leftOut.filter(({ cause }) => cause !== 'covered').length;
    const foreign = plan.foreign.length;
    const drift = changesOf(plan);
    metrics.enforcementArmed.set({ edge: name }, mode === 'armed' ? 1 : 0);
    become({
      armed: mode === 'armed',
      blind: mode === 'armed' && plan.content.length > 0 && options.isBlind(),
      arming,
      desired: plan.content.length,
      observed: observed.entries.length - foreign,
      foreign,
      leftOut: left,
      drift,
    });
    metrics.edgeEntries.set({ edge: name, state: 'desired' }, plan.content.length);
    metrics.edgeEntries.set({ edge: name, state: 'observed' }, observed.entries.length - foreign);
    metrics.edgeEntries.set({ edge: name, state: 'foreign' }, foreign);
    metrics.edgeDrift.set({ edge: name }, drift);
    return plan;
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
  const settled = (plan: Plan): void => {
    metrics.edgeLastSuccess.set({ edge: name }, now() / 1000);
    metrics.edgeCircuitOpen.set({ edge: name }, 0);
    const { state, detail, guard } = settledState(plan, status.arming);
    if (guard !== null && status.state !== state) metrics.guardTripped.inc({ guard });
    become({ state, detail, consecutiveFailures: 0, lastSuccessAt: now() });
  };
  const standBy = (): number => {
    become({ state: 'standby', detail: 'another instance writes this edge' });
    return options.verifyEveryMs;
  };
  /** Ends in step, standing by or in dry run, and answers when to look again; throws EdgeError. */
  const round = async (desired: Desired): Promise<number> => {
    for (let attempt = 1; ; attempt++) {
      const whole = await look(desired);
      const { mode } = status.arming;
      if (mode === 'dry_run') {
        await audit.record(whole, 'planned', { error: null, durationMs: 0, at: now() });
        become({ state: 'dry_run', detail: whole.refused, consecutiveFailures: 0, lastSuccessAt: now() });
        return options.verifyEveryMs;
      }
      if (isEmpty(whole)) {
        written.clear();
        settled(whole);
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
  const backoff = (error: unknown): number => {
    const { fault, message, retryAfterMs } = faultOf(error);
    const failures = status.consecutiveFailures + 1;
    const ceiling = Math.min(options.backoffMs.cap, options.backoffMs.base * 2 ** (failures - 1));
    const waitMs = Math.max(retryAfterMs ?? 0, Math.ceil(options.random() * ceiling));
    if (failures >= circuitOpensAfter) metrics.edgeCircuitOpen.set({ edge: name }, 1);
    become({ state: fault, detail: message, consecutiveFailures: failures });
    logger.warn({ fault, error: message, waitMs, failures }, 'edge call failed');
    return waitMs;
  };

  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      let waitMs = options.verifyEveryMs;
      let hurry = true;
      const startedAt = performance.now();
      if (options.hold() === null) standBy();
      else {
        const desired = options.desired(now());
        const work = round(desired);
        busy = work.then(
          () => {},
          () => {},
        );
        try {
          waitMs = Math.min(await work, desired.nextChangeAt - now());
        } catch (error) {
          if (stop.signal.aborted) return;
          if (!(error instanceof EdgeError)) throw error;
          waitMs = backoff(error);
          hurry = false; // a change of mind does not shorten the back-off
        }
      }
      const tookMs = performance.now() - startedAt;
      await waker.wait(Math.max(1, waitMs), stop.signal, hurry);
      // A large edge takes its time to look at: changes that come meanwhile are applied together.
      if (hurry && !stop.signal.aborted)
        await waker.pause(Math.max(descriptor.coalesceMs, tookMs), stop.signal);
    }
  };
  const done = run();
  done.catch(() => {});
  return {
    done,
    status: () => status,
    plan: async () => {
      await busy;
      return look(options.desired(now()));
    },
    wake: () => waker.wake(),
    close: async () => {
      stop.abort();
      await done.catch(() => {});
      await edge.close();
    },
  };
}

function faultOf(error: unknown): EdgeError {
  if (error instanceof EdgeError) return error;
  return new EdgeError('unavailable', error instanceof Error ? error.message : String(error), {
    cause: error,
  });
}
