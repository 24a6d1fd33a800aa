/** Halves of the last hash computed: read at once, overwritten by the next call. */
export const eventHash = { hi: 0, lo: 0 };

let h1 = 0;
let h2 = 0;

function finish(): void {
  h1 = Math.imul(h1 ^ (h1 >>> 16), 2246822507) ^ Math.imul(h2 ^ (h2 >>> 13), 3266489909);
  h2 = Math.imul(h2 ^ (h2 >>> 16), 2246822507) ^ Math.imul(h1 ^ (h1 >>> 13), 3266489909);
  eventHash.hi = h2 >>> 0;
  eventHash.lo = h1 >>> 0;
}

/**
 * Seeded 64-bit hash of an event id (two interleaved 32-bit multiplicative lanes): orders samples and recognises
 * duplicates. Faster than SipHash and enough here: who could choose event ids can already write our input.
 */
export function hashEventId(id: string, seed: number): void {
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ Math.imul(seed, 0x9e3779b1);
  for (let index = 0; index < id.length; index++) {
    const code = id.charCodeAt(index);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  h1 = a;
  h2 = b;
  finish();
}

/** The same of an id in an encoded record: at `place` stand its length and bytes. False when it is not plain ASCII. */
export function hashEventIdBytes(bytes: Uint8Array, place: number, seed: number): boolean {
  const length = bytes[place]! >>> 1;
  if (bytes[place]! > 127) return false;
  let a = 0xdeadbeef ^ seed;
  let b = 0x41c6ce57 ^ Math.imul(seed, 0x9e3779b1);
  for (let index = place + 1; index <= place + length; index++) {
    const code = bytes[index]!;
    if (code > 127) return false;
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  h1 = a;
  h2 = b;
  finish();
  return true;
}
