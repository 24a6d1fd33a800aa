/** Uniform in [0, 1). Everything the generator does flows from such functions, so a seed fixes the whole output. */
export type Random = () => number;

/** 32-bit mix of a text: seeds and fingerprint fragments. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return (hash ^ (hash >>> 15)) >>> 0;
}

/** sfc32 (PractRand-tested, 128 bits of state), seeded by two 32-bit words. */
export function createRandom(seedA: number, seedB: number): Random {
  let a = seedA | 0;
  let b = seedB | 0;
  let c = 0x9e3779b9 | 0;
  let counter = 1;
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 4294967296;
  };
  for (let round = 0; round < 8; round++) next();
  return next;
}

/** A stream of its own for each named part, so that adding one part does not shift the others. */
export function namedRandom(seed: number, name: string): Random {
  return createRandom(seed ^ hash32(name), hash32(`${name}/${seed}`));
}

/** Splits off an independent stream. */
export function fork(random: Random): Random {
  return createRandom(random() * 4294967296, random() * 4294967296);
}

/** Integer in [0, limit). */
export function integer(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low);
}

export function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

export function pick<T>(random: Random, items: readonly T[]): T {
  return items[Math.floor(random() * items.length)]!;
}

export function exponential(random: Random, mean: number): number {
  return -Math.log(1 - random()) * mean;
}

/** Median and spread (sigma of the logarithm): durations, sizes, thinking times. */
export function logNormal(random: Random, median: number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return median * Math.exp(sigma * normal);
}

/** Chooses an item by weight; the table is built once. */
export function weighted<T>(entries: readonly (readonly [item: T, weight: number])[]): (random: Random) => T {
  const items = entries.map(([item]) => item);
  const index = weightedIndex(entries.map(([, weight]) => weight));
  return (random) => items[index(random)]!;
}

function weightedIndex(weights: readonly number[]): (random: Random) => number {
  const cumulative = new Float64Array(weights.length);
  let total = 0;
  for (const [index, weight] of weights.entries()) {
    total += weight;
    cumulative[index] = total;
  }
  return (random) => {
    const target = random() * total;
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! <= target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Rank in [0, count) with probability proportional to 1 / (rank + 1)^exponent. */
export function zipf(count: number, exponent: number): (random: Random) => number {
  return weightedIndex(Array.from({ length: count }, (_, rank) => (rank + 1) ** -exponent));
}

const tokenAlphabet = '0123456789abcdefghijklmnopqrstuvwxyz';

/** Random base-36 text, for session ids and order numbers. */
export function token(random: Random, length: number): string {
  let text = '';
  for (let index = 0; index < length; index++) text += tokenAlphabet[Math.floor(random() * 36)];
  return text;
}
