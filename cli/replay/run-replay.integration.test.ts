import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Log } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { silentLogger } from '../../lib/observability/logger.ts';
import { formatConfig } from '../../services/collector/config.ts';
import { rootConfig } from '../config.ts';
import { formatEvent } from '../generate/format.ts';
import { createRandom } from '../generate/random.ts';
import { generateTraffic } from '../generate/traffic.ts';
import { edgePresets } from './edge-presets.ts';
import { startThread } from './front/start-thread.ts';
import { readLabels } from './label-book.ts';
import { openReplayOutputs } from './replay-outputs.ts';
import { runReplay } from './run-replay.ts';
import type { ReplaySummary } from './summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-replay-'));
const path = (name: string) => join(folder, name);
const ids: string[] = [];
const generic = edgePresets.find(({ name }) => name === 'generic')!;

async function run(
  name: string,
  more: { warmUp?: number; slots?: number; log?: Log; file?: string; labels?: string; thread?: boolean } = {},
): Promise<ReplaySummary> {
  const file = path(more.file ?? 'sweep.ndjson');
  return runReplay({
    config: rootConfig.parse({}),
    files: [file],
    format: formatConfig.parse({}),
    edge: generic,
    delayMs: 2000,
    slots: more.slots ?? generic.entries,
    warmUp: more.warmUp ?? 0,
    thread: more.thread === true ? startThread([file]) : null,
    force: false,
    labels: await readLabels(path(more.labels ?? 'labels.ndjson')),
    outputs: openReplayOutputs({
      outcomes: path(`${name}.outcomes`),
      decisions: path(`${name}.decisions`),
      verdicts: path(`${name}.verdicts`),
    }),
    logger: silentLogger,
    ...(more.log === undefined ? {} : { log: more.log }),
  });
}

const lines = (name: string) => readFileSync(path(name), 'utf8').trimEnd().split('\n');

beforeAll(() => {
  const events: string[] = [];
  const labels: string[] = [];
  const traffic = generateTraffic({ scenario: 'inventory-sweep', seed: 11, durationMs: 180_000, scale: 0.3 });
  for (const { event, label } of traffic) {
    ids.push(event.event_id);
    events.push(formatEvent(event, 'ndjson'));
    labels.push(JSON.stringify(label));
  }
  writeFileSync(path('sweep.ndjson'), `${events.join('\n')}\n`);
  writeFileSync(path('labels.ndjson'), `${labels.join('\n')}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('replay of a labelled sweep', () => {
  let first: ReplaySummary;

  it('has an outcome for every request, in the order of input', async () => {
    first = await run('first');
    const outcomes = lines('first.outcomes').map(
      (line) => JSON.parse(line) as { event_id: string; outcome: string },
    );
    expect(outcomes.map(({ event_id }) => event_id)).toEqual(ids);
    expect(outcomes.filter(({ outcome }) => outcome !== 'allowed')).toHaveLength(first.stopped.requests);
    expect(first.lines).toEqual({ read: ids.length, parsed: ids.length, rejected: 0 });
  });

  it('stops most of the attack and says how many people it cost', () => {
    const sweep = first.score!.incidents.find(({ incident }) => incident === 'inventory-sweep')!;
    expect(sweep.attackLater.share).toBeGreaterThan(0.5);
    expect(sweep.firstStopAfterMs).toBeGreaterThanOrEqual(2000); // never before the edge could have known
    expect(sweep.honest.share).toBeLessThan(0.1);
    expect(first.campaigns.some(({ stopped }) => stopped > 0)).toBe(true);
  });

  it('gives the same result again, whenever its stages come to work', async () => {
    const { seconds: _, lines_per_second: __, ...expected } = first;
    for (const seed of [1, 2, 3]) {
      const next = createRandom(seed, 0);
      const log = createMemoryLog({
        trafficPartitions: 1,
        // most go on at once; some are held up by what takes the others through many batches
        between: () => (next() < 0.8 ? undefined : sleep(next() < 0.9 ? 0 : next() * 80)),
      });
      const { seconds: ___, lines_per_second: ____, ...summary } = await run('again', { log });
      expect(summary).toEqual(expected);
      for (const file of ['outcomes', 'decisions'])
        expect(lines(`again.${file}`)).toEqual(lines(`first.${file}`));
      // stages write into one topic, each when it finds something
      expect(lines('again.verdicts').sort()).toEqual(lines('first.verdicts').sort());
    }
  });

  it('holds labels that go by line against the lines, also where some can not be read', async () => {
    const logged = lines('sweep.ndjson');
    const labels = lines('labels.ndjson').map((line) =>
      JSON.stringify({ ...(JSON.parse(line) as object), event_id: undefined }),
    );
    const [bad, of] = ['{"path":7}', '{"label":"honest","incident":null}'];
    const withBad = (all: readonly string[], one: string) =>
      all.flatMap((line, index) => (index % 97 === 0 ? [one, line, one] : [line]));
    writeFileSync(path('bad.ndjson'), `${withBad(logged, bad).join('\n\n')}\n`);
    writeFileSync(path('by-line.ndjson'), withBad(labels, of).join('\n'));
    writeFileSync(path('too-few.ndjson'), labels.join('\n'));
    for (const thread of [false, true]) {
      const { score } = await run('by-line', { file: 'bad.ndjson', labels: 'by-line.ndjson', thread });
      expect(score).toEqual(first.score);
    }
    const { score, warnings } = await run('too-few', { file: 'bad.ndjson', labels: 'too-few.ndjson' });
    expect(score).toBeNull();
    expect(warnings.join()).toMatch(/go by line, and there are .* for .* lines: nothing was scored/);
  });

  it('enforces nothing while it only learns', async () => {
    const summary = await run('learning', { warmUp: 600_000 });
    expect(summary.stopped.requests).toBe(0);
    expect(summary.decisions).toBe(first.decisions);
  });
});
