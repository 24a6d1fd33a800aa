import type { ReduceSettings, SiteState } from './site-state.ts';

/** Samples that one scope's normal mix may hold. */
const mostReference = 1200;
const leastReference = 150;

const limits = new WeakMap<SiteState, { readonly end: number; readonly limit: number }>();

/**
 * All scopes of a site together keep within the limit: many scopes, fewer samples each. Those that have not as many as
 * their share leave the rest of it to the others: a site has few endpoints that are called a lot.
 */
export function referenceLimit(state: SiteState, { config }: ReduceSettings, end: number): number {
  const known = limits.get(state);
  if (known?.end === end) return known.limit;
  const { scopes } = state;
  const most = config.limits.reference_samples;
  const share = Math.floor(most / Math.max(1, scopes.size));
  let small = 0;
  let large = 0;
  for (const { baseline } of scopes.values())
    if (baseline.reference.length < share) small += baseline.reference.length;
    else large++;
  const limit = Math.max(
    leastReference,
    Math.min(mostReference, Math.floor((most - small) / Math.max(1, large))),
  );
  limits.set(state, { end, limit });
  return limit;
}
