import type { DetectorConfig } from '../config.ts';
import { plainGroup } from '../frames/frames.ts';
import type { FrameSample } from '../frames/sample-row.ts';
import { byKindAndKey } from '../groups.ts';
import type { PaneGroup } from '../pane-group.ts';
import { mergeGroups } from '../sketches/merge-partials.ts';
import type { GroupPlan } from './group-plan.ts';
import { GroupPool } from './group-pool.ts';
import { Pane } from './pane.ts';

/** target, pane start, offset of its first request, partials so far */
export type OpenPanesState = readonly (readonly [number, number, number, readonly PaneGroup[]])[];

/** The panes of one source partition that are not closed yet, by partition of `aggregates` and start. */
export class OpenPanes {
  readonly #config: DetectorConfig;
  readonly #planOf: (paneStart: number) => GroupPlan;
  /** Accumulators have the sketches that the plan of their pane asks for. */
  readonly #pools = new WeakMap<GroupPlan, GroupPool>();
  readonly #panes = new Map<number, Map<number, Pane>>();
  /** What a restored snapshot held of panes that were open: merged in when they close. */
  readonly #restored = new Map<string, readonly PaneGroup[]>();

  constructor(config: DetectorConfig, planOf: (paneStart: number) => GroupPlan, state: OpenPanesState = []) {
    this.#config = config;
    this.#planOf = planOf;
    for (const [target, start, firstOffset, partials] of state) {
      this.pane(target, start, firstOffset);
      this.#restored.set(`${target} ${start}`, partials);
    }
  }

  /** The pane, opened if need be by the request at this offset. */
  pane(target: number, start: number, offset: number): Pane {
    let panes = this.#panes.get(target);
    if (panes === undefined) {
      panes = new Map();
      this.#panes.set(target, panes);
    }
    let pane = panes.get(start);
    if (pane === undefined) {
      const { groups, clients_per_pane: clients } = this.#config.limits;
      const plan = this.#planOf(start);
      pane = new Pane(start, offset, this.#poolOf(plan), plan, { groups, clients });
      panes.set(start, pane);
    }
    return pane;
  }

  #poolOf(plan: GroupPlan): GroupPool {
    let pool = this.#pools.get(plan);
    if (pool === undefined) {
      pool = new GroupPool(this.#config.samples, plan.sketches, 2 * this.#config.limits.groups);
      this.#pools.set(plan, pool);
    }
    return pool;
  }

  /** Starts of the open panes of a target, in the order in which they were opened. */
  starts(target: number): number[] {
    return [...(this.#panes.get(target)?.keys() ?? [])];
  }

  /** The groups of a pane, which is open no longer, and the offset of its first request. */
  close(
    target: number,
    start: number,
  ): { readonly groups: PaneGroup<FrameSample>[]; readonly firstOffset: number } {
    const groups = this.#partials(target, start);
    const panes = this.#panes.get(target)!;
    const { firstOffset } = panes.get(start)!;
    panes.get(start)!.release();
    panes.delete(start);
    this.#restored.delete(`${target} ${start}`);
    return { groups, firstOffset };
  }

  /** The groups of the pane; restored parts merged in. */
  #partials(target: number, start: number): PaneGroup<FrameSample>[] {
    const fresh = this.#panes.get(target)!.get(start)!.partials();
    const restored = this.#restored.get(`${target} ${start}`);
    if (restored === undefined) return fresh;
    return mergeGroups([...restored, ...fresh.map(plainGroup)], this.#config.samples).sort(inFrameOrder);
  }

  snapshot(): OpenPanesState {
    return [...this.#panes].flatMap(([target, open]) =>
      [...open].map(
        ([start, { firstOffset }]) =>
          [target, start, firstOffset, this.#partials(target, start).map(plainGroup)] as const,
      ),
    );
  }
}

/** site, then kind as panes send them, then key. */
function inFrameOrder(a: PaneGroup, b: PaneGroup): number {
  if (a.site !== b.site) return a.site < b.site ? -1 : 1;
  return byKindAndKey(a, b);
}
