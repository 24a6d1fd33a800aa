import type { Campaign, Decision, EnrichedRequest, Tick, Verdict } from '../../lib/contracts/generated.ts';
import type { TopicName, TopicValue } from '../../lib/contracts/topics.ts';
import type { RunningService } from '../../lib/lifecycle.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { createProtection, type Protection } from '../../services/actuator/decider/protection.ts';
import { runDecider } from '../../services/actuator/decider/run-decider.ts';
import { configuredBook, protectionOptions } from '../../services/actuator/main.ts';
import { type DetectorOptions, startDetector } from '../../services/detector/main.ts';
import { apiCatalogueOf } from '../api-catalogue.ts';
import type { RootConfig } from '../config.ts';
import { drained, followTopic, groupReader, type Reader } from './readers.ts';
import { replayContext } from './replay-context.ts';
import { replaySecret } from './replay-secret.ts';

/** Where replay listens in. All calls come in the order of the topic, the last before `drained` resolves. */
export interface PipelineListener {
  /** A request as match has judged it; `good`: its client is known to be good. In the order of input. */
  evaluated(event: EnrichedRequest, good: boolean, standing: number): void;
  /** The watermark of a site, at an offset of requests.enriched. */
  tick(tick: Tick, offset: number): void;
  verdict(verdict: Verdict): void;
  decision(decision: Decision): void;
  campaign(campaign: Campaign): void;
  /** What is known of endpoints, revision after revision. */
  inventory(record: TopicValue<'endpoints'>): void;
}

/**
 * The services from detection on in this process, on a log in memory with one partition: input order is kept. A front
 * (front/front.ts) writes requests.enriched.
 */
export interface ReplayPipeline {
  readonly context: ServiceContext;
  readonly protection: Protection;
  /** Through whom what the detector finds becomes decisions that the listener was told, one after the other. */
  readonly decisionPath: readonly Reader[];
  /** Rejects when a service can not go on. */
  readonly failed: Promise<never>;
  /** Resolves when everything sent so far has gone all the way. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}

export async function startReplayPipeline(
  config: RootConfig,
  logger: Logger,
  listener: PipelineListener,
  /** `policies`: ready-made ones instead of those of the configuration. */
  detector: Pick<DetectorOptions, 'policies' | 'onEnded'> = {},
): Promise<ReplayPipeline> {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const context = replayContext(log, logger, replaySecret(config));
  const book = configuredBook(config.actuator);
  const protection = createProtection(protectionOptions(config.actuator), book);
  const group = (name: string, topic: TopicName): Reader => groupReader(log, name, topic);
  const decisions = await followTopic(log, 'decisions', (batch) => {
    for (const { value } of batch.records) listener.decision(value);
  });
  const followed = [
    decisions,
    await followTopic(log, 'verdicts', (batch) => {
      for (const { value } of batch.records) listener.verdict(value);
    }),
    await followTopic(log, 'campaigns', (batch) => {
      for (const record of batch.records) if (record.type === 'Campaign') listener.campaign(record.value);
    }),
    await followTopic(log, 'endpoints', (batch) => {
      for (const record of batch.records) listener.inventory(record);
    }),
    await followTopic(log, 'requests.enriched', (batch) => {
      for (const record of batch.records)
        if (record.type === 'Tick') listener.tick(record.value, record.offset);
    }),
  ];
  const tails = followed.map(({ tail }) => tail);
  const decisionPath = [
    group('tidegate.detector.keyed', 'keyed'),
    group('tidegate.decider', 'verdicts'),
    decisions.reader,
  ];
  const readers = [
    group('tidegate.detector.combine', 'requests.enriched'),
    group('tidegate.detector.reduce', 'aggregates'),
    group('tidegate.detector.match', 'requests.enriched'),
    ...decisionPath,
    ...followed.map(({ reader }) => reader),
  ];
  const decider = await runDecider(context, config.actuator.decider, book, protection);
  const services: RunningService[] = [];
  const stop = async (): Promise<void> => {
    for (const service of services.splice(0).reverse()) await service.stop();
    await decider.close();
    for (const tail of tails) await tail.close();
    await log.close();
  };
  try {
    services.push(
      await startDetector(context, config.detector, {
        api: apiCatalogueOf(config),
        onEvaluated: (event, { good, standing }) => listener.evaluated(event, good, standing),
        ...detector,
      }),
    );
  } catch (error) {
    await stop();
    throw error;
  }
  const failed = new Promise<never>((_, reject) => {
    for (const part of [...services, decider, ...tails]) part.done.catch(reject);
  });
  failed.catch(() => {}); // reported to whoever waits for it
  return {
    context,
    protection,
    decisionPath,
    failed,
    drained: () => drained(log, readers),
    stop,
  };
}
