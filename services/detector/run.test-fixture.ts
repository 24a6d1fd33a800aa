import type {
  Campaign,
  EnrichedRequest,
  GoodClient,
  PolicySet,
  Verdict,
} from '../../lib/contracts/generated.ts';
import type { LogProducer, Outgoing } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import type { CheckpointStore } from '../../lib/log/step.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { spares } from '../../lib/signature/standing.ts';
import { detectorConfig } from './config.ts';
import { startDetector } from './main.ts';
import type { Evaluation } from './match/match-step.ts';
import type { Policy } from './policies/load-policies.ts';
import { policySetOut } from './policies/policy-set.ts';
import { records, type Sketch } from './traffic.test-fixture.ts';

export const noCheckpoints: CheckpointStore = {
  storeId: 'test',
  write: async () => {},
  read: async () => null,
  list: async () => [],
  delete: async () => {},
};

export interface Run {
  readonly campaigns: readonly Campaign[];
  readonly verdicts: readonly Verdict[];
  /** Published with `good_list` only. */
  readonly goodClients: readonly GoodClient[];
  readonly evaluations: readonly { readonly event: EnrichedRequest; readonly evaluation: Evaluation }[];
}

/** Runs a stream through the whole detector on a memory log and waits until it is through. */
export async function runDetector(
  sketches: readonly Sketch[],
  options: {
    readonly partitions?: number;
    readonly config?: object;
    readonly policies?: readonly Policy[];
    /** Sets on topic policies, followed by all instances; the wall clock starts there and goes on by hand. */
    readonly published?: { readonly sets: readonly PolicySet[]; readonly wall: number };
    /** Called when nothing more comes of the input: may publish, and move the wall clock by what it answers. */
    readonly onIdle?: (producer: LogProducer) => Promise<number>;
    readonly instances?: number;
  } = {},
): Promise<Run> {
  const partitions = options.partitions ?? 1;
  const log = createMemoryLog({ trafficPartitions: partitions });
  const campaigns: Campaign[] = [];
  const verdicts: Verdict[] = [];
  const goodClients: GoodClient[] = [];
  const evaluations: { event: EnrichedRequest; evaluation: Evaluation }[] = [];
  const tails = [
    await log.tail({
      topic: 'campaigns',
      from: 'earliest',
      onBatch: (batch) => {
        for (const record of batch.records) if (record.type === 'Campaign') campaigns.push(record.value);
      },
    }),
    await log.tail({
      topic: 'verdicts',
      from: 'earliest',
      onBatch: (batch) => {
        for (const record of batch.records) verdicts.push(record.value);
      },
    }),
    await log.tail({
      topic: 'good-clients',
      from: 'earliest',
      onBatch: (batch) => {
        for (const record of batch.records) goodClients.push(record.value);
      },
    }),
  ];
  const producer = await log.producer('test');
  let wall = options.published?.wall ?? 0;
  for (const set of options.published?.sets ?? []) await producer.send([policySetOut(set)]);
  const services = await Promise.all(
    Array.from({ length: options.instances ?? 1 }, (_, instance) =>
      startDetector(
        {
          log,
          logger: silentLogger,
          metrics: createMetrics(),
          instance: `test-${instance}`,
          secret: Buffer.alloc(32, 7),
          checkpoints: noCheckpoints,
          now: () => wall,
        },
        detectorConfig.parse(options.config ?? {}),
        {
          onEvaluated: (event, evaluation) => evaluations.push({ event, evaluation }),
          ...(options.policies === undefined ? {} : { policies: options.policies }),
          ...(options.published === undefined ? {} : { followPolicies: { checkEveryMs: 5 } }),
        },
      ),
    ),
  );
  await sendAll(producer, records(sketches, partitions));
  const failed = Promise.race(services.map((service) => service.done));
  let quiet = 0;
  for (let seen = 0; evaluations.length < sketches.length; ) {
    await Promise.race([new Promise((resolve) => setTimeout(resolve, 5)), failed]);
    quiet = evaluations.length === seen ? quiet + 1 : 0;
    seen = evaluations.length;
    if (quiet < 20 || options.onIdle === undefined) continue;
    quiet = 0;
    wall += await options.onIdle(producer);
  }
  for (const service of services) await service.stop();
  for (const tail of tails) await tail.close();
  await log.close();
  return { campaigns, verdicts, goodClients, evaluations };
}

/** Findings without the offsets of what they were counted from, which name partitions. */
export function withoutPlaces<F extends Campaign | Verdict>(findings: readonly F[]): Omit<F, 'inputs'>[] {
  return findings.map(({ inputs: _, ...finding }) => finding);
}

/** What has to be the same for the same input. */
export function idsOf({ campaigns, verdicts }: Pick<Run, 'campaigns' | 'verdicts'>) {
  return {
    campaigns: [...new Set(campaigns.map((one) => `${one.campaign_id} ${one.revision} ${one.state}`))].sort(),
    verdicts: [
      ...new Set(
        verdicts.map((one) => `${one.verdict_id} ${one.revision} ${one.decided_at} ${one.until_at}`),
      ),
    ].sort(),
  };
}

async function sendAll(
  producer: { send(records: readonly Outgoing[]): Promise<void> },
  out: readonly Outgoing[],
): Promise<void> {
  for (let at = 0; at < out.length; at += 2000) await producer.send(out.slice(at, at + 2000));
}

export interface Score {
  readonly attackStopped: number;
  readonly honestStopped: number;
  readonly honestOnTargetStopped: number;
  readonly attackLetThroughFirst: number;
  readonly attack: number;
  readonly onTarget: number;
}

/** What an edge would have stopped, by label, with a delay of two seconds; attack counted from 30 s after its start. */
export function score(run: Run, sketches: readonly Sketch[], target: string, delayMs = 2000): Score {
  const labels = new Map(sketches.map((sketch, index) => [index, sketch]));
  const attackStart = sketches.find((sketch) => sketch.label === 'attack')?.at ?? 0;
  let attack = 0;
  let attackStopped = 0;
  let honest = 0;
  let honestStopped = 0;
  let onTarget = 0;
  let onTargetStopped = 0;
  let through = 0;
  let stoppedOne = false;
  for (const { event, evaluation } of run.evaluations) {
    const { inForce, standing } = evaluation;
    const at = event.request.timestamp;
    const stopped =
      inForce !== null && at >= inForce.fromAt + delayMs && !spares(inForce.signature, standing);
    if (labels.get(event.source_offset)?.label === 'attack') {
      if (stopped) stoppedOne = true;
      if (!stoppedOne) through++;
      if (at < attackStart + 30_000) continue;
      attack++;
      if (stopped) attackStopped++;
    } else {
      honest++;
      if (stopped) honestStopped++;
      if (at >= attackStart && event.endpoint === target) {
        onTarget++;
        if (stopped) onTargetStopped++;
      }
    }
  }
  return {
    attackStopped: attack === 0 ? 0 : attackStopped / attack,
    honestStopped: honestStopped / Math.max(1, honest),
    honestOnTargetStopped: onTargetStopped / Math.max(1, onTarget),
    attackLetThroughFirst: through,
    attack,
    onTarget,
  };
}
