import { expect, test } from 'vitest';
import type { Command } from '../../lib/contracts/generated.ts';
import { armingOf } from './arming.ts';
import { makeCommand } from './commands.ts';

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
