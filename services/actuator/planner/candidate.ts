import type { Network } from '../../../lib/ip.ts';

/** Something an edge could hold, and what that would do. */
export interface Candidate {
  /** Identity; ties are broken by it, so that the order of the candidates decides nothing. */
  readonly key: string;
  /** Index of the pool it would be held in. */
  readonly pool: number;
  /** Attack requests it would stop. All candidates are counted over the same time. */
  readonly stops: number;
  /** Good requests it would stop as well, of those in the sample that the budget is a share of. */
  readonly collateral: number;
  /** Slots it takes. */
  readonly slots: number;
  /** What it selects when it is an address or a network; null: a rule (signature, AS number, fingerprint, …). */
  readonly network: Network | null;
  /** Campaigns whose traffic it is, or, of a rule, whose traffic it selects. */
  readonly campaigns: readonly string[];
  /** Of a rule: the share of its campaigns' traffic that it selects, 0 to 1. */
  readonly coverage: number;
  /** Chosen before all others, whatever it stops: a person asked for it. */
  readonly pinned: boolean;
}

export interface CapacityLimits {
  /** Slots, one number a pool. */
  readonly slots: readonly number[];
  /** Most good requests that all chosen candidates together may stop; Infinity: not limited. */
  readonly collateral: number;
  /** The present choice is kept while it stops at least this share of what a fresh one would. */
  readonly keepAbove: number;
}

/** `covered`: what is chosen selects all of it already. `idle`: it would stop nothing. */
export type NotChosen = 'capacity' | 'collateral' | 'covered' | 'idle';

export interface PoolFigures {
  readonly slots: number;
  readonly used: number;
  readonly stops: number;
  /** Candidates left out for want of room or budget, and the requests they would have stopped. */
  readonly leftOut: number;
  readonly leftOutStops: number;
}

export interface CapacityPlan {
  readonly chosen: readonly Candidate[];
  /** Made as they are asked for: there may be a million. */
  notChosen(): Iterable<{ readonly candidate: Candidate; readonly cause: NotChosen }>;
  /** Requests stopped; what several candidates select counts once. */
  readonly stops: number;
  /** No choice whatsoever could stop more than this (Lagrangian bound). */
  readonly atMost: number;
  readonly collateral: number;
  readonly pools: readonly PoolFigures[];
}
