import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../lib/pass/binding.ts';
import { freshToken, passKey } from '../../../lib/pass/pass.test-fixture.ts';
import type { Pass } from '../../../lib/pass/token.ts';
import { requiredBits } from '../../../lib/signature/standing.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import { address, ask, is, rule, sparing } from '../../../test/counterparts/edge-fixture.ts';
import { findHaproxy, type HaproxyFixture, startHaproxyFixture } from '../../../test/counterparts/haproxy.ts';

const missing = requireCounterpart('haproxy', findHaproxy());
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0';

describe.skipIf(missing !== null)('rules that spare the good, at a real HAProxy that checks passes', () => {
  let haproxy: HaproxyFixture;
  beforeAll(async () => {
    haproxy = await startHaproxyFixture({ passSecret: passKey().secret });
  });
  afterAll(async () => {
    await haproxy?.stop();
  });

  const second = Math.floor(Date.now() / 1000);
  const pass = (parts: readonly string[], more: Partial<Pass> = {}, by = passKey()): string =>
    freshToken(browser, { standing: requiredBits(parts), ...more }, by);
  const pay = async (token: string | null): Promise<number> => {
    const headers: { [name: string]: string } = token === null ? {} : { cookie: `tidegate_pass=${token}` };
    return (await ask(haproxy.port, { method: 'POST', path: '/payment', userAgent: browser, headers }))
      .status;
  };
  const payment = is('endpoint', 'in', 'POST /payment');

  test('who was at the cart pays, strangers and forgers with the same browser do not', async () => {
    await haproxy.bring(sparing(rule(payment), ['cart']));
    expect(await pay(pass(['cart']))).toBe(200);
    expect(await pay(pass(['cart', 'content', 'search']))).toBe(200);
    const others = {
      'no pass': null,
      'other pages only': pass(['content', 'search']),
      'the page that is asked for': pass(['payment']),
      'of another client': pass(['cart'], { fingerprint: fingerprintOf(['curl']) }),
      expired: pass(['cart'], { expiresAt: second - 5 }),
      forged: pass(['cart'], {}, passKey('k1', 'y')),
    };
    for (const [name, token] of Object.entries(others)) expect(await pay(token), name).toBe(403);
    // Nobody else is concerned.
    expect((await ask(haproxy.port, { path: '/', userAgent: browser })).status).toBe(200);
  });

  test('a rule that may spare the good lets them through, and comes back from the maps as it was', async () => {
    const entry = sparing(rule(payment), ['any'], false);
    await haproxy.bring(entry);
    expect(await pay(pass(['content']))).toBe(200);
    expect(await pay(pass(['payment']))).toBe(403);
    expect(await pay(null)).toBe(403);
    const observed = await haproxy.edge.observe(new AbortController().signal);
    expect([observed.damaged, ...observed.entries.map(({ key }) => key)]).toEqual([null, entry.key]);
  });

  test('of several rules each asks for its own words, a pass helps against no other, and all comes back from the maps', async () => {
    const any = sparing(rule(is('endpoint', 'in', 'POST /payment', 'GET /stock')), []);
    const plain = rule(payment, is('user_agent', 'in', 'curl/8'));
    const entries = [sparing(rule(payment), ['cart', 'login']), any, plain, address('203.0.113.7')];
    await haproxy.bring(...entries);
    // any one of the words that a rule asks for will do
    expect(await pay(pass(['login', 'search']))).toBe(200);
    expect(await pay(pass(['content', 'search']))).toBe(403);
    const headers = { cookie: `tidegate_pass=${pass(['content'])}` };
    const stock = { path: '/stock', userAgent: browser };
    expect((await ask(haproxy.port, { ...stock, headers })).status).toBe(200);
    expect((await ask(haproxy.port, stock)).status).toBe(403);
    const good = { cookie: `tidegate_pass=${pass(['cart', 'login'])}` };
    expect((await ask(haproxy.port, { ip: '203.0.113.7', userAgent: browser, headers: good })).status).toBe(
      403,
    );

    const signal = new AbortController().signal;
    const observed = await haproxy.edge.observe(signal);
    expect(observed.damaged).toBeNull();
    expect(observed.entries.map((entry) => entry.key).sort()).toEqual(
      entries.map((entry) => entry.key).sort(),
    );
    expect(haproxy.check()).toBeNull();
    await haproxy.bring();
    expect(await pay(null)).toBe(200);
  });
});
