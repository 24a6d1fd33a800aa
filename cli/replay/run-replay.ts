import { setTimeout as sleep } from 'node:timers/promises';
import type { Decision, EnrichedRequest } from '../../lib/contracts/generated.ts';
import { formatIp } from '../../lib/ip.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import { inPackage } from '../../lib/package-root.ts';
import { type CollectProgress, collectFiles, inspectFiles } from '../../services/collector/collect-files.ts';
import type { FormatConfig } from '../../services/collector/config.ts';
import { loadPolicies, policyRequires } from '../../services/detector/policies/load-policies.ts';
import type { RootConfig } from '../config.ts';
import { ExitError } from '../exit-error.ts';
import { version } from '../version.ts';
import { createAddressCheck, readRanges, refusalOf } from './client-addresses.ts';
import { createDecisionClock } from './decision-clock.ts';
import type { EdgePreset } from './edge-presets.ts';
import { enrichmentInUse } from './enrichment-in-use.ts';
import type { LabelBook } from './label-book.ts';
import { createOutcomeQueue } from './outcome-queue.ts';
import { createProtectedNetworks } from './protected-networks.ts';
import { createReplayLedger } from './replay-ledger.ts';
import type { ReplayOutputs } from './replay-outputs.ts';
import { startReplayPipeline } from './replay-pipeline.ts';
import { createSimulatedEdge, type SimulatedEdge } from './simulated-edge.ts';
import type { ReplaySummary } from './summary.ts';
import { notVisible } from './visibility.ts';
import { chooseWarmUp } from './warm-up.ts';

export interface ReplayOptions {
  readonly config: RootConfig;
  readonly files: readonly string[];
  readonly format: FormatConfig;
  readonly edge: EdgePreset;
  readonly delayMs: number;
  readonly slots: number;
  readonly warmUp: number | 'auto';
  /** Go on although the client addresses make no sense. */
  readonly force: boolean;
  readonly labels: LabelBook | null;
  readonly outputs: ReplayOutputs;
  readonly logger: Logger;
  readonly onProgress?: (progress: Readonly<CollectProgress>) => void;
  readonly signal?: AbortSignal;
}

/** How often settled requests are taken out while input is read. */
const settleEveryMs = 15;

/**
 * Runs a log through the services and says what would have happened. Open loop: every request feeds detection, stopped
 * or not; enforcement is computed beside it. Throws ExitError 2 (nonsense, `force` to go on) or 3 (unreadable).
 */
