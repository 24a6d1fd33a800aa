import { expect, test } from 'vitest';
import { sipHash64, sipHashBytes, sipKey, sipResult } from './siphash.ts';

const key = sipKey(Uint8Array.from({ length: 16 }, (_, index) => index));
const hex = (): string => {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(sipResult.lo, 0);
  bytes.writeInt32LE(sipResult.hi, 4);
  return bytes.toString('hex');
};

// vectors_sip64 of the reference implementation: input 00 01 02 ... of growing length.
test.each([
  [0, '310e0edd47db6f72'],
  [1, 'fd67dc93c539f874'],
  [2, '5a4fa9d909806c0d'],
  [7, '37d1018bf50002ab'],
  [8, '6224939a79f5f593'],
  [15, 'e545be4961ca29a1'],
])('reference vector of length %i', (length, expected) => {
  sipHashBytes(
    key,
    Uint8Array.from({ length }, (_, index) => index),
  );
  expect(hex()).toBe(expected);
});

test('text is hashed as its UTF-8 bytes, short or long', () => {
  for (const text of ['', 'sku-1', 'ü'.repeat(7), 'x'.repeat(9000)]) {
    sipHashBytes(key, Buffer.from(text));
    expect(sipHash64(key, text).toString('hex')).toBe(hex());
  }
});
