import { expect, test } from 'vitest';
import { baselineCommand } from './baseline/command.ts';
import { campaignsCommand } from './campaigns.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { decisionsCommand } from './decisions.ts';
import { edgesCommand } from './edges.ts';

test('a limit that is no whole number, or too small, is refused before anything is opened', async () => {
  for (const [create, ...args] of [
    [campaignsCommand, 'list', '--limit', '0'],
    [decisionsCommand, 'list', '--limit', '1.5'],
    [deadLettersCommand, 'list', '--limit', 'many'],
    [edgesCommand, 'plan', 'web', '--limit', '-1'],
    [campaignsCommand, 'show', 'cmp_1', '--samples', '0'],
  ] as const) {
    const command = create();
    for (const each of [command, ...command.commands])
      each.exitOverride().configureOutput({ writeErr: () => {} });
    await expect(command.parseAsync(args, { from: 'user' })).rejects.toThrow(/a whole number from [01]/);
  }
});

test('a baseline file that is not there is named, as a problem of the input', async () => {
  const command = baselineCommand();
  await expect(command.parseAsync(['show', '/nowhere/baselines'], { from: 'user' })).rejects.toMatchObject({
    code: 3,
    message: '/nowhere/baselines: no such file',
  });
});
