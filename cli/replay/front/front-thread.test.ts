import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../lib/config.ts';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { silentLogger } from '../../../lib/observability/logger.ts';
import type { ServiceContext } from '../../../lib/service-context.ts';
import { rootConfig } from '../../config.ts';
import { replayContext } from '../replay-context.ts';
import type { Front } from './front.ts';
import { createFrontThread } from './front-thread.ts';

/** The other side is a script of a line or two: what a thread may come to. The whole is in test/e2e/replay-threads.test.ts. */
const secret = Buffer.alloc(32, 1);
const context = (): ServiceContext =>
  replayContext(createMemoryLog({ trafficPartitions: 1 }), silentLogger, secret);
const input = { files: [], defaultHost: 'shop.example' };

let front: Front | null = null;
afterEach(() => front?.stop());

function threadThat(does: string): Front {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads');
     const on = (kind, then) => parentPort.on('message', (message) => message.kind === kind && then(message));
     ${does}`,
    { eval: true },
  );
  front = createFrontThread({ config: rootConfig.parse({}), secret, logger: silentLogger }, worker);
  return front;
}

const failed = (error: object): string =>
  `on('run', () => parentPort.postMessage({ kind: 'failed', error: ${JSON.stringify({ code: null, stack: null, problems: null, ...error })} }));`;

describe('a thread that cannot go on', () => {
  test('is told about when it throws before there is anything to do', async () => {
    const thrown = threadThat(`throw new Error('no such luck');`);
    await expect(thrown.run(context(), input)).rejects.toThrow('no such luck');
  });

  test('is told about when it ends in the middle', async () => {
    const ending = threadThat(`on('run', () => process.exit(0));`);
    await expect(ending.run(context(), input)).rejects.toThrow('has ended');
  });

  test('hands on its error with what a person needs of it', async () => {
    const problems = ['enricher.data_sets: a: no such file', 'enricher.data_sets: b: no such file'];
    const misconfigured = threadThat(failed({ name: 'ConfigError', message: '', problems }));
    const error = await misconfigured.run(context(), input).catch((of: unknown) => of);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).problems).toEqual(problems);
    await front!.stop();
    const broken = threadThat(failed({ name: 'Error', message: 'cannot be read', code: 'EIO' }));
    await expect(broken.run(context(), input)).rejects.toMatchObject({
      message: 'cannot be read',
      code: 'EIO',
    });
  });
});

test('an abort is answered at once, whatever the thread does', async () => {
  const busy = threadThat(`on('run', () => { for (;;); });`);
  const abort = new AbortController();
  const running = busy.run(context(), { ...input, signal: abort.signal });
  setTimeout(() => abort.abort(new Error('enough')), 50);
  await expect(running).rejects.toThrow('enough');
});

test('what it knows of data sets is a metric here', async () => {
  const result = { lines: 0, files: [] };
  const done = threadThat(
    `on('run', () => parentPort.postMessage({ kind: 'done', result: ${JSON.stringify(result)}, builds: [{ database: 'asn', builtAt: 5 }] }));`,
  );
  const own = context();
  expect(await done.run(own, input)).toEqual(result);
  expect((await own.metrics.databaseBuild.get()).values).toMatchObject([
    { labels: { database: 'asn' }, value: 5 },
  ]);
});
