import { countIndex, countNames, minedAttributes, suspiciousFlags, traitNames } from '../../layout.ts';
import type { PaneGroup, Sample } from '../../pane-group.ts';
import { addPane, advanceScope, createScope, type Scope } from './scope.ts';

/** A sampled request; attributes that are not said are unknown. */
export function sampleOf(
  sample: Pick<Sample, 'order' | 'client'> & Partial<Pick<Sample, 'event_id' | 'flags'>>,
  said: { readonly [A in (typeof minedAttributes)[number]]?: string } = {},
): Sample {
  const attributes: (string | null)[] = new Array(minedAttributes.length + traitNames.length).fill(null);
  minedAttributes.forEach((name, at) => {
    attributes[at] = said[name] ?? null;
  });
  return { event_id: `e${sample.order}`, flags: 0, ...sample, attributes };
}

/** A pane of a group with these samples; `requests`: how many there were, if more. */
export function paneOf(
  samples: readonly Sample[],
  { kind = 'endpoint', key = 'POST /login', requests = samples.length } = {},
): PaneGroup {
  const counts: number[] = new Array(countNames.length).fill(0);
  counts[countIndex.requests] = requests;
  counts[countIndex.suspicious] = samples.filter(({ flags }) => (flags & suspiciousFlags) !== 0).length;
  return { site: 'shop', kind, key, counts, sketches: [], samples };
}

/** A scope that showed these panes from `first` on. */
export function scopeOf(first: number, panes: readonly PaneGroup[]): Scope {
  const scope = createScope(panes[0]!, first, () => false);
  panes.forEach((group, index) => {
    advanceScope(scope, first + index, () => {});
    addPane(scope, first + index, group);
  });
  return scope;
}
