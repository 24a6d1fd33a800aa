import { beforeAll, expect, it } from 'vitest';
import { spares } from '../../lib/signature/standing.ts';
import { type Run, runDetector, score } from './run.test-fixture.ts';
import { browser, crowd, inOrder, partnerServer, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 6 * minute;
const until = start + 9 * minute;
const page = 'GET /p/{number}';

/** What every request of the attack looks like. */
const tool = {
  agent: 'Chrome/157',
  ja4: 't13d0000_bot',
  browserVersion: 157,
  plausible: true,
  ageDays: 30,
  country: 'DE',
  asn: 3320,
  label: 'attack',
};

/** A pool of addresses tries passwords, and opens a page before each try. The page's answers say nothing against it. */
function* attack(): Generator<Sketch> {
  const next = random(7);
  const below = (limit: number): number => Math.floor(next() * limit);
  for (let at = attackAt; at < until; at += 60) {
    const bot = {
      ip: `${84 + 7 * below(2)}.${below(250)}.${below(250)}.${below(250)}`,
      session: `x${below(1e9)}`,
      ...tool,
    };
    yield { ...bot, at, endpoint: page, fn: 'content' };
    yield {
      ...bot,
      at: at + 50,
      endpoint: 'POST /login',
      fn: 'login',
      status: 401,
      account: `v${below(1e6)}`,
    };
  }
}

const account = 'GET /account/orders';

/** What it gets into it reads: seldom, an hour's worth of it would make no pane of the endpoint stand out. */
function* loot(): Generator<Sketch> {
  const next = random(9);
  const below = (limit: number): number => Math.floor(next() * limit);
  for (let at = attackAt; at < until; at += 6000) {
    const bot = {
      ip: `84.${below(250)}.${below(250)}.${below(250)}`,
      session: `x${below(1e9)}`,
      account: `v${below(1e6)}`,
      ...tool,
    };
    yield { ...bot, at, endpoint: 'POST /login', fn: 'login' };
    yield { ...bot, at: at + 400, endpoint: account, fn: 'account' };
    yield { ...bot, at: at + 900, endpoint: account, fn: 'account' };
  }
}

/** Customers who look at their orders, three in two seconds. */
function* customers(): Generator<Sketch> {
  const next = random(10);
  for (let at = start; at < until; at += 700) {
    const person = {
      ip: `91.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}`,
      session: `c${Math.floor(next() * 1e9)}`,
      account: `a${Math.floor(next() * 20000)}`,
      ...browser(next),
      country: 'DE',
      asn: 3320,
      ageDays: 30,
      label: 'honest',
    };
    yield { ...person, at, endpoint: 'GET /', fn: 'content' };
    yield { ...person, at: at + 3000, endpoint: account, fn: 'account' };
  }
}

const sketches = inOrder(
  crowd({ seed: 8, from: start, until, visits: () => 3 }),
  attack(),
  loot(),
  customers(),
);
let run: Run;
beforeAll(async () => {
  run = await runDetector(sketches);
}, 60_000);

it('what a campaign knows its tool by goes where the tool is at work besides', () => {
  const [campaign] = run.campaigns
    .filter(({ policy_id: policy, state }) => policy && state === 'active')
    .slice(-1);
  expect(campaign!.scopes.map(({ key }) => key)).toEqual(['POST shop.example/login']);
  const places = campaign!.signatures.map(({ signature }) => signature.predicates[0]!.values[0]);
  expect(places).toContain(page);
  const found = score(run, sketches, page);
  expect(found.attackStopped).toBeGreaterThan(0.97);
  expect(found.honestStopped).toBe(0);
});

it('what nobody on the site uses is stopped where it is seldom, too: at what it reads of the accounts that it got into', () => {
  const read = run.evaluations.filter(({ event }) => {
    const { label, at, endpoint } = sketches[event.source_offset]!;
    return label === 'attack' && endpoint === account && at > attackAt + 60_000;
  });
  const stopped = read.filter(
    ({ evaluation: { inForce, standing } }) => inForce !== null && !spares(inForce.signature, standing),
  );
  expect(read.length).toBeGreaterThan(30);
  expect(stopped.length / read.length).toBeGreaterThan(0.9);
  expect(score(run, sketches, account).honestStopped).toBe(0);
});

it('there the tool earns nothing, and people what they always did', () => {
  const known = new Map(sketches.map((sketch, index) => [index, sketch]));
  const standing = (label: string): boolean[] =>
    run.evaluations
      .filter(({ event }) => {
        const sketch = known.get(event.source_offset)!;
        return sketch.label === label && sketch.at > attackAt + 30_000 && sketch.endpoint === 'POST /login';
      })
      .map(({ evaluation }) => evaluation.good);
  expect(standing('attack').some(Boolean)).toBe(false);
  const people = standing('honest');
  expect(people.filter(Boolean).length / people.length).toBeGreaterThan(0.6);
});

/** Log-ins for people who link an account, through two servers of a partner; a session is opened before each. */
function* linking(seed: number, everyMs: number, from: number, label: string): Generator<Sketch> {
  const next = random(seed);
  const pick = (of: readonly string[]): string => of[Math.floor(next() * of.length)]!;
  const isAttack = label === 'attack';
  for (let at = from; at < until; at += everyMs) {
    const server = {
      ...partnerServer(next),
      session: `l${next()}`,
      endUserCountry: pick(isAttack ? ['VN', 'BR', 'ID', 'NG', 'PK', 'RO'] : ['DE', 'DE', 'AT', 'CH']),
      label,
    };
    yield { ...server, at, endpoint: opening, fn: 'other' };
    yield {
      ...server,
      at: at + 300,
      endpoint: 'POST /login',
      fn: 'login',
      status: next() < (isAttack ? 0.98 : 0.1) ? 401 : 200,
      account: `v${Math.floor(next() * 1e6)}`,
    };
  }
}
const opening = 'POST /sessions';

it('through a partner it is told by whom the partner calls for, at all that it calls', async () => {
  const linked = inOrder(
    crowd({ seed: 11, from: start, until, visits: () => 3 }),
    linking(12, 700, start, 'honest'),
    linking(13, 60, attackAt, 'attack'),
  );
  const found = score(await runDetector(linked), linked, opening);
  expect(found.attackStopped).toBeGreaterThan(0.9);
  expect(found.onTarget).toBeGreaterThan(200);
  expect(found.honestStopped).toBe(0);
}, 60_000);
