import { clientAddress, isV4 } from '../ip.ts';
import { type SipKey, sipHashBytes, sipHashText, sipResult } from './siphash.ts';

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
  fingerprint: 40,
  partner: 48,
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
  const scratch = Buffer.alloc(64);
  const write = (lane: number, into: Buffer): void => {
    // Zero means unknown; one value in 2^64 gives way.
    const lo = sipResult.lo === 0 && sipResult.hi === 0 ? 1 : sipResult.lo;
    into.writeInt32LE(lo, lane);
    into.writeInt32LE(sipResult.hi, lane + 4);
  };
  /** Length of `lane | site | NUL`, written to the front of the scratch buffer. Sites have at most 32 characters. */
  const prefix = (lane: number, site: string): number => {
    scratch[0] = lane;
    const end = 1 + scratch.write(site, 1, 40, 'latin1');
    scratch[end] = 0;
    return end + 1;
  };
  return {
    client(site, ip, into) {
      const from = prefix(lanes.client, site);
      if (isV4(ip)) ip.copy(scratch, from);
      else clientAddress(ip).copy(scratch, from);
      sipHashBytes(key, scratch, 0, from + 16);
      write(lanes.client, into);
    },
    network(site, ip, into) {
      const from = prefix(lanes.network, site);
      const length = isV4(ip) ? 15 : 6;
      ip.copy(scratch, from, 0, length);
      sipHashBytes(key, scratch, 0, from + length);
      write(lanes.network, into);
    },
    text(lane, site, value, into) {
      sipHashText(key, `${lane}|${site}|${value}`);
      write(lanes[lane], into);
    },
  };
}
