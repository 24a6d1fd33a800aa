import { expect, test } from 'vitest';
import { base32, stableId } from './ids.ts';

test('base32 agrees with the vectors of RFC 4648', () => {
  const vectors = {
    f: 'my',
    fo: 'mzxq',
    foo: 'mzxw6',
    foob: 'mzxw6yq',
    fooba: 'mzxw6ytb',
    foobar: 'mzxw6ytboi',
  };
  for (const [text, expected] of Object.entries(vectors)) expect(base32(Buffer.from(text))).toBe(expected);
});

test('an id depends on kind, site and every part, and parts do not run together', () => {
  const id = stableId('verdict', 'shop', 'policy', 'ip', '192.0.2.1');
  expect(id).toMatch(/^vrd_[a-z2-7]{26}$/);
  expect(stableId('verdict', 'shop', 'policy', 'ip', '192.0.2.1')).toBe(id);
  expect(stableId('verdict', 'shop', 'policyip', '192.0.2.1')).not.toBe(
    stableId('verdict', 'shop', 'policy', 'ip192.0.2.1'),
  );
  expect(stableId('verdict', 'bank', 'policy', 'ip', '192.0.2.1')).not.toBe(id);
});