export async function runReplay(options: ReplayOptions): Promise<ReplaySummary> {
  const { config, outputs, delayMs } = options;
  const started = performance.now();
  const policies = loadPolicies(config.detector.policies);
  const files = await inspectFiles(options.files, options.format);
  const addresses = createAddressCheck(cdnRanges());
  for (const file of files) for (const ip of file.sampleAddresses) addresses.note(ip);
  const refusal = config.collector.trusted_proxies.length > 0 ? null : refusalOf(addresses.result());
  if (refusal !== null && !options.force) throw new ExitError(2, `${refusal}. --force to go on all the same`);
  const warmUpMs = await chooseWarmUp(options.warmUp, files);

  const ledger = createReplayLedger();
  const queue = createOutcomeQueue(delayMs);
  const edges = new Map<string, SimulatedEdge>();
  const clocks = new Map<string, number>();
  let armedAt = Infinity;
  let position = 0;

  const pipeline = await startReplayPipeline(config, options.logger, {
    evaluated: (event, good) => {
      if (armedAt === Infinity) armedAt = event.request.timestamp + warmUpMs;
      addresses.note(event.request.client_ip);
      queue.push({ event, good });
    },
    tick: (tick, offset) => {
      clocks.set(tick.site, tick.watermark_at);
      clock.mark(offset, Math.min(...clocks.values()));
    },
    verdict: (verdict) => outputs.verdict(verdict),
    decision: (decision) => {
      outputs.decision(decision);
      ledger.decision(decision);
      edgeOf(decision.site).learn(decision);
    },
    campaign: (campaign) => ledger.campaign(campaign),
  });
  const clock = createDecisionClock({
    log: pipeline.context.log,
    handedOn: pipeline.decisionsHandedOn,
    pause: () => sleep(1),
  });
  const isExempt = createProtectedNetworks(pipeline.protection.exempt(null, 0));
  const isProtected = ({ bot, request }: EnrichedRequest): boolean =>
    bot === 'verified' || isExempt(request.client_ip);
  const edgeOf = (site: string): SimulatedEdge => {
    let edge = edges.get(site);
    if (edge === undefined) {
      edge = createSimulatedEdge({
        preset: options.edge,
        delayMs,
        entries: options.slots,
        isProtected,
      });
      edges.set(site, edge);
    }
    return edge;
  };
  const settle = async (until: number, limit: number): Promise<void> => {
    for (const { event, good } of queue.settle(until, limit)) {
      const { request } = event;
      const judgement =
        request.timestamp < armedAt
          ? ({ outcome: 'allowed', decision: null } as const)
          : edgeOf(request.site).judge(event, good);
      ledger.settle(event, good, judgement, options.labels?.find(request.event_id, position));
      position++;
      outputs.outcome(request.event_id, judgement);
      if (good && judgement.decision !== null)
        outputs.atRisk(riskLine(event, judgement.outcome, judgement.decision));
      const full = outputs.full();
      if (full !== undefined) await full;
    }
  };

  let reading = true;
  const settler = async (): Promise<void> => {
    while (reading) {
      await sleep(settleEveryMs);
      const waiting = queue.length;
      await settle(await clock.advance(), waiting);
    }
  };
  try {
    const settling = settler();
    const collected = await Promise.race([
      collectFiles(pipeline.context, config.collector, {
        files,
        sites: config.sites,
        defaultHost: options.format.host,
        onRejected: (rejection) => outputs.rejected(rejection),
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }),
      pipeline.failed,
      settling.then(() => new Promise<never>(() => {})),
    ]);
    await Promise.race([pipeline.drained(), pipeline.failed]);
    reading = false;
    await Promise.race([settling, pipeline.failed]);
    await clock.advance();
    await settle(Infinity, Infinity);
    await outputs.close();

    const late = refusalOf(addresses.result());
    if (late !== null && !options.force && config.collector.trusted_proxies.length > 0)
      throw new ExitError(2, `${late}. --force to go on all the same`);
    const seconds = (performance.now() - started) / 1000;
    const stopped = ledger.stopped();
    const present = ledger.presence.present();
    const requires = policyRequires(policies, present);
    const rejected = collected.rejected + collected.late + collected.future;
    return {
      version,
      files: collected.files.map(({ name }) => name),
      format: [...new Set(collected.files.map(({ format }) => format))].join(', '),
      period:
        collected.firstAt === null || collected.lastAt === null
          ? null
          : { from: collected.firstAt, until: collected.lastAt },
      lines: { read: collected.lines, parsed: collected.accepted, rejected },
      rejected: { unreadable: collected.rejected, late: collected.late, future: collected.future },
      rejections: collected.rejections,
      client_addresses: addresses.result(),
      enrichment: await enrichmentInUse(pipeline.context.metrics, config),
      policies: {
        total: policies.length,
        can_fire: requires
          .filter(({ missing }) => missing.length === 0)
          .map(({ policy }) => policy.document.title),
        cannot_fire: requires
          .filter(({ missing }) => missing.length > 0)
          .map(({ policy, missing }) => ({ policy: policy.document.title, missing })),
      },
      warm_up_ms: warmUpMs,
      edge: {
        ...combinedReport([...edges.values()]),
        name: options.edge.name,
        delay_ms: delayMs,
        slots: options.slots,
      },
      endpoints: ledger.endpoints(),
      campaigns: ledger.campaigns(),
      decisions: ledger.decisions(),
      stopped,
      at_risk: ledger.atRisk(),
      saving: {
        amount: stopped.requests * config.costs.per_request,
        currency: config.costs.currency,
        per_request: config.costs.per_request,
        assumed: config.costs.per_request === 0.0019,
      },
      not_visible: notVisible(ledger.presence, proxyFeeds(config)),
      score: ledger.score(),
      seconds,
      lines_per_second: Math.round(collected.lines / seconds),
    };
  } finally {
    reading = false;
    await pipeline.stop();
  }
}

function riskLine(event: EnrichedRequest, outcome: string, decision: Decision): object {
  const { request } = event;
  return {
    event_id: request.event_id,
    timestamp: request.timestamp,
    site: request.site,
    client_ip: formatIp(request.client_ip),
    country: event.country,
    asn: event.asn,
    as_org: event.as_org,
    endpoint: event.endpoint,
    session_id: request.session_id,
    account_id: request.account_id,
    outcome,
    decision_id: decision.decision_id,
    reason: decision.reason,
  };
}

/** Data sets that know proxies, beyond what every installation has. */
function proxyFeeds(config: RootConfig): number {
  return config.enricher.data_sets.filter(
    ({ class: kind, format }) =>
      kind === 'residential_proxy' || kind === 'public_proxy' || /proxy|privacy|anonym/i.test(format),
  ).length;
}

/** CDNs that put their own address where the client's should be. */
function cdnRanges() {
  return readRanges(inPackage('data', 'never-block', 'cloudflare.txt'), 'Cloudflare');
}

function combinedReport(edges: readonly SimulatedEdge[]) {
  const unsupported: { [kind: string]: number } = {};
  const sum = { entries: 0, rules: 0, peakEntries: 0, peakRules: 0, leftOut: 0 };
  for (const edge of edges) {
    const report = edge.report();
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += report[key];
    for (const [kind, number] of Object.entries(report.unsupported))
      unsupported[kind] = (unsupported[kind] ?? 0) + number;
  }
  return { ...sum, unsupported };
}
