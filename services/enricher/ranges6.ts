import type { Network } from '../../lib/ip.ts';
import { type Columns, flatten } from './range-steps.ts';
import type { RangeSteps6 } from './ranges.ts';

/** Words of an IPv6 address, most significant first. */
const words = 4;

/** IPv6 ranges as they were given: eight words each, first address and last. */
export interface Ranges6 {
  readonly bounds: number[];
  readonly values: number[];
}

function wordAt(ip: Buffer, at: number): number {
  return ((ip[at]! << 24) | (ip[at + 1]! << 16) | (ip[at + 2]! << 8) | ip[at + 3]!) >>> 0;
}

export const noRanges6 = (): Ranges6 => ({ bounds: [], values: [] });

export function pushRange6({ bounds, values }: Ranges6, first: Buffer, last: Buffer, value: number): void {
  for (const ip of [first, last]) for (let word = 0; word < words; word++) bounds.push(wordAt(ip, word * 4));
  values.push(value);
}

export function pushNetwork6({ bounds, values }: Ranges6, { address, prefix }: Network, value: number): void {
  for (let word = 0; word < words; word++) bounds.push(wordAt(address, word * 4));
  for (let word = 0; word < words; word++) {
    const kept = Math.min(Math.max(prefix - word * 32, 0), 32);
    const hosts = kept === 32 ? 0 : 0xffffffff >>> kept;
    bounds.push((wordAt(address, word * 4) | hosts) >>> 0);
  }
  values.push(value);
}

/** Every bound of the ranges as four words: first addresses at even places, at odd ones what follows the last. */
function pointsOf(bounds: readonly number[]): Float64Array {
  const points = Float64Array.from(bounds);
  for (let at = words; at < points.length; at += 2 * words) {
    let word = at + words - 1;
    // The end of the address space is a point too: its first word is 2^32.
    for (; word > at && points[word] === 0xffffffff; word--) points[word] = 0;
    points[word]!++;
  }
  return points;
}

/** Flattens by ranks: two addresses compare as their places among all bounds do. */
export function flatten6({ bounds, values }: Ranges6): RangeSteps6 {
  const points = pointsOf(bounds);
  const compare = (a: number, b: number): number => {
    for (let word = 0; word < words; word++) {
      const difference = points[a * words + word]! - points[b * words + word]!;
      if (difference !== 0) return difference;
    }
    return 0;
  };
  const order = Uint32Array.from({ length: values.length * 2 }, (_, point) => point).sort(compare);
  const ranks = new Uint32Array(order.length);
  for (let place = 1, rank = 0; place < order.length; place++) {
    if (compare(order[place - 1]!, order[place]!) !== 0) rank = place;
    ranks[order[place]!] = rank;
  }
  const columns: Columns = { starts: [], ends: [], values: [...values] };
  for (let point = 0; point < ranks.length; point += 2) {
    columns.starts.push(ranks[point]!);
    columns.ends.push(ranks[point + 1]!);
  }
  const steps = flatten(columns);
  const startAt = (step: number): number => order[steps.starts[step]!]! * words;
  // A step at the very end of the address space starts nothing.
  const last = steps.starts.length - 1;
  const size = last >= 0 && points[startAt(last)]! > 0xffffffff ? last : last + 1;
  const starts6 = new Uint32Array(size * words);
  for (let step = 0; step < size; step++)
    for (let word = 0; word < words; word++) starts6[step * words + word] = points[startAt(step) + word]!;
  return { starts6, values6: Int32Array.from(steps.values.slice(0, size)) };
}
