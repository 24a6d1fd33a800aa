import { deserialize, serialize } from 'node:v8';

/**
 * The state of a partition as it was after one record: named parts, each a list of byte blobs. What it hands out does
 * not change any more, so it can be written while the state goes on.
 */
export type Snapshot = ReadonlyMap<string, readonly Uint8Array[]>;

/** The bytes of a typed array, not copied. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** A blob as 32-bit words, copied only if it is not aligned (every platform of Node is little-endian). */
export function wordsOf(blob: Uint8Array): Int32Array {
  if (blob.byteOffset % 4 === 0) return new Int32Array(blob.buffer, blob.byteOffset, blob.byteLength >> 2);
  const words = new Int32Array(blob.byteLength >> 2);
  bytesOf(words).set(blob);
  return words;
}

/** A value of small size (what node:v8 can serialize) as a blob. Buffers come back as Buffers. */
export function valueBlob(value: unknown): Uint8Array {
  return serialize(value);
}

export function partValue<V>(snapshot: Snapshot, part: string): V {
  return deserialize(blobsOf(snapshot, part)[0]!) as V;
}

/** The blobs of a part. Throws when it is missing: the layout hash says that it is there. */
export function blobsOf(snapshot: Snapshot, part: string): readonly Uint8Array[] {
  const blobs = snapshot.get(part);
  if (blobs === undefined) throw new Error(`the snapshot has no part ${part}`);
  return blobs;
}

/** A state that is one value of small size. */
export function valueSnapshot(value: unknown): Snapshot {
  return new Map([['value', [valueBlob(value)]]]);
}

export function valueOfSnapshot<V>(snapshot: Snapshot): V {
  return partValue(snapshot, 'value');
}
