import { endpointOfPair, isPair } from '../../groups.ts';
import { covers, type ScopeName } from '../site/route.ts';

/**
 * Of the scopes of a campaign those that are added up, so that no request counts twice: a route holds what its endpoints
 * are asked for, an endpoint what its operations, partners, countries and networks ask of it, and these hold each other's
 * requests, so one kind of them is enough.
 */
export function countedScopes<S extends ScopeName>(scopes: readonly S[]): readonly S[] {
  const site = scopes.find(({ kind }) => kind === 'site');
  if (site !== undefined) return [site];
  const routes = scopes.filter(({ kind }) => kind === 'route');
  const endpoints = scopes.filter(({ kind }) => kind === 'endpoint');
  const isHeld = (scope: ScopeName): boolean =>
    [...routes, ...endpoints].some((other) => other.key !== scope.key && covers(other, scope));
  const alone = scopes.filter(({ kind, key }) => {
    if (!isPair(kind)) return false;
    const of = { kind: 'endpoint', key: endpointOfPair(kind, key) };
    return !endpoints.some((endpoint) => covers(endpoint, of));
  });
  return [
    ...routes,
    ...endpoints.filter((scope) => !isHeld(scope)),
    ...alone.filter(({ kind }) => kind === alone[0]!.kind),
  ];
}
