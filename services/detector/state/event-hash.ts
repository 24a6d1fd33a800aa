/** Halves of the last hash computed: read at once, overwritten by the next call. */
export const eventHash = { hi: 0, lo: 0 };

/**
 * Seeded 64-bit hash of an event id (two interleaved 32-bit multiplicative lanes): orders samples and recognises
 * duplicates. Faster than SipHash and enough here: who could choose event ids can already write our input.
 */
export function hashEventId(id: string, seed: number): void {
  let h1 = 0xdeadbeef ^ seed;
  let h2 = 0x41c6ce57 ^ Math.imul(seed, 0x9e3779b1);
  for (let index = 0; index < id.length; index++) {
    const code = id.charCodeAt(index);
    h1 = Math.imul(h1 ^ code, 2654435761);
    h2 = Math.imul(h2 ^ code, 1597334677);
  }
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  eventHash.hi = h2 >>> 0;
  eventHash.lo = h1 >>> 0;
}
