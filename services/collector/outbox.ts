import type { LogProducer, Outgoing } from '../../lib/log/log.ts';

/**
 * Records on their way to the log, in order: one send at a time, the next one filling meanwhile. Order per partition
 * is what makes a tick true.
 */
export interface Outbox {
  push(record: Outgoing): void;
  /** Records not yet handed to the log. */
  readonly waiting: number;
  /** Resolves when everything pushed so far is acknowledged; rejects when it may not be. */
  flush(): Promise<void>;
}

export function createOutbox(producer: LogProducer): Outbox {
  let waiting: Outgoing[] = [];
  let sending: Promise<void> = Promise.resolve();
  return {
    push: (record) => {
      waiting.push(record);
    },
    get waiting() {
      return waiting.length;
    },
    flush: () => {
      if (waiting.length === 0) return sending;
      const batch = waiting;
      waiting = [];
      // A failed send fails the batch it carried, not the ones behind it: their senders decide for themselves.
      sending = sending.catch(() => {}).then(() => producer.send(batch));
      sending.catch(() => {});
      return sending;
    },
  };
}
