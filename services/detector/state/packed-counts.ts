/** Counts of 16 bits, two to a word of a record; they stop at 65,535. `first`: index of the first word. */
const most = 0xffff;

/** Words that so many counts take. */
export const packedWords = (counts: number): number => Math.ceil(counts / 2);

export function packedCount(record: Int32Array, first: number, count: number): number {
  return (record[first + (count >> 1)]! >>> ((count & 1) * 16)) & most;
}

export function raisePacked(record: Int32Array, first: number, count: number): void {
  const place = first + (count >> 1);
  const shift = (count & 1) * 16;
  if (((record[place]! >>> shift) & most) < most) record[place] = record[place]! + (1 << shift);
}

export function clearPacked(record: Int32Array, first: number, count: number): void {
  record[first + (count >> 1)]! &= (count & 1) === 0 ? ~most : most;
}
