import { expect, test } from 'vitest';
import { baselineCommand } from './baseline/command.ts';
import { campaignsCommand } from './campaigns.ts';
import { rootConfig } from './config.ts';
import { deadLettersCommand } from './dead-letters.ts';
import { decisionsCommand } from './decisions.ts';
import { edgesCommand } from './edges.ts';
import { lineFormat } from './replay/log-lines.ts';

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

test('lines are read as the collector would read the file, unless flags say otherwise', () => {
  const source = { id: 'shop', path: '/var/log/shop.log', log_format: '$remote_addr', host: 'shop.example' };
  const config = rootConfig.parse({ collector: { files: [source] } });
  const known = lineFormat(config, ['/tmp/other.log', source.path], { format: 'auto' });
  expect(known).toMatchObject({ format: 'auto', log_format: '$remote_addr', host: 'shop.example' });
  const said = lineFormat(config, [source.path], { format: 'json', host: 'www.shop.example' });
  expect(said).toMatchObject({ format: 'json', host: 'www.shop.example' });
  expect(lineFormat(config, ['x'], { format: 'auto' })).toMatchObject({ host: 'unknown', fields: {} });
});
