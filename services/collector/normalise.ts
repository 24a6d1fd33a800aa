import { parseIp } from '../../lib/ip.ts';
import { type Outcome, ok, reject } from '../../lib/outcome.ts';
import { createParsedRequest, httpVersion, type ParsedRequest, setTarget } from './parsed-request.ts';
import { parseIsoTimestamp } from './timestamps.ts';

/**
 * A JSON object in the ndjson form (one RequestEvent with clear text) → ParsedRequest. Types are strict; all problems
 * are reported together. Only own properties named here are read, so that keys such as `__proto__` are unknown fields
 * like any other.
 */
export function normalise(input: unknown): Outcome<ParsedRequest> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    return reject('malformed', 'not a JSON object');
  const request = createParsedRequest();
  const problems: string[] = [];
  const unknown: [string, unknown][] = [];
  for (const name of Object.keys(input)) {
    const value = (input as Record<string, unknown>)[name];
    const set = setters.get(name);
    if (set === undefined) unknown.push([name, value]);
    else if (value !== null) {
      const problem = set(request, value);
      if (problem !== null) problems.push(`${name}: ${problem}`);
    } else if (required.has(name)) problems.push(`${name}: is null`);
  }
  for (const name of required) if (!Object.hasOwn(input, name)) problems.push(`${name}: missing`);
  if (problems.length > 0) return reject('invalid', problems.join('; '));
  if (unknown.length > 0) request.unknown = unknown;
  return ok(request);
}

const required = new Set(['timestamp', 'client_ip', 'method', 'host', 'path']);

/** Sets one field; answers what is wrong with the value, or null. */
export type Setter = (request: ParsedRequest, value: unknown) => string | null;

const shown = (value: unknown): string => {
  const text =
    typeof value === 'string' ? 'a string' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return text === 'a object' ? 'an object' : text;
};

type TextField =
  | 'host'
  | 'user_agent'
  | 'referer'
  | 'accept_language'
  | 'tls_version'
  | 'ja3'
  | 'ja4'
  | 'session_id'
  | 'account_id'
  | 'api_key_id'
  | 'partner_id'
  | 'operation'
  | 'request_id';

function text(field: TextField): Setter {
  return (request, value) => {
    if (typeof value !== 'string') return `must be a string, is ${shown(value)}`;
    if (value !== '' || field === 'host') request[field] = value;
    return null;
  };
}

type CountField = 'request_bytes' | 'response_bytes' | 'cookie_count' | 'set_cookie_count';

function count(field: CountField, limit = Number.MAX_SAFE_INTEGER): Setter {
  return (request, value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > limit)
      return `must be a whole number from 0, is ${typeof value === 'number' ? value : shown(value)}`;
    request[field] = value;
    return null;
  };
}

function address(field: 'client_ip' | 'end_user_ip'): Setter {
  return (request, value) => {
    const ip = typeof value === 'string' ? parseIp(value) : null;
    if (ip === null) return 'not an IP address';
    request[field] = ip;
    return null;
  };
}

function oneOf<const T extends string>(
  values: readonly T[],
  assign: (request: ParsedRequest, value: T) => void,
): Setter {
  return (request, value) => {
    const found = values.find((each) => each === value);
    if (found === undefined) return `must be one of ${values.join(', ')}`;
    assign(request, found);
    return null;
  };
}

/** HTTP token characters; a request line with anything else is not HTTP. */
export function isMethod(value: string): boolean {
  if (value.length === 0 || value.length > 32) return false;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    const letter = (code | 32) >= 97 && (code | 32) <= 122;
    if (!letter && code !== 45 && code !== 95) return false;
  }
  return true;
}

/** Methods that are nearly all there are, by how often they come. */
export const usualMethods = ['GET', 'POST', 'HEAD', 'PUT', 'OPTIONS', 'DELETE', 'PATCH'] as const;

/** The method at line[from, to), as the same text each time; null when it is none of the usual ones. */
export function usualMethod(line: string, from: number, to: number): string | null {
  for (const method of usualMethods)
    if (to - from === method.length && line.startsWith(method, from)) return method;
  return null;
}

/** Years 1990 to 9999: what is outside is not a time of a request but an unset or misread field. */
const earliest = Date.UTC(1990, 0, 1);
const latest = Date.UTC(9999, 11, 31);

/** Epoch ms or RFC 3339; a message when it is neither. */
export function readTimestamp(value: unknown): number | string {
  if (typeof value !== 'number' && typeof value !== 'string')
    return `must be RFC 3339 text or epoch milliseconds, is ${shown(value)}`;
  const stamp = typeof value === 'number' ? Math.floor(value) : parseIsoTimestamp(value);
  if (Number.isNaN(stamp) || !Number.isFinite(stamp))
    return 'not a time (RFC 3339 with time zone, or epoch milliseconds)';
  if (stamp < earliest || stamp > latest)
    return `outside 1990 to 9999${stamp > 0 && stamp < earliest && typeof value === 'number' ? ' (seconds? use milliseconds)' : ''}`;
  return stamp;
}

