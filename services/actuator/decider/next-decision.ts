import type { Cause, Command, Decision, Target, Verdict } from '../../../lib/contracts/generated.ts';
import { stableId } from '../../../lib/ids.ts';
import type { DeciderConfig } from '../config.ts';
import { inForce, strength } from './actions.ts';

/** What can happen to one target. */
export type Change =
  | { readonly kind: 'verdict'; readonly verdict: Verdict }
  | { readonly kind: 'block'; readonly command: Command & { readonly target: Target } }
  /** Ends every cause decided at or before `at`. */
  | { readonly kind: 'release'; readonly at: number; readonly who: string; readonly reason: string };

export interface DecisionLimits {
  /** Longest time one cause may hold, escalation included. */
  readonly maxTtlMs: number;
  /** Of a block command that names no end. */
  readonly commandTtlMs: number;
  /** Verdicts about a target that a person released change nothing for this long. */
  readonly coolDownMs: number;
}

export const decisionLimits = (config: DeciderConfig): DecisionLimits => ({
  maxTtlMs: config.max_ttl,
  commandTtlMs: config.command_ttl,
  coolDownMs: config.release_cool_down,
});

/** Ended causes are remembered this long, so that a verdict sent again does not come back. */
const rememberEndedMs = 24 * 3_600_000;
const causesLimit = 64;

/**
 * The next revision of a target's decision, or null when nothing changes. Pure; time comes from the change itself
 * (event time), so the same input gives the same decisions. Applying a change twice, or an older revision of a verdict
 * after a newer one, changes nothing: a resumed reader may repeat itself.
 */
export function nextDecision(
  previous: Decision | null,
  change: Change,
  limits: DecisionLimits,
): Decision | null {
  switch (change.kind) {
    case 'release':
      return previous === null ? null : release(previous, change);
    case 'verdict':
      return addVerdict(previous, change.verdict, limits);
    case 'block':
      return addBlock(previous, change.command, limits);
  }
}

function release(previous: Decision, change: Change & { kind: 'release' }): Decision | null {
  const ends = (cause: Cause) => cause.released_at === null && cause.decided_at <= change.at;
  if (!previous.causes.some(ends)) return null;
  const causes = previous.causes.map((cause) => (ends(cause) ? { ...cause, released_at: change.at } : cause));
  const wasActive = inForce(previous, change.at) !== null;
  const at = Math.max(change.at, previous.updated_at);
  const remaining = compose({ ...previous, causes }, at);
  if (inForce(remaining, change.at) !== null || inForce(remaining, at) !== null)
    return { ...remaining, revision: previous.revision + 1 };
  return {
    ...previous,
    causes,
    revision: previous.revision + 1,
    updated_at: at,
    state: 'released',
    reason: `released by ${change.who}: ${change.reason}`,
    expires_at: Math.min(previous.expires_at, change.at),
    // What was taken back as wrong must not make the next time harsher.
    times: wasActive ? Math.max(0, previous.times - 1) : previous.times,
  };
}

function addVerdict(previous: Decision | null, verdict: Verdict, limits: DecisionLimits): Decision | null {
  if (strength(verdict.action.kind) === 0) return null;
  const known = previous?.causes.find((cause) => cause.kind === 'verdict' && cause.id === verdict.verdict_id);
  if (known !== undefined && (known.released_at !== null || (known.revision ?? 0) >= verdict.revision))
    return null;
  const at = verdict.updated_at;
  // the detector takes it back: its campaign is over, or its policy is
  const ended = verdict.until_at <= at;
  if (ended && known === undefined) return null;
  if (previous !== null && !ended && at < coolUntil(previous, limits)) return null;
  const times = timesAt(previous, at, verdict);
  const startedAt = verdict.until_at - verdict.action.ttl_ms;
  const ttlMs = Math.min(limits.maxTtlMs, escalatedTtlMs(verdict.action, times));
  // it is about to end, as one does that another has taken the place of: escalated or not
  const ending = known !== undefined && startedAt + ttlMs < known.until_at;
  const cause: Cause = {
    kind: 'verdict',
    id: verdict.verdict_id,
    policy_id: verdict.policy_id,
    campaign_id: verdict.campaign_id,
    decided_at: verdict.decided_at,
    until_at: ended || ending ? verdict.until_at : startedAt + ttlMs,
    released_at: null,
    action: verdict.action.kind,
    mode: verdict.mode === 'enforce' ? 'enforce' : 'simulate',
    level: verdict.level,
    reason: verdict.reason,
    revision: verdict.revision,
    requests: requestsOf(verdict),
  };
  return withCause(previous, verdict.site, verdict.target, cause, at, times);
}

