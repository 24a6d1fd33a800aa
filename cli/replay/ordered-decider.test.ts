import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Verdict } from '../../lib/contracts/generated.ts';
import { createCommandBook } from '../../services/actuator/decider/command-book.ts';
import { createProtection } from '../../services/actuator/decider/protection.ts';
import { rootConfig } from '../config.ts';
import { createOrderedDecider } from './ordered-decider.ts';

const minute = 60_000;
function verdict(policy: string, address: number, at: number): Verdict {
  return {
    verdict_id: `vrd_${policy}_${address}`,
    revision: 1,
    updated_at: at,
    site: 'default',
    policy_id: policy,
    policy_title: policy,
    policy_hash: 'h',
    level: 'high',
    mode: 'enforce',
    target: { kind: 'ip', value: `198.51.100.${address}`, signature: null },
    action: { kind: 'block', fallback: null, ttl_ms: 60 * minute, escalate_ms: [] },
    campaign_id: null,
    decided_at: at,
    first_seen_at: at,
    until_at: at + 60 * minute,
    reason: policy,
    evidence: [],
    taxonomy: [],
    sample_event_ids: [],
    inputs: [],
    degraded: [],
    baseline_rung: null,
  };
}

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
