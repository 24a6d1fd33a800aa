import {
  appendFile,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { collectorConfig } from '../config.ts';
import { type RunningCollector, startCollector } from '../main.ts';
import { eventsOf, testContext, ticksOf } from '../test-context.test-suite.ts';

let folder = '';
let path = '';
let wall = 0;
let context = testContext();
let collector: RunningCollector | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tidegate-follow-'));
  path = join(folder, 'access.log');
  wall = Date.UTC(2026, 10, 16, 10);
  context = testContext({ now: () => wall });
});
afterEach(async () => {
  await collector?.stop();
  collector = undefined;
  await rm(folder, { recursive: true });
});

async function start(format = 'combined'): Promise<void> {
  const config = collectorConfig.parse({
    http: { enabled: false },
    files: [{ id: 'web', path, format, from: 'start' }],
  });
  collector = await startCollector(context, config);
}

const line = (name: string): string => {
  const at = new Date(wall).toISOString();
  return `203.0.113.9 - - [16/Nov/2026:${at.slice(11, 19)} +0000] "GET /${name} HTTP/1.1" 200 5 "-" "ua"\n`;
};
const paths = async (): Promise<string[]> =>
  (await eventsOf(context.log)).map((event) => event.path.slice(1)).sort();
const see = async (...expected: string[]): Promise<void> => {
  await expect.poll(paths, { timeout: 15_000 }).toEqual(expected.sort());
};

test('a file that does not exist yet, grows, and has a line half written', async () => {
  await start();
  await writeFile(path, line('aa'));
  await see('aa');
  await appendFile(path, line('bb').slice(0, 30));
  await appendFile(path, `${line('bb').slice(30)}${line('cc')}`);
  await see('aa', 'bb', 'cc');
});

test('rotation by rename: the rest of the old file, then the new one', async () => {
  await writeFile(path, line('aa'));
  await start();
  await see('aa');
  await rename(path, `${path}.1`);
  await writeFile(path, line('cc'));
  await appendFile(`${path}.1`, line('bb'));
  await see('aa', 'bb', 'cc');
});

test('rotation by copytruncate, also when the file has grown again at once', async () => {
  await writeFile(path, line('aa') + line('bb'));
  await start();
  await see('aa', 'bb');
  await truncate(path, 0);
  wall += 1000;
  await writeFile(path, line('cc') + line('dd') + line('ee'));
  await see('aa', 'bb', 'cc', 'dd', 'ee');
});

test('a restart goes on where it stopped, through a rotation in between', async () => {
  await writeFile(path, line('aa'));
  await start();
  await see('aa');
  await collector?.stop();
  wall += 60_000;
  await appendFile(path, line('bb'));
  await rename(path, `${path}.1`);
  await writeFile(path, line('cc'));
  await start();
  await see('aa', 'bb', 'cc');
});

