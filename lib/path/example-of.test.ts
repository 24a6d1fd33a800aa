import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exampleOf } from './example-of.ts';
import { redactPath } from './redact.ts';
import { segmentShape, shapes } from './shapes.ts';

test('has the shape of what was hidden, and is the same for the same', () => {
  fc.assert(
    fc.property(fc.constantFrom(...shapes), fc.uint8Array({ minLength: 8, maxLength: 8 }), (shape, bytes) => {
      const hidden = `~${shape}~${Buffer.from(bytes).toString('base64url')}`;
      const example = exampleOf(hidden);
      expect(example).not.toBeNull();
      expect(segmentShape(decodeURIComponent(example!))).toBe(shape);
      expect(exampleOf(hidden)).toBe(example);
    }),
  );
});

test('keeps an extension, and leaves alone what was not hidden', () => {
  const [, , hidden] = redactPath('/users/12.json', () => Buffer.alloc(8, 7)).split('/');
  expect(exampleOf(hidden!)).toMatch(/^\d+\.json$/);
  expect(exampleOf('login')).toBeNull();
  expect(exampleOf('~nothing~abc')).toBeNull();
});
