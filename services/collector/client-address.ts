import { contains, formatIp, isLoopbackHost, type Network, parseIp } from '../../lib/ip.ts';

/**
 * Finds the client behind proxies. The list of a forwarding header is walked from the right, starting at the peer that
 * connected; each step needs the address on its right to be a trusted proxy. So a client can put into the header what
 * it likes: what it wrote stands left of the address that the first trusted proxy saw.
 */
export type ClientAddressResolver = (peer: Buffer, forwarded: readonly string[] | null) => Buffer;

export function createClientAddressResolver(trusted: readonly Network[]): ClientAddressResolver {
  const isTrusted = (ip: Buffer): boolean => trusted.some((network) => contains(network, ip));
  return (peer, forwarded) => {
    let client = peer;
    if (forwarded === null || trusted.length === 0) return client;
    for (let index = forwarded.length - 1; index >= 0 && isTrusted(client); index--) {
      const next = parseForwardedAddress(forwarded[index]!);
      if (next === null) break; // obfuscated or garbage: the last address known for sure
      client = next;
    }
    return client;
  };
}

/** `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711`, `"[2001:db8::1]"`, `2001:db8::1`; null for anything else. */
export function parseForwardedAddress(entry: string): Buffer | null {
  let text = entry.trim();
  if (text.startsWith('"') && text.endsWith('"') && text.length >= 2) text = text.slice(1, -1);
  const host = hostPart(text);
  return host === null ? null : parseIp(host);
}

const portOrNothing = /^(:\d{1,5})?$/;

/**
 * `192.0.2.1:4711`, `[2001:db8::1]:4711` and `[2001:db8::1]` without port and brackets, any other text as it is; null
 * where a bracket is not closed, or something else than a port follows.
 */
export function hostPart(text: string): string | null {
  if (text.startsWith('[')) {
    const end = text.indexOf(']');
    return end > 0 && portOrNothing.test(text.slice(end + 1)) ? text.slice(1, end) : null;
  }
  const colon = text.indexOf(':');
  if (colon < 0 || text.includes(':', colon + 1)) return text;
  return portOrNothing.test(text.slice(colon)) ? text.slice(0, colon) : null;
}

/** As proxies log a peer: `192.0.2.1:4711`, `[2001:db8::1]:4711`, `2001:db8::1:4711` (what follows the last colon is the port). */
export function parsePeer(text: string): Buffer | null {
  const colon = text.lastIndexOf(':');
  if (colon < 0 || !/^\d{1,5}$/.test(text.slice(colon + 1))) return null;
  const bracketed = text.startsWith('[') && text[colon - 1] === ']';
  return parseIp(bracketed ? text.slice(1, colon - 1) : text.slice(0, colon));
}

/** Longest list looked at: beyond it the left end is the client's own invention anyway. */
const maxHops = 32;

/** The addresses of an `X-Forwarded-For` value, nearest last. */
export function splitForwardedFor(value: string): readonly string[] {
  return value.split(',').slice(-maxHops);
}

/** The `for` parameters of an RFC 7239 `Forwarded` value, nearest last. */
export function splitForwarded(value: string): readonly string[] {
  return splitQuoted(value, ',')
    .slice(-maxHops)
    .map((element) => {
      const pair = splitQuoted(element, ';').find((each) => /^\s*for\s*=/i.test(each));
      return pair === undefined ? '' : pair.slice(pair.indexOf('=') + 1);
    });
}

function splitQuoted(text: string, separator: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '\\' && quoted) index++;
    else if (char === '"') quoted = !quoted;
    else if (char === separator && !quoted) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

/** `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` (HAProxy's PROXY protocol, version 1, as some proxies log it). */
export function proxyLineAddress(value: string): readonly string[] | null {
  const match = /^PROXY TCP[46] (\S+) \S+ \d+ \d+$/.exec(value.trim());
  return match === null ? null : [match[1]!];
}

/** Peer address of a socket, also when Node reports IPv4 as `::ffff:1.2.3.4` or with a zone. */
export function socketAddress(text: string | undefined): Buffer | null {
  if (text === undefined) return null;
  const zone = text.indexOf('%');
  return parseIp(zone < 0 ? text : text.slice(0, zone));
}

export const isLoopback = (ip: Buffer): boolean => isLoopbackHost(formatIp(ip));
