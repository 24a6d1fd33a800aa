export interface EntryName {
  readonly site: string;
  /** Keys of the endpoint's group and of that of its operation. */
  readonly key: string;
  readonly asked: string | null;
}

/** A name, and the number that it had last; 0: none yet. */
export interface Entry extends EntryName {
  entry: number;
}

/** Number, name, 16 bits of its hash, second of its last request. */
export type EntryNamesState = readonly (readonly [number, EntryName, number, number])[];

const numbers = 65_536;
/** A visit that began this long ago, seconds, at an endpoint that was not asked for since, is over. */
const visitSeconds = 30 * 60;
/** Where no number is free, they are not gone through again for so many seconds. */
const lookAgainSeconds = 60;

/**
 * Endpoints by number: what clients remember of where a visit began has room for 16 bits. Those of a hash would not do: of
 * a few hundred endpoints two share them, and which of them counts would depend on which came first. Numbers are of one
 * partition, as the memory of its clients is.
 */
export class EntryNames {
  /** 16 bits of the hash of an endpoint, by number: what two are compared by, as in match. */
  readonly hashes = new Uint16Array(numbers);
  readonly #names = new Array<EntryName | undefined>(numbers).fill(undefined);
  readonly #usedAt = new Float64Array(numbers);
  readonly #numbers = new Map<string, number>();
  #free: number[] = [];
  #lookAgainAt = -Infinity;

  constructor(state: EntryNamesState = []) {
    for (const [number, name, hash, usedAt] of state) this.#set(number, name, hash, usedAt);
    for (let number = numbers - 1; number > 0; number--)
      if (this.#names[number] === undefined) this.#free.push(number);
  }

  #set(number: number, { site, key, asked }: EntryName, hash16: number, second: number): void {
    const name = { site, key, asked };
    this.#names[number] = name;
    this.hashes[number] = hash16;
    this.#usedAt[number] = second;
    this.#numbers.set(idOf(name), number);
  }

  /** The number of an endpoint that is asked for in this second; 0: there is none left. */
  numberOf(endpoint: Entry, hash16: number, second: number): number {
    const { entry } = endpoint;
    if (entry === 0 || !isSame(this.#names[entry], endpoint)) {
      const number = this.#numbers.get(idOf(endpoint)) ?? this.#take(second);
      // with the very texts of this endpoint: those are compared at once
      if (number > 0) this.#set(number, endpoint, hash16, this.#usedAt[number]!);
      endpoint.entry = number;
    }
    if (second > this.#usedAt[endpoint.entry]!) this.#usedAt[endpoint.entry] = second;
    return endpoint.entry;
  }

  #take(second: number): number {
    if (this.#free.length === 0) this.#makeRoom(second);
    return this.#free.pop() ?? 0;
  }

  #makeRoom(second: number): void {
    if (second < this.#lookAgainAt) return;
    this.#lookAgainAt = second + lookAgainSeconds;
    for (let number = numbers - 1; number > 0; number--) {
      if (second - this.#usedAt[number]! <= visitSeconds) continue;
      this.#numbers.delete(idOf(this.#names[number]!));
      this.#names[number] = undefined;
      this.#free.push(number);
    }
  }

  of(number: number): EntryName | undefined {
    return this.#names[number];
  }

  snapshot(): EntryNamesState {
    const state: (readonly [number, EntryName, number, number])[] = [];
    for (const [number, name] of this.#names.entries())
      if (name !== undefined) state.push([number, name, this.hashes[number]!, this.#usedAt[number]!]);
    return state;
  }
}

const idOf = ({ site, key, asked }: EntryName): string => `${site}\0${key}\0${asked ?? ''}`;

function isSame(name: EntryName | undefined, { site, key, asked }: EntryName): boolean {
  return name !== undefined && name.key === key && name.asked === asked && name.site === site;
}
