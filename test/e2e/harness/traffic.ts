import { generateTraffic } from '../../../cli/generate/traffic.ts';

/** One event in the ndjson form; `timestamp` in epoch ms. */
export interface TrafficEvent {
  readonly timestamp: number;
  readonly client_ip: string;
  readonly [field: string]: unknown;
}

export interface Abuser {
  readonly client_ip: string;
  readonly user_agent: string;
  readonly ja4: string;
}

/**
 * People, partners and bots of a shop and a bank. Made beforehand, because the first moments take a while to make;
 * `from` answers the same traffic as of a moment.
 */
export function prepareHonest(
  perSecond: number,
  durationMs: number,
  seed = 11,
): { from(startMs: number): Generator<TrafficEvent> } {
  const madeMs = Math.floor(Date.now() / 1000) * 1000;
  // A whole hour is laid out, so that the partners' nightly batch lies beyond what is taken of it.
  const options = {
    scenario: 'calm-day',
    seed,
    startMs: madeMs,
    durationMs: 3_600_000,
    scale: perSecond / 100,
  } as const;
  const events: TrafficEvent[] = [];
  for (const { event } of generateTraffic(options)) {
    if (event.timestamp >= madeMs + durationMs) break;
    const { event_id: _id, ...rest } = event;
    events.push(rest);
  }
  return {
    *from(startMs) {
      for (const event of events) yield { ...event, timestamp: event.timestamp - madeMs + startMs };
    },
  };
}

/** Tries one account after the other at the login, from one address: nearly every try fails. */
export function* hammerLogin(
  who: Abuser,
  startMs: number,
  perSecond: number,
  count = Number.POSITIVE_INFINITY,
): Generator<TrafficEvent> {
  for (let tried = 0; tried < count; tried++) {
    yield {
      ...who,
      timestamp: startMs + Math.floor((tried * 1000) / perSecond),
      method: 'POST',
      host: 'www.shop.example',
      path: '/login',
      status: 401,
      outcome: 'failure',
      duration_ms: 180,
      response_bytes: 140,
      http_version: '1.1',
      account_id: `victim-${tried}`,
      session_id: `throwaway-${who.client_ip}-${tried}`,
    };
  }
}

/** Asks store after store for goods that mostly do not exist, from one address. */
export function* sweepStock(
  who: Abuser,
  startMs: number,
  perSecond: number,
  count = Number.POSITIVE_INFINITY,
): Generator<TrafficEvent> {
  for (let asked = 0; asked < count; asked++) {
    const found = asked % 17 === 0;
    yield {
      ...who,
      timestamp: startMs + Math.floor((asked * 1000) / perSecond),
      method: 'GET',
      host: 'www.shop.example',
      path: `/stores/${10_000 + asked}/stock`,
      query: `sku=${700_000 + ((asked * 7919) % 90_000)}`,
      status: found ? 200 : 404,
      duration_ms: 40,
      response_bytes: found ? 700 : 70,
      http_version: '1.1',
    };
  }
}

/** Several streams as one, in order of time. Each stream is in order itself. */
export function* merged(...streams: readonly Generator<TrafficEvent>[]): Generator<TrafficEvent> {
  const heads = streams.map((stream) => ({ stream, head: stream.next() }));
  for (;;) {
    let first: (typeof heads)[number] | null = null;
    for (const entry of heads) {
      if (entry.head.done === true) continue;
      if (first === null || entry.head.value.timestamp < (first.head.value as TrafficEvent).timestamp)
        first = entry;
    }
    if (first === null) return;
    yield first.head.value as TrafficEvent;
    first.head = first.stream.next();
  }
}
