import { expect, test } from 'vitest';
import { isRotated } from './rotated.ts';

test.each([
  'access.log.1',
  'access.log.12.gz',
  'access.log-20261116',
  'access.log-20261116.gz',
  'access.log-20261116-1794816000.gz',
  'access.log.2026-11-16',
  'access.log.2026-11-16T10.gz',
  'access-20261116.log',
  'access-2026-11-16.log.gz',
  'access.2026-11-16.3.log',
])('%s is a rotated access.log', (name) => {
  expect(isRotated('access.log', name)).toBe(true);
});

test.each([
  'access.log',
  'access-2.log',
  'access.2.log',
  'access-admin.log',
  'access.log.api',
  'access.log.1.bz2',
  'access.log1',
  'error.log.1',
  'access.log.swp',
])('%s is none', (name) => {
  expect(isRotated('access.log', name)).toBe(false);
});
