import { expect, test } from 'vitest';
import { createAccess, sha256 } from './access.ts';
import { consoleConfig } from './config.ts';

const hash = (text: string): string => sha256(text).toString('hex');
const asking = (token: string | null, more: { peer?: string; user?: string } = {}) => ({
  authorization: token === null ? undefined : `Bearer ${token}`,
  peer: more.peer ?? '127.0.0.1',
  header: (name: string) => (name === 'x-forwarded-user' ? more.user : undefined),
});
const tokens = [
  { name: 'grafana', sha256: hash('reader'), role: 'read' },
  { name: 'oncall', sha256: hash('operator'), role: 'operate' },
];

test('a token has its role; reading is free unless it is made to need one', () => {
  const open = createAccess(consoleConfig.parse({ tokens }));
  const may = (access: ReturnType<typeof createAccess>, token: string | null) =>
    [...access.callerOf(asking(token)).may].sort();
  expect([may(open, null), may(open, 'reader'), may(open, 'operator'), may(open, 'guess')]).toEqual([
    ['read'],
    ['read'],
    ['operate', 'read'],
    ['read'],
  ]);
  const closed = createAccess(consoleConfig.parse({ tokens, read_needs_token: true }));
  expect([may(closed, null), may(closed, 'reader'), may(closed, 'guess')]).toEqual([[], ['read'], []]);
});

test('a user is believed from a trusted proxy alone, and gains no role by it', () => {
  const access = createAccess(consoleConfig.parse({ tokens, trusted_user: { from: ['10.0.0.0/8'] } }));
  const who = (token: string | null, peer: string) =>
    access.callerOf(asking(token, { peer, user: 'ada' })).who;
  expect([who('operator', '10.1.2.3'), who('operator', '192.0.2.1'), who(null, '10.1.2.3')]).toEqual([
    'ada (oncall)',
    'oncall',
    'ada (anonymous)',
  ]);
  expect(access.callerOf(asking(null, { peer: '10.1.2.3', user: 'ada' })).may.has('operate')).toBe(false);
});
