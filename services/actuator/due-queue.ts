/** Things that become due, the earliest first: a binary heap. Time is whatever number the caller counts in. */
export interface DueQueue<T> {
  readonly size: number;
  /** When the first is due; Infinity when there is none. */
  readonly nextAt: number;
  add(at: number, value: T): void;
  /** Removes and answers what is due at `at` or earlier; undefined when nothing is. */
  take(at: number): T | undefined;
  clear(): void;
}

export function createDueQueue<T>(): DueQueue<T> {
  let times: number[] = [];
  let values: T[] = [];
  const swap = (a: number, b: number): void => {
    const time = times[a]!;
    const value = values[a]!;
    times[a] = times[b]!;
    values[a] = values[b]!;
    times[b] = time;
    values[b] = value;
  };
  const sink = (): void => {
    for (let at = 0; ; ) {
      const left = 2 * at + 1;
      if (left >= times.length) return;
      const right = left + 1;
      const least = right < times.length && times[right]! < times[left]! ? right : left;
      if (times[at]! <= times[least]!) return;
      swap(at, least);
      at = least;
    }
  };
  return {
    get size() {
      return times.length;
    },
    get nextAt() {
      return times[0] ?? Number.POSITIVE_INFINITY;
    },
    add(at, value) {
      times.push(at);
      values.push(value);
      for (let child = times.length - 1; child > 0; ) {
        const above = (child - 1) >> 1;
        if (times[above]! <= times[child]!) return;
        swap(above, child);
        child = above;
      }
    },
    take(at) {
      if (times.length === 0 || times[0]! > at) return undefined;
      const value = values[0];
      const last = times.length - 1;
      swap(0, last);
      times.pop();
      values.pop();
      sink();
      return value;
    },
    clear() {
      times = [];
      values = [];
    },
  };
}
