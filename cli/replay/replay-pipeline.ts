import type { Campaign, Decision, EnrichedRequest, Verdict } from '../../lib/contracts/generated.ts';
import type { TopicName, TopicValue } from '../../lib/contracts/topics.ts';
import type { RunningService } from '../../lib/lifecycle.ts';
import type { Log } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { createProtection, type Protection } from '../../services/actuator/decider/protection.ts';
import { configuredBook, protectionOptions } from '../../services/actuator/main.ts';
import { type DetectorOptions, startDetector } from '../../services/detector/main.ts';
import { apiCatalogueOf } from '../api-catalogue.ts';
import type { RootConfig } from '../config.ts';
import { createDecisionClock } from './decision-clock.ts';
import { createOrderedDecider } from './ordered-decider.ts';
import { drained, followTopic, groupReader, type Reader } from './readers.ts';
import { replayContext } from './replay-context.ts';
import { replaySecret } from './replay-secret.ts';

/** Where replay listens in. All calls come in the order of the topic, the last before `drained` resolves. */
export interface PipelineListener {
  /** A request as match has judged it; `good`: its client is known to be good. In the order of input. */
  evaluated(event: EnrichedRequest, good: boolean, standing: number): void;
  verdict(verdict: Verdict): void;
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
  /** Resolves to the moment up to which everything found is known (decision-clock.ts). */
  advance(): Promise<number>;
  /** What follows from the verdicts dated `until` or earlier; all of them must be known. */
  decide(until: number): Decision[];
  /** Rejects when a service can not go on. */
  readonly failed: Promise<never>;
  /** Resolves when everything sent so far has gone all the way. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}

export interface PipelineOptions {
  /** In memory, with one partition for traffic. Default: a new one. */
  readonly log?: Log;
}

export async function startReplayPipeline(
  config: RootConfig,
  logger: Logger,
  listener: PipelineListener,
  /** `policies`: ready-made ones instead of those of the configuration. */
  {
    log = createMemoryLog({ trafficPartitions: 1 }),
    ...detector
  }: Pick<DetectorOptions, 'policies' | 'onEnded'> & PipelineOptions = {},
): Promise<ReplayPipeline> {
  const context = replayContext(log, logger, replaySecret(config));
  const book = configuredBook(config.actuator);
  const protection = createProtection(protectionOptions(config.actuator), book);
  const group = (name: string, topic: TopicName): Reader => groupReader(log, name, topic);
  const decider = createOrderedDecider(config.actuator.decider, book, protection);
  const clock = createDecisionClock(log);
  const verdicts = await followTopic(log, 'verdicts', (batch) => {
    for (const { value } of batch.records) {
      listener.verdict(value);
      decider.add(value);
    }
  });
  const campaigns = await followTopic(log, 'campaigns', (batch) => {
    for (const record of batch.records) {
      if (record.type === 'Campaign') listener.campaign(record.value);
      else clock.decided(record.value);
    }
  });
  const followed = [
    verdicts,
    campaigns,
    await followTopic(log, 'endpoints', (batch) => {
      for (const record of batch.records) listener.inventory(record);
    }),
    await followTopic(log, 'requests.enriched', (batch) => {
      for (const record of batch.records) if (record.type === 'Tick') clock.tick(record.value, record.offset);
    }),
  ];
  const tails = followed.map(({ tail }) => tail);
  const keyed = group('tidegate.detector.keyed', 'keyed');
  const readers = [
    group('tidegate.detector.combine', 'requests.enriched'),
    group('tidegate.detector.reduce', 'aggregates'),
    group('tidegate.detector.match', 'requests.enriched'),
    keyed,
    ...followed.map(({ reader }) => reader),
  ];
  const services: RunningService[] = [];
  const stop = async (): Promise<void> => {
    for (const service of services.splice(0).reverse()) await service.stop();
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
    for (const part of [...services, ...tails]) part.done.catch(reject);
  });
  failed.catch(() => {}); // reported to whoever waits for it
  return {
    context,
    protection,
    advance: () => clock.advance({ campaigns: campaigns.reader, verdicts: [keyed, verdicts.reader] }),
    decide: decider.decide,
    failed,
    drained: () => drained(log, readers),
    stop,
  };
}
