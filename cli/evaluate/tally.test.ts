import { describe, expect, it } from 'vitest';
import { judge } from './goals.ts';
import { parseParameters } from './parameters.ts';
import type { Run } from './run-scenario.ts';
import { happeningName } from './scenario-traffic.ts';
import { createTally, pooled } from './tally.ts';

const label = (kind: 'attack' | 'honest', onTarget = true) => ({
  event_id: '',
  label: kind,
  incident: happeningName,
  population: '',
  on_target: onTarget,
});

describe('createTally', () => {
  it('tells what came through while a decision was on its way from what came before it', () => {
    const tally = createTally(2000);
    for (let at = 0; at < 5000; at += 100) tally.add(at, label('attack'), 'allowed');
    for (let at = 5000; at < 60_000; at += 100)
      tally.add(at, label('attack'), at % 200 === 0 ? 'blocked' : 'challenged');
    const result = tally.result();
    expect(result.first_block_seconds).toBe(5);
    expect(result.let_through).toBe(50);
    expect(result.let_through_in_delay).toBe(19);
    expect(result.attack_later).toMatchObject({ requests: 300, stopped: 300, softly: 150 });
  });

  it('does not count the pages that attackers load first', () => {
    const tally = createTally(0);
    tally.add(0, label('attack', false), 'allowed');
    tally.add(1000, label('attack'), 'blocked');
    expect(tally.result()).toMatchObject({
      attack: { requests: 1, stopped: 1 },
      attack_elsewhere: { requests: 1, stopped: 0 },
      first_block_seconds: 0,
      let_through: 0,
    });
  });

  it('pools runs', () => {
    const share = (requests: number, stopped: number) => ({
      requests,
      stopped,
      softly: 0,
      share: null,
      interval: null,
    });
    expect(pooled([share(10, 1), share(30, 1)])).toMatchObject({ requests: 40, stopped: 2, share: 0.05 });
    expect(pooled([]).share).toBeNull();
  });
});

describe('judge', () => {
  const run = (seed: number, honestStopped: number, onTarget = 1000): Run => {
    const tally = createTally(2000);
    for (let at = 0; at < 60_000; at += 100)
      tally.add(at, label('attack'), at < 3000 ? 'allowed' : 'blocked');
    for (let index = 0; index < onTarget; index++)
      tally.add(index, label('honest'), index < honestStopped ? 'blocked' : 'allowed');
    for (let index = 0; index < 50_000; index++) tally.add(index, label('honest', false), 'allowed');
    const result = tally.result();
    return {
      seed,
      tally: result,
      campaigns: [],
      decisions: 1,
      curve: [{ point: 'as shipped', ...result }],
      cpu_seconds: 0,
    };
  };
  const missed = (row: Parameters<typeof judge>[0], runs: readonly Run[]) =>
    judge(row, runs).flatMap(({ goal, missed: seeds }) =>
      seeds.length > 0 ? [`${goal}: ${seeds.join(' ')}`] : [],
    );

  it('wants every goal in every run', () => {
    expect(missed('plain', [run(1, 0), run(2, 10)])).toEqual([]);
    expect(missed('plain', [run(1, 0), run(2, 11)])).toEqual(['honest on target stopped <= 1 %: 2']);
    expect(missed('quiet', [run(1, 0)])).toEqual(['no decision: 1']);
  });

  it('shows nothing with too few honest requests on target', () => {
    expect(missed('plain', [run(1, 0, 499)])).toEqual(['honest on target >= 500 requests: 1']);
  });

  it('reads a curve at the price asked for', () => {
    expect(missed('curve', [run(1, 20)])).toEqual([]);
    expect(missed('curve', [run(1, 21)])).toEqual(['attack stopped >= 80 % at 2 % honest on target: 1']);
  });
});

describe('parseParameters', () => {
  it('reads lists and names every problem', () => {
    expect(parseParameters(['rate=20,attack=2', 'minutes=3'])).toEqual({ rate: 20, attack: 2, minutes: 3 });
    expect(() => parseParameters(['rate=-1,colour=2', 'minutes'])).toThrow(/rate=-1.*colour=2.*minutes/);
  });
});
