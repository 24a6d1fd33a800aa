/** Zigzag integer at a place that was walked over. */
export function integerAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 128) return (first >>> 1) ^ -(first & 1);
  let value = first & 127;
  let scale = 128;
  for (let index = at + 1; ; index++) {
    const byte = bytes[index]!;
    value += (byte & 127) * scale;
    if (byte < 128) break;
    scale *= 128;
  }
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

/** Where what follows an encoded integer stands: after the length of a text, its first byte. */
export function afterInteger(bytes: Uint8Array, at: number): number {
  let next = at;
  while (bytes[next]! > 127) next++;
  return next + 1;
}
