import { expect, test } from 'vitest';
import { createLaneHasher, lanes, lanesBytes } from '../../../lib/hash/lanes.ts';
import { networkKey } from '../../../lib/ip.ts';
import type { LogRecord, Outgoing } from '../../../lib/log/log.ts';
import { partitionOf } from '../../../lib/log/partitioner.ts';
import type { StepOutput } from '../../../lib/log/step.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import { detectorConfig } from '../config.ts';
import { groupsOf } from '../frames/frames.ts';
import { countIndex } from '../layout.ts';
import { loadPolicies } from '../policies/load-policies.ts';
import { fixedPolicies } from '../policies/timeline.ts';
import { enriched, key, type Sketch } from '../traffic.test-fixture.ts';
import { createCombineStep } from './combine-step.ts';
import { type Entry, EntryNames } from './entry-names.ts';

const start = Date.UTC(2026, 10, 2, 9);
const hasher = createLaneHasher(key);

/** How often visits went on from endpoints, by group; through a checkpoint after `restartAfter` requests. */
function wentOn(sketches: readonly Sketch[], partitions: number, restartAfter = Infinity) {
  const policies = fixedPolicies(loadPolicies(''));
  const step = createCombineStep({
    config: detectorConfig.parse({}),
    policies,
    sources: partitions,
    targets: 1,
    keyedTargets: 1,
    seed: 5,
    metrics: createMetrics(),
  });
  const events = sketches.map(enriched);
  const found = new Map<string, number>();
  for (let partition = 0; partition < partitions; partition++) {
    const own = events.filter(
      ({ request: { site, client_ip: ip } }) => partitionOf(networkKey(site, ip), partitions) === partition,
    );
    const at = start + 3_600_000;
    const tick = { site: 'default', collector_id: 'c', source_class: 'live', time: at, watermark_at: at };
    const input = [
      ...own.map((value) => ({ type: 'EnrichedRequest' as const, value })),
      { type: 'Tick' as const, value: { ...tick, closing: true } },
    ];
    let state = step.open(partition, null);
    const outputs: Outgoing[] = [];
    input.forEach((record, offset) => {
      if (offset === restartAfter) state = step.open(partition, structuredClone(state.snapshot()));
      const records = [{ ...record, topic: 'requests.enriched', partition, offset, key: null }];
      const { outputs: sent } = state.process({
        topic: 'requests.enriched',
        partition,
        records: records as LogRecord<'requests.enriched'>[],
        nextOffset: offset + 1,
        undecodable: [],
        highWatermark: input.length,
      }) as StepOutput;
      outputs.push(...sent);
    });
    for (const output of outputs)
      if (output.type === 'PaneFrame')
        for (const { kind, key: of, counts } of groupsOf(output.value))
          if (kind === 'endpoint' && counts[countIndex.went_on]! > 0)
            found.set(of, (found.get(of) ?? 0) + counts[countIndex.went_on]!);
  }
  return Object.fromEntries([...found].sort());
}

/** Two paths whose endpoints share 16 bits of their hash. */
function colliding(): readonly [string, string] {
  const seen = new Map<number, string>();
  const hashes = Buffer.alloc(lanesBytes);
  for (let index = 0; ; index++) {
    const path = `/c${index}`;
    hasher.text('endpoint', 'default', `GET ${path}`, hashes);
    const short = hashes.readUInt16LE(lanes.endpoint);
    const other = seen.get(short);
    if (other !== undefined) return [other, path];
    seen.set(short, path);
  }
}

/** Visits, each of a client of its own, that begin at one of these and go on elsewhere. */
function visits(begins: readonly string[]): Sketch[] {
  const first = begins.map((endpoint, index) => ({
    at: start + index * 100,
    ip: `91.1.${index}.7`,
    endpoint,
    fn: 'content',
    session: `s${index}`,
    agent: 'a',
    ja4: 'j',
  }));
  return [...first, ...first.map((sketch) => ({ ...sketch, at: sketch.at + 20_000, endpoint: 'GET /next' }))];
}

test('a visit that goes on is put down to where it began, whatever shares its short hash and came first', () => {
  const [a, b] = colliding().map((path) => `GET ${path}`) as [string, string];
  const begins = [a, b, b, a, b, a, b, b];
  const expected = { [`GET shop.example${a.slice(4)}`]: 3, [`GET shop.example${b.slice(4)}`]: 5 };
  for (const partitions of [1, 3]) expect(wentOn(visits(begins), partitions)).toEqual(expected);
  expect(wentOn(visits([...begins].reverse()), 1)).toEqual(expected);
  expect(wentOn(visits(begins), 1, begins.length)).toEqual(expected);
});

test('when there are more endpoints than numbers, those of visits that are over make room', () => {
  const names = new EntryNames();
  const endpoint = (index: number): Entry => ({ site: 's', key: `GET /${index}`, asked: null, entry: 0 });
  const first = endpoint(0);
  expect(names.numberOf(first, 1, 0)).toBe(1);
  for (let index = 1; index < 65_535; index++) names.numberOf(endpoint(index), 1, 10);
  // nobody's place: what is going on is not put down to another
  expect(names.numberOf(endpoint(70_000), 1, 20)).toBe(0);
  expect(names.numberOf(first, 1, 1500)).toBe(1);
  const late = endpoint(80_000);
  const number = names.numberOf(late, 7, 2000);
  expect(number).toBeGreaterThan(1);
  expect(names.of(number)?.key).toBe('GET /80000');
  expect(names.hashes[number]).toBe(7);
  expect(names.of(1)?.key).toBe('GET /0');
  const restored = new EntryNames(structuredClone(names.snapshot()));
  expect(restored.numberOf(endpoint(80_000), 7, 2001)).toBe(number);
  expect(restored.numberOf(endpoint(0), 1, 2001)).toBe(1);
  expect(restored.of(restored.numberOf(endpoint(90_000), 9, 2001))?.key).toBe('GET /90000');
});
