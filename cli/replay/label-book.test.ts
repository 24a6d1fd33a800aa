import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readLabels } from './label-book.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'labels-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function book(text: string) {
  const path = join(folder, 'labels.ndjson');
  await writeFile(path, text);
  return readLabels(path);
}

test('event_id and label are enough: all is one incident then', async () => {
  const labels = await book('{"event_id":"a","label":"attack"}\n\n{"event_id":"b","label":"honest"}\n');
  expect(labels.size).toBe(2);
  expect(labels.find('b', 0)).toEqual({
    event_id: 'b',
    label: 'honest',
    incident: 'all',
    population: '',
    on_target: false,
  });
});

test('what is said counts, null too', async () => {
  const labels = await book('{"event_id":"a","label":"honest","incident":null,"on_target":true}\n');
  expect(labels.find('a', 0)).toMatchObject({ incident: null, on_target: true });
});

test('where ids are not those of the input, the order counts', async () => {
  const labels = await book('{"event_id":1,"label":"attack"}\n{"event_id":"2","label":"honest"}\n');
  expect(labels.find('evt_x', 0)?.label).toBe('attack');
  expect(labels.find('evt_y', 1)?.label).toBe('honest');
});

test('labels of a log without ids need none', async () => {
  const labels = await book('{"label":"attack"}\n{"label":"honest"}\n');
  expect(labels.size).toBe(2);
  expect(labels.find('evt_x', 0)?.label).toBe('attack');
  expect(labels.find('evt_y', 1)?.label).toBe('honest');
});

test.each([
  ['{"label":"attack"}\n{"event_id":"a","label":"honest"}\n'],
  ['{"event_id":"a","label":"honest"}\n{"label":"attack"}\n'],
])('ids in some labels only are refused', async (text) => {
  await expect(book(text)).rejects.toMatchObject({
    code: 3,
    message: expect.stringMatching(/:2: event_id /),
  });
});

test.each([['7'], ['null'], ['{"event_id":true,"label":"attack"}'], ['{"event_id":"a","label":"bot"}']])(
  '%s is no label',
  async (line) => {
    await expect(book(`${line}\n`)).rejects.toMatchObject({
      code: 3,
      message: expect.stringMatching(/:1: a label has label \(honest \| attack\)/),
    });
  },
);
