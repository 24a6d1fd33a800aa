import { expect, test } from 'vitest';
import { makeCommand } from '../../lib/command.ts';
import type { Command } from '../../lib/contracts/generated.ts';
import { armingOf } from './arming.ts';

const said = (kind: 'arm' | 'disarm' | 'purge'): Command =>
  makeCommand({ kind, site: '*', edge: 'web', reason: 'launch is over', who: 'ada', at: 1 });
const mode = (dryRun: boolean | undefined, kind: 'arm' | 'disarm' | 'purge' | null) =>
  armingOf(dryRun, kind === null ? null : said(kind)).mode;

test('whoever says no wins', () => {
  expect([mode(undefined, null), mode(undefined, 'arm'), mode(undefined, 'disarm')]).toEqual([
    'dry_run',
    'armed',
    'winding_down',
  ]);
  expect([mode(false, null), mode(false, 'arm'), mode(false, 'disarm')]).toEqual([
    'armed',
    'armed',
    'winding_down',
  ]);
  expect([mode(true, null), mode(true, 'arm'), mode(true, 'disarm')]).toEqual([
    'dry_run',
    'dry_run',
    'dry_run',
  ]);
  expect([mode(true, 'purge'), mode(false, 'purge')]).toEqual(['purging', 'purging']);
});

test('the reason tells who and why', () => {
  expect(armingOf(false, said('disarm')).because).toBe('disarm by ada: launch is over');
});

test('the kill switch winds down what is armed, and opens no lock', () => {
  const kill = makeCommand({ kind: 'kill', site: '*', reason: 'customers call', who: 'ada', at: 2 });
  expect(armingOf(false, null, kill)).toEqual({
    mode: 'winding_down',
    because: 'kill by ada: customers call',
  });
  expect(armingOf(undefined, said('arm'), kill).mode).toBe('winding_down');
  expect([armingOf(undefined, null, kill).mode, armingOf(true, said('arm'), kill).mode]).toEqual([
    'dry_run',
    'dry_run',
  ]);
  expect(armingOf(false, said('purge'), kill).mode).toBe('purging');
});
