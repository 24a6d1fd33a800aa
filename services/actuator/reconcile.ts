import { createHash } from 'node:crypto';
import { base32 } from '../../lib/ids.ts';
import { type ClientClass, fitEntries, type Weakened } from './action-table.ts';
import {
  bySeverity,
  type CapacityFigures,
  type CapacityOptions,
  chooseEntries,
  type LeftOut,
  unlimitedCapacity,
} from './choose-entries.ts';
import type { EdgeDescriptor, Entry, Observed, ObservedEntry, Pending } from './edge.ts';

/** What has to change at an edge. It is the dry run, the audit record, and what `apply` is given. */
export interface Plan {
  /** The same changes have the same id. */
  readonly planId: string;
  readonly add: readonly Entry[];
  readonly update: readonly Entry[];
  readonly remove: readonly ObservedEntry[];
  /** Our entries after the change, in no order: `bySeverity` for edges that are written as a whole. */
  readonly content: readonly Entry[];
  /** Observed entries that stay though nobody wants them: foreign ones, and removals that a guard holds back. */
  readonly retained: readonly ObservedEntry[];
  readonly foreign: readonly ObservedEntry[];
  readonly leftOut: readonly LeftOut[];
  /** How the choice came out where not everything fitted; null: everything did. */
  readonly figures: CapacityFigures | null;
  /** Entries that are there with a weaker action than was decided. */
  readonly weakened: readonly Weakened[];
  /** Set when nothing may be added: the reason is shown until a person acts. */
  readonly refused: string | null;
  /** Removals that nothing explains, be they held back or not. */
  readonly unexplained: number;
  /** Set when a guard holds removals back. */
  readonly held: string | null;
  /** Wanted entries that a guard does not let in for now. */
  readonly waiting: readonly { readonly entry: Entry; readonly because: string }[];
  /** True when the edge must be written although no entry changes. */
  readonly rewrite: boolean;
  /** Set while the edge is still bringing about what it was given. */
  readonly pending: Pending | null;
}

export interface ReconcileOptions {
  /** Treat foreign content as ours: it goes. Otherwise it stays, and a replace-only edge is refused. */
  readonly adopt: boolean;
  /** True for a key that was ever decided, also when that is over: unmarked entries of it are ours. */
  readonly known: (key: string) => boolean;
  /** Whether an entry that nobody wants here may go: no decision in force asks for it. Left out: it was decided once. */
  readonly explains?: (entry: ObservedEntry) => boolean;
  /** What a guard holds back already stays so, however much the list has grown. */
  readonly heldBefore?: ReadonlySet<string>;
  /** null when the edge can express the entry. */
  readonly inexpressible: (entry: Entry) => string | null;
  /** Removals of entries that nothing explains are held back above this share of ours. */
  readonly maxUnexplainedShare: number;
  /** Why an entry that is not there yet must wait; null: it need not. Asked for additions only. Left out: none waits. */
  readonly holdAddition?: (entry: Entry) => string | null;
  /** Nothing is added or changed any more; what ends is still taken back. */
  readonly windingDown?: boolean;
  /** What the planner weighs when not everything fits. Left out: requests alone. */
  readonly capacity?: CapacityOptions;
  /** Who sends the requests that an entry selects. Left out: nobody knows. */
  readonly clientsOf?: (entry: Entry) => ClientClass;
}

/** Fewer unexplained removals than this never trip the guard. */
const unexplainedFloor = 10;

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
    foreignKeys.size === 0 ? desired : desired.filter((entry) => !foreignKeys.has(entry.key)),
    descriptor,
    options.clientsOf ?? (() => 'unknown'),
  );
  const { chosen, leftOut, figures } = chooseEntries(
    fitted.entries,
    present,
    foreign,
    descriptor,
    options.inexpressible,
    options.capacity ?? unlimitedCapacity,
  );
  const refused =
    descriptor.replaceOnly && foreign.length > 0
      ? `holds ${foreign.length} entries that Tidegate did not write; give it a list of its own, or set adopt`
      : null;
  const writes = refused === null && options.windingDown !== true;
  const waiting: Plan['waiting'][number][] = [];
  const add: Entry[] = [];
  const update: Entry[] = [];
  const content: Entry[] = [];
  let found = 0;
  for (const entry of chosen) {
    const now = present.get(entry.key);
    if (now !== undefined) found++;
    if (now === undefined) {
      if (!writes) continue;
      const because = options.holdAddition?.(entry) ?? null;
      if (because !== null) {
        waiting.push({ entry, because });
        continue;
      }
      add.push(entry);
    } else if (writes && differs(entry, now)) update.push(entry);
    content.push(entry);
  }
  const ours =
    foreign.length === 0 ? observed.entries : observed.entries.filter((entry) => !foreignKeys.has(entry.key));
  // Most looks find the edge in step.
  const unwanted = found === ours.length ? [] : unwantedOf(ours, chosen);
  const unexplained = options.adopt ? [] : unexplainedOf(unwanted, leftOut, fitted.unfit, options);
  const tripped =
    options.maxUnexplainedShare < 1 &&
    (unexplained.length > Math.max(unexplainedFloor, Math.floor(ours.length * options.maxUnexplainedShare)) ||
      unexplained.some(({ key }) => options.heldBefore?.has(key) === true));
  const heldBack = new Set(tripped ? unexplained : []);

  const remove = unwanted.filter((entry) => !heldBack.has(entry));
  return {
    planId: planIdOf(add, update, remove),
    add: bySeverity(add),
    update: bySeverity(update),
    remove,
    content,
    retained: [...foreign, ...heldBack],
    foreign,
    leftOut: [
      ...leftOut,
      ...fitted.unfit.map(({ entry, because }): LeftOut => ({ entry, cause: 'action', detail: because })),
    ],
    figures,
    weakened: fitted.weakened,
    refused,
    unexplained: unexplained.length,
    held: tripped
      ? `${unexplained.length} of ${ours.length} entries would go though nothing explains it: tidegate edges let-go, if it is right`
      : null,
    waiting,
    rewrite: observed.damaged !== null && options.windingDown !== true,
    pending: observed.pending ?? null,
  };
}

function unwantedOf(ours: readonly ObservedEntry[], chosen: readonly Entry[]): readonly ObservedEntry[] {
  const wanted = new Set(chosen.map(({ key }) => key));
  return ours.filter(({ key }) => !wanted.has(key));
}

function unexplainedOf(
  unwanted: readonly ObservedEntry[],
  leftOut: readonly { readonly entry: Entry }[],
  unfit: readonly { readonly entry: Entry }[],
  { known, explains = ({ key }) => known(key) }: ReconcileOptions,
): readonly ObservedEntry[] {
  if (unwanted.length === 0) return [];
  // Of what is wanted and left out the plan says why.
  const said = new Set([...leftOut, ...unfit].map(({ entry }) => entry.key));
  return unwanted.filter((entry) => !said.has(entry.key) && !explains(entry));
}

/** Removals that a guard holds back. */
export function heldBackOf({ retained, foreign }: Plan): readonly ObservedEntry[] {
  if (retained.length === foreign.length) return [];
  const strangers = new Set(foreign);
  return retained.filter((entry) => !strangers.has(entry));
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
