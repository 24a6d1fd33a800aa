import { compileBounds } from './avro-bounds.ts';
import { type Field, fieldsOf, type Node, namesIn, resolved } from './avro-schema.ts';
import { internedText } from './interned-text.ts';
import type { AvroSchema } from './schemas.ts';
import { integerAt } from './zigzag.ts';

/**
 * Views: records that stay as their bytes. One walk over a record checks it and notes where each field stands; a field
 * is decoded when it is read. A reader that looks at a third of the fields, and at most of those only now and then,
 * spends a tenth of what building the whole value takes, and leaves almost nothing to the garbage collector.
 *
 * A view answers every field of its record type by name, nested records included, with the same values as the decoded
 * record. Its fields stand on the prototype: they do not show when it is spread or enumerated (`toJSON` gives the whole
 * record). It keeps the bytes it was made of alive.
 */
export interface RecordView {
  /** The message that holds the record. */
  readonly $bytes: Buffer;
  /** Where fields stand: slot `n` of this record is `$places[$base + n]`, the place of its value in `$bytes`, 0 = null. */
  readonly $places: Uint16Array;
  readonly $base: number;
}

/** Positions are 16 bits: longer messages are decoded as a whole. */
export const longestView = 65_535;

type Walk = (bytes: Buffer, from: number, places: Uint16Array, base: number) => number;

export interface ViewCompiler {
  /** Number of slots of a view: leaves of the record and of records directly in it. */
  readonly slots: number;
  /** Slot of each leaf by its path, `request.site`. */
  readonly slotOf: { readonly [path: string]: number };
  /** How a writer's record is walked; null when its schema differs in ways that only a full decode can bridge. */
  walkOf(writer: AvroSchema): Walk | null;
  /** The view of a record that was walked. */
  view(bytes: Buffer, places: Uint16Array, base: number): RecordView;
}

interface Leaf {
  readonly path: string;
  readonly type: AvroSchema;
}

class Unsupported extends Error {}

function leavesOf(schema: AvroSchema): Leaf[] {
  const names = namesIn(schema);
  const leaves: Leaf[] = [];
  const add = (record: Node, prefix: string): void => {
    for (const { name, type } of fieldsOf(record)) {
      const inner = resolved(type, names);
      if (typeof inner === 'object' && !Array.isArray(inner) && inner['type'] === 'record')
        add(inner, `${prefix}${name}.`);
      else leaves.push({ path: prefix + name, type: inner });
    }
  };
  add(schema as Node, '');
  return leaves;
}

/** Two leaves that are read alike. */
function sameType(a: AvroSchema, b: AvroSchema, of: ReadonlyMap<string, AvroSchema>): boolean {
  const text = (schema: AvroSchema): string =>
    JSON.stringify(resolved(schema, of), (key, value: unknown) =>
      key === 'doc' || key === 'default' ? undefined : value,
    );
  return text(a) === text(b);
}

/**
 * The walk as source text: straight code without calls for what is usual (short texts, small numbers), so that the
 * whole record takes some 300 ns. Reads beyond the end give `undefined`, which fails every comparison, and the caller
 * compares the end.
 */
