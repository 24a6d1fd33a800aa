import { groups, type PairKind, pairKinds } from '../groups.ts';
import { covers, isOperationOf, type ScopeName } from './route.ts';

const isPair = (kind: string): kind is PairKind => pairKinds.includes(kind as PairKind);

const endpointOf = (kind: PairKind, key: string): ScopeName => ({
  kind: 'endpoint',
  key: key.slice(0, key.indexOf(groups[kind].words)),
});

/**
 * Of the scopes of a campaign those that are added up, so that no request counts twice: a route holds what its endpoints
 * are asked for, an endpoint what its operations, partners, countries and networks ask of it, and these hold each other's requests, so
 * one kind of them is enough.
 */
export function countedScopes<S extends ScopeName>(scopes: readonly S[]): readonly S[] {
  const site = scopes.find(({ kind }) => kind === 'site');
  if (site !== undefined) return [site];
  const routes = scopes.filter(({ kind }) => kind === 'route');
  const isHeld = (scope: ScopeName): boolean => routes.some((route) => covers(route, scope));
  const endpoints = scopes.filter(({ kind }) => kind === 'endpoint');
  const alone = scopes.filter(
    ({ kind, key }) => isPair(kind) && !endpoints.some((endpoint) => covers(endpoint, endpointOf(kind, key))),
  );
  return [
    ...routes,
    ...endpoints.filter(
      (scope) => !isHeld(scope) && !endpoints.some((endpoint) => isOperationOf(endpoint, scope)),
    ),
    ...alone.filter(({ kind }) => kind === alone[0]!.kind),
  ];
}
