import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deleteOldCheckpoints, restoreCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { openCheckpointDirectory } from './checkpoint-directory.ts';
import { valueOfSnapshot, valueSnapshot } from './snapshot.ts';
import type { CheckpointStore } from './step.ts';

const prefix = 'group/topic/0/';
let folder: string;
let checkpoints: CheckpointStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-checkpoints-'));
  checkpoints = await openCheckpointDirectory(folder);
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const write = (offset: number, now: number, layoutHash = 'v1', instance = 'a') =>
  writeCheckpoint({
    checkpoints,
    prefix,
    instance,
    offset,
    snapshot: valueSnapshot({ offset }),
    layoutHash,
    rewind: [],
    now,
  });
/** Offsets of what is there, without the crash marker. */
const kept = async (): Promise<number[]> =>
  (await checkpoints.list(prefix))
    .filter((name) => !name.startsWith(`${prefix}crash`))
    .map((name) => Number(name.slice(prefix.length).split('-')[0]));

test('the committed checkpoint and the one before it stay', async () => {
  for (const [now, offset] of [100, 200, 300, 300, 400].entries()) {
    const { name } = await write(offset, now);
    await deleteOldCheckpoints(checkpoints, prefix, name);
  }
  expect(await kept()).toEqual([300, 400]);
});

test('after offsets went backwards the committed one stays, and the history that is over goes', async () => {
  await write(4900, 1);
  await write(5000, 2);
  await checkpoints.write(`${prefix}crash-1`, Buffer.from('{}'));
  const { name, metadata } = await write(1500, 3, 'v2');
  await deleteOldCheckpoints(checkpoints, prefix, name);
  expect(await kept()).toEqual([1500]);
  expect(await checkpoints.list(prefix)).toContain(`${prefix}crash-1`);
  const restored = await restoreCheckpoint({
    committed: { offset: 1500, metadata },
    checkpoints,
    layoutHash: 'v2',
    where: 'here',
  });
  expect(restored.lost).toBeNull();
  expect(valueOfSnapshot(restored.snapshot!)).toEqual({ offset: 1500 });
});

test('what an owner after this one has written stays', async () => {
  const { name } = await write(100, 1);
  await write(200, 2, 'v1', 'b');
  await deleteOldCheckpoints(checkpoints, prefix, name);
  expect(await kept()).toEqual([100, 200]);
});
