import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { arbitraryOf } from '../../test/log/arbitrary-record.ts';
import { inPackage } from '../package-root.ts';
import {
  avroType,
  createCodecs,
  localSchemaIds,
  recordSchemas,
  recordType,
  type SchemaIds,
  UndecodableError,
} from './codecs.ts';
import type { EnrichedRequest } from './generated.ts';
import type { AvroSchema } from './schemas.ts';
import type { RecordName } from './topics.ts';

const names = [...recordSchemas.keys()];
const codecs = createCodecs(localSchemaIds());

describe.each(names)('%s', (name) => {
  test('comes back from the wire as it was', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryOf(recordSchemas.get(name)!), async (value) => {
        const decoded = await codecs.decode(codecs.encode(name, value as never));
        expect(decoded.type).toBe(name);
        expect(decoded.value).toEqual(value);
      }),
      { numRuns: 60 },
    );
  });

  test('damaged bytes are undecodable, never a crash', async () => {
    await fc.assert(
      fc.asyncProperty(
        arbitraryOf(recordSchemas.get(name)!),
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.boolean(),
        async (value, place, byte, cut) => {
          const bytes = codecs.encode(name, value as never);
          const at = 5 + (place % Math.max(1, bytes.length - 5));
          const damaged = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
          if (!cut && at < bytes.length) damaged[at] = byte;
          try {
            await codecs.decode(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(UndecodableError);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('wire format: zero byte, big-endian id, Avro; unknown ids and other formats are undecodable', async () => {
  const tick = {
    site: 'a',
    collector_id: 'c',
    source_class: 's',
    time: 1,
    watermark_at: 2,
    closing: false,
  };
  const bytes = codecs.encode('Tick', tick);
  expect(bytes[0]).toBe(0);
  expect(bytes.readUInt32BE(1)).toBe(localSchemaIds().writerId('Tick'));
  expect(bytes.readInt32BE(1)).toBeGreaterThan(0);
  expect(bytes.subarray(5)).toEqual(recordType('Tick').toBuffer(tick));
  expect(() => codecs.decode(Buffer.from('{"json":1}'))).toThrow(UndecodableError);
  expect(() => codecs.decode(Buffer.alloc(0))).toThrow(UndecodableError);
  await expect(codecs.decode(Buffer.from('000000000102', 'hex'))).rejects.toThrow('unknown schema id 1');
});

test('a record larger than the scratch buffer is encoded whole', async () => {
  const letter = {
    dead_letter_id: 'x',
    at: 1,
    step: 's',
    site: 'd',
    source_id: 'x',
    position: '0',
    reason: 'r',
    detail: '',
    original: 'ü'.repeat(300_000),
    original_bytes: 600_000,
  };
  const decoded = await codecs.decode(codecs.encode('DeadLetter', letter));
  expect(decoded.value).toEqual(letter);
});

test('the bytes of an EnrichedRequest begin with the bytes of its RequestEvent', () => {
  void fc.assert(
    fc.property(arbitraryOf(recordSchemas.get('EnrichedRequest')!), (value) => {
      const { request } = value as EnrichedRequest;
      const raw = recordType('RequestEvent').toBuffer(request);
      const enriched = recordType('EnrichedRequest').toBuffer(value);
      expect(enriched.subarray(0, raw.length)).toEqual(raw);
      // The hashes follow at once: a fixed distance, found without decoding anything else.
      expect(enriched.subarray(raw.length, raw.length + 64)).toEqual((value as EnrichedRequest).hashes);
    }),
    { numRuns: 60 },
  );
});

test('generated types are current', () => {
  execFileSync(process.execPath, [inPackage('scripts', 'generate-contracts.js'), '--check']);
});

/** Field lists of all records in a schema, by record name. */
function fieldsOf(schema: AvroSchema, into = new Map<string, string[]>()): Map<string, string[]> {
  if (Array.isArray(schema)) for (const branch of schema) fieldsOf(branch, into);
  else if (typeof schema === 'object') {
    const fields = schema['fields'] as readonly { name: string; type: AvroSchema }[] | undefined;
    if (fields !== undefined)
      into.set(
        String(schema['name']),
        fields.map(({ name }) => name),
      );
    for (const part of [...(fields ?? []).map(({ type }) => type), schema['items'], schema['values']])
      if (part !== undefined) fieldsOf(part as AvroSchema, into);
    if (typeof schema['type'] === 'object') fieldsOf(schema['type'] as AvroSchema, into);
  }
  return into;
}

/** Throws unless each can read what the other writes and no field moved. */
function checkCompatible(name: string, before: AvroSchema, after: AvroSchema): void {
  const [old, current] = [avroType(before), avroType(after)];
  current.createResolver(old);
  old.createResolver(current);
  const now = fieldsOf(after);
  for (const [record, fields] of fieldsOf(before))
    if (now.get(record)?.slice(0, fields.length).join() !== fields.join())
      throw new Error(`${name}: fields of ${record} were moved or removed; new ones go to the end`);
}

const released = inPackage('schemas', 'released');
test.each(readdirSync(released))(
  'every schema of %s can be read by this build, and the other way round',
  (file) => {
    const schemas = JSON.parse(readFileSync(`${released}/${file}`, 'utf8')) as {
      [name in RecordName]: AvroSchema;
    };
    for (const [name, schema] of Object.entries(schemas)) {
      expect(recordSchemas.has(name as RecordName)).toBe(true);
      checkCompatible(name, schema, recordSchemas.get(name as RecordName)!);
    }
  },
);

test('a breaking edit is noticed', () => {
  const tick = recordSchemas.get('Tick') as {
    fields: { name: string; type: AvroSchema; default?: unknown }[];
  };
  const edit = (fields: object[]) => ({ ...tick, fields }) as unknown as AvroSchema;
  const check = (fields: object[]) => () => checkCompatible('Tick', recordSchemas.get('Tick')!, edit(fields));
  expect(check(tick.fields)).not.toThrow();
  expect(check([...tick.fields, { name: 'more', type: ['null', 'string'], default: null }])).not.toThrow();
  expect(check([...tick.fields, { name: 'more', type: 'string' }])).toThrow();
  expect(check(tick.fields.slice(1))).toThrow();
  expect(check([...tick.fields].reverse())).toThrow('moved');
  expect(
    check(tick.fields.map((field) => (field.name === 'time' ? { ...field, type: 'string' } : field))),
  ).toThrow();
});

test('what an older build wrote is read as the current schema', async () => {
  const tick = recordSchemas.get('Tick') as { fields: object[] };
  const newer = {
    ...tick,
    fields: [...tick.fields, { name: 'more', type: ['null', 'string'], default: null }],
  };
  const ids: SchemaIds = {
    writerId: () => 7,
    resolve: async () => ({ name: 'Tick', schema: newer as unknown as AvroSchema }),
  };
  const value = { site: 'a', collector_id: 'c', source_class: 's', time: 1, watermark_at: 2, closing: true };
  const body = avroType(newer as unknown as AvroSchema).toBuffer({ ...value, more: 'x' });
  const bytes = Buffer.concat([Buffer.from('0000000007', 'hex'), body]);
  expect((await createCodecs(ids).decode(bytes)).value).toEqual(value);
});
