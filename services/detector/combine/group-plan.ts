import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import { endpointTraits } from '../endpoint-traits.ts';
import { type PairKind, pairKinds } from '../groups.ts';
import { optionalSketches, type SketchName } from '../layout.ts';
import type { Policy } from '../policies/load-policies.ts';

/** Endpoints remembered; more than this are an attacker's inventions, and the plan starts over. */
const mostEndpoints = 20_000;
const none: readonly PairKind[] = [];

interface Planned {
  readonly documented: boolean | null;
  readonly pairs: readonly PairKind[];
}

/** Which groups and sketches the policies ask for: nothing is counted that no active policy reads. */
export class GroupPlan {
  readonly sketches: ReadonlySet<SketchName>;
  readonly networks: boolean;
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
    this.#policies = policies.filter(({ scope }) => pairKinds.includes(scope as PairKind));
  }

  /** Pairs to count the event in, besides its site and endpoint. Decided once for an endpoint. */
  pairs(event: EnrichedRequest): readonly PairKind[] {
    if (this.#policies.length === 0) return none;
    const { host } = event.request;
    let endpoints = this.#hosts.get(host);
    const planned = endpoints?.get(event.endpoint);
    if (planned !== undefined && planned.documented === event.documented) return planned.pairs;
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
    const wanted = new Set(
      this.#policies.filter(({ matches }) => matches({ endpoint })).map(({ scope }) => scope),
    );
    const pairs = pairKinds.filter((kind) => wanted.has(kind));
    endpoints.set(event.endpoint, { documented: event.documented, pairs });
    this.#endpoints++;
    return pairs;
  }
}
