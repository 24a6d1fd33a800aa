import type { Outgoing } from '../../../../lib/log/log.ts';
import type { CountName } from '../../layout.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { sampleSignature } from '../miner/sample-predicate.ts';
import { shareSelected } from '../miner/weighted.ts';
import { everyoneButTheGood, isCheap } from '../signatures/choose-signatures.ts';
import { excessSamples } from '../signatures/excess-samples.ts';
import { goodSamples } from '../signatures/good-traffic.ts';
import { addSignatures } from '../signatures/live-signatures.ts';
import { movedTo } from '../signatures/sent-ahead.ts';
import { inForce, type LiveSignature } from '../site/campaign-state.ts';
import { feltBy } from '../site/felt-by.ts';
import { isOperationOf } from '../site/route.ts';
import {
  effectiveAt,
  policyOf,
  type ReduceSettings,
  type SiteState,
  type WatchedScope,
} from '../site/site-state.ts';
import { campaignRecord, verdictsOn } from './open-campaign.ts';
import { campaignOut } from './outputs.ts';

/** A campaign explains a scope when its signatures select so much of what is too much there. */
const explained = 0.7;

/** The same wave at another scope (several partners, the mobile analogue): a campaign that explains it grows. */
export function joinCampaign(
  state: SiteState,
  settings: ReduceSettings,
  watched: WatchedScope,
  policy: Policy,
  behaviour: CountName,
  pane: number,
): Outgoing[] | null {
  const excess = excessSamples(watched, behaviour, pane);
  if (excess.length === 0) return null;
  const good = goodSamples(state, feltBy(state, watched), pane);
  for (const campaign of state.campaigns.values()) {
    if (campaign.behaviour === null || campaign.signatures.length === 0) continue;
    const own = policyOf(settings, campaign);
    if (own.document.mode !== policy.document.mode) continue;
    const isSame = own.document.campaign.kind === policy.document.campaign.kind;
    const serves = campaign.scopes.some((taken) => isOperationOf(watched.scope, taken));
    if (!isSame && !serves) continue;
    const live = inForce(campaign);
    const asIs = shareSelected(
      excess,
      live.map((signature) => sampleSignature(signature.signature)),
    );
    // an endpoint shows what its operations show: there is nothing to add
    if (serves && asIs >= explained) return [];
    if (!isSame) continue;
    // a signature that is only the endpoint says nothing about another one
    const telling = live.flatMap((of) => {
      const signature = movedTo(state, watched.scope, of.signature);
      return signature === null ? [] : [{ ...of, signature }];
    });
    const elsewhere = telling.map(({ signature }) => sampleSignature(signature));
    const budget = policy.document.campaign['max-collateral'];
    const covers =
      asIs >= explained ||
      (shareSelected(excess, elsewhere) >= explained && shareSelected(good, elsewhere) <= budget);
    if (!covers) continue;
    campaign.scopes = [...campaign.scopes, { kind: watched.scope.kind, key: watched.scope.key }];
    campaign.lastActivePane = pane;
    const at = effectiveAt(settings, pane);
    let added: LiveSignature[] = [];
    if (asIs < explained) {
      const everyone = everyoneButTheGood({ state, watched, policy: own, pane }, excess, 0);
      const more = everyone !== null && isCheap(everyone, own) ? everyone.signatures : [];
      added = addSignatures(campaign, [...telling, ...more], Math.round(everyone?.goodClients ?? 0), at);
    }
    return [campaignOut(campaignRecord(campaign, at)), ...verdictsOn(campaign, added, at)];
  }
  return null;
}
