import { Argument, Command } from 'commander';
import { stringify } from 'yaml';
import { z } from 'zod';
import { ConfigError } from '../lib/config.ts';
import { didYouMean } from '../lib/did-you-mean.ts';
import { loadRootConfig, rootConfig } from './config.ts';
import { configWarnings } from './config-warnings.ts';
import { ExitError } from './exit-error.ts';

const secretName = /(secret|password|token|tokens|api_key|key|keys|credentials)$/i;

/** Replaces the values of fields that hold secrets; the shape stays, so that one sees that something is set. */
export function maskSecrets(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => maskSecrets(item, name));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, maskSecrets(item, key)]));
  }
  return typeof value === 'string' && secretName.test(name) ? '********' : value;
}

export function configFileOption(command: Command): string | undefined {
  return command.optsWithGlobals()['config'] as string | undefined;
}

/** What `config check` says, problems included: who reads it need not take texts apart. */
function checkAsJson(asked: string | undefined): void {
  const say = (file: string | null, problems: readonly string[], warnings: readonly string[]): void =>
    console.log(JSON.stringify({ file, ok: problems.length === 0, problems, warnings }, null, 2));
  try {
    const { config, file } = loadRootConfig(asked, process.env);
    say(file, [], configWarnings(config, Date.now()));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    say(asked ?? null, error.problems, []);
    process.exitCode = 2;
  }
}

export function configCommand(): Command {
  const config = new Command('config').description('check, print or describe the configuration');
  config
    .command('check')
    .argument('[file]', 'the file to check instead of the one found')
    .description('check the configuration; all problems at once, exit 2 when there are any')
    .option('--json', 'the same as JSON')
    .action((file: string | undefined, options: { readonly json?: boolean }, command: Command) => {
      const asked = file ?? configFileOption(command);
      if (options.json === true) {
        checkAsJson(asked);
        return;
      }
      const loaded = loadRootConfig(asked, process.env);
      for (const warning of configWarnings(loaded.config, Date.now())) console.log(`warning: ${warning}`);
      console.log(`${loaded.file ?? '(no file: defaults)'}: ok`);
    });
  config
    .command('print')
    .description('print the effective configuration, secrets masked')
    .option('--json', 'as JSON instead of YAML')
    .action((options: { readonly json?: boolean }, command: Command) => {
      const loaded = loadRootConfig(configFileOption(command), process.env);
      const masked = maskSecrets(loaded.config);
      if (options.json === true) {
        console.log(JSON.stringify(masked, null, 2));
        return;
      }
      console.log(`# from ${loaded.file ?? 'defaults'}; durations in milliseconds`);
      process.stdout.write(stringify(masked));
    });
  config
    .command('schema')
    .addArgument(new Argument('[section]', 'one section only'))
    .description('print the JSON Schema of tidegate.yaml')
    .action((section: string | undefined) => {
      const schema = z.toJSONSchema(rootConfig, { io: 'input', unrepresentable: 'any' }) as {
        properties: { [name: string]: unknown };
      };
      const sections = Object.keys(schema.properties);
      const shown =
        section === undefined ? schema : sections.includes(section) ? schema.properties[section] : undefined;
      if (shown === undefined)
        throw new ExitError(
          2,
          `${section}: there is no such section${didYouMean(section!, sections)}; there are ${sections.join(', ')}`,
        );
      console.log(JSON.stringify(shown, null, 2));
    });
  return config;
}
