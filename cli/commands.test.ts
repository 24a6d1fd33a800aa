import { expect, test } from 'vitest';
import { commandModules, loadCommandsFor } from './commands.ts';

const namesFor = async (...args: string[]) => (await loadCommandsFor(args)).map((command) => command.name());

test('every module adds the commands it is listed with', async () => {
  for (const module of commandModules)
    expect((await module.load()).map((command) => command.name())).toEqual(module.names);
});

test('a command line loads the command it names, also behind options of the program', async () => {
  expect(await namesFor('topics', 'plan')).toEqual(['topics']);
  expect(await namesFor('--config', 'replay', '--no-color', 'data', 'status')).toEqual(['data']);
  expect(await namesFor('enricher')).toContain('detector');
  expect(await namesFor('help', 'topics')).toEqual(['topics']);
  expect(await namesFor('--version')).toEqual([]);
});

test('help, typing errors and completion see all commands', async () => {
  const all = commandModules.flatMap(({ names }) => names);
  expect(await namesFor()).toEqual(all);
  expect(await namesFor('--help')).toEqual(all);
  expect(await namesFor('help')).toEqual(all);
  expect(await namesFor('repaly')).toEqual(all);
  expect(await namesFor('completion', 'bash')).toEqual(all);
});
