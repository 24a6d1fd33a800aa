import type { CountName } from '../../layout.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { type Chosen, chooseSignatures, isUndecided } from '../signatures/choose-signatures.ts';
import { followAnalogues } from '../signatures/follow-analogues.ts';
import { addSignatures, endSignature, newAmong } from '../signatures/live-signatures.ts';
import { inForceAt, makeRoom } from '../signatures/make-room.ts';
import type { Missed } from '../signatures/strongest-behaviour.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import type { LiveSignature, Search } from '../site/campaign-state.ts';
import { effectiveAt, scopeId } from '../site/site-state.ts';
import { evidence } from './choose-anew.ts';
import { outlived } from './outlived.ts';

/**
 * Adds signatures for what the campaign's present ones miss, and ends those that must give way. Where nothing tells what
 * shows by the first behaviour from people, a part of it may be told that shows by another: who failed may look like
 * anybody, who failed and saw no page first is fewer. Answers all that came or went: their verdicts are due once the campaign's
 * evidence is fresh.
 */
export function mineInTurn(
  here: CampaignAt,
  most: Missed & Pick<Search, 'software'>,
  others: readonly Missed[],
): LiveSignature[] {
  const { campaign, policy } = here;
  const search = beginSearch(here, most);
  let { changed, waits } = mine(here, most.behaviour);
  // what the strongest shows is the most there is to stop: it is looked at twice
  if (search.fruitless > 0)
    for (const { behaviour } of others) {
      if (changed.length > 0 || waits) break;
      ({ changed, waits } = mine(here, behaviour));
    }
  // what is waited for is not sought in vain
  if (!waits) search.fruitless = changed.some(({ untilAt }) => untilAt === null) ? 0 : search.fruitless + 1;
  if (campaign.signatures.length === 0) campaign.appliedAction = weaker(policy);
  return changed;
}

interface Mined {
  readonly changed: LiveSignature[];
  /** It is to be seen what becomes of those that were found. */
  readonly waits: boolean;
}

function mine(here: CampaignAt, behaviour: CountName): Mined {
  const { state, settings, campaign, watched, policy, pane } = here;
  const at = effectiveAt(settings, pane);
  const changed: LiveSignature[] = [];
  const choose = (): Chosen | null =>
    chooseSignatures({
      state,
      watched,
      policy,
      behaviour,
      pane,
      present: inForceAt(here),
    });
  const end = (live: LiveSignature): void => {
    endSignature(live, at);
    changed.push(live);
  };
  let chosen = choose();
  if (chosen === null) {
    for (const live of outlived(here, behaviour)) end(live);
    if (changed.length > 0) chosen = choose();
  }
  if (chosen === null || isUndecided(chosen)) return { changed, waits: chosen !== null };
  const room = makeRoom(here, behaviour, newAmong(campaign, chosen.signatures));
  for (const live of room.ended) end(live);
  changed.push(...enforce(here, { ...chosen, signatures: room.kept }, at));
  return { changed, waits: false };
}

function beginSearch(
  { campaign, watched, pane }: CampaignAt,
  { missed, software }: Pick<Search, 'missed' | 'software'>,
): Search {
  const id = scopeId(watched.scope.kind, watched.scope.key);
  const search = campaign.searches.get(id) ?? {
    pane,
    missed,
    software,
    fruitless: 0,
    chosenOn: evidence(watched, campaign.behaviour!, pane).length,
  };
  search.pane = pane;
  search.missed = missed;
  search.software = software;
  campaign.searches.set(id, search);
  return search;
}

/** Puts what was chosen in force, at analogues of the endpoint too. Answers what was not yet. */
function enforce(here: CampaignAt, { signatures, goodClients }: Chosen, at: number): LiveSignature[] {
  const { state, campaign, watched, policy, pane } = here;
  const goodSample = Math.round(goodClients);
  const fresh = addSignatures(campaign, signatures, goodSample, at);
  if (fresh.length > 0) {
    campaign.state = 'active';
    campaign.appliedAction = policy.document.action.kind;
  }
  const elsewhere = followAnalogues(state, watched, policy, fresh, pane);
  return [...fresh, ...addSignatures(campaign, elsewhere, goodSample, at)];
}

/** Signatures that are replaced hold on for so long, until edges have those that come for them. */
const handOverMs = 10_000;

/** Ends some signatures of a campaign for others that were chosen in their stead. */
export function replace(
  here: CampaignAt,
  { chosen, ended }: { readonly chosen: Chosen; readonly ended: readonly LiveSignature[] },
): LiveSignature[] {
  const at = effectiveAt(here.settings, here.pane);
  for (const live of ended) {
    live.untilAt = at;
    live.verdictUntilAt = Math.min(live.verdictUntilAt, at + handOverMs);
  }
  return [...ended, ...enforce(here, chosen, at)];
}

/** Nothing fits the budget: a fallback that needs no target is to observe; it is said, and nothing is widened. */
export function weaker(policy: Policy): string {
  return policy.document.action.fallback === 'tag' ? 'tag' : 'observe';
}
