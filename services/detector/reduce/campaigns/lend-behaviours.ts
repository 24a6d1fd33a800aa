import type { Policy } from '../../policies/load-policies.ts';
import { isFew, strongest } from '../signatures/strongest-behaviour.ts';
import type { OpenCampaign } from '../site/campaign-state.ts';
import type { SiteState, WatchedScope } from '../site/site-state.ts';

/**
 * A campaign is opened by the policy that is first to see it, and one attack shows in several ways: half of its clients
 * come directly, which is seen in seconds, the others load the form first, and only fail. A policy that finds the same
 * scope later opens no second campaign: what it looks for, this one looks for from then on, within its own budget.
 */
export function canLend({ document }: Policy, holder: OpenCampaign): boolean {
  return (
    holder.behaviour !== null &&
    document.campaign.signature === 'edge' &&
    holder.policy.document.id !== document.id &&
    !holder.lenders.includes(document.id)
  );
}

/** The policy's condition holds at a scope of the campaign. */
export function lend(
  state: SiteState,
  watched: WatchedScope,
  policy: Policy,
  holder: OpenCampaign,
  pane: number,
): void {
  const most = strongest(state, watched, policy, pane);
  if (most !== null && !isFew(state, watched, most, pane)) holder.lenders.push(policy.document.id);
}

/** The policies by whose behaviours a campaign is followed: its own first. */
export function followedBy({ lenders }: OpenCampaign, own: Policy, policies: readonly Policy[]): Policy[] {
  return [own, ...policies.filter(({ document }) => lenders.includes(document.id))];
}
