import { describe, expect, it, test } from 'vitest';
import type { KeyedFrame, PaneFrame } from '../../../lib/contracts/generated.ts';
import type { LogRecord, Outgoing } from '../../../lib/log/log.ts';
import { partitionOf } from '../../../lib/log/partitioner.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import { detectorConfig } from '../config.ts';
import { groupsOf } from '../frames/frames.ts';
import { loadPolicies } from '../policies/load-policies.ts';
import { fixedPolicies } from '../policies/timeline.ts';
import { enriched } from '../traffic.test-fixture.ts';
import { createCombineStep } from './combine-step.ts';

const start = Date.UTC(2026, 10, 2, 9);
const second = 1000;

type Input = Pick<LogRecord<'requests.enriched'>, 'type' | 'value'>;

const tick = (site: string, at: number, more: { closing?: boolean; collector?: string } = {}): Input => ({
  type: 'Tick',
  value: {
    site,
    collector_id: more.collector ?? site,
    source_class: 'live',
    time: at,
    watermark_at: at - second,
    closing: more.closing ?? false,
  },
});

/** Requests of sites, numbered. */
function requests() {
  let index = 0;
  return (site: string, at: number): Input => {
    const sketch = { at, ip: '91.1.2.3', endpoint: 'GET /x', account: 'a1', session: 's1' };
    const event = enriched(sketch as Parameters<typeof enriched>[0], index++);
    return { type: 'EnrichedRequest', value: { ...event, request: { ...event.request, site } } };
  };
}

/** Runs combine over its input in batches of `size`; with `restarts` through a snapshot before every seventh batch. */
async function combined(input: readonly Input[], targets = 1, size = 1, restarts = false) {
  const config = detectorConfig.parse({});
  const policies = fixedPolicies(loadPolicies(''));
  const metrics = createMetrics();
  const options = { config, policies, sources: 1, targets, keyedTargets: 1, seed: 5, metrics };
  const step = createCombineStep(options);
  let state = step.open(0, null);
  const out: Outgoing[] = [];
  for (let at = 0; at < input.length; at += size) {
    if (restarts && (at / size) % 7 === 6) state = step.open(0, structuredClone(state.snapshot()));
    const records = input.slice(at, at + size).map((record, index) => ({
      ...record,
      topic: 'requests.enriched',
      partition: 0,
      offset: at + index,
      key: null,
    })) as LogRecord<'requests.enriched'>[];
    const nextOffset = at + records.length;
    const batch = { topic: 'requests.enriched', partition: 0, records, nextOffset, undecodable: [] } as const;
    out.push(...(await state.process({ ...batch, highWatermark: nextOffset })).outputs);
  }
  const late = await metrics.afterClose.get();
  const lateCount = late.values.reduce((sum, { value }) => sum + value, 0);
  const lateOf = (of: string) => late.values.find(({ labels }) => labels.site === of)?.value ?? 0;
  return { out, late: lateCount, lateOf, control: state.snapshot().get('control')![0]!.length };
}

const framesTo = (out: readonly Outgoing[], target: number): PaneFrame[] =>
  out.flatMap((one) =>
    one.topic === 'aggregates' && one.partition === target ? [one.value as PaneFrame] : [],
  );
const closedUntil = (out: readonly Outgoing[], target = 0): number =>
  (framesTo(out, target).at(-1)?.watermark_at ?? -Infinity) - start;
/** Requests of a site in frames. */
const counted = (out: readonly Outgoing[], of: string, target = 0): number =>
  framesTo(out, target)
    .flatMap(groupsOf)
    .filter(({ site, kind }) => site === of && kind === 'site')
    .reduce((sum, { counts }) => sum + counts[0]!, 0);
const keyedUntil = (out: readonly Outgoing[]): number =>
  Math.max(...out.flatMap((one) => (one.topic === 'keyed' ? [(one.value as KeyedFrame).watermark_at] : []))) -
  start;

/** `old` ticks for ten seconds and is killed; `shop` goes on. */
function killed(until: number, request = requests()): Input[] {
  const input: Input[] = [];
  for (let s = 0; s < until; s++) {
    const at = start + s * second;
    input.push(request('shop', at + 100));
    if (s <= 10) input.push(request('old', at + 200));
    if (s < 10) input.push(tick('old', at + second));
    input.push(tick('shop', at + second));
  }
  return input;
}

