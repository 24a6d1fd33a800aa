/**
 * Hash of a stretch of bytes, for tables of what was met last: four bytes a step, and all of them, for texts of one kind
 * mostly differ in few places (of user agents, in two digits). No secret is in it: who chooses texts may choose where
 * they meet.
 */
export function bytesHash(bytes: Uint8Array, start: number, length: number): number {
  let hash = length;
  const end = start + length;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
    hash = Math.imul(hash ^ word, 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  for (; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
