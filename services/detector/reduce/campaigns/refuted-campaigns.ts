import type { Outgoing } from '../../../../lib/log/log.ts';
import { clausesOf, nearestClause } from '../../policies/clauses.ts';
import type { ConditionValues } from '../../policies/condition.ts';
import { noteRefuted } from '../site/refutations.ts';
import { figuresOf } from '../site/scope-figures.ts';
import { effectiveAt, policyOf, type ReduceSettings, type SiteState, scopeId } from '../site/site-state.ts';
import { ended } from './quiet-campaigns.ts';

/** Ends campaigns that their policy's `refuted` takes back at all their scopes, and lets go of all that they stop. */
export function endRefuted(state: SiteState, settings: ReduceSettings, pane: number): Outgoing[] {
  const outputs: Outgoing[] = [];
  for (const [id, campaign] of state.campaigns) {
    const policy = policyOf(settings, campaign);
    const { refuted, values } = settings.figures.of(policy);
    if (refuted === null) continue;
    const scopes = campaign.scopes.flatMap(({ kind, key }) => {
      const watched = state.scopes.get(scopeId(kind, key));
      return kind === policy.scope && watched?.scope.lastPane === pane ? [watched] : [];
    });
    if (scopes.length === 0) continue;
    if (!scopes.every((watched) => refuted(figuresOf(settings.figures, state, watched, pane)))) continue;
    for (const { scope } of scopes) noteRefuted(state, scope, policy, pane);
    const shown = values(figuresOf(settings.figures, state, scopes[0]!, pane));
    campaign.reason += ` Taken back, as its policy says: ${whatHolds(policy.document.refuted!, shown)}.`;
    outputs.push(...ended(campaign, effectiveAt(settings, pane), true));
    state.campaigns.delete(id);
  }
  return outputs;
}

/** The way in which a refutation holds, with what was seen: `outage > 0.9 (1)`. */
function whatHolds(refuted: string, values: ConditionValues): string {
  const clause = nearestClause(clausesOf(refuted), values)?.clause ?? [];
  return clause
    .map((comparison) => {
      const seen = comparison.left(values);
      return seen === null ? comparison.text : `${comparison.text} (${Number(seen.toPrecision(3))})`;
    })
    .join(', ');
}
