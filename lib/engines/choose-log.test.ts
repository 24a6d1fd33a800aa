import { expect, test } from 'vitest';
import { logConfig } from '../log/config.ts';
import { chooseLog } from './choose-log.ts';

const places = { dataDir: '/nonexistent', cacheDir: '/nonexistent' };

test('without brokers, Java and Maven it is the in-process log, at once, and says why', async () => {
  const started = performance.now();
  const chosen = await chooseLog({ config: logConfig.parse({}), env: { PATH: '/nonexistent' }, ...places });
  expect(chosen.log.kind).toBe('memory');
  expect(chosen.reason).toBe('no brokers given, no Java 17+ found');
  expect(performance.now() - started).toBeLessThan(5000);
  await chosen.stop();
});

test('what is asked for and can not be had is an error', async () => {
  const config = logConfig.parse({ kind: 'kafka' });
  await expect(chooseLog({ config, env: { PATH: '/nonexistent' }, ...places })).rejects.toThrow(
    'no Java 17+',
  );
});

test('memory can be asked for', async () => {
  const config = logConfig.parse({ kind: 'memory', brokers: ['127.0.0.1:1'], traffic_partitions: 3 });
  const chosen = await chooseLog({ config, env: process.env, ...places });
  expect(chosen.reason).toBe('asked for');
  expect(await chosen.log.partitions('requests.raw')).toBe(3);
  await chosen.stop();
});
