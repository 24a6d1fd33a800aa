import { createHash } from 'node:crypto';
import avsc from 'avsc';
import { compileBounds } from './avro-bounds.ts';
import type { Records } from './generated.ts';
import { compileViews, longestView, type RecordView } from './record-view.ts';
import { type AvroSchema, loadSchemas } from './schemas.ts';
import type { RecordName } from './topics.ts';

/** Ids of schemas in the Confluent wire format, from a registry or computed (`localSchemaIds`). */
export interface SchemaIds {
  /** Id under which this build writes the record type. */
  writerId(name: RecordName): number;
  /** Record type and schema of an id met on the wire; null when nobody knows it. */
  resolve(id: number): Promise<{ readonly name: RecordName; readonly schema: AvroSchema } | null>;
}

export interface Codecs {
  /** `0x00`, four bytes of schema id (big endian), Avro. Integers are exact below 2^52. */
  encode<N extends RecordName>(name: N, value: Records[N]): Buffer;
  /**
   * Decodes what `encode` of this or another version wrote, as a value of the current schema. A promise only when the
   * writer's schema has to be fetched first. Throws (or rejects with) `UndecodableError`.
   */
  decode(bytes: Buffer): Decoded | Promise<Decoded>;
  /** As `decode`, but an EnrichedRequest may come as a view on `bytes` (record-view.ts), which must then not change. */
  view(bytes: Buffer): Decoded | Promise<Decoded>;
}

export type Decoded = {
  [N in RecordName]: { readonly type: N; readonly value: Records[N] };
}[RecordName];

export class UndecodableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UndecodableError';
  }
}

const headerBytes = 5;
const subjectPrefix = 'io.tidegate.';

export const recordSchemas: ReadonlyMap<RecordName, AvroSchema> = loadSchemas() as Map<
  RecordName,
  AvroSchema
>;

/** avsc type of a self-contained schema. Unions are unwrapped; timestamps stay epoch milliseconds. */
export function avroType(schema: AvroSchema): avsc.Type {
  return avsc.Type.forSchema(schema as avsc.Schema, {
    wrapUnions: 'never',
    omitRecordMethods: true,
    registry: {},
  });
}

const types = new Map<RecordName, avsc.Type>(
  [...recordSchemas].map(([name, schema]) => [name, avroType(schema)]),
);

/** The Avro type of a record as this build writes it. */
export function recordType(name: RecordName): avsc.Type {
  return types.get(name)!;
}

/** Record type named by a schema; null when it is none of ours. */
export function recordNameOf(schema: AvroSchema): RecordName | null {
  const name = typeof schema === 'object' && !Array.isArray(schema) ? String(schema['name']) : '';
  const bare = name.startsWith(subjectPrefix) ? name.slice(subjectPrefix.length) : name;
  return recordSchemas.has(bare as RecordName) ? (bare as RecordName) : null;
}

/** Registry-less ids: the first 31 bits of SHA-256 of the schema. Only the schemas of this build can be resolved. */
export function localSchemaIds(): SchemaIds {
  const byName = new Map<RecordName, number>();
  const byId = new Map<number, RecordName>();
  for (const [name, schema] of recordSchemas) {
    const id = createHash('sha256').update(JSON.stringify(schema)).digest().readUInt32BE(0) >>> 1;
    byName.set(name, id);
    byId.set(id, name);
  }
  return {
    writerId: (name) => byName.get(name)!,
    resolve: async (id) => {
      const name = byId.get(id);
      return name === undefined ? null : { name, schema: recordSchemas.get(name)! };
    },
  };
}

const views = compileViews(recordSchemas.get('EnrichedRequest')!, (schema) => {
  const type = avroType(schema);
  return (bytes, at) => type.decode(bytes, at).value;
});

/** Slots of EnrichedRequest by path: where a view says that a field stands. */
export const enrichedSlots = views.slotOf;

