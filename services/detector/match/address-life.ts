import { clientAddress } from '../../../lib/ip.ts';

/** How long requests count as the life of an address: between one and two of these. */
const generationMs = 15 * 60_000;

export interface AddressLifeState {
  readonly generation: number;
  readonly recent: readonly (readonly [string, number])[];
  readonly older: readonly (readonly [string, number])[];
}

/**
 * Requests that an address sends to parts of the site which nobody attacks. An address with a life of its own is a home
 * whose line is also sold as a proxy, or a carrier's gateway: stopping it stops people, so it goes on no list, and what
 * it adds to an attack is left to the campaign's signatures. Generations follow event time, so what is known of an
 * address depends on its own requests alone.
 */
export class AddressLife {
  #generation: number;
  #recent: Map<string, number>;
  #older: Map<string, number>;
  readonly #limit: number;
  readonly #onFull: () => void;

  constructor(limit: number, onFull: () => void, state?: AddressLifeState) {
    this.#limit = limit;
    this.#onFull = onFull;
    this.#generation = state?.generation ?? 0;
    this.#recent = new Map(state?.recent);
    this.#older = new Map(state?.older);
  }

  #turn(at: number): void {
    const generation = Math.floor(at / generationMs);
    if (generation <= this.#generation) return;
    this.#older = generation === this.#generation + 1 ? this.#recent : new Map();
    this.#recent = new Map();
    this.#generation = generation;
  }

  /** One request elsewhere. Beyond the limit new addresses are not noted: they then look as if they had no life. */
  note(ip: Buffer, at: number): void {
    this.#turn(at);
    const key = clientAddress(ip).toString('latin1');
    const seen = this.#recent.get(key);
    if (seen === undefined && this.#recent.size >= this.#limit) this.#onFull();
    else this.#recent.set(key, (seen ?? 0) + 1);
  }

  /** Requests elsewhere, lately. */
  of(ip: Buffer, at: number): number {
    this.#turn(at);
    const key = clientAddress(ip).toString('latin1');
    return (this.#recent.get(key) ?? 0) + (this.#older.get(key) ?? 0);
  }

  get entries(): number {
    return this.#recent.size + this.#older.size;
  }

  snapshot(): AddressLifeState {
    return { generation: this.#generation, recent: [...this.#recent], older: [...this.#older] };
  }
}
