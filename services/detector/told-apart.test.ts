import { describe, expect, it } from 'vitest';
import { runDetector, score } from './run.test-fixture.ts';
import { afterReset, crowd, inOrder, random, type Sketch, stuffing } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;
const attackAt = start + 6 * minute;
const people = () => crowd({ seed: 61, from: start, until: start + 8 * minute, visits: () => 4 });

/** Everybody loads the form first. */
const afterForm = (tries: readonly Sketch[]): Sketch[] =>
  tries.flatMap((one) => [
    { ...one, at: one.at - 1500, endpoint: 'GET /login', fn: 'login', status: 200 },
    one,
  ]);

describe('log-ins that fail by who loaded the form first', { timeout: 60_000 }, () => {
  it('are stopped within seconds where they look like nobody', async () => {
    const tries = stuffing({ next: random(62), from: attackAt, until: start + 8 * minute });
    const traffic = inOrder(people(), afterForm(tries));
    const { verdicts } = await runDetector(traffic);
    expect(Math.min(...verdicts.map(({ decided_at }) => decided_at))).toBeLessThan(attackAt + 8000);
  });

  it('are waited for where they look like people, who get in at last', async () => {
    const crowdOfPeople = afterReset({ next: random(63), from: attackAt, until: start + 8 * minute });
    const browsers = [...people()].filter(({ endpoint }) => endpoint === 'POST /login');
    const visits = crowdOfPeople.map((sketch) => {
      const { agent, ja4, browserVersion } = browsers[Number(sketch.session!.slice(5)) % browsers.length]!;
      return { ...sketch, agent: agent!, ja4: ja4!, browserVersion: browserVersion! };
    });
    const traffic = inOrder(people(), visits);
    const run = await runDetector(traffic);
    expect(run.verdicts).toEqual([]);
    expect(score(run, traffic, 'POST /login').honestStopped).toBe(0);
  });
});
