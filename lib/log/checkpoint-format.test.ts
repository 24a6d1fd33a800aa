import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DamagedCheckpointError, decodeCheckpoint, encodeCheckpoint } from './checkpoint-format.ts';
import { bytesOf, wordsOf } from './snapshot.ts';

const blob = fc.uint8Array({ maxLength: 70 });
const parts = fc
  .dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.array(blob, { minLength: 1, maxLength: 5 }), {
    noNullPrototype: true,
  })
  .map((of) => new Map(Object.entries(of)));
const encoded = (snapshot: ReadonlyMap<string, readonly Uint8Array[]>): Buffer =>
  Buffer.concat([...encodeCheckpoint(snapshot, 'layout-1')]);

test('parts and blobs come back in order, aligned', async () => {
  await fc.assert(
    fc.asyncProperty(parts, async (snapshot) => {
      const decoded = await decodeCheckpoint(encoded(snapshot));
      expect(decoded.layoutHash).toBe('layout-1');
      expect([...decoded.snapshot].map(([part, list]) => [part, list.map((of) => [...of])])).toEqual(
        [...snapshot].map(([part, list]) => [part, list.map((of) => [...of])]),
      );
    }),
  );
});

test('one changed or missing byte anywhere is noticed', async () => {
  await fc.assert(
    fc.asyncProperty(parts, fc.nat(), fc.integer({ min: 1, max: 255 }), async (snapshot, place, change) => {
      const bytes = encoded(snapshot);
      const cut = bytes.subarray(0, place % bytes.length);
      await expect(decodeCheckpoint(cut)).rejects.toThrow(DamagedCheckpointError);
      // bytes between blobs say nothing
      const at = place % bytes.length;
      const padded = bytes[at] === 0;
      bytes[at]! ^= change;
      const result = await decodeCheckpoint(bytes).then(
        (decoded) => Buffer.concat([...encodeCheckpoint(decoded.snapshot, decoded.layoutHash)]),
        (error: unknown) => error,
      );
      if (result instanceof Buffer) expect(padded).toBe(true);
      else expect(result).toBeInstanceOf(DamagedCheckpointError);
    }),
  );
});

test('a header that is JSON of another form is damage', async () => {
  const bytes = encoded(new Map([['part', [Uint8Array.of(1)]]]));
  bytes[bytes.indexOf('blobs')] = 'c'.charCodeAt(0);
  await expect(decodeCheckpoint(bytes)).rejects.toThrow(DamagedCheckpointError);
});

test('words are views where they are aligned and copies where they are not', () => {
  const words = Int32Array.of(1, -2, 3);
  expect(wordsOf(bytesOf(words)).buffer).toBe(words.buffer);
  const shifted = Buffer.concat([Buffer.alloc(1), bytesOf(words)]);
  const unaligned = new Uint8Array(shifted.buffer, shifted.byteOffset + 1, 12);
  expect([...wordsOf(unaligned)]).toEqual([1, -2, 3]);
});
