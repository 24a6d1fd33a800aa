import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { inPackage } from '../package-root.ts';

/** Avro schema as parsed JSON. */
export type AvroSchema = string | AvroSchema[] | { [key: string]: unknown };

function load(folder: string): Map<string, AvroSchema> {
  const found = new Map<string, AvroSchema>();
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.avsc')) continue;
    found.set(basename(file, '.avsc'), JSON.parse(readFileSync(join(folder, file), 'utf8')) as AvroSchema);
  }
  return found;
}

/**
 * Every record schema, self-contained: a named type from `schemas/common` (or another record) is written out
 * at its first use and referred to by name after that, as a registry expects.
 */
export function loadSchemas(folder: string = inPackage('schemas')): Map<string, AvroSchema> {
  const records = load(folder);
  const named = new Map([...load(join(folder, 'common')), ...records]);
  const result = new Map<string, AvroSchema>();
  for (const [name, schema] of records) {
    const written = new Set<string>();
    const inline = (node: AvroSchema): AvroSchema => {
      if (typeof node === 'string') {
        const definition = named.get(node);
        if (definition === undefined || written.has(node)) return node;
        written.add(node);
        return inline(definition);
      }
      if (Array.isArray(node)) return node.map(inline);
      const copy: { [key: string]: unknown } = { ...node };
      if (typeof copy['name'] === 'string' && copy['type'] !== undefined) written.add(copy['name']);
      if (Array.isArray(copy['fields'])) {
        copy['fields'] = (copy['fields'] as { type: AvroSchema }[]).map((field) => ({
          ...field,
          type: inline(field.type),
        }));
      }
      if (copy['items'] !== undefined) copy['items'] = inline(copy['items'] as AvroSchema);
      if (copy['values'] !== undefined) copy['values'] = inline(copy['values'] as AvroSchema);
      if (typeof copy['type'] === 'object') copy['type'] = inline(copy['type'] as AvroSchema);
      return copy;
    };
    result.set(name, inline(schema));
  }
  return result;
}
