import type { Policy } from '../../policies/load-policies.ts';
import type { Scope } from './scope.ts';
import { type SiteState, scopeId } from './site-state.ts';

/** What was taken back is not said again for so many panes: shares near a limit cross it every second. */
const holdsPanes = 10;

const keyOf = ({ kind, key }: Pick<Scope, 'kind' | 'key'>, { document }: Policy): string =>
  `${scopeId(kind, key)} ${document.id}`;

/** Notes that what the policy says of the scope is refuted at `pane`. */
export function noteRefuted(state: SiteState, scope: Scope, policy: Policy, pane: number): void {
  state.refuted.set(keyOf(scope, policy), pane);
}

/** Whether what the policy says of the scope was refuted just now. */
export function wasRefuted(state: SiteState, scope: Scope, policy: Policy, pane: number): boolean {
  const at = state.refuted.get(keyOf(scope, policy));
  return at !== undefined && pane - at <= holdsPanes;
}

export function forgetRefuted(state: SiteState, pane: number): void {
  for (const [key, at] of state.refuted) if (pane - at > holdsPanes) state.refuted.delete(key);
}
