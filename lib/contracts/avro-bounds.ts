import type { AvroSchema } from './schemas.ts';

/**
 * Walks over encoded bytes without decoding them and answers where the value ends, or -1 when it would not fit: avsc
 * checks bounds only at the end, so that a damaged count would make it build an array of billions of nothing first.
 */
export type BoundsCheck = (bytes: Buffer, from: number) => number;

/** Cursor shared by the checks: number and end of the last variable-length integer. Decoding is synchronous. */
let integer = 0;
let integerEnd = 0;

/** Zigzag integer at `at`; false when cut off or longer than ten bytes. Exact below 2^53. */
function readInteger(bytes: Buffer, at: number): boolean {
  let value = 0;
  let scale = 1;
  for (let index = at; index < at + 10; index++) {
    if (index >= bytes.length) return false;
    const byte = bytes[index]!;
    value += (byte & 127) * scale;
    if (byte < 128) {
      integer = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      integerEnd = index + 1;
      return true;
    }
    scale *= 128;
  }
  return false;
}

function fixedSize(size: number): BoundsCheck {
  return (bytes, from) => (from + size <= bytes.length ? from + size : -1);
}

const varint: BoundsCheck = (bytes, from) => (readInteger(bytes, from) ? integerEnd : -1);

const lengthPrefixed: BoundsCheck = (bytes, from) => {
  if (!readInteger(bytes, from) || integer < 0 || integer > bytes.length - integerEnd) return -1;
  return integerEnd + integer;
};

/** Blocks of items; every item of our schemas takes at least one byte, so a count can not exceed what is left. */
function blocks(item: BoundsCheck): BoundsCheck {
  return (bytes, from) => {
    let at = from;
    for (;;) {
      if (!readInteger(bytes, at)) return -1;
      let count = integer;
      at = integerEnd;
      if (count === 0) return at;
      if (count < 0) {
        count = -count;
        if (!readInteger(bytes, at)) return -1; // size of the block in bytes
        at = integerEnd;
      }
      if (count > bytes.length - at) return -1;
      for (; count > 0; count--) {
        at = item(bytes, at);
        if (at < 0) return -1;
      }
    }
  };
}

/** Compiles the check of a self-contained schema. */
export function compileBounds(schema: AvroSchema, named: Map<string, BoundsCheck> = new Map()): BoundsCheck {
  if (Array.isArray(schema)) {
    const branches = schema.map((branch) => compileBounds(branch, named));
    return (bytes, from) => {
      if (!readInteger(bytes, from)) return -1;
      return branches[integer]?.(bytes, integerEnd) ?? -1;
    };
  }
  if (typeof schema === 'string') {
    switch (schema) {
      case 'null':
        return (_bytes, from) => from;
      case 'boolean':
        return fixedSize(1);
      case 'float':
        return fixedSize(4);
      case 'double':
        return fixedSize(8);
      case 'int':
      case 'long':
        return varint;
      case 'string':
      case 'bytes':
        return lengthPrefixed;
      default: {
        const known = named.get(schema) ?? named.get(schema.slice(schema.lastIndexOf('.') + 1));
        if (known === undefined) throw new Error(`no such type: ${schema}`);
        return known;
      }
    }
  }
  const node = schema as { readonly [key: string]: unknown };
  const name = String(node['name'] ?? '');
  const define = (check: BoundsCheck): BoundsCheck => {
    named.set(name.slice(name.lastIndexOf('.') + 1), check);
    return check;
  };
  switch (node['type']) {
    case 'record': {
      const fields: BoundsCheck[] = [];
      const check = define((bytes, from) => {
        let at = from;
        for (let index = 0; index < fields.length && at >= 0; index++) at = fields[index]!(bytes, at);
        return at;
      });
      for (const { type } of node['fields'] as readonly { readonly type: AvroSchema }[])
        fields.push(compileBounds(type, named));
      return check;
    }
    case 'enum':
      return define(varint);
    case 'fixed':
      return define(fixedSize(node['size'] as number));
    case 'array':
      return blocks(compileBounds(node['items'] as AvroSchema, named));
    case 'map': {
      const value = compileBounds(node['values'] as AvroSchema, named);
      return blocks((bytes, from) => {
        const at = lengthPrefixed(bytes, from);
        return at < 0 ? -1 : value(bytes, at);
      });
    }
    default:
      return compileBounds(node['type'] as AvroSchema, named);
  }
}
