/**
 * Who came through a log-in from an address, in two words of its record: two counts of 24 bits in parts of one, since they are
 * forgotten little by little, and one of 16 in the bytes that are left. A clinic's twelve thousand go out through one address.
 */
export const peopleWords = 2;

const mostParts = 0xff_ffff;
const mostForms = 0xffff;
const parts = 256;

/** Log-ins answered with a redirect and with a page, as many as are not forgotten yet, and forms of a log-in that were opened. */
export interface People {
  readonly letIn: number;
  readonly pagedIn: number;
  readonly forms: number;
}

const partsAt = (record: Int32Array, word: number): number => record[word]! & mostParts;
const formsAt = (record: Int32Array, at: number): number =>
  (record[at]! >>> 24) | ((record[at + 1]! >>> 24) << 8);

function write(record: Int32Array, at: number, letIn: number, pagedIn: number, forms: number): void {
  record[at] = letIn | ((forms & 0xff) << 24);
  record[at + 1] = pagedIn | ((forms >>> 8) << 24);
}

export function peopleAt(record: Int32Array, at: number): People {
  return {
    letIn: partsAt(record, at) / parts,
    pagedIn: partsAt(record, at + 1) / parts,
    forms: formsAt(record, at),
  };
}

/** Somebody was let in: he was shown a page, or sent on to one. */
export function addLetIn(record: Int32Array, at: number, isPage: boolean): void {
  const word = isPage ? at + 1 : at;
  const more = Math.min(mostParts, partsAt(record, word) + parts);
  record[word] = (record[word]! & ~mostParts) | more;
}

export function addForm(record: Int32Array, at: number): void {
  const forms = formsAt(record, at);
  if (forms < mostForms) write(record, at, partsAt(record, at), partsAt(record, at + 1), forms + 1);
}

/** `keep`: the part of who was let in that is not forgotten. Forms are, by half each of so many times. */
export function forgetPeople(record: Int32Array, at: number, keep: number, halvings: number): void {
  if (record[at] === 0 && record[at + 1] === 0) return;
  const kept = (word: number): number => Math.floor(partsAt(record, word) * keep);
  write(record, at, kept(at), kept(at + 1), formsAt(record, at) >> Math.min(halvings, 16));
}