/** When verdicts count again after a person released the target. A block by a person counts at once. */
function coolUntil(previous: Decision, limits: DecisionLimits): number {
  let releasedAt = Number.NEGATIVE_INFINITY;
  for (const { released_at: at } of previous.causes) if (at !== null && at > releasedAt) releasedAt = at;
  return releasedAt + limits.coolDownMs;
}

function addBlock(
  previous: Decision | null,
  command: Command & { readonly target: Target },
  limits: DecisionLimits,
): Decision | null {
  if (previous?.causes.some((cause) => cause.id === command.command_id)) return null;
  const until = command.until_at ?? command.at + limits.commandTtlMs;
  const cause: Cause = {
    kind: 'command',
    id: command.command_id,
    policy_id: null,
    campaign_id: null,
    decided_at: command.at,
    until_at: Math.min(until, command.at + limits.maxTtlMs),
    released_at: null,
    action: command.action ?? 'block',
    mode: 'enforce',
    level: 'critical',
    reason: `${command.reason} (${command.who})`,
    revision: null,
    requests: null,
  };
  return withCause(previous, command.site, command.target, cause, command.at, timesAt(previous, command.at));
}

/** How often the target was decided, this time included: a target in force, or still of that attack, is in the same time. */
function timesAt(previous: Decision | null, at: number, verdict: Verdict | null = null): number {
  if (previous === null) return 1;
  const isSame = inForce(previous, at) !== null || (verdict !== null && isStillThatAttack(previous, verdict));
  return isSame ? previous.times : previous.times + 1;
}

/**
 * A signature that its campaign gave up and found again is no further time. An address that comes back is one, whatever
 * campaign it is a member of.
 */
function isStillThatAttack({ causes }: Decision, { target, campaign_id: campaign }: Verdict): boolean {
  if (target.kind !== 'signature' || campaign === null) return false;
  return causes.some((cause) => cause.campaign_id === campaign && cause.released_at === null);
}

function escalatedTtlMs(action: Verdict['action'], times: number): number {
  if (times < 2 || action.escalate_ms.length === 0) return action.ttl_ms;
  return Math.max(action.ttl_ms, action.escalate_ms[Math.min(times - 2, action.escalate_ms.length - 1)]!);
}

/** Volume behind a verdict: the policy's own count where it gives one, else its largest number of observations. */
function requestsOf(verdict: Verdict): number {
  const counted = verdict.evidence.find((evidence) => evidence.name === 'requests')?.observed;
  if (counted !== null && counted !== undefined) return Math.round(counted);
  return verdict.evidence.reduce((most, evidence) => Math.max(most, evidence.samples ?? 0), 0);
}

function withCause(
  previous: Decision | null,
  site: string,
  target: Target,
  cause: Cause,
  at: number,
  times: number,
): Decision {
  const others = (previous?.causes ?? []).filter((other) => other.id !== cause.id);
  const recent = others.filter(
    (other) => Math.max(other.until_at, other.released_at ?? 0) >= at - rememberEndedMs,
  );
  const causes = [...recent.slice(-(causesLimit - 1)), cause];
  const goesOn = previous !== null && inForce(previous, at) !== null;
  const id = goesOn ? previous.decision_id : stableId('decision', site, target.kind, target.value, cause.id);
  const base: Decision = {
    decision_id: id,
    revision: previous !== null && previous.decision_id === id ? previous.revision + 1 : 1,
    updated_at: at,
    site,
    target,
    action: cause.action ?? 'block',
    mode: cause.mode ?? 'enforce',
    state: 'active',
    level: cause.level ?? 'medium',
    reason: cause.reason ?? '',
    decided_at: goesOn ? previous.decided_at : cause.decided_at,
    expires_at: cause.until_at,
    times,
    causes,
    requests: 0,
  };
  return compose(base, at);
}

/** Fills in what follows from the causes that hold at `at`. */
function compose(decision: Decision, at: number): Decision {
  const now = inForce(decision, at);
  if (now === null) return { ...decision, updated_at: at };
  const live = decision.causes.filter((cause) => cause.released_at === null && at < cause.until_at);
  return {
    ...decision,
    updated_at: at,
    action: now.action,
    mode: now.mode,
    level: now.cause.level ?? 'medium',
    reason: now.cause.reason ?? '',
    expires_at: Math.max(...live.map((cause) => cause.until_at)),
    requests: live.reduce((sum, cause) => sum + (cause.requests ?? 0), 0),
  };
}
