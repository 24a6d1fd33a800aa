import { setImmediate as breathe } from 'node:timers/promises';
import type { Campaign, Decision, EnrichedRequest, Tick, Verdict } from '../../lib/contracts/generated.ts';
import type { TopicValue } from '../../lib/contracts/topics.ts';
import type { RunningService } from '../../lib/lifecycle.ts';
import type { Tail } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { createProtection, type Protection } from '../../services/actuator/decider/protection.ts';
import { runDecider } from '../../services/actuator/decider/run-decider.ts';
import { configuredBook, protectionOptions } from '../../services/actuator/main.ts';
import { type DetectorOptions, startDetector } from '../../services/detector/main.ts';
import { apiCatalogueOf } from '../api-catalogue.ts';
import type { RootConfig } from '../config.ts';
import { drained } from './drained.ts';
import { replayContext } from './replay-context.ts';
import { replaySecret } from './replay-secret.ts';

/** Where replay listens in. All calls come in the order of the topic. */
export interface PipelineListener {
  /** A request as match has judged it; `good`: its client is known to be good. In the order of input. */
  evaluated(event: EnrichedRequest, good: boolean, standing: number): void;
  /** The watermark of a site, at an offset of requests.enriched. */
  tick(tick: Tick, offset: number): void;
  verdict(verdict: Verdict): void;
  decision(decision: Decision): void;
  campaign(campaign: Campaign): void;
  /** What is known of endpoints, revision after revision; all of it before `drained` resolves. */
  inventory(record: TopicValue<'endpoints'>): void;
}

/**
 * The services from detection on in this process, on a log in memory with one partition: input order is kept. A front
 * (front/front.ts) writes requests.enriched.
 */
export interface ReplayPipeline {
  readonly context: ServiceContext;
  readonly protection: Protection;
  /** Offsets after the last decision handed to the listener. */
  decisionsHandedOn(): readonly number[];
  /** Rejects when a service can not go on. */
  readonly failed: Promise<never>;
  /** Resolves when everything sent so far has gone all the way. */
  drained(): Promise<void>;
  stop(): Promise<void>;
}

const chain = [
  ['tidegate.detector.combine', 'requests.enriched'],
  ['tidegate.detector.reduce', 'aggregates'],
  ['tidegate.detector.keyed', 'keyed'],
  ['tidegate.detector.match', 'requests.enriched'],
  ['tidegate.decider', 'verdicts'],
] as const;

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
  const handedOn = new Array<number>(await log.partitions('decisions')).fill(0);
  const endpointsRead: number[] = [];
  const tails: Tail[] = [
    await log.tail({
      topic: 'decisions',
      from: 'earliest',
      onBatch: (batch) => {
        for (const { value } of batch.records) listener.decision(value);
        handedOn[batch.partition] = batch.nextOffset;
      },
    }),
    await log.tail({
      topic: 'verdicts',
      from: 'earliest',
      onBatch: (batch) => {
        for (const { value } of batch.records) listener.verdict(value);
      },
    }),
    await log.tail({
      topic: 'campaigns',
      from: 'earliest',
      onBatch: (batch) => {
        for (const record of batch.records) if (record.type === 'Campaign') listener.campaign(record.value);
      },
    }),
    await log.tail({
      topic: 'endpoints',
      from: 'earliest',
      onBatch: (batch) => {
        for (const record of batch.records) listener.inventory(record);
        endpointsRead[batch.partition] = batch.nextOffset;
      },
    }),
    await log.tail({
      topic: 'requests.enriched',
      from: 'earliest',
      onBatch: (batch) => {
        for (const record of batch.records)
          if (record.type === 'Tick') listener.tick(record.value, record.offset);
      },
    }),
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
    decisionsHandedOn: () => handedOn,
    failed,
    async drained() {
      await drained(log, chain);
      const { endOffsets } = await log.status('endpoints');
      while (endOffsets.some((end, partition) => (endpointsRead[partition] ?? 0) < end)) await breathe();
    },
    stop,
  };
}
