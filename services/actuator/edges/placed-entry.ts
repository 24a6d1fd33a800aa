import type { Signature } from '../../../lib/contracts/generated.ts';
import { parseNetwork } from '../../../lib/ip.ts';
import { parseSignature } from '../../../lib/signature/parse-signature.ts';
import { bySeverity } from '../choose-entries.ts';
import type { ActionKind } from '../decider/actions.ts';
import { EdgeError, type Entry, type EntryKind, type ObservedEntry } from '../edge.ts';
import { type EntryName, isAddress } from '../entry-name.ts';
import type { Plan } from '../reconcile.ts';
import { valueKinds } from './proxy-edge.ts';

/** What an edge needs to know of an entry to write it down. */
export interface PlacedEntry {
  readonly key: string;
  readonly kind: EntryKind;
  readonly value: string;
  readonly action: ActionKind;
  readonly decisionId: string;
  /** Of kind `signature` only. */
  readonly signature: Signature | null;
}

/** Its signature, or the one that asks for its value alone; null: neither. */
export function meaningOf({ kind, value, signature }: PlacedEntry): Signature | null {
  if (signature !== null || !(valueKinds as readonly EntryKind[]).includes(kind)) return signature;
  return { predicates: [{ attribute: kind, op: 'in', values: [value] }], except_good: false, good_after: [] };
}

export function placed(entry: Entry): PlacedEntry {
  const { key, kind, value, action, decisionId } = entry;
  return { key, kind, value, action, decisionId, signature: entry.target.signature };
}

/** The same, for edges to which a bad address must not get: EdgeError `invalid`. */
export function checked(entries: readonly PlacedEntry[]): readonly PlacedEntry[] {
  const bad = entries.find((entry) => isAddress(entry) && parseNetwork(entry.value) === null);
  if (bad !== undefined) throw new EdgeError('invalid', `not a network: ${JSON.stringify(bad.value)}`);
  return entries;
}

/**
 * Everything that is to be at the edge after the plan, for edges that are written as a whole: what is wanted, and what
 * a guard holds back or a stranger put there, as it was observed. `of` chooses among them.
 */
export function placedEntries(
  plan: Plan,
  of: (entry: { readonly kind: EntryKind }) => boolean = () => true,
): PlacedEntry[] {
  const entries = bySeverity(plan.content.filter(of)).map(placed);
  const keys = new Set(entries.map((entry) => entry.key));
  for (const entry of placedAgain(plan.retained.filter(of))) if (!keys.has(entry.key)) entries.push(entry);
  return entries;
}

/** Observed entries as they would be written again; those that say too little are left out. */
export function placedAgain(observed: readonly ObservedEntry[]): PlacedEntry[] {
  return observed.flatMap(({ key, kind, value, action, decisionId }) => {
    const signature = kind === 'signature' ? parseSignature(value) : null;
    if (action === null || decisionId === null || (kind === 'signature' && signature === null)) return [];
    return [{ key, kind, value, action, decisionId, signature }];
  });
}

/** An entry of ours, at an edge that keeps no end. */
export function asObserved({
  key,
  kind,
  value,
  action,
  decisionId,
}: EntryName & Pick<Entry, 'action' | 'decisionId'>): ObservedEntry {
  return { key, kind, value, owner: 'ours', decisionId, action, expiresAt: null };
}

/** The same at an edge that keeps ends. */
export function asObservedWithEnd(entry: Entry): ObservedEntry {
  return { ...asObserved(entry), expiresAt: entry.expiresAt };
}
