import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import {
  address,
  ask,
  bringEdge,
  dependenciesFor,
  is,
  named,
  planFor,
  ruleTo,
  statuses,
} from '../../../test/counterparts/edge-fixture.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import { findHaproxy, type HaproxyFixture, startHaproxyFixture } from '../../../test/counterparts/haproxy.ts';
import { proxyContract } from '../../../test/counterparts/proxy-contract.ts';
import { createHaproxyEdge, haproxyConfig } from './haproxy.ts';
import { createHaproxyCli } from './haproxy-cli.ts';
import { mapNames } from './haproxy-maps.ts';

const missing = requireCounterpart('haproxy', findHaproxy());

proxyContract({ name: 'haproxy', missing, start: () => startHaproxyFixture() });

describe.skipIf(missing !== null)('haproxy, what is its own', () => {
  const signal = new AbortController().signal;
  let haproxy: HaproxyFixture;
  beforeAll(async () => {
    haproxy = await startHaproxyFixture();
  });
  afterAll(async () => {
    await haproxy?.stop();
  });
  const run = (line: string) => createHaproxyCli(haproxy.socket, 5000).run(line, signal);
  const fileOf = (name: string) => join(haproxy.directory, `${name}.map`);
  const damaged = async () => (await haproxy.edge.observe(signal)).damaged;
  const edgeAt = (changes: object) =>
    createHaproxyEdge(
      haproxyConfig.parse({
        kind: 'haproxy',
        name: 'e',
        socket: haproxy.socket,
        directory: haproxy.directory,
        ...changes,
      }),
      dependenciesFor(() => []),
    );

  test('of several entries around a request the strongest counts, and each action does its own', async () => {
    await haproxy.bring(
      address('192.0.2.0/24', 'block'),
      address('192.0.2.7', 'tag'),
      address('198.51.100.0/24', 'challenge'),
      named('country', 'XX', 'tag'),
      named('ja4', 't13d', 'rate_limit'),
      ruleTo('tag', is('user_agent', 'in', 'odd')),
    );
    const of = async (sample: Parameters<typeof ask>[1]) => {
      const { status, body } = await ask(haproxy.port, sample);
      return `${status} ${body.split('.')[0]}`;
    };
    expect(await of({ ip: '192.0.2.7' })).toBe('403 Refused');
    expect(await of({ ip: '198.51.100.9', userAgent: 'odd' })).toBe('401 challenge');
    expect(await of({ userAgent: 'odd' })).toBe('200 tag');
    expect(await of({ headers: { 'x-country': 'XX' } })).toBe('200 tag');
    expect(await of({ headers: { 'x-country': 'YY', 'x-tidegate-action': 'tag' } })).toBe('200 ');
    const limited = { ip: '203.0.113.1', userAgent: 'odd', headers: { 'x-ja4': 't13d', 'x-country': 'XX' } };
    const first = await of(limited);
    const more = await statuses(haproxy.port, ...Array.from({ length: 11 }, () => limited));
    expect([first, more.filter((status) => status === 200).length, more.at(-1)]).toEqual([
      '200 rate_limit',
      9,
      429,
    ]);
    expect(await of({ ...limited, ip: '203.0.113.2' })).toBe('200 rate_limit');
  });

  test('whom a partner calls for is told apart; a frontend from before that sees nothing of such rules', async () => {
    await haproxy.bring(
      ruleTo('block', is('user_agent', 'in', 'odd'), is('end_user_country', 'in', 'XX')),
      ruleTo('block', is('user_agent', 'in', 'odder')),
    );
    const from = (country: string) => ({ userAgent: 'odd', headers: { 'x-end-user-country': country } });
    expect(await statuses(haproxy.port, from('XX'), from('YY'), { userAgent: 'odd' })).toEqual([
      403, 200, 200,
    ]);
    // Lines of before ask for `live` alone: there is only the rule that they can narrow.
    const live = /[0-9a-fx]+ live (\d+)\n[0-9a-fx]+ live\.2 (\d+)\n/.exec(
      await run(`show map ${fileOf('rules')}`),
    );
    const [before, since] = live!.slice(1).map(Number);
    expect([before! & since!, Math.log2(before!) % 1, Math.log2(since!) % 1]).toEqual([0, 0, 0]);
  });

  test('the files are what the next process starts with, and a hand in either is noticed and undone', async () => {
    await haproxy.bring(address('203.0.113.7'));
    await until('the file follows', async () =>
      /^203\.0\.113\.7\/32 4\.dec_/.test(readFileSync(fileOf('block'), 'utf8')),
    );
    expect(haproxy.check()).toBeNull();

    await run(`add map ${fileOf('block')} 203.0.113.99 4.dec_aaaaaaaaaaaaaaaaaaaaaaaaaa`);
    expect((await haproxy.edge.observe(signal)).entries.map(({ value }) => value)).toContain('203.0.113.99');
    await run(`del map ${fileOf('rules')} live`);
    expect(await damaged()).toBe('map rules differs');
    await haproxy.bring(address('203.0.113.7'));
    expect(await damaged()).toBeNull();

    writeFileSync(fileOf('block'), 'garbage in a file\n');
    // Found when everything is read: after a start, and every minute.
    const fresh = edgeAt({ attributes: ['country', 'ja4'] });
    expect((await fresh.observe(signal)).damaged).toMatch(/block\.map is not in step/);
    await bringEdge(fresh, [address('203.0.113.7')]);
    expect(haproxy.check()).toBeNull();
    await haproxy.restart();
    expect(await statuses(haproxy.port, { ip: '203.0.113.7' })).toEqual([403]);
  });

  test('a change of one map writes the file of no other', async () => {
    await haproxy.bring(address('203.0.113.7'), address('203.0.113.8', 'tag'));
    const follows = (name: string, value: string) =>
      until('the file follows', async () => readFileSync(fileOf(name), 'utf8').includes(value));
    await follows('block', '203.0.113.7');
    await follows('tag', '203.0.113.8');
    const files = () => mapNames.map((name) => `${name} ${statSync(fileOf(name)).ino}`);
    const before = files();
    await haproxy.bring(address('203.0.113.7'), address('203.0.113.9'), address('203.0.113.8', 'tag'));
    await follows('block', '203.0.113.9');
    expect(files().filter((file) => !before.includes(file))).toEqual([expect.stringMatching(/^block /)]);
  });

  test('what HAProxy does not take changes nothing, and the files still start', async () => {
    await haproxy.bring(address('203.0.113.7'));
    await until(
      'the file follows',
      async () => readFileSync(fileOf('block'), 'utf8').match(/\n/g)?.length === 1,
    );
    const before = readFileSync(fileOf('block'), 'utf8');
    const garbage = { ...address('203.0.113.8'), value: 'not-an-address' };
    const plan = await planFor(haproxy.edge, [address('203.0.113.7')]);
    const rejected = { fault: 'rejected', message: expect.stringContaining('not-an-address') };
    await expect(haproxy.edge.apply({ ...plan, add: [garbage] }, signal)).rejects.toMatchObject(rejected);
    const whole = { ...plan, rewrite: true, content: [...plan.content, garbage] };
    await expect(haproxy.edge.apply(whole, signal)).rejects.toMatchObject(rejected);
    expect(readFileSync(fileOf('block'), 'utf8')).toBe(before);
    expect(haproxy.check()).toBeNull();
    expect(await statuses(haproxy.port, { ip: '203.0.113.7' }, { ip: '203.0.113.8' })).toEqual([403, 200]);
    await haproxy.bring(address('203.0.113.8'));
    expect(await statuses(haproxy.port, { ip: '203.0.113.7' }, { ip: '203.0.113.8' })).toEqual([200, 403]);
  });

  test("a stranger's line stays, also when everything is written anew", async () => {
    await haproxy.bring();
    await run(`add map ${fileOf('block')} 192.0.2.77 mine`);
    const plan = await planFor(haproxy.edge, [address('203.0.113.7')]);
    expect(plan.foreign.map(({ value }) => value)).toEqual(['192.0.2.77']);
    await haproxy.edge.apply({ ...plan, rewrite: true }, signal);
    expect(await run(`show map ${fileOf('block')}`)).toMatch(/192\.0\.2\.77 mine/);
    await run(`del map ${fileOf('block')} 192.0.2.77`);
  });

  test('what is wrong with HAProxy is a state of its own', async () => {
    await expect(edgeAt({ directory: '/elsewhere' }).observe(signal)).rejects.toMatchObject({
      fault: 'missing',
      message: expect.stringContaining('/elsewhere/tag.map'),
    });
    await expect(edgeAt({ socket: join(haproxy.dir, 'none.sock') }).observe(signal)).rejects.toMatchObject({
      fault: 'unavailable',
    });
  });

  test('20,000 addresses: all are there, and one more or less is a single command', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) =>
      address(`20.${(index >> 8) & 255}.${index & 255}.1`),
    );
    await haproxy.bring(...many);
    expect((await haproxy.edge.observe(signal)).entries.length).toBe(20_000);
    expect(await damaged()).toBeNull();
    const plan = await planFor(haproxy.edge, [...many.slice(1), address('203.0.113.7')]);
    expect([plan.add.length, plan.remove.length]).toEqual([1, 1]);
    await haproxy.edge.apply(plan, signal);
    expect(await haproxy.edge.isAsKnown!(signal)).toBe(true);
    await run(`add map ${fileOf('block')} 203.0.113.98 mine`);
    expect(await haproxy.edge.isAsKnown!(signal)).toBe(false);
    await run(`del map ${fileOf('block')} 203.0.113.98`);
    expect(
      await statuses(
        haproxy.port,
        { ip: '20.78.31.1' },
        { ip: '20.0.0.1' },
        { ip: '203.0.113.7' },
        { ip: '20.0.0.2' },
      ),
    ).toEqual([403, 200, 403, 200]);
    await haproxy.bring();
  });
});
