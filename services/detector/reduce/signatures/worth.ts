import type { Signature } from '../../../../lib/contracts/generated.ts';
import { createCollateral } from '../miner/collateral.ts';
import { either, emptyMask, hits, type Mask, maskOf } from '../miner/mask.ts';
import { type SampleTest, sampleCost, sampleSignature } from '../miner/sample-predicate.ts';
import type { Weighted } from '../miner/weighted.ts';
import type { SiteState, WatchedScope } from '../site/site-state.ts';
import { callersOf } from '../site/usual-callers.ts';
import { goodAround } from './good-traffic.ts';
import { isPlace } from './signature-place.ts';

/** Stopping one in a hundred honest requests must buy so many in a hundred of the excess. */
const price = 10;
/** What a further signature must be worth, and what the end of one must: rules at edges are not changed for chance. */
const leastWorth = { added: 0.005, ended: 0.002 } as const;

/** What a set of signatures does at an endpoint: shares of the excess, and of what good clients send, that it selects. */
export interface Effect {
  readonly selected: number;
  readonly cost: number;
}

/** What a set is worth: the excess that it selects, less the price of what it costs people. */
export function worthOf({ selected, cost }: Effect): number {
  return selected - price * cost;
}

/** Tells the effect of sets of signatures at an endpoint. */
export function effectsAt(
  state: SiteState,
  felt: WatchedScope,
  excess: readonly Weighted[],
  pane: number,
): (signatures: readonly Signature[]) => Effect {
  const { own, parts, siblings: other } = goodAround(state, felt, pane);
  const nobody = { own: emptyMask(own.length), other: emptyMask(other.length) };
  const collateral = createCollateral({
    own,
    parts,
    other,
    callers: callersOf(felt),
    unspared: nobody,
    unsparedShare: null,
    spares: false,
  });
  const weights = Float64Array.from(excess, ({ weight }) => weight);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const masks = new Map<Signature, { bad: Mask; own: Mask; other: Mask }>();
  const selectedBy = (signature: Signature) => {
    let found = masks.get(signature);
    if (found === undefined) {
      // the rest of the site stands in for the people of this endpoint, so where it holds is not asked of it
      const predicates = signature.predicates.filter((predicate) => !isPlace(predicate));
      const anywhere = { ...signature, predicates };
      const [stops, costs] = [sampleSignature(anywhere), sampleCost(anywhere)];
      const select = (of: readonly Weighted[], test: SampleTest) =>
        maskOf(of.length, (index) => test(of[index]!.sample));
      found = { bad: select(excess, stops), own: select(own, costs), other: select(other, costs) };
      masks.set(signature, found);
    }
    return found;
  };
  return (signatures) => {
    let all = { bad: emptyMask(excess.length), ...nobody };
    for (const signature of signatures) {
      const one = selectedBy(signature);
      all = {
        bad: either(all.bad, one.bad),
        own: either(all.own, one.own),
        other: either(all.other, one.other),
      };
    }
    return { selected: hits(all.bad, weights) / Math.max(1e-9, total), cost: collateral.of(all).share };
  };
}

/** Leaves out, one after the other, what is not worth its place: of `added` what does not gain enough, of `present` what harms. */
export function worthKeeping(
  present: readonly Signature[],
  added: readonly Signature[],
  worth: (signatures: readonly Signature[]) => number,
): readonly Signature[] {
  let kept = [...present, ...added];
  const isNew = new Set(added);
  for (;;) {
    const now = worth(kept);
    let least: Signature | null = null;
    let most = 0;
    for (const one of kept) {
      const gain = worth(kept.filter((other) => other !== one)) - now;
      const margin = gain + (isNew.has(one) ? leastWorth.added : -leastWorth.ended);
      if (margin >= most) [least, most] = [one, margin];
    }
    if (least === null) return kept;
    kept = kept.filter((other) => other !== least);
  }
}
