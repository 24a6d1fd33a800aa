import { ConfigError } from '../../lib/config.ts';
import type { PolicySet } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { recordsOf } from '../../lib/log/read-topic.ts';
import { readPolicySet } from '../../services/detector/policies/policy-set.ts';
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
  const judged = sets.map((set): { readonly set: PolicySet; readonly problems: readonly string[] } => {
    try {
      readPolicySet(set);
      return { set, problems: [] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { set, problems: error.problems };
    }
  });
  const standing = new Map<number, PolicySet>();
  for (const { set, problems } of judged) if (problems.length === 0) standing.set(set.effective_at, set);
  const begun = [...standing.keys()].filter((from) => from <= now);
  const present = begun.length === 0 ? null : Math.max(...begun);
  return judged
    .map(({ set, problems }): PublishedSet => {
      if (problems.length > 0) return { set, state: 'refused', problems };
      const from = set.effective_at;
      if (standing.get(from) !== set) return { set, state: 'replaced', problems };
      return { set, state: from > now ? 'scheduled' : from === present ? 'in force' : 'past', problems };
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
