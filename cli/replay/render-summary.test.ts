import { expect, test } from 'vitest';
import { renderSummary } from './render-summary.ts';
import { replaySummary } from './replay-summary.test-fixture.ts';

const terminal = (columns: number) => ({ colour: false, interactive: false, columns });
const wide = (summary = replaySummary) => renderSummary(summary, terminal(Infinity));

test('nothing is wider than the terminal', () => {
  const warnings = [
    'much of it was left out, which is said in a sentence that is longer than a line has room',
  ];
  const lines = renderSummary({ ...replaySummary, warnings }, terminal(80)).split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.some((line) => line.includes('clients/min 3'))).toBe(true);
});

test('the figures of campaigns are explained', () => {
  expect(wide()).toMatch(
    /ID .*PEAK +REQUESTS +CLIENTS\/MIN +WOULD STOP\n.*\n PEAK: .* REQUESTS: .* CLIENTS\/MIN: /,
  );
  expect(wide({ ...replaySummary, campaigns: [] })).not.toContain('CLIENTS/MIN');
});

test('money is told only when somebody said what a request costs', () => {
  expect(wide()).toMatch(/NOT SENT +2\.0 kB of answers \(for money, set costs\.per_request\)/);
  expect(wide()).not.toContain('$');
  const saving = { amount: 0.04, currency: '€', per_request: 0.01, assumed: false };
  expect(wide({ ...replaySummary, saving })).toMatch(/SAVED .*€0\.04: 4 requests at €0\.01 \(costs/);
});

test('warnings stand before what was found', () => {
  const text = wide({ ...replaySummary, warnings: ['half of it is missing'] });
  expect(text.indexOf('half of it is missing')).toBeLessThan(text.indexOf('CAMPAIGNS'));
  expect(text.indexOf('half of it is missing')).toBeGreaterThan(0);
});

test('what endpoints are taken for is told, the busiest first', () => {
  const inventory = {
    endpoints: 6,
    hosts: 1,
    documented: null,
    not_covered: 6,
    undocumented: [],
    zombies: [],
    unused: [],
    by_function: {
      login: ['a', 'b', 'c', 'd', 'e'].map((name) => `POST www.shop.example/${name}/login`),
      payment: ['POST www.shop.example/pay'],
      inventory: [],
      cart: [],
    },
  };
  const text = wide({ ...replaySummary, inventory });
  expect(text).toMatch(
    /log-ins +POST www\.shop\.example\/a\/login, .*\/c\/login, … \(2 more\)\n +payments +POST www\.shop\.example\/pay\n +look-ups +none\n/,
  );
  const narrow = renderSummary({ ...replaySummary, inventory }, terminal(80)).split('\n');
  expect(narrow.filter((line) => line.length > 80)).toEqual([]);
});
