import { parseIp } from '../../../lib/ip.ts';
import { reject } from '../../../lib/outcome.ts';
import { splitForwardedFor } from '../client-address.ts';
import type { ParsedRequest } from '../parsed-request.ts';
import { compileLayout, parseLine } from './access-log.ts';
import { jsonOrText, jsonPreset } from './json-preset.ts';
import { createVariableTakers, custom, milliseconds, peer, type Take } from './variables.ts';

/** Envoy's default text, and the longer one of Istio, which names the peer. */
const defaultLayout =
  '[$time_iso8601] "$request" $status $flags $request_length $bytes_sent $duration $upstream_time "$remote_addr" "$http_user_agent" "$request_id" "$host" "$upstream"';
const istioLayout =
  '[$time_iso8601] "$request" $status $flags $details $termination "$failure" $request_length $bytes_sent $duration $upstream_time "$http_x_forwarded_for" "$http_user_agent" "$request_id" "$host" "$upstream" $cluster $upstream_local $local $remote_addr ';

/**
 * Envoy writes headers into its text as they came, quotes and all. Who sends the text between two fields in a header
 * could name another's address as the client, so a line with more of it than there are fields is not believed.
 */
const between = '" "';
const ambiguous = `${JSON.stringify(between)} stands in a header, or is missing: a JSON format of Envoy's is free of doubt`;

/** Response flags of requests that Envoy answered itself because a filter said so. */
function readFlags(request: ParsedRequest, flags: string): void {
  const list = flags.split(',');
  if (list.includes('RL')) request.edge_action = 'rate_limit';
  else if (list.includes('UAEX')) request.edge_action = 'block';
}

const flags = custom(readFlags);

/** The last address of X-Forwarded-For is the peer, which Envoy adds itself (`use_remote_address`). */
const lastForwarded: Take = (request, line, from, to) => {
  const list = splitForwardedFor(line.slice(from, to));
  const ip = parseIp(list.at(-1)!.trim());
  if (ip === null) return 'no client address: Envoy logs one with use_remote_address';
  request.client_ip = ip;
  request.forwarded = list.length > 1 ? list.slice(0, -1) : null;
  return null;
};
/** A JSON format with the command operators' names, as Istio writes it. */
const jsonLines = jsonPreset({
  name: 'envoy',
  title: 'Envoy access log (JSON)',
  latenessMs: 5000,
  recognises: (input) => 'response_flags' in input || 'upstream_cluster' in input,
  fields: {
    timestamp: '$.start_time',
    client_ip: ['$.downstream_remote_address', '$.downstream_direct_remote_address'],
    method: '$.method',
    url: '$.path',
    path: [],
    host: '$.authority',
    status: '$.response_code',
    request_bytes: '$.bytes_received',
    response_bytes: '$.bytes_sent',
    duration_ms: '$.duration',
    user_agent: '$.user_agent',
    http_version: '$.protocol',
    request_id: '$.request_id',
  },
  finish(request, input) {
    const { response_flags: list, x_forwarded_for: forwarded } = input;
    if (typeof list === 'string') readFlags(request, list);
    if (typeof forwarded === 'string' && forwarded !== '-') request.forwarded = splitForwardedFor(forwarded);
  },
});

/** Envoy's access log: its default text, Istio's, or JSON. */
export const envoy = jsonOrText('Envoy access log', jsonLines, ({ fields }) => {
  const takers = createVariableTakers(fields);
  const layout = (text: string, address: Take) => {
    const own: { readonly [variable: string]: Take } = {
      remote_addr: address,
      flags,
      duration: milliseconds,
    };
    return compileLayout(text, (name) => own[name] ?? takers(name), false);
  };
  const short = layout(defaultLayout, lastForwarded);
  const long = layout(istioLayout, peer);
  return (line) => {
    if (line.split(between).length !== 5) return reject('malformed', ambiguous);
    const outcome = parseLine(short, line);
    if (outcome.kind === 'ok') return outcome;
    const other = parseLine(long, line);
    return other.kind === 'ok' ? other : outcome;
  };
});
