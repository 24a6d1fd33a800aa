import { setTimeout as sleep } from 'node:timers/promises';
import type { TrafficEvent } from './traffic.ts';

export interface LiveSender {
  /** Events the collector has taken. */
  sent(): number;
  /** Addresses seen so far. */
  addresses(): ReadonlySet<string>;
  /** Rejects when a batch was refused. */
  readonly failed: Promise<never>;
  /** Stops after the batch at work and answers how many events were accepted in all. */
  stop(): Promise<number>;
}

/** Sends events when the wall clock reaches their stamps, a batch every `everyMs`, as a log shipper does. */
export function sendLive(
  url: string,
  traffic: Generator<TrafficEvent>,
  options: {
    readonly everyMs?: number;
    readonly token?: string;
    readonly onEvent?: (event: TrafficEvent) => void;
  } = {},
): LiveSender {
  const { everyMs = 200 } = options;
  let sent = 0;
  let stopping = false;
  const addresses = new Set<string>();
  let fail = (_error: unknown): void => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  failed.catch(() => {});

  const post = async (events: readonly TrafficEvent[]): Promise<void> => {
    const body = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    for (;;) {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-ndjson',
          ...(options.token === undefined ? {} : { authorization: `Bearer ${options.token}` }),
        },
        body,
      });
      const text = await response.text();
      if (response.ok) break;
      if (response.status !== 429) throw new Error(`POST ${url}: ${response.status} ${text.slice(0, 500)}`);
      await sleep(1000 * Number(response.headers.get('retry-after') ?? 1));
    }
    sent += events.length;
    for (const event of events) addresses.add(event.client_ip);
  };

  const run = async (): Promise<void> => {
    let head = traffic.next();
    while (!stopping && head.done !== true) {
      const now = Date.now();
      const due: TrafficEvent[] = [];
      while (head.done !== true && head.value.timestamp <= now && due.length < 5000) {
        options.onEvent?.(head.value);
        due.push(head.value);
        head = traffic.next();
      }
      if (due.length > 0) await post(due);
      await sleep(everyMs);
    }
  };
  const running = run().catch(fail);
  return {
    sent: () => sent,
    addresses: () => addresses,
    failed,
    stop: async () => {
      stopping = true;
      await running;
      return sent;
    },
  };
}
