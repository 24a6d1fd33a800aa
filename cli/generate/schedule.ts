import type { Due, Journey } from './event.ts';

interface Pending {
  at: number;
  /** Order of joining, so that equal times always come out the same way. */
  order: number;
  next: Due;
  readonly journey: Journey;
}

const earlier = (a: Pending, b: Pending) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Runs journeys side by side: everything that is due comes out in order of time. Holds one item per open journey. */
export function* inOrder(journeys: readonly Journey[]): Generator<{ due: Due; journey: Journey }, void> {
  const heap: Pending[] = [];
  let joined = 0;
  const siftDown = (item: Pending) => {
    const length = heap.length;
    let index = 0;
    while (true) {
      let child = 2 * index + 1;
      if (child >= length) break;
      if (child + 1 < length && earlier(heap[child + 1]!, heap[child]!)) child++;
      if (!earlier(heap[child]!, item)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = item;
  };
  const add = (journey: Journey) => {
    const first = journey.steps.next();
    if (first.done) return;
    const item: Pending = { at: first.value.at, order: joined++, next: first.value, journey };
    let index = heap.push(item) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!earlier(item, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = item;
  };
  for (const journey of journeys) add(journey);
  const result = { due: undefined as unknown as Due, journey: undefined as unknown as Journey };
  while (heap.length > 0) {
    const head = heap[0]!;
    result.due = head.next;
    result.journey = head.journey;
    const following = head.journey.steps.next();
    if (following.done) {
      const last = heap.pop()!;
      if (heap.length > 0) siftDown(last);
    } else {
      head.next = following.value;
      head.at = following.value.at;
      siftDown(head);
    }
    if (result.due.journey !== null) add(result.due.journey);
    yield result;
  }
}
