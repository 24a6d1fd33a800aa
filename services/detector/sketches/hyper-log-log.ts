/**
 * HyperLogLog with 2^11 registers (standard error 2.3 %), fed with 64-bit keyed hashes as two 32-bit halves. Merging is
 * exact: registers take the maximum, so the result does not depend on order or grouping. The first few values are
 * kept as a list: most groups of most panes never need the registers.
 */
const precision = 11;
const registers = 1 << precision;
const listLimit = 24;
/** So many filled registers are known by their index: what most groups see in ten seconds is less. */
const indexLimit = 320;
/** Above this many filled registers all of them are shorter than the list of those filled. */
const sparseBytesLimit = 680;
const alpha = 0.7213 / (1 + 1.079 / registers);
const powers = Float64Array.from({ length: 64 }, (_, rank) => 2 ** -rank);
/** Where unions are counted, all zero in between, and how many registers have each rank. */
const union = new Uint8Array(registers);
const byRank = new Int32Array(64);
const noBytes = Buffer.alloc(0);

export class HyperLogLog {
  #dense: Uint8Array | null = null;
  /** index << 8 | rank, one entry per index, while few; made at the first value */
  #list: Int32Array | null = null;
  #listed = 0;
  /** Registers of an earlier life, all zero. */
  #spare: Uint8Array | null = null;
  /** Of the registers: which are filled, in the order in which they were; of no use above the limit. */
  #filled: Uint16Array | null = null;
  #filledCount = 0;

  add(lo: number, hi: number): void {
    // hashes are uniform; the low bits choose the register, the other half gives the rank
    this.#set(lo & (registers - 1), Math.clz32(hi) + 1);
  }

  #set(index: number, rank: number): void {
    if (this.#dense !== null) {
      this.#raise(this.#dense, index, rank);
      return;
    }
    if (this.#list === null) this.#list = new Int32Array(listLimit);
    const list = this.#list;
    const listed = this.#listed;
    for (let at = 0; at < listed; at++) {
      if (list[at]! >> 8 !== index) continue;
      if ((list[at]! & 255) < rank) list[at] = (index << 8) | rank;
      return;
    }
    if (listed < listLimit) {
      list[listed] = (index << 8) | rank;
      this.#listed = listed + 1;
      return;
    }
    this.#raise(this.#toDense(), index, rank);
  }

  #raise(dense: Uint8Array, index: number, rank: number): void {
    const before = dense[index]!;
    if (before >= rank) return;
    dense[index] = rank;
    if (before !== 0) return;
    if (this.#filledCount < indexLimit) this.#filled![this.#filledCount] = index;
    this.#filledCount++;
  }

  #toDense(): Uint8Array {
    if (this.#dense !== null) return this.#dense;
    const dense = this.#spare ?? new Uint8Array(registers);
    this.#filled ??= new Uint16Array(indexLimit);
    for (let at = 0; at < this.#listed; at++) {
      const entry = this.#list![at]!;
      this.#raise(dense, entry >> 8, entry & 255);
    }
    this.#dense = dense;
    this.#spare = null;
    this.#listed = 0;
    return dense;
  }

  /** Empty again; keeps its memory. */
  clear(): void {
    this.#listed = 0;
    const dense = this.#dense;
    if (dense === null) return;
    this.#empty(dense);
    this.#filledCount = 0;
    this.#spare = dense;
    this.#dense = null;
  }

  /** Sets the registers that are filled to zero, in an array of theirs. */
  #empty(array: Uint8Array): void {
    if (this.#filledCount > indexLimit) array.fill(0);
    else for (let at = 0; at < this.#filledCount; at++) array[this.#filled![at]!] = 0;
  }

  merge(other: HyperLogLog): void {
    const from = other.#dense;
    if (from !== null) this.#mergeRegisters(from);
    else
      for (let at = 0; at < other.#listed; at++) {
        const entry = other.#list![at]!;
        this.#set(entry >> 8, entry & 255);
      }
  }

  mergeBytes(bytes: Buffer): void {
    if (bytes.length === registers) this.#mergeRegisters(bytes);
    else
      for (let at = 0; at + 3 <= bytes.length; at += 3)
        this.#set(bytes[at]! | (bytes[at + 1]! << 8), bytes[at + 2]!);
  }

  #mergeRegisters(from: Uint8Array): void {
    const dense = this.#toDense();
    for (let index = 0; index < registers; index++) this.#raise(dense, index, from[index]!);
  }

