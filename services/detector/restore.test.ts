import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TopicName } from '../../lib/contracts/topics.ts';
import { decodeCheckpoint, encodeCheckpoint } from '../../lib/log/checkpoint-format.ts';
import type { LogBatch, LogRecord, Outgoing } from '../../lib/log/log.ts';
import type { Snapshot } from '../../lib/log/snapshot.ts';
import type { PartitionState, StatefulStep } from '../../lib/log/step.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { createCombineStep } from './combine/combine-step.ts';
import { detectorConfig } from './config.ts';
import { createKeyedStep } from './keyed/keyed-step.ts';
import { CampaignBook } from './match/campaign-book.ts';
import { createMatchStep } from './match/match-step.ts';
import { loadPolicies } from './policies/load-policies.ts';
import { createSetHistory, policiesFrom } from './policies/timeline.ts';
import { createReduceStep } from './reduce/reduce-step.ts';
import {
  crowd,
  inOrder,
  random,
  records as recordsOf,
  type Sketch,
  stuffing,
} from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const second = 1000;

/** Three minutes of people, then a stuffing of a few accounts by a few hundred addresses that come again. */
function stream(): Sketch[] {
  const attack = stuffing({
    next: random(9),
    from: start + 180 * second,
    until: start + 205 * second,
    ip: (next) => `45.1.${Math.floor(next() * 3)}.${Math.floor(next() * 60)}`,
    account: (index) => `v${index % 4}`,
  });
  return inOrder(crowd({ seed: 4, from: start, until: start + 205 * second, visits: () => 2 }), attack);
}

function batch<T extends TopicName>(topic: T, out: readonly Outgoing[], offset: number): LogBatch<T> {
  const numbered = out.map((record, at) => ({ ...record, partition: 0, offset: offset + at }));
  return {
    topic,
    partition: 0,
    records: numbered as unknown as LogRecord<T>[],
    nextOffset: offset + out.length,
    undecodable: [],
    highWatermark: offset + out.length,
  };
}

/**
 * Runs a step over its input. After a cut the partition moves: another instance opens it from the checkpoint taken some
 * records before, and gets the records since then again. Answers what was sent at each offset, as last sent.
 */
async function through<T extends TopicName>(
  open: () => StatefulStep<T>,
  topic: T,
  input: readonly Outgoing[],
  cuts: readonly { readonly at: number; readonly back: number }[],
): Promise<Outgoing[]> {
  const sent: (readonly Outgoing[])[] = [];
  const pending = [...cuts].sort((a, b) => a.at - b.at);
  let state: PartitionState<T> = open().open(0, null);
  let checkpoint: { offset: number; snapshot: Snapshot } | null = null;
  for (let offset = 0; offset < input.length; ) {
    const cut = pending[0];
    if (cut !== undefined && offset === Math.max(0, cut.at - cut.back))
      checkpoint = { offset, snapshot: state.snapshot() };
    if (cut !== undefined && offset === cut.at && checkpoint !== null) {
      pending.shift();
      const bytes = Buffer.concat([...encodeCheckpoint(checkpoint.snapshot, '')]);
      state = open().open(0, (await decodeCheckpoint(bytes)).snapshot);
      offset = checkpoint.offset;
      continue;
    }
    if (cut !== undefined && offset > cut.at) pending.shift();
    sent[offset] = (await state.process(batch(topic, [input[offset]!], offset))).outputs;
    offset++;
  }
  return sent.flat();
}

it('a partition moved at any moment goes on as if nothing had been', { timeout: 120_000 }, async () => {
  const metrics = createMetrics();
  const config = detectorConfig.parse({});
  // another set of policies takes effect in the middle of the attack
  const shipped = loadPolicies('');
  const history = createSetHistory(shipped);
  const changed = shipped
    .filter(({ scope }) => scope !== 'network')
    .map((policy) => ({ ...policy, hash: `${policy.hash}-changed` }));
  history.add(policiesFrom(start + 192 * second, changed));
  const policies = { ...history, settledUntil: () => Infinity, settledFurther: () => Promise.resolve() };
  const combine = () =>
    createCombineStep({ config, policies, sources: 1, targets: 1, keyedTargets: 1, seed: 1, metrics });
  const requests = recordsOf(stream(), 1);
  const frames = await through(combine, 'requests.enriched', requests, []);
  const panes = frames.filter(({ topic }) => topic === 'aggregates');
  const reduce = createReduceStep({ config, policies, reducers: 1, campaignPartitions: 1, metrics });
  const found = await through(() => reduce, 'aggregates', panes, []);
  const book = new CampaignBook();
  const campaigns = found.filter(({ topic }) => topic === 'campaigns');
  book.take(batch('campaigns', campaigns, 0));
  const match = () => createMatchStep({ config, policies, reducers: 1, book, metrics });
  const verdicts = await through(match, 'requests.enriched', requests, []);
  expect(verdicts.length).toBeGreaterThan(20);
  const records = frames.filter(({ topic }) => topic === 'keyed');
  const keyed = () => createKeyedStep({ config, policies, metrics });
  const accounts = await through(keyed, 'keyed', records, []);
  expect(accounts.length).toBeGreaterThan(1);

  const cuts = fc.array(fc.record({ at: fc.nat({ max: requests.length - 1 }), back: fc.nat({ max: 200 }) }), {
    minLength: 1,
    maxLength: 4,
  });
  await fc.assert(
    fc.asyncProperty(cuts, async (at) => {
      expect(await through(combine, 'requests.enriched', requests, at)).toEqual(frames);
      expect(await through(match, 'requests.enriched', requests, at)).toEqual(verdicts);
      const early = (length: number) => at.map((cut) => ({ ...cut, at: cut.at % length }));
      expect(await through(() => reduce, 'aggregates', panes, early(panes.length))).toEqual(found);
      expect(await through(keyed, 'keyed', records, early(records.length))).toEqual(accounts);
    }),
    { numRuns: 4 },
  );
});
