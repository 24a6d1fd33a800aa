import { bytesHash } from '../hash/bytes-hash.ts';

const size = 8192;
const known: string[] = new Array<string>(size).fill('');

/**
 * The text whose length (Avro zigzag) and UTF-8 bytes stand at `place`. Hosts, endpoints and user agents repeat: the
 * last text with the same bytes is answered again, so that nothing is allocated and equal texts are mostly one object.
 */
export function internedText(bytes: Buffer, place: number): string {
  let at = place;
  let length = bytes[at++]!;
  if (length > 127) {
    let scale = 128;
    length &= 127;
    for (;;) {
      const byte = bytes[at++]!;
      length += (byte & 127) * scale;
      if (byte < 128) break;
      scale *= 128;
    }
    length = Math.floor(length / 2);
  } else length >>>= 1;
  const slot = bytesHash(bytes, at, length) & (size - 1);
  const last = known[slot]!;
  if (last.length === length) {
    let index = 0;
    // a byte above 127 begins or continues a character of several bytes: never equal to its code here
    while (index < length && last.charCodeAt(index) === bytes[at + index]! && bytes[at + index]! < 128)
      index++;
    if (index === length) return last;
  }
  const text = bytes.toString('utf8', at, at + length);
  if (text.length === length && length > 0) known[slot] = text;
  return text;
}
