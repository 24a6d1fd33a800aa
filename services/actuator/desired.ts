import type { Decision, Target } from '../../lib/contracts/generated.ts';
import { targetKey } from '../../lib/target.ts';
import { createChangedKeys } from './changed-keys.ts';
import { type ActionKind, inForce, strength } from './decider/actions.ts';
import { networkOf, type Protection } from './decider/protection.ts';
import { createDueQueue } from './due-queue.ts';
import { type Entry, type EntryKind, entryKinds } from './edge.ts';
import { type EntryName, isAddress, named, networkName } from './entry-name.ts';

const otherKinds: ReadonlySet<string> = new Set(entryKinds.filter((kind) => !isAddress({ kind })));

/** Kind and canonical value of a target at an edge; null when it names nothing an edge could hold. */
export function entryOf(target: Target): EntryName | null {
  let identity = identities.get(target);
  if (identity === undefined) {
    identity = identify(target);
    identities.set(target, identity);
  }
  return identity;
}
const identities = new WeakMap<Target, EntryName | null>();

function identify(target: Target): EntryName | null {
  const network = networkOf(target);
  if (network === undefined) return null;
  if (network !== null) return networkName(network);
  if (!otherKinds.has(target.kind) || target.value === '') return null;
  return named(target.kind as EntryKind, target.value);
}

export interface Desired {
  /** At most one entry a key. The same array as before when nothing has changed; made when it is asked for. */
  readonly entries: readonly Entry[];
  /** Left out: whoever asks has to look at all entries. */
  readonly changes?: DesiredChanges;
  /** Decisions in force that protection holds back here, though they were decided (an allow entry came later). */
  readonly suppressed: number;
  /** Epoch ms at which the answer changes by itself; Infinity: never. */
  readonly nextChangeAt: number;
}

/** What differs from an earlier answer, for those who remember the rest. */
export interface DesiredChanges {
  /** Of this answer, or of one before it: what is asked for later may be newer, never older. */
  readonly version: number;
  /** Keys whose entry may be another one than at `version`; null: whom protection spares may have changed, or too much. */
  since(version: number): ReadonlySet<string> | null;
  entry(key: string): Entry | undefined;
}

/** Readers further behind than this look at everything, which costs no more then. */
const rememberedChanges = 20_000;

export interface DesiredOptions {
  readonly protection: Protection;
  readonly isKilled: (site: string) => boolean;
  /** Empty: all sites. */
  readonly sites: readonly string[];
}

/** What one decision asks for at `at`, and until when that answer holds. */
export interface Contribution {
  readonly entry: Entry | null;
  /** In force, but protected. */
  readonly suppressed: boolean;
  readonly untilAt: number;
}

const nothingForever: Contribution = { entry: null, suppressed: false, untilAt: Number.POSITIVE_INFINITY };

/** An entry when the decision is in force, to be enforced, and nothing protects its target. */
export function contributionOf(decision: Decision, at: number, options: DesiredOptions): Contribution {
  if (at >= decision.expires_at) return nothingForever;
  if (options.sites.length > 0 && !options.sites.includes(decision.site)) return nothingForever;
  const now = inForce(decision, at);
  if (now === null || now.mode !== 'enforce' || strength(now.action) === 0 || options.isKilled(decision.site))
    return { entry: null, suppressed: false, untilAt: now?.untilAt ?? Number.POSITIVE_INFINITY };
  const identity = entryOf(decision.target);
  if (identity === null || options.protection.refuse(decision.site, decision.target, at) !== null)
    return { entry: null, suppressed: true, untilAt: now.untilAt };
  const entry = entryFrom(decision, identity, now.action, now.untilAt, now.cause.kind === 'command');
  return { entry, suppressed: false, untilAt: now.untilAt };
}

/**
 * What is wanted, kept up to date at the cost of what changes: a decision is looked at when it comes, when its answer
 * runs out, and when a command or the end of an allow entry may have changed whom protection spares. Two sites that
 * decided about the same target are one entry with the stronger action, until the later end.
 */
export interface DesiredState {
  /** The newest revision of a decision. What has run out is forgotten: time goes forward, but for small steps. */
  learn(decision: Decision): void;
  at(at: number): Desired;
}

