import { parsePeer, proxyLineAddress, splitForwarded, splitForwardedFor } from '../client-address.ts';
import type { FieldMap } from '../config.ts';
import { cookieValue, jwtClaim } from '../field-map.ts';
import { createKnownClients } from '../known-clients.ts';
import { isMethod, readTimestamp } from '../normalise.ts';
import { httpVersion, type ParsedRequest, setTarget } from '../parsed-request.ts';
import { parseIsoTimestamp, parseLogTimestamp } from '../timestamps.ts';
import { absent, unescapeText } from './access-log.ts';
import { address, referer, requestLine, userAgent } from './repeating-variables.ts';

/** Takes line[from, to) into the request; answers what is wrong, or null. `-` and nothing mean absent. */
export type Take = (request: ParsedRequest, line: string, from: number, to: number) => string | null;

type TextField =
  | 'host'
  | 'accept_language'
  | 'tls_version'
  | 'ja3'
  | 'ja4'
  | 'session_id'
  | 'account_id'
  | 'api_key_id'
  | 'partner_id'
  | 'request_id'
  | 'query';

function text(field: TextField): Take {
  return (request, line, from, to) => {
    if (!absent(line, from, to)) request[field] = unescapeText(line.slice(from, to));
    return null;
  };
}

/** Whole number from line[from, to); NaN when it is not one. */
function integer(line: string, from: number, to: number): number {
  if (to === from || to - from > 15) return Number.NaN;
  let value = 0;
  for (let index = from; index < to; index++) {
    const digit = line.charCodeAt(index) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

function bytes(field: 'request_bytes' | 'response_bytes'): Take {
  return (request, line, from, to) => {
    if (absent(line, from, to)) return null;
    const value = integer(line, from, to);
    if (Number.isNaN(value)) return 'not a number of bytes';
    request[field] = value;
    return null;
  };
}

const status: Take = (request, line, from, to) => {
  if (absent(line, from, to)) return null;
  const value = integer(line, from, to);
  if (value === 0) return null; // nginx writes 000 for a connection closed before an answer
  if (!(value >= 100 && value <= 999)) return 'not an HTTP status';
  request.status = value;
  return null;
};

/** Seconds with a fraction; with retries nginx writes several (`0.1, 0.2`): the first. */
const seconds: Take = (request, line, from, to) => {
  if (absent(line, from, to)) return null;
  const value = Number.parseFloat(line.slice(from, to));
  if (!(value >= 0 && value < 2_000_000)) return 'not a duration in seconds';
  request.duration_ms = Math.round(value * 1000);
  return null;
};

export const milliseconds: Take = (request, line, from, to) => {
  if (absent(line, from, to)) return null;
  const value = Number(line.slice(from, to));
  if (!(value >= 0 && value < 2_000_000_000)) return 'not a duration in milliseconds';
  request.duration_ms = Math.round(value);
  return null;
};

/** `parse`: epoch ms, NaN when it is no time. Lines of one moment stand together, so the last is remembered. */
export function time(parse: (text: string) => number): Take {
  let lastText = '?';
  let last = 0;
  return (request, line, from, to) => {
    if (to - from !== lastText.length || !line.startsWith(lastText, from)) {
      const stamp = readTimestamp(parse(line.slice(from, to)));
      if (typeof stamp === 'string') return stamp;
      last = stamp;
      lastText = line.slice(from, to);
    }
    request.timestamp = last;
    return null;
  };
}

/** For variables that are rare or cheap: `take` gets the text without escapes and may answer a problem. */
export function custom(take: (request: ParsedRequest, text: string) => unknown): Take {
  return (request, line, from, to) =>
    absent(line, from, to) ? null : problemOf(take(request, unescapeText(line.slice(from, to))));
}

function problemOf(answer: unknown): string | null {
  return typeof answer === 'string' ? answer : null;
}

/** The client as proxies name the other end of a connection: its address with a port. */
export const peer: Take = (request, line, from, to) => {
  const ip = parsePeer(line.slice(from, to));
  if (ip === null) return 'not an address with a port';
  request.client_ip = ip;
  return null;
};

/** Cookie that carries the session when config does not say. */
const sessionCookie = /^(sid|sess|session|sessionid|session_id|jsessionid|phpsessid|connect\.sid)$/i;

function constantOf(fields: FieldMap, field: string, kind: 'cookie' | 'jwt'): string | undefined {
  const selectors = [fields[field] ?? []].flat();
  for (const selector of selectors)
    if (typeof selector === 'object' && kind in selector) return (selector as never)[kind];
  return undefined;
}

function header(request: ParsedRequest, name: string, value: string): void {
  request.headers = [...(request.headers ?? []), [name, value]];
}

/** A header that is a field, and one of those that may be kept as such. */
function headerAs(field: TextField, name: string): Take {
  return custom((request, value) => {
    request[field] ??= value;
    header(request, name, value);
  });
}

/** The taker of each nginx variable that says something about the request; null for the others. */
export function createVariableTakers(fields: FieldMap): (variable: string) => Take | null {
  const session = constantOf(fields, 'session_id', 'cookie');
  const accountClaim = constantOf(fields, 'account_id', 'jwt');
  const clients = createKnownClients();
  const known = new Map<string, Take>([
    ['remote_addr', address(clients)],
    ['remote_user', text('account_id')],
    ['time_local', time(parseLogTimestamp)],
    ['time_iso8601', time(parseIsoTimestamp)],
    ['msec', time((value) => Math.round(Number(value) * 1000))],
    ['request', requestLine()],
    [
      'request_method',
      custom((request, value) => {
        if (!isMethod(value)) return 'not an HTTP method';
        request.method = value;
        return null;
      }),
    ],
    ['request_uri', custom(setTarget)],
    [
      'uri',
      custom((request, value) => {
        request.path = value;
      }),
    ],
    ['args', text('query')],
    ['query_string', text('query')],
    ['status', status],
    ['body_bytes_sent', bytes('response_bytes')],
    ['bytes_sent', bytes('response_bytes')],
    ['request_length', bytes('request_bytes')],
    ['request_time', seconds],
    ['http_referer', referer()],
    ['http_user_agent', userAgent(clients)],
    ['http_accept_language', text('accept_language')],
    ['http_host', text('host')],
    ['host', text('host')],
    [
      'server_name',
      custom((request, value) => {
        request.host ??= value;
      }),
    ],
    [
      'server_protocol',
      custom((request, value) => {
        request.http_version = httpVersion(value);
      }),
    ],
    ['ssl_protocol', text('tls_version')],
    [
      'http_x_forwarded_for',
      custom((request, value) => {
        request.forwarded = splitForwardedFor(value);
      }),
    ],
    [
      'http_forwarded',
      custom((request, value) => {
        request.forwarded ??= splitForwarded(value);
      }),
    ],
    [
      'proxy_protocol',
      custom((request, value) => {
        request.forwarded = proxyLineAddress(value);
      }),
    ],
    [
      'proxy_protocol_addr',
      custom((request, value) => {
        request.forwarded = [value];
      }),
    ],
    ['request_id', text('request_id')],
    ['http_x_api_key', text('api_key_id')],
    ['http_x_api_key_id', headerAs('api_key_id', 'x-api-key-id')],
    ['http_x_partner', headerAs('partner_id', 'x-partner')],
    ['http_x_partner_id', headerAs('partner_id', 'x-partner-id')],
    // answer headers of a log-in
    ['upstream_http_x_account', text('account_id')],
    ['upstream_http_x_account_id', text('account_id')],
    ['sent_http_x_account', text('account_id')],
    ['sent_http_x_account_id', text('account_id')],
    [
      'http_cookie',
      custom((request, value) => {
        request.cookie_count = value.split(';').filter((part) => part.includes('=')).length;
        if (session !== undefined) request.session_id ??= cookieValue(value, session) ?? null;
      }),
    ],
    [
      'sent_http_set_cookie',
      custom((request) => {
        request.set_cookie_count = 1;
      }),
    ],
    [
      'http_authorization',
      custom((request, value) => {
        if (accountClaim !== undefined) request.account_id ??= jwtClaim(value, accountClaim) ?? null;
      }),
    ],
  ]);
  return (variable) => {
    const taker = known.get(variable);
    if (taker !== undefined) return taker;
    if (/(^|_)ja3(_hash)?$/.test(variable)) return text('ja3');
    if (/(^|_)ja4$/.test(variable)) return text('ja4');
    if (variable.startsWith('cookie_')) {
      const name = variable.slice('cookie_'.length);
      return (session === undefined ? sessionCookie.test(name) : name === session)
        ? text('session_id')
        : null;
    }
    if (variable.startsWith('http_')) {
      const name = variable.slice('http_'.length).replaceAll('_', '-');
      return custom((request, value) => header(request, name, value));
    }
    return null;
  };
}