/** The view that a value is; null when it is a decoded record. */
export function viewOf(value: object): RecordView | null {
  return '$places' in value ? (value as RecordView) : null;
}

/** Places of views are cut from slabs of this many records. */
const slabViews = 512;

/** How one writer schema is read as the current one. */
interface Reader {
  readonly name: RecordName;
  read(bytes: Buffer): Records[RecordName];
  view(bytes: Buffer): Records[RecordName];
}

export function createCodecs(ids: SchemaIds): Codecs {
  const writers = new Map<RecordName, { readonly id: number; readonly type: avsc.Type }>();
  const readers = new Map<number, Reader>();
  let buffer = Buffer.allocUnsafeSlow(1 << 16);

  const readerOf = (name: RecordName, schema: AvroSchema): Reader => {
    const type = recordType(name);
    const current = JSON.stringify(schema) === JSON.stringify(recordSchemas.get(name));
    const writer = current ? type : avroType(schema);
    const resolver = current ? undefined : type.createResolver(writer);
    const endOf = compileBounds(schema);
    const checkEnd = (end: number, bytes: Buffer): void => {
      if (end < 0 || end > bytes.length) throw new UndecodableError('truncated or damaged record');
      if (end !== bytes.length) throw new UndecodableError(`${bytes.length - end} bytes after the record`);
    };
    const read = (bytes: Buffer): Records[RecordName] => {
      checkEnd(endOf(bytes, headerBytes), bytes);
      return type.decode(bytes, headerBytes, resolver).value as Records[RecordName];
    };
    const walk = name === 'EnrichedRequest' ? views.walkOf(schema) : null;
    let slab = new Uint16Array(0);
    let used = 0;
    return {
      name,
      read,
      view: (bytes) => {
        if (walk === null || bytes.length > longestView) return read(bytes);
        if (used === slab.length) {
          slab = new Uint16Array(slabViews * views.slots);
          used = 0;
        }
        const base = used;
        used += views.slots;
        checkEnd(walk(bytes, headerBytes, slab, base), bytes);
        return views.view(bytes, slab, base) as unknown as Records[RecordName];
      },
    };
  };
  const decodeWith = (reader: Reader, bytes: Buffer, asView: boolean): Decoded => {
    try {
      return { type: reader.name, value: asView ? reader.view(bytes) : reader.read(bytes) } as Decoded;
    } catch (error) {
      throw error instanceof UndecodableError ? error : new UndecodableError((error as Error).message);
    }
  };
  const decode = (bytes: Buffer, asView: boolean): Decoded | Promise<Decoded> => {
    if (bytes.length < headerBytes || bytes[0] !== 0)
      throw new UndecodableError('not in the Confluent wire format (no magic byte)');
    const id = bytes.readUInt32BE(1);
    const known = readers.get(id);
    if (known !== undefined) return decodeWith(known, bytes, asView);
    return ids.resolve(id).then((found) => {
      if (found === null) throw new UndecodableError(`unknown schema id ${id}`);
      let reader: Reader;
      try {
        reader = readerOf(found.name, found.schema);
      } catch (error) {
        throw new UndecodableError(`schema ${id} of ${found.name}: ${(error as Error).message}`);
      }
      readers.set(id, reader);
      return decodeWith(reader, bytes, asView);
    });
  };
  return {
    encode: (name, value) => {
      let writer = writers.get(name);
      if (writer === undefined) {
        writer = { id: ids.writerId(name), type: recordType(name) };
        writers.set(name, writer);
      }
      let end = writer.type.encode(value, buffer, headerBytes);
      if (end < 0) {
        // avsc answers minus the number of missing bytes.
        buffer = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(buffer.length - end)));
        end = writer.type.encode(value, buffer, headerBytes);
      }
      buffer[0] = 0;
      buffer.writeUInt32BE(writer.id, 1);
      return Buffer.from(buffer.subarray(0, end));
    },
    decode: (bytes) => decode(bytes, false),
    view: (bytes) => decode(bytes, true),
  };
}
