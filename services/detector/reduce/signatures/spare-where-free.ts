import type { Signature } from '../../../../lib/contracts/generated.ts';
import { history, sparedBy, sparingWhereKnown } from '../../../../lib/signature/standing.ts';
import { countIndex, spared } from '../../layout.ts';
import { type SampleTest, sampleCost } from '../miner/sample-predicate.ts';
import { shareSelected, type Weighted, weigh, weightSelected } from '../miner/weighted.ts';
import type { LiveSignature } from '../site/campaign-state.ts';
import { type Scope, samplesOf, sum } from '../site/scope.ts';

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
const wishes = [0, history] as const;

/** Requests that the signature selects at the scope now, be they of whom they may. */
function selectedBy(signature: Signature, scope: Scope, pane: number): Weighted[] {
  const selects = sampleCost(signature);
  return samplesOf(scope, pane, seenPanes, () => true).filter(({ sample }) => selects(sample));
}

const isOf =
  (required: number): SampleTest =>
  ({ flags }) =>
    spared(flags, required);

/**
 * A signature that holds for everybody, made to spare the good where an edge knows them, as far as that lets next to
 * nothing of the attack through. `scope`: all that the signature is felt by, for those of standing may not look
 * suspicious at all. What it costs is judged without: some edges do not know the good.
 */
export function spareWhereFree(scope: Scope, pane: number, signature: Signature): Signature {
  const selected = selectedBy(signature, scope, pane);
  const required = wishes.find((wish) => shareSelected(selected, [isOf(wish)]) <= mostSpared);
  return required === undefined ? signature : sparingWhereKnown(signature, required);
}

/**
 * Whether the attacker has found out: clients of the standing that the signature spares send what it selects.
 * `collateralUpper`: share of the honest requests there that it may select.
 */
export function isEvaded(
  scope: Scope,
  pane: number,
  { signature, collateralUpper }: Pick<LiveSignature, 'signature' | 'collateralUpper'>,
): boolean {
  const required = sparedBy(signature);
  if (signature.except_good || required === null) return false;
  const selected = selectedBy(signature, scope, pane);
  const good = weightSelected(selected, [isOf(required)]);
  const honest = collateralUpper * sum(scope, countIndex.requests, pane, seenPanes);
  return good > evaded.share * weigh(selected) && good > evaded.requests + evaded.timesHonest * honest;
}
