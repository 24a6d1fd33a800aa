import { type Decoded, recordSchemas } from './codecs.ts';
import { compileRow, type RowFunctions } from './compile-row.ts';
import { RowReader, RowWriter } from './row-streams.ts';
import type { RecordName } from './topics.ts';

/**
 * Rows: records on their way to another thread of this process. Both sides are the same build, so nothing has to be
 * described, checked or made small; what counts is that a record costs a microsecond there and here. Numbers lie in
 * typed arrays, which change hands without being copied, and a text is the number under which it was sent before.
 * Unpacked records are plain ones, equal to those packed.
 */
export interface PackedRows {
  readonly count: number;
  readonly words: Int32Array<ArrayBuffer>;
  readonly doubles: Float64Array<ArrayBuffer>;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Texts to be remembered, in the order of their numbers. */
  readonly texts: readonly string[];
  /** Texts that hardly ever come twice, in the order of their places. */
  readonly passing: readonly string[];
  /** What was remembered before is void: numbers begin anew with `texts`. */
  readonly forget: boolean;
}

/** Packs records of some types. Order matters: each answer belongs behind the one before. */
export interface RowPacker {
  add(type: RecordName, value: object): void;
  /** What was added since the last call; its arrays may be given away. */
  take(): PackedRows;
}

/** Unpacks what one packer packed, in its order. */
export interface RowUnpacker {
  unpack(rows: PackedRows): Decoded[];
}

function functionsOf(types: readonly RecordName[]): RowFunctions[] {
  let slots = 0;
  return types.map((name) => {
    const functions = compileRow(recordSchemas.get(name)!, slots);
    slots += functions.slots;
    return functions;
  });
}

export function createRowPacker(types: readonly RecordName[]): RowPacker {
  const functions = functionsOf(types);
  const writer = new RowWriter(functions.reduce((sum, { slots }) => sum + slots, 0));
  let count = 0;
  return {
    add: (type, value) => {
      const index = types.indexOf(type);
      if (index < 0) throw new Error(`${type} is not among the types packed`);
      writer.begin(index);
      functions[index]!.write(value, writer);
      count++;
    },
    take: () => {
      const packed = { count, ...writer.take() };
      count = 0;
      return packed;
    },
  };
}

/** `types`: as the packer has them. */
export function createRowUnpacker(types: readonly RecordName[]): RowUnpacker {
  const functions = functionsOf(types);
  const reader = new RowReader();
  return {
    unpack: (rows) => {
      reader.open(rows);
      const records = new Array<Decoded>(rows.count);
      for (let row = 0; row < rows.count; row++) {
        const index = reader.words[reader.word++]!;
        records[row] = { type: types[index]!, value: functions[index]!.read(reader) } as Decoded;
      }
      return records;
    },
  };
}
