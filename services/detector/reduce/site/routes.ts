import { hasOperation } from '../../../../lib/path/operations.ts';
import { otherSegment } from '../../../../lib/path/template-limits.ts';
import { byKindAndKey, endpointParts } from '../../groups.ts';
import { countIndex, suspiciousFlags, traitIndex } from '../../layout.ts';
import type { PaneGroup } from '../../pane-group.ts';
import { mergeGroups } from '../../sketches/merge-partials.ts';
import type { Baseline } from './baseline.ts';
import { copyBaseline } from './copy-baseline.ts';
import { familyIn, routesOf } from './route.ts';
import { rate, type Scope, samplesOf } from './scope.ts';
import { type ReduceSettings, type SiteState, scopeId } from './site-state.ts';

/** In fewer places each is looked at by itself. */
const leastPlaces = 4;
const most = { routes: 1000, places: 1000 } as const;

/** An endpoint was met for the first time: it is counted with a route of its where a policy asks for these. */
export function noteRoute({ routes }: SiteState, { policies }: ReduceSettings, scope: Scope): void {
  // a signature for a route would hold for all operations of its endpoints
  if (scope.kind !== 'endpoint' || hasOperation(scope.key)) return;
  if (!policies.some((policy) => policy.scope === 'route' && policy.matches({ endpoint: scope.traits })))
    return;
  for (const route of routesOf(endpointParts(scope.key).endpoint)) {
    const endpoints = routes.get(route);
    if (endpoints !== undefined) {
      if (endpoints.size < most.places) endpoints.add(scope.key);
      continue;
    }
    if (routes.size >= most.routes) forgetOne(routes);
    if (routes.size < most.routes) routes.set(route, new Set([scope.key]));
  }
}

/** An endpoint is forgotten, and is no place any more. */
export function leaveRoutes({ routes }: SiteState, { kind, key }: Scope): void {
  if (kind !== 'endpoint') return;
  for (const route of routesOf(endpointParts(key).endpoint)) {
    const endpoints = routes.get(route);
    if (endpoints?.delete(key) === true && endpoints.size === 0) routes.delete(route);
  }
}

/** Paths that somebody makes up are many, and hardly ever in several places. */
function forgetOne(routes: SiteState['routes']): void {
  for (const [route, endpoints] of routes)
    if (endpoints.size < leastPlaces) {
      routes.delete(route);
      return;
    }
}

/** The route that an endpoint is counted with, if any: of those that it could belong to the one with most places. */
function routeOf(routes: SiteState['routes'], key: string): string | null {
  let route: string | null = null;
  let places = leastPlaces - 1;
  for (const candidate of routesOf(endpointParts(key).endpoint)) {
    const endpoints = routes.get(candidate);
    if (endpoints === undefined || endpoints.size <= places || !endpoints.has(key)) continue;
    route = candidate;
    places = endpoints.size;
  }
  return route;
}

/** The host on which all places of a route are so far; '' when they are on several. */
export function routeHost({ routes }: SiteState, route: string): string {
  const hosts = new Set([...(routes.get(route) ?? [])].map((key) => endpointParts(key).host));
  return hosts.size === 1 ? [...hosts][0]! : '';
}

/**
 * What a route begins with that is new here: what is known of the place whose callers are known best. Somebody who finds
 * new places to do the same in does not make a stranger of it. null: nothing is known of any.
 */
export function routeBaseline({ routes, scopes }: SiteState, route: string): Baseline | null {
  let best: Baseline | null = null;
  for (const key of routes.get(route) ?? []) {
    const baseline = scopes.get(scopeId('endpoint', key))?.baseline;
    if (baseline === undefined || baseline.totals[countIndex.requests] === 0) continue;
    if (best === null || baseline.totals[countIndex.requests]! > best.totals[countIndex.requests]!)
      best = baseline;
  }
  return best === null ? null : copyBaseline(best);
}

