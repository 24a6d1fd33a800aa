import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import {
  address,
  ask,
  bringEdge,
  is,
  named,
  planFor,
  ruleTo,
  statuses,
} from '../../../test/counterparts/edge-fixture.ts';
import { until } from '../../../test/counterparts/free-port.ts';
import { findNginx } from '../../../test/counterparts/nginx.ts';
import { type NginxFixture, startNginxFixture } from '../../../test/counterparts/nginx-edge.ts';
import { proxyContract } from '../../../test/counterparts/proxy-contract.ts';
import { readNginxConfig } from './nginx-config.ts';

const missing = requireCounterpart('nginx', findNginx());

proxyContract({ name: 'nginx', missing, start: () => startNginxFixture() });

describe.skipIf(missing !== null)('nginx, what is its own', () => {
  const signal = new AbortController().signal;
  let nginx: NginxFixture;
  beforeAll(async () => {
    nginx = await startNginxFixture();
  });
  afterAll(async () => {
    await nginx?.stop();
  });

  test('of several entries around a request the strongest counts, and each action does its own', async () => {
    await nginx.bring(
      address('192.0.2.0/24', 'block'),
      address('192.0.2.7', 'tag'),
      address('198.51.100.0/24', 'challenge'),
      named('country', 'XX', 'rate_limit'),
      ruleTo('tag', is('user_agent', 'in', 'odd')),
    );
    const of = async (sample: Parameters<typeof ask>[1]) => {
      const { status, body } = await ask(nginx.port, sample);
      return status === 200 ? `200 ${body}` : String(status);
    };
    expect(await of({ ip: '192.0.2.7' })).toBe('403');
    expect(await of({ ip: '198.51.100.9', userAgent: 'odd' })).toBe('401');
    expect(await of({ userAgent: 'odd' })).toBe('200 tag');
    expect(await of({ headers: { 'x-country': 'YY', 'x-tidegate-action': 'tag' } })).toBe('200 ');
    const limited = { ip: '203.0.113.1', userAgent: 'odd', headers: { 'x-country': 'XX' } };
    expect(await of(limited)).toBe('200 rate_limit');
    const more = await statuses(nginx.port, ...Array.from({ length: 6 }, () => limited));
    expect(more).toEqual([200, 200, 200, 200, 429, 429]);
    // Each client has a rate of its own, and who falls under no decision has none.
    expect(await of({ ...limited, ip: '203.0.113.2' })).toBe('200 rate_limit');
    const free = await statuses(nginx.port, ...Array.from({ length: 8 }, () => ({ ip: '203.0.113.1' })));
    expect(free.every((status) => status === 200)).toBe(true);
    // The tagged address lies in the blocked network, so it is not listed.
    expect((await nginx.edge.observe(signal)).entries.map(({ action }) => action).sort()).toEqual([
      'block',
      'challenge',
      'rate_limit',
      'tag',
    ]);
  });

  test('a hand-edited file is noticed and written anew; a foreign file is refused', async () => {
    await nginx.bring(address('203.0.113.7'));
    writeFileSync(nginx.file, nginx.read().replace('203.0.113.7', '203.0.113.9'));
    expect((await nginx.edge.observe(signal)).damaged).toBe('changed by someone else');
    await nginx.bring(address('203.0.113.7'));
    expect(await statuses(nginx.port, { ip: '203.0.113.7' }, { ip: '203.0.113.9' })).toEqual([403, 200]);
    const ours = nginx.read();
    writeFileSync(nginx.file, ours.replace(' (format 2)', ''));
    expect(await nginx.edge.observe(signal)).toEqual({ entries: [], damaged: 'written by an older version' });
    writeFileSync(nginx.file, 'deny all;\n');
    await expect(nginx.edge.observe(signal)).rejects.toThrow(/not written by Tidegate/);
    writeFileSync(nginx.file, ours);
  });

  test('a configuration that nginx refuses leaves the old file and the old rules', async () => {
    await nginx.bring(address('203.0.113.7'));
    const before = nginx.read();
    const garbage = { ...address('203.0.113.8'), value: 'garbage' };
    const plan = await planFor(nginx.edge, [address('203.0.113.7')]);
    const bad = { ...plan, add: [garbage], content: [...plan.content, garbage] };
    await expect(nginx.edge.apply(bad, signal)).rejects.toMatchObject({ fault: 'invalid' });
    // Past our own check nginx says so.
    const anew = { ...bad, add: [], rewrite: true };
    await expect(nginx.edge.apply(anew, signal)).rejects.toMatchObject({ fault: 'rejected' });
    expect(nginx.read()).toBe(before);
    expect(await statuses(nginx.port, { ip: '203.0.113.7' }, { ip: '203.0.113.8' })).toEqual([403, 200]);
  });

  test('what a guard holds back stays, rules as well as addresses', async () => {
    const held = [address('203.0.113.7'), ruleTo('tag', is('user_agent', 'in', 'odd "one" & two'))];
    await nginx.bring(...held);
    const observed = await nginx.edge.observe(signal);
    const plan = await planFor(nginx.edge, [...held, address('203.0.113.8')]);
    const added = plan.content.filter(({ value }) => value === '203.0.113.8/32');
    await nginx.edge.apply({ ...plan, content: added, retained: observed.entries }, signal);
    const after = await nginx.edge.observe(signal);
    expect(after.entries.map(({ key }) => key).sort()).toEqual(
      [...observed.entries.map(({ key }) => key), added[0]!.key].sort(),
    );
  });

  test('a change of addresses alone leaves the rest of the file as it is, and a strange hand is no such change', async () => {
    const rules = [ruleTo('tag', is('user_agent', 'in', 'odd'))];
    await nginx.bring(...rules, address('203.0.113.7'), address('203.0.113.8'));
    expect(await nginx.edge.isAsKnown!(signal)).toBe(true);
    await nginx.bring(...rules, address('203.0.113.8', 'challenge'), address('203.0.113.9'));
    expect(
      await statuses(
        nginx.port,
        { ip: '203.0.113.7' },
        { ip: '203.0.113.8' },
        { ip: '203.0.113.9' },
        { userAgent: 'odd' },
      ),
    ).toEqual([200, 401, 403, 200]);
    expect(await nginx.edge.isAsKnown!(signal)).toBe(true);
    // What another process would read is what this one remembers.
    const observed = await nginx.edge.observe(signal);
    expect(readNginxConfig(nginx.read(), 'edge')).toEqual({
      damaged: null,
      entries: expect.arrayContaining([...observed.entries]),
    });
    writeFileSync(nginx.file, nginx.read());
    expect(await nginx.edge.isAsKnown!(signal)).toBe(false);
  });

  test('20,000 addresses are in force within seconds', async () => {
    const many = Array.from({ length: 20_000 }, (_, index) =>
      address(`20.${(index >> 8) & 255}.${index & 255}.1`),
    );
    await nginx.bring(...many);
    await until(
      'the last of many addresses is refused',
      async () => (await ask(nginx.port, { ip: '20.78.31.1' })).status === 403,
    );
    expect((await ask(nginx.port, { ip: '20.0.0.2' })).status).toBe(200);
    await nginx.bring();
  });
});

