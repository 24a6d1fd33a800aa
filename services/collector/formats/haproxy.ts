import { splitForwardedFor } from '../client-address.ts';
import { setters } from '../normalise.ts';
import { httpVersion, type ParsedRequest, setTarget } from '../parsed-request.ts';
import { parseLogTimestamp } from '../timestamps.ts';
import { compileLayout, parseLine } from './access-log.ts';
import type { FormatDefinition } from './format.ts';
import { afterSyslogHeader } from './syslog-header.ts';
import { createVariableTakers, custom, peer, type Take, time } from './variables.ts';

/** `option httplog` up to where captured headers may stand; they, the request line and TLS follow. */
const text =
  '$remote_addr [$time_local] $frontend $backend $timers $status $bytes_sent $request_cookie $response_cookie $termination $connections $queues $request';

/** `06/Feb/2026:12:14:14.655`: HAProxy writes its local time without a zone; it is read as UTC. */
const localTime = (text: string): number =>
  parseLogTimestamp(`${text.slice(0, 20)} +0000`) + Number(text.slice(21) || 0);

/** `TR/Tw/Tc/Tr/Ta` in milliseconds; with `option logasap` the last starts with a plus sign. */
const timers = custom((request, value) => {
  const total = Number(value.slice(value.lastIndexOf('/') + 1).replace('+', ''));
  if (Number.isNaN(total)) return 'not timers';
  if (total >= 0) request.duration_ms = total;
  return null;
});

const status = custom((request, value) => {
  if (value === '-1') return null; // closed before there was an answer
  return setters.get('status')!(request, Number(value));
});

const bytes = custom((request, value) =>
  setters.get('response_bytes')!(request, Number(value.replace('+', ''))),
);

/** Refused by a rule (`PR`; a bad request is none of ours) or held in a tar pit (`PT`). */
const termination = custom((request, value) => {
  const { status: answered } = request;
  if (value.startsWith('PT')) request.edge_action = 'block';
  else if (value.startsWith('PR') && answered !== 400 && answered !== 408)
    request.edge_action = answered === 429 ? 'rate_limit' : 'block';
});

/** Captured headers in braces, the request line in quotes, and with `option httpslog` server name and TLS version. */
function readRest(captured: readonly string[]): Take {
  return (request, line, from) => {
    const quote = line.indexOf('"', from);
    const end = line.indexOf('"', quote + 1);
    if (quote < 0 || end < 0) return 'no request line in quotes';
    const block = /^\{([^}]*)\}/.exec(line.slice(from, quote));
    if (block !== null) takeCaptured(request, captured, block[1]!.split('|'));
    const [method = '', target, version] = unhashed(line.slice(quote + 1, end)).split(' ');
    if (target === undefined) return 'not an HTTP request line';
    const problem = setters.get('method')!(request, method);
    if (problem !== null) return problem;
    setTarget(request, target);
    if (version !== undefined) request.http_version = httpVersion(version);
    const tls = /([^\s/]+)\/(TLSv[\d.]+|SSLv\d)\//.exec(line.slice(end));
    if (tls !== null) {
      request.tls_version = tls[2]!;
      if (tls[1] !== '-') request.host ??= tls[1]!;
    }
    return null;
  };
}

/** HAProxy writes what could end a field, and what can not be printed, as `#22`. */
function unhashed(text: string): string {
  if (!text.includes('#')) return text;
  const bytes = text.replace(/#([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

const fieldOf: { readonly [header: string]: 'host' | 'user_agent' | 'referer' | 'accept_language' } = {
  host: 'host',
  'user-agent': 'user_agent',
  referer: 'referer',
  'accept-language': 'accept_language',
};

function takeCaptured(request: ParsedRequest, names: readonly string[], values: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    const value = values[index];
    if (value === undefined || value === '') continue;
    const lower = name.toLowerCase();
    const field = fieldOf[lower];
    if (field !== undefined) request[field] = unhashed(value);
    else if (lower === 'x-forwarded-for') request.forwarded = splitForwardedFor(value);
    else request.headers = [...(request.headers ?? []), [lower, unhashed(value)]];
  }
}

/** HAProxy with `option httplog` or `httpslog`, with a syslog header or without. */
export const haproxy: FormatDefinition = {
  name: 'haproxy',
  create({ fields, captured_headers }) {
    const own: { readonly [variable: string]: Take } = {
      remote_addr: peer,
      time_local: time(localTime),
      timers,
      status,
      bytes_sent: bytes,
      termination,
      request: readRest(captured_headers),
    };
    const takers = createVariableTakers(fields);
    const layout = compileLayout(text, (name) => own[name] ?? takers(name));
    return {
      name: 'haproxy',
      title: 'HAProxy HTTP log',
      latenessMs: 5000,
      parse: (line) => parseLine(layout, afterSyslogHeader(line)),
    };
  },
};
