import type { EdgeConfig } from './config.ts';
import type { DecisionView } from './decision-view.ts';
import { aggregateKey } from './planner/aggregate.ts';

/**
 * Whether an entry found at an edge comes of decisions, so that it is ours where it bears no mark, and its removal is
 * explained: it was decided itself, or it is a network that enough decided addresses may have become here.
 */
export function knownAt(
  { aggregate }: Pick<EdgeConfig, 'aggregate'>,
  view: Pick<DecisionView, 'known' | 'onKnown'>,
): (entryKey: string) => boolean {
  if (aggregate === undefined) return view.known;
  const members = new Map<string, number>();
  view.onKnown((entryKey, isKnown) => {
    const network = aggregateKey(entryKey, aggregate);
    if (network === null) return;
    const count = (members.get(network) ?? 0) + (isKnown ? 1 : -1);
    if (count > 0) members.set(network, count);
    else members.delete(network);
  });
  return (entryKey) => view.known(entryKey) || (members.get(entryKey) ?? 0) >= aggregate.min_members;
}
