import { createHash } from 'node:crypto';
import { base32 } from '../../lib/ids.ts';
import { parseNetwork } from '../../lib/ip.ts';
import { type ClientClass, fitEntries, type Weakened } from './action-table.ts';
import { strength } from './decider/actions.ts';
import type { EdgeDescriptor, Entry, Observed, ObservedEntry, Pending, Pool } from './edge.ts';
import { createNetworkSet } from './network-set.ts';

export interface LeftOut {
  readonly entry: Entry;
  /** `covered`: a wider entry stops it already, nothing is lost. */
  readonly cause: 'capacity' | 'action' | 'kind' | 'inexpressible' | 'covered';
  readonly detail: string;
}

/** What has to change at an edge. It is the dry run, the audit record, and what `apply` is given. */
export interface Plan {
  /** The same changes have the same id. */
  readonly planId: string;
  readonly add: readonly Entry[];
  readonly update: readonly Entry[];
  readonly remove: readonly ObservedEntry[];
  /** Our entries after the change, the most severe first; for edges that are written as a whole. */
  readonly content: readonly Entry[];
  /** Observed entries that stay though nobody wants them: foreign ones, and removals that a guard holds back. */
  readonly retained: readonly ObservedEntry[];
  readonly foreign: readonly ObservedEntry[];
  readonly leftOut: readonly LeftOut[];
  /** Entries that are there with a weaker action than was decided. */
  readonly weakened: readonly Weakened[];
  /** Set when nothing may be added: the reason is shown until a person acts. */
  readonly refused: string | null;
  /** Set when a guard holds removals back. */
  readonly held: string | null;
  /** True when the edge must be written although no entry changes. */
  readonly rewrite: boolean;
  /** Set while the edge is still bringing about what it was given. */
  readonly pending: Pending | null;
}

export interface ReconcileOptions {
  /** Treat foreign content as ours: it goes. Otherwise it stays, and a replace-only edge is refused. */
  readonly adopt: boolean;
  /** True for a key that was ever decided, also when that is over: its removal is explained. */
  readonly known: (key: string) => boolean;
  /** null when the edge can express the entry. */
  readonly inexpressible: (entry: Entry) => string | null;
  /** Removals of entries that nothing explains are held back above this share of ours. */
  readonly maxUnexplainedShare: number;
  /** Who sends the requests that an entry selects. Left out: nobody knows. */
  readonly clientsOf?: (entry: Entry) => ClientClass;
}

/** Fewer unexplained removals than this never trip the guard. */
const unexplainedFloor = 10;
const levels = ['informational', 'low', 'medium', 'high', 'critical'];

/** `desired x observed -> plan`. Pure: the same arguments give the same plan, whatever the order of the entries. */
export function reconcile(
  desired: readonly Entry[],
  observed: Observed,
  descriptor: EdgeDescriptor,
  options: ReconcileOptions,
): Plan {
  const present = new Map(observed.entries.map((entry) => [entry.key, entry]));
  const isOurs = (entry: ObservedEntry): boolean =>
    options.adopt || entry.owner === 'ours' || (entry.owner === 'unmarked' && options.known(entry.key));
  const foreign = observed.entries.filter((entry) => !isOurs(entry));
  const foreignKeys = new Set(foreign.map((entry) => entry.key));

  const fitted = fitEntries(
    desired.filter((entry) => !foreignKeys.has(entry.key)),
    descriptor,
    options.clientsOf ?? (() => 'unknown'),
  );
  const { chosen, leftOut } = choose(fitted.entries, present, foreign, descriptor, options);
  const refused =
    descriptor.replaceOnly && foreign.length > 0
      ? `holds ${foreign.length} entries that Tidegate did not write; give it a list of its own, or set adopt`
      : null;
  const wanted = new Set(chosen.map((entry) => entry.key));
  const ours = observed.entries.filter((entry) => !foreignKeys.has(entry.key));
  const unwanted = ours.filter((entry) => !wanted.has(entry.key));
  const unexplained = options.adopt ? [] : unwanted.filter((entry) => !options.known(entry.key));
  const tripped =
    unexplained.length > Math.max(unexplainedFloor, Math.floor(ours.length * options.maxUnexplainedShare));
  const heldBack = new Set(tripped ? unexplained : []);

  const add = refused === null ? chosen.filter((entry) => !present.has(entry.key)) : [];
  const update =
    refused === null
      ? chosen.filter((entry) => {
          const now = present.get(entry.key);
          return now !== undefined && differs(entry, now);
        })
      : [];
  const remove = unwanted.filter((entry) => !heldBack.has(entry));
  const content = refused === null ? chosen : chosen.filter((entry) => present.has(entry.key));
  return {
    planId: planIdOf(add, update, remove),
    add,
    update,
    remove,
    content,
    retained: [...foreign, ...heldBack],
    foreign,
    leftOut: [
      ...leftOut,
      ...fitted.unfit.map(({ entry, because }): LeftOut => ({ entry, cause: 'action', detail: because })),
    ],
    weakened: fitted.weakened,
    refused,
    held: tripped
      ? `${unexplained.length} of ${ours.length} entries would go without a decision that explains it`
      : null,
    rewrite: observed.damaged !== null,
    pending: observed.pending ?? null,
  };
}

