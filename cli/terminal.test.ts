import { describe, expect, it } from 'vitest';
import { tableOrBlocks, terminalOf, wrapped } from './terminal.ts';

const stream = (columns?: number) => ({ isTTY: columns !== undefined, columns }) as NodeJS.WriteStream;

describe('how wide a terminal is', () => {
  it('is what it says, else COLUMNS; what goes into a pipe has no width', () => {
    expect(terminalOf(stream(80), { COLUMNS: '120' }).columns).toBe(80);
    expect(terminalOf(stream(), { COLUMNS: '120' }).columns).toBe(120);
    for (const COLUMNS of [undefined, '', 'wide', '-1'])
      expect(terminalOf(stream(), COLUMNS === undefined ? {} : { COLUMNS }).columns).toBe(Infinity);
  });
});

describe('text in a narrow terminal', () => {
  it('is broken between words, what follows indented', () => {
    expect(wrapped(' one two three', 8)).toEqual([' one two', '   three']);
    expect(wrapped(' label   one two', 13, 9)).toEqual([' label   one', '         two']);
    expect(wrapped(' one two', 80)).toEqual([' one two']);
  });
  it('keeps what is longer than a line whole', () => {
    expect(wrapped('a verylongword b', 6)).toEqual(['a', '  verylongword', '  b']);
  });
  it('is measured without colours', () => {
    const text = '\u001b[1mone\u001b[0m two';
    expect(wrapped(text, 7)).toEqual([text]);
  });
});

describe('a table', () => {
  const columns = [
    { title: 'ID', value: (row: readonly string[]) => row[0]! },
    { title: 'WHAT', value: (row: readonly string[]) => row[1]! },
    { title: 'N', align: 'right' as const, value: (row: readonly string[]) => row[2]! },
  ];
  const rows = [
    ['a', 'something', '1'],
    ['b', 'other', '22'],
  ];
  it('is one where it fits', () => {
    expect(tableOrBlocks(columns, rows, 80)).toEqual([
      'ID  WHAT        N',
      'a   something   1',
      'b   other      22',
    ]);
  });
  it('says each row in lines of its own where it does not, values unbroken', () => {
    expect(tableOrBlocks(columns, rows, 16)).toEqual([
      'a',
      '  what something',
      '  n 1',
      'b',
      '  what other',
      '  n 22',
    ]);
    expect(tableOrBlocks(columns, [rows[1]!], 17)).toEqual(['ID  WHAT    N', 'b   other  22']);
  });
});
