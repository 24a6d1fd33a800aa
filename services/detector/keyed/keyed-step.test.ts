import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../policies/load-policies.ts';
import { runDetector, withoutPlaces } from '../run.test-fixture.ts';
import { random, type Sketch } from '../traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const policy = compilePolicy(
  'p.yaml',
  `title: One account tried from many addresses
id: 11111111-2222-4333-8444-555555555555
status: test
level: medium
description: d
match: endpoint.function == "login"
features:
  strangers: {type: account, of: failing_clients_60m, group-by: [account]}
  failing: {type: account, of: stranger_failing_60m, group-by: [account]}
condition: strangers >= 8 && failing >= 10
action: {kind: observe, ttl: 1h}
`,
);

/** Two tries a minute on one account, each from another network; owners of other accounts forget a password. */
function slowTries(): Sketch[] {
  const next = random(4);
  const sketches: Sketch[] = [];
  const login = (at: number, ip: string, account: string, status: number): void => {
    sketches.push({ at, ip, endpoint: 'POST /login', fn: 'login', account, status });
  };
  for (let minute = 0; minute < 12; minute++) {
    const at = start + minute * 60_000;
    for (let n = 0; n < 2; n++)
      login(at + n * 20_000, `185.${Math.floor(next() * 250)}.${minute}.${n + 1}`, 'victim', 401);
    // the owner, at home and on the phone, forgot the password
    login(at + 1000, '91.1.1.1', 'forgetful', 401);
    login(at + 2000, '84.1.1.1', 'forgetful', minute === 6 ? 200 : 401);
    sketches.push({
      at: at + 3000,
      ip: `77.1.${minute}.1`,
      endpoint: 'GET /account',
      fn: 'account',
      account: 'traveller',
      status: 401,
    });
  }
  return sketches.sort((a, b) => a.at - b.at);
}

describe('accounts over all their addresses', { timeout: 60_000 }, () => {
  it('finds what no address shows, on any number of partitions', async () => {
    const runs = await Promise.all(
      [1, 4].map((partitions) => runDetector(slowTries(), { partitions, policies: [policy] })),
    );
    for (const { verdicts } of runs) {
      expect(verdicts.map(({ target }) => [target.kind, target.value])).toEqual([['account', 'victim']]);
      expect(verdicts[0]!.reason).toMatch(
        /^Account victim, over all its addresses: \d+ strangers, 1\d failing/,
      );
    }
    expect(withoutPlaces(runs[1]!.verdicts)).toEqual(withoutPlaces(runs[0]!.verdicts));
  });
});
