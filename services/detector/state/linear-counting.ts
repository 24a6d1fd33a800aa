/** Bits that are set in a word. */
export function ones(word: number): number {
  let value = word - ((word >>> 1) & 0x55555555);
  value = (value & 0x33333333) + ((value >>> 2) & 0x33333333);
  return Math.imul((value + (value >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Distinct values behind a bitmap of `bits` bits of which `set` are set (Whang et al., 1990): an estimate. */
export function linearCount(set: number, bits: number): number {
  return set === 0 ? 0 : Math.round(bits * Math.log(bits / Math.max(0.5, bits - set)));
}
