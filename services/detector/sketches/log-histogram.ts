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
  /** Answers since the last change, each after what was asked: they are asked for far more often than anything is learned. */
  #quantiles: number[] = [];

  constructor(counts?: Float64Array) {
    this.#counts = counts ?? new Float64Array(buckets);
    for (const count of this.#counts) this.#total += count;
  }

  /** Where a value is counted: several histograms may take it in. */
  static bucketOf(value: number): number {
    if (value < least) return 0;
    return Math.min(buckets - 1, 1 + Math.max(0, Math.floor(Math.log(value / least) / logGamma)));
  }

  add(value: number): void {
    this.addTo(LogHistogram.bucketOf(value));
  }

  addTo(bucket: number): void {
    this.#counts[bucket]!++;
    this.#total++;
    this.#forget();
  }

  #forget(): void {
    if (this.#quantiles.length > 0) this.#quantiles = [];
  }

  get total(): number {
    return this.#total;
  }

  /** Forgets half of everything: called once per half-life. */
  halve(): void {
    this.#total = 0;
    this.#forget();
    for (let index = 0; index < buckets; index++) {
      this.#counts[index] = Math.floor(this.#counts[index]! / 2);
      this.#total += this.#counts[index]!;
    }
  }

  merge(other: LogHistogram): void {
    for (let index = 0; index < buckets; index++) this.#counts[index]! += other.#counts[index]!;
    this.#total += other.#total;
    this.#forget();
  }

  /** null while empty. */
  quantile(q: number): number | null {
    if (this.#total === 0) return null;
    const answers = this.#quantiles;
    for (let at = 0; at < answers.length; at += 2) if (answers[at] === q) return answers[at + 1]!;
    const value = this.#search(q);
    answers.push(q, value);
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
