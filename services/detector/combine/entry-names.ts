export interface EntryName {
  readonly site: string;
  /** Keys of the endpoint's group and of that of its operation. */
  readonly key: string;
  readonly asked: string | null;
}

export type EntryNamesState = readonly (readonly [number, EntryName])[];

/**
 * Endpoints by 16 bits of their hash, which is what is remembered of where a visit began. Two that share them are one
 * here: a few visits in 65,536 are then put down to the wrong endpoint.
 */
export class EntryNames {
  readonly #names: (EntryName | undefined)[];

  constructor(state?: EntryNamesState) {
    this.#names = new Array<EntryName | undefined>(65_536).fill(undefined);
    for (const [hash, name] of state ?? []) this.#names[hash] = name;
  }

  note(hash16: number, endpoint: EntryName): void {
    this.#names[hash16] ??= endpoint;
  }

  of(hash16: number): EntryName | undefined {
    return this.#names[hash16];
  }

  snapshot(): EntryNamesState {
    const state: (readonly [number, EntryName])[] = [];
    for (const [hash, name] of this.#names.entries())
      if (name !== undefined) state.push([hash, { site: name.site, key: name.key, asked: name.asked }]);
    return state;
  }
}
