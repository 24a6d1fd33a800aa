import { ConfigError } from '../../lib/config.ts';
import type { PolicySet } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { recordsOf } from '../../lib/log/read-topic.ts';
import { readPolicySet } from '../../services/detector/policies/policy-set.ts';
import {
  createSetHistory,
  type PoliciesInForce,
  policiesFrom,
} from '../../services/detector/policies/timeline.ts';
import { ExitError } from '../exit-error.ts';

/** A set on topic `policies` and what it is at some time. */
export interface PublishedSet {
  readonly set: PolicySet;
  readonly state: 'scheduled' | 'in force' | 'past' | 'replaced' | 'refused';
  /** Why instances pass it over; empty unless refused. */
  readonly problems: readonly string[];
}

/** Everything published so far, in the order of the topic. */
export async function readPublished(log: Log): Promise<PolicySet[]> {
  return (await recordsOf(log, 'policies')).map(({ value }) => value);
}

/** What each set is at `now`, in order of the panes they begin at; `replaced`: a later record begins at the same one. */
export function statesOf(sets: readonly PolicySet[], now: number): PublishedSet[] {
  const history = createSetHistory([]);
  const read = sets.map((set): { readonly set: PolicySet; readonly holds: PoliciesInForce | ConfigError } => {
    try {
      const holds = policiesFrom(set.effective_at, readPolicySet(set));
      history.add(holds);
      return { set, holds };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { set, holds: error };
    }
  });
  const standing = new Set(history.between(-Infinity, Infinity));
  const present = history.at(now);
  return read
    .map(({ set, holds }): PublishedSet => {
      if (holds instanceof ConfigError) return { set, state: 'refused', problems: holds.problems };
      const state = !standing.has(holds)
        ? 'replaced'
        : holds === present
          ? 'in force'
          : holds.from > now
            ? 'scheduled'
            : 'past';
      return { set, state, problems: [] };
    })
    .sort((a, b) => a.set.effective_at - b.set.effective_at);
}

/** The set that holds at a time; null: none was published for it, the files of each instance hold. */
export function setAt(sets: readonly PolicySet[], at: number): PolicySet | null {
  return statesOf(sets, at).find(({ state }) => state === 'in force')?.set ?? null;
}

/** The set that an id, a hash or the beginning of one names. Throws ExitError when none or several do. */
export function findSet(sets: readonly PolicySet[], reference: string): PolicySet {
  const named = sets.filter(
    ({ set_id: id, set_hash: hash }) => id.startsWith(reference) || hash.startsWith(reference),
  );
  const newest = named.at(-1);
  if (newest === undefined)
    throw new ExitError(1, `${reference}: no such set (see tidegate policies history)`);
  if (new Set(named.map(({ set_hash: hash }) => hash)).size > 1)
    throw new ExitError(1, `${reference}: several sets begin so, give more of the id`);
  return newest;
}
