import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { endpointTraits } from '../endpoint-traits.ts';
import { groups, type PairKind, pairKinds } from '../groups.ts';
import { optionalSketches, type SketchName } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';

/** Endpoints remembered; more than this are an attacker's inventions, and the plan starts over. */
const mostEndpoints = 20_000;
const none: Planned = { documented: null, pairs: [], keyed: [] };

interface Planned {
  readonly documented: boolean | null;
  readonly pairs: readonly PairKind[];
  readonly keyed: readonly string[];
}

/** Which groups and sketches the policies ask for: nothing is counted that no active policy reads. */
export class GroupPlan {
  readonly sketches: ReadonlySet<SketchName>;
  readonly networks: boolean;
  /** Some policy asks for re-keyed groups. */
  readonly rekeys: boolean;
  readonly #policies: readonly Policy[];
  readonly #hosts = new Map<string, Map<string, Planned>>();
  #endpoints = 0;

  constructor(policies: readonly Policy[]) {
    const sketches = new Set<SketchName>();
    for (const { features } of policies)
      for (const { spec } of features)
        if ((spec.type === 'value_count' || spec.type === 'growth') && optionalSketches.has(spec.of))
          sketches.add(spec.of);
    this.sketches = sketches;
    this.networks = policies.some(({ scope }) => scope === 'network');
    this.rekeys = policies.some(isRekeyed);
    this.#policies = policies.filter(
      (policy) => pairKinds.includes(policy.scope as PairKind) || isRekeyed(policy),
    );
  }

  /** Pairs to count the event in, besides its site and endpoint. */
  pairs(event: EnrichedRequest): readonly PairKind[] {
    return this.#planned(event).pairs;
  }

  /** Policies on re-keyed groups that want the event. */
  keyed(event: EnrichedRequest): readonly string[] {
    return this.#planned(event).keyed;
  }

  /** Decided once for an endpoint. */
  #planned(event: EnrichedRequest): Planned {
    if (this.#policies.length === 0) return none;
    const { host } = event.request;
    let endpoints = this.#hosts.get(host);
    const known = endpoints?.get(event.endpoint);
    if (known !== undefined && known.documented === event.documented) return known;
    if (this.#endpoints >= mostEndpoints) {
      this.#hosts.clear();
      this.#endpoints = 0;
      endpoints = undefined;
    }
    if (endpoints === undefined) {
      endpoints = new Map();
      this.#hosts.set(host, endpoints);
    }
    const endpoint = endpointTraits(event.endpoint, host, event.endpoint_function, event.documented);
    const wanting = this.#policies.filter(({ matches }) => matches({ endpoint }));
    const scopes = new Set(wanting.map(({ scope }) => scope));
    const planned = {
      documented: event.documented,
      pairs: pairKinds.filter((kind) => scopes.has(kind)),
      keyed: wanting
        .filter(isRekeyed)
        .map(({ document }) => document.id)
        .sort(),
    };
    endpoints.set(event.endpoint, planned);
    this.#endpoints++;
    return planned;
  }
}

const isRekeyed = ({ scope }: Policy): boolean => groups[scope].class === 'rekeyed';
