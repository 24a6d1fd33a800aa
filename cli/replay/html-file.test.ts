import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeHtmlFile } from './html-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-html-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a page is for its owner alone and replaces the one before; a path that can not be written is named', () => {
  const path = join(folder, 'report.html');
  writeHtmlFile(path, 'an earlier report');
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeHtmlFile(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(() => writeHtmlFile(folder, 'new')).toThrow(
    expect.objectContaining({ code: 2, message: `${folder}: cannot be written: it is a folder` }),
  );
});
