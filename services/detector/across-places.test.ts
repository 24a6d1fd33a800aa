import { describe, expect, it } from 'vitest';
import { runDetector } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 8 * minute;
const until = start + 9 * minute;
const places = 24;

type PlaceOf = (tenant: number) => Pick<Sketch, 'host' | 'endpoint'>;
const hosts: PlaceOf = (tenant) => ({ host: `t${tenant}.suite.example`, endpoint: 'POST /oauth/token' });
const tenants =
  'acme bolt cove dune echo fern gust haze iris jade kite lime mint nova oaks pine quay reef sage tide unit vale wave yarn';
const folders: PlaceOf = (tenant) => ({
  host: 'suite.example',
  endpoint: `POST /${tenants.split(' ')[tenant]}/oauth/token`,
});

const background = () => crowd({ seed: 5, from: start, until, visits: () => 2 });

interface Logins {
  readonly seed: number;
  readonly from: number;
  readonly everyMs: number;
  readonly failing: number;
  readonly label?: string;
  readonly to?: (next: () => number) => number;
  readonly place?: PlaceOf;
}

/** Log-ins at the places of a service with many tenants: of its people from home, or of who tries accounts of others. */
function* logins({
  seed,
  from,
  everyMs,
  failing,
  label = 'honest',
  to,
  place = hosts,
}: Logins): Generator<Sketch> {
  const next = random(seed);
  const isAttack = label === 'attack';
  for (let at = from + seed; at < until; at += everyMs) {
    const byte = (): number => 1 + Math.floor(next() * 250);
    yield {
      at,
      ip: isAttack ? `177.${byte()}.${byte()}.${byte()}` : `84.${byte()}.${byte()}.${byte()}`,
      ...place(Math.floor(to?.(next) ?? next() * places)),
      fn: 'login',
      status: next() < failing ? 401 : 200,
      account: `${isAttack ? 'v' : 'a'}${Math.floor(next() * 1e5)}`,
      agent: isAttack ? 'python-requests/2.32' : 'Suite/3.1 CFNetwork',
      ja4: isAttack ? 't13d_py' : 't13d_ios',
      language: isAttack ? null : 'de-DE',
      country: isAttack ? 'BR' : 'DE',
      asn: isAttack ? 27699 : 3320,
      label,
    };
  }
}

const people = (more: Partial<Logins> = {}) =>
  logins({ seed: 7, from: start, everyMs: 250, failing: 0.08, ...more });
const spray = (more: Partial<Logins> = {}) =>
  logins({ seed: 3, from: attackAt, everyMs: 40, failing: 0.98, label: 'attack', ...more });

describe('a log-in in many places', { timeout: 60_000 }, () => {
  it.each([
    ['hosts', hosts, 'POST */oauth/token', { host: places, endpoint: 1 }],
    ['folders', folders, 'POST */{word}/oauth/token', { host: 1, endpoint: places }],
  ] as const)(
    'is judged as a whole: a trickle at each of its %s is a flood at all, and signatures name them',
    async (_, place, route, named) => {
      const runs = await Promise.all(
        [1, 4].map((partitions) =>
          runDetector(inOrder(background(), people({ place }), spray({ place })), { partitions }),
        ),
      );
      const [run, other] = runs as [(typeof runs)[0], (typeof runs)[0]];
      const acting = run.campaigns.filter(({ mode, revision }) => mode === 'enforce' && revision === 1);
      expect(acting.map(({ scopes }) => scopes)).toEqual([[{ kind: 'route', key: route }]]);
      const signatures = run.campaigns
        .filter(({ mode }) => mode === 'enforce')
        .at(-1)!
        .signatures.map(({ signature }) => signature);
      expect(signatures.length).toBeGreaterThan(0);
      for (const { predicates } of signatures)
        for (const [name, count] of Object.entries(named))
          expect(predicates.find(({ attribute }) => attribute === name)?.values).toHaveLength(count);
      const later = run.evaluations.filter(({ event }) => event.request.timestamp > attackAt + 15_000);
      const isAttack = ({ event }: (typeof later)[0]): boolean => event.country === 'BR';
      const hit = later.filter(({ evaluation }) => evaluation.inForce !== null);
      expect(hit.filter(isAttack).length).toBeGreaterThan(0.95 * later.filter(isAttack).length);
      expect(hit.filter((one) => !isAttack(one))).toEqual([]);
      expect(other.verdicts.map(({ verdict_id: id }) => id).sort()).toEqual(
        run.verdicts.map(({ verdict_id: id }) => id).sort(),
      );
    },
  );

  it('is left alone when one host is attacked: that host is judged by itself', async () => {
    const run = await runDetector(inOrder(background(), people(), spray({ to: () => 5 })));
    const acting = run.campaigns.filter(({ mode }) => mode === 'enforce');
    expect(acting.length).toBeGreaterThan(0);
    for (const { scopes } of acting)
      expect(scopes).toEqual([{ kind: 'endpoint', key: 'POST t5.suite.example/oauth/token' }]);
  });

  it('is down for all tenants at once: nobody is stopped', async () => {
    const down = people({ seed: 8, from: attackAt, everyMs: 120, failing: 1 });
    const before = inOrder(background(), people()).filter(({ at, fn }) => fn !== 'login' || at < attackAt);
    const run = await runDetector(inOrder(before, down));
    expect(run.verdicts).toEqual([]);
  });
});