/** True when applying the plan would change nothing. */
export function isEmpty(plan: Plan): boolean {
  return changesOf(plan) === 0 && !plan.rewrite;
}

export function changesOf(plan: Plan): number {
  return plan.add.length + plan.update.length + plan.remove.length;
}

function differs(wanted: Entry, now: ObservedEntry): boolean {
  if (now.action !== null && now.action !== wanted.action) return true;
  if (now.expiresAt !== null && now.expiresAt !== wanted.expiresAt) return true;
  return now.decisionId !== null && now.decisionId !== wanted.decisionId;
}

/** The entries the edge is to hold: those it can express, uncovered, and per pool the best within its capacity. */
function choose(
  desired: readonly Entry[],
  present: ReadonlyMap<string, ObservedEntry>,
  foreign: readonly ObservedEntry[],
  descriptor: EdgeDescriptor,
  options: ReconcileOptions,
): { chosen: Entry[]; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const out = (entry: Entry, cause: LeftOut['cause'], detail: string): void => {
    leftOut.push({ entry, cause, detail });
  };
  const byPool = new Map<Pool, Entry[]>(descriptor.pools.map((pool) => [pool, []]));
  for (const entry of uncovered(desired, out)) {
    const pool = descriptor.pools.find((candidate) => candidate.holds.includes(entry.kind));
    if (pool === undefined) {
      out(entry, 'kind', `${descriptor.kind} holds no ${entry.kind}`);
      continue;
    }
    if (entry.kind === 'ip6' && parseNetwork(entry.value)!.prefix > descriptor.longestV6Prefix) {
      out(entry, 'inexpressible', `IPv6 only up to /${descriptor.longestV6Prefix}`);
      continue;
    }
    const reason = options.inexpressible(entry);
    if (reason === null) byPool.get(pool)!.push(entry);
    else out(entry, 'inexpressible', reason);
  }
  const chosen: Entry[] = [];
  for (const [pool, entries] of byPool) {
    const taken = foreign.filter((entry) => pool.holds.includes(entry.kind)).length;
    const room = Math.max(0, pool.capacity - taken);
    entries.sort((a, b) => compare(a, b, present));
    chosen.push(...entries.slice(0, room));
    for (const entry of entries.slice(room)) out(entry, 'capacity', `${pool.name} holds ${pool.capacity}`);
  }
  return { chosen, leftOut };
}

/**
 * Most severe first, then most requests (by order of magnitude, so that small changes do not swap entries), then what
 * is there already, then the newest.
 */
function compare(a: Entry, b: Entry, present: ReadonlyMap<string, ObservedEntry>): number {
  const magnitude = (entry: Entry) => Math.floor(Math.log2(entry.requests + 1));
  return (
    strength(b.action) - strength(a.action) ||
    levels.indexOf(b.level) - levels.indexOf(a.level) ||
    magnitude(b) - magnitude(a) ||
    Number(present.has(b.key)) - Number(present.has(a.key)) ||
    b.decidedAt - a.decidedAt ||
    (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
  );
}

/** Without the address entries that lie in a wider one of at least the same action and end. */
function* uncovered(
  desired: readonly Entry[],
  out: (entry: Entry, cause: 'covered', detail: string) => void,
): Generator<Entry> {
  const isAddress = (entry: Entry) => entry.kind === 'ip4' || entry.kind === 'ip6';
  const wide = createNetworkSet(
    desired
      .filter((entry) => isAddress(entry) && !/\/(32|128)$/.test(entry.value))
      .map((entry) => [parseNetwork(entry.value)!, entry] as const),
  );
  for (const entry of desired) {
    const around =
      isAddress(entry) && wide.size > 0 ? wide.covering(parseNetwork(entry.value)!)?.value : undefined;
    const covers =
      around !== undefined &&
      around.key !== entry.key &&
      strength(around.action) >= strength(entry.action) &&
      around.expiresAt >= entry.expiresAt;
    if (covers) out(entry, 'covered', `inside ${around.value}`);
    else yield entry;
  }
}

function planIdOf(add: readonly Entry[], update: readonly Entry[], remove: readonly ObservedEntry[]): string {
  const hash = createHash('sha256');
  const lines = [
    ...add.map((entry) => `+${entry.key} ${entry.decisionId} ${entry.expiresAt}`),
    ...update.map((entry) => `~${entry.key} ${entry.decisionId} ${entry.expiresAt}`),
    ...remove.map((entry) => `-${entry.key} ${entry.decisionId ?? ''}`),
  ];
  for (const line of lines.sort()) hash.update(line).update('\n');
  return `plan_${base32(hash.digest().subarray(0, 16))}`;
}
