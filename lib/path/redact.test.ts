import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sipHash64, sipKey } from '../hash/siphash.ts';
import { maxPathLength, parseRedactedSegment, pathSegments, redactPath } from './redact.ts';

const key = sipKey(Buffer.alloc(32, 7));
const hash = (value: string): Buffer => sipHash64(key, value);
const redact = (path: string): string => redactPath(path, hash);
/** Hashes replaced by `#`, for reading. */
const shown = (path: string): string => redact(path).replace(/~(\w+)~[\w-]{11}/g, '{$1}');

test.each([
  ['/api/login', '/api/login'],
  ['/users/12345/orders/AB-1234', '/users/{number}/orders/{code}'],
  ['/users/12345.json', '/users/{number}.json'],
  ['/orders/981:cancel', '/orders/{number}:cancel'],
  ['/orders/981:batchGet', '/orders/{number}:batchGet'],
  ['/p/1.5', '/p/1.5'],
  ['/files/report.12.pdf', '/files/report.12.pdf'],
  ['/users/jane%40example.com', '/users/{email}'],
  ['/users/jane@example.com/', '/users/{email}/'],
  ['/search/Jane%20Doe', '/search/{text}'],
  ['/%61pi/%6Cogin', '/api/login'],
  ['/a/../b/./c', '/b/c'],
  ['/a/%2e%2e/%2E%2e/etc', '/etc'],
  ['/a/b/..', '/a/'],
  ['//a///b', '/a/b'],
  ['/a/b/', '/a/b/'],
  ['', '/'],
  ['/', '/'],
  ['*', '*'],
  ['a/b', '/a/b'],
  ['/cart;jsessionid=0123456789ABCDEF/items', '/cart/items'],
  ['/a?q=secret', '/a'],
  ['/a#secret', '/a'],
  ['/bad/%zz', '/bad/{text}'],
  ['/half/%E4%B8', '/half/{text}'],
  ['/~jane/index.html', '/%7Ejane/index.html'],
  ['/wp-login.php', '/wp-login.php'],
])('%j becomes %j', (path, expected) => {
  expect(shown(path)).toBe(expected);
});

test('equal values have equal hashes, also when encoded otherwise', () => {
  expect(redact('/u/jane%40example.com')).toBe(redact('/u/jane@example.com'));
  expect(redact('/u/1')).not.toBe(redact('/u/2'));
});

test('a redacted segment can be read back', () => {
  const [, segment] = pathSegments(redact('/users/12345.json'));
  expect(parseRedactedSegment(segment!)).toEqual({ shape: 'number', hash: hash('12345'), suffix: '.json' });
  expect(parseRedactedSegment('users')).toBeNull();
});

test('shapes can be kept in the clear, free text never', () => {
  const keep = new Set(['number', 'text'] as const);
  expect(redactPath('/zip/90210/Jane%20Doe', hash, keep)).toMatch(/^\/zip\/90210\/~text~/);
});

test('no segment stays in the clear that is longer than a word', () => {
  const keep = new Set(['number', 'token'] as const);
  for (const character of ['-', '.x', '1', 'g'])
    expect(redactPath(`/a/x${character.repeat(4000)}`, hash, keep).length).toBeLessThan(40);
});

test('nothing a client sends passes for a redacted segment', () => {
  const forged = `~number~${hash('1').toString('base64url')}`;
  for (const path of [`/x/${forged}`, `/x/${encodeURIComponent(forged)}`, `/x/%7E${forged.slice(1)}`]) {
    const [, segment] = pathSegments(redact(path));
    const parsed = parseRedactedSegment(segment!);
    // A long random-looking segment may itself be hidden; then it carries the hash of the forged text, not its own.
    expect(parsed === null || !parsed.hash.equals(hash('1'))).toBe(true);
  }
  expect(parseRedactedSegment(pathSegments(redact('/~hex~AAAAAAAAAAA'))[0]!)?.hash).not.toEqual(
    Buffer.alloc(8),
  );
});

test('any path: starts with a slash, bounded, no dot segment, no blank, stable shape of segments', () => {
  fc.assert(
    fc.property(fc.oneof(fc.webPath(), fc.string({ unit: 'binary' }), fc.string()), (path) => {
      fc.pre(path !== '*');
      const redacted = redact(path);
      expect(redacted.startsWith('/')).toBe(true);
      expect(redacted.length).toBeLessThanOrEqual(maxPathLength * 8);
      for (const segment of pathSegments(redacted)) {
        expect(segment).not.toBe('..');
        expect(/^[\x21-\x7e]+$/.test(segment)).toBe(true);
        if (segment.startsWith('~')) expect(parseRedactedSegment(segment)).not.toBeNull();
      }
    }),
  );
});

test('an identifier never stays in the clear', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.emailAddress(), fc.nat({ max: 1e9 }), (id, email, number) => {
      const redacted = redact(`/a/${id}/b/${encodeURIComponent(email)}/${number + 100_000}`);
      expect(redacted).not.toContain(id);
      expect(redacted).not.toContain(email);
      expect(redacted).not.toContain(String(number + 100_000));
    }),
  );
});

test('a path beyond the limit is cut', () => {
  expect(redact(`/${'word/'.repeat(5000)}`).length).toBeLessThanOrEqual(maxPathLength);
});
