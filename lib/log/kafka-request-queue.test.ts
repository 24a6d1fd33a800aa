import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import './kafka-client.ts';

/** As far as connections of kafkajs use it. */
interface Queue {
  maybeThrottle(ms: number): void;
  push(request: object): void;
  fulfillRequest(response: { correlationId: number; payload: null; size: number }): void;
}
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue/index.js') as new (
  options: object,
) => Queue;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function openQueue(): { readonly queue: Queue; readonly sent: number[]; push(id: number): void } {
  const queue = new RequestQueue({ maxInFlightRequests: 1, logger: { debug() {}, warn() {} } });
  const sent: number[] = [];
  return {
    queue,
    sent,
    push: (correlationId) =>
      queue.push({
        entry: { correlationId, resolve() {}, reject() {} },
        expectResponse: true,
        sendRequest: () => sent.push(correlationId),
      }),
  };
}

test('a queue in which no request waits sets no timer', () => {
  const { queue, sent, push } = openQueue();
  push(1);
  queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
  expect(sent).toEqual([1]);
  expect(vi.getTimerCount()).toBe(0);
});

test('requests that wait for a response or for the end of a throttling are sent, then all is quiet', () => {
  const { queue, sent, push } = openQueue();
  push(1);
  push(2);
  vi.advanceTimersByTime(50);
  expect(sent).toEqual([1]);
  queue.fulfillRequest({ correlationId: 1, payload: null, size: 0 });
  expect(sent).toEqual([1, 2]);
  queue.fulfillRequest({ correlationId: 2, payload: null, size: 0 });

  queue.maybeThrottle(200);
  push(3);
  vi.advanceTimersByTime(150);
  expect(sent).toEqual([1, 2]);
  vi.advanceTimersByTime(60);
  expect(sent).toEqual([1, 2, 3]);
  expect(vi.getTimerCount()).toBe(0);
});
