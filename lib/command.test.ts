import { expect, test } from 'vitest';
import { addressTarget, commandRecord, makeCommand, whyNoCommand } from './command.ts';

test('a network that is wider than anybody has can be blocked by nobody, and spared by nobody either', () => {
  const why = (kind: string, text: string) => whyNoCommand(kind, addressTarget(text));
  expect(['0.0.0.0/0', '::/0', '64.0.0.0/2', '2000::/3'].map((text) => why('allow', text) !== null)).toEqual(
    Array(4).fill(true),
  );
  expect(
    ['10.0.0.0/8', '203.0.113.7', '2001:db8::/32', 'fc00::/7', '224.0.0.0/3'].map((text) =>
      why('allow', text),
    ),
  ).toEqual(Array(5).fill(null));
  expect(why('disallow', '0.0.0.0/0')).toBeNull();
  expect(whyNoCommand('block', { kind: 'cidr', value: 'a/b' })).toMatch(/not an address/);
});

test('the kill switch is of a site, and needs no target', () => {
  const kill = makeCommand({ kind: 'kill', site: '*', reason: 'customers call', who: 'ada', at: 1 });
  expect(kill).toMatchObject({ kind: 'kill', site: '*', target: null, edge: null, until_at: null });
  expect(commandRecord(kill).key).toBe('*|kill|');
});

test('what an allow entry covers is kept', () => {
  const allow = makeCommand({
    kind: 'allow',
    site: 'default',
    target: addressTarget('203.0.113.7'),
    scope: 'all',
    reason: 'partner',
    who: 'ada',
    at: 1,
  });
  expect(allow.scope).toBe('all');
});
