import fc from 'fast-check';
import { expect, test } from 'vitest';
import { address } from '../../test/counterparts/edge-fixture.ts';
import { clientClasses, effectOf, effects, fitAction, fitEntries } from './action-table.ts';
import { actionKinds, strength } from './decider/actions.ts';

const edge = (...actions: (typeof actionKinds)[number][]) => ({ kind: 'test', actions });

test('what fits is never stronger than decided, does clients no more than was meant, and is the most of that', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...actionKinds),
      fc.constantFrom(...clientClasses),
      fc.subarray([...actionKinds.slice(1)]),
      (wanted, clients, can) => {
        const { action, because } = fitAction(wanted, clients, edge(...can));
        const harm = (kind: typeof action) => effects.indexOf(effectOf(kind, clients));
        const allowed = effects.indexOf(effectOf(wanted, 'browser'));
        expect(strength(action)).toBeLessThanOrEqual(strength(wanted));
        expect(harm(action)).toBeLessThanOrEqual(allowed);
        expect(action === 'observe' || can.includes(action)).toBe(true);
        expect(because === null).toBe(action === wanted && wanted !== 'observe');
        for (const other of can)
          if (strength(other) <= strength(wanted) && harm(other) <= allowed)
            expect(strength(other)).toBeLessThanOrEqual(strength(action));
      },
    ),
  );
});

test('a challenge is for browsers: for anyone else the weaker action, and the reason is said', () => {
  const all = edge('block', 'challenge', 'rate_limit', 'tag');
  expect(fitAction('challenge', 'browser', all)).toEqual({ action: 'challenge', because: null });
  expect(fitAction('challenge', 'app', all)).toEqual({
    action: 'rate_limit',
    because: 'an app can not solve a challenge',
  });
  expect(fitAction('challenge', 'browser', edge('block', 'tag'))).toEqual({
    action: 'tag',
    because: 'test can not challenge, test can not rate limit',
  });
  expect(fitAction('rate_limit', 'browser', edge('block')).action).toBe('observe');
  // A block refuses anyway.
  expect(fitAction('block', 'app', edge('challenge')).action).toBe('challenge');
});

test('entries that fit nothing are apart, weaker ones say what was decided', () => {
  const entries = [address('192.0.2.1'), address('192.0.2.2', 'challenge'), address('192.0.2.3', 'tag')];
  const { entries: fitted, weakened, unfit } = fitEntries(entries, edge('block', 'rate_limit'), () => 'app');
  expect(fitted.map(({ value, action }) => [value, action])).toEqual([
    ['192.0.2.1/32', 'block'],
    ['192.0.2.2/32', 'rate_limit'],
  ]);
  expect(weakened.map(({ entry, decided }) => [entry.value, decided])).toEqual([
    ['192.0.2.2/32', 'challenge'],
  ]);
  expect(unfit.map(({ entry }) => entry.value)).toEqual(['192.0.2.3/32']);
});
