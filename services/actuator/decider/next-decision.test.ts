import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Command, Decision, Target, Verdict } from '../../../lib/contracts/generated.ts';
import { blockVerdict } from '../../../lib/verdict.test-fixture.ts';
import { inForce, strength } from './actions.ts';
import { type Change, nextDecision } from './next-decision.ts';

const minute = 60_000;
const limits = { maxTtlMs: 30 * 24 * 60 * minute, commandTtlMs: 60 * minute, coolDownMs: 0 };
const target: Target = { kind: 'ip', value: '203.0.113.7', signature: null };

function verdict({
  actionKind = 'block',
  ttlMs = 60 * minute,
  decided_at = 0,
  updated_at = decided_at,
  ...rest
}: Partial<Verdict> & { ttlMs?: number; actionKind?: string } = {}): Verdict {
  return blockVerdict(target.value, decided_at, {
    verdict_id: 'vrd_a',
    updated_at,
    action: {
      kind: actionKind,
      fallback: null,
      ttl_ms: ttlMs,
      escalate_ms: [4 * 60 * minute, 24 * 60 * minute],
    },
    until_at: updated_at + ttlMs,
    ...rest,
  });
}

const apply = (previous: Decision | null, ...changes: Change[]): Decision | null => {
  let current = previous;
  for (const change of changes) current = nextDecision(current, change, limits) ?? current;
  return current;
};
const says = (values: Parameters<typeof verdict>[0]): Change => ({
  kind: 'verdict',
  verdict: verdict(values),
});
const release = (at: number): Change => ({ kind: 'release', at, who: 'ada', reason: 'a customer' });

test('the strongest live cause decides, and a weaker one goes on after it has run out', () => {
  const decision = apply(
    null,
    says({ verdict_id: 'vrd_a', ttlMs: 10 * minute }),
    says({ verdict_id: 'vrd_b', decided_at: minute, ttlMs: 60 * minute, actionKind: 'rate_limit' }),
  )!;
  expect(decision).toMatchObject({ action: 'block', revision: 2, times: 1, expires_at: 61 * minute });
  expect(inForce(decision, 5 * minute)?.action).toBe('block');
  expect(inForce(decision, 15 * minute)?.action).toBe('rate_limit');
  expect(inForce(decision, 61 * minute)).toBeNull();
});

test('a policy on trial never hides one in force', () => {
  const decision = apply(
    null,
    says({ verdict_id: 'vrd_a', actionKind: 'tag' }),
    says({ verdict_id: 'vrd_b', mode: 'simulate', actionKind: 'block' }),
  )!;
  expect(inForce(decision, 1)).toMatchObject({ action: 'tag', mode: 'enforce' });
  expect(apply(null, says({ mode: 'simulate' }))).toMatchObject({ mode: 'simulate', action: 'block' });
});

test('each further time lasts longer; a time taken back as wrong does not count', () => {
  const first = apply(null, says({ verdict_id: 'vrd_1' }));
  const second = apply(first, says({ verdict_id: 'vrd_2', decided_at: 100 * minute }))!;
  expect(second).toMatchObject({ times: 2, expires_at: 340 * minute, revision: 1 });
  expect(second.decision_id).not.toBe(first!.decision_id);
  const third = apply(second, says({ verdict_id: 'vrd_3', decided_at: 400 * minute }))!;
  expect(third.times).toBe(3);
  const released = apply(third, release(401 * minute))!;
  expect(released).toMatchObject({ state: 'released', times: 2, expires_at: 401 * minute });
});

test('a verdict that is taken back ends its cause then, not at the end of its time', () => {
  const decision = apply(
    null,
    says({}),
    says({ verdict_id: 'vrd_b', decided_at: minute, ttlMs: 10 * minute }),
  );
  const ends = { revision: 2, updated_at: 5 * minute, until_at: 5 * minute };
  const one = apply(decision, says(ends))!;
  expect(one).toMatchObject({ state: 'active', expires_at: 11 * minute });
  const none = apply(one, says({ ...ends, verdict_id: 'vrd_b', decided_at: minute }))!;
  expect(inForce(none, 5 * minute)).toBeNull();
  expect(none.expires_at).toBe(5 * minute);
  // one that was never heard of asks for nothing
  expect(nextDecision(null, says(ends), limits)).toBeNull();
});

test('a verdict that is about to end ends when it says, escalated or not, and is taken up again as it was', () => {
  const soon = { revision: 2, updated_at: 30 * minute, until_at: 31 * minute };
  const first = apply(null, says({}), says(soon))!;
  expect(first).toMatchObject({ expires_at: 31 * minute, times: 1 });
  const renewed = { revision: 3, updated_at: 31 * minute - 1, until_at: 91 * minute };
  expect(apply(first, says(renewed))).toMatchObject({ expires_at: 91 * minute, times: 1 });

  const again = { decided_at: 100 * minute, verdict_id: 'vrd_b' };
  const escalated = apply(first, says(again))!;
  expect(escalated).toMatchObject({ times: 2, expires_at: 340 * minute });
  const kept = { ...again, revision: 2, updated_at: 150 * minute, until_at: 210 * minute };
  expect(apply(escalated, says(kept))).toMatchObject({ expires_at: 390 * minute });
  const left = { ...again, revision: 2, updated_at: 150 * minute, until_at: 151 * minute };
  expect(apply(escalated, says(left))).toMatchObject({ expires_at: 151 * minute });
});

