import { parseIp } from '../../lib/ip.ts';
import { type Outcome, ok, reject } from '../../lib/outcome.ts';
import { hostPart, splitForwarded, splitForwardedFor } from './client-address.ts';
import type { FieldMap, Selector } from './config.ts';
import { setters } from './normalise.ts';
import { createParsedRequest, type ParsedRequest, setTarget } from './parsed-request.ts';
import { parseLogTimestamp } from './timestamps.ts';

/**
 * Reads requests out of JSON of another shape. Unlike the ndjson form it is lenient about types, because other
 * people's logs are: numbers may be text (`"status": "200"`), `-` and the empty text mean absent.
 */
export type FieldReader = (input: unknown) => Outcome<ParsedRequest>;

/** Names of the nginx and common JSON fields understood without any map. */
const wellKnown: FieldMap = {
  timestamp: ['$.timestamp', '$.@timestamp', '$.time_iso8601', '$.time', '$.ts', '$.time_local', '$.msec'],
  client_ip: ['$.client_ip', '$.remote_addr', '$.client.address', '$.source.ip', '$.clientip', '$.ip'],
  request: ['$.request'],
  method: ['$.method', '$.request_method', '$.http.request.method', '$.verb'],
  url: ['$.url', '$.request_uri', '$.uri', '$.url.original'],
  host: ['$.host', '$.http_host', '$.server_name', '$.url.domain'],
  path: ['$.path', '$.url.path'],
  query: ['$.query', '$.args', '$.query_string', '$.url.query'],
  status: ['$.status', '$.response', '$.http.response.status_code'],
  response_bytes: ['$.response_bytes', '$.body_bytes_sent', '$.bytes_sent', '$.http.response.body.bytes'],
  request_bytes: ['$.request_bytes', '$.request_length', '$.http.request.body.bytes'],
  duration_ms: [{ path: '$.duration_ms' }, { path: '$.request_time', unit: 's' }],
  user_agent: ['$.user_agent', '$.http_user_agent', '$.user_agent.original', '$.agent'],
  referer: ['$.referer', '$.http_referer', '$.referrer'],
  accept_language: ['$.accept_language', '$.http_accept_language'],
  http_version: ['$.http_version', '$.server_protocol', '$.protocol'],
  tls_version: ['$.tls_version', '$.ssl_protocol'],
  ja3: ['$.ja3', '$.ssl_ja3_hash', '$.tls.client.ja3'],
  ja4: ['$.ja4', '$.ssl_ja4', '$.tls.client.ja4'],
  request_id: ['$.request_id'],
  headers: ['$.headers', '$.request_headers', '$.request.headers'],
};

type Read = (input: object) => unknown;

/** `$.a.b` reads nested fields, and also the dotted name `a.b` as one field. Only own properties count. */
function pathReader(path: string): Read {
  const whole = path.replace(/^\$\./, '');
  const parts = whole.split('.');
  return (input) => {
    if (Object.hasOwn(input, whole)) return (input as Record<string, unknown>)[whole];
    let value: unknown = input;
    for (const part of parts) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
      value = (value as Record<string, unknown>)[part];
    }
    return value;
  };
}

function firstOf(readers: readonly Read[]): Read {
  return (input) => {
    for (const read of readers) {
      const value = read(input);
      if (value !== undefined && value !== null && value !== '' && value !== '-') return value;
    }
    return undefined;
  };
}

/** A request header: `<name>` of what `headers` answers, in any case, or nginx's `http_<name>`. */
function headerReader(headerText: Read, name: string): Read {
  const lower = name.toLowerCase();
  const flat = pathReader(`http_${lower.replaceAll('-', '_')}`);
  return (input) => {
    const headers = headerText(input);
    if (typeof headers === 'object' && headers !== null) {
      const key = Object.keys(headers).find((each) => each.toLowerCase() === lower);
      if (key !== undefined) {
        const value = (headers as Record<string, unknown>)[key];
        return Array.isArray(value) ? value[0] : value;
      }
    }
    return flat(input);
  };
}

/** Value of a cookie in a `Cookie` header; undefined when it is not there. */
export function cookieValue(header: unknown, name: string): string | undefined {
  if (typeof header !== 'string') return undefined;
  for (const part of header.split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0 && part.slice(0, equals).trim() === name) return part.slice(equals + 1).trim();
  }
  return undefined;
}

