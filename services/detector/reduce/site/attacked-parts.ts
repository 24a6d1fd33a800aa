import { namedParts, partOf } from '../../../../lib/signature/standing.ts';
import { feltBy } from './felt-by.ts';
import { type SiteState, scopeId, type WatchedScope } from './site-state.ts';

/**
 * Parts of the site that speak for nobody now who comes to a scope (bits of lib/signature/standing.ts): the endpoints of a campaign that
 * acts earn nobody anything while it is open, and who fills a cart there has filled none. Of parts that have a name; `other` and
 * `content` are many endpoints, of which one says nothing.
 */
export function attackedParts(state: SiteState, felt: WatchedScope): number {
  let attacked = 0;
  for (const { behaviour, simulated, signatures, scopes } of state.campaigns.values()) {
    if (behaviour === null || simulated || signatures.length === 0) continue;
    for (const { kind, key } of scopes) {
      const watched = state.scopes.get(scopeId(kind, key));
      if (watched === undefined) continue;
      const { scope } = feltBy(state, watched);
      if (scope.kind === 'endpoint' && scope !== felt.scope)
        attacked |= partOf(scope.traits.function, scope.traits.method);
    }
  }
  return attacked & namedParts;
}
