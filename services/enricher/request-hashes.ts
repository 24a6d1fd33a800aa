import type { RequestEvent } from '../../lib/contracts/generated.ts';
import { createLaneHasher, lanes, lanesBytes } from '../../lib/hash/lanes.ts';
import type { SipKey } from '../../lib/hash/siphash.ts';
import { askedOf } from '../../lib/path/operations.ts';
import type { Endpoint } from '../../lib/path/template.ts';
import type { AddressHashes, AddressSummary, Fingerprint, LaneHash, LastClient } from './address-facts.ts';
import type { ClientTraits } from './client-traits.ts';

/** Writes the hashes of a request: 64 bytes of its own, the lanes of lib/hash/lanes.ts. */
export type RequestHashes = (
  request: RequestEvent,
  endpoint: Endpoint,
  address: AddressSummary,
  client: LastClient,
) => Buffer;

/** The hash of an endpoint, with what else went into it. */
interface EndpointHash {
  readonly site: string;
  readonly host: string;
  readonly hash: LaneHash;
}

/** Fingerprints remembered per user agent: as many as TLS stacks and languages use one honestly. */
const fingerprintsPerAgent = 32;

/** Requests whose hashes share a piece of memory. */
const slabRequests = 128;

/** The hashes of a request. What repeats is remembered on the objects that repeat, and written as two words. */
export function createRequestHashes(key: SipKey): RequestHashes {
  const hasher = createLaneHasher(key);
  const endpoints = new WeakMap<Endpoint, EndpointHash>();
  const fingerprints = new WeakMap<ClientTraits, Fingerprint[]>();
  const scratch = Buffer.alloc(lanesBytes);
  const laneAt = (lane: number): LaneHash => ({
    lo: scratch.readInt32LE(lane),
    hi: scratch.readInt32LE(lane + 4),
  });

  /** The last host decides: an endpoint object belongs to one host, except those that stand for "other". */
  const endpointHash = (site: string, host: string, endpoint: Endpoint): LaneHash => {
    const known = endpoints.get(endpoint);
    if (known !== undefined && known.host === host && known.site === site) return known.hash;
    hasher.text('endpoint', site, `${host} ${askedOf(endpoint)}`, scratch);
    const hash = laneAt(lanes.endpoint);
    endpoints.set(endpoint, { site, host, hash });
    return hash;
  };

  const addressHashes = (site: string, ip: Buffer, address: AddressSummary): AddressHashes => {
    const known = address.hashes;
    if (known !== null && known.site === site) return known;
    hasher.client(site, ip, scratch);
    hasher.network(site, ip, scratch);
    const hashes = { site, client: laneAt(lanes.client), network: laneAt(lanes.network) };
    address.hashes = hashes;
    return hashes;
  };

  /** What a client's software shows of itself; null when it shows nothing. */
  const fingerprint = (request: RequestEvent, client: LastClient): Fingerprint | null => {
    const tls = request.ja4 ?? request.ja3 ?? '';
    const agent = request.user_agent ?? '';
    if (tls === '' && agent === '') return null;
    const { site, http_version: http } = request;
    const language = request.accept_language !== null;
    const last = client.fingerprint;
    if (last !== null && isOf(last, agent, http, tls, language, site)) return last;
    let known = fingerprints.get(client.traits);
    if (known === undefined) {
      known = [];
      fingerprints.set(client.traits, known);
    }
    let found: Fingerprint | null = null;
    for (const each of known) {
      if (!isOf(each, agent, http, tls, language, site)) continue;
      found = each;
      break;
    }
    if (found === null) {
      hasher.text('fingerprint', site, `${tls}|${http ?? ''}|${language ? 1 : 0}|${agent}`, scratch);
      const hash = laneAt(lanes.fingerprint);
      hasher.text('software', site, softwareOf(request), scratch);
      found = { site, tls, http, language, agent, hash, softwareHash: laneAt(lanes.software) };
      if (known.length >= fingerprintsPerAgent) known.length = 0;
      known.push(found);
    }
    client.fingerprint = found;
    return found;
  };

  // Cut from slabs: a Buffer.alloc of its own costs more than all hashes together.
  let slab = Buffer.alloc(0);
  let view = new DataView(slab.buffer);
  let used = 0;
  const put = ({ lo, hi }: LaneHash, at: number): void => {
    view.setInt32(at, lo, true);
    view.setInt32(at + 4, hi, true);
  };

  return (request, endpoint, address, client) => {
    const { site } = request;
    if (used === slab.length) {
      slab = Buffer.from(new ArrayBuffer(slabRequests * lanesBytes));
      view = new DataView(slab.buffer);
      used = 0;
    }
    const at = used;
    used += lanesBytes;
    const bytes = slab.subarray(at, used);
    const own = addressHashes(site, request.client_ip, address);
    put(own.client, at + lanes.client);
    put(own.network, at + lanes.network);
    put(endpointHash(site, request.host, endpoint), at + lanes.endpoint);
    const shown = fingerprint(request, client);
    if (shown !== null) {
      put(shown.hash, at + lanes.fingerprint);
      put(shown.softwareHash, at + lanes.software);
    }
    if (request.session_id !== null) hasher.text('session', site, request.session_id, bytes);
    if (request.account_id !== null) hasher.text('account', site, request.account_id, bytes);
    if (request.partner_id !== null) hasher.text('partner', site, request.partner_id, bytes);
    return bytes;
  };
}

/** The ciphers of a JA4 over TCP. Over QUIC all clients offer the same. */
const ciphers = /^t[^_]*_([^_]+)_/;

/**
 * What a client's software shows in every request of a visit (ADR 49): not its extensions, which resuming a TLS session
 * changes, so no JA3, nor whether it is HTTP/2 or 3.
 */
function softwareOf({ user_agent, accept_language, http_version, ja4 }: RequestEvent): string {
  const offered = ja4 === null ? '' : (ciphers.exec(ja4)?.[1] ?? '');
  const old = http_version?.startsWith('1') === true;
  return `${old ? 1 : 0}|${accept_language === null ? 0 : 1}|${offered}|${user_agent ?? ''}`;
}

function isOf(
  seen: Fingerprint,
  agent: string,
  http: string | null,
  tls: string,
  language: boolean,
  site: string,
): boolean {
  return (
    seen.agent === agent &&
    seen.http === http &&
    seen.tls === tls &&
    seen.language === language &&
    seen.site === site
  );
}
