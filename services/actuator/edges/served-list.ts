import { bySeverity } from '../choose-entries.ts';
import type { Entry, Observed } from '../edge.ts';
import type { Plan } from '../reconcile.ts';
import { asObservedWithEnd } from './placed-entry.ts';

/** The list of an edge that consumers read from us: in memory, rebuilt from the log at every start. */
export interface ServedList {
  /** null until the first list is known: an empty answer would unblock everybody. */
  readonly entries: readonly Entry[] | null;
  observe(): Observed;
  apply(plan: Plan): void;
}

export function createServedList(
  onChange: (before: readonly Entry[], after: readonly Entry[]) => void,
): ServedList {
  let entries: readonly Entry[] | null = null;
  return {
    get entries() {
      return entries;
    },
    observe: () => ({
      entries: (entries ?? []).map(asObservedWithEnd),
      damaged: entries === null ? 'not yet served' : null,
    }),
    apply(plan) {
      const before = entries ?? [];
      const retained = new Set(plan.retained.map((entry) => entry.key));
      entries = [...bySeverity(plan.content), ...before.filter((entry) => retained.has(entry.key))];
      onChange(before, entries);
    },
  };
}