test('a signature that its campaign gives up and finds again lasts no longer, one of another attack does', () => {
  const signature: Target = {
    kind: 'signature',
    value: 'country in ["XX"]',
    signature: {
      predicates: [{ attribute: 'country', op: 'in', values: ['XX'] }],
      except_good: false,
      good_after: [],
    },
  };
  const first = { target: signature, campaign_id: 'cmp_a' };
  const left = { ...first, revision: 2, updated_at: minute, until_at: 2 * minute };
  const found = { ...first, revision: 3, decided_at: 5 * minute };
  expect(apply(null, says(first), says(left), says(found))).toMatchObject({
    times: 1,
    expires_at: 65 * minute,
  });
  const other = { ...found, campaign_id: 'cmp_b' };
  expect(apply(null, says(first), says(left), says(other))).toMatchObject({ times: 2 });
  // an address that comes back has not learned
  const address = { ...found, target };
  expect(apply(null, says({ ...first, target }), says({ ...left, target }), says(address))).toMatchObject({
    times: 2,
  });
});

test('a released cause does not come back, a new one does', () => {
  const released = apply(null, says({}), release(minute))!;
  expect(released.state).toBe('released');
  expect(
    nextDecision(released, says({ revision: 2, decided_at: 0, updated_at: 5 * minute }), limits),
  ).toBeNull();
  expect(nextDecision(released, release(minute), limits)).toBeNull();
  expect(apply(released, says({ verdict_id: 'vrd_new', decided_at: 6 * minute }))!.state).toBe('active');
});

test('a block command holds until its end and is released like any other cause', () => {
  const command = {
    command_id: 'cmd_1',
    kind: 'block',
    site: 'default',
    target,
    decision_id: null,
    action: null,
    scope: null,
    reason: 'seen in the news',
    who: 'ada',
    at: 0,
    until_at: null,
    edge: null,
  } as const satisfies Command;
  const decision = apply(null, { kind: 'block', command })!;
  expect(decision).toMatchObject({ action: 'block', mode: 'enforce', expires_at: limits.commandTtlMs });
  expect(nextDecision(decision, { kind: 'block', command }, limits)).toBeNull();
  expect(apply(decision, release(1))!.state).toBe('released');
});

const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .record({
        verdict_id: fc.constantFrom('vrd_a', 'vrd_b', 'vrd_c'),
        revision: fc.integer({ min: 1, max: 4 }),
        mode: fc.constantFrom('enforce', 'simulate'),
        decided_at: fc.nat(300).map((value) => value * minute),
        later: fc.nat(30).map((value) => value * minute),
        // 0: the verdict is taken back
        ttlMs: fc.integer({ min: 0, max: 90 }).map((value) => value * minute),
        actionKind: fc.constantFrom('tag', 'rate_limit', 'challenge', 'block'),
      })
      .map(({ later, ...values }) => says({ ...values, updated_at: values.decided_at + later })),
  },
  { weight: 1, arbitrary: fc.nat(300).map((value) => release(value * minute)) },
);

test('any history: repeats change nothing, released stays released, the state follows from what was published', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 25 }), fc.nat(400), (changes, moment) => {
      let current: Decision | null = null;
      const released = new Set<string>();
      for (const each of changes) {
        const before: Decision | null = current;
        const published = nextDecision(before, each, limits);
        if (published !== null && before !== null && published.decision_id === before.decision_id)
          expect(published.revision).toBe(before.revision + 1);
        // What a restart reads back is what was published, so going on from a copy must be the same.
        current = published === null ? before : (structuredClone(published) as Decision);
        expect(nextDecision(current, each, limits)).toBeNull();
        for (const cause of current?.causes ?? []) {
          if (released.has(cause.id)) expect(cause.released_at).not.toBeNull();
          if (cause.released_at !== null) released.add(cause.id);
        }
      }
      if (current === null) return;
      const at = moment * minute;
      const now = inForce(current, at);
      const live = current.causes.filter((cause) => cause.released_at === null && at < cause.until_at);
      const enforced = live.filter((cause) => cause.mode === 'enforce');
      const ranking = (enforced.length > 0 ? enforced : live).map((cause) => strength(cause.action!));
      if (now === null) expect(current.state === 'released' || live.length === 0).toBe(true);
      else expect(strength(now.action)).toBe(Math.max(...ranking));
    }),
    { numRuns: 400 },
  );
});
