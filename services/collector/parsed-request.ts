import type { KnownText } from './known-texts.ts';

/**
 * A request as read from any input, before anything is decided or hidden: what formats fill in and the pipeline turns
 * into a RequestEvent. It never leaves the collector. Null is unknown. All are made by `createParsedRequest`, so that
 * they have one hidden class.
 */
export interface ParsedRequest {
  event_id: string | null;
  site: string | null;
  /** Epoch ms. */
  timestamp: number;
  /** 16 bytes: the client as far as the input knows, or the peer when `forwarded` is given. */
  client_ip: Buffer;
  /** Addresses as a forwarding header listed them, nearest last; believed only through trusted proxies. */
  forwarded: readonly string[] | null;
  method: string;
  host: string | null;
  /** As sent, without the query. */
  path: string;
  /** As sent, without `?`. */
  query: string | null;
  params: readonly (readonly [name: string, value: string])[] | null;
  status: number | null;
  outcome: 'unknown' | 'success' | 'failure' | null;
  request_bytes: number | null;
  response_bytes: number | null;
  duration_ms: number | null;
  user_agent: string | null;
  referer: string | null;
  accept_language: string | null;
  http_version: string | null;
  tls_version: string | null;
  ja3: string | null;
  ja4: string | null;
  /** Clear text of identities: hashed before anything is kept. */
  session_id: string | null;
  account_id: string | null;
  api_key_id: string | null;
  partner_id: string | null;
  end_user_ip: Buffer | null;
  operation: string | null;
  cookie_count: number | null;
  set_cookie_count: number | null;
  /** Names in lower case. */
  headers: readonly (readonly [name: string, value: string])[] | null;
  edge_action: string | null;
  request_id: string | null;
  sample_rate: number | null;
  /** Where a format remembers texts that repeat: those of path, referer and user agent. */
  known_path: KnownText | null;
  known_referer: KnownText | null;
  known_agent: KnownText | null;
  /** Fields that are not ours, as found. */
  unknown: readonly (readonly [name: string, value: unknown])[] | null;
}

const noAddress = Buffer.alloc(16);

export function createParsedRequest(): ParsedRequest {
  return {
    event_id: null,
    site: null,
    timestamp: Number.NaN,
    client_ip: noAddress,
    forwarded: null,
    method: '',
    host: null,
    path: '/',
    query: null,
    params: null,
    status: null,
    outcome: null,
    request_bytes: null,
    response_bytes: null,
    duration_ms: null,
    user_agent: null,
    referer: null,
    accept_language: null,
    http_version: null,
    tls_version: null,
    ja3: null,
    ja4: null,
    session_id: null,
    account_id: null,
    api_key_id: null,
    partner_id: null,
    end_user_ip: null,
    operation: null,
    cookie_count: null,
    set_cookie_count: null,
    headers: null,
    edge_action: null,
    request_id: null,
    sample_rate: null,
    known_path: null,
    known_referer: null,
    known_agent: null,
    unknown: null,
  };
}

/** Sets path, query and, from an absolute target (`http://host/path`), the host. */
export function setTarget(request: ParsedRequest, target: string): void {
  let from = 0;
  if (target.charCodeAt(0) !== 47) {
    const scheme = target.indexOf('://');
    if (scheme > 0 && scheme <= 5) {
      const end = target.slice(scheme + 3).search(/[/?#]/);
      from = end < 0 ? target.length : scheme + 3 + end;
      request.host ??= target.slice(scheme + 3, from);
    }
  }
  const question = target.indexOf('?', from);
  request.path = question < 0 ? (from === 0 ? target : target.slice(from)) : target.slice(from, question);
  if (question >= 0) request.query = target.slice(question + 1);
}

/** `HTTP/1.1`, `HTTP/2.0`, `h2`, `2` → `1.1`, `2`, `2`, `2`. */
export function httpVersion(text: string): string {
  switch (text) {
    case 'HTTP/1.1':
    case '1.1':
      return '1.1';
    case 'HTTP/2.0':
    case 'HTTP/2':
    case '2.0':
    case 'h2':
      return '2';
    case 'HTTP/3.0':
    case 'HTTP/3':
    case '3.0':
    case 'h3':
      return '3';
    default:
      return text.startsWith('HTTP/') ? text.slice(5) : text;
  }
}