describe('rotated more than once while nobody read', () => {
  /** As logrotate does: what was rotated before is moved on, and compressed. */
  const rotate = async (...names: string[]): Promise<void> => {
    for (let index = names.length - 1; index > 0; index--) {
      await rename(`${path}.${names[index - 1]}`, `${path}.${names[index]!.replace('.gz', '')}`);
      if (names[index]!.endsWith('.gz')) await compress(`${path}.${names[index]!.replace('.gz', '')}`);
    }
    await rename(path, `${path}.${names[0]}`);
  };
  /** Keeps the time of the last change, as gzip does. */
  const compress = async (file: string): Promise<void> => {
    const { atime, mtime } = await stat(file);
    await writeFile(`${file}.gz`, gzipSync(await readFile(file)));
    await utimes(`${file}.gz`, atime, mtime);
    await rm(file);
  };
  const write = async (...names: string[]): Promise<void> => {
    await appendFile(path, names.map(line).join(''));
    // an hour a file
    const at = new Date(wall);
    await utimes(path, at, at);
    wall += 3_600_000;
  };
  const readFirst = async (...names: string[]): Promise<void> => {
    await write(...names);
    await start();
    await see(...names);
    await collector?.stop();
  };

  test('all that was written since is read, in order of time', async () => {
    await readFirst('aa');
    await write('bb');
    await rotate('1');
    await write('cc', 'dd');
    await rotate('1', '2');
    await write('ee');
    await rotate('1', '2', '3');
    await write('ff');
    await start();
    await see('aa', 'bb', 'cc', 'dd', 'ee', 'ff');
  });

  test('what was compressed meanwhile, too', async () => {
    await write('zz');
    await rotate('1');
    await readFirst('aa');
    await write('bb');
    await rotate('1', '2.gz');
    await write('cc');
    await rotate('1', '2');
    await compress(`${path}.2`);
    await write('dd');
    await start();
    await see('aa', 'bb', 'cc', 'dd');
  });

  test('what is gone is said, and what was written since is read', async () => {
    const said: string[] = [];
    const logger = { ...silentLogger, warn: (_: unknown, text: string) => void said.push(text) };
    context = testContext({ now: () => wall, logger: logger as unknown as typeof silentLogger });
    await write('zz');
    await rotate('1');
    await readFirst('aa', 'ab');
    await write('bb');
    await rotate('1', '2');
    await rm(`${path}.1`);
    await write('cc');
    await rotate('1');
    await write('xx');
    await rename(path, `${path}.0.zst`);
    await write('dd');
    await start();
    await see('aa', 'ab', 'cc', 'dd');
    expect(said).toEqual([
      expect.stringContaining('from line 3 on'),
      expect.stringContaining('access.log.0.zst is compressed, but not with gzip'),
    ]);
  });

  test('the log of another node and a compressed copy of what was read are no rotated files', async () => {
    await writeFile(join(folder, 'access-2.log'), line('other'));
    await write('aa');
    await start();
    await see('aa');
    // an application that rolls compresses at once
    await writeFile(join(folder, 'access-2026-11-16.log.gz'), gzipSync(await readFile(path)));
    await rename(path, join(folder, 'gone'));
    await writeFile(path, line('bb'));
    await see('aa', 'bb');
    const refused = (await context.metrics.eventsQuarantined.get()).values;
    expect(refused.reduce((sum, { value }) => sum + value, 0)).toBe(0);
  });
});

test('time goes on while the file is quiet, and a quiet night is no leap', async () => {
  await writeFile(path, line('aa'));
  await start();
  await see('aa');
  wall += 3_600_000;
  await expect.poll(async () => (await ticksOf(context.log, 0)).at(-1)?.time).toBe(wall);
  await appendFile(path, line('bb'));
  await see('aa', 'bb');
});

describe('CloudFront names its columns in the file', () => {
  const head = (fields: string): string => `#Version: 1.0\n#Fields: date time c-ip ${fields}\n`;
  const row = (...values: string[]): string =>
    `${['2026-11-16', new Date(wall).toISOString().slice(11, 19), '203.0.113.9', ...values].join('\t')}\n`;

  test.each(['cloudfront', 'auto'])('at first, later on and after a rotation (%s)', async (format) => {
    await writeFile(path, head('cs-method cs-uri-stem'));
    await start(format);
    await appendFile(path, row('GET', '/aa'));
    await see('aa');
    await appendFile(path, head('cs-uri-stem cs-method') + row('/bb', 'GET'));
    await see('aa', 'bb');
    await rename(path, `${path}.1`);
    await writeFile(path, head('cs-method cs-uri-stem') + row('GET', '/cc'));
    await see('aa', 'bb', 'cc');
  });

  test('before the place where a restart goes on', async () => {
    await writeFile(path, head('cs-method cs-uri-stem') + row('GET', '/aa') + head('cs-uri-stem cs-method'));
    await start('cloudfront');
    await see('aa');
    await collector?.stop();
    await appendFile(path, row('/bb', 'GET'));
    await start('cloudfront');
    await see('aa', 'bb');
  });
});