/** `commandVersion`: grows with every command that may change protection or the kill switch. */
export function createDesiredState(
  options: DesiredOptions & { readonly commandVersion: () => number },
): DesiredState {
  interface Held {
    decision: Decision;
    contribution: Contribution;
    /** When it stands in the queue; not after the end of its answer. */
    queuedAt: number;
  }
  const byTarget = new Map<string, Held>();
  /** Targets by the key of their entry: more than one when several sites decided about the same. */
  const byKey = new Map<string, Set<Held>>();
  const due = createDueQueue<Held>();
  const news: Decision[] = [];
  const changed = createChangedKeys(rememberedChanges);
  let entries: readonly Entry[] | null = null;
  let suppressed = 0;
  let lastAt = Number.NEGATIVE_INFINITY;
  let version = -1;
  let protectedUntil = Number.NEGATIVE_INFINITY;

  const put = (held: Held, next: Contribution): void => {
    const before = held.contribution;
    held.contribution = next;
    suppressed += Number(next.suppressed) - Number(before.suppressed);
    if (before.entry === null && next.entry === null) return;
    entries = null;
    if (before.entry !== null) changed.add(before.entry.key);
    if (next.entry !== null && next.entry.key !== before.entry?.key) changed.add(next.entry.key);
    if (before.entry !== null && before.entry.key !== next.entry?.key) {
      const others = byKey.get(before.entry.key)!;
      others.delete(held);
      if (others.size === 0) byKey.delete(before.entry.key);
    }
    if (next.entry === null) return;
    const present = byKey.get(next.entry.key);
    if (present === undefined) byKey.set(next.entry.key, new Set([held]));
    else present.add(held);
  };
  const look = (held: Held, at: number): void => {
    const next = contributionOf(held.decision, at, options);
    put(held, next);
    // What is over may be forgotten: a new revision brings it back.
    if (next.untilAt === Number.POSITIVE_INFINITY) {
      const key = targetKey(held.decision.site, held.decision.target);
      if (byTarget.get(key) === held) byTarget.delete(key);
    } else queue(held);
  };
  /** A decision that is renewed again and again stands in the queue once, at its earlier end. */
  const queue = (held: Held): void => {
    if (held.contribution.untilAt >= held.queuedAt) return;
    held.queuedAt = held.contribution.untilAt;
    due.add(held.queuedAt, held);
  };
  const learnNow = (decision: Decision, at: number): void => {
    const key = targetKey(decision.site, decision.target);
    let held = byTarget.get(key);
    if (held === undefined) {
      held = { decision, contribution: nothingForever, queuedAt: Number.POSITIVE_INFINITY };
      byTarget.set(key, held);
    }
    held.decision = decision;
    look(held, at);
  };
  const lookAtAll = (at: number): void => {
    due.clear();
    for (const held of byTarget.values()) {
      held.queuedAt = Number.POSITIVE_INFINITY;
      look(held, at);
    }
  };

  return {
    learn: (decision) => {
      news.push(decision);
    },
    at(at) {
      const isStale = options.commandVersion() !== version || at >= protectedUntil || at < lastAt;
      version = options.commandVersion();
      lastAt = at;
      if (isStale) {
        protectedUntil = options.protection.holdsUntil(at);
        lookAtAll(at);
        changed.addAll();
      }
      for (const decision of news) learnNow(decision, at);
      news.length = 0;
      for (let held = due.take(at); held !== undefined; held = due.take(at)) {
        held.queuedAt = Number.POSITIVE_INFINITY;
        if (held.contribution.untilAt <= at) look(held, at);
        else queue(held);
      }
      return {
        get entries() {
          entries ??= Array.from(byKey.values(), unitedOf);
          return entries;
        },
        changes: { version: changed.version, since: changed.since, entry: entryAt },
        suppressed,
        nextChangeAt: Math.min(due.nextAt, protectedUntil),
      };
    },
  };

  function entryAt(key: string): Entry | undefined {
    const same = byKey.get(key);
    return same === undefined ? undefined : unitedOf(same);
  }

  function unitedOf(same: ReadonlySet<Held>): Entry {
    let entry: Entry | null = null;
    for (const held of same)
      entry = entry === null ? held.contribution.entry! : united(entry, held.contribution.entry!);
    return entry!;
  }
}

function united(a: Entry, b: Entry): Entry {
  const difference = strength(a.action) - strength(b.action);
  const [main, other] = difference > 0 || (difference === 0 && a.expiresAt >= b.expiresAt) ? [a, b] : [b, a];
  const requests = main.requests + other.requests;
  return { ...main, requests, byHand: a.byHand === true || b.byHand === true };
}

function entryFrom(
  decision: Decision,
  identity: EntryName,
  action: ActionKind,
  expiresAt: number,
  byHand: boolean,
): Entry {
  return {
    ...identity,
    target: decision.target,
    action,
    decisionId: decision.decision_id,
    site: decision.site,
    level: decision.level,
    reason: decision.reason,
    requests: decision.requests,
    campaignIds: campaignsOf(decision),
    decidedAt: decision.decided_at,
    updatedAt: decision.updated_at,
    expiresAt,
    byHand,
  };
}

function campaignsOf(decision: Decision): readonly string[] {
  const ids = decision.causes.flatMap((cause) => (cause.campaign_id === null ? [] : [cause.campaign_id]));
  return ids.length < 2 ? ids : [...new Set(ids)].sort();
}

/** Decisions that ended within `withinMs` before `at`, as the entries they were. */
export function endedEntries(decisions: Iterable<Decision>, at: number, withinMs: number): Entry[] {
  const ended: Entry[] = [];
  for (const decision of decisions) {
    if (decision.mode !== 'enforce' || decision.expires_at > at || decision.expires_at < at - withinMs)
      continue;
    const identity = entryOf(decision.target);
    if (identity !== null)
      ended.push(entryFrom(decision, identity, decision.action as ActionKind, decision.expires_at, false));
  }
  return ended;
}
