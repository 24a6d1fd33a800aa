import { expect, it } from 'vitest';
import { scoreOutcomes, wilson } from './score-outcomes.ts';
import type { RequestOutcome } from './simulated-edge.ts';

const row = (
  timestamp: number,
  label: 'honest' | 'attack',
  outcome: RequestOutcome,
  incident: string | null = 'a',
  on_target = true,
) => ({
  timestamp,
  outcome,
  label: { event_id: String(timestamp), label, incident, population: 'test', on_target },
});

it('counts by incident, from the first attack request on', () => {
  const score = scoreOutcomes([
    row(0, 'honest', 'allowed', null, false),
    row(1000, 'attack', 'allowed'),
    row(2000, 'attack', 'allowed'),
    row(3000, 'honest', 'challenged'),
    row(4000, 'attack', 'blocked'),
    row(5000, 'attack', 'allowed'),
    row(31_000, 'attack', 'blocked'),
    row(32_000, 'honest', 'allowed', 'a', false),
  ]);
  expect(score.incidents).toHaveLength(1);
  expect(score.incidents[0]).toMatchObject({
    firstStopAfterMs: 3000,
    letThroughFirst: 2,
    attack: { requests: 5, stopped: 2, softly: 0 },
    attackLater: { requests: 1, stopped: 1, share: 1 },
    honest: { requests: 2, stopped: 1, softly: 1 },
    honestOnTarget: { requests: 1, stopped: 1 },
  });
  expect(score.honest).toMatchObject({ requests: 3, stopped: 1 });
});

it('a control has no attack, and "stop everyone" is visible in it', () => {
  const [control] = scoreOutcomes([row(0, 'honest', 'blocked'), row(1, 'honest', 'blocked')]).incidents;
  expect(control).toMatchObject({
    firstStopAfterMs: null,
    attack: { requests: 0, share: null },
    honest: { share: 1 },
  });
});

it('gives an interval that is wide when little was seen', () => {
  expect(wilson(0, 10)[1]).toBeGreaterThan(0.2);
  expect(wilson(0, 10_000)[1]).toBeLessThan(0.001);
});
