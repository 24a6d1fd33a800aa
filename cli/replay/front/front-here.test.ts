import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { inspectFiles } from '../../../services/collector/collect-files.ts';
import { formatConfig } from '../../../services/collector/config.ts';
import { rootConfig } from '../../config.ts';
import { replayContext } from '../replay-context.ts';
import { createFrontHere } from './front-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-front-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('stopped in the middle, it waits no more for a log that nobody reads', async () => {
  const file = join(folder, 'access.log');
  const line = '192.0.2.1 - - [02/Nov/2026:09:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"\n';
  writeFileSync(file, line.repeat(5000)); // more than a batch: it is after one that it waits
  const pressure = vi.fn(() => Infinity);
  const log = { ...createMemoryLog({ trafficPartitions: 1 }), pressure };
  const front = createFrontHere(rootConfig.parse({}));
  const running = front.run(replayContext(log, silentLogger, Buffer.alloc(32, 1)), {
    files: await inspectFiles([file], formatConfig.parse({})),
    defaultHost: 'shop.example',
  });
  const ended = expect(running).rejects.toMatchObject({ name: 'AbortError' });
  await vi.waitFor(() => expect(pressure).toHaveBeenCalled(), 10_000);
  await front.stop();
  await ended;
});
