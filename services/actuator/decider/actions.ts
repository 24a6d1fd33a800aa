import type { Cause, Decision } from '../../../lib/contracts/generated.ts';

/** Weakest first. `observe` never reaches an edge. */
export const actionKinds = ['observe', 'tag', 'rate_limit', 'challenge', 'block'] as const;
export type ActionKind = (typeof actionKinds)[number];

/** Position in the order of strength; an unknown action counts as the weakest, so that it can not stop anyone. */
export function strength(action: string): number {
  return Math.max(0, actionKinds.indexOf(action as ActionKind));
}

/** What a decision asks for at one moment. */
export interface InForce {
  readonly action: ActionKind;
  readonly mode: 'enforce' | 'simulate';
  /** Epoch ms until which this action holds; a weaker cause may go on after it. */
  readonly untilAt: number;
  readonly cause: Cause;
}

function strongest(causes: readonly Cause[]): Cause | null {
  let best: Cause | null = null;
  for (const cause of causes) {
    const difference =
      best === null ? 1 : strength(cause.action ?? 'block') - strength(best.action ?? 'block');
    if (difference > 0 || (difference === 0 && cause.until_at > best!.until_at)) best = cause;
  }
  return best;
}

/** True while the cause holds at `at`: not released, not run out. */
export function isLive(cause: Cause, at: number): boolean {
  return cause.released_at === null && at < cause.until_at;
}

/**
 * The strongest action among the causes that hold at `at`, or null. A cause to enforce outranks any simulated one, so
 * that a policy on trial never hides one in force. Expiry needs no writer: whoever reads a decision asks this.
 */
export function inForce(decision: Pick<Decision, 'state' | 'causes'>, at: number): InForce | null {
  if (decision.state !== 'active') return null;
  const live = decision.causes.filter((cause) => isLive(cause, at));
  const enforced = live.filter((cause) => cause.mode !== 'simulate');
  const cause = strongest(enforced.length > 0 ? enforced : live);
  if (cause === null) return null;
  return {
    action: (cause.action ?? 'block') as ActionKind,
    mode: cause.mode === 'simulate' ? 'simulate' : 'enforce',
    untilAt: cause.until_at,
    cause,
  };
}
