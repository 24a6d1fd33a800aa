import { countNames } from '../../layout.ts';
import type { Pool } from './baseline.ts';
import { baseIndex, overDispersion, rungWeight, type Totals } from './behaviour.ts';
import { poolsOf, type SiteState } from './site-state.ts';

const columns = countNames.length;
const bases = countNames.map(baseIndex);

/** Requests that an endpoint must have been learned from to say how alike endpoints are, and how many must say so. */
const leastKnown = 20;
const leastMembers = 3;
/** However unlike they are: a handful of requests does not refute what is usual nearby. */
const leastWeight = 5;
/** Panes for which what was worked out holds. */
const holdsPanes = 30;

/** How alike the members of a pool are, from sums over them by count. */
export class Likeness {
  readonly #members = new Float64Array(columns);
  readonly #part = new Float64Array(columns);
  readonly #all = new Float64Array(columns);
  /** Of part^2 / all, and of all^2. */
  readonly #squares = new Float64Array(columns);
  readonly #sizes = new Float64Array(columns);

  add(totals: Totals): void {
    for (let column = 0; column < columns; column++) {
      const all = totals[bases[column]!]!;
      if (all < leastKnown) continue;
      const part = Math.min(all, totals[column]!);
      this.#members[column]!++;
      this.#part[column]! += part;
      this.#all[column]! += all;
      this.#squares[column]! += (part * part) / all;
      this.#sizes[column]! += all * all;
    }
  }

  /** Requests of a member's own that weigh as much as what the others do, by count. */
  weights(): Totals {
    return Float64Array.from({ length: columns }, (_, column) => this.#weight(column));
  }

  /**
   * The sample size of the beta distribution that the members' shares are drawn from, by moments, with weights by size:
   * J. C. Kleinman, "Proportions with extraneous variance: single and independent samples", J. Am. Stat. Assoc. 68
   * (1973); counts are taken to be as bursty as elsewhere.
   */
  #weight(column: number): number {
    const members = this.#members[column]!;
    if (members < leastMembers) return rungWeight;
    const all = this.#all[column]!;
    const share = this.#part[column]! / all;
    const binomial = share * (1 - share);
    if (binomial === 0) return rungWeight;
    const between = this.#squares[column]! - share * share * all;
    const chance = overDispersion * (members - 1);
    const unlike = (between - binomial * chance) / (binomial * (all - this.#sizes[column]! / all - chance));
    if (!(unlike > 0)) return rungWeight;
    return Math.max(leastWeight, Math.min(rungWeight, 1 / Math.min(1, unlike) - 1));
  }
}

/**
 * Works out, now and then, how much the endpoints of a pool say about each other: as many requests of an endpoint's own
 * outweigh what is usual nearby as its members differ little. Calls of an app are all direct or all not, so what the
 * others do says little of the next one; how many customers are abroad is alike everywhere.
 */
export function learnLikeness(state: SiteState, pane: number): void {
  if (pane - state.alikeAt < holdsPanes) return;
  state.alikeAt = pane;
  const pools = new Map<Pool, Likeness>();
  for (const watched of state.scopes.values()) {
    const { class: ofClass, host } = poolsOf(state, watched);
    for (const pool of [ofClass, host]) {
      if (pool === null) continue;
      const likeness = pools.get(pool) ?? new Likeness();
      pools.set(pool, likeness);
      likeness.add(watched.baseline.totals);
    }
  }
  for (const [pool, likeness] of pools) pool.alike = likeness.weights();
}
