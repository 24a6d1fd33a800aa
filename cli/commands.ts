import type { Command } from 'commander';

/** A module of the command line and what it adds: loaded when it is asked for, since most start in a tenth of all. */
export interface CommandModule {
  /** In the order of `load`. */
  readonly names: readonly string[];
  load(): Promise<readonly Command[]>;
}

const one = (name: string, load: () => Promise<Command>): CommandModule => ({
  names: [name],
  load: async () => [await load()],
});

/** Every command, in the order of `tidegate --help`: what a newcomer runs first stands first. */
export const commandModules: readonly CommandModule[] = [
  one('replay', async () => (await import('./replay/command.ts')).replayCommand()),
  one('demo', async () => (await import('./demo/command.ts')).demoCommand()),
  one('up', async () => (await import('./up.ts')).upCommand()),
  one('explain', async () => (await import('./explain.ts')).explainCommand()),
  one('sql', async () => (await import('./sql.ts')).sqlCommand()),
  one('baseline', async () => (await import('./baseline/command.ts')).baselineCommand()),
  one('inventory', async () => (await import('./inventory/command.ts')).inventoryCommand()),
  one('policies', async () => (await import('./policies/command.ts')).policiesCommand()),
  one('decisions', async () => (await import('./decisions.ts')).decisionsCommand()),
  one('allowlist', async () => (await import('./allowlist.ts')).allowlistCommand()),
  one('edges', async () => (await import('./edges.ts')).edgesCommand()),
  one('campaigns', async () => (await import('./campaigns.ts')).campaignsCommand()),
  one('dead-letters', async () => (await import('./dead-letters.ts')).deadLettersCommand()),
  one('generate', async () => (await import('./generate/command.ts')).generateCommand()),
  one('evaluate', async () => (await import('./evaluate/command.ts')).evaluateCommand()),
  one('config', async () => (await import('./config-command.ts')).configCommand()),
  one('topics', async () => (await import('./topics.ts')).topicsCommand()),
  one('data', async () => (await import('./data.ts')).dataCommand()),
  one('doctor', async () => (await import('./doctor.ts')).doctorCommand()),
  one('completion', async () => (await import('./completion.ts')).completionCommand()),
  {
    names: ['collector', 'enricher', 'detector', 'actuator', 'console', 'archiver'],
    load: async () => (await import('./service.ts')).serviceCommands.map((create) => create()),
  },
];

/** All commands, for whoever lists them. */
export async function loadCommands(): Promise<readonly Command[]> {
  return (await Promise.all(commandModules.map((module) => module.load()))).flat();
}

/**
 * What has to be loaded for a command line: the command it names, or whose help it asks for; none for the version; all of
 * them when it names none that is known (help, a suggestion for a typing error) or one that lists them. `args`: without
 * node and the script.
 */
export async function loadCommandsFor(args: readonly string[]): Promise<readonly Command[]> {
  const words = args.filter((arg, index) => !arg.startsWith('-') && args[index - 1] !== '--config');
  if (words.length === 0 && args.some((arg) => arg === '--version' || arg === '-V')) return [];
  const word = words[0] === 'help' ? words[1] : words[0];
  const module = commandModules.find(({ names }) => names.includes(word ?? ''));
  return module === undefined || word === 'completion' ? loadCommands() : module.load();
}
