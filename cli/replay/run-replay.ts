import type { Worker } from 'node:worker_threads';
import type { Decision, EnrichedRequest } from '../../lib/contracts/generated.ts';
import { formatIp } from '../../lib/ip.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import { inPackage } from '../../lib/package-root.ts';
import type { CollectProgress } from '../../services/collector/collect-files.ts';
import type { FormatConfig } from '../../services/collector/config.ts';
import { loadPolicies, policyRequires } from '../../services/detector/policies/load-policies.ts';
import type { RootConfig } from '../config.ts';
import { ExitError } from '../exit-error.ts';
import { createSeenEndpoints } from '../inventory/seen-endpoints.ts';
import { version } from '../version.ts';
import { createAddressCheck, readRanges, refusalOf } from './client-addresses.ts';
import type { EdgePreset } from './edge-presets.ts';
import { enrichmentInUse } from './enrichment-in-use.ts';
import type { Front } from './front/front.ts';
import { withFront } from './front/with-front.ts';
import { inspectInputs } from './inspect-inputs.ts';
import { inventorySummary } from './inventory-summary.ts';
import type { LabelBook } from './label-book.ts';
import { lostLines } from './lost-lines.ts';
import { misplacedLabels } from './misplaced-labels.ts';
import { createOddFromStart } from './odd-from-start.ts';
import { createReplayLedger } from './replay-ledger.ts';
import type { ReplayOutputs } from './replay-outputs.ts';
import type { PipelineOptions } from './replay-pipeline.ts';
import { replaySecret } from './replay-secret.ts';
import { runOpenLoop } from './run-open-loop.ts';
import { type ReplaySummary, rejectionOf } from './summary.ts';
import { createUnsaidOutcomes } from './unsaid-outcomes.ts';
import { notVisible } from './visibility.ts';
import { chooseWarmUp } from './warm-up.ts';

export interface ReplayOptions extends PipelineOptions {
  readonly config: RootConfig;
  readonly files: readonly string[];
  readonly format: FormatConfig;
  readonly edge: EdgePreset;
  readonly delayMs: number;
  readonly slots: number;
  readonly warmUp: number | 'auto';
  /** For what comes before detection; null: it happens in this one. */
  readonly thread: Worker | null;
  /** Go on although the client addresses make no sense. */
  readonly force: boolean;
  readonly labels: LabelBook | null;
  readonly outputs: ReplayOutputs;
  readonly logger: Logger;
  readonly onProgress?: (progress: Readonly<CollectProgress>) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs a log through the services and says what would have happened. Open loop: every request feeds detection, stopped
 * or not; enforcement is computed beside it. Throws ExitError 2 (nonsense, `force` to go on) or 3 (unreadable).
 */
export async function runReplay(options: ReplayOptions): Promise<ReplaySummary> {
  const secret = replaySecret(options.config);
  return withFront({ ...options, secret }, (front) => replayWith(front, options));
}

async function replayWith(front: Front, options: ReplayOptions): Promise<ReplaySummary> {
  const { config, outputs, delayMs } = options;
  const started = performance.now();
  const policies = loadPolicies(config.detector.policies);
  const { files, damaged } = await inspectInputs(options.files, options.format);
  const addresses = createAddressCheck(cdnRanges());
  for (const file of files) for (const ip of file.sampleAddresses) addresses.note(ip);
  const refusal = config.collector.trusted_proxies.length > 0 ? null : refusalOf(addresses.result());
  if (refusal !== null && !options.force) throw new ExitError(2, `${refusal}. --force to go on all the same`);
  const warmUp = await chooseWarmUp(options.warmUp, files, options.signal);

  const ledger = createReplayLedger();
  const seen = createSeenEndpoints();
  const odd = createOddFromStart(warmUp.startAt, warmUp.ms);
  const unsaid = createUnsaidOutcomes();
  let settled = 0;
  const { collected, edge, afterWarmUp, metrics } = await runOpenLoop({
    config,
    policies,
    front,
    files,
    defaultHost: options.format.host,
    edge: options.edge,
    delayMs,
    slots: options.slots,
    warmUpMs: warmUp.ms,
    startAt: warmUp.startAt,
    logger: options.logger,
    listener: {
      evaluated: (event) => {
        addresses.note(event.request.client_ip);
        odd.note(event);
        unsaid.note(event);
      },
      settled: (event, good, judgement, place) => {
        const { event_id: id } = event.request;
        settled++;
        ledger.settle(event, good, judgement, options.labels?.find(id, place));
        outputs.outcome(id, judgement);
        if (good && judgement.decision !== null)
          outputs.atRisk(riskLine(event, judgement.outcome, judgement.decision));
        return outputs.full();
      },
      verdict: (verdict) => outputs.verdict(verdict),
      decision: (decision) => {
        outputs.decision(decision);
        ledger.decision(decision);
      },
      campaign: (campaign) => {
        outputs.campaign(campaign);
        ledger.campaign(campaign);
      },
      inventory: (record) => seen.add(record),
      rejected: (rejection) => outputs.rejected(rejectionOf(rejection)),
    },
    ...(options.log === undefined ? {} : { log: options.log }),
    ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const endpoints = seen.list();
  for (const endpoint of endpoints) outputs.endpoint(endpoint);
  await outputs.close();

  const late = refusalOf(addresses.result());
  if (late !== null && !options.force && config.collector.trusted_proxies.length > 0)
    throw new ExitError(2, `${late}. --force to go on all the same`);
  const seconds = (performance.now() - started) / 1000;
  const stopped = ledger.stopped();
  const campaigns = ledger.campaigns();
  const present = ledger.presence.present();
  const requires = policyRequires(policies, present);
  const rejected = collected.rejected + collected.late + collected.future;
  const misplaced = misplacedLabels(options.labels, collected, settled);
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
    rejections: collected.rejections.map(rejectionOf),
    warnings: [
      ...lostLines(collected),
      ...(misplaced === null ? [] : [misplaced]),
      ...(config.detector.baseline === ''
        ? odd.told(campaigns.filter((campaign) => campaign.stopped > 0).map(({ scope }) => scope))
        : []),
      ...unsaid.told(),
    ],
    damaged: damaged(),
    client_addresses: addresses.result(),
    enrichment: await enrichmentInUse(metrics, config),
    policies: {
      total: policies.length,
      can_fire: requires
        .filter(({ missing }) => missing.length === 0)
        .map(({ policy }) => policy.document.title),
      cannot_fire: requires
        .filter(({ missing }) => missing.length > 0)
        .map(({ policy, missing }) => ({ policy: policy.document.title, missing })),
    },
    warm_up_ms: warmUp.ms,
    warm_up_assumed: warmUp.assumed,
    after_warm_up: afterWarmUp,
    edge: {
      ...edge,
      name: options.edge.name,
      delay_ms: delayMs,
      slots: options.slots,
    },
    endpoints: ledger.endpoints(),
    inventory: inventorySummary(endpoints),
    campaigns,
    decisions: ledger.decisions(),
    stopped,
    timeline: ledger.timeline(),
    at_risk: ledger.atRisk(),
    saving: {
      amount: stopped.requests * config.costs.per_request,
      currency: config.costs.currency,
      per_request: config.costs.per_request,
      assumed: config.costs.per_request === 0.0019,
    },
    not_visible: notVisible(ledger.presence, proxyFeeds(config)),
    score: misplaced === null ? ledger.score() : null,
    seconds,
    lines_per_second: Math.round(collected.lines / seconds),
  };
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
