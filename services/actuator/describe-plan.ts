import { circuitOpensAfter, type EdgeStatus } from './edge-status.ts';
import type { Plan } from './reconcile.ts';

/** A plan as people and scripts read it: counts, figures, and the first changes of each kind. */
export interface PlanDescription {
  readonly plan_id: string;
  readonly add: number;
  readonly update: number;
  readonly remove: number;
  readonly waiting: number;
  readonly left_out: { readonly [cause: string]: number };
  readonly refused: string | null;
  readonly held: string | null;
  /** Requests behind the entries: what is stopped, the most that could be, and what was left out. */
  readonly stops: number | null;
  readonly at_most: number | null;
  readonly good_requests_hit: number | null;
  readonly changes: readonly {
    readonly change: string;
    readonly kind: string;
    readonly value: string;
    readonly action: string | null;
    readonly decision_id: string | null;
    readonly reason: string;
  }[];
}

export function describePlan(plan: Plan, limit: number): PlanDescription {
  const leftOut: { [cause: string]: number } = {};
  for (const { cause } of plan.leftOut) leftOut[cause] = (leftOut[cause] ?? 0) + 1;
  const changes = [
    ...plan.remove.map((entry) => ({ change: 'remove', entry, reason: 'no longer wanted' })),
    ...plan.update.map((entry) => ({ change: 'update', entry, reason: entry.reason })),
    ...plan.add.map((entry) => ({ change: 'add', entry, reason: entry.reason })),
    ...plan.waiting.map(({ entry, because }) => ({ change: 'wait', entry, reason: because })),
    ...plan.leftOut.map(({ entry, cause, detail }) => ({
      change: 'leave out',
      entry,
      reason: `${cause}: ${detail}`,
    })),
  ];
  return {
    plan_id: plan.planId,
    add: plan.add.length,
    update: plan.update.length,
    remove: plan.remove.length,
    waiting: plan.waiting.length,
    left_out: leftOut,
    refused: plan.refused,
    held: plan.held,
    stops: plan.figures === null ? null : Math.round(plan.figures.stops),
    at_most: plan.figures === null ? null : Math.round(plan.figures.atMost),
    good_requests_hit: plan.figures === null ? null : plan.figures.collateral,
    changes: changes.slice(0, limit).map(({ change, entry, reason }) => ({
      change,
      kind: entry.kind,
      value: entry.value,
      action: entry.action,
      decision_id: entry.decisionId,
      reason,
    })),
  };
}

/** An edge as the API and `tidegate edges list` show it. */
function describeEdge(status: EdgeStatus): { readonly [column: string]: unknown } {
  return {
    edge: status.name,
    name: status.name,
    kind: status.kind,
    mode: status.arming.mode,
    armed: status.armed,
    state: status.state,
    blind: status.blind,
    desired: status.desired,
    observed: status.observed,
    foreign: status.foreign,
    drift: status.drift,
    left_out: status.leftOut,
    held: status.held,
    capacity: status.capacity,
    circuit_open: status.consecutiveFailures >= circuitOpensAfter,
    last_success_at: status.lastSuccessAt === null ? null : new Date(status.lastSuccessAt).toISOString(),
    detail: status.detail ?? status.arming.because,
  };
}

/** The edges of a running actuator as the API shows them. */
export function describedEdges(actuator: {
  edges(): readonly EdgeStatus[];
  planEdge(name: string): Promise<Plan>;
}) {
  return {
    list: () => actuator.edges().map(describeEdge),
    plan: async (name: string, limit: number) => describePlan(await actuator.planEdge(name), limit),
  };
}
