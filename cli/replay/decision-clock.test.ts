import { expect, test } from 'vitest';
import type { CampaignTick, Tick } from '../../lib/contracts/generated.ts';
import type { Log } from '../../lib/log/log.ts';
import { createDecisionClock, type DecisionReaders } from './decision-clock.ts';

const second = 1000;

function clockOf() {
  let position = 0;
  let end = 0;
  let told = 0;
  const log = {
    committed: async () => [{ offset: position, metadata: null }],
    status: async () => ({ endOffsets: [end] }),
  } as unknown as Log;
  const clock = createDecisionClock(log);
  const readers: DecisionReaders = {
    campaigns: { topic: 'campaigns', positions: async () => [end] },
    // told of one more whenever it is asked
    verdicts: [{ topic: 'verdicts', positions: async () => [told < end ? ++told : told] }],
  };
  const tick = (watermark_at: number, offset: number, site = 'a') =>
    clock.tick({ site, watermark_at } as Tick, offset);
  return {
    advance: () => clock.advance(readers),
    tick,
    decided: (clock_at: number, closing = false) =>
      clock.decided({ reducer: 0, clock_at, closing } as CampaignTick),
    passes: (offset: number) => {
      position = offset;
    },
    finds: (verdicts: number) => {
      end += verdicts;
    },
    told: () => told,
  };
}

test('nothing is known before match has passed a watermark and reduce has said how far it is', async () => {
  const { advance, tick, decided, passes } = clockOf();
  tick(10 * second, 5);
  decided(20 * second);
  passes(5);
  expect(await advance()).toBe(-Infinity);
  passes(6);
  expect(await advance()).toBe(10 * second - 1);
});

test('the slower of the two counts, and of sites the one furthest behind', async () => {
  const { advance, tick, decided, passes } = clockOf();
  tick(50 * second, 1);
  decided(8 * second);
  passes(9);
  expect(await advance()).toBe(8 * second);
  decided(90 * second, true);
  expect(await advance()).toBe(50 * second - 1);
  tick(30 * second, 10, 'b');
  tick(80 * second, 11);
  tick(70 * second, 12, 'b');
  passes(20);
  expect(await advance()).toBe(70 * second - 1);
});

test('it moves only when what was found by then has been told', async () => {
  const { advance, tick, decided, passes, finds, told } = clockOf();
  tick(5 * second, 1);
  decided(9 * second);
  passes(2);
  finds(3);
  expect(await advance()).toBe(5 * second - 1);
  expect(told()).toBe(3);
});

test('a reducer that match has seen and nobody told of yet is waited for', async () => {
  const log = {
    committed: async () => [{ offset: 9, metadata: null }],
    status: async () => ({ endOffsets: [1] }),
  } as unknown as Log;
  const clock = createDecisionClock(log);
  clock.tick({ site: 'a', watermark_at: 50 * second } as Tick, 1);
  clock.decided({ reducer: 0, clock_at: 60 * second, closing: false } as CampaignTick);
  let told = 0;
  const campaigns = {
    topic: 'campaigns',
    positions: async () => {
      clock.decided({ reducer: 1, clock_at: 20 * second, closing: false } as CampaignTick);
      return [told++];
    },
  } as const;
  expect(await clock.advance({ campaigns, verdicts: [] })).toBe(20 * second);
  expect(told).toBe(2);
});
