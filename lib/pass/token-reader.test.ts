import { expect, test } from 'vitest';
import { createTokenReader } from './token-reader.ts';

test('a pass is read from its header, else from its cookie, wherever that stands among the others', () => {
  const read = createTokenReader();
  expect(read({})).toBeUndefined();
  expect(read({ 'tidegate-pass': 'a' })).toBe('a');
  expect(read({ 'tidegate-pass': 'a', cookie: 'tidegate_pass=b' })).toBe('a');
  // A proxy that sets the header for everybody leaves it empty for those who have none.
  expect(read({ 'tidegate-pass': '', cookie: 'tidegate_pass=b' })).toBe('b');
  expect(read({ cookie: 'x=1;  tidegate_pass= b ;y=2' })).toBe('b');
  expect(read({ cookie: 'my_tidegate_pass=b' })).toBeUndefined();
  expect(read({ cookie: 'x="tidegate_pass=b' })).toBeUndefined();
  const named = createTokenReader({ cookie: 'visit', header: 'x-visit' });
  expect([named({ cookie: 'visit=c' }), named({ 'x-visit': 'd' })]).toEqual(['c', 'd']);
  expect(() => createTokenReader({ cookie: 'a b' })).toThrow('names of a-z');
});
