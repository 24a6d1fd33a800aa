import type { LogBatch } from '../../../lib/log/log.ts';
import { createRequestFacts, type RequestFacts, readLanes } from './request-facts.ts';

/** Requests whose table entries are looked at together. */
export const aheadRecords = 16;

/**
 * Looks at the table entries of the next requests one right after the other, so that the waits for memory overlap
 * (group prefetching: Chen, Ailamaki, Gibbons and Mowry, 2004). It changes nothing but the time that the lookups take
 * which follow. `touch` answers what it saw, so that no compiler leaves the look out.
 */
export class LookAhead {
  readonly #facts = createRequestFacts();
  readonly #touch: (facts: RequestFacts) => number;
  /** What was seen: of no meaning. */
  seen = 0;

  constructor(touch: (facts: RequestFacts) => number) {
    this.#touch = touch;
  }

  /** Before record `index` of a batch is handled. */
  at({ records }: Pick<LogBatch<'requests.enriched'>, 'records'>, index: number): void {
    if (index % aheadRecords !== 0) return;
    const until = Math.min(records.length, index + aheadRecords);
    for (let next = index; next < until; next++) {
      const record = records[next]!;
      if (record.type === 'Tick') continue;
      readLanes(this.#facts, record.value);
      this.seen ^= this.#touch(this.#facts);
    }
  }
}
