import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openCheckpointDirectory } from './checkpoint-directory.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-checkpoints-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('files are kept by name; half-written ones and foreign files are not seen', async () => {
  const store = await openCheckpointDirectory(folder);
  await store.write('group/topic/0/0001', Buffer.from('a'));
  await store.write('group/topic/0/0002', Buffer.from('b'));
  await store.write('group/topic/10/0001', Buffer.from('c'));
  await writeFile(join(folder, 'group/topic/0/0003.1-x.tmp'), 'half');
  expect(await store.list('group/topic/0/')).toEqual(['group/topic/0/0001', 'group/topic/0/0002']);
  expect(await store.list('')).toHaveLength(3);
  expect(Buffer.from((await store.read('group/topic/0/0002'))!).toString()).toBe('b');
  await store.delete('group/topic/0/0002');
  await store.delete('group/topic/0/0002');
  expect(await store.read('group/topic/0/0002')).toBe(null);
});

test('a store keeps its id, also when two processes open it at once', async () => {
  const stores = await Promise.all([1, 2, 3].map(() => openCheckpointDirectory(folder)));
  expect(new Set(stores.map(({ storeId }) => storeId)).size).toBe(1);
  expect((await openCheckpointDirectory(folder)).storeId).toBe(stores[0]!.storeId);
});

test('names can not leave the folder', async () => {
  const store = await openCheckpointDirectory(folder);
  for (const name of ['../x', '/etc/passwd', 'a//b', 'a/../b', '', '.hidden'])
    await expect(store.read(name)).rejects.toThrow('not a checkpoint name');
});
