import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkOutputs } from './output-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-outputs-'));
const at = (name: string) => join(folder, name);
const check =
  (outputs: { readonly [as: string]: string }, inputs: readonly string[] = []) =>
  () =>
    checkOutputs(
      Object.entries(outputs).map(([as, path]) => ({ as, path: path === '-' ? path : at(path) })),
      inputs.map((path) => ({ as: 'input', path: at(path) })),
    );

beforeAll(() => {
  writeFileSync(at('x.log'), 'a line\n');
  symlinkSync('x.log', at('link.log'));
  linkSync(at('x.log'), at('hard.log'));
  mkdirSync(at('sub'));
  symlinkSync('new.ndjson', at('dangling'));
  symlinkSync('sub', at('other-sub'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('outputs', () => {
  it.each(['x.log', './sub/../x.log', 'link.log', 'hard.log'])('may not be what is read: %s', (name) => {
    expect(check({ '--html': name }, ['x.log'])).toThrow(
      expect.objectContaining({ code: 2, message: expect.stringContaining('would overwrite what is read') }),
    );
  });

  it.each([
    ['new.ndjson', 'new.ndjson'],
    ['new.ndjson', 'dangling'],
    ['sub/new.ndjson', 'other-sub/new.ndjson'],
    ['x.log', 'hard.log'],
    ['-', '-'],
  ])('are files of their own: %s and %s', (first, second) => {
    expect(check({ '--verdicts': first, '--decisions': second })).toThrow(
      expect.objectContaining({ code: 2, message: expect.stringMatching(/is written by --verdicts too/) }),
    );
  });

  it('are told apart from what is not one of them', () => {
    expect(
      check({ '--html': 'r.html', '--verdicts': 'v.ndjson', '--rejects': '-' }, ['x.log']),
    ).not.toThrow();
    const null_ = { as: '--verdicts', path: '/dev/null' };
    expect(() => checkOutputs([null_, { ...null_, as: '--decisions' }], [])).not.toThrow();
    expect(() => checkOutputs([{ as: '--html', path: undefined }], [])).not.toThrow();
  });

  it('are refused where they can not be written, without a trace', () => {
    expect(check({ '--html': 'no/r.html' })).toThrow(
      /r\.html: cannot be written: its folder does not exist$/,
    );
    expect(check({ '--html': 'x.log/r.html' })).toThrow(/its folder does not exist$/);
    expect(check({ '--verdicts': 'sub' })).toThrow(
      expect.objectContaining({ code: 2, message: `${at('sub')}: cannot be written: it is a folder` }),
    );
  });
});
