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

let v0l = 0;
let v0h = 0;
let v1l = 0;
let v1h = 0;
let v2l = 0;
let v2h = 0;
let v3l = 0;
let v3h = 0;

function round(): void {
  let low = (v0l >>> 0) + (v1l >>> 0);
  v0h = (v0h + v1h + (low > 0xffffffff ? 1 : 0)) | 0;
  v0l = low | 0;
  let t = v1l;
  v1l = (v1l << 13) | (v1h >>> 19);
  v1h = (v1h << 13) | (t >>> 19);
  v1l ^= v0l;
  v1h ^= v0h;
  t = v0l;
  v0l = v0h;
  v0h = t;
  low = (v2l >>> 0) + (v3l >>> 0);
  v2h = (v2h + v3h + (low > 0xffffffff ? 1 : 0)) | 0;
  v2l = low | 0;
  t = v3l;
  v3l = (v3l << 16) | (v3h >>> 16);
  v3h = (v3h << 16) | (t >>> 16);
  v3l ^= v2l;
  v3h ^= v2h;
  low = (v0l >>> 0) + (v3l >>> 0);
  v0h = (v0h + v3h + (low > 0xffffffff ? 1 : 0)) | 0;
  v0l = low | 0;
  t = v3l;
  v3l = (v3l << 21) | (v3h >>> 11);
  v3h = (v3h << 21) | (t >>> 11);
  v3l ^= v0l;
  v3h ^= v0h;
  low = (v2l >>> 0) + (v1l >>> 0);
  v2h = (v2h + v1h + (low > 0xffffffff ? 1 : 0)) | 0;
  v2l = low | 0;
  t = v1l;
  v1l = (v1l << 17) | (v1h >>> 15);
  v1h = (v1h << 17) | (t >>> 15);
  v1l ^= v2l;
  v1h ^= v2h;
  t = v2l;
  v2l = v2h;
  v2h = t;
}

function start(key: SipKey): void {
  v0l = key.k0lo ^ 0x70736575;
  v0h = key.k0hi ^ 0x736f6d65;
  v1l = key.k1lo ^ 0x6e646f6d;
  v1h = key.k1hi ^ 0x646f7261;
  v2l = key.k0lo ^ 0x6e657261;
  v2h = key.k0hi ^ 0x6c796765;
  v3l = key.k1lo ^ 0x79746573;
  v3h = key.k1hi ^ 0x74656462;
}

function absorb(low: number, high: number): void {
  v3l ^= low;
  v3h ^= high;
  round();
  round();
  v0l ^= low;
  v0h ^= high;
}

function finish(): void {
  v2l ^= 0xff;
  round();
  round();
  round();
  round();
  sipResult.lo = v0l ^ v1l ^ v2l ^ v3l;
  sipResult.hi = v0h ^ v1h ^ v2h ^ v3h;
}

/** Hashes bytes [from, to) into `sipResult`. */
export function sipHashBytes(key: SipKey, bytes: Uint8Array, from = 0, to: number = bytes.length): void {
  start(key);
  const length = to - from;
  const whole = from + (length & ~7);
  let index = from;
  for (; index < whole; index += 8) {
    absorb(
      bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24),
      bytes[index + 4]! | (bytes[index + 5]! << 8) | (bytes[index + 6]! << 16) | (bytes[index + 7]! << 24),
    );
  }
  let low = 0;
  let high = (length & 0xff) << 24;
  for (let rest = 0; index < to; index++, rest++) {
    if (rest < 4) low |= bytes[index]! << (8 * rest);
    else high |= bytes[index]! << (8 * (rest - 4));
  }
  absorb(low, high);
  finish();
}

const scratch = Buffer.allocUnsafe(4096);

/** Hashes the UTF-8 bytes of a text into `sipResult`. */
export function sipHashText(key: SipKey, text: string): void {
  if (text.length * 3 > scratch.length) {
    sipHashBytes(key, Buffer.from(text, 'utf8'));
    return;
  }
  sipHashBytes(key, scratch, 0, scratch.write(text, 'utf8'));
}

/** The hash of a text as 8 bytes, little endian. */
export function sipHash64(key: SipKey, text: string): Buffer {
  sipHashText(key, text);
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeInt32LE(sipResult.lo, 0);
  bytes.writeInt32LE(sipResult.hi, 4);
  return bytes;
}
