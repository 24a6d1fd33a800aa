import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { isPagePart } from '../../../../lib/path/endpoint-function.ts';
import { isOfEndUser } from '../../../../lib/signature/attributes.ts';
import { canonicalSignature } from '../../../../lib/signature/signature.ts';
import { countIndex, paneMs } from '../../layout.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { type SampleTest, sampleSignature } from '../miner/sample-predicate.ts';
import { addressAttributes } from '../miner/search.ts';
import { leftBy, type Weighted, weigh } from '../miner/weighted.ts';
import { inForce, type LiveSignature, type OpenCampaign } from '../site/campaign-state.ts';
import { feltBy } from '../site/felt-by.ts';
import { covers } from '../site/route.ts';
import { samplesOf, sum } from '../site/scope.ts';
import { type SiteState, scopeId, type WatchedScope } from '../site/site-state.ts';
import type { Found } from './choose-signatures.ts';
import { foreignAt, foreignOf, isTimeForForeign } from './foreign-tools.ts';
import { goodSamples, mostBorne } from './good-traffic.ts';
import { type Moved, movedTo } from './sent-ahead.ts';
import { holdsAt, tellingOf } from './signature-place.ts';
import { serversThrough } from './through-servers.ts';
import { peopleBefore, peopleOf, toolCost } from './tool-cost.ts';

/** Panes between two looks, and how many each looks at. */
const everyPanes = 3;
const seenPanes = 10;
/** A tool is at work at an endpoint when it makes so many requests there in that time, and so much of all that come. */
const atWork = { requests: 25, samples: 10, share: 0.3 } as const;
/**
 * An attack is at more endpoints than the one that gives it away: its tool loads the form before it posts, reads the prices
 * of what it found, fetches the documents of the numbers that it guessed. Nothing there need leave its baseline in a
 * way that a policy asks about, and what the tool looks like is known. Signatures of a campaign that cost next to nobody where
 * it acts go to any other endpoint where they suddenly select a visible part of what comes, and nobody who came before. Not to the
 * scripts and pictures of a page: nobody is harmed by who loads them, and without them a page is blank.
 */
export function followTool(
  state: SiteState,
  campaign: OpenCampaign,
  policy: Policy,
  pane: number,
): { readonly found: Found[]; readonly goodClients: number } {
  const none = { found: [], goodClients: 0 };
  if (pane % everyPanes !== 0) return none;
  const tools = toolsOf(campaign);
  if (tools.length === 0) return none;
  const servers = once(() => serversOfScopes(state, campaign));
  const foreign = isTimeForForeign(pane) ? foreignOf(state, tools, servers()) : [];
  const found: Found[] = [];
  let goodClients = 0;
  for (const watched of state.scopes.values()) {
    const { scope } = watched;
    if (scope.kind !== 'endpoint' || scope.lastPane !== pane || isPagePart(scope.traits.template)) continue;
    const isBusy = sum(scope, countIndex.requests, pane, seenPanes) >= atWork.requests;
    if (!isBusy && foreign.length === 0) continue;
    if (isTaken(state, campaign, watched, pane)) continue;
    const present = inForce(campaign).filter(({ signature }) => holdsAt(signature, scope));
    const isLeft = leftBy(present.map(({ signature }) => sampleSignature(signature)));
    const moved = isBusy ? movedAt(state, watched, tools, { isLeft, pane }) : [];
    const rare =
      moved.length > 0 || foreign.length === 0
        ? []
        : foreignAt(state, watched, foreign, { servers: servers(), isLeft, pane });
    if (moved.length + rare.length === 0) continue;
    const before = peopleBefore(watched, servers());
    // who is new and comes through the servers that the attack comes through is not told from it
    const people =
      moved.length === 0 || before.throughServers
        ? before
        : peopleOf(goodSamples(state, watched, pane, watched, 'looks'), servers());
    const sent = [...moved, ...rare].flatMap((one): Found[] => {
      const cost = toolCost(one, people, policy.document.campaign['max-collateral']);
      return cost === null ? [] : [{ ...one.live, ...cost, signature: one.signature, coverage: 0 }];
    });
    if (sent.length > 0) goodClients = Math.max(goodClients, people.count);
    found.push(...sent);
  }
  return { found, goodClients };
}

