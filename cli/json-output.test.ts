import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { allowlistCommand } from './allowlist.ts';
import { configCommand } from './config-command.ts';
import { policiesCommand } from './policies/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-json-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};
const empty = write('empty.yaml', '');

/** Runs `tidegate …` here; what it says on standard output is JSON. */
async function said(command: Command, ...args: readonly string[]): Promise<unknown> {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  const program = new Command('tidegate').option('--config <file>').addCommand(command);
  await program.parseAsync(['--config', empty, command.name(), ...args], { from: 'user' });
  return JSON.parse(log.mock.calls.map(([line]) => String(line)).join('\n'));
}
afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});
const code = () => process.exitCode;

test('config check says problems and warnings as JSON, with the exit code it always has', async () => {
  const bad = write('bad.yaml', 'nonsense: 1\n');
  expect(await said(configCommand(), 'check', bad, '--json')).toEqual({
    file: bad,
    ok: false,
    problems: [expect.stringContaining('nonsense: unknown field')],
    warnings: [],
  });
  expect(code()).toBe(2);
  process.exitCode = undefined;
  vi.restoreAllMocks();
  const odd = write('odd.yaml', 'detector: { policies: /nowhere }\n');
  expect(await said(configCommand(), 'check', odd, '--json')).toMatchObject({
    ok: true,
    warnings: [expect.stringContaining('/nowhere is not there')],
  });
  expect(code()).toBeUndefined();
});

test('config print is the configuration without its secrets', async () => {
  expect(await said(configCommand(), 'print', '--json')).toMatchObject({ ops: { port: 9464 } });
});

test('policies validate says each file, sound or not', async () => {
  write('broken.yaml', 'title: x\n');
  expect(await said(policiesCommand(), 'validate', join(folder, 'broken.yaml'), '--json')).toEqual([
    expect.objectContaining({
      ok: false,
      title: null,
      problems: expect.arrayContaining([expect.any(String)]),
    }),
  ]);
  expect(code()).toBe(2);
});

test('allowlist check says what protects, or that nothing does', async () => {
  const of = (target: string) =>
    said(allowlistCommand(), 'check', target, '--state', join(folder, 'state'), '--json');
  expect(await of('127.0.0.1')).toMatchObject({
    value: '127.0.0.1',
    protected_by: { reason: expect.any(String) },
  });
  expect(code()).toBeUndefined();
  vi.restoreAllMocks();
  expect(await of('203.0.113.9')).toMatchObject({ kind: 'ip', protected_by: null });
  expect(code()).toBe(1);
});
