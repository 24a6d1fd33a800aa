import { expect, test } from 'vitest';
import { renderHtml } from './html-report.ts';
import type { ReplaySummary } from './summary.ts';

const hostile = '/a"><script>alert(1)</script>&\'';
const summary: ReplaySummary = {
  version: '0.0.0',
  files: [hostile],
  format: 'nginx/Apache combined',
  period: { from: 0, until: 120_000 },
  lines: { read: 12, parsed: 10, rejected: 2 },
  rejected: { unreadable: 2, late: 0, future: 0 },
  rejections: [],
  warnings: [],
  damaged: [],
  client_addresses: { privateShare: 0, cdn: null, cdnShare: 0 } as ReplaySummary['client_addresses'],
  enrichment: ['none'],
  policies: { total: 2, can_fire: ['one'], cannot_fire: [{ policy: hostile, missing: ['session_id'] }] },
  warm_up_ms: 60_000,
  warm_up_assumed: false,
  after_warm_up: 6,
  edge: {
    name: 'generic',
    delay_ms: 2000,
    slots: 10,
    peakEntries: 1,
    peakRules: 1,
    leftOut: 0,
    unsupported: {},
    entries: 0,
    rules: 0,
  },
  endpoints: 1,
  inventory: {} as ReplaySummary['inventory'],
  campaigns: [
    {
      campaign_id: 'cmp_abcdefghijkl',
      opened_at: 60_000,
      closed_at: null,
      last_at: 90_000,
      title: hostile,
      kind: 'enumeration',
      level: 'high',
      scope: hostile,
      taxonomy: ['OAT-011'],
      applied_action: 'block',
      mode: 'enforce',
      peak_ratio: 12.34,
      requests: 6,
      clients: 3,
      reason: hostile,
      stopped: 4,
    },
  ],
  decisions: 1,
  stopped: { requests: 4, share: 0.4, blocked: 4, challenged: 0, throttled: 0, response_bytes: 2048 },
  timeline: { from: 0, step_ms: 60_000, passed: [4, 2], stopped: [0, 4] },
  at_risk: {
    requests: 1,
    clients: 1,
    good_requests: 5,
    networks: [{ network: '203.0.113.0/24', as_org: hostile, clients: 1, requests: 1 }],
  },
  saving: { amount: 0.01, currency: '$', per_request: 0.0019, assumed: true },
  not_visible: [],
  score: null,
  seconds: 1,
  lines_per_second: 12,
};

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
