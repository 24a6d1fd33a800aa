import { expect, test } from 'vitest';
import { scopesText, splitCrowds } from './crowds.ts';
import type { CampaignSummary } from './summary.ts';

const campaign = (more: Partial<CampaignSummary>): CampaignSummary => ({
  campaign_id: 'cmp_1',
  opened_at: 0,
  closed_at: null,
  last_at: 0,
  title: '',
  kind: 'surge',
  level: 'informational',
  scope: 'GET a',
  taxonomy: [],
  applied_action: 'observe',
  mode: 'enforce',
  peak_ratio: null,
  requests: 1,
  clients: 1,
  reason: '',
  stopped: 0,
  ...more,
});

test('surges at one time are one crowd; what acts, or is more than a surge, is a campaign', () => {
  const acting = campaign({ applied_action: 'block', level: 'high', opened_at: 5 });
  const slow = campaign({ kind: 'stuffing', level: 'medium', opened_at: 6 });
  const { campaigns, crowds } = splitCrowds([
    campaign({ opened_at: 10, closed_at: 20, scope: 'GET a', peak_ratio: 4, requests: 5 }),
    acting,
    campaign({ opened_at: 15, closed_at: 40, scope: 'GET b', peak_ratio: 9, requests: 50 }),
    slow,
    campaign({ opened_at: 38, last_at: 39, scope: 'GET c' }),
    campaign({ opened_at: 41, closed_at: 50, scope: 'GET a' }),
  ]);
  expect(campaigns).toEqual([acting, slow]);
  expect(crowds).toEqual([
    { from: 10, until: 40, requests: 56, peak_ratio: 9, scopes: ['GET b', 'GET a', 'GET c'] },
    { from: 41, until: 50, requests: 1, peak_ratio: null, scopes: ['GET a'] },
  ]);
  expect(scopesText({ ...crowds[0]!, scopes: ['a', 'b', 'c', 'd', 'e'] })).toBe('a, b, c, … (2 more)');
});
