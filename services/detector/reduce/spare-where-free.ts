import type { Signature } from '../../../lib/contracts/generated.ts';
import { history, sparedBy, sparingWhereKnown } from '../../../lib/signature/standing.ts';
import { spared } from '../layout.ts';
import { sampleSignature } from './miner/sample-predicate.ts';
import { type Scope, samplesOf } from './scope.ts';
import { weigh } from './weighted.ts';

/** What a signature selects is looked at over so many panes. */
const seenPanes = 10;
/** Clients of standing may send this much of what a signature selects, and be spared; from so much on they are not. */
const mostSpared = { chosen: 0.01, inForce: 0.03 } as const;
/** Fewer requests do not show that an attacker has changed. */
const leastSeen = 20;
/** Whom to spare, most people first: everybody of standing, or those with a history. */
const wishes = [0, history] as const;

/** The same for everybody. */
export const forEverybody = (signature: Signature): Signature => ({ ...signature, good_after: [] });

/** Share of what the signature's predicates select at the scope now that comes from clients of this standing. */
function shareOf(scope: Scope, pane: number, signature: Signature, required: number) {
  const selects = sampleSignature(forEverybody(signature));
  const selected = samplesOf(scope, pane, seenPanes, () => true).filter(({ sample }) => selects(sample));
  const good = selected.filter(({ sample }) => spared(sample.flags, required));
  return { share: weigh(good) / Math.max(1e-9, weigh(selected)), seen: selected.length };
}

/**
 * A signature that holds for everybody, made to spare the good where an edge knows them, as far as that lets next to
 * nothing of the attack through. `scope`: all that the signature is felt by, for those of standing may not look
 * suspicious at all. What it costs is judged without: some edges do not know the good.
 */
export function spareWhereFree(scope: Scope, pane: number, signature: Signature): Signature {
  const required = wishes.find((wish) => shareOf(scope, pane, signature, wish).share <= mostSpared.chosen);
  return required === undefined ? signature : sparingWhereKnown(signature, required);
}

/** Whether the attacker has found out: clients of the standing that the signature spares send what it selects. */
export function isEvaded(scope: Scope, pane: number, signature: Signature): boolean {
  const required = sparedBy(signature);
  if (signature.except_good || required === null) return false;
  const { share, seen } = shareOf(scope, pane, signature, required);
  return seen >= leastSeen && share > mostSpared.inForce;
}
