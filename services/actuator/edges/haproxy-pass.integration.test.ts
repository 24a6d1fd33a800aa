import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fingerprintOf } from '../../../lib/pass/binding.ts';
import { createKeyRing, type PassKey } from '../../../lib/pass/key-ring.ts';
import { type Pass, signPass } from '../../../lib/pass/token.ts';
import { canonicalSignature } from '../../../lib/signature/signature.ts';
import { partBit } from '../../../lib/signature/standing.ts';
import { requireCounterpart } from '../../../test/counterparts/counterpart.ts';
import { address, ask, is, rule } from '../../../test/counterparts/edge-fixture.ts';
import { findHaproxy, type HaproxyFixture, startHaproxyFixture } from '../../../test/counterparts/haproxy.ts';
import type { Entry } from '../edge.ts';

const missing = requireCounterpart('haproxy', findHaproxy());
const key: PassKey = { kid: 'k1', secret: 'k1'.padEnd(43, 'x') };
const browser = 'Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0';

/** Everyone but the good. */
function sparing(entry: Entry, goodAfter: readonly string[]): Entry {
  const signature = { ...entry.target.signature!, except_good: true, good_after: [...goodAfter] };
  const value = canonicalSignature(signature);
  return { ...entry, key: `signature|${value}`, value, target: { ...entry.target, value, signature } };
}

describe.skipIf(missing !== null)('rules that spare the good, at a real HAProxy that checks passes', () => {
  let haproxy: HaproxyFixture;
  beforeAll(async () => {
    haproxy = await startHaproxyFixture({ passSecret: key.secret });
  });
  afterAll(async () => {
    await haproxy?.stop();
  });

  const second = Math.floor(Date.now() / 1000);
  const pass = (standing: readonly string[], more: Partial<Pass> = {}, by = key): string =>
    signPass(
      {
        id: 'abcdefghijklmnopqrst',
        issuedAt: second,
        expiresAt: second + 900,
        visitStartedAt: second,
        standing: standing.reduce((bits, name) => bits | partBit(name), 0),
        firstPage: '',
        fingerprint: fingerprintOf([browser]),
        network: '',
        ...more,
      },
      createKeyRing([by]),
    );
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
      forged: pass(['cart'], {}, { kid: 'k1', secret: 'k1'.padEnd(43, 'y') }),
    };
    for (const [name, token] of Object.entries(others)) expect(await pay(token), name).toBe(403);
    // Nobody else is concerned.
    expect((await ask(haproxy.port, { path: '/', userAgent: browser })).status).toBe(200);
  });

  test('of several rules each asks for its own words, a pass helps against no other, and all comes back from the maps', async () => {
    const any = sparing(rule(is('endpoint', 'in', 'POST /payment', 'GET /stock')), []);
    const plain = rule(payment, is('user_agent', 'in', 'curl/8'));
    const entries = [sparing(rule(payment), ['cart', 'login']), any, plain, address('203.0.113.7')];
    await haproxy.bring(...entries);
    expect(await pay(pass(['cart', 'login']))).toBe(200);
    expect(await pay(pass(['cart']))).toBe(403);
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
