/**
 * HyperLogLog with 2^11 registers (standard error 2.3 %), fed with 64-bit keyed hashes as two 32-bit halves. Sparse
 * (index and rank pairs) until it is cheaper dense. Merging is exact: registers take the maximum, so the result does
 * not depend on order or grouping.
 */
const precision = 11;
const registers = 1 << precision;
const sparseLimit = 340;
const alpha = 0.7213 / (1 + 1.079 / registers);
const powers = Float64Array.from({ length: 64 }, (_, rank) => 2 ** -rank);

export class HyperLogLog {
  #dense: Uint8Array | null = null;
  /** index -> rank, while sparse */
  #sparse: Map<number, number> | null = new Map();

  add(lo: number, hi: number): void {
    // hashes are uniform; the low bits choose the register, the other half gives the rank
    this.#set(lo & (registers - 1), Math.clz32(hi) + 1);
  }

  #set(index: number, rank: number): void {
    const dense = this.#dense;
    if (dense !== null) {
      if (dense[index]! < rank) dense[index] = rank;
      return;
    }
    const sparse = this.#sparse!;
    if ((sparse.get(index) ?? 0) >= rank) return;
    sparse.set(index, rank);
    if (sparse.size > sparseLimit) {
      this.#dense = new Uint8Array(registers);
      for (const [at, value] of sparse) this.#dense[at] = value;
      this.#sparse = null;
    }
  }

  merge(other: HyperLogLog): void {
    if (other.#dense !== null) {
      for (let index = 0; index < registers; index++)
        if (other.#dense[index] !== 0) this.#set(index, other.#dense[index]!);
    } else for (const [index, rank] of other.#sparse!) this.#set(index, rank);
  }

  mergeBytes(bytes: Buffer): void {
    if (bytes.length === registers) {
      for (let index = 0; index < registers; index++) if (bytes[index] !== 0) this.#set(index, bytes[index]!);
      return;
    }
    for (let at = 0; at + 3 <= bytes.length; at += 3) this.#set(bytes.readUInt16LE(at), bytes[at + 2]!);
  }

  clear(): void {
    this.#dense = null;
    this.#sparse = new Map();
  }

  get empty(): boolean {
    return this.#sparse !== null && this.#sparse.size === 0;
  }

  /** Canonical: equal sets have equal bytes. Sparse: 3 bytes per register, by index; dense: one byte each. */
  toBytes(): Buffer {
    if (this.#dense !== null) return Buffer.from(this.#dense);
    const entries = [...this.#sparse!].sort((a, b) => a[0] - b[0]);
    const bytes = Buffer.allocUnsafe(entries.length * 3);
    entries.forEach(([index, rank], at) => {
      bytes.writeUInt16LE(index, at * 3);
      bytes[at * 3 + 2] = rank;
    });
    return bytes;
  }

  static fromBytes(bytes: Buffer): HyperLogLog {
    const sketch = new HyperLogLog();
    sketch.mergeBytes(bytes);
    return sketch;
  }

  count(): number {
    let sum = 0;
    let zeros = registers;
    if (this.#dense !== null) {
      zeros = 0;
      for (const rank of this.#dense) {
        sum += powers[rank]!;
        if (rank === 0) zeros++;
      }
    } else {
      // integer-keyed sums in canonical order, so that equal sets give equal figures to the last bit
      const byRank = new Int32Array(64);
      for (const rank of this.#sparse!.values()) byRank[rank]!++;
      zeros -= this.#sparse!.size;
      sum = zeros;
      for (let rank = 1; rank < 64; rank++) sum += byRank[rank]! * powers[rank]!;
    }
    const estimate = (alpha * registers * registers) / sum;
    return estimate <= 2.5 * registers && zeros > 0
      ? Math.round(registers * Math.log(registers / zeros))
      : Math.round(estimate);
  }
}
