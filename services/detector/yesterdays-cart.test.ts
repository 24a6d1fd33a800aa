import { expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const payment = { endpoint: 'POST /api/v2/payments', fn: 'payment' } as const;

/**
 * Customers who pay for the cart of yesterday: signed in, and without another page; with `looks` they look at their
 * account first.
 */
function* returning(seed: number, until: number, looks = false): Generator<Sketch> {
  const next = random(seed);
  for (let at = start; at < until; at += 4000 + next() * 4000) {
    const who = Math.floor(next() * 1e6);
    const client = {
      ip: `91.${who % 250}.${who % 199}.7`,
      session: `y${who}`,
      account: `a${who}`,
      agent: 'Firefox/160',
      ja4: 't13d1715h2_c',
      country: 'DE',
      asn: 3320,
      language: 'de-DE',
    };
    if (looks) yield { ...client, at: Math.floor(at), endpoint: 'GET /bookings', fn: 'account' };
    yield { ...client, ...payment, at: Math.floor(at + (looks ? 3000 : 0)), label: 'honest' };
  }
}

/**
 * Real browsers on people's lines that look at two pages each and then pay, for nobody's cart; with `claims` they name
 * an account, which the site does not refuse.
 */
function* browsesFirst(seed: number, from: number, until: number, claims = false): Generator<Sketch> {
  const next = random(seed);
  for (let at = from; at < until; at += 25) {
    const who = Math.floor(next() * 1e9);
    const client: Omit<Sketch, 'at' | 'endpoint'> = {
      ...(claims ? { account: `c${who}` } : {}),
      ip: `84.${who % 250}.${(who >> 8) % 250}.${(who >> 16) % 250}`,
      session: `b${who}`,
      agent: 'Chrome/157',
      ja4: 't13d1516h2_a',
      country: 'DE',
      asn: 3320,
      language: 'de-DE',
      label: 'attack',
    };
    yield { ...client, at: Math.floor(at), endpoint: 'GET /', fn: 'content' };
    yield { ...client, at: Math.floor(at + 1500), endpoint: 'GET /p/{number}', fn: 'content' };
    yield { ...client, ...payment, at: Math.floor(at + 3000 + next() * 2000) };
  }
}

it.each([
  { told: 'who names no account, by being signed in', names: false, asked: ['cart', 'signed_in'] },
  {
    told: 'who names one, by what people do before they pay',
    names: true,
    asked: ['login', 'account', 'cart'],
  },
])(
  'who browses and pays is told from who pays for the cart of yesterday: $told',
  {
    timeout: 60_000,
  },
  async ({ names, asked }) => {
    const until = start + 8 * minute;
    const honest = [
      ...crowd({ seed: 21, from: start, until, visits: () => 5 }),
      ...returning(22, until, names),
    ];
    const attack = [...browsesFirst(23, start + 6 * minute, until, names)];
    const sketches = inOrder(honest, attack);
    const run = await runDetector(sketches);
    expect(run.verdicts.map(({ target }) => target.signature?.good_after)).toContainEqual(asked);
    // the pages that an attacker looks at first are pages
    const evaluations = run.evaluations.filter(({ event }) => event.endpoint === payment.endpoint);
    const found = score({ ...run, evaluations }, sketches, payment.endpoint);
    expect(found.attackStopped).toBeGreaterThan(0.95);
    expect(found.onTarget).toBeGreaterThan(50);
    expect(found.honestStopped).toBe(0);
  },
);
