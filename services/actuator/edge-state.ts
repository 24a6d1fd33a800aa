import type { Arming } from './arming.ts';
import type { EdgeFault } from './edge.ts';
import type { Plan } from './reconcile.ts';

export type EdgeState =
  | 'starting'
  | 'standby'
  | 'dry_run'
  | 'disarmed'
  | 'purged'
  | 'in_step'
  | 'pending'
  | 'waiting'
  | 'refused'
  | 'held'
  | EdgeFault;

export interface SettledState {
  readonly state: EdgeState;
  readonly detail: string | null;
  /** The guard that keeps the edge from what is wanted; null: none does. */
  readonly guard: 'foreign_content' | 'shrink' | 'collateral' | 'collateral_unknown' | null;
}

/** How an edge stands to which nothing has to be written. What a person should look at first comes first. */
export function settledState(plan: Plan, arming: Arming): SettledState {
  const [waiting] = plan.waiting;
  const tooDear = plan.leftOut.filter(({ cause }) => cause === 'collateral').length;
  if (plan.refused !== null) return { state: 'refused', detail: plan.refused, guard: 'foreign_content' };
  if (plan.held !== null) return { state: 'held', detail: plan.held, guard: 'shrink' };
  if (arming.mode === 'purging') return { state: 'purged', detail: arming.because, guard: null };
  if (arming.mode === 'winding_down') return { state: 'disarmed', detail: arming.because, guard: null };
  if (waiting !== undefined) {
    const detail = `${plan.waiting.length} additions wait: ${waiting.because}`;
    return { state: 'waiting', detail, guard: 'collateral_unknown' };
  }
  if (tooDear > 0) {
    const detail = `${tooDear} entries would stop too many good requests`;
    return { state: 'waiting', detail, guard: 'collateral' };
  }
  if (plan.pending !== null) return { state: 'pending', detail: plan.pending.what, guard: null };
  return { state: 'in_step', detail: null, guard: null };
}
