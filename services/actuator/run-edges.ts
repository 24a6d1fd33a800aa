import type { ClickHouse } from '../../lib/clickhouse/clickhouse.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { createAudit } from './audit.ts';
import { openLearnedClients } from './client-classes.ts';
import type { ActuatorConfig, EdgeConfig } from './config.ts';
import type { CommandBook } from './decider/command-book.ts';
import type { Protection } from './decider/protection.ts';
import { openDecisionView } from './decision-view.ts';
import { type DecisionsApi, startDecisionsApi } from './decisions-api.ts';
import type { Desired } from './desired.ts';
import { type EdgeLoop, startEdgeLoop } from './edge-loop.ts';
import type { EdgeStatus } from './edge-status.ts';
import { createGoodList, followGoodClients } from './good-list.ts';
import { openCampaignView } from './guard/campaign-view.ts';
import { createCollateralGuard } from './guard/collateral-guard.ts';
import { openGoodTraffic } from './guard/good-traffic.ts';
import { type Lease, takeLease } from './lease.ts';
import { runNotifications } from './notify/run-notifications.ts';
import { openEdges } from './open-edges.ts';
import { withProbes } from './probe.ts';
import type { Plan } from './reconcile.ts';

/** Good clients that an edge is told of, those that were seen last. */
const mostGoodClients = 200_000;
/** Edges that each instance has for itself have no other writer. */
const forever = new AbortController().signal;

export interface RunningEdges {
  readonly api: DecisionsApi;
  readonly done: Promise<void>;
  status(): readonly EdgeStatus[];
  /** What would change at an edge now. Throws when there is no edge of that name, or it can not be read. */
  plan(edge: string): Promise<Plan>;
  /** An allow entry or the kill switch has changed. */
  wake(): void;
  close(): Promise<void>;
}

