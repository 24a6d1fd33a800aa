import { groups, type PairKind, pairKinds } from '../groups.ts';
import { type SiteState, scopeId, type WatchedScope } from './site-state.ts';

/**
 * The scope that a signature for `watched` holds for: no edge sees which partner a call comes through, so what is meant
 * for one partner, or one network, is felt by all that share its endpoint.
 */
export function feltBy(state: SiteState, watched: WatchedScope): WatchedScope {
  const { kind, key } = watched.scope;
  if (!pairKinds.includes(kind as PairKind)) return watched;
  const { words } = groups[kind as PairKind];
  return state.scopes.get(scopeId('endpoint', key.slice(0, key.indexOf(words)))) ?? watched;
}
