import { withoutOperation } from '../../../../lib/path/operations.ts';
import { prefixFamiliesOf } from '../../../../lib/path/word-family.ts';
import { createTwoGenerationCache } from '../../../../lib/two-generation-cache.ts';
import { endpointParts } from '../../groups.ts';

/**
 * A route is one method and path in all the places of a site that serve it: the log-in of forty tenants, each with a host or a
 * folder of its own, the API that one aggregator offers for many banks, the stock look-up in 24 languages, a path in every
 * spelling of its letters. What goes on a little everywhere shows there and nowhere else.
 */

export interface ScopeName {
  readonly kind: string;
  readonly key: string;
}

const known = createTwoGenerationCache<string, readonly string[]>(20_000);

/**
 * Keys of the routes that an endpoint (`METHOD template`) could belong to, `METHOD *template`: its own path first, then one
 * for each word that could be a place of it. No endpoint has such a key.
 */
export function routesOf(endpoint: string): readonly string[] {
  let routes = known.get(endpoint);
  if (routes === undefined) {
    routes = [endpoint, ...prefixFamiliesOf(endpoint)].map(routeKey);
    known.set(endpoint, routes);
  }
  return routes;
}

/** @param path `METHOD template`, of an endpoint or of a family */
function routeKey(path: string): string {
  const method = path.indexOf(' ') + 1;
  return `${path.slice(0, method)}*${path.slice(method).toLowerCase()}`;
}

/** The family (`METHOD template` with `{word}`) as a member of which an endpoint is a place of a route; null: as itself. */
export function familyIn(route: string, endpoint: string): string | null {
  return prefixFamiliesOf(endpoint).find((family) => routeKey(family) === route) ?? null;
}

/**
 * Whether what is true of one scope is true of another: it is the same, or its endpoint in one of the places, or one of its
 * operations.
 */
export function covers(taken: ScopeName, { kind, key }: ScopeName): boolean {
  if (taken.kind === kind)
    return taken.key === key || (kind === 'endpoint' && taken.key === withoutOperation(key));
  if (taken.kind !== 'route' || kind !== 'endpoint') return false;
  return routesOf(endpointParts(withoutOperation(key)).endpoint).includes(taken.key);
}

/** Whether requests of one scope are requests of the other: either covers the other. */
export function overlaps(one: ScopeName, other: ScopeName): boolean {
  return covers(one, other) || covers(other, one);
}

/** Whether `scope` is an operation of an endpoint. */
export function isOperationOf(endpoint: ScopeName, scope: ScopeName): boolean {
  return scope.kind === 'endpoint' && scope.key !== endpoint.key && covers(endpoint, scope);
}