/** Starts every configured edge. Nothing is written before all decisions up to now have been read. */
export async function runEdges(
  context: ServiceContext,
  config: ActuatorConfig,
  book: CommandBook,
  protection: Protection,
  clickhouse: ClickHouse | null,
): Promise<RunningEdges> {
  const { log, logger, metrics, now } = context;
  const view = await openDecisionView(log, now);
  const campaigns = await openCampaignView(log);
  const learned = await openLearnedClients(log);
  const traffic =
    clickhouse === null || clickhouse.kind === 'none'
      ? null
      : openGoodTraffic(
          clickhouse,
          { windowMs: config.guard.window, refreshMs: config.guard.refresh_every, maxClients: 200_000 },
          { now, logger },
        );
  const guard = createCollateralGuard(traffic, campaigns, {
    maxGoodShare: config.guard.max_good_share,
    minGoodRequests: config.guard.min_good_requests,
  });
  const goodLists = new Map(
    config.edges
      .filter((edge) => 'good_list' in edge && edge.good_list !== undefined)
      .map((edge) => [edge.name, createGoodList(edge.sites, mostGoodClients, now)] as const),
  );
  const good = goodLists.size === 0 ? null : await followGoodClients(log, [...goodLists.values()]);
  const opened = openEdges(
    context,
    config,
    { book, protection, view, learned, campaign: campaigns.campaign },
    undefined,
    ({ name }) => goodLists.get(name),
  );
  const api = await startDecisionsApi(
    config.api,
    opened.map(({ edge }) => edge),
    logger,
  ).catch(async (error: unknown) => {
    await view.close();
    await campaigns.close();
    await learned.close();
    await good?.close();
    throw error;
  });
  await view.caughtUp;
  await campaigns.caughtUp;
  await learned.caughtUp;
  await good?.caughtUp;

  const isShared =
    config.notifications.length > 0 || opened.some(({ edge }) => edge.descriptor.scope === 'account');
  const lease: Lease | null = isShared
    ? await takeLease(log, { takeoverWaitMs: config.loop.takeover_wait, now })
    : null;
  const producer = await log.producer('edges');
  const loops = new Map<string, EdgeLoop>();
  const probeSecret = context.secret.toString('base64');
  const probed = (edge: EdgeConfig, desired: Desired, at: number): Desired => {
    if (edge.probe === undefined) return desired;
    const options = { everyMs: edge.probe.every, forMs: edge.probe.for };
    const { entries, nextChangeAt } = withProbes(desired.entries, at, options, probeSecret);
    const { suppressed } = desired;
    return { entries, suppressed, nextChangeAt: Math.min(desired.nextChangeAt, nextChangeAt) };
  };
  for (const one of opened) {
    const { edgeConfig, edge } = one;
    const { name } = edgeConfig;
    const loop = startEdgeLoop({
      name,
      edge,
      arming: one.arming,
      adopt: edgeConfig.adopt,
      maxUnexplainedShare: config.loop.max_unexplained_share,
      desired: (at) => probed(edgeConfig, one.desired(at), at),
      isBlind: () => edgeConfig.probe === undefined && traffic?.seesStopped() === false,
      known: one.known,
      explains: one.explains,
      letsGo: one.letsGo,
      clientsOf: one.clientsOf,
      hold: () =>
        edge.descriptor.scope === 'instance' ? forever : (lease?.hold(name, edge.descriptor.lock) ?? null),
      capacity: () =>
        one.capacity({
          collateralOf: guard.collateralOf,
          collateralBudget: guard.budget(),
          coverageOf: guard.coverageOf,
        }),
      holdAddition: guard.holdAddition,
      audit: createAudit(producer, { name, kind: edgeConfig.kind }, `actuator ${context.instance}`),
      verifyEveryMs: config.loop.verify_every,
      backoffMs: { base: config.loop.backoff_base, cap: config.loop.backoff_cap },
      now,
      random: Math.random,
      logger,
      metrics,
    });
    loops.set(name, loop);
  }
  /** Who may write, whom protection spares, what a block would hit or who calls an endpoint has changed: no edge counts as known. */
  const lookAnew = (): void => {
    for (const loop of loops.values()) loop.lookAnew();
  };
  view.onChange(() => {
    for (const loop of loops.values()) loop.wake();
  });
  traffic?.onChange(lookAnew);
  learned.onChange(lookAnew);
  good?.onSaid(lookAnew);
  lease?.onChange(lookAnew);

  const count = (): void => {
    metrics.decisionsActive.reset();
    for (const [key, value] of view.inForce(now())) {
      const [action = '', kind = ''] = key.split('|');
      metrics.decisionsActive.set({ action, target_kind: kind }, value);
    }
  };
  const counting = setInterval(count, 5000);
  counting.unref();

  const notifications =
    config.notifications.length === 0
      ? null
      : await runNotifications(context, config.notifications, {
          campaigns,
          edges: () => [...loops.values()].map((loop) => loop.status()),
          isTeller: () => lease?.hold('notifications', 'token') != null,
        });

  const done = Promise.all([
    notifications?.done,
    view.done,
    campaigns.done,
    learned.done,
    good?.done,
    lease?.done,
    ...[...loops.values()].map((loop) => loop.done),
  ]).then(() => {});
  done.catch(() => {});
  return {
    api,
    done,
    status: () => [...loops.values()].map((loop) => loop.status()),
    plan: async (name) => {
      const loop = loops.get(name);
      if (loop === undefined)
        throw new Error(`no edge named ${name}: there are ${[...loops.keys()].join(', ') || 'none'}`);
      return loop.plan();
    },
    wake: lookAnew,
    async close() {
      clearInterval(counting);
      await notifications?.close();
      await Promise.all([...loops.values()].map((loop) => loop.close()));
      await lease?.close();
      await api.close();
      await view.close();
      await campaigns.close();
      await learned.close();
      await good?.close();
      await traffic?.close();
      await producer.close();
    },
  };
}
