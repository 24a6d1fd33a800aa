import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../../test/counterparts/free-port.ts';
import { createFileFollower } from './file-follower.ts';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tidegate-files-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});
const read = (name: string) => readFileSync(join(dir, name), 'utf8');

test('many changes are one write, of what holds when it is written', async () => {
  const files = createFileFollower(1);
  let text = 'first\n';
  files.changed(join(dir, 'a'), () => text);
  text = 'second\n';
  files.changed(join(dir, 'a'), () => text);
  await until('it is written', () => existsSync(join(dir, 'a')));
  expect(read('a')).toBe('second\n');
  const { ino } = statSync(join(dir, 'a'));
  await files.flush();
  expect(statSync(join(dir, 'a')).ino).toBe(ino);
});

test('what can not be written is not forgotten', async () => {
  const files = createFileFollower(1);
  writeFileSync(join(dir, 'folder'), 'no folder');
  files.changed(join(dir, 'folder', 'a'), () => 'text\n');
  await until('the write has failed', () => !files.isWell);
  await expect(files.flush()).rejects.toMatchObject({ fault: 'unavailable' });
  rmSync(join(dir, 'folder'));
  mkdirSync(join(dir, 'folder'));
  await files.flush();
  expect([read(join('folder', 'a')), files.isWell]).toEqual(['text\n', true]);
});
