import type { EnrichedRequest } from '../../../lib/contracts/generated.ts';
import type { LogBatch } from '../../../lib/log/log.ts';
import { createRequestFacts, type RequestFacts } from './request-facts.ts';

/** Requests whose table entries are looked at together. */
export const aheadRecords = 16;

/** What is done for each of the next requests before the first of them is handled: one after the other, for all of them. */
export interface Ahead {
  /** Reads what its entries are found by, and whatever else depends on the request alone. */
  read(facts: RequestFacts, event: EnrichedRequest): void;
  /** Looks at where its entries are found. */
  touch(facts: RequestFacts): number;
  /** Looks at those entries, when where they are found is known. */
  touchEntries(facts: RequestFacts): number;
}

/**
 * Looks at the table entries of the next requests one right after the other, so that the waits for memory overlap
 * (group prefetching: Chen, Ailamaki, Gibbons and Mowry, 2004). A processor looks ahead by some hundred instructions, so
 * nothing else may stand between one look and the next: what is looked for is read before. It changes nothing but the time
 * that the lookups take which follow. `touch` answers what it saw, so that no compiler leaves the look out.
 */
export class LookAhead {
  readonly #facts = Array.from({ length: aheadRecords }, createRequestFacts);
  readonly #ahead: Ahead;
  /** What was seen: of no meaning. */
  seen = 0;

  constructor(ahead: Ahead) {
    this.#ahead = ahead;
  }

  /**
   * Facts of record `index` of a batch, which is no tick, before it is handled: good until those of a record 16 places
   * further are asked for. Every index has to be asked for, ticks too.
   */
  at({ records }: Pick<LogBatch<'requests.enriched'>, 'records'>, index: number): RequestFacts {
    if (index % aheadRecords === 0) {
      const count = Math.min(records.length - index, aheadRecords);
      let requests = 0;
      for (let next = 0; next < count; next++) {
        const record = records[index + next]!;
        if (record.type === 'Tick') continue;
        this.#ahead.read(this.#facts[next]!, record.value);
        requests |= 1 << next;
      }
      for (let next = 0; next < count; next++)
        if ((requests & (1 << next)) !== 0) this.seen ^= this.#ahead.touch(this.#facts[next]!);
      for (let next = 0; next < count; next++)
        if ((requests & (1 << next)) !== 0) this.seen ^= this.#ahead.touchEntries(this.#facts[next]!);
    }
    return this.#facts[index % aheadRecords]!;
  }
}
