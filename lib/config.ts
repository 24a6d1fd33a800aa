import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import type { z } from 'zod';
import { readYaml, type YamlSource } from './yaml-source.ts';

/** All problems of one configuration, each with file, line and field. Exit code 2. */
export class ConfigError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

export interface ConfigSource {
  /** Shown in messages. */
  readonly name: string;
  readonly text: string;
}

/** --config > TIDEGATE_CONFIG > ./tidegate.yaml > XDG > /etc; null when there is none (defaults apply). */
export function findConfigFile(option: string | undefined, env: NodeJS.ProcessEnv): string | null {
  const explicit = option ?? env['TIDEGATE_CONFIG'];
  if (explicit !== undefined && explicit !== '') {
    if (!existsSync(explicit)) throw new ConfigError([`${explicit}: no such file`]);
    return explicit;
  }
  const xdg = env['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  const places = ['tidegate.yaml', join(xdg, 'tidegate', 'tidegate.yaml'), '/etc/tidegate/tidegate.yaml'];
  return places.find((place) => existsSync(place)) ?? null;
}

const reference = /\$\{(?:(file):([^}]+)|([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?)\}/g;

/** Replaces ${VAR}, ${VAR:-default} and ${file:/path} in one string; problems are appended, not thrown. */
function substitute(text: string, env: NodeJS.ProcessEnv, problem: (message: string) => void): string {
  return text.replace(reference, (whole, file, path: string, name: string, fallback: string | undefined) => {
    if (file !== undefined) {
      try {
        return readFileSync(path, 'utf8').trimEnd();
      } catch {
        problem(`cannot read ${path}`);
        return whole;
      }
    }
    const value = env[name];
    if (value !== undefined && value !== '') return value;
    if (fallback !== undefined) return fallback;
    problem(`environment variable ${name} is not set`);
    return whole;
  });
}

/** What became of one configuration: its value when it is sound, and every problem in the order of the text. */
export interface CheckedConfig<T> {
  /** null when there are problems. */
  readonly value: T | null;
  readonly problems: readonly ConfigProblem[];
  readonly yaml: YamlSource;
}

export interface ConfigProblem {
  /** -1: about the whole file. */
  readonly offset: number;
  /** `file:line:column: field: what is wrong` */
  readonly text: string;
}

/** Parses YAML, fills in references and checks it against the schema; throws nothing. */
export function checkConfig<T extends z.ZodType>(
  schema: T,
  source: ConfigSource,
  env: NodeJS.ProcessEnv,
): CheckedConfig<z.output<T>> {
  const yaml = readYaml(source.name, source.text);
  const found: ConfigProblem[] = [];
  const problem = (offset: number | undefined, message: string): void => {
    found.push({ offset: offset ?? -1, text: `${yaml.place(offset)}: ${message}` });
  };
  const inOrder = (): ConfigProblem[] => found.sort((a, b) => a.offset - b.offset);
  for (const { offset, message } of yaml.syntax) problem(offset, message);
  if (found.length > 0) return { value: null, problems: inOrder(), yaml };

  const resolve = (value: unknown, path: readonly PropertyKey[]): unknown => {
    if (typeof value === 'string') {
      const text = substitute(value, env, (message) =>
        problem(yaml.valueAt(path), `${path.join('.')}: ${message}`),
      );
      // A value that is wholly one reference takes the YAML type of what it stands for (${PORT} is a number).
      return text !== value && value.replace(reference, '') === ''
        ? (parseDocument(text).toJS() ?? text)
        : text;
    }
    if (Array.isArray(value)) return value.map((item, index) => resolve(item, [...path, index]));
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, resolve(item, [...path, key])]),
      );
    }
    return value;
  };
  const result = schema.safeParse(resolve(yaml.value ?? {}, []));
  for (const issue of result.error?.issues ?? []) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const path = [...issue.path, key];
        problem(yaml.keyAt(path), `${path.join('.')}: unknown field`);
      }
    } else problem(yaml.valueAt(issue.path), `${issue.path.join('.') || '(top)'}: ${issue.message}`);
  }
  return {
    value: found.length === 0 ? (result.data as z.output<T>) : null,
    problems: inOrder(),
    yaml,
  };
}

/**
 * Parses YAML, fills in references and checks it against the schema. Every problem names `file:line:column` and the
 * field's path; all are reported at once, as one ConfigError.
 */
export function parseConfig<T extends z.ZodType>(
  schema: T,
  source: ConfigSource,
  env: NodeJS.ProcessEnv,
): z.output<T> {
  const { value, problems } = checkConfig(schema, source, env);
  if (problems.length > 0) throw new ConfigError(problems.map(({ text }) => text));
  return value as z.output<T>;
}
