import { expect, test } from 'vitest';
import { renderHtml } from './html-report.ts';
import { hostile, replaySummary as summary } from './replay-summary.test-fixture.ts';

test('the page says what was found, and nothing in it comes to life or is fetched', () => {
  const page = renderHtml(summary);
  expect(page).not.toMatch(/<script|javascript:| on[a-z]+=|https?:|url\(|@import/i);
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;');
  expect(page).toContain("default-src 'none'");
  for (const fact of [
    '40.0 %',
    '1 of 5 requests',
    '12x',
    '203.0.113.0/24',
    '2 unreadable',
    '1m a bar',
    '30 s+',
  ])
    expect(page).toContain(fact);
  expect(page.match(/<rect/g)).toHaveLength(3);
});

test('a warning stands before the figures, as text', () => {
  const page = renderHtml({ ...summary, warnings: [hostile] });
  const [before, after] = page.split('40.0 %');
  expect(before).toContain('<strong>Warning</strong> /a&quot;&gt;&lt;script');
  expect(after).not.toContain('Warning');
  expect(renderHtml(summary)).not.toContain('Warning');
});

test('money is told only when somebody said what a request costs', () => {
  expect(renderHtml(summary)).toContain('of answers not sent');
  expect(renderHtml(summary)).not.toContain('saved (estimate)');
  const saving = { ...summary.saving, assumed: false };
  expect(renderHtml({ ...summary, saving })).toContain('saved (estimate)');
});

test('a log without a request is a page too', () => {
  const page = renderHtml({ ...summary, period: null, timeline: null, campaigns: [] });
  expect(page).toContain('no request');
  expect(page).not.toContain('<svg');
});

test('a campaign that stops nothing says whether its policy was to', () => {
  const [campaign] = summary.campaigns;
  const page = (mode: string) => renderHtml({ ...summary, campaigns: [{ ...campaign!, mode, stopped: 0 }] });
  expect(page('enforce')).toContain('>nothing<');
  expect(page('simulate')).toContain('>simulated<');
});
