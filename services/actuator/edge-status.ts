import type { Logger } from '../../lib/observability/logger.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import type { Arming } from './arming.ts';
import type { EdgeDescriptor, EdgeError } from './edge.ts';
import { type EdgeState, settledState } from './edge-state.ts';
import type { EdgeCounts } from './known-edge.ts';
import type { Plan } from './reconcile.ts';

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
  /** Entries that nobody wants any more and a guard keeps. */
  readonly held: number;
  /** Changes not yet made. */
  readonly drift: number;
  readonly consecutiveFailures: number;
  /** Epoch ms; null: never yet. */
  readonly lastSuccessAt: number | null;
}

/** Failures in a row after which the circuit counts as open; calls then go on at the longest back-off. */
export const circuitOpensAfter = 5;

/** Keeps the status of an edge and its metrics, which say the same. */
export interface EdgeBoard {
  status(): EdgeStatus;
  /** A state is logged when it is another one. */
  become(changes: Partial<EdgeStatus>): void;
  counted(counts: EdgeCounts, drift: number, arming: Arming, isBlind: () => boolean): void;
  /** Nothing has to be written: how it stands says the plan. */
  settled(plan: Plan): void;
  failed(error: EdgeError): void;
}

export function createEdgeBoard(
  name: string,
  descriptor: EdgeDescriptor,
  of: {
    readonly arming: () => Arming;
    readonly now: () => number;
    readonly logger: Logger;
    readonly metrics: Metrics;
  },
): EdgeBoard {
  const { metrics, now, logger } = of;
  const capacity = descriptor.pools.reduce((sum, pool) => sum + pool.capacity, 0);
  let status: EdgeStatus = {
    name,
    kind: descriptor.kind,
    armed: of.arming().mode === 'armed',
    arming: of.arming(),
    state: 'starting',
    blind: false,
    detail: null,
    desired: 0,
    observed: 0,
    foreign: 0,
    capacity,
    leftOut: 0,
    held: 0,
    drift: 0,
    consecutiveFailures: 0,
    lastSuccessAt: null,
  };
  metrics.edgeCapacity.set({ edge: name }, capacity);
  metrics.enforcementArmed.set({ edge: name }, status.armed ? 1 : 0);
  metrics.edgeCircuitOpen.set({ edge: name }, 0);

  const become = (changes: Partial<EdgeStatus>): void => {
    if (changes.state !== undefined && (changes.state !== status.state || changes.detail !== status.detail))
      logger.info({ state: changes.state, detail: changes.detail ?? null }, 'edge state');
    status = { ...status, ...changes };
  };
  return {
    status: () => status,
    become,
    counted(counts, drift, arming, isBlind) {
      const armed = arming.mode === 'armed';
      become({ ...counts, drift, armed, arming, blind: armed && counts.desired > 0 && isBlind() });
      metrics.enforcementArmed.set({ edge: name }, armed ? 1 : 0);
      metrics.edgeEntries.set({ edge: name, state: 'desired' }, counts.desired);
      metrics.edgeEntries.set({ edge: name, state: 'observed' }, counts.observed);
      metrics.edgeEntries.set({ edge: name, state: 'foreign' }, counts.foreign);
      metrics.edgeEntries.set({ edge: name, state: 'held' }, counts.held);
      metrics.edgeDrift.set({ edge: name }, drift);
    },
    settled(plan) {
      metrics.edgeLastSuccess.set({ edge: name }, now() / 1000);
      metrics.edgeCircuitOpen.set({ edge: name }, 0);
      const { state, detail, guard } = settledState(plan, status.arming);
      if (guard !== null && status.state !== state) {
        metrics.guardTripped.inc({ guard });
        logger.warn({ guard, detail }, 'a guard keeps the edge from what is wanted');
      }
      become({ state, detail, consecutiveFailures: 0, lastSuccessAt: now() });
    },
    failed({ fault, message }) {
      const failures = status.consecutiveFailures + 1;
      if (failures >= circuitOpensAfter) metrics.edgeCircuitOpen.set({ edge: name }, 1);
      become({ state: fault, detail: message, consecutiveFailures: failures });
    },
  };
}
