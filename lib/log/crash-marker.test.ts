import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openCheckpointDirectory } from './checkpoint-directory.ts';
import { openCrashMarker } from './crash-marker.ts';

test('the newest crash is the one that is known again, also where clearing older ones was cut short', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-crash-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const checkpoints = await openCheckpointDirectory(folder);
  const marker = await openCrashMarker(checkpoints, 'group/topic/0/');
  for (const first of [10, 20, 30]) await marker.crashed(first, first + 5);
  const [oldest, older] = await checkpoints.list('group/topic/0/crash/');
  await checkpoints.delete(oldest!);
  await checkpoints.delete(older!);

  const next = await openCrashMarker(checkpoints, 'group/topic/0/');
  expect(next.range()).toEqual({ first: 30, next: 35, attempts: 0 });
  await next.crashed(40, 45);
  const again = await openCrashMarker(checkpoints, 'group/topic/0/');
  expect(again.range()).toMatchObject({ first: 40, next: 45 });
  await again.clear();
  expect(await checkpoints.list('group/topic/0/crash/')).toEqual([]);
});