  /** Canonical: equal sets have equal bytes. Sparse: 3 bytes per register, by index; dense: one byte each. */
  toBytes(): Buffer {
    const dense = this.#dense;
    if (dense === null) {
      const listed = this.#listed;
      if (listed === 0) return noBytes;
      const entries = this.#list!;
      sortFirst(entries, listed);
      const bytes = Buffer.allocUnsafe(listed * 3);
      for (let index = 0; index < listed; index++) {
        const entry = entries[index]!;
        bytes[index * 3] = (entry >> 8) & 255;
        bytes[index * 3 + 1] = entry >> 16;
        bytes[index * 3 + 2] = entry & 255;
      }
      return bytes;
    }
    const filled = this.#filledCount;
    if (filled > sparseBytesLimit) return Buffer.from(dense);
    const bytes = Buffer.allocUnsafe(filled * 3);
    let at = 0;
    for (let index = 0; index < registers; index++) {
      const rank = dense[index]!;
      if (rank === 0) continue;
      bytes[at] = index & 255;
      bytes[at + 1] = index >> 8;
      bytes[at + 2] = rank;
      at += 3;
    }
    return bytes;
  }

  static fromBytes(bytes: Buffer): HyperLogLog {
    const sketch = new HyperLogLog();
    sketch.mergeBytes(bytes);
    return sketch;
  }

  count(): number {
    return HyperLogLog.countUnion([this]);
  }

  /** What merging all of them would count, without a new sketch. */
  static countUnion(sketches: readonly HyperLogLog[]): number {
    byRank.fill(0);
    byRank[0] = registers;
    for (const sketch of sketches) sketch.#unite();
    for (const sketch of sketches) sketch.#divide();
    return estimate();
  }

  #unite(): void {
    const dense = this.#dense;
    if (dense === null) {
      const list = this.#list!;
      for (let at = 0; at < this.#listed; at++) raiseUnion(list[at]! >> 8, list[at]! & 255);
    } else if (this.#filledCount <= indexLimit) {
      const filled = this.#filled!;
      for (let at = 0; at < this.#filledCount; at++) raiseUnion(filled[at]!, dense[filled[at]!]!);
    } else for (let index = 0; index < registers; index++) raiseUnion(index, dense[index]!);
  }

  #divide(): void {
    if (this.#dense !== null) this.#empty(union);
    else for (let at = 0; at < this.#listed; at++) union[this.#list![at]! >> 8] = 0;
  }
}

function raiseUnion(index: number, rank: number): void {
  const before = union[index]!;
  if (rank <= before) return;
  union[index] = rank;
  byRank[before]!--;
  byRank[rank]!++;
}

/** Sorts the first few entries where they are. */
function sortFirst(entries: Int32Array, count: number): void {
  for (let next = 1; next < count; next++) {
    const entry = entries[next]!;
    let at = next;
    for (; at > 0 && entries[at - 1]! > entry; at--) entries[at] = entries[at - 1]!;
    entries[at] = entry;
  }
}

/** Distinct values behind registers of which `byRank` have each rank. */
function estimate(): number {
  // summed by rank, so that equal sets give equal figures to the last bit
  let sum = 0;
  for (let rank = 0; rank < 64; rank++) sum += byRank[rank]! * powers[rank]!;
  const zeros = byRank[0]!;
  const raw = (alpha * registers * registers) / sum;
  return raw <= 2.5 * registers && zeros > 0
    ? Math.round(registers * Math.log(registers / zeros))
    : Math.round(raw);
}
