import { expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 8 * minute;
const until = attackAt + 3 * minute;
const login = 'POST /login';

const people = () => crowd({ seed: 61, from: start, until, visits: () => 5 });

interface Tool {
  readonly seed: number;
  readonly from: number;
  readonly ja4: string;
  readonly version: number;
  readonly home: readonly [country: string, asn: number];
  readonly loadsForm: boolean;
}

/** Stuffing by one tool with a fingerprint of its own, forty tries a second, each from somewhere else. */
function* tries({ seed, from, ja4, version, home: [country, asn], loadsForm }: Tool): Generator<Sketch> {
  const next = random(seed);
  const part = (): number => Math.floor(next() * 250);
  for (let at = from; at < until; at += 25) {
    const ip = `${90 + (part() % 60)}.${part()}.${part()}.${part()}`;
    const who = { ip, agent: `Chrome/${version}`, ja4, browserVersion: version, country, asn };
    if (loadsForm) yield { ...who, at: at - 700, endpoint: 'GET /login', fn: 'login' };
    // the service needs a while to breathe again, and goes on to answer some with nothing
    const answer = next();
    const status = at < attackAt + 8000 || answer < 0.06 ? 503 : answer < 0.99 ? 401 : 200;
    const account = `v${Math.floor(next() * 1e9)}`;
    yield { ...who, at, endpoint: login, fn: 'login', status, account, label: 'attack' };
  }
}

it('what another policy finds at the scope of a campaign is looked for by this campaign', {
  timeout: 60_000,
}, async () => {
  const direct = tries({
    seed: 62,
    from: attackAt,
    ja4: 't13d1812h1_py',
    version: 141,
    home: ['VN', 7552],
    loadsForm: false,
  });
  const visiting = tries({
    seed: 63,
    from: attackAt + 12_000,
    ja4: 't13d1311h2_go',
    version: 144,
    home: ['DE', 3320],
    loadsForm: true,
  });
  const sketches = inOrder(people(), direct, visiting);
  const run = await runDetector(sketches);
  const acting = run.campaigns.filter(({ mode, state }) => mode === 'enforce' && state === 'active');
  expect(new Set(acting.map(({ kind }) => kind))).toEqual(new Set(['surge']));
  const found = score(run, sketches, login);
  expect(found.attackStopped).toBeGreaterThan(0.95);
  expect(found.honestStopped).toBeLessThan(0.005);
});
