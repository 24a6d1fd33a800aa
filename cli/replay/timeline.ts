/** Requests over time, passed and stopped, in steps of equal length. */
export interface Timeline {
  /** Start of the first step, epoch ms. */
  readonly from: number;
  readonly step_ms: number;
  readonly passed: readonly number[];
  readonly stopped: readonly number[];
}

const none = [0, 0] as const;
const mostSteps = 360;
/** Lengths that people read well: seconds to weeks. */
const lengthsMs = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400, 604_800].map((seconds) => seconds * 1000);

/**
 * Counts requests by time in at most 360 steps; when they are more, neighbours are added together. Stamps may come in
 * any order.
 */
export function createTimeline() {
  let length = 0;
  let steps = new Map<number, [passed: number, stopped: number]>();
  const widen = (): void => {
    const before = stepMs();
    length++;
    const ratio = stepMs() / before;
    const wider: typeof steps = new Map();
    for (const [step, [passed, stopped]] of steps) {
      const into = Math.floor(step / ratio);
      const sum = wider.get(into);
      if (sum === undefined) wider.set(into, [passed, stopped]);
      else {
        sum[0] += passed;
        sum[1] += stopped;
      }
    }
    steps = wider;
  };
  const stepMs = (): number => lengthsMs[length] ?? lengthsMs.at(-1)! * 2 ** (length - lengthsMs.length + 1);
  return {
    note(at: number, isStopped: boolean): void {
      const step = Math.floor(at / stepMs());
      const counts = steps.get(step);
      if (counts !== undefined) {
        counts[isStopped ? 1 : 0]++;
        return;
      }
      steps.set(step, isStopped ? [0, 1] : [1, 0]);
      while (span(steps) > mostSteps) widen();
    },
    result(): Timeline | null {
      if (steps.size === 0) return null;
      const first = Math.min(...steps.keys());
      const all = Array.from({ length: span(steps) }, (_, index) => steps.get(first + index) ?? none);
      return {
        from: first * stepMs(),
        step_ms: stepMs(),
        passed: all.map(([passed]) => passed),
        stopped: all.map(([, stopped]) => stopped),
      };
    },
  };
}

function span(steps: ReadonlyMap<number, unknown>): number {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const step of steps.keys()) {
    if (step < first) first = step;
    if (step > last) last = step;
  }
  return last - first + 1;
}
