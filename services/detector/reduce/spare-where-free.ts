import type { Signature } from '../../../lib/contracts/generated.ts';
import { history, sparedBy, sparingWhereKnown } from '../../../lib/signature/standing.ts';
import { countIndex, spared } from '../layout.ts';
import { sampleCost } from './miner/sample-predicate.ts';
import type { LiveSignature } from './open-campaign.ts';
import { type Scope, samplesOf, sum } from './scope.ts';
import { weigh } from './weighted.ts';

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

/** Requests that the signature's predicates select at the scope now, and those of clients of this standing among them. */
function selectedOf(scope: Scope, pane: number, signature: Signature, required: number) {
  const selects = sampleCost(signature);
  const selected = samplesOf(scope, pane, seenPanes, () => true).filter(({ sample }) => selects(sample));
  return {
    all: weigh(selected),
    good: weigh(selected.filter(({ sample }) => spared(sample.flags, required))),
  };
}

/**
 * A signature that holds for everybody, made to spare the good where an edge knows them, as far as that lets next to
 * nothing of the attack through. `scope`: all that the signature is felt by, for those of standing may not look
 * suspicious at all. What it costs is judged without: some edges do not know the good.
 */
export function spareWhereFree(scope: Scope, pane: number, signature: Signature): Signature {
  const required = wishes.find((wish) => {
    const { all, good } = selectedOf(scope, pane, signature, wish);
    return good <= mostSpared * all;
  });
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
  const { all, good } = selectedOf(scope, pane, signature, required);
  const honest = collateralUpper * sum(scope, countIndex.requests, pane, seenPanes);
  return good > evaded.share * all && good > evaded.requests + evaded.timesHonest * honest;
}
