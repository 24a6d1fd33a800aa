import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLineSplitter } from './lines.ts';

function split(chunks: readonly Buffer[], maxBytes = 1000) {
  const lines: (readonly [line: string | number, lineNumber: number, offset: number])[] = [];
  const splitter = createLineSplitter(
    {
      line: (text) => lines.push([text, splitter.lineNumber, splitter.offset]),
      tooLong: (_, length) => lines.push([length, splitter.lineNumber, splitter.offset]),
    },
    { maxBytes },
  );
  for (const chunk of chunks) splitter.feed(chunk);
  splitter.end();
  return { lines, splitter };
}

test('line ends, empty lines, a mark at the start, a last line without end', () => {
  expect(split([Buffer.from('\ufeffa\r\n\nb\n\r\nc')]).lines).toEqual([
    ['a', 1, 0],
    ['b', 3, 7],
    ['c', 5, 11],
  ]);
});

test('a line of a megabyte is reported by its length and never held', () => {
  const chunks = [
    Buffer.from('a\n'),
    ...Array.from({ length: 16 }, () => Buffer.alloc(65_536, 'x')),
    Buffer.from('\nb\n'),
  ];
  expect(split(chunks).lines).toEqual([
    ['a', 1, 0],
    [1_048_576, 2, 2],
    ['b', 3, 1_048_579],
  ]);
});

test('invalid UTF-8 becomes U+FFFD', () => {
  expect(split([Buffer.from([0x61, 0xff, 0x62, 10])]).lines[0]![0]).toBe('a\ufffdb');
});

test('how the bytes are cut into chunks does not matter; offsets find the lines again', () => {
  const bytes = fc
    .uint8Array({ maxLength: 300 })
    .map((array) => Buffer.from(array.map((byte) => (byte > 200 ? 10 : byte))));
  fc.assert(
    fc.property(bytes, fc.array(fc.nat({ max: 300 }), { maxLength: 10 }), (whole, cuts) => {
      const places = [
        0,
        ...cuts.map((cut) => Math.min(cut, whole.length)).sort((a, b) => a - b),
        whole.length,
      ];
      const chunks = places.slice(1).map((place, index) => whole.subarray(places[index]!, place));
      const once = split([whole], 40);
      const pieces = split(chunks, 40);
      expect(pieces.lines).toEqual(once.lines);
      expect(pieces.splitter.offset).toBe(whole.length);
      for (const [line, , offset] of once.lines) {
        if (offset === 0 || typeof line === 'number') continue;
        const end = whole.indexOf(10, offset);
        const raw = whole.subarray(offset, end < 0 ? whole.length : end).toString('utf8');
        expect(raw.replace(/\r$/, '')).toBe(line);
      }
    }),
  );
});
