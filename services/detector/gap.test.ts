import { describe, expect, it } from 'vitest';
import { runDetector } from './run.test-fixture.ts';
import { crowd, inOrder, random, type Sketch, stuffing } from './traffic.test-fixture.ts';

const start = Date.UTC(2026, 10, 2, 9);
const minute = 60_000;

it('a gap in the log: who is in the middle of a visit when it goes on is not stopped', {
  timeout: 120_000,
}, async () => {
  const people = inOrder(crowd({ seed: 31, from: start, until: start + 21 * minute, visits: () => 40 }));
  const seen = people.filter(({ at }) => at < start + 6 * minute || at >= start + 19 * minute);
  const writes = seen.filter(({ endpoint }: Sketch) => !endpoint.startsWith('GET ')).length;
  expect(writes).toBeGreaterThan(1000);
  const run = await runDetector(seen);
  expect(run.verdicts).toEqual([]);
  expect(run.campaigns.filter(({ applied_action: action }) => action !== 'observe')).toEqual([]);
});

describe('a host that is missing from the log', () => {
  const missingFrom = start + 10 * minute;
  const until = start + 15 * minute;
  /** People who come from pages to `parts` of the API. */
  const withoutPages = (parts: readonly string[]): Sketch[] =>
    inOrder(crowd({ seed: 32, from: start, until, visits: () => 40 }))
      .map((sketch) => ({
        ...sketch,
        host: sketch.fn === 'content' ? 'www.example' : 'api.example',
      }))
      .filter(({ at, fn }) => (fn === 'content' ? at < missingFrom : parts.includes(fn!)));

  it('does not make attackers of the people who come from it', { timeout: 120_000 }, async () => {
    const run = await runDetector(withoutPages(['cart', 'payment']));
    expect(run.verdicts).toEqual([]);
    expect(run.campaigns.filter(({ applied_action: action }) => action !== 'observe')).toEqual([]);
  });

  it('does not hide who comes on top of them', { timeout: 120_000 }, async () => {
    const attack = stuffing({ next: random(3), from: missingFrom + minute, until }).map((sketch) => ({
      ...sketch,
      host: 'api.example',
    }));
    const run = await runDetector(inOrder(withoutPages(['login', 'inventory', 'cart', 'payment']), attack));
    const acting = run.campaigns.filter(({ applied_action: action }) => action !== 'observe');
    expect(acting.length).toBeGreaterThan(0);
    expect(
      acting.every(({ scopes }) => scopes.every(({ key }) => key.startsWith('POST api.example/login'))),
    ).toBe(true);
  });
});
