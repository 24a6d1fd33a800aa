import { HashCounts } from '../state/hash-counts.ts';

/** How long requests count as the life of an address: between one and two of these. */
const generationSeconds = 15 * 60;

export interface AddressLifeState {
  readonly generation: number;
  /** lo, hi, count of each address */
  readonly recent: Int32Array;
  readonly older: Int32Array;
}

/**
 * Requests that an address sends to parts of the site which nobody attacks. An address with a life of its own is a home
 * whose line is also sold as a proxy, or a carrier's gateway: stopping it stops people, so it goes on no list, and what
 * it adds to an attack is left to the campaign's signatures. Generations follow event time, so what is known of an
 * address depends on its own requests alone. Addresses are hashes that hold the site, as all keys of this partition.
 */
export class AddressLife {
  #generation: number;
  #recent: HashCounts;
  #older: HashCounts;
  readonly #limit: number;
  /** Addresses that were not noted because there were too many. */
  missed = 0;

  constructor(limit: number, state?: AddressLifeState) {
    this.#limit = limit;
    this.#generation = state?.generation ?? 0;
    this.#recent = new HashCounts(state?.recent);
    this.#older = new HashCounts(state?.older);
  }

  #turn(second: number): void {
    const generation = Math.floor(second / generationSeconds);
    if (generation <= this.#generation) return;
    const older = this.#older;
    this.#older = generation === this.#generation + 1 ? this.#recent : new HashCounts();
    older.clear();
    this.#recent = older;
    this.#generation = generation;
  }

  /** One request elsewhere. Beyond the limit new addresses are not noted: they then look as if they had no life. */
  note(lo: number, hi: number, second: number): void {
    this.#turn(second);
    if (!this.#recent.add(lo, hi, this.#limit)) this.missed++;
  }

  /** Looks at where an address is noted, without noting it: state/look-ahead.ts. */
  touch(lo: number, hi: number): number {
    return this.#recent.touch(lo, hi);
  }

  /** Requests elsewhere, lately. */
  of(lo: number, hi: number, second: number): number {
    this.#turn(second);
    return this.#recent.of(lo, hi) + this.#older.of(lo, hi);
  }

  get entries(): number {
    return this.#recent.size + this.#older.size;
  }

  snapshot(): AddressLifeState {
    return {
      generation: this.#generation,
      recent: this.#recent.snapshot(),
      older: this.#older.snapshot(),
    };
  }
}
