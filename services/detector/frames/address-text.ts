/** Most bytes of an address as text with its prefix. */
export const mostAddressBytes = 44;

const hex = Buffer.from('0123456789abcdef');
const [dot, colon, slash, zero] = [0x2e, 0x3a, 0x2f, 0x30];

/**
 * Writes an address of 16 bytes as `formatIp` (lib/ip.ts) has it, or its network as `networkText` has it, and answers where
 * that ends: samples name hundreds of addresses a second that never come again, and no text is made of them.
 */
export function writeAddress(
  ip: Uint8Array,
  at: number,
  network: boolean,
  into: Uint8Array,
  start: number,
): number {
  let to = start;
  if (isMapped(ip, at)) {
    for (let byte = 0; byte < 4; byte++) {
      if (byte > 0) into[to++] = dot;
      to = decimal(network && byte === 3 ? 0 : ip[at + 12 + byte]!, into, to);
    }
    if (!network) return to;
    into[to++] = slash;
    return decimal(24, into, to);
  }
  to = groups(ip, at, network ? 3 : 8, into, to);
  if (!network) return to;
  into[to++] = slash;
  return decimal(48, into, to);
}

/** Whether it is an IPv4 address. */
export function isMapped(ip: Uint8Array, at: number): boolean {
  for (let byte = 0; byte < 10; byte++) if (ip[at + byte] !== 0) return false;
  return ip[at + 10] === 0xff && ip[at + 11] === 0xff;
}

function decimal(value: number, into: Uint8Array, start: number): number {
  let to = start;
  if (value > 99) into[to++] = zero + ((value / 100) | 0);
  if (value > 9) into[to++] = zero + (((value / 10) | 0) % 10);
  into[to++] = zero + (value % 10);
  return to;
}

/** RFC 5952. Groups from `known` on are zero. */
function groups(ip: Uint8Array, at: number, known: number, into: Uint8Array, start: number): number {
  const group = (index: number): number =>
    index < known ? (ip[at + 2 * index]! << 8) | ip[at + 2 * index + 1]! : 0;
  let bestStart = -1;
  // a single zero group is not shortened
  let bestLength = 1;
  for (let from = 0; from < 8; ) {
    let end = from;
    while (end < 8 && group(end) === 0) end++;
    if (end - from > bestLength) {
      bestStart = from;
      bestLength = end - from;
    }
    from = Math.max(end, from + 1);
  }
  let to = start;
  for (let index = 0; index < 8; index++) {
    if (index === bestStart) {
      into[to++] = colon;
      into[to++] = colon;
      index += bestLength - 1;
      continue;
    }
    if (to > start && into[to - 1] !== colon) into[to++] = colon;
    const value = group(index);
    if (value > 0xfff) into[to++] = hex[value >>> 12]!;
    if (value > 0xff) into[to++] = hex[(value >>> 8) & 15]!;
    if (value > 0xf) into[to++] = hex[(value >>> 4) & 15]!;
    into[to++] = hex[value & 15]!;
  }
  return to;
}
