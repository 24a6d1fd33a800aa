import type { Traits } from '../endpoint-traits.ts';
import { groupKinds, groups, isScoped, type PairKind, pairKinds, type ScopedKind } from '../groups.ts';
import { type SketchName, sketchNames } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';

/** What is wanted of the requests of one endpoint, besides that they are counted for site and endpoint. */
export interface Planned {
  readonly pairs: readonly PairKind[];
  /** Policies on re-keyed groups. */
  readonly keyed: readonly string[];
}
const nothing: Planned = { pairs: [], keyed: [] };

/** What reduce reads of every site: how many clients there are beside those that were reported one by one. */
const ofSites: readonly SketchName[] = ['clients'];
/** What reduce reads of the rest, and of sites that a policy may open a campaign on: the words of a campaign. */
const ofScopes: readonly SketchName[] = ['clients', 'combos'];

/** Which groups and sketches the policies ask for: nothing is counted that nobody reads. */
export class GroupPlan {
  /** Distinct counts to keep in a group of a kind. */
  readonly sketches: { readonly [K in ScopedKind]: ReadonlySet<SketchName> };
  readonly networks: boolean;
  /** Some policy asks for re-keyed groups. */
  readonly rekeys: boolean;
  readonly #policies: readonly Policy[];

  constructor(policies: readonly Policy[]) {
    const kinds = groupKinds.filter(isScoped);
    this.sketches = Object.fromEntries(
      kinds.map((kind) => [kind, sketchesOf(kind, policies)]),
    ) as typeof this.sketches;
    this.networks = policies.some(({ scope }) => scope === 'network');
    this.rekeys = policies.some(isRekeyed);
    this.#policies = policies.filter(
      (policy) => pairKinds.includes(policy.scope as PairKind) || isRekeyed(policy),
    );
  }

  of(endpoint: Traits): Planned {
    const wanting = this.#policies.filter(({ matches }) => matches({ endpoint }));
    if (wanting.length === 0) return nothing;
    const scopes = new Set(wanting.map(({ scope }) => scope));
    return {
      pairs: pairKinds.filter((kind) => scopes.has(kind)),
      keyed: wanting
        .filter(isRekeyed)
        .map(({ document }) => document.id)
        .sort(),
    };
  }
}

const isRekeyed = ({ scope }: Policy): boolean => groups[scope].class === 'rekeyed';

function sketchesOf(kind: ScopedKind, policies: readonly Policy[]): ReadonlySet<SketchName> {
  // a route is put together from its endpoints
  const own = policies.filter(({ scope }) => scope === kind || (kind === 'endpoint' && scope === 'route'));
  const wanted = new Set(kind === 'site' && own.length === 0 ? ofSites : ofScopes);
  for (const { features } of own)
    for (const { spec } of features)
      if (spec.type === 'value_count' || spec.type === 'growth') wanted.add(spec.of);
  return new Set(sketchNames.filter((name) => wanted.has(name)));
}
