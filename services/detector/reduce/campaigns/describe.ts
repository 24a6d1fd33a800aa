import type { Evidence } from '../../../../lib/contracts/generated.ts';
import { rateKey } from '../site/baseline.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import { inForce } from '../site/campaign-state.ts';
import { distinct, rate } from '../site/scope.ts';
import { contrastOf, expected, normal } from '../site/site-state.ts';
import { evidenceOf, proxyOperator } from './evidence.ts';
import { phrases } from './phrases.ts';

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const amount = (value: number): string =>
  value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');

/** The evidence of a campaign at the end of a pane, and the same in a sentence. */
export function describe({ state, settings, watched, policy, campaign, pane }: CampaignAt): {
  readonly reason: string;
  readonly evidence: Evidence[];
} {
  const { scope } = watched;
  const evidence = evidenceOf(state, settings.figures, watched, policy, pane);
  const now = rate(scope, pane, 5);
  const usual = normal(state, watched, rateKey);
  const parts = [`${amount(now)} requests/s on ${scope.key}, ${amount(usual.p50)} are usual`];
  if (campaign.behaviour !== null) {
    const split = contrastOf(state, watched, campaign.behaviour, pane, 10);
    const share = expected(state, watched, campaign.behaviour).share;
    parts.push(`${percent(split.share ?? 0)} ${phrases[campaign.behaviour]}, ${percent(share)} is usual`);
  }
  const proxies = proxyOperator(watched, pane);
  if (proxies !== null && proxies.share >= 0.2)
    parts.push(`${percent(proxies.share)} of those from hosting or proxies through ${proxies.operator}`);
  const combos = distinct(scope, 'combos', pane, 60);
  const clients = distinct(scope, 'clients', pane, 60);
  parts.push(
    `${clients.toLocaleString('en-US')} addresses${combos > 0 ? ` and ${combos.toLocaleString('en-US')} parameter combinations` : ''} in the last minute`,
  );
  if (campaign.behaviour !== null && inForce(campaign).length === 0)
    parts.push('nothing an edge could select would spare honest users: not stopped');
  return { reason: `${parts.join('; ')}.`, evidence };
}
