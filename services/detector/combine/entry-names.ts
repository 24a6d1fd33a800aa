import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';

interface EntryName {
  readonly site: string;
  readonly host: string;
  readonly endpoint: string;
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

  note(hash16: number, event: EnrichedRequest): void {
    this.#names[hash16] ??= {
      site: event.request.site,
      host: event.request.host,
      endpoint: event.endpoint,
    };
  }

  of(hash16: number): EntryName | undefined {
    return this.#names[hash16];
  }

  snapshot(): EntryNamesState {
    const state: (readonly [number, EntryName])[] = [];
    for (const [hash, name] of this.#names.entries()) if (name !== undefined) state.push([hash, name]);
    return state;
  }
}