/** A claim of a JWT, unverified: it is a feature, not a proof of identity. */
export function jwtClaim(header: unknown, claim: string): string | undefined {
  if (typeof header !== 'string' || header.length > 16_384) return undefined;
  const token = /^(?:bearer\s+)?([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(header.trim())?.[1];
  if (token === undefined) return undefined;
  try {
    const payload: unknown = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8'));
    if (typeof payload !== 'object' || payload === null || !Object.hasOwn(payload, claim)) return undefined;
    const value = (payload as Record<string, unknown>)[claim];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
  } catch {
    return undefined;
  }
}

function compileSelectors(selectors: Selector | readonly Selector[], headers: Read): Read {
  const list = Array.isArray(selectors) ? (selectors as readonly Selector[]) : [selectors as Selector];
  return firstOf(list.map((selector) => compileSelector(selector, headers)));
}

function compileSelector(selector: Selector, headers: Read): Read {
  if (typeof selector === 'string') return pathReader(selector);
  if ('path' in selector) {
    const read = pathReader(selector.path);
    const factor =
      selector.unit === 's' ? 1000 : selector.unit === 'us' ? 1e-3 : selector.unit === 'ns' ? 1e-6 : 1;
    if (factor === 1) return read;
    return (input) => {
      const value = asNumber(read(input));
      return typeof value === 'number' ? value * factor : value;
    };
  }
  if ('header' in selector) return headerReader(headers, selector.header);
  if ('cookie' in selector) {
    const read = firstOf([headerReader(headers, 'cookie'), pathReader('$.cookie')]);
    const flat = pathReader(`cookie_${selector.cookie}`);
    return (input) => cookieValue(read(input), selector.cookie) ?? flat(input);
  }
  if ('jwt' in selector) {
    const read = headerReader(headers, selector.header_name ?? 'authorization');
    return (input) => jwtClaim(read(input), selector.jwt);
  }
  return () => selector.constant;
}

const asNumber = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;

const numeric = new Set([
  'status',
  'request_bytes',
  'response_bytes',
  'duration_ms',
  'cookie_count',
  'set_cookie_count',
  'sample_rate',
]);
const counted = new Set(['request_bytes', 'response_bytes', 'cookie_count', 'set_cookie_count']);

export function compileFieldMap(fields: FieldMap): FieldReader {
  const merged: FieldMap = { ...wellKnown, ...fields };
  const headers = compileSelectors(merged['headers'] ?? [], () => undefined);
  const readers = Object.entries(merged).map(([field, selectors]) => ({
    field,
    read: compileSelectors(selectors, headers),
  }));
  const forwardedFor = headerReader(headers, 'x-forwarded-for');
  const forwarded = headerReader(headers, 'forwarded');
  const cookies = firstOf([headerReader(headers, 'cookie'), pathReader('$.cookie')]);
  return (input) => {
    if (typeof input !== 'object' || input === null || Array.isArray(input))
      return reject('malformed', 'not a JSON object');
    const request = createParsedRequest();
    const problems: string[] = [];
    let hasMethod = false;
    const set = (field: string, value: unknown): void => {
      const problem = setters.get(field)!(request, value);
      if (problem !== null) problems.push(`${field}: ${problem}`);
    };
    for (const { field, read } of readers) {
      let value = read(input);
      if (value === undefined) continue;
      if (field === 'request') {
        // of an object no text can be made for sure: it may bring a toString of its own
        const parts = typeof value === 'string' ? value.split(' ') : [];
        if (parts.length !== 3) problems.push('request: not a request line');
        else {
          set('method', parts[0]);
          setTarget(request, parts[1]!);
          set('http_version', parts[2]);
          hasMethod = true;
        }
        continue;
      }
      if (field === 'url') {
        if (typeof value === 'string') setTarget(request, value);
        continue;
      }
      if (field === 'headers') value = textEntries(value);
      else if (field === 'timestamp') value = looseTimestamp(value);
      else if (field === 'client_ip' && typeof value === 'string') value = hostPart(value);
      else if (numeric.has(field)) value = asNumber(value);
      if (counted.has(field) && typeof value === 'number') value = Math.round(value);
      if (field === 'status' && value === 0) continue;
      if (field === 'method') hasMethod = true;
      if (typeof value === 'number' && !numeric.has(field) && field !== 'timestamp') value = String(value);
      set(field, value);
    }
    if (Number.isNaN(request.timestamp) && !problems.some((each) => each.startsWith('timestamp')))
      problems.push('timestamp: missing');
    if (!hasMethod) problems.push('method: missing');
    const list = forwardedFor(input);
    if (typeof list === 'string') request.forwarded = splitForwardedFor(list);
    else {
      const header = forwarded(input);
      if (typeof header === 'string') request.forwarded = splitForwarded(header);
    }
    if (request.client_ip.equals(noAddress) && !problems.some((each) => each.startsWith('client_ip')))
      problems.push('client_ip: missing');
    const cookie = cookies(input);
    if (typeof cookie === 'string' && request.cookie_count === null)
      request.cookie_count = cookie.split(';').filter((part) => part.includes('=')).length;
    return problems.length > 0 ? reject('invalid', problems.join('; ')) : ok(request);
  };
}

/** Of a header that came several times the first; what is no text is left out. */
function textEntries(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, Array.isArray(item) ? item[0] : item]);
  return Object.fromEntries(entries.filter(([, item]) => typeof item === 'string').slice(0, maxHeaders));
}

const maxHeaders = 128;

const noAddress = parseIp('::')!;

/** Epoch in s, ms, us or ns by magnitude; RFC 3339; `16/Nov/2026:10:12:04 +0000`. */
function looseTimestamp(value: unknown): unknown {
  const number = asNumber(value);
  if (typeof number === 'number') {
    if (number < 1e11) return number * 1000;
    if (number < 1e14) return number;
    return number < 1e17 ? number / 1e3 : number / 1e6;
  }
  if (typeof value === 'string' && value.charCodeAt(2) === 47) {
    const stamp = parseLogTimestamp(value);
    return Number.isNaN(stamp) ? value : stamp;
  }
  return value;
}
