import { orSignedIn } from '../../../../lib/signature/standing.ts';
import { spared } from '../../layout.ts';
import { type Weighted, weigh } from '../miner/weighted.ts';
import { hasJourneys, type Requirement, shareWithout } from '../site/journeys.ts';
import { poolsOf, type SiteState, type WatchedScope } from '../site/site-state.ts';

/** Attackers who are signed in may be this share of those whom a demand would stop, and be let through. */
const mostSignedIn = 0.01;
/** From so many of them on who are not, it is worth asking for less of these first. */
const leastNot = 0.2;
/** Fewer samples of them show neither. */
const leastSamples = 20;

/**
 * What to ask of clients, one after the other: the demand, met by those who are signed in as well, where that spares people. Who comes straight to
 * an endpoint is somebody that the site knows far more often than not. The demand itself follows where attackers are signed in
 * too; where next to nobody of the attack would get through, it does not. `honest`: share of the excess that is expected to be.
 */
export function mildestFirst(
  state: SiteState,
  felt: WatchedScope,
  demand: Requirement,
  excess: readonly Weighted[],
  honest: number,
): readonly Requirement[] {
  const { scope, baseline } = felt;
  const milder = orSignedIn(demand.required);
  if (milder === demand.required || !hasJourneys(scope.traits)) return [demand];
  const left = shareWithout(
    demand.required,
    milder,
    baseline.journeys,
    poolsOf(state, felt).class?.journeys ?? null,
  );
  if (left === null || left.share === 1) return [demand];
  const stopped = excess.filter(({ sample: { flags } }) => !spared(flags, demand.required));
  if (stopped.length < leastSamples) return [demand];
  const all = weigh(stopped);
  const signedIn = weigh(stopped.filter(({ sample: { flags } }) => spared(flags, milder))) / all;
  if (1 - signedIn < leastNot) return [demand];
  const { share, upper } = demand;
  const first: Requirement = {
    ...demand,
    required: milder,
    share: share * left.share,
    upper: share * left.share + Math.hypot((upper - share) * left.share, share * (left.upper - left.share)),
  };
  // honest people among them are signed in as others are
  return signedIn <= mostSignedIn + honest * (1 - left.share) ? [first] : [first, demand];
}
