import { expect, test } from 'vitest';
import { createMemoryLog } from '../../../lib/log/memory.ts';
import { silentLogger } from '../../../lib/observability/logger.ts';
import { createMetrics } from '../../../lib/observability/metrics.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import { StoppedError } from '../changes.ts';
import { noCheckpoints } from '../run.test-fixture.ts';
import { followPolicies } from './follow-policies.ts';
import { loadPolicies } from './load-policies.ts';
import { policySetOut, settledMs } from './policy-set.ts';
import { changedSet, second, setWithout, switchAt } from './switching.test-fixture.ts';

test('says what was read, refused and late, and how far it is settled which policies hold', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  const producer = await log.producer('test');
  const metrics = createMetrics();
  let wall = switchAt - 100 * second;
  const count = async (result: string): Promise<number> =>
    (await metrics.policySets.get()).values.find(({ labels }) => labels.result === result)?.value ?? 0;
  await producer.send([policySetOut(changedSet)]);
  const base = loadPolicies('');
  const context = {
    log,
    logger: silentLogger,
    metrics,
    instance: 'test',
    secret: Buffer.alloc(32),
    checkpoints: noCheckpoints,
    now: () => wall,
  };
  const { timeline, tail, stop } = await followPolicies(context, base, 2);
  expect(timeline.settledUntil()).toBe(wall + settledMs);
  expect(timeline.at(switchAt - second).from).toBe(-Infinity);
  expect(timeline.at(switchAt).from).toBe(switchAt);
  expect(timeline.between(-Infinity, switchAt).map(({ hash }) => hash)).toEqual([changedSet.set_hash]);

  wall += 30 * second;
  await timeline.settledFurther();
  await until('it is settled further', () => timeline.settledUntil() === wall + settledMs);

  // the same moment, told later: it counts for panes that are still to come, and is said to be late
  await producer.send([policySetOut({ ...setWithout, set_id: 'pls_other' })]);
  await until('the second is read', async () => (await count('read')) === 2);
  expect(timeline.at(switchAt).hash).toBe(setWithout.set_hash);
  expect(switchAt).toBeLessThan(timeline.settledUntil());
  expect(await count('late')).toBe(1);

  await producer.send([policySetOut({ ...changedSet, set_id: 'pls_broken', files: [] })]);
  await until('the third is refused', async () => (await count('refused')) === 1);
  expect(timeline.at(switchAt).hash).toBe(setWithout.set_hash);
  for (const { document, hash } of base) expect(timeline.version(document.id, hash)?.hash).toBe(hash);

  const waiting = timeline.settledFurther();
  stop();
  await expect(waiting).rejects.toThrow(StoppedError);
  await tail.close();
  await log.close();
});
