import type { ScopedKind } from '../groups.ts';
import { GroupAccumulator } from './group-accumulator.ts';
import type { GroupPlan } from './group-plan.ts';

/** Accumulators that panes of one plan are done with, kept for the next ones. */
export class GroupPool {
  readonly #samples: number;
  readonly #sketches: GroupPlan['sketches'];
  readonly #limit: number;
  /** By kind: kinds have different sketches. */
  readonly #free = new Map<ScopedKind, GroupAccumulator[]>();

  /** Keeps at most `limit` of each kind that are not in use. */
  constructor(samples: number, sketches: GroupPlan['sketches'], limit: number) {
    this.#samples = samples;
    this.#sketches = sketches;
    this.#limit = limit;
  }

  #of(kind: ScopedKind): GroupAccumulator[] {
    let free = this.#free.get(kind);
    if (free === undefined) {
      free = [];
      this.#free.set(kind, free);
    }
    return free;
  }

  take(kind: ScopedKind): GroupAccumulator {
    return this.#of(kind).pop() ?? new GroupAccumulator(this.#samples, this.#sketches[kind]);
  }

  giveBack(kind: ScopedKind, group: GroupAccumulator): void {
    const free = this.#of(kind);
    if (free.length >= this.#limit) return;
    group.clear();
    free.push(group);
  }
}
