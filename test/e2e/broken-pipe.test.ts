import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { builtCommand } from '../../lib/built-command.ts';
import { inPackage } from '../../lib/package-root.ts';

/** What the command says on stderr, and its exit code, when the reader of its output goes away after the first piece of it. */
async function readOnce(...args: readonly string[]): Promise<{ code: unknown; said: string }> {
  const child = spawn(process.execPath, [...builtCommand(), ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.on('data', (piece) => {
    said += piece;
  });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  child.stdout.destroy();
  const [code] = await exit;
  return { code, said };
}

test('a reader that has seen enough ends a command quietly', async () => {
  const policy = inPackage('policies', 'inventory-enumeration.yaml');
  expect(await readOnce('policies', 'test', policy)).toEqual({ code: 0, said: '' });
});
