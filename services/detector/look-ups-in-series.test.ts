import { expect, it } from 'vitest';
import { type Run, runDetector } from './run.test-fixture.ts';
import { browser, crowd, homes, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 7 * minute;
const until = attackAt + 3 * minute;
const lookUp = 'GET /api/stock';

const people = () => crowd({ seed: 45, from: start, until, visits: () => 5 });

const values = (next: () => number) => ({
  sku: `${Math.floor(next() * 4000)}`,
  zip: `${Math.floor(next() * 5000)}`,
});

/** A sweep as it is found: each request from somewhere else, by one tool that sees no page. */
function* sweep(): Generator<Sketch> {
  const next = random(46);
  const part = (): number => Math.floor(next() * 250);
  for (let at = attackAt; at < until; at += 20)
    yield {
      ip: `177.${part()}.${part()}.${part()}`,
      agent: 'Chrome/112',
      ja4: 't13i1010h2_z',
      browserVersion: 112,
      country: 'BR',
      asn: 60001,
      at,
      endpoint: lookUp,
      fn: 'inventory',
      params: values(next),
      label: 'attack',
    };
}

/** Browsers at homes, each at the address `network`.x: a page, then look-ups `everyMs`, `each` after every page. */
function* browsing(
  network: string,
  { from = attackAt, everyMs, each }: { from?: number; everyMs: number; each: number },
): Generator<Sketch> {
  const next = random(47);
  for (let who = 1; who <= 12; who++) {
    const [country, asn] = homes[who % homes.length]!;
    const client = { ip: `${network}.${who}`, session: `${network}${who}`, country, asn, ...browser(next) };
    const page = { endpoint: 'GET /p/{number}', fn: 'content' };
    let at = from + who * 900;
    for (let asked = 0; at < until; at += everyMs)
      if (asked++ % (each + 1) === 0) yield { ...client, at, ...page };
      else yield { ...client, at, endpoint: lookUp, fn: 'inventory', params: values(next) };
  }
}

const listed = ({ verdicts }: Run, network: string): number =>
  new Set(verdicts.map(({ target }) => target.value).filter((value) => value?.startsWith(`${network}.`)))
    .size;

const inSeries = { everyMs: 2000, each: Infinity };

it('one page speaks for a client for a while: who goes on to sweep is listed by address, who goes on to look around is not', {
  timeout: 60_000,
}, async () => {
  const run = await runDetector(
    inOrder(
      people(),
      sweep(),
      browsing('92.10.1', inSeries),
      // opens what a page shows, quickly
      browsing('92.10.2', { everyMs: 1500, each: 4 }),
      // from one page on, as fast as answers are read
      browsing('92.10.3', { everyMs: 9000, each: Infinity }),
    ),
  );
  expect(listed(run, '92.10.1')).toBe(12);
  expect([listed(run, '92.10.2'), listed(run, '92.10.3')]).toEqual([0, 0]);
  const verdict = run.verdicts.find(({ target }) => target.value?.startsWith('92.10.1.'))!;
  expect(verdict.reason).toContain('one value after another');
  expect(verdict.action.kind).toBe('challenge');
});

it('on a calm day nobody minds', { timeout: 60_000 }, async () => {
  expect((await runDetector(inOrder(people(), browsing('92.10.1', inSeries)))).verdicts).toEqual([]);
});

it('where the pages of the site ask for many values themselves, a sweep makes nobody of its people suspicious', {
  timeout: 60_000,
}, async () => {
  const tiles = browsing('92.10.1', { from: start, everyMs: 300, each: 40 });
  const run = await runDetector(inOrder(people(), sweep(), tiles));
  expect(run.campaigns.some(({ state }) => state === 'active')).toBe(true);
  expect(listed(run, '92.10.1')).toBe(0);
});
