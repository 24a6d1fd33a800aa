import { type Policy, policySetHash } from './load-policies.ts';

/** Policies that hold together, from one pane on. */
export interface PoliciesInForce {
  /** Start of the first pane they hold for; -Infinity: those of the files. */
  readonly from: number;
  readonly hash: string;
  /** In order of severity, then id. */
  readonly policies: readonly Policy[];
}

/** Which policies hold when: a function of event time and of what was published, of nothing else. */
export interface PolicyTimeline {
  /** Those that hold for the pane which starts at this time. */
  at(paneStart: number): PoliciesInForce;
  /** The sets that begin to hold after `after` and not after `until`, in order of time. */
  between(after: number, until: number): readonly PoliciesInForce[];
  /** The policy of this content in any set that is known. */
  version(id: string, hash: string): Policy | undefined;
  /** No set that is not known yet can hold for a pane that starts before this. */
  settledUntil(): number;
  /** Resolves when more may be settled; rejects once the service stops. */
  settledFurther(): Promise<void>;
}

const levels = ['critical', 'high', 'medium', 'low', 'informational'];

export function policiesFrom(from: number, policies: readonly Policy[]): PoliciesInForce {
  return {
    from,
    hash: policySetHash(policies),
    policies: [...policies].sort(
      (a, b) =>
        levels.indexOf(a.document.level) - levels.indexOf(b.document.level) ||
        (a.document.id < b.document.id ? -1 : 1),
    ),
  };
}

/** The sets of a timeline in order, and what can be asked of them. */
export function createSetHistory(base: readonly Policy[]) {
  const sets: PoliciesInForce[] = [policiesFrom(-Infinity, base)];
  /** By id, then hash: asked for with every request that a signature selects. */
  const versions = new Map<string, Map<string, Policy>>();
  const note = ({ policies }: PoliciesInForce): void => {
    for (const policy of policies) {
      const { id } = policy.document;
      const known = versions.get(id) ?? new Map<string, Policy>();
      versions.set(id, known.set(policy.hash, policy));
    }
  };
  note(sets[0]!);
  return {
    /** Of two sets that begin at the same pane the one added later counts. */
    add(set: PoliciesInForce): void {
      const place = sets.findIndex(({ from }) => from >= set.from);
      if (place < 0) sets.push(set);
      else sets.splice(place, sets[place]!.from === set.from ? 1 : 0, set);
      note(set);
    },
    at(paneStart: number): PoliciesInForce {
      for (let index = sets.length - 1; index > 0; index--)
        if (sets[index]!.from <= paneStart) return sets[index]!;
      return sets[0]!;
    },
    between: (after: number, until: number): readonly PoliciesInForce[] =>
      sets.filter(({ from }) => from > after && from <= until),
    version: (id: string, hash: string): Policy | undefined => versions.get(id)?.get(hash),
  };
}

/** These policies, always: what files say where nothing is published. */
export function fixedPolicies(policies: readonly Policy[]): PolicyTimeline {
  const { at, between, version } = createSetHistory(policies);
  return { at, between, version, settledUntil: () => Infinity, settledFurther: () => Promise.resolve() };
}
