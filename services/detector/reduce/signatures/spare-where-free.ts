import type { Signature } from '../../../../lib/contracts/generated.ts';
import { isOfEndUser } from '../../../../lib/signature/attributes.ts';
import {
  history,
  sparedBy,
  sparesFreely,
  sparingFewest,
  sparingWhereKnown,
} from '../../../../lib/signature/standing.ts';
import { countIndex, spared } from '../../layout.ts';
import { type SampleTest, sampleCost } from '../miner/sample-predicate.ts';
import { shareSelected, type Weighted, weigh, weightSelected } from '../miner/weighted.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { type Scope, samplesOf, sum } from '../site/scope.ts';
import type { SiteState, WatchedScope } from '../site/site-state.ts';
import { asSpared } from './through-servers.ts';

/** What a signature selects is looked at over so many panes. */
const seenPanes = 10;
/** Clients of standing may send this much of what a signature selects, and be spared. */
const mostSpared = 0.01;
/**
 * From so much on they are not any more: by share, by number, and by how many times more than the honest people whom the
 * signature may select. While edges stop an attack upstream of the log, or none is left, those are all that is seen.
 */
const evaded = { share: 0.03, requests: 20, timesHonest: 3 } as const;
/** Whom to spare, most people first: everybody of standing, or those with a history. */
const wishes: readonly number[] = [0, history];
/** Fewer requests do not show how an attack comes. */
const leastSelected = 200;

/** All requests at a scope now, be they of whom they may. */
export const seenAt = (state: SiteState, felt: WatchedScope, pane: number): Weighted[] =>
  asSpared(
    state,
    felt,
    samplesOf(felt.scope, pane, seenPanes, () => true),
  );

/** Those that any of the signatures selects. */
function selectedBy(signatures: readonly Signature[], seen: readonly Weighted[]): Weighted[] {
  const selects = signatures.map(sampleCost);
  return seen.filter(({ sample }) => selects.some((test) => test(sample)));
}

const isOf =
  (required: number): SampleTest =>
  ({ flags }) =>
    spared(flags, required);

/** How many of the wishes are too dear: those of standing send too much of what is selected. */
function tooDear(selected: readonly Weighted[]): number {
  const first = wishes.findIndex((wish) => shareSelected(selected, [isOf(wish)]) <= mostSpared);
  return first < 0 ? wishes.length : first;
}

/**
 * Signatures that must spare at most those with a history: only of these it is known whether others send what they select. Nor
 * those that tell a partner's end users apart: what speaks for its server speaks for all of them.
 */
const mayBeFree = (signature: Signature): boolean =>
  (sparedBy(sparingFewest(signature)) ?? history) === history &&
  !signature.predicates.some(({ attribute }) => isOfEndUser(attribute));

/**
 * Signatures that hold for everybody, or spare only those with a history, made to spare more where an edge knows them, as far
 * as that lets next to nothing of the attack through: nothing of what one of them selects, or of what they all select
 * together, since what one selects a little of may be mostly people's. `seen`: all that they are felt by, for those of standing
 * may not look suspicious at all. `present`: in force there already. None comes to spare less. What they cost is judged
 * without: some edges do not know the good.
 */
export function spareWhereFree<F extends { readonly signature: Signature }>(
  seen: readonly Weighted[],
  found: readonly F[],
  present: readonly Signature[] = [],
): F[] {
  const own = found.map(({ signature }) => signature);
  const all = selectedBy([...present, ...own].filter(mayBeFree), seen);
  const together = weigh(all) < leastSelected ? wishes.length : tooDear(all);
  return found.map((one) => {
    if (!mayBeFree(one.signature)) return one;
    const alone = tooDear(selectedBy([one.signature], seen));
    const wish = Math.min(together, alone);
    return wish < granted(one.signature)
      ? { ...one, signature: sparingWhereKnown(one.signature, wishes[wish]!) }
      : one;
  });
}

/** The wish that a signature fulfils already, be it because it must. */
function granted(signature: Signature): number {
  const at = wishes.indexOf(sparedBy(signature) ?? -1);
  return at < 0 ? wishes.length : at;
}

/**
 * Whether the attacker has found out: clients of the standing that the signature spares send what it selects. `seen`: as above.
 * `collateralUpper`: share of the honest requests there that it may select.
 */
export function isEvaded(
  seen: readonly Weighted[],
  scope: Scope,
  pane: number,
  { signature, collateralUpper }: Pick<LiveSignature, 'signature' | 'collateralUpper'>,
): boolean {
  const required = sparedBy(signature);
  if (required === null || !sparesFreely(signature)) return false;
  const selected = selectedBy([signature], seen);
  const good = weightSelected(selected, [isOf(required)]);
  const honest = collateralUpper * sum(scope, countIndex.requests, pane, seenPanes);
  return good > evaded.share * weigh(selected) && good > evaded.requests + evaded.timesHonest * honest;
}
