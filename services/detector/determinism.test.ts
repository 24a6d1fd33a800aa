import { describe, expect, it } from 'vitest';
import type { TopicName } from '../../lib/contracts/topics.ts';
import type { LogBatch, LogRecord, Outgoing } from '../../lib/log/log.ts';
import type { StatefulStep } from '../../lib/log/step.ts';
import { createMetrics } from '../../lib/observability/metrics.ts';
import { createCombineStep } from './combine/combine-step.ts';
import { detectorConfig } from './config.ts';
import { CampaignBook } from './match/campaign-book.ts';
import { createMatchStep } from './match/match-step.ts';
import { loadPolicies } from './policies/load-policies.ts';
import { fixedPolicies } from './policies/timeline.ts';
import { createReduceStep } from './reduce/reduce-step.ts';
import { runDetector } from './run.test-fixture.ts';
import { crowd, inOrder, random, records, type Sketch, stuffing } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;

function stream(): Sketch[] {
  const attack = stuffing({ next: random(3), from: start + 3 * minute, until: start + 3.5 * minute });
  for (let at = start + 3 * minute; at < start + 3.2 * minute; at += 300)
    attack.push({ ...attack[0]!, at, ip: '45.1.1.1', session: `y${at}` });
  return inOrder(crowd({ seed: 4, from: start, until: start + 4 * minute, visits: () => 4 }), attack);
}

const ids = (run: Awaited<ReturnType<typeof runDetector>>) => ({
  campaigns: [
    ...new Set(run.campaigns.map((campaign) => `${campaign.campaign_id} ${campaign.revision}`)),
  ].sort(),
  verdicts: [
    ...new Set(
      run.verdicts.map((verdict) => `${verdict.verdict_id} ${verdict.revision} ${verdict.decided_at}`),
    ),
  ].sort(),
});

function batches<T extends TopicName>(topic: T, out: readonly Outgoing[], size: number): LogBatch<T>[] {
  const all = out.map((record, offset) => ({ ...record, offset })) as unknown as LogRecord<T>[];
  const cut: LogBatch<T>[] = [];
  for (let at = 0; at < all.length; at += size) {
    const part = all.slice(at, at + size);
    cut.push({
      topic,
      partition: 0,
      records: part,
      nextOffset: at + part.length,
      undecodable: [],
      highWatermark: all.length,
    });
  }
  return cut;
}

/** One partition everywhere. */
const alone = { sources: 1, targets: 1, keyedTargets: 1, seed: 1 } as const;

/** Runs a step over batches; after batch `restart` its state goes through a snapshot, and that batch comes twice. */
async function through<T extends TopicName>(
  step: StatefulStep<T>,
  input: readonly LogBatch<T>[],
  restart: number | null,
): Promise<Outgoing[]> {
  let state = step.open(0, null);
  const out: Outgoing[] = [];
  for (const [index, batch] of input.entries()) {
    if (index === restart) state = step.open(0, state.snapshot());
    out.push(...(await state.process(batch)).outputs);
  }
  return out;
}

