import { createHash } from 'node:crypto';
import { parseRedactedSegment } from './redact.ts';
import { type Shape, segmentShape } from './shapes.ts';

const words = ['amber', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron'];

/** Texts that ought to have the shape, from bytes that are as good as random. */
const makers: { readonly [S in Shape]: (bytes: Buffer) => string } = {
  number: (bytes) => String(bytes.readUInt32BE(0)),
  uuid: (bytes) => {
    const hex = bytes.toString('hex', 0, 16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  },
  hex: (bytes) => `a${bytes.toString('hex', 0, 7)}1`,
  date: (bytes) =>
    `2026-${String((bytes[0]! % 12) + 1).padStart(2, '0')}-${String((bytes[1]! % 28) + 1).padStart(2, '0')}`,
  email: (bytes) => `p${bytes.toString('hex', 0, 8)}@mail.example`,
  code: (bytes) => `SKU${bytes.readUInt32BE(0) % 1_000_000_000}00000`,
  token: (bytes) => `Zx9K${bytes.toString('base64url', 0, 24)}q7Q`,
  slug: (bytes) =>
    [0, 1, 2, 3, 4].map((index) => `${words[bytes[index]! & 7]}${bytes[index + 8]! & 63}`).join('-'),
  list: (bytes) => `${bytes.readUInt16BE(0)},${bytes.readUInt16BE(2)},${bytes.readUInt16BE(4)}`,
  text: (bytes) => `${words[bytes[0]! & 7]} ${bytes.readUInt32BE(1)}`,
};

/**
 * A segment of the same shape in place of one that `redactPath` hid; equal segments give equal ones. null when the segment
 * was not hidden.
 */
export function exampleOf(segment: string): string | null {
  const hidden = parseRedactedSegment(segment);
  if (hidden === null) return null;
  const { shape, suffix } = hidden;
  const hash = hidden.hash.toString('base64url');
  for (let salt = 0; salt < 16; salt++) {
    const text = makers[shape](createHash('sha256').update(`${hash} ${salt}`).digest());
    if (segmentShape(text) === shape) return `${shape === 'text' ? encodeURIComponent(text) : text}${suffix}`;
  }
  return null;
}
