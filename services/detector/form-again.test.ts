import { describe, expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import {
  afterReset,
  browser,
  crowd,
  inOrder,
  random,
  type Sketch,
  stuffing,
} from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const login = 'POST /login';
const people = (minutes: number) =>
  crowd({ seed: 81, from: start, until: start + minutes * minute, visits: () => 6 });

/** A log-in that redirects who gets in, and shows its form again to who does not. */
const asForm = (sketches: readonly Sketch[]): Sketch[] =>
  sketches.map((sketch) =>
    sketch.endpoint === login ? { ...sketch, status: sketch.status === 401 ? 200 : 302 } : sketch,
  );

describe('a log-in that shows its form again', { timeout: 60_000 }, () => {
  it('is learned: who tries passwords there is found and stopped', async () => {
    const attack = stuffing({ next: random(82), from: start + 6 * minute, until: start + 8 * minute });
    const traffic = asForm(inOrder(people(8), attack));
    const run = await runDetector(traffic);
    expect(run.campaigns.some(({ kind, state }) => kind === 'stuffing' && state === 'active')).toBe(true);
    const { attackStopped, honestOnTargetStopped } = score(run, traffic, login);
    expect(attackStopped).toBeGreaterThan(0.95);
    expect(honestOnTargetStopped).toBeLessThan(0.02);
  });

  it('lets people pass who mistype after a reset of all passwords, and get in at last', async () => {
    const next = random(83);
    const visits = afterReset({ next, from: start + 6 * minute, until: start + 8 * minute });
    const run = await runDetector(asForm(inOrder(people(9), visits)));
    expect(run.verdicts).toEqual([]);
  });

  it('is not taken for one where a page asks for a second factor', async () => {
    const next = random(84);
    /** `share` of the people are asked for a code on a page, and send it elsewhere; mistyped passwords redirect. */
    const withCodes = (sketches: Iterable<Sketch>, share: number): Sketch[] =>
      [...sketches].flatMap((sketch) => {
        if (sketch.endpoint !== login) return [sketch];
        if (sketch.status === 401 || next() >= share) return [{ ...sketch, status: 302 }];
        const code = { ...sketch, at: sketch.at + 5000, endpoint: 'POST /login/code', status: 302 };
        return [{ ...sketch, status: 200 }, code];
      });
    // everybody was logged out, and practically all are asked: their pages are no failures
    const evening: Sketch[] = [];
    for (let at = start + 6 * minute; at < start + 8 * minute; at += 50) {
      const who = Math.floor(next() * 1e6);
      const ip = `91.${Math.floor(next() * 60)}.${Math.floor(next() * 250)}.${Math.floor(next() * 250)}`;
      const visitor = { ip, session: `e${who}`, country: 'DE', asn: 3320, ...browser(next) };
      evening.push({ ...visitor, at, endpoint: 'GET /', fn: 'content' });
      evening.push({ ...visitor, at: at + 4000, endpoint: login, fn: 'login' });
    }
    const run = await runDetector(inOrder(withCodes(people(8), 0.2), withCodes(evening, 0.9)));
    expect(run.campaigns.map(({ kind }) => kind)).not.toContain('stuffing');
    expect(run.verdicts).toEqual([]);
  });
});
