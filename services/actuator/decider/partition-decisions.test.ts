import { expect, test } from 'vitest';
import type { Command, Decision, Verdict } from '../../../lib/contracts/generated.ts';
import { blockVerdict } from '../../../lib/verdict.test-fixture.ts';
import { createCommandBook } from './command-book.ts';
import { createPartitionDecisions } from './partition-decisions.ts';
import { createProtection } from './protection.ts';

const minute = 60_000;
const verdict = (value: string, at: number, id = `vrd_${value}_${at}`): Verdict =>
  blockVerdict(value, at, { verdict_id: id });
function command(kind: string, value: string | null, at: number, more: Partial<Command> = {}): Command {
  return {
    command_id: `cmd_${kind}_${value}_${at}`,
    kind,
    site: 'default',
    target: value === null ? null : { kind: value.includes('/') ? 'cidr' : 'ip', value, signature: null },
    decision_id: null,
    action: null,
    scope: null,
    reason: 'because',
    who: 'ada',
    at,
    until_at: null,
    edge: null,
    ...more,
  };
}
function setUp(coolDownMs = 0) {
  const book = createCommandBook();
  const protection = createProtection({ networks: [], files: [], shippedFolder: null }, book);
  const open = () =>
    createPartitionDecisions({
      book,
      protection,
      limits: { maxTtlMs: 1e12, commandTtlMs: 60 * minute, coolDownMs },
      maxTargets: 100,
      onEvicted: () => {},
    });
  const decisions = open();
  const tell = (each: Command, owned = true) => {
    book.apply(each);
    return decisions.onCommand(each, owned).decisions;
  };
  return { book, decisions, open, tell };
}
const states = (decisions: readonly Decision[]) =>
  decisions.map((decision) => `${decision.target.value} ${decision.state}`);

test('a protected target is refused with the reason and leaves nothing behind', () => {
  const { decisions } = setUp();
  expect(decisions.onVerdict(verdict('10.0.0.1', 0))).toMatchObject({
    decisions: [],
    refusal: { reason: 'never_block' },
  });
  expect(decisions.size).toBe(0);
});

test('a release takes back the network and what lies inside, not its neighbours or what comes later', () => {
  const { decisions, tell } = setUp();
  for (const value of ['203.0.113.7', '203.0.113.0/24', '203.0.114.7'])
    decisions.onVerdict(verdict(value, 0));
  expect(states(tell(command('release', '203.0.113.0/24', minute)))).toEqual([
    '203.0.113.7 released',
    '203.0.113.0/24 released',
  ]);
  expect(states(decisions.onVerdict(verdict('203.0.113.7', 2 * minute)).decisions)).toEqual([
    '203.0.113.7 active',
  ]);
});

test('a verdict read after the release of its target, but decided before it, changes nothing', () => {
  const { decisions, tell } = setUp();
  tell(command('release', '203.0.113.7', minute));
  expect(decisions.onVerdict(verdict('203.0.113.7', 0)).decisions).toEqual([]);
});

test('a release names a decision by id; a purge takes back the whole site', () => {
  const { decisions, tell } = setUp();
  const first = decisions.onVerdict(verdict('203.0.113.7', 0)).decisions[0]!;
  decisions.onVerdict(verdict('203.0.113.8', 0));
  expect(states(tell(command('release', null, minute, { decision_id: first.decision_id })))).toEqual([
    '203.0.113.7 released',
  ]);
  expect(states(tell(command('purge', null, minute)))).toEqual(['203.0.113.8 released']);
});

test('allowing an address releases what stops it, and keeps it free', () => {
  const { decisions, tell } = setUp();
  decisions.onVerdict(verdict('203.0.113.0/24', 0));
  expect(states(tell(command('allow', '203.0.113.9', minute)))).toEqual(['203.0.113.0/24 released']);
  expect(decisions.onVerdict(verdict('203.0.113.9', 2 * minute)).refusal?.reason).toBe('allow_list');
});

test('a block command is made by the decider of its partition only', () => {
  const { tell } = setUp();
  expect(tell(command('block', '203.0.113.7', 0), false)).toEqual([]);
  expect(states(tell(command('block', '203.0.113.7', 0)))).toEqual(['203.0.113.7 active']);
});

test('after a restart the decisions read back and the commands known lead to the same state', () => {
  const { book, decisions, open, tell } = setUp();
  const published = [
    ...decisions.onVerdict(verdict('203.0.113.7', 0)).decisions,
    ...decisions.onVerdict(verdict('203.0.113.8', 0)).decisions,
    ...tell(command('release', '203.0.113.7', minute)),
  ];
  const missed = command('release', '203.0.113.8', 2 * minute);
  book.apply(missed);
  const restarted = open();
  for (const decision of published) restarted.restore(decision);
  expect(states(restarted.catchUp(book, 0, 3 * minute))).toEqual(['203.0.113.8 released']);
  expect(restarted.catchUp(book, 0, 3 * minute)).toEqual([]);
  expect(restarted.onVerdict(verdict('203.0.113.7', 0)).decisions).toEqual([]);
});

test('after a release verdicts wait for a while, a person does not', () => {
  const { decisions, tell } = setUp(10 * minute);
  decisions.onVerdict(verdict('203.0.113.7', 0));
  tell(command('release', '203.0.113.7', minute));
  expect(decisions.onVerdict(verdict('203.0.113.7', 5 * minute)).decisions).toEqual([]);
  expect(states(tell(command('block', '203.0.113.7', 6 * minute)))).toEqual(['203.0.113.7 active']);
  tell(command('release', '203.0.113.7', 7 * minute));
  expect(decisions.onVerdict(verdict('203.0.113.7', 16 * minute)).decisions).toEqual([]);
  expect(states(decisions.onVerdict(verdict('203.0.113.7', 17 * minute)).decisions)).toEqual([
    '203.0.113.7 active',
  ]);
});
