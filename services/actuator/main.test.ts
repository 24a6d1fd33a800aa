import { afterEach, expect, test } from 'vitest';
import { makeCommand } from '../../lib/command.ts';
import type { EdgeAction } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { createMemoryLog } from '../../lib/log/memory.ts';
import { command, contextOf, say, verdict } from '../../test/counterparts/actuator-input.ts';
import { until } from '../../test/counterparts/free-port.ts';
import { actuatorConfig } from './config.ts';
import { hashSecret } from './edges/hashed-secret.ts';
import { type RunningActuator, startActuator } from './main.ts';

const running: RunningActuator[] = [];
afterEach(async () => {
  for (const actuator of running.splice(0)) await actuator.stop();
});

async function start(log: Log, edges: unknown[], now = Date.now): Promise<RunningActuator> {
  const config = actuatorConfig.parse({ api: { port: 0 }, edges });
  const actuator = await startActuator({ ...contextOf(log), now }, config);
  running.push(actuator);
  return actuator;
}
const feed = { kind: 'feed', name: 'blocklist', dry_run: false };
const read = async (actuator: RunningActuator, query = ''): Promise<string[]> => {
  const response = await fetch(`${actuator.url}/v1/feeds/blocklist.txt${query}`);
  return response.ok
    ? (await response.text()).split('\n').filter((line) => line !== '')
    : [`${response.status}`];
};
const shows = (actuator: RunningActuator, ...lines: string[]) =>
  until(
    `the feed shows ${lines.join(', ') || 'nothing'}`,
    async () => (await read(actuator)).sort().join() === [...lines].sort().join(),
    15_000,
  );

test('verdicts come to the feed; release, allow, kill and resume change it', async () => {
  const log = createMemoryLog({ trafficPartitions: 2 });
  const actuator = await start(log, [feed]);
  await say(
    log,
    verdict('203.0.113.7'),
    verdict('2001:db8::/64'),
    verdict('203.0.113.8'),
    verdict('10.0.0.1'),
  );
  await shows(actuator, '203.0.113.7/32', '203.0.113.8/32', '2001:db8::/64');
  expect(await read(actuator, '?family=v6')).toEqual(['2001:db8::/64']);
  expect(await read(actuator, '?limit=2')).toHaveLength(2);
  await say(log, command('release', '203.0.113.7'));
  await shows(actuator, '203.0.113.8/32', '2001:db8::/64');
  await say(log, command('allow', '203.0.113.0/28'));
  await shows(actuator, '2001:db8::/64');
  await say(log, command('kill', null));
  await shows(actuator);
  await say(log, command('resume', null));
  await shows(actuator, '2001:db8::/64');
  expect(actuator.edges()).toMatchObject([{ name: 'blocklist', state: 'in_step', drift: 0 }]);
});

test('an entry ends with its time, without anybody writing', async () => {
  const log = createMemoryLog({ trafficPartitions: 2 });
  const short = verdict('203.0.113.7', 700);
  let now = short.decided_at;
  const actuator = await start(log, [feed], () => now);
  await say(log, short);
  await shows(actuator, '203.0.113.7/32');
  now = short.until_at;
  await shows(actuator);
});

test('a restart reads everything back from the log before it serves anything', async () => {
  const log = createMemoryLog({ trafficPartitions: 2, encoded: true });
  const first = await start(log, [feed]);
  await say(log, verdict('203.0.113.7'), verdict('203.0.113.9'), command('block', '203.0.113.8'));
  await shows(first, '203.0.113.7/32', '203.0.113.8/32', '203.0.113.9/32');
  await first.stop();
  await say(log, command('release', '203.0.113.7'), verdict('203.0.113.10'));
  const second = await start(log, [feed]);
  await shows(second, '203.0.113.10/32', '203.0.113.8/32', '203.0.113.9/32');
});

