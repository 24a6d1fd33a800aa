import type { Random } from './random.ts';

/** One request as an ndjson source carries it. Every field is present in memory; undefined ones are left out of JSON. */
export interface GeneratedEvent {
  event_id: string;
  /** Epoch milliseconds. */
  timestamp: number;
  client_ip: string;
  method: string;
  host: string;
  path: string;
  query: string | undefined;
  status: number;
  outcome: 'success' | 'failure' | undefined;
  request_bytes: number;
  response_bytes: number;
  duration_ms: number;
  user_agent: string | undefined;
  referer: string | undefined;
  accept_language: string | undefined;
  http_version: string;
  tls_version: string;
  ja4: string | undefined;
  session_id: string | undefined;
  account_id: string | undefined;
  partner_id: string | undefined;
  api_key_id: string | undefined;
  end_user_ip: string | undefined;
  cookie_count: number | undefined;
  set_cookie_count: number | undefined;
}

/** The truth about one event, kept beside it and never inside. */
export interface EventLabel {
  readonly event_id: string;
  readonly label: 'honest' | 'attack';
  /** The incident or control during whose window the event happened; null between them. */
  readonly incident: string | null;
  /** Who made it: home, carrier-nat, partner, googlebot, credential-stuffing ... */
  readonly population: string;
  /** True when it hits an endpoint that the current incident attacks. */
  readonly on_target: boolean;
}

export interface LabelledEvent {
  readonly event: GeneratedEvent;
  readonly label: EventLabel;
}

/** What the client of a request looks like on the wire. */
export interface Appearance {
  readonly userAgent: string | undefined;
  readonly acceptLanguage: string | undefined;
  readonly httpVersion: string;
  readonly tlsVersion: string;
  /** JA4 of a full handshake, and of a resumed one (one extension more). */
  readonly ja4: string | undefined;
  readonly ja4Resumed: string | undefined;
}

/** The look of a program: it names no language, and its handshakes are all alike. */
export function programAppearance(
  userAgent: string | undefined,
  ja4: string | undefined,
  httpVersion = '1.1',
): Appearance {
  return {
    userAgent,
    acceptLanguage: undefined,
    httpVersion,
    tlsVersion: 'TLSv1.3',
    ja4,
    ja4Resumed: ja4,
  };
}

/** What an emitted event still lacks is filled in by the caller (session, account, cookies ...). */
export function createEvent(
  timestamp: number,
  clientIp: string,
  look: Appearance,
  resumed: boolean,
  host: string,
  method: string,
  path: string,
): GeneratedEvent {
  return {
    event_id: '',
    timestamp,
    client_ip: clientIp,
    method,
    host,
    path,
    query: undefined,
    status: 200,
    outcome: undefined,
    request_bytes: method === 'GET' ? 0 : 180,
    response_bytes: 0,
    duration_ms: 0,
    user_agent: look.userAgent,
    referer: undefined,
    accept_language: look.acceptLanguage,
    http_version: look.httpVersion,
    tls_version: look.tlsVersion,
    ja4: resumed ? look.ja4Resumed : look.ja4,
    session_id: undefined,
    account_id: undefined,
    partner_id: undefined,
    api_key_id: undefined,
    end_user_ip: undefined,
    cookie_count: undefined,
    set_cookie_count: undefined,
  };
}

/** Fills in what the server answers: sizes scatter around `bytes`, durations around `ms`. Cheap on purpose. */
export function respond(
  event: GeneratedEvent,
  random: Random,
  status: number,
  bytes: number,
  ms: number,
): void {
  event.status = status;
  event.response_bytes = Math.round(bytes * (0.7 + 0.6 * random()));
  const spread = random();
  event.duration_ms = Math.round(ms * (0.5 + spread + 6 * spread ** 12));
}

/** Something due at a time: an event, a journey to start, or both. */
export interface Due {
  readonly at: number;
  readonly event: GeneratedEvent | null;
  readonly journey: Journey | null;
}

/** A flow of due things with non-decreasing times; journeys it starts run beside it. */
export interface Journey {
  readonly population: string;
  readonly attack: boolean;
  readonly steps: Iterator<Due, void>;
}

export function due(event: GeneratedEvent): Due {
  return { at: event.timestamp, event, journey: null };
}