describe.skipIf(missing !== null)('nginx, signalled and seen to load', () => {
  let nginx: NginxFixture;
  beforeAll(async () => {
    nginx = await startNginxFixture({ isSignalled: true });
  });
  afterAll(async () => {
    await nginx?.stop();
  });
  const signal = new AbortController().signal;

  test('a change is done when nginx has taken it', async () => {
    const rules = [ruleTo('tag', is('user_agent', 'in', 'odd'))];
    await nginx.bring(...rules, address('203.0.113.7'));
    await nginx.bring(...rules, address('203.0.113.8'));
    const who = [{ ip: '203.0.113.7' }, { ip: '203.0.113.8' }];
    expect(await statuses(nginx.port, ...who)).toEqual([200, 403]);
    await nginx.restart();
    await nginx.bring(...rules, address('203.0.113.7'));
    expect(await statuses(nginx.port, ...who)).toEqual([403, 200]);
    expect(await nginx.edge.isAsKnown!(signal)).toBe(true);
  });

  test("what nginx refuses because of the owner's own lines is said and taken back, also for an address alone", async () => {
    await nginx.bring(address('203.0.113.7'));
    const before = nginx.read();
    const good = readFileSync(nginx.ownFile, 'utf8');
    writeFileSync(nginx.ownFile, `${good}nonsense;\n`);
    const more = [address('203.0.113.7'), address('203.0.113.8')];
    await expect(bringEdge(nginx.edge, more)).rejects.toMatchObject({
      fault: 'rejected',
      message: expect.stringContaining('unknown directive "nonsense"'),
    });
    expect(nginx.read()).toBe(before);
    expect(await nginx.edge.isAsKnown!(signal)).toBe(false);
    writeFileSync(nginx.ownFile, good);
    await nginx.bring(...more);
    expect(await statuses(nginx.port, { ip: '203.0.113.8' }, { ip: '203.0.113.9' })).toEqual([403, 200]);
  });
});
