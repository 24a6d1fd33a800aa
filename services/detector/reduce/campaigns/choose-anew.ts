import type { Signature } from '../../../../lib/contracts/generated.ts';
import type { CountName } from '../../layout.ts';
import { heldOut } from '../miner/mine.ts';
import type { Weighted } from '../miner/weighted.ts';
import { type Chosen, chooseSignatures } from '../signatures/choose-signatures.ts';
import { excessSamples } from '../signatures/excess-samples.ts';
import { newAmong } from '../signatures/live-signatures.ts';
import { inForceAt, ownAt } from '../signatures/make-room.ts';
import { effectsAt, worthKeeping, worthOf } from '../signatures/worth.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { feltBy } from '../site/felt-by.ts';
import { scopeId, type WatchedScope } from '../site/site-state.ts';
import { callersOf } from '../site/usual-callers.ts';

/** So many times the samples of the last choice are worth another one. */
const growth = 2;

/** The suspicious samples that there are of a scope now: the evidence for a choice. */
export function evidence(watched: WatchedScope, behaviour: CountName, pane: number): readonly Weighted[] {
  return excessSamples(watched, behaviour, pane, undefined, Infinity);
}

/** Whether a scope shows all of a campaign that its endpoint sees: only then can a choice made there replace what is in force. */
function showsAll({ campaign, watched, state }: CampaignAt): boolean {
  const felt = feltBy(state, watched);
  if (felt === watched) return true;
  return !campaign.scopes.some(({ kind, key }) => {
    const other = state.scopes.get(scopeId(kind, key));
    return other !== undefined && other !== watched && feltBy(state, other) === felt;
  });
}

/**
 * The first signatures of a campaign are chosen within seconds, on a few dozen samples, and then only added to. When there
 * are twice as many samples they are chosen once more from nothing, within the same budget, and of these and of
 * those in force the ones stay that are worth their place, judged on clients that the new ones were not made from.
 */
export function chooseAnew(
  here: CampaignAt,
  behaviour: CountName,
): { readonly chosen: Chosen; readonly ended: readonly LiveSignature[] } | null {
  const { state, campaign, watched, policy, pane } = here;
  const { kind, key } = watched.scope;
  const search = campaign.searches.get(scopeId(kind, key));
  if (search === undefined || !showsAll(here)) return null;
  const samples = evidence(watched, behaviour, pane);
  if (samples.length < growth * search.chosenOn) return null;
  search.chosenOn = samples.length;
  search.pane = pane;
  const live = ownAt(here);
  const own = live.map(({ signature }) => signature);
  const others = inForceAt(here).filter((signature) => !own.includes(signature));
  const felt = feltBy(state, watched);
  const effectOf = effectsAt(state, felt, heldOut(samples, callersOf(felt).clients), pane);
  const { selected } = effectOf([...others, ...own]);
  const chosen = chooseSignatures({
    state,
    watched,
    policy,
    behaviour,
    pane,
    present: others,
    all: true,
    leftBefore: 1 - selected,
  });
  const fresh = chosen === null ? [] : newAmong(campaign, chosen.signatures);
  const worth = (signatures: readonly Signature[]): number => worthOf(effectOf([...others, ...signatures]));
  const kept = worthKeeping(
    own,
    fresh.map(({ signature }) => signature),
    worth,
  );
  return {
    chosen: {
      signatures: fresh.filter(({ signature }) => kept.includes(signature)),
      coverage: chosen?.coverage ?? 0,
      goodClients: chosen?.goodClients ?? 0,
    },
    ended: live.filter(({ signature }) => !kept.includes(signature)),
  };
}
