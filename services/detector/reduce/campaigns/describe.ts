import type { Evidence } from '../../../../lib/contracts/generated.ts';
import type { CountName } from '../../layout.ts';
import { rateKey } from '../site/baseline.ts';
import type { CampaignAt } from '../site/campaign-at.ts';
import { inForce } from '../site/campaign-state.ts';
import { distinct, rate } from '../site/scope.ts';
import { contrastOf, expected, normal } from '../site/site-state.ts';
import { evidenceOf, proxyOperator } from './evidence.ts';

const words: { readonly [N in CountName]?: string } = {
  direct: 'came without an earlier page',
  failing: 'were refused',
  cold_failing: 'were refused and came without an earlier page',
  missing: 'asked for things that do not exist',
  hostile: 'came from hosting, proxies or VPNs',
  implausible: 'came from browsers that are years old or never existed',
  unreal: 'came from browsers that never existed',
  outdated: 'came from browsers that are years old',
  new_sessions: 'came with a session never seen before',
  new_clients: 'came from addresses never seen before',
  skipped: 'paid without a cart',
  few_cookies: 'came from clients that gather no cookies',
  undocumented: 'went to undocumented endpoints',
  foreign: 'came from countries without genuine business',
  cold_foreign: 'came from countries without genuine business and without an earlier page',
  contradicted: 'named a browser that their TLS fingerprint contradicts',
  bounced: 'came without an earlier page and did not go on',
  abandoned: 'came without an earlier page and did not go on within half a minute',
  arrived: 'came without an earlier page some seconds ago',
  succeeding: 'got what they asked for',
  recovering: 'got in after a mistyped password',
  unusual: 'skipped what people practically always do before',
};

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`;
const amount = (value: number): string =>
  value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');

/** The evidence of a campaign at the end of a pane, and the same in a sentence. */
export function describe({ state, settings, watched, policy, campaign, pane }: CampaignAt): {
  readonly reason: string;
  readonly evidence: Evidence[];
} {
  const { scope } = watched;
  const evidence = evidenceOf(state, settings.figures, watched, policy, pane, words);
  const now = rate(scope, pane, 5);
  const usual = normal(state, watched, rateKey);
  const parts = [`${amount(now)} requests/s on ${scope.key}, ${amount(usual.p50)} are usual`];
  if (campaign.behaviour !== null) {
    const split = contrastOf(state, watched, campaign.behaviour, pane, 10);
    const share = expected(state, watched, campaign.behaviour).share;
    parts.push(
      `${percent(split.share ?? 0)} ${words[campaign.behaviour] ?? campaign.behaviour}, ${percent(share)} is usual`,
    );
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
