import { isV4 } from '../ip.ts';
import { type SipKey, sipHashBytes, sipResult } from './siphash.ts';

/**
 * Byte offsets of the lanes in EnrichedRequest.hashes: 64-bit SipHash, little endian, all zero = unknown. Each hash is
 * of the lane, the site and the value, so that equal values in different lanes or sites have nothing in common.
 */
export const lanes = {
  /** The IPv4 address or IPv6 /64. */
  client: 0,
  /** /24 or /48: the partition key. */
  network: 8,
  session: 16,
  account: 24,
  /** Host and `METHOD template`. */
  endpoint: 32,
  /** All that the client's software shows of itself. It changes within a visit: ADR 49. */
  fingerprint: 40,
  partner: 48,
  /** What stays of it. */
  software: 56,
} as const;
export type Lane = keyof typeof lanes;
export const lanesBytes = 64;

/** Writes hashes into their lane of `into` (64 bytes). Not reentrant: one scratch buffer per hasher. */
export interface LaneHasher {
  client(site: string, ip: Buffer, into: Buffer): void;
  network(site: string, ip: Buffer, into: Buffer): void;
  text(lane: Lane, site: string, value: string, into: Buffer): void;
}

export function createLaneHasher(key: SipKey): LaneHasher {
  const scratch = Buffer.alloc(1024);
  let site = '';
  let siteEnd = 0;

  /** `lane | site | NUL` at the front of the scratch buffer; the site is that of the record before, mostly. */
  const prefix = (lane: number, of: string): number => {
    if (of !== site || siteEnd === 0) {
      site = of;
      siteEnd = 1 + scratch.write(of, 1, 128, 'utf8');
      scratch[siteEnd++] = 0;
    }
    scratch[0] = lane;
    return siteEnd;
  };
  const finish = (lane: number, end: number, into: Buffer): void => {
    sipHashBytes(key, scratch, 0, end);
    let { lo, hi } = sipResult;
    // Zero means unknown: the one value in 2^64 gives way.
    if (lo === 0 && hi === 0) lo = 1;
    for (let byte = 0; byte < 4; byte++, lo >>>= 8, hi >>>= 8) {
      into[lane + byte] = lo & 255;
      into[lane + 4 + byte] = hi & 255;
    }
  };
  const address = (lane: number, of: string, ip: Buffer, length: number, into: Buffer): void => {
    const from = prefix(lane, of);
    for (let byte = 0; byte < length; byte++) scratch[from + byte] = ip[byte]!;
    finish(lane, from + length, into);
  };
  return {
    client(of, ip, into) {
      address(lanes.client, of, ip, isV4(ip) ? 16 : 8, into);
    },
    network(of, ip, into) {
      address(lanes.network, of, ip, isV4(ip) ? 15 : 6, into);
    },
    text(lane, of, value, into) {
      const start = prefix(lanes[lane], of);
      let end = start;
      let ascii = value.length <= scratch.length - start;
      for (let index = 0; ascii && index < value.length; index++) {
        const code = value.charCodeAt(index);
        ascii = code < 128;
        scratch[end++] = code;
      }
      if (!ascii) {
        const bytes = Buffer.from(value, 'utf8');
        const limit = Math.min(bytes.length, scratch.length - start);
        bytes.copy(scratch, start, 0, limit);
        end = start + limit;
        // What does not fit is hashed to its own 8 bytes first, so that long values differ by their ends too.
        if (bytes.length > limit) {
          sipHashBytes(key, bytes);
          scratch.writeInt32LE(sipResult.lo, end - 8);
          scratch.writeInt32LE(sipResult.hi, end - 4);
        }
      }
      finish(lanes[lane], end, into);
    },
  };
}
