import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLogger } from '../../lib/observability/logger.ts';
import { formatConfig } from '../../services/collector/config.ts';
import { rootConfig } from '../config.ts';
import { formatEvent } from '../generate/format.ts';
import { generateTraffic } from '../generate/traffic.ts';
import { edgePresets } from './edge-presets.ts';
import { readLabels } from './label-book.ts';
import { openReplayOutputs } from './replay-outputs.ts';
import { runReplay } from './run-replay.ts';
import type { ReplaySummary } from './summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-replay-'));
const path = (name: string) => join(folder, name);
const ids: string[] = [];
const generic = edgePresets.find(({ name }) => name === 'generic')!;

async function run(name: string, more: { warmUp?: number; slots?: number } = {}): Promise<ReplaySummary> {
  return runReplay({
    config: rootConfig.parse({}),
    files: [path('sweep.ndjson')],
    format: formatConfig.parse({}),
    edge: generic,
    delayMs: 2000,
    slots: more.slots ?? generic.entries,
    warmUp: more.warmUp ?? 0,
    thread: null,
    force: false,
    labels: await readLabels(path('labels.ndjson')),
    outputs: openReplayOutputs({
      outcomes: path(`${name}.outcomes`),
      decisions: path(`${name}.decisions`),
      verdicts: path(`${name}.verdicts`),
    }),
    logger: silentLogger,
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

  it('gives the same result again', async () => {
    await run('second');
    for (const file of ['outcomes', 'decisions', 'verdicts']) {
      // Partitions may interleave differently; what is in them may not differ.
      expect(lines(`second.${file}`).sort()).toEqual(lines(`first.${file}`).sort());
    }
    expect(lines('second.outcomes')).toEqual(lines('first.outcomes'));
  });

  it('enforces nothing while it only learns', async () => {
    const summary = await run('learning', { warmUp: 600_000 });
    expect(summary.stopped.requests).toBe(0);
    expect(summary.decisions).toBe(first.decisions);
  });
});
