import { hasOperation } from '../../../../lib/path/operations.ts';
import { byKindAndKey } from '../../groups.ts';
import { suspiciousFlags, traitIndex } from '../../layout.ts';
import type { PaneGroup } from '../../pane-group.ts';
import { mergeGroups } from '../../sketches/merge-partials.ts';
import { endpointParts } from './route.ts';
import { rate, type Scope, samplesOf } from './scope.ts';
import { type ReduceSettings, type SiteState, scopeId } from './site-state.ts';

/** On fewer hosts each is looked at by itself. */
const leastHosts = 4;
const most = { routes: 200, hosts: 1000 } as const;

/** An endpoint was met for the first time: it is counted with its route where a policy asks for these. */
export function noteRoute({ routes }: SiteState, { policies }: ReduceSettings, scope: Scope): void {
  // a signature for a route would hold for all operations of its endpoints
  if (scope.kind !== 'endpoint' || hasOperation(scope.key)) return;
  if (!policies.some((policy) => policy.scope === 'route' && policy.matches({ endpoint: scope.traits })))
    return;
  const { route } = endpointParts(scope.key);
  const endpoints = routes.get(route);
  if (endpoints !== undefined) {
    if (endpoints.size < most.hosts) endpoints.add(scope.key);
  } else if (routes.size < most.routes) routes.set(route, new Set([scope.key]));
}

/** The groups of a pane with one for each route among them; in order of kind and key. */
export function withRoutes(
  { routes }: SiteState,
  groups: readonly PaneGroup[],
  samples: number,
): readonly PaneGroup[] {
  const spread = [...routes].filter(([, endpoints]) => endpoints.size >= leastHosts);
  if (spread.length === 0) return groups;
  const members = groups.flatMap((group) => {
    const route = group.kind === 'endpoint' && spread.find(([, endpoints]) => endpoints.has(group.key));
    return route ? [{ ...group, kind: 'route', key: route[0] }] : [];
  });
  return members.length === 0 ? groups : [...groups, ...mergeGroups(members, samples)].sort(byKindAndKey);
}

/** Edges take rules of some thousand characters. */
const mostHostsNamed = 100;

/** Hosts that a signature for the scope names: all, or those with most requests in the last minute. */
export function hostsOf({ routes, scopes }: SiteState, { kind, key, traits }: Scope): readonly string[] {
  if (kind !== 'route') return traits.host === '' ? [] : [traits.host];
  const hosts = [...(routes.get(key) ?? [])].map((endpoint) => {
    const scope = scopes.get(scopeId('endpoint', endpoint))?.scope;
    return {
      host: endpointParts(endpoint).host,
      busy: scope === undefined ? 0 : rate(scope, scope.lastPane, 60),
    };
  });
  hosts.sort((a, b) => b.busy - a.busy || (a.host < b.host ? -1 : 1));
  return hosts
    .slice(0, mostHostsNamed)
    .map(({ host }) => host)
    .sort();
}

/** Panes whose suspicious requests are asked for their hosts. */
const spreadPanes = 20;

/** Over how many hosts the suspicious requests are spread: all of them over those of the host with most. 0: there are none. */
export function hostSpread(scope: Scope, pane: number): number {
  const byHost = new Map<string, number>();
  let all = 0;
  for (const { sample, weight } of samplesOf(
    scope,
    pane,
    spreadPanes,
    (flags) => (flags & suspiciousFlags) !== 0,
  )) {
    const host = sample.attributes[traitIndex.host] ?? '';
    byHost.set(host, (byHost.get(host) ?? 0) + weight);
    all += weight;
  }
  return all === 0 ? 0 : all / Math.max(...byHost.values());
}
