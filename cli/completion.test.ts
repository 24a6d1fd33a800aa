import { execFileSync } from 'node:child_process';
import { Argument, Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { bash, fish } from './completion.ts';

const program = new Command('tidegate').option('--config <file>');
program.addCommand(
  new Command('replay')
    .argument('<file...>')
    .option('--html <file>')
    .addOption(new Option('-f, --format <name>').choices(['combined', 'ndjson']))
    .option('--json'),
);
const policies = new Command('policies').description("it's what stops");
policies.command('test').option('--only <id>', 'for example $HOME');
policies.command('apply').alias('publish').option('--reason <text>');
program.addCommand(policies);
program.addCommand(new Command('completion').addArgument(new Argument('<shell>').choices(['bash', 'fish'])));

const script = bash(program);

function offered(...words: readonly string[]): readonly string[] {
  const line = ['tidegate', ...words].map((word) => `'${word}'`).join(' ');
  const asked = `${script}
COMP_WORDS=(${line}); COMP_CWORD=${words.length}; _tidegate; echo "\${COMPREPLY[@]}"`;
  const said = execFileSync('bash', ['-c', asked], { encoding: 'utf8' }).trim();
  return said === '' ? [] : said.split(' ');
}

test('bash offers commands, and options of commands at any depth', () => {
  expect(offered('po')).toEqual(['policies']);
  expect(offered('policies', '')).toEqual(['test', 'apply', '--help']);
  expect(offered('policies', 'test', '')).toEqual(['--only', '--help']);
  expect(offered('policies', 'publish', '--r')).toEqual(['--reason']);
  expect(offered('--config', 'replay', 'policies', 'test', '--')).toEqual(['--only', '--help']);
  expect(offered('completion', '')).toEqual(['bash', 'fish']);
});

test('bash leaves files to the shell where one may stand, and offers the values that are known', () => {
  expect(offered('replay', '')).toEqual([]);
  expect(offered('replay', '-')).toEqual(['--html', '--format', '--json', '--help']);
  expect(offered('replay', '--html', '')).toEqual([]);
  expect(offered('replay', '--format', '')).toEqual(['combined', 'ndjson']);
  expect(offered('replay', '-f', 'c')).toEqual(['combined']);
  expect(offered('replay', '--json', 'policies', '--h')).toEqual(['--html', '--help']);
});

test('fish is told the same, and nothing in a text is run', () => {
  const lines = fish(program).split('\n');
  expect(lines).toContain(
    `complete -c tidegate -n '__fish_use_subcommand' -a policies -d 'it\\'s what stops'`,
  );
  expect(lines).toContain(
    `complete -c tidegate -n '__fish_seen_subcommand_from policies; and __fish_seen_subcommand_from test' -l only -r -d 'for example $HOME'`,
  );
  expect(lines).toContain(
    `complete -c tidegate -n '__fish_seen_subcommand_from replay' -l format -x -a 'combined ndjson' -d ''`,
  );
});
