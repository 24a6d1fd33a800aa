import { orSignedIn } from '../../../../lib/signature/standing.ts';
import { spared } from '../../layout.ts';
import { type Weighted, weigh } from '../miner/weighted.ts';
import { attackedParts } from '../site/attacked-parts.ts';
import { hasJourneys, type Requirement, shareWithout } from '../site/journeys.ts';
import { poolsOf, type SiteState, type WatchedScope } from '../site/site-state.ts';

/** Attackers who are signed in may be this share of those whom a demand would stop. */
const mostSignedIn = 0.01;
/** Fewer samples of them do not show it. */
const leastSamples = 20;

/**
 * The demand, met by those who are signed in as well, while that lets next to nobody of the attack through: who comes straight to an
 * endpoint is somebody that the site knows far more often than not. As it is where the attackers are signed in too, or
 * where it spares nobody more. `honest`: share of the excess that is expected to be honest.
 */
export function orSignedInWhereFree(
  state: SiteState,
  felt: WatchedScope,
  demand: Requirement,
  excess: readonly Weighted[],
  honest: number,
): Requirement {
  const { scope, baseline } = felt;
  const milder = orSignedIn(demand.required);
  if (milder === demand.required || !hasJourneys(scope.traits)) return demand;
  const left = shareWithout(
    demand.required,
    milder,
    baseline.journeys,
    poolsOf(state, felt).class?.journeys ?? null,
    attackedParts(state, felt),
  );
  if (left === null || left.share === 1) return demand;
  const stopped = excess.filter(({ sample: { flags } }) => !spared(flags, demand.required));
  if (stopped.length < leastSamples) return demand;
  const all = weigh(stopped);
  const signedIn = weigh(stopped.filter(({ sample: { flags } }) => spared(flags, milder))) / all;
  // honest people among them are signed in as others are
  if (signedIn > mostSignedIn + honest * (1 - left.share)) return demand;
  const { share, upper } = demand;
  return {
    ...demand,
    required: milder,
    share: share * left.share,
    upper: share * left.share + Math.hypot((upper - share) * left.share, share * (left.upper - left.share)),
  };
}
