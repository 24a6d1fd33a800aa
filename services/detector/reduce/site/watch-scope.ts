import { noteLoss } from '../../caps.ts';
import type { Traits } from '../../endpoint-traits.ts';
import { countIndex, paneMs } from '../../layout.ts';
import type { PaneGroup } from '../../pane-group.ts';
import { paneSpanMs } from '../../policies/policy-schema.ts';
import { createBaseline } from './baseline.ts';
import { updateRequirement } from './learn-scope.ts';
import { leaveRoutes, noteRoute, routeBaseline, routeHost } from './routes.ts';
import { createScope } from './scope.ts';
import {
  forgetScope,
  type ReduceSettings,
  type SiteState,
  scopeId,
  type WatchedScope,
  watchedScope,
} from './site-state.ts';

/** The scope of a group, watched from now on if it was not; null: there is no room for it. */
export function watch(
  state: SiteState,
  settings: ReduceSettings,
  group: PaneGroup,
  pane: number,
): WatchedScope | null {
  const id = scopeId(group.kind, group.key);
  let watched = state.scopes.get(id);
  if (watched === undefined) {
    // visits that go on from here are no requests here, and say nothing of what it is
    if (group.counts[countIndex.requests] === 0) return null;
    if (state.scopes.size >= settings.config.limits.scopes) {
      noteLoss(state.lost, 'scopes', pane * paneMs);
      if (!forgetIdle(state, pane)) return null;
    }
    watched = watchedScope(
      createScope(
        group,
        pane,
        (endpoint) => keepsMinutes(settings, group.kind, endpoint),
        routeHost(state, group.key),
      ),
      state.learned.get(id) ??
        (group.kind === 'route' ? routeBaseline(state, group.key) : null) ??
        createBaseline(pane * paneMs),
    );
    state.learned.delete(id);
    if (group.kind === 'endpoint') updateRequirement(state, watched);
    noteRoute(state, settings, watched.scope);
    state.scopes.set(id, watched);
  }
  return watched;
}

/** Whether a policy asks for windows of this scope beyond a minute, or for what was accepted of late: `outage`. */
export function keepsMinutes(settings: ReduceSettings, kind: string, endpoint: Traits): boolean {
  return settings.policies.some(
    (policy) =>
      policy.scope === kind &&
      (policy.uses.has('outage') || policy.features.some(({ spec }) => spec.spanMs > paneSpanMs)) &&
      policy.matches({ endpoint }),
  );
}

/** A scope is forgotten for another after so many panes without a request. */
const idlePanes = 3600;

/**
 * Makes room for a scope: the one idle longest goes, if it was idle for an hour. Where none is, it is not looked for again
 * before one can be: made-up endpoints by the thousand must not cost a look at all scopes each.
 */
function forgetIdle(state: SiteState, pane: number): boolean {
  if (pane < state.noneIdleBefore) return false;
  let oldest: string | null = null;
  let since = Infinity;
  for (const [id, { scope }] of state.scopes)
    if (scope.lastPane < since) {
      oldest = id;
      since = scope.lastPane;
    }
  if (oldest === null || since >= pane - idlePanes) {
    state.noneIdleBefore = since + idlePanes + 1;
    return false;
  }
  leaveRoutes(state, state.scopes.get(oldest)!.scope);
  forgetScope(state, oldest);
  return true;
}