function walkSource(schema: AvroSchema, slotOf: ReadonlyMap<string, number>): [string, AvroSchema[]] {
  const names = namesIn(schema);
  const slow: AvroSchema[] = [];
  const carefully = (of: AvroSchema, start: string): string => {
    slow.push(withNames(of, names));
    return `at=slow[${slow.length - 1}](bytes,${start});if(at<0)return -1;`;
  };
  let depth = 0;
  const skip = (type: AvroSchema): string => {
    const of = resolved(type, names);
    if (Array.isArray(of)) {
      const branches = of.map((branch, index) => `case ${index * 2}:${skip(branch)}break;`).join('');
      return `switch(bytes[at++]){${branches}default:return -1;}`;
    }
    const kind = typeof of === 'string' ? of : (of['type'] as string);
    switch (kind) {
      case 'null':
        return '';
      case 'boolean':
        return 'at+=1;';
      case 'float':
        return 'at+=4;';
      case 'double':
        return 'at+=8;';
      case 'int':
      case 'long':
        return `end=at+${kind === 'int' ? 5 : 8};while(bytes[at]>127){at++;if(at>=end)return -1;}at++;`;
      case 'string':
      case 'bytes':
        return `b=bytes[at];if(b<128&&(b&1)===0)at+=1+(b>>>1);else{${carefully(of, 'at')}}`;
      case 'fixed':
        return `at+=${Number((of as Node)['size'])};`;
      case 'enum': {
        const symbols = ((of as Node)['symbols'] as readonly string[]).length;
        if (symbols > 64) throw new Unsupported();
        return `b=bytes[at++];if(!(b<${symbols * 2})||(b&1)!==0)return -1;`;
      }
      case 'record':
        return fieldsOf(of as Node)
          .map(({ type: inner }) => skip(inner))
          .join('');
      case 'array':
      case 'map': {
        const level = depth++;
        const item =
          kind === 'array'
            ? skip((of as Node)['items'] as AvroSchema)
            : skip('string') + skip((of as Node)['values'] as AvroSchema);
        depth--;
        return (
          `if(bytes[at]===0)at++;else{const start${level}=at;b=bytes[at];let n${level}=b<128&&(b&1)===0?b>>>1:0;at++;` +
          `for(;n${level}>0;n${level}--){${item}}` +
          `if(bytes[start${level}]<128&&(bytes[start${level}]&1)===0&&bytes[at]===0)at++;` +
          `else{${carefully(of, `start${level}`)}}}`
        );
      }
      default:
        throw new Unsupported();
    }
  };
  const walk = (record: Node, prefix: string): string =>
    fieldsOf(record)
      .map(({ name, type }) => {
        const inner = resolved(type, names);
        if (typeof inner === 'object' && !Array.isArray(inner) && inner['type'] === 'record')
          return walk(inner, `${prefix}${name}.`);
        const slot = slotOf.get(prefix + name);
        if (slot === undefined) return skip(type);
        if (!Array.isArray(inner)) return `places[base+${slot}]=at;${skip(type)}`;
        // a union with null: its value stands after the branch, and null is place 0
        const empty = inner.indexOf('null');
        if (inner.length !== 2 || empty < 0) throw new Unsupported();
        return (
          `b=bytes[at++];if(b===${empty * 2})places[base+${slot}]=0;else if(b===${(1 - empty) * 2}){` +
          `places[base+${slot}]=at;${skip(inner[1 - empty]!)}}else return -1;`
        );
      })
      .join('');
  return [walk(schema as Node, ''), slow];
}

/** A part of a schema that can stand alone: names it refers to are written out where they come first. */
function withNames(part: AvroSchema, names: ReadonlyMap<string, AvroSchema>): AvroSchema {
  const written = new Set<string>();
  const inline = (node: AvroSchema): AvroSchema => {
    if (typeof node === 'string') {
      if (!names.has(node) || written.has(node)) return node;
      return inline(names.get(node)!);
    }
    if (Array.isArray(node)) return node.map(inline);
    if (typeof node['name'] === 'string') written.add(node['name']);
    const copy: { [key: string]: unknown } = { ...node };
    if (Array.isArray(copy['fields']))
      copy['fields'] = (copy['fields'] as Field[]).map((field) => ({ ...field, type: inline(field.type) }));
    for (const key of ['items', 'values'])
      if (copy[key] !== undefined) copy[key] = inline(copy[key] as AvroSchema);
    return copy;
  };
  return inline(part);
}

