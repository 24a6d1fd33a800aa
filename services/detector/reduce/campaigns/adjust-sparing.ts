import { canonicalSignature } from '../../../../lib/signature/signature.ts';
import { sparesFreely, sparingFewest } from '../../../../lib/signature/standing.ts';
import { ownAt } from '../signatures/make-room.ts';
import { isEvaded, seenAt, spareWhereFree } from '../signatures/spare-where-free.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { feltBy } from '../site/felt-by.ts';
import { replace } from './mine-campaign.ts';

/** Whether those in force could spare more is looked every so many panes. */
const lookPanes = 10;

/**
 * Signatures that spare the good because it cost nothing hold for everybody once an attacker earns himself what they
 * spare, for good; and those spare more that turn out to be able to. Answers those that came or went.
 */
export function adjustSparing(here: CampaignAt): LiveSignature[] {
  const { campaign, pane } = here;
  const felt = feltBy(here.state, here.watched);
  const ended: LiveSignature[] = [];
  const signatures: LiveSignature[] = [];
  const turn = (live: LiveSignature, signature: LiveSignature['signature']): void => {
    ended.push(live);
    signatures.push({ ...live, signature });
  };
  const own = ownAt(here);
  const isLook = pane % lookPanes === 0;
  if (!isLook && !own.some(({ signature }) => sparesFreely(signature))) return [];
  const seen = seenAt(here.state, felt, pane);
  const evading = own.filter((live) => isEvaded(seen, felt.scope, pane, live));
  for (const live of evading) turn(live, sparingFewest(live.signature));
  if (isLook) {
    const others = own.filter((live) => !evading.includes(live));
    // whom an attacker has made himself look like before is not spared again
    const had = new Set(campaign.signatures.map(({ signature }) => canonicalSignature(signature)));
    spareWhereFree(seen, others).forEach(({ signature }, index) => {
      if (!had.has(canonicalSignature(signature))) turn(others[index]!, signature);
    });
  }
  if (ended.length === 0) return [];
  const goodClients = Math.max(...ended.map(({ goodSample }) => goodSample));
  return replace(here, { chosen: { signatures, coverage: 0, goodClients }, ended });
}
