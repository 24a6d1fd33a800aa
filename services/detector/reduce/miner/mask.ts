/** A set of positions, one bit each: what a rule selects among samples. Only masks of the same length belong together. */
export type Mask = Int32Array;

export function maskOf(length: number, has: (index: number) => boolean): Mask {
  const mask = emptyMask(length);
  for (let index = 0; index < length; index++) if (has(index)) mask[index >>> 5]! |= 1 << (index & 31);
  return mask;
}

export function emptyMask(length: number): Mask {
  return new Int32Array((length + 31) >>> 5);
}

export function setAll(mask: Mask, positions: Iterable<number>): void {
  for (const index of positions) mask[index >>> 5]! |= 1 << (index & 31);
}

export function has(mask: Mask, index: number): boolean {
  return (mask[index >>> 5]! & (1 << (index & 31))) !== 0;
}

export function both(a: Mask, b: Mask): Mask {
  const mask = new Int32Array(a.length);
  for (let word = 0; word < a.length; word++) mask[word] = a[word]! & b[word]!;
  return mask;
}

export function either(a: Mask, b: Mask): Mask {
  const mask = new Int32Array(a.length);
  for (let word = 0; word < a.length; word++) mask[word] = a[word]! | b[word]!;
  return mask;
}

/** What `a` has and `b` has not. */
export function without(a: Mask, b: Mask): Mask {
  const mask = new Int32Array(a.length);
  for (let word = 0; word < a.length; word++) mask[word] = a[word]! & ~b[word]!;
  return mask;
}

/** Number of positions. */
export function count(mask: Mask): number {
  let set = 0;
  for (let word = 0; word < mask.length; word++) set += ones(mask[word]!);
  return set;
}

/** Number of positions that both have. */
export function countBoth(a: Mask, b: Mask): number {
  let set = 0;
  for (let word = 0; word < a.length; word++) set += ones(a[word]! & b[word]!);
  return set;
}

/** Sum of the weights at the positions, in their order. */
export function hits(mask: Mask, weights: Float64Array): number {
  let sum = 0;
  for (let word = 0; word < mask.length; word++) {
    let bits = mask[word]!;
    while (bits !== 0) {
      sum += weights[(word << 5) + 31 - Math.clz32(bits & -bits)]!;
      bits &= bits - 1;
    }
  }
  return sum;
}

/** Bits set in a word: sums of neighbours, in parallel (Warren, Hacker's Delight, 5-1). */
function ones(word: number): number {
  let sum = word - ((word >>> 1) & 0x55555555);
  sum = (sum & 0x33333333) + ((sum >>> 2) & 0x33333333);
  return Math.imul((sum + (sum >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
