import type { AvroSchema } from './schemas.ts';

/** A schema that is an object. */
export type Node = { readonly [key: string]: unknown };
export interface Field {
  readonly name: string;
  readonly type: AvroSchema;
}

export const fieldsOf = (record: Node): readonly Field[] => record['fields'] as readonly Field[];

/** Named types of a self-contained schema. */
export function namesIn(schema: AvroSchema, found = new Map<string, AvroSchema>()): Map<string, AvroSchema> {
  if (Array.isArray(schema)) for (const branch of schema) namesIn(branch, found);
  else if (typeof schema === 'object') {
    if (typeof schema['name'] === 'string' && typeof schema['type'] === 'string')
      found.set(schema['name'], schema);
    for (const { type } of (schema['fields'] as readonly Field[] | undefined) ?? []) namesIn(type, found);
    for (const part of ['items', 'values', 'type'])
      if (typeof schema[part] === 'object') namesIn(schema[part] as AvroSchema, found);
  }
  return found;
}

/** The schema with a reference by name followed and an annotated primitive (a timestamp) unwrapped. */
export function resolved(schema: AvroSchema, names: ReadonlyMap<string, AvroSchema>): AvroSchema {
  if (typeof schema === 'string') return names.has(schema) ? resolved(names.get(schema)!, names) : schema;
  if (Array.isArray(schema)) return schema;
  const type = schema['type'] as AvroSchema;
  const complex = ['record', 'enum', 'fixed', 'array', 'map'];
  return typeof type === 'string' && complex.includes(type) ? schema : resolved(type, names);
}
