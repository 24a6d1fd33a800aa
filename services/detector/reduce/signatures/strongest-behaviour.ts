import type { Signature } from '../../../../lib/contracts/generated.ts';
import { type CountName, paneMs, traitIndex } from '../../layout.ts';
import type { Sample } from '../../pane-group.ts';
import type { Policy } from '../../policies/load-policies.ts';
import { sampleSignature } from '../miner/sample-predicate.ts';
import { shareSelected, type Weighted, weigh } from '../miner/weighted.ts';
import { speaksAgainst } from '../site/behaviour.ts';
import { feltBy } from '../site/felt-by.ts';
import { samplePanes, samplesOf } from '../site/scope.ts';
import { contrastOf, type SiteState, type WatchedScope } from '../site/site-state.ts';
import { behaviourFlag, excessSamples } from './excess-samples.ts';
import { serversThrough } from './through-servers.ts';

/** Excess that counts as "still going on". */
export const going = { excess: 8, surprise: 3 } as const;
const leastClients = 10;

/** What the excess that opens a campaign consists of. */
export interface Strongest {
  readonly behaviour: CountName;
  /** The window that shows it; samples reach back as far. */
  readonly panes: number;
  readonly excess: number;
}

/** The behaviour of the policy that shows most excess. */
export function strongest(
  state: SiteState,
  watched: WatchedScope,
  policy: Policy,
  pane: number,
): Strongest | null {
  let best: Strongest | null = null;
  for (const { spec } of policy.features) {
    if (spec.type !== 'ratio' || !speaksAgainst(spec.of)) continue;
    const panes = Math.min(samplePanes, Math.max(5, spec.spanMs / paneMs));
    const { excess, surprise } = contrastOf(state, watched, spec.of, pane, panes);
    if (surprise >= going.surprise && excess > (best?.excess ?? 0))
      best = { behaviour: spec.of, panes, excess };
  }
  return best;
}

/** Behaviours at log-ins: there a partner's server speaks for others, elsewhere it does work of its own. */
const atLogIns: ReadonlySet<CountName> = new Set(['failing', 'cold_failing']);

/**
 * An excess made by a few addresses (a partner's batch, a webhook, one scraper) is no campaign: single clients are
 * judged by the policies on clients. Unless others come through them: no policy on clients stops these, and what they
 * bring is many people's, or many victims'. Asked of all the window that shows the excess: who is left when one client
 * has stopped is not who made it.
 */
export function isFew(
  state: SiteState,
  watched: WatchedScope,
  { behaviour, panes, excess }: Strongest,
  pane: number,
): boolean {
  const shown = samplesOf(watched.scope, pane, panes, behaviourFlag(behaviour, watched));
  const byClient = new Map<number, number>();
  let most = 0;
  for (const { sample, weight } of shown) {
    const { client } = sample;
    const own = (byClient.get(client) ?? 0) + weight;
    byClient.set(client, own);
    most = Math.max(most, own);
  }
  if (byClient.size >= leastClients && most <= excess / 2) return false;
  const servers = serversThrough(state, feltBy(state, watched));
  const forOthers = ({ attributes }: Sample): boolean =>
    atLogIns.has(behaviour) || (attributes[traitIndex.caller] ?? null) === null;
  const through = shown.filter(({ sample }) => servers.has(sample.client) && forOthers(sample));
  return weigh(through) <= excess / 2;
}

/** An attack as it shows now by one behaviour: requests, the share of honest look-alikes among them, and samples. */
export interface Showing {
  readonly behaviour: CountName;
  readonly suspicious: number;
  readonly honest: number;
  readonly samples: readonly Weighted[];
}

/** The behaviours of the policies by which an attack shows: one that goes on elsewhere or otherwise need not by the first. */
export function showing(
  state: SiteState,
  watched: WatchedScope,
  policies: readonly Policy[],
  pane: number,
): Showing[] {
  const found: Showing[] = [];
  for (const behaviour of new Set(policies.flatMap(behavioursOf))) {
    const { suspicious, expected, excess, surprise } = contrastOf(state, watched, behaviour, pane, 10);
    if (excess < going.excess || surprise < going.surprise) continue;
    const samples = excessSamples(watched, behaviour, pane);
    if (samples.length === 0) continue;
    const honest = Math.min(1, Math.max(0, expected / Math.max(1, suspicious)));
    found.push({ behaviour, suspicious, honest, samples });
  }
  return found;
}

/** A behaviour, and the share of its excess that signatures miss. */
export interface Missed {
  readonly behaviour: CountName;
  readonly missed: number;
}

/** What signatures miss of an attack, look-alikes aside, by the behaviours that it shows: those that miss most first. */
export function missedBy(shown: readonly Showing[], signatures: readonly Signature[]): Missed[] {
  const tests = signatures.map(sampleSignature);
  return shown
    .map(({ behaviour, suspicious, honest, samples }) => {
      const missed = 1 - shareSelected(samples, tests) - honest;
      return { behaviour, missed, requests: missed * suspicious };
    })
    .sort((a, b) => b.requests - a.requests)
    .map(({ behaviour, missed }) => ({ behaviour, missed }));
}

/** Of visits that began half a minute ago: they go on to show an attack that is over, on samples of those who came since. */
const late: ReadonlySet<CountName> = new Set(['bounced', 'abandoned']);

const behavioursOf = ({ features }: Policy): CountName[] =>
  features.flatMap(({ spec }) =>
    spec.type === 'ratio' && speaksAgainst(spec.of) && !late.has(spec.of) ? [spec.of] : [],
  );
