import { readFileSync } from 'node:fs';
import { ConfigError } from '../../lib/config.ts';
import type { RunningService } from '../../lib/lifecycle.ts';
import { type Consumption, consumeStateful } from '../../lib/log/consume.ts';
import type { Tail } from '../../lib/log/log.ts';
import type { ApiCatalogue } from '../../lib/path/api-catalogue.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { createCombineStep } from './combine/combine-step.ts';
import type { DetectorConfig } from './config.ts';
import { createKeyedStep } from './keyed/keyed-step.ts';
import { CampaignBook } from './match/campaign-book.ts';
import { createMatchStep, type MatchOptions } from './match/match-step.ts';
import { followPolicies } from './policies/follow-policies.ts';
import { loadPolicies, type Policy } from './policies/load-policies.ts';
import { fixedPolicies } from './policies/timeline.ts';
import { createReduceStep } from './reduce/reduce-step.ts';
import { decodeLearned, type LearnedSite } from './reduce/site/learned.ts';

/** Throws ConfigError when the file can not be read or is no baseline. */
function readLearned(file: string): LearnedSite[] {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw new ConfigError([`detector.baseline: ${(error as Error).message}`]);
  }
  return decodeLearned(bytes, file);
}

export type DetectorRole = 'combine' | 'reduce' | 'keyed' | 'match';

export interface DetectorOptions {
  /** Loops to run in this process; default all. */
  readonly roles?: readonly DetectorRole[];
  /** Ready-made policies instead of those of `config.policies`. */
  readonly policies?: readonly Policy[];
  /**
   * Sets published on topic `policies` hold from their pane on. Default: what the files say holds all the time, as in
   * replay. `checkEveryMs`: time between two looks at the end of the topic.
   */
  readonly followPolicies?: boolean | { readonly checkEveryMs: number };
  /** What OpenAPI documents say of the endpoints; default: nothing is documented here. */
  readonly api?: ApiCatalogue;
  /** The input has ended: what each reducer knows of its sites. */
  readonly onEnded?: (learned: readonly LearnedSite[]) => void;
  /** Replay's view of every request: see MatchOptions. */
  readonly onEvaluated?: MatchOptions['onEvaluated'];
}

const groups = {
  combine: 'tidegate.detector.combine',
  reduce: 'tidegate.detector.reduce',
  keyed: 'tidegate.detector.keyed',
  match: 'tidegate.detector.match',
} as const;

/**
 * Starts the detector: combine (requests.enriched -> aggregates, keyed), reduce (aggregates -> campaigns, verdicts), keyed
 * (keyed -> verdicts) and match (requests.enriched + campaigns -> verdicts), each in its own consumer group. Throws ConfigError for bad policies.
 */
export async function startDetector(
  context: ServiceContext,
  config: DetectorConfig,
  options: DetectorOptions = {},
): Promise<RunningService> {
  const { log, metrics } = context;
  const roles = new Set(options.roles ?? (['combine', 'reduce', 'keyed', 'match'] as const));
  const base = options.policies ?? loadPolicies(config.policies);
  const follow = options.followPolicies ?? false;
  const followed =
    follow === false
      ? null
      : await followPolicies(context, base, follow === true ? undefined : follow.checkEveryMs);
  const policies = followed?.timeline ?? fixedPolicies(base);
  const sources = await log.partitions('requests.enriched');
  const reducers = await log.partitions('aggregates');
  const keyedTargets = await log.partitions('keyed');
  const seed = context.secret.readInt32LE(0);
  const loops: Consumption[] = [];
  let book: CampaignBook | null = null;
  let tail: Tail | null = null;

  const common = {
    log,
    checkpoints: context.checkpoints,
    checkpointEveryMs: config.checkpoint_every,
    instance: context.instance,
    now: context.now,
    logger: context.logger,
    metrics,
  };
  if (roles.has('reduce')) {
    const campaignPartitions = await log.partitions('campaigns');
    const step = createReduceStep({
      config,
      policies,
      reducers,
      campaignPartitions,
      ...(options.api === undefined ? {} : { api: options.api }),
      ...(options.onEnded === undefined ? {} : { onEnded: options.onEnded }),
      learned: config.baseline === '' ? [] : readLearned(config.baseline),
      metrics,
    });
    loops.push(await consumeStateful({ ...common, group: groups.reduce, topic: 'aggregates', step }));
  }
  if (roles.has('keyed')) {
    const step = createKeyedStep({ config, policies, metrics });
    loops.push(await consumeStateful({ ...common, group: groups.keyed, topic: 'keyed', step }));
  }
  if (roles.has('match')) {
    const pages = new CampaignBook();
    book = pages;
    tail = await log.tail({
      topic: 'campaigns',
      from: 'earliest',
      onBatch: (batch) => {
        pages.take(batch);
      },
    });
    const step = createMatchStep({
      config,
      policies,
      reducers,
      book,
      metrics,
      ...(options.onEvaluated === undefined ? {} : { onEvaluated: options.onEvaluated }),
    });
    loops.push(await consumeStateful({ ...common, group: groups.match, topic: 'requests.enriched', step }));
  }
  if (roles.has('combine')) {
    const step = createCombineStep({
      config,
      policies,
      sources,
      targets: reducers,
      keyedTargets,
      seed,
      metrics,
    });
    loops.push(await consumeStateful({ ...common, group: groups.combine, topic: 'requests.enriched', step }));
  }
  context.logger.info({ roles: [...roles], policies: base.length, sources }, 'detector started');

  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    const closed = loops.map((loop) => loop.close());
    // a partition may be waiting for the campaign clock, or for topic policies: it gives its batch up, uncommitted
    book?.stop();
    followed?.stop();
    await Promise.all(closed);
    await tail?.close();
    await followed?.tail.close();
  };
  const parts: readonly Consumption[] = [
    ...loops,
    ...(tail === null ? [] : [tail]),
    ...(followed === null ? [] : [followed.tail]),
  ];
  return {
    name: 'detector',
    notReady: () => {
      const waiting = parts.filter((part) => !part.ready()).length;
      return waiting === 0 ? null : `${waiting} of ${parts.length} loops are not ready`;
    },
    done: Promise.all(parts.map((part) => part.done)).then(() => {}),
    stop: () => (stopping ??= stop()),
  };
}