describe('a site that stops ticking', { timeout: 60_000 }, () => {
  it('holds others back until it is retired, and what it left is sent', async () => {
    expect(closedUntil((await combined(killed(70))).out)).toBe(9000);
    const { out, late } = await combined(killed(100));
    expect(closedUntil(out)).toBe(99_000);
    expect(keyedUntil(out)).toBe(99_000);
    expect(counted(out, 'old')).toBe(11);
    expect(counted(out, 'shop')).toBe(99);
    expect(late).toBe(0);
  });

  it('on a reducer of its own leaves nothing there that match waits for', async () => {
    const targets = 8;
    const [shop, old] = ['shop', 'old'].map((site) => partitionOf(site, targets));
    expect(shop).not.toBe(old);
    const { out } = await combined(killed(100), targets);
    expect(closedUntil(out, shop)).toBe(99_000);
    expect(closedUntil(out, old)).toBe(99_000);
    expect(counted(out, 'old', old)).toBe(11);
    const frames = framesTo(out, old!).map(({ watermark_at: at }) => at);
    expect(frames).toEqual([...new Set(frames)].sort((a, b) => a - b));
  });

  it('is live again when it ticks: what is too late is after close, the rest is counted', async () => {
    const request = requests();
    const input = killed(200, request);
    input.push(request('old', start + 150 * second), request('old', start + 200_500));
    input.push(tick('shop', start + 205 * second), tick('shop', start + 206 * second));
    const held = await combined(input);
    expect(held.late).toBe(1);
    // the request says that it is there again
    expect(closedUntil(held.out)).toBe(199_000);
    input.push(tick('old', start + 206 * second), tick('shop', start + 207 * second));
    const back = await combined(input);
    expect(closedUntil(back.out)).toBe(205_000);
    expect(counted(back.out, 'old')).toBe(12);
  });

  it('gives the same after restarts and in other batches', async () => {
    const input = killed(900);
    for (const targets of [1, 8]) {
      const { out } = await combined(input, targets);
      expect((await combined(input, targets, 97)).out).toEqual(out);
      expect((await combined(input, targets, 5, true)).out).toEqual(out);
    }
  });

  it('does not keep others from ending, and is forgotten', async () => {
    const input = killed(100);
    const end = [...input, tick('shop', start + 101 * second, { closing: true })];
    const { out } = await combined(end);
    expect(framesTo(out, 0).at(-1)!.closing).toBe(true);
    expect(counted(out, 'shop')).toBe(100);
    const many = (sites: number): Input[] => {
      const more: Input[] = [];
      for (let s = 0; s < 2000; s++) {
        more.push(tick('shop', start + s * second));
        if (s < sites) more.push(tick(`site-${s}`, start + s * second));
      }
      return more;
    };
    expect((await combined(many(300))).control).toBeLessThan((await combined(many(1))).control + 100);
  });
});

it('a site whose first tick is still to come is waited for as long as one that fell silent', async () => {
  const request = requests();
  const input = [tick('shop', start), tick('shop', start + second), request('new', start + 500)];
  for (let s = 2; s < 100; s++) input.push(tick('shop', start + s * second));
  expect(closedUntil((await combined(input.slice(0, 50))).out)).toBe(0);
  const { out } = await combined(input);
  expect(closedUntil(out)).toBe(98_000);
  expect(counted(out, 'new')).toBe(1);
});

it('a collector a day ahead for a moment does not shut other sites off', async () => {
  const request = requests();
  const input: Input[] = [];
  for (let s = 0; s < 300; s++) {
    const at = start + s * second;
    input.push(request('shop', at + 100), tick('shop', at + second));
    if (s < 100) input.push(tick('ahead', at + second));
    if (s === 100) input.push(tick('ahead', at + 86_400_000));
  }
  for (const targets of [1, 8]) {
    const { out, late } = await combined(input, targets);
    expect(closedUntil(out, partitionOf('shop', targets))).toBe(299_000);
    expect(late).toBe(0);
  }
});

test('the log of last week that is read beside a live site holds nothing back, counts nowhere, and says so', async () => {
  const request = requests();
  const week = 7 * 86_400_000;
  for (const targets of [1, 8]) {
    const input: Input[] = [];
    for (let s = 0; s < 100; s++) {
      const at = start + s * second;
      input.push(request('shop', at + 100), tick('shop', at + second));
      if (s >= 20) input.push(request('old', at - week + 100), tick('old', at - week + second));
    }
    const { out, late, lateOf } = await combined(input, targets);
    expect(closedUntil(out, partitionOf('shop', targets))).toBe(99_000);
    expect(counted(out, 'shop', partitionOf('shop', targets))).toBe(99);
    expect(counted(out, 'old', partitionOf('old', targets))).toBe(targets === 1 ? 0 : 1);
    expect(lateOf('old')).toBe(late);
    expect(late).toBe(targets === 1 ? 80 : 79);
  }
});
