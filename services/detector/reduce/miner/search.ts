import type { Predicate } from '../../../../lib/contracts/generated.ts';
import { both, type Mask } from './mask.ts';

/** Wide enough that what a large part of people has, too, does not push out what is rare among them. */
const beamWidth = 28;
const deepest = 3;
/** A further signature must select this much of the excess. */
export const leastGain = 0.03;
/** Coverage that the whole budget has to buy, if it is spent on one signature. */
const worthOfBudget = 0.1;
/** Less of the budget is not worth saving by a further conjunct. */
const leastSaving = 0.1;
/** Addresses are worth this much of what else selects as many: the next ones are others. */
const worthOfAddresses = 0.5;
export const addressAttributes: ReadonlySet<string> = new Set(['client_ip', 'network_24_48']);

/** A conjunction, and what it selects of the judged excess, of the good samples here and elsewhere, and of people as strangers. */
export interface Rule {
  readonly predicates: readonly Predicate[];
  readonly bad: Mask;
  readonly own: Mask;
  readonly other: Mask;
  readonly strange: Mask;
}

interface Entry {
  readonly rule: Rule;
  /** Which singles it is made of, ascending. */
  readonly parts: readonly number[];
  readonly gain: number;
  readonly spends: number;
  readonly score: number;
}

/**
 * Beam search for the conjunction that gains most coverage within the budget; fewer predicates win ties. It begins with
 * `singles`, which conjuncts are taken from, and with `pairs`, conjunctions that it would not come upon by its steps.
 */
export function search(
  singles: readonly Rule[],
  pairs: readonly Rule[],
  everything: Rule,
  judge: (rule: Rule) => { gain: number; spends: number; reach: number },
  spent: number,
  weight: number,
): { rule: Rule; gain: number } | null {
  let best: { rule: Rule; gain: number } | null = null;
  let bestValue = -Infinity;
  const consider = (rule: Rule, parts: readonly number[]): Entry => {
    const { gain, spends, reach } = judge(rule);
    // a conjunct is worth its place when it buys a few per cent of coverage
    // and collateral, which further signatures may need, must buy more than a few
    const lasting = rule.predicates.some(({ attribute }) => addressAttributes.has(attribute))
      ? worthOfAddresses
      : 1;
    const value =
      weight * (lasting * gain - 0.01 * rule.predicates.length) - worthOfBudget * (spends - spent);
    if (spends <= 1 && gain > 0 && value > bestValue) {
      best = { rule, gain };
      bestValue = value;
    }
    // how promising: coverage, less the collateral still to be got rid of
    return { rule, parts, gain, spends, score: gain - 0.7 * reach };
  };
  consider(everything, []);
  const starts = [...singles, ...pairs];
  let beam = starts.map((start, index) => consider(start, [index]));
  for (let depth = 1; depth < deepest; depth++) {
    beam = beam
      .filter((entry) => entry.gain >= leastGain)
      .sort((a, b) => b.score - a.score)
      .slice(0, beamWidth);
    const next: Entry[] = [];
    const tried = new Set<number>();
    for (const { rule, parts, spends } of beam) {
      if (spends <= spent + leastSaving) continue; // already clean: a further conjunct only loses coverage
      singles.forEach((single, index) => {
        const last = single.predicates[0]!;
        if (
          rule.predicates.some(
            (predicate) => predicate.attribute === last.attribute && predicate.op === last.op,
          )
        )
          return;
        const of = [...parts, index].sort((a, b) => a - b);
        const id = of.reduce((all, part) => all * starts.length + part, 0);
        if (tried.has(id)) return;
        tried.add(id);
        next.push(
          consider(
            {
              predicates: [...rule.predicates, last],
              bad: both(rule.bad, single.bad),
              own: both(rule.own, single.own),
              other: both(rule.other, single.other),
              strange: both(rule.strange, single.strange),
            },
            of,
          ),
        );
      });
    }
    beam = next;
  }
  return best;
}
