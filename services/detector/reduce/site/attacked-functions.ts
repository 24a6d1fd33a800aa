import { expectedShare } from './behaviour.ts';
import { overlaps } from './route.ts';
import { poolsOf, type SiteState } from './site-state.ts';

/** What acting campaigns are about at this moment, by what endpoints are for. */
export interface AttackedFunctions {
  /** Endpoints, whatever they are for. */
  readonly endpoints: number;
  /** Look-ups of stock. */
  readonly lookups: number;
  /** What share of honest look-ups may come in series where most of them do; 1 where none is attacked. */
  readonly serial: number;
  readonly payments: number;
}

/** `simulated`: as a policy sees it that only simulates: of campaigns that do as well. */
export function attackedFunctions(state: SiteState, simulated: boolean): AttackedFunctions {
  const taken = [...state.campaigns.values()]
    .filter((campaign) => campaign.behaviour !== null && (simulated || !campaign.simulated))
    .flatMap(({ scopes }) => scopes);
  let lookups = 0;
  let serial = 0;
  let payments = 0;
  for (const watched of state.scopes.values()) {
    const { kind, traits } = watched.scope;
    if (kind !== 'endpoint' || (traits.function !== 'inventory' && traits.function !== 'payment')) continue;
    if (!taken.some((part) => overlaps(part, watched.scope))) continue;
    if (traits.function === 'payment') {
      payments++;
      continue;
    }
    lookups++;
    const { class: ofClass, host } = poolsOf(state, watched);
    const own = watched.baseline.totals;
    serial = Math.max(serial, expectedShare('serial', 'inventory', { own, class: ofClass, host }).upper);
  }
  const endpoints = new Set(taken.filter(({ kind }) => kind === 'endpoint').map(({ key }) => key)).size;
  return { endpoints, lookups, serial: lookups === 0 ? 1 : serial, payments };
}
