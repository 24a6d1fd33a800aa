import { expect, test } from 'vitest';
import type { LiveSignature } from '../site/campaign-state.ts';
import { sampleOf } from '../site/scope.test-fixture.ts';
import { peopleOf, toolCost } from './tool-cost.ts';

const look = {
  predicates: [{ attribute: 'ja4' as const, op: 'in' as const, values: ['tool'] }],
  except_good: false,
  good_after: [],
};
const live: LiveSignature = {
  version: 1,
  signature: look,
  coverage: 1,
  lift: 100,
  collateral: 0,
  collateralUpper: 0.005,
  goodSample: 500,
  fromAt: 0,
  untilAt: null,
  verdictUntilAt: 0,
};
const moved = { live, signature: look };
const most = 0.01;

const requests = (count: number, client: (index: number) => number, said = {}) =>
  Array.from({ length: count }, (_, index) => ({
    sample: sampleOf({ order: index, client: client(index) }, said),
    weight: 1,
  }));
const nobody = new Set<number>();
const server = new Set([7]);

test('who loads a form is who posts it: few who load it are enough, with those who post it', () => {
  const here = peopleOf(
    requests(40, (index) => index),
    nobody,
  );
  expect(here.count).toBe(40);
  expect(toolCost(moved, here, most)!.collateralUpper).toBeLessThan(0.01);
  // of a look that was found on few the few here say too little
  expect(toolCost({ ...moved, live: { ...live, goodSample: 100 } }, here, most)).toBeNull();
  // and nobody here says nothing, however many there are elsewhere
  expect(
    toolCost(
      moved,
      peopleOf(
        requests(9, (index) => index),
        nobody,
      ),
      most,
    ),
  ).toBeNull();
});

test('nobody here may have the look', () => {
  const one = [
    ...requests(400, (index) => index),
    { sample: sampleOf({ order: 999, client: 999 }, { ja4: 'tool' }), weight: 1 },
  ];
  expect(toolCost(moved, peopleOf(one, nobody), most)).toBeNull();
});

test('through servers each request that names its end user is one of many people, and one in hundreds may have it', () => {
  const served = requests(400, () => 7, { end_user_country: 'SE' });
  const here = peopleOf(served, server);
  expect(here).toMatchObject({ count: 400, throughServers: true });
  expect(peopleOf(served, nobody).count).toBe(1);
  // what a server asks for by itself is the server's
  expect(
    peopleOf(
      requests(400, () => 7),
      server,
    ).count,
  ).toBe(1);
  const one = [
    ...served,
    { sample: sampleOf({ order: 999, client: 7 }, { end_user_country: 'SE', ja4: 'tool' }), weight: 1 },
  ];
  const cost = toolCost(moved, peopleOf(one, server), most)!;
  expect(cost.collateral).toBeCloseTo(1 / 401);
});
