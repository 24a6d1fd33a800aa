import { expect, test } from 'vitest';
import { enriched } from '../../services/detector/traffic.test-fixture.ts';
import { createUnsaidOutcomes } from './unsaid-outcomes.ts';

const start = Date.UTC(2026, 10, 20, 12);

/** Log-ins that are answered in turn with `statuses`. */
function told(statuses: readonly number[], { endpoint = 'POST /entrar', fn = 'login', many = 300 } = {}) {
  const seen = createUnsaidOutcomes();
  for (let index = 0; index < many; index++) {
    const status = statuses[index % statuses.length]!;
    seen.note(enriched({ at: start + index * 100, ip: '91.1.2.7', endpoint, fn, status }, index));
  }
  return seen.told();
}

test('a log-in that redirects who gets in and shows others a page is told, with the rule that says it', () => {
  expect(told([302, 302, 200])).toEqual([
    'POST shop.example/entrar redirects 67 % of 300 log-ins, shows 33 % a page, and refuses nobody. If the page is the form again, campaigns learn so, but the archive and what is said of single addresses and accounts count failed log-ins as successes: set enricher.outcomes to [{ endpoint: POST /entrar, success: [302], failure: [200] }].',
  ]);
});

test('one that refuses, one that answers with pages alone, its form, and what is no log-in are not', () => {
  expect(told([302, 200, 401])).toEqual([]);
  expect(told([200])).toEqual([]);
  expect(told([302, 302, 200], { endpoint: 'GET /entrar' })).toEqual([]);
  expect(told([302, 302, 200], { fn: 'payment' })).toEqual([]);
  expect(told([302, 302, 200], { many: 90 })).toEqual([]);
});
