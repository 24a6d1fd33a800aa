/**
 * Quantiles of non-negative values: a DDSketch (Masson, Rim and Lee, 2019) with integer counts in buckets that grow by a
 * tenth and a bounded range. Between `least` and 1.6e10 an answer is within sqrt(1.1) - 1 = 4.9 % of the exact value of
 * its rank; values below `least` share one bucket and read as 0. Merging adds counts, so it is exact. Serves the learned
 * `normal()` of features.
 */
const gamma = 1.1;
const logGamma = Math.log(gamma);
const least = 1e-3;
const buckets = 320;

export class LogHistogram {
  #counts: Float64Array;
  #total = 0;
  /** Answers since the last change: they are asked for far more often than anything is learned. */
  readonly #quantiles = new Map<number, number>();

  constructor(counts?: Float64Array) {
    this.#counts = counts ?? new Float64Array(buckets);
    for (const count of this.#counts) this.#total += count;
  }

  add(value: number): void {
    const index =
      value < least
        ? 0
        : Math.min(buckets - 1, 1 + Math.max(0, Math.floor(Math.log(value / least) / logGamma)));
    this.#counts[index]!++;
    this.#total++;
    this.#quantiles.clear();
  }

  get total(): number {
    return this.#total;
  }

  /** Forgets half of everything: called once per half-life. */
  halve(): void {
    this.#total = 0;
    this.#quantiles.clear();
    for (let index = 0; index < buckets; index++) {
      this.#counts[index] = Math.floor(this.#counts[index]! / 2);
      this.#total += this.#counts[index]!;
    }
  }

  merge(other: LogHistogram): void {
    for (let index = 0; index < buckets; index++) this.#counts[index]! += other.#counts[index]!;
    this.#total += other.#total;
    this.#quantiles.clear();
  }

  /** null while empty. */
  quantile(q: number): number | null {
    if (this.#total === 0) return null;
    let value = this.#quantiles.get(q);
    if (value === undefined) {
      value = this.#search(q);
      this.#quantiles.set(q, value);
    }
    return value;
  }

  #search(q: number): number {
    let rest = q * (this.#total - 1);
    for (let index = 0; index < buckets; index++) {
      rest -= this.#counts[index]!;
      if (rest < 0) return index === 0 ? 0 : least * gamma ** (index - 0.5);
    }
    return least * gamma ** (buckets - 1);
  }

  snapshot(): Float64Array {
    return this.#counts.slice();
  }
}
