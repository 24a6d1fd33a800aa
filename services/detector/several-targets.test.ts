import { expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 6 * minute;
const until = start + 9 * minute;

/** One pool of addresses tries passwords, then cards as well, then looks stock up, and changes its name every minute. */
function* attack(): Generator<Sketch> {
  const next = random(52);
  const below = (limit: number): number => Math.floor(next() * limit);
  const countries = ['US', 'BR', 'IN', 'VN', 'ID', 'FR', 'DE'];
  for (let at = attackAt; at < until; at += 8) {
    const minutes = Math.floor((at - attackAt) / minute);
    const who = below(3000);
    const bot = {
      at,
      ip: `45.${who % 250}.${(who * 7) % 250}.${who % 199}`,
      session: `x${below(1e9)}`,
      agent: ['python-httpx/0.27', 'Chrome/63', 'curl/8.4'][minutes % 3]!,
      ja4: `t13d0000_bot${minutes}`,
      country: countries[who % countries.length]!,
      asn: 60000 + (who % 40),
      label: 'attack',
    };
    const turn = below(3);
    if (turn === 0 || at < attackAt + 20_000)
      yield { ...bot, endpoint: 'POST /login', fn: 'login', status: 401, account: `v${below(1e6)}` };
    else if (turn === 1 || at < attackAt + 40_000)
      yield { ...bot, endpoint: 'POST /api/v2/payments', fn: 'payment', status: next() < 0.8 ? 402 : 200 };
    else
      yield {
        ...bot,
        endpoint: 'GET /api/stock',
        fn: 'inventory',
        status: next() < 0.8 ? 404 : 200,
        params: { sku: `${below(1e6)}`, zip: `${below(1e5)}` },
      };
  }
}

it('an attack on several endpoints is clean at none for what it did at another', {
  timeout: 60_000,
}, async () => {
  const sketches = inOrder(crowd({ seed: 51, from: start, until, visits: () => 2 }), attack());
  const found = score(await runDetector(sketches), sketches, 'POST /login');
  expect(found.attackStopped).toBeGreaterThan(0.9);
  expect(found.honestStopped).toBe(0);
});
