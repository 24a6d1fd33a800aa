import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { localKafkaMissing, testCacheDir } from '../../test/counterparts/kafka.ts';
import { logConfig } from '../log/config.ts';
import { openLog } from '../log/open.ts';
import { guardScript } from './guarded-process.ts';
import { startLocalKafka } from './local-kafka.ts';

const missing = await localKafkaMissing();

describe.skipIf(missing !== null)('a local Kafka', () => {
  const folders: string[] = [];
  const folder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'tidegate-kafka-'));
    folders.push(path);
    return path;
  };
  afterAll(async () => {
    await Promise.all(folders.map((path) => rm(path, { recursive: true, force: true })));
  });

  test('starts, keeps its data over a restart on another port, and stops', async () => {
    const dataDir = await folder();
    const options = { dataDir, cacheDir: testCacheDir, env: process.env };
    const first = await startLocalKafka(options);
    const log = await openLog(logConfig.parse({ brokers: first.brokers, traffic_partitions: 2 }));
    await log.ensureTopics();
    await log.close();
    await first.stop();
    expect(await first.exited).toContain('kafka ended');

    const second = await startLocalKafka(options);
    const again = await openLog(logConfig.parse({ brokers: second.brokers, traffic_partitions: 2 }));
    expect(await again.partitions('requests.raw')).toBe(2);
    await again.close();
    await second.stop();
  });

  test('a server ends when the process that started it is killed', async () => {
    // The guard is a shell on a pipe: closing our end is all that a kill does to it.
    const child = spawn(process.execPath, [
      '-e',
      `const { spawn } = require('node:child_process');
       const guard = spawn('/bin/sh', ['-c', process.argv[1], 'guard', '20', 'sleep', '300'],
         { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
       process.stdout.write(String(guard.pid) + '\\n');
       setInterval(() => {}, 1000);`,
      guardScript,
    ]);
    const pid = await new Promise<number>((resolve) => {
      child.stdout.once('data', (data: Buffer) => resolve(Number(data.toString())));
    });
    const alive = (): boolean => {
      try {
        process.kill(-pid, 0);
        return true;
      } catch {
        return false;
      }
    };
    expect(alive()).toBe(true);
    child.kill('SIGKILL');
    const deadline = Date.now() + 5000;
    while (alive() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(alive()).toBe(false);
  });
});
