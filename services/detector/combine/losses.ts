import type { Cap } from '../caps.ts';
import type { PaneGroup } from '../pane-group.ts';

/** How often each cap bit so far. */
export type LossTotals = { readonly [cap in Cap]?: number };
/** By target, what was lost and not told it yet. */
export type LossesState = readonly (readonly [number, LossTotals])[];

/**
 * What bounded tables of a partition had to forget, told to each reducer once: with the pane that closes next, as a group
 * `other` of each of its sites, named after the cap.
 */
export class Losses {
  /** By target: totals that it was told. Below zero: what a restored partition had not told yet. */
  readonly #told: Map<number, LossTotals>;

  constructor(state: LossesState = []) {
    this.#told = new Map(
      state.map(([target, pending]) => [
        target,
        Object.fromEntries(Object.entries(pending).map(([cap, count]) => [cap, -count])),
      ]),
    );
  }

  #pending(target: number, totals: LossTotals): LossTotals {
    const told = this.#told.get(target);
    return Object.fromEntries(
      Object.entries(totals)
        .map(([cap, total]) => [cap, total - (told?.[cap as Cap] ?? 0)] as const)
        .filter(([, news]) => news > 0),
    );
  }

  /** Groups to add to those of a pane. */
  tell(target: number, totals: LossTotals, groups: readonly PaneGroup<unknown>[]): PaneGroup[] {
    const news = Object.entries(this.#pending(target, totals));
    if (news.length === 0) return [];
    this.#told.set(target, totals);
    return groups
      .filter(({ kind }) => kind === 'site')
      .flatMap(({ site }) =>
        news.map(([cap, lost]) => ({
          site,
          kind: 'other',
          key: cap,
          counts: [lost],
          sketches: [],
          samples: [],
        })),
      );
  }

  snapshot(targets: readonly number[], totals: LossTotals): LossesState {
    return targets.map((target) => [target, this.#pending(target, totals)] as const);
  }
}
