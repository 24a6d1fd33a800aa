import type { Entry, Observed, ObservedEntry } from '../edge.ts';
import type { Plan } from '../reconcile.ts';

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
      entries: (entries ?? []).map(
        (entry): ObservedEntry => ({
          key: entry.key,
          kind: entry.kind,
          value: entry.value,
          owner: 'ours',
          decisionId: entry.decisionId,
          action: entry.action,
          expiresAt: entry.expiresAt,
        }),
      ),
      damaged: entries === null ? 'not yet served' : null,
    }),
    apply(plan) {
      const before = entries ?? [];
      const retained = new Set(plan.retained.map((entry) => entry.key));
      entries = [...plan.content, ...before.filter((entry) => retained.has(entry.key))];
      onChange(before, entries);
    },
  };
}
