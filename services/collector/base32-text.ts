const digits = Buffer.from('abcdefghijklmnopqrstuvwxyz234567', 'latin1');
const idBytes = 16;
/** 16 bytes are 26 digits. */
const length = 26;
const scratch = Buffer.alloc(64);

/**
 * `prefix` and base32 (lower case, no padding) of the first 16 bytes (one a character), as one flat string. Same text as lib/ids.ts
 * makes; a string joined digit by digit would keep dozens of pieces alive for each id that is held.
 */
export function base32Text(prefix: string, bytes: string): string {
  let at = 0;
  for (; at < prefix.length; at++) scratch[at] = prefix.charCodeAt(at);
  let buffer = 0;
  let bits = 0;
  for (let index = 0; index < idBytes; index++) {
    buffer = ((buffer << 8) | bytes.charCodeAt(index)) & 0xffff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      scratch[at++] = digits[(buffer >> bits) & 31]!;
    }
  }
  scratch[at++] = digits[(buffer << (5 - bits)) & 31]!;
  return scratch.toString('latin1', 0, prefix.length + length);
}
