import { createRequire } from 'node:module';

/** What is touched of the class with which kafkajs queues the requests of a connection. */
interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

const load = createRequire(import.meta.url);

/**
 * kafkajs looks for requests that wait from one timer to the next, also when none does: about a thousand times a second and
 * connection, with a delay in the past, of which Node 24 prints a warning (tulios/kafkajs issues 1704 and 1751). No option
 * of a client leads there. A queue in which nothing waits has nothing to look for: who comes to wait asks again.
 */
export function restIdleQueues(): void {
  const { prototype } = load('kafkajs/src/network/requestQueue/index.js') as {
    readonly prototype: RequestQueue;
  };
  const schedule = prototype.scheduleCheckPendingRequests;
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0) schedule.call(this);
  };
}
