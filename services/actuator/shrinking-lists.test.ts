import { afterEach, expect, test } from 'vitest';
import { makeCommand } from '../../lib/command.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import type { ServiceContext } from '../../lib/service-context.ts';
import { command, contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { actuatorConfig } from './config.ts';
import { type RunningActuator, startActuator } from './main.ts';

const running: RunningActuator[] = [];
afterEach(async () => {
  for (const actuator of running.splice(0)) await actuator.stop();
});
async function start(context: ServiceContext, edge: object = {}): Promise<RunningActuator> {
  const feed = { kind: 'feed', name: 'blocklist', dry_run: false, ...edge };
  const actuator = await startActuator(context, actuatorConfig.parse({ api: { port: 0 }, edges: [feed] }));
  running.push(actuator);
  return actuator;
}
const newLog = () => createMemoryLog({ trafficPartitions: 1 });
const lines = async (actuator: RunningActuator): Promise<string[]> => {
  const response = await fetch(`${actuator.url}/v1/feeds/blocklist.txt`);
  return response.ok ? (await response.text()).split('\n').filter((line) => line !== '') : [];
};
const many = Array.from({ length: 30 }, (_, host) => `203.0.113.${host}`);
const shows = (actuator: RunningActuator, ...addresses: string[]) =>
  expect
    .poll(async () => (await lines(actuator)).sort(), { timeout: 15_000 })
    .toEqual(addresses.map((address) => `${address}/32`).sort());
const letGo = () =>
  makeCommand({ kind: 'let_go', site: '*', edge: 'blocklist', reason: 'moved', who: 'ada', at: Date.now() });

test('a feed that starts on an empty topic goes on with what it served, until a person lets it go', async () => {
  const before = contextOf(newLog());
  const first = await start(before);
  await say(before.log, ...many.map((address) => verdict(address)), verdict('198.51.100.1', 3000));
  await shows(first, ...many, '198.51.100.1');
  await first.stop();

  const log = newLog();
  const after = { ...contextOf(log), checkpoints: before.checkpoints };
  const second = await start(after);
  await expect.poll(() => second.edges()[0]?.state, { timeout: 15_000 }).toBe('held');
  await say(log, verdict('198.51.100.2'));
  await expect.poll(() => lines(second), { timeout: 15_000 }).toContain('198.51.100.2/32');
  expect(await lines(second)).toEqual(expect.arrayContaining(many.map((address) => `${address}/32`)));
  expect(second.edges()[0]).toMatchObject({ state: 'held', desired: 1 });
  expect(await after.metrics.registry.metrics()).toMatch(/tidegate_guard_tripped_total\{guard="shrink"\} 1/);
  // What is held ends in its own time.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await say(log, verdict('198.51.100.3'));
  await shows(second, ...many, '198.51.100.2', '198.51.100.3');
  await second.stop();

  // Nor does another start let it go.
  const third = await start(after);
  await shows(third, ...many, '198.51.100.2', '198.51.100.3');
  await say(log, letGo());
  await shows(third, '198.51.100.2', '198.51.100.3');
  expect(third.edges()[0]).toMatchObject({ state: 'in_step', held: 0 });
}, 60_000);

test('what a configuration no longer takes is held; what a person takes back or spares goes, over a start as well', async () => {
  const before = contextOf(newLog());
  const { log } = before;
  const first = await start(before);
  await say(log, ...many.map((address) => verdict(address)));
  await shows(first, ...many);
  await first.stop();
  await say(log, command('allow', '203.0.113.0/28'), command('release', '203.0.113.16'));

  const second = await start(before, { sites: ['other'] });
  await shows(second, ...many.slice(17));
  expect(second.edges()[0]).toMatchObject({ state: 'held', desired: 0, held: 13 });
  await second.stop();

  const third = await start(before, { sites: ['default'] });
  await shows(third, ...many.slice(17));
  await expect.poll(() => third.edges()[0]?.state, { timeout: 15_000 }).toBe('in_step');
  await say(log, command('kill', null));
  await shows(third);
}, 60_000);
