import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { loadCommands } from '../cli/commands.ts';
import { rootConfig } from '../cli/config.ts';
import { ConfigError, parseConfig } from '../lib/config.ts';
import { packageRoot } from '../lib/package-root.ts';
import { normalise, setters } from '../services/collector/normalise.ts';

function markdown(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return ['node_modules', 'dist', 'data', 'fixtures', '.git', '.demo', '.tidegate'].includes(entry.name)
        ? []
        : markdown(path);
    }
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

const documents = markdown(packageRoot).map((path) => ({
  name: relative(packageRoot, path),
  path,
  text: readFileSync(path, 'utf8'),
}));
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map((match) => match[1]!);

const program = new Command('tidegate')
  .option('--config <file>')
  .option('--no-color')
  .option('-V, --version')
  .option('-h, --help');
for (const command of await loadCommands()) program.addCommand(command);

/** Every `tidegate …` command line in the text, without comments and without what follows a pipe. */
function commandLines(text: string): string[][] {
  return text.split('\n').flatMap((line) => {
    const match = /(?:^|[$`]\s*|npx |\s)tidegate ((?:[a-z-]+)(?: [^`|#→]*)?)/.exec(line.replace(/^#.*/, ''));
    return match === null ? [] : [match[1]!.trim().split(/\s+/)];
  });
}

function problemWith(words: readonly string[]): string | null {
  const command = program.commands.find((candidate) => candidate.name() === words[0]);
  if (command === undefined) return `no command ${words[0]}`;
  let current = command;
  for (const word of words.slice(1)) {
    const nested = current.commands.find((candidate) => candidate.name() === word);
    if (nested !== undefined) current = nested;
    else if (word.startsWith('--') && word !== '--help') {
      const name = word.split('=')[0]!;
      const known = [...current.options, ...command.options, ...program.options];
      if (!known.some((option) => option.long === name)) return `tidegate ${words[0]} has no option ${name}`;
    }
  }
  return null;
}

describe.each(documents)('$name', ({ path, text }) => {
  test('links to files that exist', () => {
    const broken = [...text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map((match) => match[1]!)
      .filter((target) => !existsSync(join(dirname(path), target)));
    expect(broken).toEqual([]);
  });

  test('shows configuration that is valid', () => {
    const problems = blocks(text, 'yaml').flatMap((block) => {
      if (
        !/^(sites|log|clickhouse|collector|enricher|detector|archiver|actuator|console|ops|costs|secret):/m.test(
          block,
        )
      )
        return [];
      const env = Object.fromEntries(
        [...block.matchAll(/\$\{([A-Z][A-Z_]*)\}/g)].map((match) => [match[1]!, 'x'.repeat(40)]),
      );
      const withoutFiles = block.replaceAll(/\$\{file:[^}]*\}/g, 'x'.repeat(40));
      try {
        parseConfig(rootConfig, { name: 'example', text: withoutFiles }, env);
        return [];
      } catch (error) {
        return error instanceof ConfigError ? [...error.problems] : [String(error)];
      }
    });
    expect(problems).toEqual([]);
  });

  test('shows commands that exist', () => {
    const shells = [...blocks(text, 'sh'), ...blocks(text, 'console'), ...blocks(text, '')];
    expect(
      shells
        .flatMap(commandLines)
        .map(problemWith)
        .filter((problem) => problem !== null),
    ).toEqual([]);
  });
});

test('every field of ndjson stands in the table, and the required ones are marked', () => {
  const page = documents.find(({ name }) => name === join('docs', 'howto', 'log-formats.md'))!.text;
  const table = page.split('\n## ').find((section) => section.startsWith('Fields of ndjson'))!;
  const rows = table.split('\n').filter((line) => line.startsWith('| `'));
  const described = rows.flatMap((row) =>
    [...row.split('|')[1]!.matchAll(/`([a-z0-9_]+)`/g)].map(([, name]) => name!),
  );
  expect(described.sort()).toEqual([...setters.keys()].sort());
  const refused = normalise({});
  const needed = refused.kind === 'reject' ? refused.detail.split('; ') : [];
  const marked = rows.filter((row) => row.split('|')[2]!.trim() === 'yes');
  expect(marked.map((row) => `${row.split('`')[1]}: missing`)).toEqual(needed);
});