/** The groups of a pane with one for each route among them; in order of kind and key. */
export function withRoutes(
  { routes }: SiteState,
  groups: readonly PaneGroup[],
  samples: number,
): readonly PaneGroup[] {
  const members: PaneGroup[] = [];
  for (const group of routes.size === 0 ? [] : groups) {
    const route = group.kind === 'endpoint' ? routeOf(routes, group.key) : null;
    if (route !== null) members.push({ ...group, kind: 'route', key: route });
  }
  return members.length === 0 ? groups : [...groups, ...mergeGroups(members, samples)].sort(byKindAndKey);
}

/** Edges take rules of some thousand characters. */
const mostNamed = { places: 100, characters: 2000 } as const;

/** Where a signature for the scope holds. */
export interface Places {
  /** `METHOD template` */
  readonly endpoints: readonly string[];
  /** None: on all. */
  readonly hosts: readonly string[];
}

/**
 * Places that a signature for the scope names: all; where they are too many, the family that they are, as the stores of
 * `GET /stores/{word}/stock`; where they are none, those with most requests in the last minute.
 */
export function placesOf({ routes, scopes }: SiteState, { kind, key, traits }: Scope): Places {
  if (kind !== 'route')
    return {
      endpoints: [`${traits.method} ${traits.template}`],
      hosts: traits.host === '' ? [] : [traits.host],
    };
  const places = [...(routes.get(key) ?? [])].map((of) => {
    const scope = scopes.get(scopeId('endpoint', of))?.scope;
    const busy = scope === undefined ? 0 : rate(scope, scope.lastPane, 60);
    return { ...endpointParts(of), busy, of, documented: scope?.traits.documented === true };
  });
  places.sort((a, b) => b.busy - a.busy || (a.of < b.of ? -1 : 1));
  const [all, isAll] = named(places);
  // what a document names is a member of no family
  if (isAll || places.some(({ documented }) => documented)) return all;
  const [families, isWhole] = named(
    places.map(({ endpoint, host }) => ({ endpoint: familyIn(key, endpoint) ?? endpoint, host })),
  );
  return isWhole ? families : all;
}

/** As many of these places, in their order, as a signature names, and whether these are all. */
function named(
  places: readonly { readonly endpoint: string; readonly host: string }[],
): readonly [Places, boolean] {
  const endpoints = new Set<string>();
  const hosts = new Set<string>();
  let characters = 0;
  let isAll = true;
  for (const { endpoint, host } of places) {
    const more = (endpoints.has(endpoint) ? 0 : endpoint.length) + (hosts.has(host) ? 0 : host.length);
    if (more === 0) continue;
    isAll =
      Math.max(endpoints.size, hosts.size) < mostNamed.places && characters + more <= mostNamed.characters;
    if (!isAll) break;
    characters += more;
    endpoints.add(endpoint);
    if (host !== '') hosts.add(host);
  }
  return [{ endpoints: [...endpoints].sort(), hosts: [...hosts].sort() }, isAll];
}

/** Panes whose suspicious requests are asked for their places. */
const spreadPanes = 20;

/**
 * Over how many places the suspicious requests are spread: all of them over those of the place with most. 0: there are none.
 * What a folder had no room for is many places, and none of them.
 */
export function placeSpread(scope: Scope, pane: number): number {
  const byPlace = new Map<string, number>();
  let all = 0;
  for (const { sample, weight } of samplesOf(
    scope,
    pane,
    spreadPanes,
    (flags) => (flags & suspiciousFlags) !== 0,
  )) {
    const { attributes } = sample;
    const place = `${attributes[traitIndex.host] ?? ''} ${attributes[traitIndex.endpoint] ?? ''}`;
    all += weight;
    if (!place.includes(otherSegment)) byPlace.set(place, (byPlace.get(place) ?? 0) + weight);
  }
  return all === 0 ? 0 : all / Math.max(1, ...byPlace.values());
}
