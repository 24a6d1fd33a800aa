import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openHtmlFile } from './html-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-html-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a path that can not be written is refused before the work, and a page replaces the one before', () => {
  expect(() => openHtmlFile(join(folder, 'no', 'report.html'))).toThrow(/^--html can not be written: ENOENT/);
  expect(() => openHtmlFile(folder)).toThrow(/EISDIR/);

  const path = join(folder, 'report.html');
  writeFileSync(path, 'an earlier report');
  const write = openHtmlFile(path);
  expect(readFileSync(path, 'utf8')).toBe('an earlier report');
  write('new');
  expect(readFileSync(path, 'utf8')).toBe('new');

  const fresh = join(folder, 'fresh.html');
  const late = openHtmlFile(fresh);
  expect(statSync(fresh).mode & 0o777).toBe(0o600);
  rmSync(fresh);
  mkdirSync(fresh);
  expect(() => late('new')).toThrow(expect.objectContaining({ code: 1 }));
});
