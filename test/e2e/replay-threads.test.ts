import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { formatEvent } from '../../cli/generate/format.ts';
import { generateTraffic } from '../../cli/generate/traffic.ts';
import type { ReplaySummary } from '../../cli/replay/summary.ts';
import { killLeftovers, runTidegate, startTidegate } from './harness/tidegate.ts';
import { createWorkspace } from './harness/workspace.ts';

/** What comes before detection, in a thread of its own or not: everything that replay says is the same. */
const workspace = createWorkspace('threads');
const log = workspace.path('shop.log');
const compressed = workspace.path('shop.log.gz');
const nodes = [workspace.path('node-a.log'), workspace.path('node-b.log')];

beforeAll(() => {
  const lines: string[] = [];
  const traffic = { scenario: 'inventory-sweep', seed: 5, durationMs: 240_000, scale: 0.6 } as const;
  for (const { event } of generateTraffic(traffic)) {
    if (lines.length % 5000 === 2500) lines.push('half a li');
    lines.push(formatEvent(event, 'combined'));
  }
  const bytes = Buffer.from(`${lines.join('\n')}\n`);
  expect(bytes.length).toBeGreaterThan(2 * 1024 * 1024); // less is not worth a thread
  writeFileSync(log, bytes);
  // as two nodes behind a balancer write it
  for (const [node, path] of nodes.entries())
    writeFileSync(path, `${lines.filter((_, index) => index % 2 === node).join('\n')}\n`);
  // as a job that rotates logs leaves it when the disk is full
  writeFileSync(compressed, gzipSync(bytes).subarray(0, -1000));
});
afterAll(async () => {
  await killLeftovers();
  workspace.remove();
});

const files = ['outcomes', 'verdicts', 'decisions', 'rejects', 'inventory'];

async function replayed(threads: 1 | 2, logs: readonly string[], exit = 0) {
  const out = (name: string): string => workspace.path(`${name}.${threads}`);
  const { code, stdout, tail } = await runTidegate([
    'replay',
    ...logs,
    '--json',
    ...['--threads', String(threads)],
    ...files.flatMap((name) => [`--${name}`, out(name)]),
  ]);
  expect(code, tail).toBe(exit);
  const { seconds: _, lines_per_second: __, ...summary } = JSON.parse(stdout) as ReplaySummary;
  const written = files.map((name) => readFileSync(out(name), 'utf8').split('\n').sort());
  return { summary, written };
}

/** What one says and the other does not: short enough to be read in the message of a failed test. */
function differences(...both: Awaited<ReturnType<typeof replayed>>[]): string[] {
  const [one, other] = both.map(
    ({ summary, written }) => new Set([...JSON.stringify(summary, null, 1).split('\n'), ...written.flat()]),
  );
  return [
    ...[...one!].filter((line) => !other!.has(line)),
    ...[...other!].filter((line) => !one!.has(line)),
  ].slice(0, 6);
}

describe('replay', () => {
  test('says the same with one thread and with two', async () => {
    const one = await replayed(1, [log]);
    const two = await replayed(2, [log]);
    expect(one.summary.stopped.requests).toBeGreaterThan(0);
    expect(one.summary.rejected.unreadable).toBeGreaterThan(2);
    expect(differences(one, two)).toEqual([]);
    expect(two).toEqual(one);
  });

  test('merges the logs of two nodes, so that they say what one log says', async () => {
    const { summary: whole } = await replayed(1, [log]);
    const one = await replayed(1, nodes);
    const two = await replayed(2, nodes);
    expect(differences(one, two)).toEqual([]);
    expect(two).toEqual(one);
    expect(two.summary.lines).toEqual(whole.lines);
    expect(two.summary.rejected).toEqual(whole.rejected);
    // ids come from places in files, and samples are drawn by ids: as good as the same
    expect(two.summary.stopped.share).toBeCloseTo(whole.stopped.share, 1);
  });

  test('reads a damaged archive up to the damage, and says so by its exit code', async () => {
    const one = await replayed(1, [compressed], 3);
    const two = await replayed(2, [compressed], 3);
    expect(one.summary.rejections.map(({ detail }) => detail).join()).toContain('damaged from here on');
    expect(differences(one, two)).toEqual([]);
    expect(two).toEqual(one);
  });

  test('tells what is wrong with the configuration of the second thread', async () => {
    const config = workspace.config('tidegate.yaml', { enricher: { data_sets: ['absent.mmdb'] } });
    const { code, tail } = await runTidegate(['--config', config, 'replay', log]);
    expect(code).toBe(2);
    expect(tail).toContain('tidegate: enricher.data_sets: absent.mmdb: no such file');
  });

  test('stops at once when it is told to', async () => {
    const running = startTidegate(['replay', log, '--json']);
    await sleep(1500);
    expect(await running.stop(5000)).not.toBe(0);
    expect(running.stdout()).toBe('');
  });
});
