import { bytesHash } from '../hash/bytes-hash.ts';
import { afterInteger, integerAt } from './zigzag.ts';

const size = 8192;
const known: string[] = new Array<string>(size).fill('');

/**
 * The text whose length (Avro zigzag) and UTF-8 bytes stand at `place`. Hosts, endpoints and user agents repeat: the
 * last text with the same bytes is answered again, so that nothing is allocated and equal texts are mostly one object.
 */
export function internedText(bytes: Buffer, place: number): string {
  const at = afterInteger(bytes, place);
  const length = integerAt(bytes, place);
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