test('dry run writes nothing, serves nothing, and audits each planned change once', async () => {
  const log = createMemoryLog({ trafficPartitions: 2 });
  const audit: EdgeAction[] = [];
  const tail = await log.tail({
    topic: 'edge-actions',
    from: 'earliest',
    onBatch: (batch) => void audit.push(...batch.records.map(({ value }) => value)),
  });
  const actuator = await start(log, [{ kind: 'feed', name: 'blocklist' }]);
  await say(log, verdict('203.0.113.7'));
  await until('a change is audited', () => audit.length > 0);
  await say(log, verdict('203.0.113.8'));
  await until('a second one is', () => audit.length > 1);
  expect(
    audit.map((action) => [action.operation, action.target.value, action.result, action.dry_run]),
  ).toEqual([
    ['add', '203.0.113.7', 'planned', true],
    ['add', '203.0.113.8', 'planned', true],
  ]);
  expect(await read(actuator)).toEqual(['503']);
  expect((await actuator.planEdge('blocklist')).add).toHaveLength(2);
  expect(actuator.edges()).toMatchObject([{ state: 'dry_run', drift: 2, armed: false }]);
  await tail.close();
});

test('an edge is armed, disarmed and purged by command: what ends is taken back, what is new waits', async () => {
  const log = createMemoryLog({ trafficPartitions: 2 });
  const actuator = await start(log, [{ kind: 'feed', name: 'blocklist' }]);
  const tell = (kind: 'arm' | 'disarm' | 'purge') =>
    say(
      log,
      makeCommand({ kind, site: '*', edge: 'blocklist', reason: 'drill', who: 'ada', at: Date.now() }),
    );
  await say(log, verdict('203.0.113.7'), verdict('203.0.113.8'));
  const edge = () => actuator.edges()[0];
  await until('two are planned', () => edge()?.state === 'dry_run' && edge()?.drift === 2);
  await tell('arm');
  await shows(actuator, '203.0.113.7/32', '203.0.113.8/32');
  await tell('disarm');
  await until('disarmed', () => edge()?.state === 'disarmed');
  await say(log, verdict('203.0.113.9'), command('release', '203.0.113.8'));
  await shows(actuator, '203.0.113.7/32');
  expect(actuator.edges()).toMatchObject([
    { state: 'disarmed', detail: 'disarm by ada: drill', armed: false },
  ]);
  await tell('purge');
  await until('purged', () => edge()?.state === 'purged');
  await shows(actuator);
  await tell('arm');
  await shows(actuator, '203.0.113.7/32', '203.0.113.9/32');
});

test('the feed answers 304 to those that have it and 401 to strangers', async () => {
  const log = createMemoryLog({ trafficPartitions: 2 });
  const basic = { user: 'pan', password: hashSecret('let me in') };
  const actuator = await start(log, [{ ...feed, tokens: [hashSecret('t0ken')], basic }]);
  const get = (headers: { [name: string]: string }) =>
    fetch(`${actuator.url}/v1/feeds/blocklist.txt`, { headers });
  await until('it answers', async () => (await get({ authorization: 'Bearer t0ken' })).status === 200);
  const response = await get({ authorization: `Basic ${Buffer.from('pan:let me in').toString('base64')}` });
  expect([response.status, await response.text()]).toEqual([200, '']);
  const again = { authorization: 'Bearer t0ken', 'if-none-match': response.headers.get('etag')! };
  expect((await get(again)).status).toBe(304);
  expect((await get({})).status).toBe(401);
  expect((await get({ authorization: 'Bearer other' })).status).toBe(401);
});

test('problems of the configuration are named', () => {
  const problems = (value: object) =>
    actuatorConfig.safeParse(value).error?.issues.map((issue) => issue.message);
  expect(problems({ edges: [feed, feed] })).toEqual(['a second edge named "blocklist"']);
  expect(problems({ api: { host: '0.0.0.0' }, edges: [feed] })?.[0]).toMatch(/anyone who reaches 0\.0\.0\.0/);
  expect(problems({ allow_list: [{ network: 'x', reason: 'y' }] })?.[0]).toMatch(/not an address/);
  expect(problems({})).toBeUndefined();
});
