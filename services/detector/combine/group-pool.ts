import type { SketchName } from '../layout.ts';
import { GroupAccumulator } from './group-accumulator.ts';

/** Accumulators that panes are done with, kept for the next ones. */
export class GroupPool {
  readonly #samples: number;
  readonly #optional: ReadonlySet<SketchName>;
  readonly #limit: number;
  readonly #free: GroupAccumulator[] = [];

  /** Keeps at most `limit` that are not in use. */
  constructor(samples: number, optional: ReadonlySet<SketchName>, limit: number) {
    this.#samples = samples;
    this.#optional = optional;
    this.#limit = limit;
  }

  take(): GroupAccumulator {
    return this.#free.pop() ?? new GroupAccumulator(this.#samples, this.#optional);
  }

  giveBack(group: GroupAccumulator): void {
    if (this.#free.length >= this.#limit) return;
    group.clear();
    this.#free.push(group);
  }
}