/** Source text that reads a leaf at place `p` of `b`. */
function readSource(type: AvroSchema, arrayAt: (type: AvroSchema) => number): string {
  if (Array.isArray(type)) {
    const inner = type.find((branch) => branch !== 'null')!;
    return `p===0?null:${readSource(inner, arrayAt)}`;
  }
  const kind = typeof type === 'string' ? type : (type['type'] as AvroSchema);
  switch (kind) {
    case 'string':
      return 'text(b,p)';
    case 'int':
    case 'long':
      return 'integer(b,p)';
    case 'boolean':
      return 'b[p]!==0';
    case 'double':
      return 'b.readDoubleLE(p)';
    case 'float':
      return 'b.readFloatLE(p)';
    case 'fixed':
      return `b.subarray(p,p+${(type as Node)['size'] as number})`;
    case 'enum':
      return `${JSON.stringify((type as Node)['symbols'])}[b[p]>>>1]`;
    default:
      return `decoders[${arrayAt(type)}](b,p)`;
  }
}

/**
 * Compiles views of a record type. `decode` builds a whole value of a self-contained part of the schema (arrays, maps)
 * or of the record.
 */
export function compileViews(
  reader: AvroSchema,
  decoderOf: (schema: AvroSchema) => (bytes: Buffer, at: number) => unknown,
): ViewCompiler {
  const names = namesIn(reader);
  const leaves = leavesOf(reader);
  const slotOf = new Map(leaves.map(({ path }, slot) => [path, slot]));
  const decoders: ((bytes: Buffer, at: number) => unknown)[] = [];
  const decoderAt = (type: AvroSchema): number => decoders.push(decoderOf(withNames(type, names))) - 1;

  const classes: string[] = [];
  const classOf = (record: Node, prefix: string): string => {
    const id = `View${classes.length}`;
    classes.push('');
    const at = classes.length - 1;
    const nested: string[] = [];
    const getters: string[] = [];
    for (const { name, type } of fieldsOf(record)) {
      const inner = resolved(type, names);
      if (typeof inner === 'object' && !Array.isArray(inner) && inner['type'] === 'record')
        nested.push(`this.${name}=new ${classOf(inner, `${prefix}${name}.`)}(bytes,places,base);`);
      else
        getters.push(
          `get ${name}(){const b=this.$bytes,p=this.$places[this.$base+${slotOf.get(prefix + name)}];` +
            `return ${readSource(inner, decoderAt)};}`,
        );
    }
    const fields = JSON.stringify(fieldsOf(record).map(({ name }) => name));
    classes[at] =
      `class ${id}{constructor(bytes,places,base){this.$bytes=bytes;this.$places=places;this.$base=base;` +
      `${nested.join('')}}${getters.join('')}` +
      `toJSON(){const whole={};for(const name of ${fields})whole[name]=this[name];return whole;}}`;
    return id;
  };
  const root = classOf(reader as Node, '');
  // avsc compiles its readers in the same way: from a schema that this build or the registry holds, never from input.
  const View = new Function(
    'text',
    'integer',
    'decoders',
    `${classes.reverse().join('\n')}\nreturn ${root};`,
  )(internedText, integerAt, decoders) as new (
    bytes: Buffer,
    places: Uint16Array,
    base: number,
  ) => RecordView;

  return {
    slots: leaves.length,
    slotOf: Object.fromEntries(slotOf),
    walkOf: (writer) => {
      try {
        const written = new Map(leavesOf(writer).map(({ path, type }) => [path, type]));
        const writerNames = namesIn(writer);
        for (const { path, type } of leaves) {
          const own = written.get(path);
          const nullable = Array.isArray(type) && type.includes('null');
          // a field that the writer did not know is null, or else needs the default that a full decode fills in
          if (own === undefined ? !nullable : !sameType(own, type, new Map([...names, ...writerNames])))
            return null;
        }
        const [source, slow] = walkSource(writer, slotOf);
        const checks = slow.map((part) => compileBounds(part));
        return new Function(
          'slow',
          `return function walk(bytes,from,places,base){let at=from,b=0,end=0;${source}return at;}`,
        )(checks) as Walk;
      } catch (error) {
        if (error instanceof Unsupported) return null;
        throw error;
      }
    },
    view: (bytes, places, base) => new View(bytes, places, base),
  };
}
