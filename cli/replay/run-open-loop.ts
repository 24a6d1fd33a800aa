import { setTimeout as sleep } from 'node:timers/promises';
import type { Campaign, Decision, EnrichedRequest, Verdict } from '../../lib/contracts/generated.ts';
import type { TopicValue } from '../../lib/contracts/topics.ts';
import { failureOf } from '../../lib/lifecycle.ts';
import type { Logger } from '../../lib/observability/logger.ts';
import type { Metrics } from '../../lib/observability/metrics.ts';
import type {
  CollectProgress,
  CollectResult,
  InspectedFile,
  Rejection,
} from '../../services/collector/collect-files.ts';
import type { Policy } from '../../services/detector/policies/load-policies.ts';
import type { LearnedSite } from '../../services/detector/reduce/site/learned.ts';
import type { RootConfig } from '../config.ts';
import type { EdgePreset } from './edge-presets.ts';
import type { Front } from './front/front.ts';
import { createFrontHere } from './front/front-here.ts';
import { createLinePlaces } from './line-places.ts';
import { createOutcomeQueue } from './outcome-queue.ts';
import { type PipelineOptions, startReplayPipeline } from './replay-pipeline.ts';
import type { EdgeReport, Judgement } from './simulated-edge.ts';
import { createSimulatedEdges } from './simulated-edges.ts';

/** What happens while input runs through. Times are event time; calls of one kind come in order. */
export interface OpenLoopListener {
  /** A request that detection has looked at; its outcome is not known yet. */
  evaluated?(event: EnrichedRequest): void;
  /**
   * A request and what became of it, in the order of input. `good`: its client is known to be good. `place`: which line
   * of its file it was, from 0. A promise is waited for before the next.
   */
  settled(
    event: EnrichedRequest,
    good: boolean,
    judgement: Judgement,
    place: number,
  ): Promise<void> | undefined;
  verdict?(verdict: Verdict): void;
  decision?(decision: Decision): void;
  campaign?(campaign: Campaign): void;
  inventory?(record: TopicValue<'endpoints'>): void;
  rejected?(rejection: Rejection): void;
  /** What a reducer has learned of its sites by the end. */
  ended?(learned: readonly LearnedSite[]): void;
}

export interface OpenLoopOptions extends PipelineOptions {
  readonly config: RootConfig;
  /** Ready-made policies instead of those of the configuration. */
  readonly policies?: readonly Policy[];
  /** Stopped by whoever made it. Default: one in this thread. */
  readonly front?: Front;
  readonly files: readonly InspectedFile[];
  readonly defaultHost: string;
  readonly edge: EdgePreset;
  readonly delayMs: number;
  readonly slots: number;
  /** From the start of the input on, for this long nothing is stopped. */
  readonly warmUpMs: number;
  /** Start of the input, epoch ms. Default: the stamp of the first request. */
  readonly startAt?: number | null;
  readonly listener: OpenLoopListener;
  readonly logger: Logger;
  readonly onProgress?: (progress: Readonly<CollectProgress>) => void;
  readonly signal?: AbortSignal;
}

export interface OpenLoopResult {
  readonly collected: CollectResult;
  readonly edge: EdgeReport;
  /** Requests that could have been stopped. */
  readonly afterWarmUp: number;
  readonly metrics: Metrics;
}

/** How often settled requests are taken out while input is read. */
const settleEveryMs = 15;

/**
 * Runs input through the services of the pipeline to its end. Every request feeds detection, stopped or not; enforcement
 * is computed beside it, by one simulated edge a site, and takes effect `delayMs` after the deciding moment.
 */
export async function runOpenLoop(options: OpenLoopOptions): Promise<OpenLoopResult> {
  const { config, listener, delayMs } = options;
  const front = options.front ?? createFrontHere(config);
  const queue = createOutcomeQueue(delayMs);
  let armedAt = Infinity;
  const places = createLinePlaces();
  let afterWarmUp = 0;

  const pipeline = await startReplayPipeline(
    config,
    options.logger,
    {
      evaluated: (event, good, standing) => {
        if (armedAt === Infinity) armedAt = (options.startAt ?? event.request.timestamp) + options.warmUpMs;
        listener.evaluated?.(event);
        queue.push({ event, good, standing });
      },
      verdict: (verdict) => listener.verdict?.(verdict),
      campaign: (campaign) => listener.campaign?.(campaign),
      inventory: (record) => listener.inventory?.(record),
    },
    {
      ...(options.log === undefined ? {} : { log: options.log }),
      ...(options.policies === undefined ? {} : { policies: options.policies }),
      ...(listener.ended === undefined ? {} : { onEnded: (learned) => listener.ended?.(learned) }),
    },
  );
  const edges = createSimulatedEdges({
    preset: options.edge,
    delayMs,
    entries: options.slots,
    exempt: pipeline.protection.exempt(null, 0),
  });
  /** `until`: the moment up to which all is known. */
  const settle = async (until: number): Promise<void> => {
    for (const decision of pipeline.decide(until)) {
      listener.decision?.(decision);
      edges.learn(decision);
    }
    for (const { event, good, standing } of queue.settle(until)) {
      const warm = event.request.timestamp >= armedAt;
      if (warm) afterWarmUp++;
      const judgement = warm
        ? edges.judge(event, standing)
        : ({ outcome: 'allowed', decision: null } as const);
      const full = listener.settled(event, good, judgement, places.next());
      if (full !== undefined) await full;
    }
  };

  let reading = true;
  const settler = async (): Promise<void> => {
    while (reading) {
      await sleep(settleEveryMs);
      await settle(await pipeline.advance());
    }
  };
  try {
    const settling = settler();
    const collected = await Promise.race([
      front.run(pipeline.context, {
        files: options.files,
        defaultHost: options.defaultHost,
        onRejected: (rejection) => {
          // several files have no order of lines, and nobody would ask for what is kept of them
          if (options.files.length === 1) places.refused(rejection.place);
          listener.rejected?.(rejection);
        },
        ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      }),
      pipeline.failed,
      failureOf(settling),
    ]);
    await Promise.race([pipeline.drained(), pipeline.failed]);
    reading = false;
    await Promise.race([settling, pipeline.failed]);
    await settle(Infinity);
    return { collected, edge: edges.report(), afterWarmUp, metrics: pipeline.context.metrics };
  } finally {
    reading = false;
    if (options.front === undefined) await front.stop();
    await pipeline.stop();
  }
}
