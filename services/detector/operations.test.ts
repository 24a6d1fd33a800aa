import { expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { browser, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 6 * minute;
const until = start + 9 * minute;
const served = 'POST /graphql';
const logIn = `${served}#LoginUser`;

const somebody = (next: () => number) => ({
  ip: `84.${Math.floor(next() * 60)}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}`,
  session: `s${Math.floor(next() * 1e9)}`,
  ...browser(next),
  country: 'DE',
  asn: 3320,
});

/** A page, some reading operations, and every third visit logs in: all at one endpoint. */
function* people(): Generator<Sketch> {
  const next = random(71);
  for (let at = start; at < until; at += 120) {
    const who = somebody(next);
    let later = at;
    const then = (): number => (later += 500 + next() * 6000);
    yield { ...who, at, endpoint: 'GET /p/{number}', fn: 'content' };
    yield { ...who, at: then(), endpoint: `${served}#ProductPage`, fn: 'other' };
    if (next() < 0.5) yield { ...who, at: then(), endpoint: `${served}#SearchProducts`, fn: 'search' };
    if (next() > 0.33) continue;
    const account = `u${Math.floor(next() * 1e6)}`;
    if (next() < 0.1) yield { ...who, at: then(), endpoint: logIn, fn: 'login', account, status: 401 };
    yield { ...who, at: then(), endpoint: logIn, fn: 'login', account };
  }
}

/** Ten log-ins a second, an address each: as many requests as honest people make there anyway. */
function* stuffing(): Generator<Sketch> {
  const next = random(72);
  for (let at = attackAt; at < until; at += 100)
    yield {
      at,
      ip: `${101 + Math.floor(next() * 80)}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.7`,
      endpoint: logIn,
      fn: 'login',
      account: `v${Math.floor(next() * 1e6)}`,
      status: next() < 0.02 ? 200 : 401,
      agent: 'python-requests/2.31',
      ja4: 't13d1516h2_z',
      session: `a${Math.floor(next() * 1e9)}`,
      country: 'BR',
      asn: 28573,
      language: null,
      label: 'attack',
    };
}

it('an attack on one operation of an endpoint is found there, and stopped where edges see it: at the endpoint', {
  timeout: 60_000,
}, async () => {
  const sketches = inOrder(people(), stuffing());
  const run = await runDetector(sketches);
  const found = score(run, sketches, served);
  expect(found.attackStopped).toBeGreaterThan(0.99);
  expect(found.honestOnTargetStopped).toBeLessThan(0.005);
  const acting = run.campaigns.filter(({ mode, state }) => mode === 'enforce' && state === 'active');
  expect(new Set(acting.map(({ kind }) => kind))).toEqual(new Set(['stuffing']));
  expect(new Set(acting.flatMap(({ scopes }) => scopes.map(({ key }) => key)))).toEqual(
    new Set(['POST shop.example/graphql#LoginUser']),
  );
  const places = run.verdicts.flatMap(({ target }) => (target.kind === 'signature' ? [target.value] : []));
  expect(places.length).toBeGreaterThan(0);
  for (const place of places) expect(place).toContain('endpoint in ["POST /graphql"]');
});

it('what people send to the other operations of an endpoint counts as the price of a signature', {
  timeout: 60_000,
}, async () => {
  // the attack looks like a shop's own app, which does everything but log in
  const app = { agent: 'Shop/7.4', ja4: 't13d1314h2_k', browserVersion: 7, plausible: true, language: null };
  function* apps(): Generator<Sketch> {
    const next = random(73);
    for (let at = start; at < until; at += 400) {
      const who = { ...somebody(next), ...app };
      yield { ...who, at, endpoint: `${served}#ProductPage`, fn: 'other' };
      yield { ...who, at: at + 4000, endpoint: `${served}#SearchProducts`, fn: 'search' };
    }
  }
  function* asApp(): Generator<Sketch> {
    for (const one of stuffing()) yield { ...one, ...app, country: 'DE', asn: 3320 };
  }
  const sketches = inOrder(people(), apps(), asApp());
  const found = score(await runDetector(sketches), sketches, served);
  expect(found.honestOnTargetStopped).toBeLessThan(0.02);
});
