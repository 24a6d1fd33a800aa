import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Sample } from '../pane-group.ts';
import { SamplePacker, unpackSamples } from './sample-pack.ts';

const key = fc.maxSafeNat();
const text = fc.oneof(
  fc.constantFrom('DE', 'Chrome', '', 'Zürich', 'x'.repeat(300)),
  fc.string({ unit: 'grapheme' }),
);
const sample: fc.Arbitrary<Sample> = fc.record({
  order: key,
  event_id: text,
  client: key,
  flags: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  attributes: fc.array(fc.option(text), { minLength: 5, maxLength: 5 }),
});

const pack = (lists: readonly (readonly Sample[])[]): Buffer => {
  const packer = new SamplePacker();
  for (const list of lists) packer.add(list);
  return packer.packed();
};

test('samples come back as they were, and one that stands in several lists as one object', () => {
  fc.assert(
    fc.property(fc.array(sample, { maxLength: 30 }), fc.infiniteStream(fc.nat()), (samples, picks) => {
      const lists = [0, 1, 2].map(() =>
        Array.from({ length: samples.length }, () => samples[picks.next().value! % samples.length]!),
      );
      const unpacked = unpackSamples(pack(lists), lists.length);
      expect(unpacked).toEqual(lists);
      expect(new Set(unpacked.flat()).size).toBe(new Set(lists.flat()).size);
    }),
    { numRuns: 50 },
  );
});

test('no sample takes no byte', () => {
  expect(pack([[], []])).toHaveLength(0);
  expect(unpackSamples(Buffer.alloc(0), 2)).toEqual([[], []]);
});

test('damaged bytes are refused, wherever they end', () => {
  const [one] = fc.sample(sample, { numRuns: 1, seed: 1 });
  const whole = pack([[one!]]);
  for (let end = 1; end < whole.length; end++)
    expect(() => unpackSamples(whole.subarray(0, end), 1), `${end} bytes`).toThrow('damaged');
  expect(() => unpackSamples(Buffer.concat([whole, Buffer.from([0])]), 1)).toThrow('damaged');
});
