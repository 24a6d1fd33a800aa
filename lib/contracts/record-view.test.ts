import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { arbitraryOf } from '../../test/log/arbitrary-record.ts';
import {
  avroType,
  createCodecs,
  enrichedSlots,
  localSchemaIds,
  recordSchemas,
  UndecodableError,
  viewOf,
} from './codecs.ts';
import type { EnrichedRequest } from './generated.ts';
import { longestView } from './record-view.ts';
import type { AvroSchema } from './schemas.ts';
import { integerAt } from './zigzag.ts';

const schema = recordSchemas.get('EnrichedRequest') as { readonly [key: string]: unknown };
const record = arbitraryOf(schema as AvroSchema) as fc.Arbitrary<EnrichedRequest>;
const codecs = createCodecs(localSchemaIds());
const fields = (of: object): string[] => Object.keys(of);
const whole = (view: object): unknown =>
  JSON.parse(JSON.stringify(view, (_, value) => (typeof value === 'number' ? String(value) : value)));

test('a view answers every field as the decoded record does', async () => {
  await fc.assert(
    fc.asyncProperty(record, async (value) => {
      const decoded = await codecs.view(codecs.encode('EnrichedRequest', value));
      const view = decoded.value as EnrichedRequest;
      expect(viewOf(view)).not.toBeNull();
      const { request, ...rest } = value;
      for (const field of fields(rest))
        expect(view[field as keyof EnrichedRequest]).toEqual(value[field as keyof EnrichedRequest]);
      for (const field of fields(request))
        expect(view.request[field as keyof typeof request]).toEqual(request[field as keyof typeof request]);
      expect(whole(view)).toEqual(whole(value));
    }),
    { numRuns: 200 },
  );
});

test('other records, and those too long for a view, are decoded', async () => {
  const tick = { site: 'a', collector_id: 'c', source_class: 's', time: 1, watermark_at: 2, closing: true };
  expect((await codecs.view(codecs.encode('Tick', tick))).value).toEqual(tick);
  const [sample] = fc.sample(record, 1);
  const long = { ...sample!, endpoint: 'x'.repeat(longestView) };
  const { value } = await codecs.view(codecs.encode('EnrichedRequest', long));
  expect(viewOf(value)).toBeNull();
  expect(value).toEqual(long);
});

test('damaged bytes are undecodable or a readable view, as for a full decode', async () => {
  await fc.assert(
    fc.asyncProperty(
      record,
      fc.nat(),
      fc.nat({ max: 255 }),
      fc.boolean(),
      async (value, place, byte, cut) => {
        const bytes = codecs.encode('EnrichedRequest', value);
        const at = 5 + (place % (bytes.length - 5));
        const damaged = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
        if (!cut) damaged[at] = byte;
        let decoded: unknown = null;
        try {
          decoded = (await codecs.decode(damaged)).value;
        } catch (error) {
          expect(error).toBeInstanceOf(UndecodableError);
        }
        try {
          const view = (await codecs.view(damaged)).value;
          if (decoded !== null) expect(whole(view)).toEqual(whole(decoded as object));
        } catch (error) {
          expect(error).toBeInstanceOf(UndecodableError);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('an older writer without the last fields reads as null, a newer one with more is walked over', async () => {
  const last = (schema['fields'] as { readonly name: string }[]).filter(({ name }) => name !== 'platform');
  const older = { ...schema, fields: last } as AvroSchema;
  const extra = { name: 'added', type: ['null', { type: 'map', values: 'string' }], default: null };
  const newer = { ...schema, fields: [...(schema['fields'] as object[]), extra] } as AvroSchema;
  const [value] = fc.sample(record, 1);
  for (const [writer, written] of [
    [older, value!],
    [newer, { ...value!, added: { a: 'b' } }],
  ] as const) {
    const local = createCodecs({
      writerId: () => 9,
      resolve: async () => ({ name: 'EnrichedRequest', schema: writer }),
    });
    const bytes = Buffer.concat([Buffer.from([0, 0, 0, 0, 9]), avroType(writer).toBuffer(written)]);
    const { value: view } = (await local.view(bytes)) as { readonly value: EnrichedRequest };
    expect(viewOf(view)).not.toBeNull();
    expect(view.platform).toBe(writer === older ? null : value!.platform);
    expect(view.data_snapshot).toBe(value!.data_snapshot);
    expect(view.request.site).toBe(value!.request.site);
  }
});

test('a slot says where a field stands', async () => {
  const [value] = fc.sample(record, 1);
  const view = viewOf((await codecs.view(codecs.encode('EnrichedRequest', value!))).value)!;
  const place = view.$places[view.$base + enrichedSlots['source_offset']!]!;
  expect(integerAt(view.$bytes, place)).toBe(value!.source_offset);
});
