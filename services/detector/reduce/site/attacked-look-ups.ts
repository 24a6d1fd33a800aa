import { expectedShare } from './behaviour.ts';
import { overlaps } from './route.ts';
import { poolsOf, type SiteState } from './site-state.ts';

/** The look-ups of a site that acting campaigns are about at this moment. */
export interface AttackedLookUps {
  readonly attacked: number;
  /** What share of honest requests may come in series where most of them do; 1 where none is attacked. */
  readonly serial: number;
}

/** `simulated`: as a policy sees it that only simulates: of campaigns that do. */
export function attackedLookUps(state: SiteState, simulated: boolean): AttackedLookUps {
  const taken = [...state.campaigns.values()]
    .filter((campaign) => campaign.behaviour !== null && campaign.simulated === simulated)
    .flatMap(({ scopes }) => scopes);
  let attacked = 0;
  let serial = 0;
  for (const watched of state.scopes.values()) {
    const { scope, baseline } = watched;
    if (scope.kind !== 'endpoint' || scope.traits.function !== 'inventory') continue;
    if (!taken.some((part) => overlaps(part, scope))) continue;
    attacked++;
    const { class: ofClass, host } = poolsOf(state, watched);
    const share = expectedShare('serial', 'inventory', { own: baseline.totals, class: ofClass, host });
    serial = Math.max(serial, share.upper);
  }
  return { attacked, serial: attacked === 0 ? 1 : serial };
}
