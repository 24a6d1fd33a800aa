import { fieldsOf, type Node, namesIn, resolved } from './avro-schema.ts';
import type { RowReader, RowWriter } from './row-streams.ts';
import type { AvroSchema } from './schemas.ts';

export interface RowFunctions {
  /** Places of the schema that hold a text. */
  readonly slots: number;
  write(value: object, writer: RowWriter): void;
  read(reader: RowReader): object;
}

/**
 * Straight code for one record type, made of its schema: what both sides know is never looked up. A word for each text
 * (its number), small number, truth value and length, a double for each long and double, bytes as they are; what may be
 * null and is no text has a word in front that says so.
 */
export function compileRow(schema: AvroSchema, firstSlot: number): RowFunctions {
  const names = namesIn(schema);
  let slots = firstSlot;
  let variables = 0;
  const variable = (): string => `v${variables++}`;

  /** Statements that write `value`, and statements that read it into the variable answered. */
  const code = (type: AvroSchema, value: string): { write: string; read: string; result: string } => {
    const of = resolved(type, names);
    if (Array.isArray(of)) return nullable(of, value);
    const result = variable();
    const kind = typeof of === 'string' ? of : ((of as Node)['type'] as string);
    const read = (expression: string): string => `const ${result}=${expression};`;
    switch (kind) {
      case 'string':
      case 'enum':
        return {
          write: `w[at++]=writer.text(${value},${slots++});`,
          read: `const n${result}=w[at++];${read(`n${result}>=0?texts[n${result}]:reader.passing()`)}`,
          result,
        };
      case 'int':
        return { write: `w[at++]=${value};`, read: read('w[at++]'), result };
      case 'boolean':
        return { write: `w[at++]=${value}?1:0;`, read: read('w[at++]===1'), result };
      case 'long':
        // a whole number that fits is one to the engine as well: it needs no box
        return {
          write: `d[to++]=${value};`,
          read: `const n${result}=d[to++];${read(`(n${result}|0)===n${result}?n${result}|0:n${result}`)}`,
          result,
        };
      case 'double':
      case 'float':
        return { write: `d[to++]=${value};`, read: read('d[to++]'), result };
      case 'fixed':
        return {
          write: `writer.copy(${value});`,
          read: read(`reader.cut(${(of as Node)['size'] as number})`),
          result,
        };
      case 'bytes':
        return {
          write: `w[at++]=${value}.length;writer.copy(${value});`,
          read: read('reader.cut(w[at++])'),
          result,
        };
      case 'record': {
        const fields = fieldsOf(of as Node).map(({ name, type: inner }) => ({
          name,
          ...code(inner, `${value}.${name}`),
        }));
        return {
          write: fields.map(({ write }) => write).join(''),
          read:
            fields.map((field) => field.read).join('') +
            read(`{${fields.map((field) => `${field.name}:${field.result}`).join(',')}}`),
          result,
        };
      }
      case 'array': {
        const item = code((of as Node)['items'] as AvroSchema, `i${result}`);
        return {
          write:
            `w[at++]=${value}.length;if(${value}.length>0){` +
            `for(const i${result} of ${value}){${moreRoom}${item.write}}${moreRoom}}`,
          read:
            `let c${result}=w[at++];const ${result}=c${result}===0?noItems:[];` +
            `for(;c${result}>0;c${result}--){${item.read}${result}.push(${item.result});}`,
          result,
        };
      }
      case 'map': {
        const key = code('string', `k${result}`);
        const item = code((of as Node)['values'] as AvroSchema, `${value}[k${result}]`);
        return {
          write:
            `const a${result}=Object.keys(${value});w[at++]=a${result}.length;if(a${result}.length>0){` +
            `for(const k${result} of a${result}){${moreRoom}${key.write}${item.write}}${moreRoom}}`,
          read:
            `let c${result}=w[at++];const ${result}=c${result}===0?noEntries:{};for(;c${result}>0;c${result}--)` +
            `{${key.read}${item.read}${result}[${key.result}]=${item.result};}`,
          result,
        };
      }
      default:
        throw new Error(`no row can hold Avro type ${kind}`);
    }
  };
  const nullable = (union: readonly AvroSchema[], value: string) => {
    const inner = union.find((branch) => branch !== 'null');
    if (union.length !== 2 || inner === undefined) throw new Error('no row can hold this union');
    const result = variable();
    const some = code(inner, value);
    return {
      write: `if(${value}===null)w[at++]=0;else{w[at++]=1;${some.write}}`,
      read: `let ${result}=null;if(w[at++]!==0){${some.read}${result}=${some.result};}`,
      result,
    };
  };

  const { write, read, result } = code(schema, 'value');
  const functions = new Function(
    // records are frozen by contract: empty lists and maps may be shared
    `const noItems=[],noEntries={};return {write:function(value,writer){let w=writer.words,d=writer.doubles,at=writer.word,to=writer.double;${write}` +
      'writer.word=at;writer.double=to;},' +
      'read:function(reader){const w=reader.words,d=reader.doubles,texts=reader.texts;let at=reader.word,to=reader.double;' +
      `${read}reader.word=at;reader.double=to;return ${result};}};`,
  )() as Omit<RowFunctions, 'slots'>;
  return { slots: slots - firstSlot, ...functions };
}

/** Lists are as long as they are: room is made for each item, and for what follows the last. */
const moreRoom = 'writer.word=at;writer.double=to;writer.roomForWords();w=writer.words;d=writer.doubles;';
