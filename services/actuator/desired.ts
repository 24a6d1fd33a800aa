import type { Decision, Target } from '../../lib/contracts/generated.ts';
import { formatNetwork, isV4 } from '../../lib/ip.ts';
import { type ActionKind, inForce, strength } from './decider/actions.ts';
import { networkOf, type Protection } from './decider/protection.ts';
import type { Entry, EntryKind } from './edge.ts';

const otherKinds: ReadonlySet<string> = new Set<EntryKind>([
  'asn',
  'country',
  'ja3',
  'ja4',
  'session',
  'account',
  'api_key',
  'signature',
]);

interface EntryIdentity {
  readonly key: string;
  readonly kind: EntryKind;
  readonly value: string;
}

/** Kind and canonical value of a target at an edge; null when it names nothing an edge could hold. */
export function entryOf(target: Target): EntryIdentity | null {
  let identity = identities.get(target);
  if (identity === undefined) {
    identity = identify(target);
    identities.set(target, identity);
  }
  return identity;
}
const identities = new WeakMap<Target, EntryIdentity | null>();

function identify(target: Target): EntryIdentity | null {
  const network = networkOf(target);
  if (network === undefined) return null;
  if (network !== null) {
    const kind = isV4(network.address) && network.prefix >= 96 ? 'ip4' : 'ip6';
    const value = formatNetwork(network);
    return { key: `${kind}|${value}`, kind, value };
  }
  if (!otherKinds.has(target.kind) || target.value === '') return null;
  const kind = target.kind as EntryKind;
  return { key: `${kind}|${target.value}`, kind, value: target.value };
}

export interface Desired {
  /** At most one entry a key. */
  readonly entries: readonly Entry[];
  /** Decisions in force that protection holds back here, though they were decided (an allow entry came later). */
  readonly suppressed: number;
  /** Epoch ms at which the answer changes by itself; Infinity: never. */
  readonly nextChangeAt: number;
}

/**
 * What is wanted at `at`: the decisions in force that are to be enforced and that nothing protects. Two sites that
 * decided about the same target are one entry with the stronger action, until the later end.
 */
export function desiredEntries(
  decisions: Iterable<Decision>,
  at: number,
  options: {
    readonly protection: Protection;
    readonly isKilled: (site: string) => boolean;
    /** Empty: all sites. */
    readonly sites: readonly string[];
  },
): Desired {
  const byKey = new Map<string, Entry>();
  let suppressed = 0;
  let nextChangeAt = Number.POSITIVE_INFINITY;
  for (const decision of decisions) {
    if (at >= decision.expires_at) continue;
    if (options.sites.length > 0 && !options.sites.includes(decision.site)) continue;
    const now = inForce(decision, at);
    if (now === null || now.mode !== 'enforce' || strength(now.action) === 0) continue;
    if (options.isKilled(decision.site)) continue;
    const identity = entryOf(decision.target);
    if (identity === null || options.protection.refuse(decision.site, decision.target, at) !== null) {
      suppressed++;
      continue;
    }
    nextChangeAt = Math.min(nextChangeAt, now.untilAt);
    const entry = entryFrom(decision, identity, now.action, now.untilAt);
    const present = byKey.get(entry.key);
    byKey.set(entry.key, present === undefined ? entry : united(present, entry));
  }
  return { entries: [...byKey.values()], suppressed, nextChangeAt };
}

function united(a: Entry, b: Entry): Entry {
  const difference = strength(a.action) - strength(b.action);
  const [main, other] = difference > 0 || (difference === 0 && a.expiresAt >= b.expiresAt) ? [a, b] : [b, a];
  return { ...main, requests: main.requests + other.requests };
}

function entryFrom(
  decision: Decision,
  identity: EntryIdentity,
  action: ActionKind,
  expiresAt: number,
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
      ended.push(entryFrom(decision, identity, decision.action as ActionKind, decision.expires_at));
  }
  return ended;
}
