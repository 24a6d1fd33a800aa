/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) with a 128-bit key, on 32-bit halves: no BigInt on the hot path.
 * Keyed, so that an attacker can not choose colliding values.
 */
export interface SipKey {
  readonly k0lo: number;
  readonly k0hi: number;
  readonly k1lo: number;
  readonly k1hi: number;
}

/** The first 16 bytes of the secret, little endian. */
export function sipKey(secret: Uint8Array): SipKey {
  const view = Buffer.from(secret.buffer, secret.byteOffset, secret.byteLength);
  if (view.length < 16) throw new RangeError('a SipHash key needs 16 bytes');
  return {
    k0lo: view.readInt32LE(0),
    k0hi: view.readInt32LE(4),
    k1lo: view.readInt32LE(8),
    k1hi: view.readInt32LE(12),
  };
}

/** Low and high half of the last hash computed: read them at once, they are overwritten by the next call. */
export const sipResult = { lo: 0, hi: 0 };

/**
 * Hashes bytes [from, to) into `sipResult`. One function with its state in local variables: as module variables or
 * through calls the same arithmetic takes several times as long. A carry is read off the signs of the halves: a sum that
 * does not fit 32 bits would become a floating-point number.
 */
export function sipHashBytes(key: SipKey, bytes: Uint8Array, from = 0, to: number = bytes.length): void {
  let v0l = key.k0lo ^ 0x70736575;
  let v0h = key.k0hi ^ 0x736f6d65;
  let v1l = key.k1lo ^ 0x6e646f6d;
  let v1h = key.k1hi ^ 0x646f7261;
  let v2l = key.k0lo ^ 0x6e657261;
  let v2h = key.k0hi ^ 0x6c796765;
  let v3l = key.k1lo ^ 0x79746573;
  let v3h = key.k1hi ^ 0x74656462;
  const length = to - from;
  const words = length >>> 3;
  let index = from;
  // Words of the message, then the last one with the length, then the finalisation: 2, 2 and 4 rounds.
  for (let word = 0; word <= words + 1; word++) {
    let low = 0;
    let high = 0;
    let rounds = 2;
    if (word < words) {
      low = bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24);
      high =
        bytes[index + 4]! | (bytes[index + 5]! << 8) | (bytes[index + 6]! << 16) | (bytes[index + 7]! << 24);
      index += 8;
    } else if (word === words) {
      high = (length & 0xff) << 24;
      for (let rest = 0; index < to; index++, rest++) {
        if (rest < 4) low |= bytes[index]! << (8 * rest);
        else high |= bytes[index]! << (8 * (rest - 4));
      }
    } else {
      v2l ^= 0xff;
      rounds = 4;
    }
    v3l ^= low;
    v3h ^= high;
    for (; rounds > 0; rounds--) {
      // v0 += v1; v1 = rotl(v1, 13) ^ v0; v0 = rotl(v0, 32)
      let sum = (v0l + v1l) | 0;
      v0h = (v0h + v1h + (((v0l & v1l) | ((v0l | v1l) & ~sum)) >>> 31)) | 0;
      v0l = sum;
      let t = v1l;
      v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l;
      v1h = ((v1h << 13) | (t >>> 19)) ^ v0h;
      t = v0l;
      v0l = v0h;
      v0h = t;
      // v2 += v3; v3 = rotl(v3, 16) ^ v2
      sum = (v2l + v3l) | 0;
      v2h = (v2h + v3h + (((v2l & v3l) | ((v2l | v3l) & ~sum)) >>> 31)) | 0;
      v2l = sum;
      t = v3l;
      v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l;
      v3h = ((v3h << 16) | (t >>> 16)) ^ v2h;
      // v0 += v3; v3 = rotl(v3, 21) ^ v0
      sum = (v0l + v3l) | 0;
      v0h = (v0h + v3h + (((v0l & v3l) | ((v0l | v3l) & ~sum)) >>> 31)) | 0;
      v0l = sum;
      t = v3l;
      v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l;
      v3h = ((v3h << 21) | (t >>> 11)) ^ v0h;
      // v2 += v1; v1 = rotl(v1, 17) ^ v2; v2 = rotl(v2, 32)
      sum = (v2l + v1l) | 0;
      v2h = (v2h + v1h + (((v2l & v1l) | ((v2l | v1l) & ~sum)) >>> 31)) | 0;
      v2l = sum;
      t = v1l;
      v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l;
      v1h = ((v1h << 17) | (t >>> 15)) ^ v2h;
      t = v2l;
      v2l = v2h;
      v2h = t;
    }
    v0l ^= low;
    v0h ^= high;
  }
  sipResult.lo = v0l ^ v1l ^ v2l ^ v3l;
  sipResult.hi = v0h ^ v1h ^ v2h ^ v3h;
}

const scratch = Buffer.allocUnsafe(4096);

/** Texts up to this length are copied here: a call of Buffer.write costs more than the loop. */
const shortText = 128;

/** Hashes the UTF-8 bytes of a text into `sipResult`. */
export function sipHashText(key: SipKey, text: string): void {
  const { length } = text;
  if (length <= shortText) {
    let index = 0;
    for (; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) break;
      scratch[index] = code;
    }
    if (index === length) {
      sipHashBytes(key, scratch, 0, length);
      return;
    }
  }
  if (length * 3 > scratch.length) sipHashBytes(key, Buffer.from(text, 'utf8'));
  else sipHashBytes(key, scratch, 0, scratch.write(text, 'utf8'));
}

/** The hash of a text as 8 bytes, little endian. */
export function sipHash64(key: SipKey, text: string): Buffer {
  sipHashText(key, text);
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeInt32LE(sipResult.lo, 0);
  bytes.writeInt32LE(sipResult.hi, 4);
  return bytes;
}
