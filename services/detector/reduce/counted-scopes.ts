import { groups, type PairKind, pairKinds } from '../groups.ts';

interface ScopeName {
  readonly kind: string;
  readonly key: string;
}

const isPair = (kind: string): kind is PairKind => pairKinds.includes(kind as PairKind);

/**
 * Of the scopes of a campaign those that are added up, so that no request counts twice: an endpoint holds what its
 * partners, countries and networks ask of it, and these hold each other's requests, so one kind of them is enough.
 */
export function countedScopes<S extends ScopeName>(scopes: readonly S[]): readonly S[] {
  const site = scopes.find(({ kind }) => kind === 'site');
  if (site !== undefined) return [site];
  const endpoints = scopes.filter(({ kind }) => kind === 'endpoint');
  const alone = scopes.filter(
    ({ kind, key }) =>
      isPair(kind) && !endpoints.some((endpoint) => key.startsWith(endpoint.key + groups[kind].words)),
  );
  return [...endpoints, ...alone.filter(({ kind }) => kind === alone[0]!.kind)];
}
