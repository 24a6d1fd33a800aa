import type { ApiEndpoint } from '../../lib/contracts/generated.ts';

/** An endpoint worth a line in a report. */
export interface EndpointLine {
  /** `METHOD host/template` */
  readonly endpoint: string;
  readonly function: string;
  /** Epoch ms. */
  readonly first_seen_at: number;
  readonly requests: number;
  readonly clients: number;
  readonly client_class: string;
}

/** Functions of endpoints that attacks are looked for at by what these are for. */
export const guardedFunctions = ['login', 'payment', 'inventory', 'cart'] as const;
export type GuardedFunction = (typeof guardedFunctions)[number];

/** Endpoints that answered, against the documents that were given. */
export interface InventorySummary {
  readonly endpoints: number;
  readonly hosts: number;
  /** null: no document covers any of the hosts, so that nothing is known to be undocumented. */
  readonly documented: number | null;
  /** On hosts that no document covers. */
  readonly not_covered: number;
  /** Without files, the busiest first. */
  readonly undocumented: readonly EndpointLine[];
  /** Documented as deprecated or gone, still called. */
  readonly zombies: readonly EndpointLine[];
  /** `METHOD host/template` of what is taken for a log-in, a payment, a look-up, a cart: the busiest first. */
  readonly by_function: { readonly [F in GuardedFunction]: readonly string[] };
  /** `METHOD host/template` of what is documented and was not called. */
  readonly unused: readonly string[];
}

const nameOf = ({ endpoint, host }: ApiEndpoint): string => endpoint.replace(' ', ` ${host}`);

export function inventorySummary(endpoints: readonly ApiEndpoint[]): InventorySummary {
  const called = endpoints.filter(({ status }) => status !== 'unused');
  const of = (status: string): ApiEndpoint[] => called.filter((endpoint) => endpoint.status === status);
  const lines = (list: readonly ApiEndpoint[]): EndpointLine[] =>
    list
      .map((endpoint) => ({
        endpoint: nameOf(endpoint),
        function: endpoint.function,
        first_seen_at: endpoint.first_seen_at!,
        requests: endpoint.requests,
        clients: endpoint.clients,
        client_class: endpoint.client_class,
      }))
      .sort((a, b) => b.requests - a.requests || (a.endpoint < b.endpoint ? -1 : 1));
  const takenFor = (name: string): string[] =>
    lines(called.filter((endpoint) => endpoint.function === name)).map(({ endpoint }) => endpoint);
  const isCovered = endpoints.some(({ status }) => status !== 'unknown');
  return {
    endpoints: called.length,
    hosts: new Set(called.map(({ host }) => host)).size,
    documented: isCovered ? of('documented').length : null,
    not_covered: of('unknown').length,
    undocumented: lines(of('shadow').filter((endpoint) => endpoint.function !== 'content')),
    zombies: lines(of('zombie')),
    by_function: Object.fromEntries(
      guardedFunctions.map((name) => [name, takenFor(name)]),
    ) as unknown as InventorySummary['by_function'],
    unused: endpoints.filter(({ status }) => status === 'unused').map(nameOf),
  };
}
