/**
 * Which partition a key belongs to: the same answer as the Java client's default partitioner (murmur2, 32 bit), so
 * that a producer in another language and both adapters agree.
 */

const seed = 0x9747b28c;
const multiplier = 0x5bd1e995;

/** Signed 32-bit murmur2 of the bytes, as org.apache.kafka.common.utils.Utils.murmur2. */
export function murmur2(bytes: Uint8Array): number {
  const length = bytes.length;
  let hash = seed ^ length;
  const blocks = length & ~3;
  for (let index = 0; index < blocks; index += 4) {
    let block =
      bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24);
    block = Math.imul(block, multiplier);
    block ^= block >>> 24;
    hash = Math.imul(hash, multiplier) ^ Math.imul(block, multiplier);
  }
  const rest = length & 3;
  if (rest === 3) hash ^= bytes[blocks + 2]! << 16;
  if (rest >= 2) hash ^= bytes[blocks + 1]! << 8;
  if (rest >= 1) hash = Math.imul(hash ^ bytes[blocks]!, multiplier);
  hash = Math.imul(hash ^ (hash >>> 13), multiplier);
  return hash ^ (hash >>> 15);
}

const scratch = new Uint8Array(256);

/** Partition of a text key (UTF-8) among `partitions`. */
export function partitionOf(key: string, partitions: number): number {
  const length = key.length;
  if (length > scratch.length) return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
  for (let index = 0; index < length; index++) {
    const code = key.charCodeAt(index);
    if (code > 127) return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
    scratch[index] = code;
  }
  return (murmur2(scratch.subarray(0, length)) & 0x7fffffff) % partitions;
}
