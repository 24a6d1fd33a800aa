import { readFileSync } from 'node:fs';
import { afterEach, expect, test, vi } from 'vitest';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { inPackage } from '../../lib/package-root.ts';
import { longestAppendMs } from '../../services/detector/policies/policy-set.ts';
import { publish } from './publish.ts';
import { readPublished } from './published-sets.ts';

const files = [
  { name: 'surge.yaml', text: readFileSync(inPackage('policies', 'surge-observed.yaml'), 'utf8') },
];

afterEach(() => {
  vi.restoreAllMocks();
});

test('an append that takes too long is said; what appends nothing may take its time', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  let clock = 1_000_000;
  vi.spyOn(Date, 'now').mockImplementation(() => clock);
  vi.spyOn(console, 'log').mockImplementation(() => {});
  const pass = (): void => {
    clock += longestAppendMs + 1000;
  };
  const slowly = () => {
    pass();
    return [];
  };
  await publish(log, files, [], slowly, { reason: 'test', dryRun: true });
  expect(await readPublished(log)).toEqual([]);

  const producer = await log.producer('cli');
  vi.spyOn(log, 'producer').mockResolvedValue({
    close: producer.close,
    send: async (records) => {
      pass();
      await producer.send(records);
    },
  });
  const late = publish(log, files, [], () => [], { reason: 'test' });
  await expect(late).rejects.toThrow(/^it took 16s until the log had the set/);
  expect(await readPublished(log)).toHaveLength(1);
  await log.close();
});
