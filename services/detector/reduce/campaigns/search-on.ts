import type { Signature } from '../../../../lib/contracts/generated.ts';
import type { CountName } from '../../layout.ts';
import { sampleSignature } from '../miner/sample-predicate.ts';
import { leftBy, type Weighted } from '../miner/weighted.ts';
import { missedBy, type Showing, showing } from '../signatures/strongest-behaviour.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import { inForce, type LiveSignature } from '../site/campaign-state.ts';
import { scopeId } from '../site/site-state.ts';
import { chooseAnew } from './choose-anew.ts';
import { followedBy } from './lend-behaviours.ts';
import { mineInTurn, replace } from './mine-campaign.ts';
import { isOtherSoftware, softwareMix } from './software-mix.ts';

/** Look for further signatures when those in force miss more than this of the excess, honest look-alikes aside. */
const tolerated = 0.01;
/** Panes between two searches; doubled by each that finds nothing new, unless so many times as much is missed by then. */
const pausePanes = 3;
const longestPause = 60;
const muchMore = 2;
/** When so much is missed all of a sudden the attack has changed: what was sought in vain before was another. */
const anotherShape = 0.3;

const searchOf = ({ campaign, watched: { scope } }: CampaignAt) =>
  campaign.searches.get(scopeId(scope.kind, scope.key));

/** Whether it is time to look whether signatures still cover what a scope of a campaign shows. */
export function isDue(here: CampaignAt): boolean {
  const search = searchOf(here);
  return search === undefined || here.pane - search.pane >= pausePanes;
}

/** Looks for better signatures, or for more, where there is reason to. Answers those that came or went. */
export function searchOn(here: CampaignAt): LiveSignature[] {
  const { state, settings, campaign, watched, policy, pane } = here;
  const signatures = inForce(campaign).map(({ signature }) => signature);
  const shown = showing(state, watched, followedBy(campaign, policy, settings.policies), pane);
  const missed = missedBy(shown, signatures);
  const [most, ...others] = missed;
  const [whole] = missedBy(shown, []);
  if (most === undefined || whole === undefined) return [];
  const anew = chooseAnew(here, whole.behaviour);
  const changed = anew === null ? [] : replace(here, anew);
  if (changed.length > 0) return changed;
  if (most.missed <= tolerated) return [];
  const search = searchOf(here);
  const software = softwareMix(missedOf(shown, most.behaviour, signatures));
  if (search !== undefined) {
    if (isOtherSoftware(search.software, software)) search.fruitless = 0;
    if (most.missed >= muchMore * search.missed) {
      if (most.missed >= anotherShape) search.fruitless = 0;
    } else {
      const pause = Math.min(longestPause, pausePanes * 2 ** search.fruitless);
      if (pane - search.pane < pause) return [];
    }
  }
  return mineInTurn(
    here,
    { ...most, software },
    others.filter((one) => one.missed > tolerated),
  );
}

/** Samples of what shows by a behaviour, and no signature selects. */
function missedOf(
  shown: readonly Showing[],
  behaviour: CountName,
  signatures: readonly Signature[],
): readonly Weighted[] {
  const samples = shown.find((one) => one.behaviour === behaviour)?.samples ?? [];
  return samples.filter(leftBy(signatures.map(sampleSignature)));
}