const maxParams = 128;

/** One named value as text: nested values as JSON, so that equal ones hash alike. */
function paramText(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
}

function pairs(value: unknown, each: (name: string, value: unknown) => void): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return `must be an object, is ${shown(value)}`;
  const names = Object.keys(value);
  if (names.length > maxParams) return `more than ${maxParams} entries`;
  for (const name of names) each(name, (value as Record<string, unknown>)[name]);
  return null;
}

/** Every field of the ndjson form. Also used by field maps, which bring values into these types first. */
export const setters: ReadonlyMap<string, Setter> = new Map<string, Setter>([
  [
    'timestamp',
    (request, value) => {
      const stamp = readTimestamp(value);
      if (typeof stamp === 'string') return stamp;
      request.timestamp = stamp;
      return null;
    },
  ],
  ['client_ip', address('client_ip')],
  ['end_user_ip', address('end_user_ip')],
  [
    'method',
    (request, value) => {
      if (typeof value !== 'string' || !isMethod(value)) return 'not an HTTP method';
      request.method = value;
      return null;
    },
  ],
  ['host', text('host')],
  [
    'path',
    (request, value) => {
      if (typeof value !== 'string') return `must be a string, is ${shown(value)}`;
      const query = request.query;
      setTarget(request, value);
      request.query = query ?? request.query;
      return null;
    },
  ],
  [
    'query',
    (request, value) => {
      if (typeof value !== 'string') return `must be a string, is ${shown(value)}`;
      request.query = value.startsWith('?') ? value.slice(1) : value;
      return null;
    },
  ],
  [
    'status',
    (request, value) => {
      if (typeof value !== 'number' || !Number.isInteger(value) || value < 100 || value > 999)
        return 'must be an HTTP status (100 to 999)';
      request.status = value;
      return null;
    },
  ],
  [
    'outcome',
    oneOf(['success', 'failure', 'unknown'], (request, value) => {
      request.outcome = value;
    }),
  ],
  ['request_bytes', count('request_bytes')],
  ['response_bytes', count('response_bytes')],
  [
    'duration_ms',
    (request, value) => {
      if (typeof value !== 'number' || !(value >= 0 && value <= 0x7fffffff))
        return 'must be a number of milliseconds from 0';
      request.duration_ms = Math.round(value);
      return null;
    },
  ],
  ['user_agent', text('user_agent')],
  ['referer', text('referer')],
  ['accept_language', text('accept_language')],
  [
    'http_version',
    (request, value) => {
      if (typeof value !== 'string') return `must be a string, is ${shown(value)}`;
      request.http_version = httpVersion(value);
      return null;
    },
  ],
  ['tls_version', text('tls_version')],
  ['ja3', text('ja3')],
  ['ja4', text('ja4')],
  ['session_id', text('session_id')],
  ['account_id', text('account_id')],
  ['api_key_id', text('api_key_id')],
  ['partner_id', text('partner_id')],
  ['operation', text('operation')],
  ['request_id', text('request_id')],
  [
    'params',
    (request, value) => {
      const params: [string, string][] = [];
      const problem = pairs(value, (name, item) => params.push([name, paramText(item)]));
      if (params.length > 0) request.params = params;
      return problem;
    },
  ],
  ['cookie_count', count('cookie_count', 100_000)],
  ['set_cookie_count', count('set_cookie_count', 100_000)],
  [
    'headers',
    (request, value) => {
      const headers: [string, string][] = [];
      let wrong: string | null = null;
      const problem = pairs(value, (name, item) => {
        if (typeof item === 'string') headers.push([name.toLowerCase(), item]);
        else wrong = `${JSON.stringify(name.slice(0, 64))} must be a string, is ${shown(item)}`;
      });
      if (headers.length > 0) request.headers = headers;
      return problem ?? wrong;
    },
  ],
  [
    'edge_action',
    oneOf(['allow', 'tag', 'rate_limit', 'challenge', 'block'], (request, value) => {
      request.edge_action = value;
    }),
  ],
  [
    'sample_rate',
    (request, value) => {
      if (typeof value !== 'number' || !(value > 0 && value <= 1)) return 'must be above 0 and at most 1';
      request.sample_rate = value;
      return null;
    },
  ],
  [
    'site',
    (request, value) => {
      if (typeof value !== 'string' || !/^[a-z0-9-]{1,32}$/.test(value))
        return 'must be 1 to 32 of a-z, 0-9, -';
      request.site = value;
      return null;
    },
  ],
  [
    'event_id',
    (request, value) => {
      if (typeof value !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(value))
        return 'must be 1 to 128 visible ASCII characters';
      request.event_id = value;
      return null;
    },
  ],
]);
