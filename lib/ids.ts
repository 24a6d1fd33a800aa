import { hash } from 'node:crypto';

const alphabet = 'abcdefghijklmnopqrstuvwxyz234567';

/** RFC 4648 base32, lower case, without padding. */
export function base32(bytes: Uint8Array): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = ((buffer << 8) | byte) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet[(buffer >> bits) & 31];
    }
  }
  if (bits > 0) text += alphabet[(buffer << (5 - bits)) & 31];
  return text;
}

export type IdKind =
  | 'verdict'
  | 'campaign'
  | 'decision'
  | 'event'
  | 'dead-letter'
  | 'edge-action'
  | 'command'
  | 'policy-set'
  | 'endpoint'
  | 'endpoint-alias'
  | 'endpoint-notice';
const prefixes: { readonly [K in IdKind]: string } = {
  verdict: 'vrd_',
  campaign: 'cmp_',
  decision: 'dec_',
  event: 'evt_',
  'dead-letter': 'dlq_',
  'edge-action': 'act_',
  command: 'cmd_',
  'policy-set': 'pls_',
  endpoint: 'ept_',
  'endpoint-alias': 'eal_',
  'endpoint-notice': 'ntc_',
};

/**
 * An id that depends on its parts alone: base32 of the first 16 bytes of SHA-256(kind 0x00 site 0x00 part 0x00 ...).
 * The same thing seen again, by another instance or after a restart, has the same id.
 */
export function stableId(kind: IdKind, site: string, ...parts: readonly (string | number)[]): string {
  let text = `${kind}\0${site}`;
  for (const part of parts) text += `\0${part}`;
  return prefixes[kind] + base32(hash('sha256', text, 'buffer').subarray(0, 16));
}
