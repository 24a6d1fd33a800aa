import { expect, test } from 'vitest';
import { valueOfSnapshot, valueSnapshot } from './snapshot.ts';

test('a Buffer anywhere in a value is a Buffer again, with its own bytes', () => {
  const value = { one: Buffer.from('abc'), many: new Map([[1, [Buffer.alloc(9000, 'x').subarray(3, 5)]]]) };
  const back = valueOfSnapshot<typeof value>(valueSnapshot(value));
  expect(back).toEqual(value);
  expect([back.one, back.many.get(1)![0]].every(Buffer.isBuffer)).toBe(true);
});
