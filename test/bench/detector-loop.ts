import { createCodecs, localSchemaIds } from '../../lib/contracts/codecs.ts';
import { batchRecords, decodeFetched } from '../../lib/log/kafka-decode.ts';
import type { LogBatch, LogRecord, Outgoing } from '../../lib/log/log.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { createCombineStep } from '../../services/detector/combine/combine-step.ts';
import { detectorConfig } from '../../services/detector/config.ts';
import { createKeyedStep } from '../../services/detector/keyed/keyed-step.ts';
import { CampaignBook } from '../../services/detector/match/campaign-book.ts';
import { createMatchStep } from '../../services/detector/match/match-step.ts';
import { loadPolicies } from '../../services/detector/policies/load-policies.ts';
import { fixedPolicies } from '../../services/detector/policies/timeline.ts';
import { createReduceStep } from '../../services/detector/reduce/reduce-step.ts';
import { type Figure, figureOf, rounded, timed } from './bench.ts';
import type { BenchTraffic } from './bench-traffic.ts';
import { type EnrichedStream, enrichedStream } from './enriched-stream.ts';

const codecs = createCodecs(localSchemaIds());

/** What a step sent to one topic, as the next step reads it: through the bytes of the log. */
async function throughLog<T extends 'aggregates' | 'campaigns' | 'keyed'>(
  topic: T,
  outputs: readonly Outgoing[],
): Promise<LogBatch<T> | null> {
  const records: LogRecord<T>[] = [];
  for (const output of outputs) {
    if (output.topic !== topic) continue;
    const { type, value } = await codecs.decode(codecs.encode(output.type, output.value as never));
    records.push({
      topic,
      partition: 0,
      offset: records.length,
      key: output.key,
      type,
      value,
    } as unknown as LogRecord<T>);
  }
  if (records.length === 0) return null;
  return {
    topic,
    partition: 0,
    records,
    nextOffset: records.length,
    undecodable: [],
    highWatermark: records.length,
  };
}

interface LoopResult {
  events: number;
  verdicts: number;
  campaigns: number;
  readonly spent: { decode: number; combine: number; reduce: number; keyed: number; match: number };
}

/**
 * The loops of the detector over one partition, without a broker: both readers decode for themselves, frames and
 * campaigns pass through their bytes.
 */
async function detect(stream: EnrichedStream): Promise<LoopResult> {
  const metrics = createMetrics();
  const config = detectorConfig.parse({});
  const policies = fixedPolicies(loadPolicies(''));
  const book = new CampaignBook();
  const combine = createCombineStep({
    config,
    policies,
    sources: 1,
    targets: 1,
    keyedTargets: 1,
    seed: 7,
    metrics,
  }).open(0, null);
  const reduce = createReduceStep({ config, policies, reducers: 1, campaignPartitions: 1, metrics }).open(
    0,
    null,
  );
  const result: LoopResult = {
    events: 0,
    verdicts: 0,
    campaigns: 0,
    spent: { decode: 0, combine: 0, reduce: 0, keyed: 0, match: 0 },
  };
  const match = createMatchStep({
    config,
    policies,
    reducers: 1,
    book,
    metrics,
    onEvaluated: () => result.events++,
  }).open(0, null);
  const count = (outputs: readonly Outgoing[]): void => {
    for (const { type } of outputs) {
      if (type === 'Verdict') result.verdicts++;
      if (type === 'Campaign') result.campaigns++;
    }
  };
  const { spent } = result;
  let mark = performance.now();
  const lap = (part: keyof typeof spent): void => {
    const now = performance.now();
    spent[part] += now - mark;
    mark = now;
  };
  const keyed = createKeyedStep({ config, policies, metrics }).open(0, null);
  let matched = 0;
  let pending: Promise<unknown> | null = null;
  const matchOn = async (until: number): Promise<void> => {
    while (matched < until && pending === null) {
      const batch = await decodeFetched('requests.enriched', 0, stream.fetch(matched), codecs, true);
      lap('decode');
      matched++;
      const answer = match.process(batch);
      if (answer instanceof Promise)
        pending = answer.then(({ outputs }) => {
          pending = null;
          count(outputs);
        });
      else count(answer.outputs);
      lap('match');
    }
  };
  for (let at = 0; at < stream.fetches; at++) {
    const batch = await decodeFetched('requests.enriched', 0, stream.fetch(at), codecs, true);
    lap('decode');
    const { outputs } = await combine.process(batch);
    lap('combine');
    const accounts = await throughLog('keyed', outputs);
    if (accounts !== null) count((await keyed.process(accounts)).outputs);
    lap('keyed');
    const frames = await throughLog('aggregates', outputs);
    if (frames !== null) {
      const reduced = await reduce.process(frames);
      count(reduced.outputs);
      const news = await throughLog('campaigns', reduced.outputs);
      lap('reduce');
      if (news !== null) book.take(news);
      await new Promise((resolve) => setImmediate(resolve));
      lap('match');
    }
    await matchOn(at + 1);
  }
  while (matched < stream.fetches || pending !== null) {
    await pending;
    await matchOn(stream.fetches);
  }
  return result;
}

/**
 * Record bytes to verdict on one thread with every shipped policy on, one partition. Twice: what it takes from the start,
 * compiling included, and what it takes a detector that has run for a while.
 */
export async function detectorLoop(traffic: BenchTraffic): Promise<readonly Figure[]> {
  const stream = await enrichedStream(traffic, batchRecords);
  return [...(await measured(stream, traffic, '')), ...(await measured(stream, traffic, '_warm'))];
}

async function measured(
  stream: EnrichedStream,
  traffic: BenchTraffic,
  suffix: string,
): Promise<readonly Figure[]> {
  globalThis.gc?.();
  const { result, seconds, cpuSeconds } = await timed(() => detect(stream));
  const { events, verdicts, campaigns, spent } = result;
  if (campaigns === 0 || verdicts === 0) throw new Error('nothing was found: the loop does not detect');
  const share = (ms: number): number => rounded(ms / (seconds * 1000));
  const parameters = {
    scenario: traffic.scenario,
    seed: traffic.seed,
    events,
    event_time_rate: Math.round(events / (traffic.durationMs / 1000)),
    verdicts,
    decode_share: share(spent.decode),
    combine_share: share(spent.combine),
    reduce_share: share(spent.reduce),
    keyed_share: share(spent.keyed),
    match_share: share(spent.match),
  };
  const figure = figureOf(parameters, cpuSeconds);
  return [
    figure(`detector_rate${suffix}`, events / seconds, 'events/s'),
    figure(`detector_cpu${suffix}`, (cpuSeconds / events) * 1e6, 's/million events'),
  ];
}
