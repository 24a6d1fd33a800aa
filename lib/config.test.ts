import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, findConfigFile, parseConfig } from './config.ts';
import { durationField } from './duration-field.ts';

const schema = z.strictObject({
  port: z.number().int().default(7480),
  every: durationField('1s'),
  log: z
    .strictObject({ brokers: z.array(z.string()).default([]), password: z.string().optional() })
    .prefault({}),
});
const parse = (text: string, env: NodeJS.ProcessEnv = {}) =>
  parseConfig(schema, { name: 'tidegate.yaml', text }, env);
function problemsOf(text: string, env: NodeJS.ProcessEnv = {}): readonly string[] {
  try {
    parse(text, env);
  } catch (error) {
    return (error as ConfigError).problems;
  }
  return [];
}

test('an empty file is the defaults', () => {
  expect(parse('')).toEqual({ port: 7480, every: 1000, log: { brokers: [] } });
});

test('references take the type of what they stand for; text with a reference inside stays text', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'tidegate-config-')), 'secret');
  writeFileSync(file, 'hush\n');
  const text = `port: \${PORT}\nlog: {brokers: ["\${HOST:-localhost}:9092"], password: "\${file:${file}}"}`;
  expect(parse(text, { PORT: '8000' })).toEqual({
    port: 8000,
    every: 1000,
    log: { brokers: ['localhost:9092'], password: 'hush' },
  });
});

test('all problems at once, each with file, line, column and field', () => {
  expect(problemsOf('port: many\nlog:\n  broker: x\n  password: ${NOT_SET}\nevery: 5 parsecs\n')).toEqual([
    expect.stringMatching(/^tidegate.yaml:1:7: port: Invalid input: expected number/),
    'tidegate.yaml:3:3: log.broker: unknown field',
    'tidegate.yaml:4:13: log.password: environment variable NOT_SET is not set',
    'tidegate.yaml:5:8: every: not a duration: "5 parsecs" (use 500ms, 5s, 1h30m, 14d)',
  ]);
});

test('broken YAML names the place', () => {
  expect(problemsOf('port: [1\nlog: x')[0]).toMatch(/^tidegate\.yaml:\d+:\d+: /);
});

test('a file that was asked for must exist', () => {
  expect(() => findConfigFile('/nowhere/tidegate.yaml', {})).toThrow(ConfigError);
  expect(() => findConfigFile(undefined, { TIDEGATE_CONFIG: '/nowhere/tidegate.yaml' })).toThrow(
    /no such file/,
  );
});
