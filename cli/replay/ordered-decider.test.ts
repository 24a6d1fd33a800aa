import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Verdict } from '../../lib/contracts/generated.ts';
import { blockVerdict } from '../../lib/verdict.test-fixture.ts';
import { createCommandBook } from '../../services/actuator/decider/command-book.ts';
import { createProtection } from '../../services/actuator/decider/protection.ts';
import { rootConfig } from '../config.ts';
import { createOrderedDecider } from './ordered-decider.ts';

const verdict = (policy: string, address: number, at: number): Verdict =>
  blockVerdict(`198.51.100.${address}`, at, {
    verdict_id: `vrd_${policy}_${address}`,
    policy_id: policy,
    reason: policy,
  });

function decider() {
  const book = createCommandBook([]);
  const protection = createProtection({ networks: [], files: [], shippedFolder: null }, book);
  return createOrderedDecider(rootConfig.parse({}).actuator.decider, book, protection);
}

test('decisions do not depend on which stage found something first, nor on when they are asked for', () => {
  const found = fc.array(
    fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(3), fc.integer({ min: 1, max: 9 })),
    {
      maxLength: 30,
    },
  );
  fc.assert(
    fc.property(
      found,
      fc.infiniteStream(fc.nat()),
      fc.subarray([1, 2, 3, 4, 5, 6, 7, 8]),
      (all, keys, stops) => {
        const one = new Map(
          all.map(([policy, address, at]) => [`${policy}${address}`, verdict(policy, address, at)]),
        );
        const verdicts = [...one.values()];
        const straight = decider();
        for (const each of verdicts) straight.add(each);
        const expected = straight.decide(Infinity);

        const shuffled = verdicts
          .map((each) => ({ each, key: keys.next().value! }))
          .sort((a, b) => a.key - b.key)
          .map(({ each }) => each);
        const stepwise = decider();
        const decided = [];
        let from = -Infinity;
        for (const until of [...stops, Infinity]) {
          for (const each of shuffled)
            if (each.updated_at > from && each.updated_at <= until) stepwise.add(each);
          decided.push(...stepwise.decide(until));
          from = until;
        }
        expect(decided).toEqual(expected);
      },
    ),
  );
});

test('what is dated later waits', () => {
  const one = decider();
  one.add(verdict('b', 1, 2000));
  one.add(verdict('a', 1, 1000));
  expect(one.decide(999)).toEqual([]);
  expect(one.decide(1999).map(({ reason }) => reason)).toEqual(['a']);
  expect(one.decide(2000).map(({ decided_at }) => decided_at)).toEqual([1000]);
});
