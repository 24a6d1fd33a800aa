import type { EnrichedRequest } from '../../lib/contracts/generated.ts';

/** A request that waits for its outcome, with what the detector knew about its client at that moment. */
export interface Waiting {
  readonly event: EnrichedRequest;
  readonly good: boolean;
  /** Bits of lib/signature/standing.ts. */
  readonly standing: number;
}

/**
 * Requests in input order, each held until every decision that could concern it is known. One that waits holds those
 * behind it: outcomes come out in input order.
 */
export interface OutcomeQueue {
  push(waiting: Waiting): void;
  /** Takes out, in order, what is settled when all decisions dated `clockAt` or earlier are known. */
  settle(clockAt: number): Generator<Waiting, void>;
}

/** What is taken out stays reachable until its block is done: short blocks let it die young. */
const blockLength = 128;

export function createOutcomeQueue(delayMs: number): OutcomeQueue {
  const blocks: Waiting[][] = [[]];
  let head = 0;
  let length = 0;
  return {
    push(waiting) {
      let last = blocks.at(-1)!;
      if (last.length >= blockLength) {
        last = [];
        blocks.push(last);
      }
      last.push(waiting);
      length++;
    },
    *settle(clockAt) {
      while (length > 0) {
        const block = blocks[0]!;
        if (head >= block.length) {
          blocks.shift();
          head = 0;
          continue;
        }
        const waiting = block[head]!;
        if (waiting.event.request.timestamp - delayMs > clockAt) return;
        head++;
        length--;
        yield waiting;
      }
    },
  };
}
