import type { Policy } from '../../policies/load-policies.ts';
import { chooseSignatures } from '../signatures/choose-signatures.ts';
import { strongest } from '../signatures/strongest-behaviour.ts';
import type { SiteState, WatchedScope } from '../site/site-state.ts';

/** Panes between two looks. */
const lookPanes = 2;
/** Signatures that spare nobody select this much of the excess, and so many times what they select of people. */
const toldApart = { coverage: 0.7, lift: 60 } as const;

/**
 * Whether attributes alone tell what a scope shows from people, at once. A crowd of people looks like people: what most of
 * it has in common, people have. A tool does not, and need not be watched until it is seen what becomes of it.
 */
export function isToldApart(state: SiteState, watched: WatchedScope, policy: Policy, pane: number): boolean {
  if (pane % lookPanes !== 0 || policy.document.campaign.signature !== 'edge') return false;
  const shown = strongest(state, watched, policy, pane);
  if (shown === null) return false;
  const chosen = chooseSignatures({
    state,
    watched,
    policy,
    behaviour: shown.behaviour,
    pane,
    present: [],
  });
  // what spares the good is chosen besides, and tells nothing of what they look like
  const telling = (chosen?.signatures ?? []).filter(({ signature }) => !signature.except_good);
  const sum = (of: 'coverage' | 'collateral'): number => telling.reduce((total, one) => total + one[of], 0);
  return sum('coverage') >= Math.max(toldApart.coverage, toldApart.lift * sum('collateral'));
}
