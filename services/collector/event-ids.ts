import { hash } from 'node:crypto';

/**
 * Ids of events that bring none: `evt_` and base32 of 16 bytes of SHA-256(source 0 position 0 content). The same
 * content at the same position of the same source is the same event, also after a crash or when it is sent again.
 */
export function deriveEventId(source: string, position: number, content: string): string {
  const digest = hash('sha256', `${source}\0${position}\0${content}`, 'binary');
  let id = 'evt_';
  let buffer = 0;
  let bits = 0;
  for (let index = 0; index < 16; index++) {
    buffer = ((buffer << 8) | digest.charCodeAt(index)) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      id += base32Digits[(buffer >> bits) & 31];
    }
  }
  return id + base32Digits[(buffer << (5 - bits)) & 31];
}

const base32Digits = 'abcdefghijklmnopqrstuvwxyz234567';
