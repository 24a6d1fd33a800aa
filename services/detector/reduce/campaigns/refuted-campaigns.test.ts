import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { inPackage } from '../../../../lib/package-root.ts';
import { compilePolicy } from '../../policies/load-policies.ts';
import { runDetector } from '../../run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch } from '../../traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const shipped = readFileSync(inPackage('policies', 'credential-stuffing.yaml'), 'utf8');
const stuffing = compilePolicy('credential-stuffing.yaml', shipped);

/** People come by a link straight to a log-in without a form, fail and fail; `getIn`: and get in at last. */
function* failing(getIn: boolean): Generator<Sketch> {
  const next = random(8);
  for (let at = start + 4 * minute; at < start + 6 * minute; at += 200) {
    const who = Math.floor(next() * 1e6);
    const visitor = {
      ip: `91.${Math.floor(next() * 60)}.${Math.floor(next() * 250)}.${1 + Math.floor(next() * 250)}`,
      session: `x${who}`,
      agent: 'Chrome/142',
      ja4: 't13d1516h2_home',
      endpoint: 'POST /login',
      fn: 'login',
      account: `a${who}`,
    };
    for (let nth = 0; nth < 3; nth++)
      yield { ...visitor, at: Math.floor(at + nth * 5000), status: getIn && nth === 2 ? 200 : 401 };
  }
}
const run = (getIn: boolean) =>
  runDetector(
    inOrder(
      crowd({ seed: 11, from: start, until: start + 7 * minute, visits: () => 4 }),
      [...failing(getIn)].sort((a, b) => a.at - b.at),
    ),
    { policies: [stuffing] },
  );

test('a campaign is taken back with all that it stops when its people get in at last', {
  timeout: 60_000,
}, async () => {
  const { campaigns, verdicts } = await run(true);
  expect(campaigns.length).toBeGreaterThan(0);
  const last = campaigns.at(-1)!;
  expect(last).toMatchObject({
    state: 'ended',
    reason: expect.stringMatching(/Taken back, as its policy says: .* >= 5\.0 \([\d.]+\)/),
  });
  expect(last.closed_at! - last.opened_at).toBeLessThan(30_000);
  const final = new Map(verdicts.map((verdict) => [verdict.verdict_id, verdict]));
  for (const verdict of final.values()) expect(verdict.until_at).toBeLessThanOrEqual(last.closed_at!);
});

/** People look at a page and log in, one in six mistypes at first; three times as many of them from the fifth minute on. */
function* mistyping(): Generator<Sketch> {
  const next = random(21);
  for (let at = start; at < start + 9 * minute; at += at < start + 5 * minute ? 450 : 150) {
    const who = Math.floor(next() * 1e9);
    const person = {
      ip: `87.${100 + Math.floor(next() * 60)}.${Math.floor(next() * 250)}.${1 + Math.floor(next() * 250)}`,
      session: `p${who}`,
      agent: `Chrome/15${Math.floor(next() * 8)}`,
      ja4: `t13d_${Math.floor(next() * 4)}`,
      account: `m${who}`,
    };
    yield { ...person, at, endpoint: 'GET /account', fn: 'account', account: `m${who}` };
    const mistypes = next() < 1 / 6;
    if (mistypes) yield { ...person, at: at + 4000, endpoint: 'POST /login', fn: 'login', status: 401 };
    yield { ...person, at: at + (mistypes ? 12_000 : 5000), endpoint: 'POST /login', fn: 'login' };
  }
}

test('a crowd that mistypes as people do takes nothing back of what fails beside it', {
  timeout: 60_000,
}, async () => {
  const { campaigns } = await runDetector(
    [...mistyping(), ...failing(false)]
      .map((one) => (one.session!.startsWith('x') ? { ...one, at: one.at + 2 * minute } : one))
      .sort((a, b) => a.at - b.at),
    { policies: [stuffing] },
  );
  expect(campaigns.length).toBeGreaterThan(0);
  for (const { reason } of campaigns) expect(reason).not.toContain('Taken back');
});

test('when nobody gets in it goes on', { timeout: 60_000 }, async () => {
  const { campaigns } = await run(false);
  expect(campaigns.at(-1)!.reason).not.toContain('Taken back');
  expect(campaigns.at(-1)!.closed_at ?? Infinity).toBeGreaterThan(start + 6 * minute);
});

test('what a refutation may say is checked as a condition is', () => {
  const wrong = shipped.replace('refuted: >\n  (60.0', 'refuted: >\n  (nonsense + 60.0');
  expect(() => compilePolicy('credential-stuffing.yaml', wrong)).toThrow(/refuted: .*nonsense/);
});
