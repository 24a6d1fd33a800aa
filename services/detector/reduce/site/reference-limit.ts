import { minutePanes } from '../../layout.ts';
import type { ReduceSettings, SiteState } from './site-state.ts';

/** Samples that one scope's normal mix may hold. */
const mostReference = 1200;
const leastReference = 150;

/**
 * Shares out, once a minute, how many samples a scope may hold. All scopes of a site together keep within the limit: many
 * scopes, fewer samples each. Those that have not as many as their share leave the rest of it to the others: a site has few
 * endpoints that are called a lot.
 */
export function shareOutSamples(state: SiteState, { config }: ReduceSettings, pane: number): void {
  const { scopes, reference } = state;
  if (reference !== null && pane < reference.pane + minutePanes) return;
  const most = config.limits.reference_samples;
  const share = Math.floor(most / Math.max(1, scopes.size));
  let small = 0;
  let large = 0;
  for (const { baseline } of scopes.values())
    if (baseline.reference.length < share) small += baseline.reference.length;
    else large++;
  const limit = Math.floor((most - small) / Math.max(1, large));
  state.reference = { pane, limit: Math.max(leastReference, Math.min(mostReference, limit)) };
}

/** Samples that each scope may hold now. */
export const referenceLimit = ({ reference }: SiteState): number => reference?.limit ?? leastReference;
