import { withoutOperation } from '../../../../lib/path/operations.ts';
import { endpointOfPair, isPair } from '../../groups.ts';
import { type SiteState, scopeId, type WatchedScope } from './site-state.ts';

/**
 * The scope that a signature for `watched` holds for: no edge sees which partner a call comes through, or what stands in
 * the body of a request, so what is meant for one partner, one network or one operation is felt by all that share its
 * endpoint.
 */
export function feltBy(state: SiteState, watched: WatchedScope): WatchedScope {
  const { kind, key } = watched.scope;
  const endpoint = withoutOperation(isPair(kind) ? endpointOfPair(kind, key) : key);
  return endpoint === key ? watched : (state.scopes.get(scopeId('endpoint', endpoint)) ?? watched);
}
