import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Campaign } from '../../../lib/contracts/generated.ts';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import type { EdgeStatus } from '../edge-status.ts';
import { notificationConfig } from './config.ts';
import { formats } from './formats.ts';
import type { Notice } from './notice.ts';
import { createNotifier } from './notifier.ts';
import { campaignNotice, createEdgeWatch } from './sources.ts';

const notice = (more: Partial<Notice> = {}): Notice => ({
  kind: 'campaign',
  key: 'cmp_1',
  status: 'firing',
  level: 'high',
  site: 'shop',
  title: 'Stuffing <of> log-ins',
  detail: '96 % of log-ins fail.',
  startedAt: Date.UTC(2026, 10, 25),
  endedAt: null,
  ...more,
});

test('Alertmanager gets one alert a campaign: the same labels when it opens and when it is over', () => {
  const at = Date.UTC(2026, 10, 25, 1);
  const [open] = formats.alertmanager.body(notice(), at) as { labels: object; endsAt: string }[];
  const over = notice({ status: 'resolved', endedAt: at });
  const [closed] = formats.alertmanager.body(over, at) as { labels: object; endsAt: string }[];
  expect(open!.labels).toEqual({
    alertname: 'TidegateCampaign',
    severity: 'high',
    key: 'cmp_1',
    site: 'shop',
  });
  expect(closed!.labels).toEqual(open!.labels);
  expect([open!.endsAt, closed!.endsAt]).toEqual(['2026-11-25T01:05:00.000Z', '2026-11-25T01:00:00.000Z']);
});

test('Slack gets text in which nothing is markup', () => {
  const body = formats.slack.body(notice(), 0) as { text: string };
  expect(body.text).toBe('high: Stuffing &lt;of&gt; log-ins');
});

test('delivers by level and kind, signed, and tries again; what can not be delivered is counted', async () => {
  const sent: { url: string; headers: Headers; body: string }[] = [];
  const metrics = createMetrics();
  let failures = 1;
  const target = (more: object) =>
    notificationConfig.parse({ name: 'ops', format: 'webhook', url: 'http://127.0.0.1:1/hook', ...more });
  const notifier = createNotifier({
    targets: [
      target({ secret: 'sixteen letters!', kinds: ['campaign'] }),
      target({ name: 'critical', min_level: 'critical' }),
    ],
    isTeller: () => true,
    fetch: async (url, init) => {
      if (failures-- > 0) return { ok: false, status: 503 };
      sent.push({
        url: String(url),
        headers: new Headers(init.headers as { [name: string]: string }),
        body: String(init.body),
      });
      return { ok: true, status: 200 };
    },
    now: () => 5000,
    logger: silentLogger,
    metrics,
    retryAfterMs: [1],
  });
  notifier.notify(notice());
  notifier.notify(notice({ kind: 'edge' }));
  await until('the first is sent', () => sent.length > 0);
  failures = 5;
  notifier.notify(notice({ key: 'cmp_2' }));
  const lost = async () =>
    (await metrics.notifications.get()).values.find(({ labels }) => labels.result === 'lost')?.value;
  await until('the second is lost', async () => (await lost()) !== undefined);
  await notifier.close();
  expect(sent.map(({ body }) => (JSON.parse(body) as { key: string }).key)).toEqual(['cmp_1']);
  const [first] = sent;
  expect(first!.headers.get('x-tidegate-signature')).toBe(
    `sha256=${createHmac('sha256', 'sixteen letters!').update(`5.${first!.body}`).digest('hex')}`,
  );
  expect(await lost()).toBe(1);
});

test('a campaign is told when it opens and when it ends, once each', () => {
  const campaign = (more: Partial<Campaign>) =>
    ({
      campaign_id: 'cmp_1',
      site: 'shop',
      level: 'high',
      title: 't',
      reason: 'r',
      state: 'active',
      opened_at: 1,
      updated_at: 2,
      closed_at: null,
      merged_into: null,
      requests: 10,
      clients: 3,
      ...more,
    }) as Campaign;
  expect(campaignNotice(campaign({}), null)).toMatchObject({ status: 'firing', key: 'cmp_1', detail: 'r' });
  expect(campaignNotice(campaign({ updated_at: 3 }), campaign({}))).toBeNull();
  const closed = campaign({ state: 'closed', closed_at: 9 });
  expect(campaignNotice(closed, campaign({}))).toMatchObject({ status: 'resolved', endedAt: 9 });
  expect(campaignNotice(closed, null)).toBeNull();
});

test('an edge is told after three failures and when it is well again; a guard at once', () => {
  const watch = createEdgeWatch();
  const status = (state: EdgeStatus['state'], consecutiveFailures = 0) =>
    ({ name: 'web', state, detail: null, blind: false, consecutiveFailures }) as EdgeStatus;
  const told = (...statuses: EdgeStatus[]) => watch(statuses, 7).map(({ key, status: as }) => `${key} ${as}`);
  expect(told(status('credential', 2))).toEqual([]);
  expect(told(status('credential', 3))).toEqual(['edge web firing']);
  expect(told(status('credential', 4))).toEqual([]);
  expect(told(status('held'))).toEqual(['edge web resolved', 'guard web firing']);
  expect(told(status('in_step'))).toEqual(['guard web resolved']);
});
