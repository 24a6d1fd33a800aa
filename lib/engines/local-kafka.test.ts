import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clusterId } from './local-kafka.ts';

test('a cluster id is kept, unless Kafka would read it as an option', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tidegate-cluster-id-'));
  const first = await clusterId(folder);
  expect(first).toMatch(/^[A-Za-z0-9_][\w-]{21}$/);
  expect(await clusterId(folder)).toBe(first);

  const file = join(folder, 'cluster-id');
  await writeFile(file, '-xh8wYy3S1KZ0c3rN1pQwA\n');
  const fresh = await clusterId(folder);
  expect(fresh).not.toMatch(/^-/);
  expect(await readFile(file, 'utf8')).toBe(fresh);
  await rm(folder, { recursive: true });
});
