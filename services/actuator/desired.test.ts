import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cause, Command, Decision } from '../../lib/contracts/generated.ts';
import { createCommandBook } from './decider/command-book.ts';
import { createProtection } from './decider/protection.ts';
import { contributionOf, createDesiredState, type DesiredOptions } from './desired.ts';
import { createDueQueue } from './due-queue.ts';
import type { Entry } from './edge.ts';

const cause = (id: string, more: Partial<Cause>): Cause => ({
  kind: 'verdict',
  id,
  policy_id: null,
  campaign_id: null,
  decided_at: 0,
  until_at: 0,
  released_at: null,
  action: 'block',
  mode: 'enforce',
  level: 'high',
  reason: 'r',
  revision: 1,
  requests: 1,
  ...more,
});
function decision(site: string, value: string, causes: readonly Cause[], revision: number): Decision {
  return {
    decision_id: `dec_${site}_${value}`,
    revision,
    updated_at: 0,
    site,
    target: { kind: value.includes('/') ? 'cidr' : 'ip', value, signature: null },
    action: 'block',
    mode: 'enforce',
    state: 'active',
    level: 'high',
    reason: '',
    decided_at: 0,
    expires_at: Math.max(0, ...causes.map((each) => each.until_at)),
    times: 1,
    causes,
    requests: causes.length,
  };
}
const command = (kind: string, at: number, more: Partial<Command>): Command => ({
  command_id: `cmd_${kind}_${at}`,
  kind,
  site: '*',
  target: null,
  decision_id: null,
  action: null,
  scope: null,
  reason: 'r',
  who: 'ada',
  at,
  until_at: null,
  edge: null,
  ...more,
});

const addresses = ['203.0.113.1', '203.0.113.2', '203.0.113.0/24', '10.0.0.1'];
const event = fc.oneof(
  fc.record({
    kind: fc.constant('decision' as const),
    site: fc.constantFrom('a', 'b'),
    value: fc.constantFrom(...addresses),
    causes: fc.array(
      fc.record({
        until: fc.integer({ min: 0, max: 30 }),
        action: fc.constantFrom('block', 'challenge', 'observe'),
        mode: fc.constantFrom('enforce', 'simulate'),
      }),
      { maxLength: 3 },
    ),
  }),
  fc.record({ kind: fc.constant('allow' as const), value: fc.constantFrom(...addresses), until: fc.nat(30) }),
  fc.record({ kind: fc.constantFrom('disallow' as const), value: fc.constantFrom(...addresses) }),
  fc.record({ kind: fc.constantFrom('kill' as const, 'resume' as const) }),
  fc.record({ kind: fc.constant('wait' as const), by: fc.nat(6) }),
);

/** The same from scratch, in the simplest way. */
function fromScratch(decisions: Iterable<Decision>, at: number, options: DesiredOptions) {
  const byKey = new Map<string, Entry[]>();
  let suppressed = 0;
  for (const each of decisions) {
    const { entry, suppressed: held } = contributionOf(each, at, options);
    if (held) suppressed++;
    if (entry !== null) byKey.set(entry.key, [...(byKey.get(entry.key) ?? []), entry]);
  }
  const keys = [...byKey].map(([key, entries]) => ({
    key,
    actions: new Set(entries.map(({ action }) => action)).has('block') ? 'block' : 'challenge',
    requests: entries.reduce((sum, { requests }) => sum + requests, 0),
  }));
  return { keys: keys.sort((a, b) => (a.key < b.key ? -1 : 1)), suppressed };
}

test('what is wanted follows decisions, time, allow entries and the kill switch as if worked out from scratch', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const book = createCommandBook();
      const protection = createProtection({ networks: [], files: [], shippedFolder: null }, book);
      const options: DesiredOptions = {
        protection,
        isKilled: (site) => book.killed(site) !== null,
        sites: [],
      };
      const state = createDesiredState({ ...options, commandVersion: () => book.version });
      const decisions = new Map<string, Decision>();
      let at = 0;
      for (const [index, each] of events.entries()) {
        if (each.kind === 'wait') at += each.by;
        else if (each.kind === 'decision') {
          const causes = each.causes.map(({ until, action, mode }, number) =>
            cause(`c${number}`, { until_at: until, action, mode }),
          );
          const next = decision(each.site, each.value, causes, index + 1);
          decisions.set(`${each.site}|${each.value}`, next);
          state.learn(next);
        } else {
          const target =
            'value' in each
              ? { kind: each.value.includes('/') ? 'cidr' : 'ip', value: each.value, signature: null }
              : null;
          const until = 'until' in each ? { until_at: each.until } : {};
          book.apply(command(each.kind, index, { target, ...until }));
        }
        const { entries, suppressed } = state.at(at);
        const wanted = fromScratch(decisions.values(), at, options);
        const seen = entries.map(({ key, action, requests }) => ({ key, actions: action, requests }));
        expect(seen.sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual(wanted.keys);
        expect(suppressed).toBe(wanted.suppressed);
      }
    }),
    { numRuns: 200 },
  );
});

test('nothing new: the same answer, and a time at which it ends', () => {
  const book = createCommandBook();
  const protection = createProtection({ networks: [], files: [], shippedFolder: null }, book);
  const state = createDesiredState({
    protection,
    isKilled: () => false,
    sites: [],
    commandVersion: () => book.version,
  });
  state.learn(decision('a', '203.0.113.1', [cause('c', { until_at: 50 })], 1));
  const first = state.at(10);
  expect(first).toMatchObject({ entries: [{ value: '203.0.113.1/32', expiresAt: 50 }], nextChangeAt: 50 });
  expect(state.at(49).entries).toBe(first.entries);
  expect(state.at(50)).toMatchObject({ entries: [], nextChangeAt: Number.POSITIVE_INFINITY });
});

test('the queue gives what is due, the earliest first', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50)), fc.nat(50), (times, until) => {
      const queue = createDueQueue<number>();
      for (const time of times) queue.add(time, time);
      const taken: number[] = [];
      for (let value = queue.take(until); value !== undefined; value = queue.take(until)) taken.push(value);
      expect(taken).toEqual(times.filter((time) => time <= until).sort((a, b) => a - b));
      expect(queue.size).toBe(times.length - taken.length);
    }),
  );
});