describe('same input, same ids', { timeout: 120_000 }, () => {
  it('for 1, 4 and 8 partitions', async () => {
    const sketches = stream();
    const one = ids(await runDetector(sketches, { partitions: 1 }));
    expect(one.campaigns.length).toBeGreaterThan(0);
    expect(one.verdicts.length).toBeGreaterThan(1);
    for (const partitions of [4, 8]) expect(ids(await runDetector(sketches, { partitions }))).toEqual(one);
  });

  it('and every finding names where its requests stand', async () => {
    const sketches = stream();
    for (const partitions of [1, 4]) {
      const placed = new Map<string, { partition: number; offset: number }>();
      const ends = new Array<number>(partitions).fill(0);
      for (const record of records(sketches, partitions)) {
        const offset = ends[record.partition!]!++;
        if (record.type === 'EnrichedRequest')
          placed.set(record.value.request.event_id, { partition: record.partition!, offset });
      }
      const { campaigns, verdicts } = await runDetector(sketches, { partitions });
      for (const { inputs, sample_event_ids: samples } of verdicts) {
        expect(inputs.length).toBeGreaterThan(0);
        expect(inputs.length).toBeLessThanOrEqual(partitions);
        expect(inputs.every(({ partition, last }) => last < ends[partition]!)).toBe(true);
        for (const id of samples) {
          const { partition, offset } = placed.get(id)!;
          const range = inputs.find((of) => of.partition === partition)!;
          expect(range.first <= offset && offset <= range.last).toBe(true);
        }
      }
      expect(campaigns.every(({ inputs }) => inputs.length === partitions)).toBe(true);
    }
  });

  it('when combine and reduce are restored from snapshots in mid-stream', async () => {
    const metrics = createMetrics();
    const config = detectorConfig.parse({});
    const policies = fixedPolicies(loadPolicies(''));
    const input = batches('requests.enriched', records(stream(), 1), 97);
    const combine = createCombineStep({ ...alone, config, policies: fixedPolicies([]), metrics });
    const frames = await through(combine, input, null);
    for (const restart of [3, Math.floor(input.length / 2), input.length - 2])
      expect(await through(combine, input, restart)).toEqual(frames);
    const reduce = createReduceStep({
      config,
      policies,
      reducers: 1,
      campaignPartitions: 1,
      metrics,
    });
    const panes = batches('aggregates', frames, 7);
    const found = await through(reduce, panes, null);
    expect(found.some((record) => record.type === 'Campaign')).toBe(true);
    for (const restart of [2, Math.floor(panes.length * 0.78), panes.length - 1])
      expect(await through(reduce, panes, restart)).toEqual(found);
    // frames that come again are no news
    const doubled = panes.flatMap((batch) => [batch, batch]);
    const news = (out: readonly Outgoing[]) => out.filter((record) => record.type !== 'CampaignTick');
    expect(news(await through(reduce, doubled, null))).toEqual(news(found));
  });

  it('however far ahead of match campaigns are read', async () => {
    // the attack moves to a second endpoint half a minute later: its campaign goes on there
    const people = [...crowd({ seed: 9, from: start, until: start + 4 * minute, visits: () => 2 })];
    const mobile = stuffing({ next: random(8), from: start + 3.6 * minute, until: start + 4 * minute });
    const input = batches(
      'requests.enriched',
      records(
        inOrder(
          stream(),
          mobile.map((sketch) => ({ ...sketch, endpoint: 'POST /mobile/login' })),
          people.map((sketch) =>
            sketch.fn === 'login' ? { ...sketch, endpoint: 'POST /mobile/login' } : sketch,
          ),
        ),
        1,
      ),
      97,
    );
    const metrics = createMetrics();
    const config = detectorConfig.parse({});
    const policies = fixedPolicies(loadPolicies(''));
    const combine = createCombineStep({ ...alone, config, policies, metrics });
    const reduce = createReduceStep({ config, policies, reducers: 1, campaignPartitions: 1, metrics });
    const frames = (await through(combine, input, null)).filter(({ topic }) => topic === 'aggregates');
    const said = (await through(reduce, batches('aggregates', frames, 7), null)).filter(
      ({ topic }) => topic === 'campaigns',
    );
    const campaigns = said.flatMap((out) => (out.type === 'Campaign' ? [out.value] : []));
    const starts = campaigns.flatMap(({ opened_at, signatures }) =>
      signatures.map(({ from_at }) => from_at - opened_at),
    );
    expect(Math.max(...starts)).toBeGreaterThan(20_000);

    /** What match finds when it is given so many records of campaigns whenever it waits. */
    const found = async (atOnce: number) => {
      const unread = batches('campaigns', said, atOnce);
      const book = new CampaignBook();
      const evaluations: unknown[] = [];
      const match = createMatchStep({
        config,
        policies,
        reducers: 1,
        book,
        metrics,
        onEvaluated: ({ request }, { good, standing, inForce }) =>
          evaluations.push([request.event_id, good, standing, inForce?.fromAt]),
      }).open(0, null);
      const verdicts: Outgoing[] = [];
      for (const batch of input) {
        let through = false;
        const answer = Promise.resolve(match.process(batch)).then(({ outputs }) => {
          through = true;
          verdicts.push(...outputs);
        });
        for (await new Promise(setImmediate); !through; await new Promise(setImmediate))
          book.take(unread.shift()!);
        await answer;
      }
      return { evaluations, verdicts };
    };
    const step = await found(1);
    expect(step.verdicts.length).toBeGreaterThan(0);
    expect(await found(said.length)).toEqual(step);
  });
});
