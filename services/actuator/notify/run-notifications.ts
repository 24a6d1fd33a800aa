import { proxiedFetch } from '../../../lib/http/proxied-fetch.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import type { EdgeStatus } from '../edge-status.ts';
import type { CampaignView } from '../guard/campaign-view.ts';
import type { NotificationConfig } from './config.ts';
import { createNotifier } from './notifier.ts';
import { campaignNotice, createEdgeWatch, endpointNotice } from './sources.ts';

const lookEveryMs = 5000;

/** Follows campaigns, the inventory and the edges, and tells who is configured. Only what happens from now on. */
export async function runNotifications(
  context: ServiceContext,
  targets: readonly NotificationConfig[],
  sources: {
    readonly campaigns: CampaignView;
    readonly edges: () => readonly EdgeStatus[];
    /** False: another instance tells. */
    readonly isTeller: () => boolean;
  },
): Promise<{ readonly done: Promise<void>; close(): Promise<void> }> {
  const { log, logger, metrics, now } = context;
  const notifier = createNotifier({
    targets,
    // Each instance tells of its own edges; one tells of what all of them read.
    isTeller: ({ kind }) => kind === 'edge' || kind === 'guard' || sources.isTeller(),
    fetch: (url, init) => proxiedFetch(new URL(url), init as Parameters<typeof proxiedFetch>[1]),
    now,
    logger,
    metrics,
  });
  sources.campaigns.onCampaign((campaign, before) => {
    const notice = campaignNotice(campaign, before);
    if (notice !== null) notifier.notify(notice);
  });
  const endpoints = await log.tail({
    topic: 'endpoints',
    from: 'latest',
    onBatch: (batch) => {
      for (const record of batch.records)
        if (record.type === 'EndpointNotice') notifier.notify(endpointNotice(record.value));
    },
  });
  const watch = createEdgeWatch();
  const looking = setInterval(() => {
    for (const notice of watch(sources.edges(), now())) notifier.notify(notice);
  }, lookEveryMs);
  looking.unref();
  return {
    done: endpoints.done,
    async close() {
      clearInterval(looking);
      await endpoints.close();
      await notifier.close();
    },
  };
}
