import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeDeadLetter, maskOriginal } from './dead-letter.ts';

test('tokens, values and addresses are masked, structure stays', () => {
  expect(maskOriginal('GET /login?password=hunter&next=/home HTTP/1.1')).toBe(
    'GET /login?password=<6>&next=<5> HTTP/1.1',
  );
  expect(maskOriginal('{"session": "s3cr3t-abc", "note":"", "n": 12}')).toBe(
    '{"session": "<10>", "note":"", "n": 12}',
  );
  expect(maskOriginal('user ada@example.com token eyJhbGciOiJIUzI1NiJ9.x')).toBe('user <15> token <22>');
});

test('no planted secret survives, wherever it stands', () => {
  const secret = fc.stringMatching(/^[A-Za-z]{1,8}[0-9]{1,4}[A-Za-z0-9_-]{4,20}$/);
  const place = fc.constantFrom(
    (text: string) => `10.0.0.1 - - [10/Oct/2000:13:55:36] "GET /a/${text}/b HTTP/1.1" 200`,
    (text: string) => `{"a":{"b":"${text}"}}`,
    (text: string) => `{"${text}":1}`,
    (text: string) => `Authorization: Bearer ${text}`,
    (text: string) => `\u0000\ufffd${text}\u0001`,
    (text: string) => `?x=${text};y`,
  );
  void fc.assert(
    fc.property(secret, place, (text, embed) => {
      expect(maskOriginal(embed(text))).not.toContain(text);
    }),
  );
});

test('the same input has the same id; long originals are cut, their size is told', () => {
  const input = {
    step: 'enricher',
    site: 'default',
    sourceId: 'requests.raw',
    position: 'requests.raw[0]@7',
    reason: 'bug',
    detail: 'x'.repeat(5000),
    original: Buffer.alloc(100_000, 'ab '),
    at: 5,
  };
  const letter = makeDeadLetter(input);
  expect(makeDeadLetter({ ...input, at: 9 }).dead_letter_id).toBe(letter.dead_letter_id);
  expect(letter.original_bytes).toBe(100_000);
  expect(letter.original.length).toBeLessThanOrEqual(4096);
  expect(letter.detail).toHaveLength(1000);
});
