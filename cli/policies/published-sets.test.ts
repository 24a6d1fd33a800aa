import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PolicySet } from '../../lib/contracts/generated.ts';
import { inPackage } from '../../lib/package-root.ts';
import { compilePolicyTexts } from '../../services/detector/policies/load-policies.ts';
import { firstPane, leadMs, makePolicySet } from '../../services/detector/policies/policy-set.ts';
import { compareSets } from './compare-sets.ts';
import { findSet, setAt, statesOf } from './published-sets.ts';

const read = (name: string): string => readFileSync(inPackage('policies', name), 'utf8');
const surge = { path: 'surge.yaml', text: read('surge-observed.yaml') };
const stuffing = { path: 'stuffing.yaml', text: read('credential-stuffing.yaml') };

const setFrom = (effectiveAt: number, text = surge.text): PolicySet =>
  makePolicySet({
    files: [{ name: '/somewhere/surge.yaml', text }],
    effectiveAt,
    now: effectiveAt - leadMs,
    who: 'cli:someone',
    reason: 'test',
  });

test('which set holds follows from their first panes and the order of the topic', () => {
  const [one, two, three] = [setFrom(1_000_000), setFrom(3_000_000), setFrom(2_000_000)];
  const again = {
    ...setFrom(2_000_000, surge.text.replace(/^level: .*/m, 'level: low')),
    set_id: 'pls_again',
  };
  const hasty = { ...setFrom(2_500_000), published_at: 2_499_000 };
  const sets = [one, two, three, again, hasty];
  expect(statesOf(sets, 2_600_000).map(({ set, state }) => [set.set_id, state])).toEqual([
    [one.set_id, 'past'],
    [three.set_id, 'replaced'],
    ['pls_again', 'in force'],
    [hasty.set_id, 'refused'],
    [two.set_id, 'scheduled'],
  ]);
  expect(setAt(sets, 999_999)).toBeNull();
  expect(setAt(sets, 3_000_000)).toBe(two);
  expect(findSet(sets, 'pls_aga')).toBe(again);
  expect(() => findSet(sets, 'pls_')).toThrow('several sets begin so');
  expect(() => findSet(sets, 'x')).toThrow('no such set');
});

test('a set that has problems is not made: all of them, with file, line and column', () => {
  const broken = stuffing.text
    .replace(/^level: .*/m, 'level: loud')
    .replace('condition: >', 'condition: nothing >');
  expect(() =>
    makePolicySet({
      files: [
        { name: 'a/stuffing.yaml', text: broken },
        { name: 'a/surge.yaml', text: surge.text.replace(/^id: .*/m, 'id: 7') },
      ],
      effectiveAt: 1_000_000,
      now: 0,
      who: '',
      reason: '',
    }),
  ).toThrow(/stuffing\.yaml:\d+:\d+: [^\n]*level[\s\S]*surge\.yaml:\d+:\d+: [^\n]*id/);
});

test('the first pane lies the lead ahead, at a whole second', () => {
  expect(firstPane(500)).toBe(121_000);
  expect(firstPane(0, 120_001)).toBe(121_000);
  expect(firstPane(0, 5)).toBe(leadMs);
});

test('two sets differ in policies and their fields', () => {
  const before = compilePolicyTexts([surge]);
  const after = compilePolicyTexts([
    { ...surge, text: surge.text.replace(/^level: .*/m, 'level: low').concat('# a comment\n') },
    stuffing,
  ]);
  expect(compareSets(before, before)).toEqual([]);
  expect(compareSets(before, after)).toMatchObject([
    { change: 'added', fields: [] },
    { change: 'changed', fields: [expect.stringMatching(/^level: ".*" -> "low"$/)] },
  ]);
  expect(compareSets(after, before).map(({ change }) => change)).toEqual(['removed', 'changed']);
});
