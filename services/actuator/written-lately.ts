import type { Plan } from './reconcile.ts';

/** What was written to an edge so lately that a read may not show it yet. */
export interface WrittenLately {
  add(plan: Plan): void;
  /** The plan without the changes that were written already and may still become visible. */
  without(plan: Plan): Plan;
  clear(): void;
}

/** `visibleWithinMs`: how long a read may still show the old content; 0: never. */
export function createWrittenLately(visibleWithinMs: number, now: () => number): WrittenLately {
  const changes = new Map<string, { readonly change: string; readonly at: number }>();
  const forget = (): void => {
    for (const [key, { at }] of changes) if (now() - at > visibleWithinMs) changes.delete(key);
  };
  return {
    add(plan) {
      if (visibleWithinMs === 0) return;
      forget();
      // The last change of a key counts: what was removed and is written again is another change.
      for (const [key, change] of changesIn(plan)) changes.set(key, { change, at: now() });
    },
    without(plan) {
      forget();
      if (changes.size === 0) return plan;
      const isNew = new Set<unknown>();
      for (const [key, change, entry] of changesIn(plan))
        if (changes.get(key)?.change !== change) isNew.add(entry);
      return {
        ...plan,
        add: plan.add.filter((entry) => isNew.has(entry)),
        update: plan.update.filter((entry) => isNew.has(entry)),
        remove: plan.remove.filter((entry) => isNew.has(entry)),
        rewrite: plan.rewrite && !changes.has(rewriteKey),
      };
    },
    clear: () => changes.clear(),
  };
}

/** No entry has this key. */
const rewriteKey = '';

function* changesIn(plan: Plan): Generator<readonly [key: string, change: string, entry: unknown]> {
  for (const entry of plan.remove) yield [entry.key, 'removed', entry];
  for (const entry of [...plan.add, ...plan.update])
    yield [entry.key, `${entry.decisionId} ${entry.action} ${entry.expiresAt}`, entry];
  if (plan.rewrite) yield [rewriteKey, 'written', null];
}
