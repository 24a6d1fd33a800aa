import { conditions, history, meets, requiredBits } from '../../../lib/signature/standing.ts';
import { wilsonUpper } from './miner/bounds.ts';

/**
 * What spoke for the clients of a scope when they came, as weights by standing (lib/signature/standing.ts). It tells what
 * people have practically always done before: who pays has filled a cart, who asks for stock has looked at a product.
 */
export type Journeys = Map<number, number>;

/** What practically every honest client of a scope has done earlier in its visit. */
export interface Requirement {
  /** Bits of the parts; 0: any other part of the site. */
  readonly required: number;
  /** Share of honest requests that do not meet it. */
  readonly share: number;
  /** What that may plausibly be at most. */
  readonly upper: number;
  /** Requests behind it. */
  readonly samples: number;
}

/** Honest requests that may fail a requirement: estimate, and upper 95 % bound. */
const mostFailing = { share: 0.02, upper: 0.04 } as const;
/** Requests of the function class that count as evidence about a scope. */
const borrowed = 80;
/** The requests of one person are alike: this many count as one observation. */
const alike = 2;

export function addJourneys(to: Journeys, from: Journeys, scale = 1): void {
  for (const [standing, weight] of from) to.set(standing, (to.get(standing) ?? 0) + weight * scale);
}

export function halveJourneys(journeys: Journeys): void {
  for (const [standing, weight] of journeys)
    if (weight < 0.01) journeys.delete(standing);
    else journeys.set(standing, weight / 2);
}

function weightOf(journeys: Journeys): number {
  let total = 0;
  for (const weight of journeys.values()) total += weight;
  return total;
}

/**
 * The strictest requirement that honest clients are known to meet, found greedily: at each step the condition that
 * costs least is added, while the cost stays within `mostFailing`. null: too little is known, or people come as they
 * like.
 */
export function requirementOf(own: Journeys, ofClass: Journeys | null): Requirement | null {
  const known: Journeys = new Map(own);
  if (ofClass !== null) {
    const total = weightOf(ofClass);
    if (total > 0) addJourneys(known, ofClass, Math.min(1, borrowed / total));
  }
  // sums in one order, whatever the order in which standings were first seen
  const sorted = [...known].sort((a, b) => a[0] - b[0]);
  const total = sorted.reduce((sum, [, weight]) => sum + weight, 0);
  if (total === 0) return null;
  const judge = (required: number): Requirement => {
    let failing = 0;
    for (const [standing, weight] of sorted) if (!meets(standing, required)) failing += weight;
    const share = failing / total;
    return { required, share, upper: wilsonUpper(share, total / alike), samples: weightOf(own) };
  };
  const fits = ({ share, upper }: Requirement): boolean =>
    share <= mostFailing.share && upper <= mostFailing.upper;

  let best = judge(0);
  if (!fits(best)) return null;
  for (;;) {
    let next: Requirement | null = null;
    for (const name of conditions) {
      const bit = requiredBits([name]);
      if (bit === history || (best.required & bit) !== 0) continue;
      const tried = judge(best.required | bit);
      if (fits(tried) && (next === null || tried.share < next.share)) next = tried;
    }
    if (next === null) return best;
    best = next;
  }
}
