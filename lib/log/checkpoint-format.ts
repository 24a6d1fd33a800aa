import { crc32 } from 'node:zlib';
import type { Snapshot } from './snapshot.ts';

/**
 * A checkpoint as bytes: `TGCKPT`, version (16 bits), length of the header (32 bits), header (JSON: layout hash, and
 * name and length of every blob in order), the blobs, then a CRC-32 of the header and of each blob. Blobs start at
 * multiples of eight, numbers are little-endian.
 */
const magic = Buffer.from('TGCKPT');
const version = 1;
const fixedBytes = 12;

interface Header {
  readonly layout: string;
  readonly blobs: readonly (readonly [part: string, bytes: number])[];
}

const padding = (bytes: number): number => (8 - (bytes % 8)) % 8;
const zeros = Buffer.alloc(8);

/** The file in pieces. Blobs are not copied; sums are computed as the pieces are taken, so nothing blocks for long. */
export function* encodeCheckpoint(snapshot: Snapshot, layoutHash: string): Generator<Uint8Array> {
  const blobs = [...snapshot].flatMap(([part, list]) => list.map((blob) => [part, blob] as const));
  const header: Header = {
    layout: layoutHash,
    blobs: blobs.map(([part, { byteLength }]) => [part, byteLength] as const),
  };
  const text = Buffer.from(JSON.stringify(header));
  const fixed = Buffer.alloc(fixedBytes);
  magic.copy(fixed);
  fixed.writeUInt16LE(version, 6);
  fixed.writeUInt32LE(text.length, 8);
  yield fixed;
  yield text;
  yield zeros.subarray(0, padding(fixedBytes + text.length));
  const sums = Buffer.alloc(4 * (1 + blobs.length));
  sums.writeUInt32LE(crc32(text), 0);
  let at = 4;
  for (const [, blob] of blobs) {
    sums.writeUInt32LE(crc32(blob), at);
    at += 4;
    yield blob;
    yield zeros.subarray(0, padding(blob.byteLength));
  }
  yield sums;
}

/** The bytes are no whole checkpoint. */
export class DamagedCheckpointError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DamagedCheckpointError';
  }
}

/** Its sum lies where it says that the blobs end, so it has to make sense before the sum can be looked at. */
function headerOf(text: Buffer): Header {
  let value: unknown;
  try {
    value = JSON.parse(text.toString('utf8'));
  } catch {
    throw new DamagedCheckpointError('its header is damaged');
  }
  const { layout, blobs } = (value ?? {}) as Partial<Header>;
  const whole =
    typeof layout === 'string' &&
    Array.isArray(blobs) &&
    blobs.every(
      (blob: unknown) =>
        Array.isArray(blob) && typeof blob[0] === 'string' && Number.isSafeInteger(blob[1]) && blob[1] >= 0,
    );
  if (!whole) throw new DamagedCheckpointError('its header is damaged');
  return { layout, blobs };
}

/** Bytes summed up before others have their turn. */
const breathBytes = 32 * 1024 * 1024;

/** What `encodeCheckpoint` wrote; blobs are views on `bytes`. Rejects with `DamagedCheckpointError`. */
export async function decodeCheckpoint(
  bytes: Uint8Array,
): Promise<{ readonly layoutHash: string; readonly snapshot: Snapshot }> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < fixedBytes || !buffer.subarray(0, magic.length).equals(magic))
    throw new DamagedCheckpointError('it does not begin as a checkpoint');
  if (buffer.readUInt16LE(6) !== version)
    throw new DamagedCheckpointError(`it has format ${buffer.readUInt16LE(6)}, this build reads ${version}`);
  const length = buffer.readUInt32LE(8);
  const text = buffer.subarray(fixedBytes, fixedBytes + length);
  const header = headerOf(text);
  let at = fixedBytes + length + padding(fixedBytes + length);
  let total = at + 4 * (1 + header.blobs.length);
  for (const [, size] of header.blobs) total += size + padding(size);
  if (total !== buffer.length) throw new DamagedCheckpointError(`${buffer.length} bytes instead of ${total}`);
  let sumAt = total - 4 * (1 + header.blobs.length);
  const check = (blob: Uint8Array, what: string): void => {
    if (crc32(blob) !== buffer.readUInt32LE(sumAt)) throw new DamagedCheckpointError(`${what} is damaged`);
    sumAt += 4;
  };
  check(text, 'its header');
  const snapshot = new Map<string, Uint8Array[]>();
  let summed = 0;
  for (const [part, size] of header.blobs) {
    const blob = buffer.subarray(at, at + size);
    check(blob, `part ${part}`);
    const list = snapshot.get(part);
    if (list === undefined) snapshot.set(part, [blob]);
    else list.push(blob);
    at += size + padding(size);
    summed += size;
    if (summed < breathBytes) continue;
    summed = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { layoutHash: header.layout, snapshot };
}
