import * as fc from 'fast-check';
import type { AvroSchema } from '../../lib/contracts/schemas.ts';

type Named = { readonly [key: string]: unknown };

/** Generated values of a self-contained schema, as the codecs take and give them. For tests. */
export function arbitraryOf(
  schema: AvroSchema,
  named: Map<string, AvroSchema> = new Map(),
): fc.Arbitrary<unknown> {
  if (Array.isArray(schema)) return fc.oneof(...schema.map((branch) => arbitraryOf(branch, named)));
  if (typeof schema === 'string') {
    const known = named.get(schema);
    if (known !== undefined) return arbitraryOf(known, named);
    switch (schema) {
      case 'null':
        return fc.constant(null);
      case 'boolean':
        return fc.boolean();
      case 'int':
        return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
      case 'long':
        return fc.integer({ min: -(2 ** 51), max: 2 ** 51 }); // avsc is exact below 2^52
      case 'float':
        return fc.float({ noNaN: true });
      case 'double':
        return fc.double({ noNaN: true });
      case 'string':
        return fc.string({ unit: 'grapheme', maxLength: 40 });
      case 'bytes':
        return fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes));
      default:
        throw new Error(`no such type: ${schema}`);
    }
  }
  const node = schema as Named;
  if (typeof node['name'] === 'string') named.set(node['name'], schema);
  switch (node['type']) {
    case 'record': {
      const fields = node['fields'] as readonly { readonly name: string; readonly type: AvroSchema }[];
      return fc.record(Object.fromEntries(fields.map(({ name, type }) => [name, arbitraryOf(type, named)])));
    }
    case 'array':
      return fc.array(arbitraryOf(node['items'] as AvroSchema, named), { maxLength: 4 });
    case 'map':
      return fc.dictionary(
        fc.string({ minLength: 1, maxLength: 10 }).filter((key) => key !== '__proto__'),
        arbitraryOf(node['values'] as AvroSchema, named),
        { maxKeys: 4, noNullPrototype: true },
      );
    case 'enum':
      return fc.constantFrom(...(node['symbols'] as readonly string[]));
    case 'fixed': {
      const size = node['size'] as number;
      return fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => Buffer.from(bytes));
    }
    default:
      return arbitraryOf(node['type'] as AvroSchema, named);
  }
}
