import { expect, it } from 'vitest';
import { type Run, runDetector } from './run.test-fixture.ts';
import { browser, crowd, homes, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 7 * minute;
const until = attackAt + 3 * minute;
const pay = 'POST /api/v2/payments';

const people = () => crowd({ seed: 71, from: start, until, visits: () => 8 });

/** Visitors at `network`.x who fill a cart and then try `cards` that are declined; so many of them at a time. */
function* payers(network: string, many: number, cards: number): Generator<Sketch> {
  const next = random(72);
  for (let who = 0; who < many; who++) {
    const [country, asn] = homes[who % homes.length]!;
    const ip = `${network}.${Math.floor(who / 250)}.${who % 250}`;
    const client = { ip, session: `${network}${who}`, country, asn, ...browser(next) };
    let at = attackAt + Math.floor(next() * 100_000);
    yield { ...client, at, endpoint: 'GET /p/{number}', fn: 'content' };
    yield { ...client, at: at + 800, endpoint: 'POST /api/cart', fn: 'cart' };
    for (let card = 0; card < cards; card++) {
      at += 4000;
      yield { ...client, at, endpoint: pay, fn: 'payment', status: 402 };
    }
  }
}

const named = ({ verdicts }: Run, network: string): number =>
  new Set(verdicts.map(({ target }) => target.value).filter((value) => value?.startsWith(`${network}.`)))
    .size;

it('cards that are declined one after the other name who tries them, while payments are under attack', {
  timeout: 60_000,
}, async () => {
  const run = await runDetector(inOrder(people(), payers('92.20', 400, 9), payers('92.30', 40, 3)));
  expect(run.campaigns.some(({ kind, mode }) => kind === 'card-testing' && mode === 'enforce')).toBe(true);
  expect(named(run, '92.20')).toBeGreaterThan(300);
  expect(named(run, '92.30')).toBe(0);
  expect(new Set(run.verdicts.filter(({ target }) => target.kind === 'ip').map(({ mode }) => mode))).toEqual(
    new Set(['simulate']),
  );
});

it('without an attack they are somebody with bad luck', { timeout: 60_000 }, async () => {
  expect((await runDetector(inOrder(people(), payers('92.20', 3, 9)))).verdicts).toEqual([]);
});
