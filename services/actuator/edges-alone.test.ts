import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import type { Log } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { actuatorConfig } from './config.ts';
import { EdgeError } from './edge.ts';
import { openEdgesAlone } from './edges-alone.ts';
import { startActuator } from './main.ts';
import { changesOf } from './reconcile.ts';

/** An edge of this name can not be closed cleanly, as HAProxy's when the disk is full. */
vi.mock(import('./edges/catalogue.ts'), async (original) => {
  const module = await original();
  const createEdge: typeof module.createEdge = (config, dependencies) => {
    const edge = module.createEdge(config, dependencies);
    if (config.name !== 'stuck') return edge;
    return { ...edge, close: () => Promise.reject(new EdgeError('unavailable', 'the disk is full')) };
  };
  return { ...module, createEdge };
});

const folder = mkdtempSync(join(tmpdir(), 'tidegate-edges-alone-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('what a command would change without an actuator is what the actuator would; a purge takes out what is ours', async () => {
  const log = createMemoryLog({ trafficPartitions: 2 });
  const config = actuatorConfig.parse({
    api: { port: 0 },
    clients: { default: 'browser' },
    edges: [
      {
        kind: 'nginx',
        name: 'web',
        dry_run: false,
        file: join(folder, 'tidegate.conf'),
        test: ['true'],
        reload: ['true'],
        actions: ['challenge', 'block', 'rate_limit'],
      },
    ],
  });
  const actuator = await startActuator(contextOf(log), config);
  const { action } = verdict('203.0.113.7');
  await say(
    log,
    { ...verdict('203.0.113.7'), action: { ...action, kind: 'challenge' } },
    verdict('198.51.100.9'),
  );
  await expect
    .poll(() => actuator.edges()[0], { timeout: 15_000 })
    .toMatchObject({ state: 'in_step', desired: 2, observed: 2 });
  await actuator.stop();
  const alone = await openEdgesAlone(contextOf(log), config);
  try {
    const plan = await alone.plan('web');
    expect(plan.content.map(({ value, action: what }) => [value, what]).sort()).toEqual([
      ['198.51.100.9/32', 'block'],
      ['203.0.113.7/32', 'challenge'],
    ]);
    expect([changesOf(plan), plan.refused, plan.weakened]).toEqual([0, null, []]);
    expect(await alone.purge('web')).toBe(2);
    expect((await alone.plan('web')).add).toHaveLength(2);
  } finally {
    await alone.close();
  }
});

test('what was read from is let go of also when an edge can not be closed', async () => {
  const log = createMemoryLog({ trafficPartitions: 1 });
  let tails = 0;
  const counting: Log = {
    ...log,
    tail: async (options) => {
      const tail = await log.tail(options);
      tails++;
      return {
        ...tail,
        close: async () => {
          tails--;
          await tail.close();
        },
      };
    },
  };
  const config = actuatorConfig.parse({ edges: [{ kind: 'feed', name: 'stuck' }] });
  const alone = await openEdgesAlone(contextOf(counting), config);
  expect(tails).toBe(4);
  await expect(alone.close()).rejects.toThrow('the disk is full');
  expect(tails).toBe(0);
});
