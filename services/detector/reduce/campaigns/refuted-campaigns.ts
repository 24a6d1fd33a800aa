import type { Outgoing } from '../../../../lib/log/log.ts';
import { figuresOf } from '../site/scope-figures.ts';
import { effectiveAt, policyOf, type ReduceSettings, type SiteState, scopeId } from '../site/site-state.ts';
import { ended } from './quiet-campaigns.ts';

/** Ends campaigns that their policy's `refuted` takes back at all their scopes, and lets go of all that they stop. */
export function endRefuted(state: SiteState, settings: ReduceSettings, pane: number): Outgoing[] {
  const outputs: Outgoing[] = [];
  for (const [id, campaign] of state.campaigns) {
    const policy = policyOf(settings, campaign);
    const { refuted } = settings.figures.of(policy);
    if (refuted === null) continue;
    const scopes = campaign.scopes.flatMap(({ kind, key }) => {
      const watched = state.scopes.get(scopeId(kind, key));
      return kind === policy.scope && watched?.scope.lastPane === pane ? [watched] : [];
    });
    if (scopes.length === 0) continue;
    if (!scopes.every((watched) => refuted(figuresOf(settings.figures, state, watched, pane)))) continue;
    campaign.reason += ' Taken back: what its policy calls a refutation came about.';
    outputs.push(...ended(campaign, effectiveAt(settings, pane), true));
    state.campaigns.delete(id);
  }
  return outputs;
}