/** Which tools are at work at an endpoint. */
function movedAt(
  state: SiteState,
  { scope }: WatchedScope,
  tools: readonly LiveSignature[],
  { isLeft, pane }: { readonly isLeft: (one: Weighted) => boolean; readonly pane: number },
): Moved[] {
  const recent = samplesOf(scope, pane, seenPanes, () => true);
  const left = recent.filter(isLeft);
  const all = weigh(recent);
  return tools.flatMap((live) => {
    const signature = movedTo(state, scope, live.signature, isOfPeopleHere);
    return signature !== null && isAtWork(left, all, sampleSignature(signature)) ? [{ live, signature }] : [];
  });
}

/** What its tool looks like, each look once: the same signature may be in force in many places. */
function toolsOf(campaign: OpenCampaign): LiveSignature[] {
  const looks = new Map<string, LiveSignature>();
  for (const live of inForce(campaign)) {
    const { signature, collateral } = live;
    const predicates = tellingOf(signature);
    if (collateral > mostBorne || signature.except_good || predicates.some(isAddress)) continue;
    const name = canonicalSignature({ ...signature, predicates });
    if ((looks.get(name)?.goodSample ?? -1) < live.goodSample) looks.set(name, live);
  }
  return [...looks.values()];
}

/** Asked for where a tool is at work only, which it hardly ever is. */
function once<T extends object>(make: () => T): () => T {
  let made: T | null = null;
  return () => {
    made ??= make();
    return made;
  };
}

/** Servers that people come through to where a campaign acts. */
function serversOfScopes(state: SiteState, { scopes }: OpenCampaign): ReadonlySet<number> {
  const servers = new Set<number>();
  for (const { kind, key } of scopes) {
    const watched = state.scopes.get(scopeId(kind, key));
    if (watched === undefined) continue;
    for (const client of serversThrough(state, feltBy(state, watched))) servers.add(client);
  }
  return servers;
}

/** Addresses are no tool's looks, and others have them too. */
const isAddress = ({ attribute }: Predicate): boolean => addressAttributes.has(attribute);

/**
 * Told by what the people of an endpoint do not have: those of another one may. Not by what a partner tells of whom it calls
 * for: they are the same people at all that it calls.
 */
const isOfPeopleHere = ({ attribute, op }: Predicate): boolean => op === 'not_in' && !isOfEndUser(attribute);

/** Panes for which a campaign is left alone with what it was opened for. */
const aloneFor = 10;

/**
 * Whether what is stopped at the scope is chosen there, or by what another campaign sends. A campaign that found nothing at its
 * scope for that long may have been opened there by this tool.
 */
function isTaken(state: SiteState, campaign: OpenCampaign, { scope }: WatchedScope, pane: number): boolean {
  for (const other of state.campaigns.values()) {
    if (other.simulated !== campaign.simulated || other.behaviour === null) continue;
    const isIts = other.scopes.some((taken) => covers(taken, scope));
    if (isIts && (other === campaign || pane - other.openedAt / paneMs < aloneFor)) return true;
    if (other !== campaign && inForce(other).some(({ signature }) => holdsAt(signature, scope))) return true;
  }
  return false;
}

/** At so many of the samples, evenly picked, a look is taken first: so few of them a tool that is at work does not show there. */
const glance = { samples: 24, least: 2 } as const;

function showsAtAGlance(left: readonly Weighted[], selects: SampleTest): boolean {
  const step = left.length / glance.samples;
  if (step < 2) return true;
  let seen = 0;
  for (let at = 0; at < glance.samples && seen < glance.least; at++)
    if (selects(left[Math.floor(at * step)]!.sample)) seen++;
  return seen >= glance.least;
}

function isAtWork(left: readonly Weighted[], all: number, selects: SampleTest): boolean {
  if (!showsAtAGlance(left, selects)) return false;
  const selected = left.filter(({ sample }) => selects(sample));
  const requests = weigh(selected);
  return selected.length >= atWork.samples && requests >= atWork.requests && requests >= atWork.share * all;
}
