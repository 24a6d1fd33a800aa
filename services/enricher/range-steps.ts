/** Value of addresses that no range covers. */
export const noRange = -1;

/** First address and the one after the last, as numbers that are in the order of the addresses. */
export interface Columns {
  readonly starts: number[];
  readonly ends: number[];
  readonly values: number[];
}

/** Points at which the value changes, in order: the form that is searched. */
export interface Steps {
  readonly starts: number[];
  readonly values: number[];
}

/**
 * Nested and overlapping ranges become steps. Wider ranges come first, so a narrower one covers them for its length
 * and gives way to them after it; of two equal ranges the later one counts.
 */
export function flatten(columns: Columns): Steps {
  const { starts, ends, values } = columns;
  let sorted = true;
  for (let i = 1; i < starts.length && sorted; i++) sorted = ends[i - 1]! <= starts[i]!;
  const order = new Uint32Array(starts.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  if (!sorted) order.sort((a, b) => starts[a]! - starts[b]! || ends[b]! - ends[a]! || a - b);
  const steps: Steps = { starts: [], values: [] };
  const step = (at: number, value: number): void => {
    const last = steps.starts.length - 1;
    if (last >= 0 && steps.starts[last] === at) {
      steps.values[last] = value;
      if (last > 0 && steps.values[last - 1] === value) {
        steps.starts.pop();
        steps.values.pop();
      }
    } else if ((last < 0 ? noRange : steps.values[last]) !== value) {
      steps.starts.push(at);
      steps.values.push(value);
    }
  };
  const open: number[] = [];
  const closeUntil = (at: number | null): void => {
    while (open.length > 0 && (at === null || ends[open[open.length - 1]!]! <= at)) {
      const end = ends[open.pop()!]!;
      // Ranges below that have ended meanwhile say nothing any more.
      while (open.length > 0 && ends[open[open.length - 1]!]! <= end) open.pop();
      step(end, open.length > 0 ? values[open[open.length - 1]!]! : noRange);
    }
  };
  for (const index of order) {
    closeUntil(starts[index]!);
    step(starts[index]!, values[index]!);
    open.push(index);
  }
  closeUntil(null);
  return steps;
}
