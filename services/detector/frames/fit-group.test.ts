import { expect, test } from 'vitest';
import { recordType } from '../../../lib/contracts/codecs.ts';
import { mostRecordBytes } from '../../../lib/log/log.ts';
import { detectorConfig } from '../config.ts';
import { countNames, flag } from '../layout.ts';
import type { PaneGroup, Sample } from '../pane-group.ts';
import { framesOf, groupsOf } from './frames.ts';

const limitBytes = 20_000;
const frameType = recordType('PaneFrame');

const sampleOf = (order: number, agent: string): Sample => ({
  order,
  event_id: `evt_${order}`,
  client: order,
  flags: order % 2 === 0 ? flag.direct : 0,
  attributes: [agent, 'DE', null],
});
const groupOf = (key: string, samples: readonly Sample[]): PaneGroup => ({
  site: 'default',
  kind: 'endpoint',
  key,
  counts: [samples.length],
  sketches: [],
  samples,
});
/** In the order of an accumulator: suspicious ones first. */
const samplesOf = (count: number, agent: (index: number) => string): Sample[] => {
  const all = Array.from({ length: count }, (_, index) => sampleOf((index * 37) % count, agent(index)));
  const odd = (sample: Sample): boolean => (sample.flags & flag.direct) !== 0;
  return [...all.filter(odd), ...all.filter((sample) => !odd(sample))];
};
const framesFor = (groups: readonly PaneGroup[], limit = limitBytes) =>
  framesOf({
    source: 0,
    sources: 1,
    paneStart: 0,
    closing: false,
    groups,
    firstOffset: 0,
    lastOffset: 9,
    limitBytes: limit,
  });

test('a group that alone is too large keeps the samples of smallest order, and says how many it lost', () => {
  const large = groupOf(
    'GET /large',
    samplesOf(100, (index) => '中'.repeat(300) + index),
  );
  const small = groupOf(
    'GET /small',
    samplesOf(4, () => 'x'),
  );
  const frames = framesFor([small, large, small]);
  for (const frame of frames) expect(frameType.toBuffer(frame).length).toBeLessThanOrEqual(limitBytes);
  const groups = frames.flatMap((frame) => groupsOf(frame));
  expect(groups.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
    'endpoint GET /small',
    'endpoint GET /large',
    'other samples',
    'endpoint GET /small',
  ]);
  const [before, cut, other] = groups;
  expect(before).toBe(small);
  expect(cut!.counts).toEqual(large.counts);
  expect(cut!.samples.length).toBeGreaterThan(10);
  expect(other!.counts).toEqual([100 - cut!.samples.length]);
  // a prefix by order, in the order in which they stood
  const most = Math.max(...cut!.samples.map(({ order }) => order));
  expect(cut!.samples).toEqual(large.samples.filter(({ order }) => order <= most));
  // the log has the same as the process
  expect(frames.flatMap((frame) => groupsOf(frameType.fromBuffer(frameType.toBuffer(frame))))).toEqual(
    groups,
  );
});

test('texts that many samples share count once: nothing is lost that fits', () => {
  const group = groupOf(
    'GET /same',
    samplesOf(100, () => 'x'.repeat(1000)),
  );
  const [frame, ...more] = framesFor([group]);
  expect(more).toEqual([]);
  expect(groupsOf(frame!)).toEqual([group]);
  expect(frameType.toBuffer(frame).length).toBeLessThanOrEqual(limitBytes);
});

test('a group without room for any sample is sent without', () => {
  const group = groupOf('GET /one', [sampleOf(1, 'y'.repeat(30_000))]);
  expect(groupsOf(framesFor([group])[0]!).map(({ samples }) => samples)).toEqual([[], []]);
});

test('no frame is larger than what a log takes, up to the largest that may be configured', () => {
  const most = 800_000;
  const frameBytes = (value: number) => detectorConfig.safeParse({ limits: { frame_bytes: value } });
  expect(frameBytes(most).success).toBe(true);
  expect(frameBytes(most + 1).error?.issues[0]?.message).toContain('at most 800000');
  const counts = countNames.map(() => 5000);
  const groups = Array.from({ length: 8000 }, (_, index) => ({
    ...groupOf(
      `GET /${'中'.repeat(index % 200)}${index}`,
      samplesOf(index % 7, (at) => `${at} ${index}`),
    ),
    counts,
  }));
  const frames = framesFor(groups, most);
  expect(frames.length).toBeGreaterThan(2);
  for (const frame of frames) expect(frameType.toBuffer(frame).length).toBeLessThan(mostRecordBytes - 100);
});
