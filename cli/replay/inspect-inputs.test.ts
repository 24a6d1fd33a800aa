import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, expect, test } from 'vitest';
import { formatConfig } from '../../services/collector/config.ts';
import { inspectInputs } from './inspect-inputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-inputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const inspect = (path: string) => inspectInputs([path], formatConfig.parse({}));

test('says which gzip ends early, or is corrupt, after what came before was read', async () => {
  const content = Array.from({ length: 500 }, (_, n) => `{"n":${n}}\n`).join('');
  const packed = gzipSync(content);
  const whole = join(folder, 'whole.gz');
  writeFileSync(whole, packed);
  const ndjson = formatConfig.parse({ format: 'ndjson' });
  expect((await inspectInputs([whole], ndjson)).damaged()).toEqual([]);

  const cut = join(folder, 'cut.gz');
  writeFileSync(cut, packed.subarray(0, packed.length - 8));
  const { files, damaged } = await inspectInputs([cut], ndjson);
  await expect(files[0]!.input.chunks()[Symbol.asyncIterator]().next()).resolves.toMatchObject({
    done: false,
  });
  let bytes = 0;
  await expect(async () => {
    for await (const chunk of files[0]!.input.chunks()) bytes += chunk.length;
  }).rejects.toThrow();
  expect(bytes).toBe(content.length);
  expect(damaged()).toEqual([`${cut}: gzip ends early: what came before was read`]);

  const stub = join(folder, 'stub.gz');
  writeFileSync(stub, packed.subarray(0, 12));
  await expect(inspectInputs([stub], ndjson)).rejects.toMatchObject({
    code: 3,
    message: `${stub}: gzip ends early: not one line of it could be read`,
  });
});

test('takes lines of spaces for no lines', async () => {
  const path = join(folder, 'blank.log');
  writeFileSync(path, '\n  \n\t\n');
  await expect(inspect(path)).rejects.toMatchObject({ code: 3, message: `no lines in ${path}` });
});

test('names what is not there and what is a folder', async () => {
  await expect(inspect(folder)).rejects.toMatchObject({ code: 3, message: `${folder}: is a folder` });
  await expect(inspect(join(folder, 'no.log'))).rejects.toMatchObject({
    code: 3,
    message: `${join(folder, 'no.log')}: no such file`,
  });
});
