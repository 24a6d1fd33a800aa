import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryOf } from '../../test/log/arbitrary-record.ts';
import { recordSchemas } from './codecs.ts';
import type { EnrichedRequest, Tick } from './generated.ts';
import { createRowPacker, createRowUnpacker, type PackedRows } from './record-rows.ts';
import type { RecordName } from './topics.ts';

type Packed = { readonly type: RecordName; readonly value: object };

/** As `postMessage` hands it over. */
const across = (rows: PackedRows): PackedRows =>
  structuredClone(rows, { transfer: [rows.words.buffer, rows.doubles.buffer, rows.bytes.buffer] });

test('unpacked records equal those packed, whatever their types and batches', () => {
  const types = [...recordSchemas.keys()];
  const record = fc.oneof(
    ...types.map((type) =>
      (arbitraryOf(recordSchemas.get(type)!) as fc.Arbitrary<object>).map((value) => ({ type, value })),
    ),
  );
  void fc.assert(
    fc.property(fc.array(fc.array(record, { maxLength: 8 }), { maxLength: 4 }), (batches) => {
      const packer = createRowPacker(types);
      const unpacker = createRowUnpacker(types);
      for (const batch of batches as readonly (readonly Packed[])[]) {
        for (const { type, value } of batch) packer.add(type, value);
        expect(unpacker.unpack(across(packer.take()))).toEqual(batch);
      }
    }),
    { numRuns: 200 },
  );
});

const tick = (site: string, collector: string): Tick => ({
  site,
  collector_id: collector,
  source_class: 'file',
  time: 1_764_000_000_000,
  watermark_at: -1,
  closing: false,
});

test('a text is sent once; one that never comes twice is not remembered for long', () => {
  const packer = createRowPacker(['Tick']);
  const unpacker = createRowUnpacker(['Tick']);
  let sent = 0;
  let passing = 0;
  const count = 20_000;
  for (let from = 0; from < count; from += 100) {
    const batch = Array.from({ length: 100 }, (_, index) => tick(`shop ${index % 7}`, `c${from + index}`));
    for (const value of batch) packer.add('Tick', value);
    const rows = across(packer.take());
    sent += rows.texts.length;
    passing += rows.passing.length;
    expect(unpacker.unpack(rows).map(({ value }) => value)).toEqual(batch);
  }
  expect(passing).toBeGreaterThan(count * 0.8);
  expect(sent).toBeLessThan(count * 0.2);
});

test('what is remembered is bounded: numbers begin anew on both sides', () => {
  const packer = createRowPacker(['Tick']);
  const unpacker = createRowUnpacker(['Tick']);
  let forgotten = 0;
  // each text twice: worth remembering, and too many
  for (let from = 0; from < 160_000; from += 1000) {
    const batch = Array.from({ length: 1000 }, (_, index) => tick('shop', `c${from + (index % 500)}`));
    for (const value of batch) packer.add('Tick', value);
    const rows = across(packer.take());
    if (rows.forget) forgotten++;
    expect(unpacker.unpack(rows).at(-1)!.value).toEqual(batch.at(-1));
  }
  expect(forgotten).toBeGreaterThan(0);
});

test('lists longer than the room of a record', () => {
  const [sample] = fc.sample(
    arbitraryOf(recordSchemas.get('EnrichedRequest')!) as fc.Arbitrary<EnrichedRequest>,
    1,
  );
  const params = Array.from({ length: 100_000 }, (_, index) => ({
    name: `p${index}`,
    hash: Buffer.alloc(8, index),
    value: index % 2 === 0 ? null : `v${index}`,
  }));
  const value = { ...sample!, request: { ...sample!.request, params } };
  const packer = createRowPacker(['EnrichedRequest']);
  packer.add('EnrichedRequest', value);
  expect(createRowUnpacker(['EnrichedRequest']).unpack(across(packer.take()))[0]!.value).toEqual(value);
});

test('a type that the packer was not made for is refused', () => {
  expect(() => createRowPacker(['Tick']).add('Campaign', {})).toThrow('Campaign');
});
